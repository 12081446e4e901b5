"""One row by its key, and the way from row to row."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

BASE = "/datasets/kin/versions/1.0.0"
FILES = {
    "people.csv": 'name,mother,born\n甲/乙,,2019-01-02\n"a b?#%",甲/乙,\n.x,甲/乙,1999-12-31\n',
    "visits.csv": 'who,day,of,weight,notes\n甲/乙,2020-01-01,a b?#%,1.10,"[1, {""a"": 2}]"\n甲/乙,2020-01-02,,,\n',
    "marks.csv": "who,day,mark\n甲/乙,2020-01-01,7\n,,9\n",
    "plain.csv": "born\n1999-12-31\n",
    "data/rows/readme.txt": "a file in a folder `rows`",
}
SCHEMAS: dict[str, Any] = {
    "people": {
        "fields": [
            {"name": "name", "type": "string", "title": "姓名"},
            {"name": "mother", "type": "string"},
            {"name": "born", "type": "date"},
        ],
        "primaryKey": "name",
        "foreignKeys": [{"fields": "mother", "reference": {"resource": "", "fields": "name"}}],
    },
    "visits": {
        "fields": [
            {"name": "who", "type": "string"},
            {"name": "day", "type": "date"},
            {"name": "of", "type": "string"},
            {"name": "weight", "type": "number"},
            {"name": "notes", "type": "array"},
        ],
        "primaryKey": ["day", "who"],
        "foreignKeys": [
            {"fields": "who", "reference": {"resource": "people", "fields": "name"}},
            {"fields": "of", "reference": {"resource": "people", "fields": "name"}},
        ],
    },
    "marks": {
        "fields": [
            {"name": "who", "type": "string"},
            {"name": "day", "type": "date"},
            {"name": "mark", "type": "integer"},
        ],
        "foreignKeys": [
            {"fields": ["who", "day"], "reference": {"resource": "visits", "fields": ["who", "day"]}},
        ],
    },
    "plain": {
        "fields": [{"name": "born", "type": "date"}],
        "foreignKeys": [{"fields": "born", "reference": {"resource": "people", "fields": "born"}}],
    },
}


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("row")
    package = root / "package"
    for path, text in FILES.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text, "utf-8")
    resources = [{"name": name, "path": f"{name}.csv", "schema": schema} for name, schema in SCHEMAS.items()]
    resources.append({"name": "readme", "path": "data/rows/readme.txt"})
    descriptor = {"name": "kin", "version": "1.0.0", "resources": resources}
    (package / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    settings = Settings(store=root / "store", cache=root / "cache", port=0)
    with opened(package, settings) as read:
        publish(read, None, Store(settings.store), settings)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def test_a_row_is_found_by_its_key_whatever_it_is_made_of(client: httpx.Client) -> None:
    for key, name in (("%E7%94%B2%2F%E4%B9%99", "甲/乙"), ("a%20b%3F%23%25", "a b?#%"), (".x", ".x")):
        answer = client.get(f"{BASE}/people/rows/{key}").json()
        assert answer["row"]["name"] == name
        assert answer["links"]["self"] == f"{client.base_url}{BASE}/people/rows/{key}"
        assert client.get(answer["links"]["self"]).json() == answer


def test_a_row_tells_its_columns_number_and_release(client: httpx.Client) -> None:
    answer = client.get(f"{BASE}/visits/rows/2020-01-01/甲%2F乙").json()
    assert answer["row"] == {
        "who": "甲/乙",
        "day": "2020-01-01",
        "of": "a b?#%",
        "weight": "1.10",
        "notes": [1, {"a": 2}],
    }
    assert (answer["number"], answer["release"]["version"]) == (1, "1.0.0")
    assert answer["columns"] == client.get(f"{BASE}/visits/rows").json()["columns"]


def test_the_rows_that_a_row_names_are_found_by_its_links(client: httpx.Client) -> None:
    row = client.get(f"{BASE}/visits/rows/2020-01-01/甲%2F乙").json()
    named = [client.get(reference["url"]).json()["row"]["name"] for reference in row["references"]]
    assert named == ["甲/乙", "a b?#%"]


def test_a_key_over_several_columns_names_its_row_whatever_their_order(client: httpx.Client) -> None:
    mark = client.get(f"{BASE}/marks/rows/1").json()
    (reference,) = mark["references"]
    assert reference["fields"] == ["who", "day"]
    assert client.get(reference["url"]).json()["row"]["weight"] == "1.10"


def test_a_key_that_is_null_names_nothing(client: httpx.Client) -> None:
    (reference,) = client.get(f"{BASE}/marks/rows/2").json()["references"]
    assert reference["url"] is None


def test_a_key_that_is_not_the_tables_own_leads_to_filtered_rows(client: httpx.Client) -> None:
    (reference,) = client.get(f"{BASE}/plain/rows/1").json()["references"]
    assert [row["name"] for row in client.get(reference["url"]).json()["rows"]] == [".x"]


def test_the_rows_that_name_a_row_are_found_by_its_links(client: httpx.Client) -> None:
    row = client.get(f"{BASE}/people/rows/甲%2F乙").json()
    found = {
        (back["resource"], *back["fields"]): len(client.get(back["url"]).json()["rows"])
        for back in row["referenced_by"]
    }
    assert found == {("people", "mother"): 2, ("visits", "who"): 2, ("visits", "of"): 0, ("plain", "born"): 0}


def test_nothing_names_a_row_by_a_cell_that_is_null(client: httpx.Client) -> None:
    row = client.get(f"{BASE}/people/rows/a%20b%3F%23%25").json()
    assert "plain" not in {back["resource"] for back in row["referenced_by"]}


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("people/rows/nobody", 404, "row-not-found", "'people' has no row 'nobody'"),
        ("people/rows/", 404, "row-not-found", "has no row ''"),
        ("visits/rows/soon/x", 400, "bad-key", "Write for example 2019-12-31/福州市"),
        ("visits/rows/2020-01-01", 400, "bad-key", "is named by day/who"),
        ("marks/rows/3", 404, "row-not-found", "has no row '3'"),
        ("marks/rows/x", 400, "bad-key", "by number, from 1"),
        ("nothing/rows/1", 404, "file-not-found", "no file 'nothing/rows/1'"),
    ],
)
def test_a_row_that_is_not_there_is_told_so(
    client: httpx.Client, path: str, status: int, code: str, words: str
) -> None:
    answer = client.get(f"{BASE}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["detail"]


def test_a_file_in_a_folder_named_rows_is_still_given(client: httpx.Client) -> None:
    assert client.get(f"{BASE}/data/rows/readme.txt").text == FILES["data/rows/readme.txt"]


def test_a_row_may_be_kept_for_good(client: httpx.Client) -> None:
    answer = client.get(f"{BASE}/marks/rows/1")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"].startswith('"')
    again = client.get(f"{BASE}/marks/rows/1", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(f"{BASE}/marks/rows/1")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))


def test_latest_leads_to_the_row_of_the_newest_version(client: httpx.Client) -> None:
    moved = client.get(f"{BASE.replace('1.0.0', 'latest')}/people/rows/a%20b%3F%23%25")
    assert moved.status_code == 307
    assert client.get(moved.headers["location"]).json()["row"]["name"] == "a b?#%"
