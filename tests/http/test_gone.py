"""Releases that are withdrawn while the service runs: their data is gone at once, whatever was kept."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import ROWS, write_package

from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

WHO = Actor("operator", "张三")
DEMO = "/datasets/demo/versions/1.0.0"
DATA = (
    "data/items.csv",
    "demo.zip",
    "demo.duckdb",
    "items.csv",
    "items.json",
    "items.ndjson",
    "items.parquet",
    "items.arrow",
    "items.xlsx",
    "items.csv?编号=1",
    "items/rows",
    "items/rows?_search=甲",
    "items/rows?_facet=名称",
    "items/rows/1",
    "items/stats",
    "items/chart",
    "items/chart.svg",
    "items/chart.csv",
)
SQL = (
    "/sql?dataset=demo&version=1.0.0&q=select%20*%20from%20items",
    "/sql?dataset=other&version=1.0.0&attach=d:demo@1.0.0&q=select%20*%20from%20d.items",
    "/sql/explain?dataset=demo&version=1.0.0&q=select%20*%20from%20items",
)
ADDRESSES = (*(f"{DEMO}/{path}" for path in DATA), *SQL)
METADATA = ("release.json", "datapackage.json", "report.json", "README.md", "")


@pytest.fixture(scope="module")
def gone(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[tuple[httpx.Client, AuditLog, dict[str, httpx.Response]]]:
    """A client, the log of its store, and what each address answered twice before the release was withdrawn."""
    root = tmp_path_factory.mktemp("gone")
    settings = Settings(
        store=root / "store", catalogue=root, cache=root / "cache", port=0, log_level="error", limits=False
    )
    for name, version in (("demo", "1.0.0"), ("demo", "1.0.1"), ("other", "1.0.0")):
        package = write(root / f"{name}-{version}", name, version)
        with opened(package, settings) as found:
            publish(found, None, Store(settings.store), settings)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        before = [{url: client.get(url) for url in ADDRESSES} for _ in range(2)]
        assert {url: answer.status_code for url, answer in before[1].items()} == dict.fromkeys(ADDRESSES, 200)
        log = AuditLog(settings.store)
        details = {"reason": "错行 / Rows were wrong.", "successor": "1.0.1"}
        log.append("withdrawn", WHO, "demo", "1.0.0", details)
        yield client, log, before[1]


def write(folder: Path, name: str, version: str) -> Path:
    files = {"data/items.csv": ROWS, "README.md": "# 说明\n"}
    return write_package(folder, files, name=name, version=version)


Gone = tuple[httpx.Client, AuditLog, dict[str, httpx.Response]]


@pytest.mark.parametrize("url", ADDRESSES)
def test_what_carries_data_answers_410_with_reason_and_successor(gone: Gone, url: str) -> None:
    client, _, before = gone
    held = {"If-None-Match": before[url].headers["etag"]} if "etag" in before[url].headers else {}
    conditions = [{}, held, {"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}]
    for headers in (*conditions, {"Range": "bytes=0-3"}):
        answer = client.get(url, headers=headers)
        told = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
        assert (told["code"], told["successor"], told["reason"]) == (
            "release-withdrawn",
            "1.0.1",
            "错行 / Rows were wrong.",
        )
        assert told["withdrawn"].endswith("Z")
        assert "Take 1.0.1 instead" in told["detail"]
    assert client.head(url).status_code == 410


def test_sql_by_post_answers_410(gone: Gone) -> None:
    client, _, _ = gone
    answer = client.post("/sql", json={"dataset": "demo", "version": "1.0.0", "q": "select 1"})
    assert answer.status_code == 410


@pytest.mark.parametrize("path", METADATA)
def test_metadata_stays(gone: Gone, path: str) -> None:
    client, _, _ = gone
    assert client.get(f"{DEMO}/{path}".rstrip("/")).status_code == 200


def test_the_description_and_the_lists_tell_the_state(gone: Gone) -> None:
    client, _, _ = gone
    told: dict[str, Any] = client.get(DEMO).json()["status"]
    assert (told["state"], told["successor"]) == ("withdrawn", "1.0.1")
    assert told["successor_url"].endswith("/datasets/demo/versions/1.0.1")
    versions = client.get("/datasets/demo/versions").json()["versions"]
    assert [(item["version"], item.get("status", {}).get("state")) for item in versions] == [
        ("1.0.1", None),
        ("1.0.0", "withdrawn"),
    ]


def test_the_page_of_a_withdrawn_release_says_so_and_offers_no_data(gone: Gone) -> None:
    client, _, _ = gone
    page = client.get(DEMO, headers={"Accept": "text/html"}).text
    assert 'role="alert"' in page
    assert "已撤回" in page
    assert "错行" in page
    assert 'class="take"' not in page


def test_the_page_of_a_refusal_links_to_the_successor(gone: Gone) -> None:
    client, _, _ = gone
    answer = client.get(f"{DEMO}/items/rows", headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert '/datasets/demo/versions/1.0.1"' in answer.text


def test_its_description_may_be_put_right(gone: Gone) -> None:
    client, _, _ = gone
    assert "immutable" not in client.get(DEMO).headers["cache-control"]


def test_who_does_not_know_what_stands_gives_no_data(gone: Gone) -> None:
    client, log, _ = gone
    log.append("validated", WHO)
    damaged = log.path(log.head())
    whole = damaged.read_bytes()
    url = "/datasets/demo/versions/1.0.1/items/rows"
    damaged.write_bytes(whole.replace(b"validated", b"withdrawn"))
    try:
        answers = [client.get(url), client.get("/datasets/demo/versions/1.0.1"), client.get("/datasets")]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(500, "audit-broken")}
    finally:
        damaged.write_bytes(whole)
    assert client.get(url).status_code == 200


def test_others_are_given_as_before(gone: Gone) -> None:
    client, _, _ = gone
    assert client.get("/datasets/demo/versions/1.0.1/items/rows").status_code == 200


def test_latest_moves_on_from_what_is_yanked_and_back_when_it_is_restored(gone: Gone) -> None:
    client, log, _ = gone
    url = "/datasets/other/versions/1.0.0/items/rows"
    assert client.get("/datasets/other/versions/latest").status_code == 307
    log.append("yanked", WHO, "other", "1.0.0", {"reason": "later"})
    assert client.get("/datasets/other/versions/latest").status_code == 404
    assert (client.get(url).status_code, client.get("/openapi.json").status_code) == (200, 200)
    assert client.get("/datasets/other").json()["version"] is None
    log.append("restored", WHO, "other", "1.0.0", {"reason": "all right"})
    assert client.get("/datasets/other/versions/latest").status_code == 307
    assert "status" not in client.get("/datasets/other/versions/1.0.0").json()


def test_feeds_tell_of_a_withdrawal_first(gone: Gone) -> None:
    first = gone[0].get("/feed.json").json()["items"][0]
    assert first["url"].endswith(DEMO)
    assert "已撤回" in first["content_html"]
    assert first["date_modified"] >= first["date_published"]
