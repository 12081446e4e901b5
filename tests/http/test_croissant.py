"""A release is described in Croissant at an address that lasts, with nothing of what not everybody is given."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any

import httpx
import pytest
from tests.conftest import MakePackage

from minshu import publish
from minshu.audit import Actor, AuditLog
from minshu.settings import Settings

STATED = {"openAttribute": "有条件开放", "conditions": "高校", "use": "研究", "security": "不外传"}
SCHEMA = {"fields": [{"name": "id", "type": "integer"}]}

Serve = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def other(settings: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Serve:
    """A service on the test's own store."""
    return lambda: serving(settings.model_copy(update={"port": 0, "log_level": "error", "limits": False}))


def files_of(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((file["@id"], file["contentUrl"]) for file in told["distribution"])


def test_a_dataset_is_described_as_its_newest_version_is(client: httpx.Client, base: str) -> None:
    newest, version = client.get("/datasets/odd-data/croissant.json"), client.get(f"{base}/croissant.json")
    assert newest.content == version.content
    assert newest.headers["content-type"] == 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"'
    assert newest.headers["cache-control"] == "public, max-age=60"


def test_a_version_is_described_for_good(client: httpx.Client, base: str) -> None:
    answer = client.get(f"{base}/croissant.json")
    assert "immutable" in answer.headers["cache-control"]
    again = client.get(f"{base}/croissant.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_newest_version_is_found_by_latest(client: httpx.Client) -> None:
    answer = client.get("/datasets/odd-data/versions/latest/croissant.json")
    assert answer.headers["location"].endswith("/datasets/odd-data/versions/1.1.0/croissant.json")


def test_every_file_is_there_with_its_digest(client: httpx.Client, base: str) -> None:
    told = client.get(f"{base}/croissant.json").json()
    digests = {file["contentUrl"]: file["sha256"] for file in told["distribution"]}
    assert [name for name, _ in files_of(told)] == [
        "odd-data.zip",
        "datapackage.json",
        "表~20~一~2f~甲~25~~3f~.parquet",
        "points.parquet",
    ]
    for url, digest in digests.items():
        assert sha256(client.get(url).content).hexdigest() == digest


def test_only_the_sample_of_a_conditional_dataset_is_a_file(
    make_package: MakePackage, released: Any, other: Serve
) -> None:
    tables = [{"name": name, "type": "table", "path": f"{name}.csv", "schema": SCHEMA} for name in ("all", "sample")]
    files = {"all.csv": "id\n1\n", "sample.csv": "id\n1\n"}
    released(make_package(files, resources=tables, **{"minshu:opening": {**STATED, "sample": "sample"}}))
    with other() as address:
        told = httpx.get(f"{address}/datasets/demo/croissant.json").json()
        assert [name for name, _ in files_of(told)] == ["datapackage.json", "sample.parquet"]
        assert [httpx.get(url).status_code for _, url in files_of(told)] == [200, 200]
        assert told["conditionsOfAccess"] == "有条件开放：高校；研究；不外传"


@pytest.mark.parametrize("state", ["withdrawn", "purged"])
def test_a_version_that_is_gone_says_so_as_soon_as_it_is(
    make_package: MakePackage, released: Any, settings: Settings, other: Serve, state: Any
) -> None:
    released(make_package())
    with other() as address:
        url = f"{address}/datasets/demo/versions/1.0.0/croissant.json"
        assert httpx.get(url).json()["recordSet"]
        AuditLog(settings.store).append(state, Actor("operator", "张三"), "demo", "1.0.0", {"reason": "错行"})
        answer = httpx.get(url)
    told = answer.json()
    assert (told["creativeWorkStatus"], told["recordSet"]) == (state, [])
    assert [name for name, _ in files_of(told)] == []
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("kind", ["file", "table"])
def test_what_was_published_at_this_place_before_it_was_reserved_stays_there(
    make_package: MakePackage, released: Any, other: Serve, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(publish, "_refuse_reserved", lambda package, name: None)
    if kind == "file":
        released(make_package({"croissant.json": '{"own": 1}'}, resources=[{"name": "a", "path": "croissant.json"}]))
        expected: object = {"own": 1}
    else:
        table = {"name": "croissant", "type": "table", "path": "a.csv", "schema": SCHEMA}
        released(make_package({"a.csv": "id\n1\n"}, resources=[table]))
        expected = [{"id": 1}]
    with other() as address:
        assert httpx.get(f"{address}/datasets/demo/versions/1.0.0/croissant.json").json() == expected
        assert httpx.get(f"{address}/datasets/demo/croissant.json").json()["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/datasets/none/croissant.json", "dataset-not-found"),
        ("/datasets/odd-data/versions/9.9.9/croissant.json", "release-not-found"),
    ],
)
def test_what_is_not_there_is_a_problem(client: httpx.Client, path: str, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_package_without_tables_is_described(make_package: MakePackage, released: Any, other: Serve) -> None:
    released(make_package({"a.txt": "text"}, resources=[{"name": "a", "path": "a.txt"}]))
    with other() as address:
        told = httpx.get(f"{address}/datasets/demo/croissant.json").json()
    assert told["recordSet"] == []
    assert [name for name, _ in files_of(told)] == ["demo.zip", "datapackage.json"]
