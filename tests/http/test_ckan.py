"""CKAN's Action API as it is asked by hand: the envelope, the arguments, rows and searches. ckanapi: tests/clients."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from minshu.descriptors import opened
from minshu.http.ckan_api.actions import ACTIONS
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from ..conftest import MakePackage
from .conftest import ODD, write_package

Serving = Callable[[Settings], AbstractContextManager[str]]
API = "/api/3/action"
DOCS = Path(__file__).parents[2] / "docs/catalogues.md"
POINTS = {"resource_id": "odd-data/points"}
ODD_TABLE = {"resource_id": f"odd-data/{ODD}"}


def result(answer: httpx.Response) -> Any:
    """What an action gave."""
    body = answer.json()
    assert (answer.status_code, body["success"]) == (200, True), body
    return body["result"]


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """The status, the type and the code of what an action did not give."""
    body = answer.json()
    assert body["success"] is False
    return answer.status_code, body["error"]["__type"], body["error"]["code"]


def asked(client: httpx.Client, action: str, arguments: Any) -> Any:
    """What an action gives to the same arguments in a body of JSON."""
    return result(client.post(f"{API}/{action}", json=arguments))


@pytest.fixture(scope="module")
def package(client: httpx.Client) -> dict[str, Any]:
    """The package of the odd dataset."""
    told: dict[str, Any] = asked(client, "package_show", {"id": "odd-data"})
    return told


# -- the envelope -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/3/action", "/api/action"])
def test_both_addresses_answer_in_every_way_of_asking(client: httpx.Client, path: str) -> None:
    url = f"{path}/package_show"
    answers = [
        client.get(url, params={"id": "odd-data"}),
        client.post(url, json={"id": "odd-data"}),
        client.post(url, data={"id": "odd-data"}),
        # As curl sends what CKAN's documentation gives it: JSON that is called a form.
        client.post(url, content='{"id": "odd-data"}', headers={"Content-Type": "application/x-www-form-urlencoded"}),
        client.post(f"{url}?id=odd-data"),
    ]
    bodies = [answer.json() for answer in answers]
    assert bodies == [bodies[0]] * 5
    assert bodies[0]["success"] is True
    assert bodies[0]["help"].endswith("/api/3/action/help_show?name=package_show")


def test_help_tells_what_an_action_takes(client: httpx.Client) -> None:
    body = client.get(f"{API}/datastore_search", params=POINTS).json()
    assert "`records_format`" in result(client.get(body["help"]))


def test_every_action_is_documented_and_every_documented_action_exists() -> None:
    section = DOCS.read_text("utf-8").partition("\n## CKAN")[2].partition("\n- **Ids**")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    assert set(named) == set(ACTIONS)


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    url = f"{API}/package_show?id=odd-data"
    etag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert client.post(url).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("action", "arguments", "told"),
    [
        ("package_show", {"id": "nothing"}, (404, "Not Found Error", "package-unknown")),
        ("package_show", {}, (409, "Validation Error", "argument-invalid")),
        ("package_show", {"id": ["a", "b"]}, (409, "Validation Error", "argument-invalid")),
        ("package_list", {"limit": "x"}, (409, "Validation Error", "argument-invalid")),
        ("package_create", {}, (400, "Bad Request", "action-unknown")),
        ("package_search", {"q": "a AND"}, (400, "Search Query Error", "bad-search")),
        ("package_search", {"sort": "colour"}, (400, "Search Query Error", "bad-search")),
        ("package_search", {"sort": "name asc,"}, (400, "Search Query Error", "bad-search")),
        ("package_search", {"fq_list": ["name:a"] * 700}, (400, "Search Query Error", "bad-search")),
        (
            "package_search",
            {"facet.field": [f"extras_{number}" for number in range(51)]},
            (409, "Validation Error", "argument-invalid"),
        ),
        ("package_search", {"facet.field": ["notes"]}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {"resource_id": "odd-data/nothing"}, (404, "Not Found Error", "resource-not-found")),
        ("datastore_search", {**POINTS, "version": "9.9.9"}, (404, "Not Found Error", "release-not-found")),
        ("datastore_search", {**POINTS, "filters": {"x": 1}}, (409, "Validation Error", "column-not-found")),
        ("datastore_search", {**POINTS, "filters": {"id": "x"}}, (409, "Validation Error", "bad-filter")),
        ("datastore_search", {**POINTS, "filters": {"id": {}}}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "filters": {"_id": 1}}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "filters": "{"}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "filters": r'{"\ud800": 1}'}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "q": {"id": "1"}}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "sort": "id sideways"}, (409, "Validation Error", "column-not-found")),
        ("datastore_search", {**POINTS, "sort": '"id" sideways'}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "sort": "id,,name"}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "sort": "_id desc"}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "fields": ["id", "id"]}, (409, "Validation Error", "bad-parameter")),
        ("datastore_search", {**POINTS, "records_format": "xml"}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "distinct": True}, (409, "Validation Error", "argument-invalid")),
        ("datastore_search", {**POINTS, "offset": -1}, (409, "Validation Error", "argument-invalid")),
        ("help_show", {"name": "nothing"}, (404, "Not Found Error", "package-unknown")),
        ("group_show", {"id": "x"}, (404, "Not Found Error", "package-unknown")),
        ("organization_show", {"id": "x"}, (404, "Not Found Error", "package-unknown")),
    ],
)
def test_what_is_wrong_is_told_as_ckan_tells_it(
    client: httpx.Client, action: str, arguments: Any, told: tuple[int, str, str]
) -> None:
    answer = client.post(f"{API}/{action}", json=arguments)
    assert error(answer) == told
    assert answer.headers["content-type"] == "application/json"


def test_an_order_that_cannot_be_read_is_refused_at_once_however_long_it_is(client: httpx.Client) -> None:
    for sort in (f'a{" " * 200_000}"', f'{" ," * 100_000}"', '"' * 100_001, "a b " * 50_000):
        answer = client.post(f"{API}/datastore_search", json={**POINTS, "sort": sort}, timeout=5)
        assert answer.status_code == 409
    sort = ",".join(["name asc"] * 10_000)
    assert asked(client, "package_search", {"sort": sort, "facet.field": ["name"] * 10_000})["count"] == 1


@pytest.mark.parametrize("body", ["{", "[1]", '"text"', "null", "7", '{"a": ' * 2000, r'{"id": "\ud800"}'])
def test_a_body_that_is_no_object_is_a_bad_request(client: httpx.Client, body: str) -> None:
    answer = client.post(f"{API}/package_list", content=body, headers={"Content-Type": "application/json"})
    assert error(answer) == (400, "Bad Request", "bad-request")


def test_an_argument_that_is_wrong_has_its_reason_under_its_name(client: httpx.Client) -> None:
    assert client.get(f"{API}/package_show").json()["error"]["id"] == ["is missing"]


def test_errors_are_json_for_browsers_too_and_under_every_address_of_ckan(client: httpx.Client) -> None:
    for path in ("/api/3/action/nothing", "/api/2/rest/package", "/zh/api/action/package_show"):
        assert client.get(path, headers={"Accept": "text/html"}).json()["success"] is False
    assert client.put(f"{API}/package_list").status_code == 405


# -- packages -----------------------------------------------------------------------------------------------------


def test_every_resource_of_a_package_can_be_downloaded_and_has_its_size_and_digest(
    client: httpx.Client, package: dict[str, Any]
) -> None:
    assert package["num_resources"] == len(package["resources"]) == 8
    for resource in package["resources"]:
        answer = client.get(resource["url"])
        assert (answer.status_code, len(answer.content)) == (200, resource["size"]), resource["name"]
        assert f"{answer.headers['etag']}" == f'"{resource["hash"]}"'
        assert asked(client, "resource_show", {"id": resource["id"]}) == resource


def test_a_package_is_the_newest_release_and_names_it(
    client: httpx.Client, address: str, package: dict[str, Any]
) -> None:
    extras = {extra["key"]: extra["value"] for extra in package["extras"]}
    assert (package["version"], package["author"], package["license_id"]) == ("1.1.0", "张三 / Zhang San", "CC0-1.0")
    assert extras["release"] == f"{address}/datasets/odd-data/versions/1.1.0"
    assert extras["release_sha256"] == client.get(extras["release"]).json()["sha256"]
    assert asked(client, "current_package_list_with_resources", {}) == [package]


def test_the_rest_of_what_harvesters_ask_is_answered_truly(client: httpx.Client, address: str) -> None:
    status = asked(client, "status_show", {})
    assert (status["site_url"], status["extensions"]) == (address, ["datastore"])
    assert asked(client, "site_read", {}) is True
    assert asked(client, "package_list", {"limit": 0}) == []
    for action in ("group_list", "organization_list", "tag_list"):
        assert asked(client, action, {}) == []
    assert [licence["id"] for licence in asked(client, "license_list", {})] == ["CC0-1.0"]


def test_a_package_is_found_by_words_and_by_fields_and_its_values_are_counted(client: httpx.Client) -> None:
    found = asked(
        client, "package_search", {"q": "怪数据", "fq": "res_format:Parquet", "facet.field": '["res_format"]'}
    )
    assert (found["count"], found["results"][0]["name"]) == (1, "odd-data")
    assert found["facets"]["res_format"]["CSV"] == 1
    assert {"name": "ZIP", "display_name": "ZIP", "count": 1} in found["search_facets"]["res_format"]["items"]
    assert asked(client, "package_search", {"fq_list": ["name:odd-data", "-res_format:CSV"]})["count"] == 0
    assert asked(client, "package_search", {"rows": 0})["results"] == []


# -- rows ---------------------------------------------------------------------------------------------------------


def test_rows_have_the_values_that_the_service_gives_anywhere(client: httpx.Client, base: str) -> None:
    found = asked(client, "datastore_search", ODD_TABLE)
    rows = client.get(f"{base}/{quote(ODD, safe='')}/rows").json()["rows"]
    assert found["records"] == [{"_id": at, **row} for at, row in enumerate(rows, 1)]
    assert [(column["id"], column["type"]) for column in found["fields"]] == [
        ("_id", "int"),
        ("编号", "int8"),
        ("名称", "text"),
        ("大数", "int8"),
        ("金额", "numeric"),
        ("日期", "date"),
        ("真", "bool"),
        ("标签 #", "text"),
    ]


def test_rows_are_asked_for_by_the_id_of_their_resource(client: httpx.Client, package: dict[str, Any]) -> None:
    with_rows = [resource for resource in package["resources"] if resource["datastore_active"]]
    assert [resource["table"] for resource in with_rows] == [ODD, "points"]
    for resource in with_rows:
        assert asked(client, "datastore_search", {"resource_id": resource["id"]})["total"] == resource["rows"]
        assert asked(client, "datastore_info", {"id": resource["id"]})["meta"]["count"] == resource["rows"]
    parquet = next(one for one in package["resources"] if one["format"] == "Parquet")
    assert client.get(f"{API}/datastore_search", params={"resource_id": parquet["id"]}).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ({"filters": {"编号": 2}}, [2]),
        ({"filters": {"编号": [1, "3"]}}, [1, 3]),
        ({"filters": '{"编号": [1, 3]}'}, [1, 3]),
        ({"filters": {"大数": 9007199254740993}}, [1]),
        ({"filters": {"金额": 1.1, "真": True}}, [1]),
        ({"filters": {"真": None}}, [3]),
        ({"filters": {"编号": []}}, []),
        ({"filters": {}}, [1, 2, 3]),
        ({"q": "甲"}, [1]),
        ({"q": "ＨＩ"}, [2]),
        ({"q": {"名称": "甲", "标签 #": "A"}}, [1]),
        ({"q": {"名称": "甲", "标签 #": "hi"}}, []),
        ({"q": '{"名称": "乙"}'}, [1]),
        ({"sort": "编号 desc"}, [3, 2, 1]),
        ({"sort": '"标签 #" desc, 编号'}, [3, 2, 1]),
        ({"sort": "编号\tDESC,"}, [3, 2, 1]),
        ({"sort": '  "编号"  DESC , 名称 '}, [3, 2, 1]),
        ({"sort": "金额"}, [2, 1, 3]),
        ({"sort": "_id"}, [1, 2, 3]),
        ({"limit": 1, "offset": 1}, [2]),
        ({"limit": 2, "offset": 1, "sort": "编号 desc"}, [2, 1]),
        ({"limit": 1, "offset": 1, "filters": {"编号": [1, 3]}}, [3]),
        ({"offset": 99}, []),
        ({"offset": 99, "sort": "编号"}, []),
        ({"limit": 0}, []),
        ({"limit": 0, "sort": "编号"}, []),
    ],
)
def test_rows_are_those_that_are_asked_for(client: httpx.Client, arguments: Any, ids: list[int]) -> None:
    found = asked(client, "datastore_search", {**ODD_TABLE, **arguments})
    assert [row["_id"] for row in found["records"]] == ids
    assert [row["编号"] for row in found["records"]] == ids


@pytest.mark.parametrize("narrowed", [{}, {"filters": {"编号": [1, 2]}}, {"q": "甲"}])
def test_the_total_counts_all_rows_of_the_answer(client: httpx.Client, narrowed: Any) -> None:
    whole = len(asked(client, "datastore_search", {**ODD_TABLE, **narrowed})["records"])
    assert asked(client, "datastore_search", {**ODD_TABLE, **narrowed, "limit": 1})["total"] == whole
    assert "total" not in asked(client, "datastore_search", {**ODD_TABLE, **narrowed, "include_total": False})


def test_some_columns_come_in_the_order_that_they_are_asked_for_in(client: httpx.Client) -> None:
    asks = {**ODD_TABLE, "records_format": "lists", "limit": 1}
    for fields in (["名称", "_id", "编号"], "名称, _id, 编号"):
        found = asked(client, "datastore_search", {**asks, "fields": fields})
        assert (found["records"], [one["id"] for one in found["fields"]]) == (
            [["甲,乙", 1, 1]],
            ["名称", "_id", "编号"],
        )
    assert asked(client, "datastore_search", {**asks, "fields": ["_id"]})["records"] == [[1]]


def test_rows_come_as_csv_and_tsv_without_a_header(client: httpx.Client) -> None:
    asks = {**ODD_TABLE, "fields": ["编号", "名称", "大数", "真"]}
    assert asked(client, "datastore_search", {**asks, "records_format": "csv"})["records"] == (
        '1,"甲,乙",9007199254740993,true\n2,,1,false\n3,,,\n'
    )
    assert asked(client, "datastore_search", {**asks, "records_format": "tsv"})["records"].startswith("1\t甲,乙\t")


def test_links_lead_from_page_to_page_of_the_same_release(client: httpx.Client) -> None:
    found = result(client.get(f"{API}/datastore_search", params={**ODD_TABLE, "limit": "2", "filters": "{}"}))
    assert "version=1.1.0" in found["_links"]["next"]
    following = result(client.get(found["_links"]["next"]))
    assert [row["_id"] for row in following["records"]] == [3]
    assert result(client.get(found["_links"]["start"]))["records"] == found["records"]
    assert found["release"]["version"] == "1.1.0"


def test_rows_of_an_exact_release_can_be_asked_for(client: httpx.Client) -> None:
    assert asked(client, "datastore_search", {**POINTS, "version": "1.0.0"})["release"]["version"] == "1.0.0"


# -- SQL ----------------------------------------------------------------------------------------------------------


def test_a_statement_names_tables_by_id_and_by_alias(client: httpx.Client, package: dict[str, Any]) -> None:
    id_ = next(one["id"] for one in package["resources"] if one.get("table") == "points")
    sql = f"""SELECT p.name AS "name", o."名称", '"{id_}"' AS text -- "{id_}"
        FROM "{id_}" p JOIN "odd-data/{ODD}" o ON p.id = o."编号" ORDER BY p.id"""
    found = asked(client, "datastore_search_sql", {"sql": sql})
    assert found["records"][0] == {"name": "one", "名称": "甲,乙", "text": f'"{id_}"'}
    assert [column["type"] for column in found["fields"]] == ["text", "text", "text"]
    assert [release["version"] for release in found["releases"]] == ["1.1.0"]
    assert result(client.get(f"{API}/datastore_search_sql", params={"sql": sql})) == found


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", (409, "Validation Error", "argument-invalid")),
        ("SELECT 1", (409, "Validation Error", "argument-invalid")),
        ('SELECT * FROM "nothing/at all"', (409, "Validation Error", "argument-invalid")),
        ('SELECT * FROM "odd-data/points" WHERE', (409, "Validation Error", "sql-syntax")),
        ('SELECT 1 AS a, 2 AS a FROM "odd-data/points"', (409, "Validation Error", "argument-invalid")),
        ('DROP TABLE "odd-data/points"', (403, "Authorization Error", "sql-refused")),
        ("""SELECT * FROM "odd-data/points", read_csv('x')""", (403, "Authorization Error", "sql-refused")),
    ],
)
def test_a_statement_that_is_not_answered_is_told_as_ckan_tells_it(
    client: httpx.Client, sql: str, told: tuple[int, str, str]
) -> None:
    assert error(client.post(f"{API}/datastore_search_sql", json={"sql": sql})) == told


def test_the_columns_of_a_table_are_told_with_their_keys(client: httpx.Client) -> None:
    told = asked(client, "datastore_info", {"id": f"odd-data/{ODD}"})
    assert told["fields"][1] == {"id": "编号", "type": "int8", "schema": {"native_type": "int8", "is_index": True}}
    assert told["meta"]["aliases"] == [f"odd-data/{ODD}"]


# -- services of their own ----------------------------------------------------------------------------------------


def test_a_table_that_has_an_id_of_its_own_keeps_it(
    make_package: MakePackage, settings: Settings, serving: Serving
) -> None:
    fields = [{"name": "_id", "type": "integer"}, {"name": "text", "type": "string"}]
    resource = {"name": "items", "type": "table", "path": "data/items.csv", "schema": {"fields": fields}}
    folder = make_package({"data/items.csv": "_id,text\n7,a\n5,b\n"}, resources=[resource])
    with opened(folder, settings) as package:
        publish(package, None, Store(settings.store), settings)
    with serving(quiet(settings)) as address, httpx.Client(base_url=address) as client:
        ask = {"resource_id": "demo/items", "records_format": "lists", "sort": "_id desc", "filters": {"_id": [5, 7]}}
        found = asked(client, "datastore_search", ask)
    assert (found["records"], [one["id"] for one in found["fields"]]) == ([[7, "a"], [5, "b"]], ["_id", "text"])


def test_a_client_pays_for_its_rows_and_is_told_when_it_has_no_more(
    make_package: MakePackage, settings: Settings, serving: Serving
) -> None:
    with opened(make_package(), settings) as package:
        publish(package, None, Store(settings.store), settings)
    own = quiet(settings).model_copy(update={"limits": True, "limit_rows": 3})
    with serving(own) as address, httpx.Client(base_url=address) as client:
        asked(client, "datastore_search", {"resource_id": "demo/items"})
        answer = client.post(f"{API}/datastore_search", json={"resource_id": "demo/items"})
    assert error(answer) == (429, "Too Many Requests", "budget-exceeded")
    assert int(answer.headers["retry-after"]) > 0


def test_a_new_release_and_a_new_dataset_are_there_at_once(
    tmp_path: Path, settings: Settings, serving: Serving
) -> None:
    def release(version: str, name: str = "odd-data") -> None:
        folder = write_package(tmp_path / f"{name}-{version}", version)
        descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
        (folder / "datapackage.json").write_text(json.dumps({**descriptor, "name": name}), "utf-8")
        with opened(folder, settings) as package:
            publish(package, None, Store(settings.store), settings)

    release("1.0.0")
    with serving(quiet(settings)) as address, httpx.Client(base_url=address) as client:
        first = asked(client, "package_show", {"id": "odd-data"})
        release("1.1.0")
        release("1.0.0", "other")
        second = asked(client, "package_show", {"id": first["id"]})
        names = asked(client, "package_list", {})
        found = asked(client, "package_search", {"sort": "metadata_modified desc, name asc", "fq": "version:1.0.0"})
    assert (first["version"], second["version"]) == ("1.0.0", "1.1.0")
    assert first["metadata_created"] == second["metadata_created"]
    assert names == ["odd-data", "other"]
    assert [package["name"] for package in found["results"]] == ["other"]


def quiet(settings: Settings) -> Settings:
    """Settings of a service beside others."""
    return settings.model_copy(update={"port": 0, "log_level": "error", "limits": False})
