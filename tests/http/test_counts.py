"""What is counted over HTTP, and what is not."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from minshu.counts import Counts, Readings, Subject
from minshu.http import counts_keeper
from minshu.settings import Settings
from minshu.store import Store

ODD = "/datasets/odd-data/versions/1.1.0"
INDEX = "indexes/points.stats.json"
Serving = Callable[[Settings], AbstractContextManager[str]]


@pytest.fixture
def counting(
    served: Settings, serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    """A client of a service that writes its counts at once, into a folder of its own."""
    monkeypatch.setattr(counts_keeper, "INTERVAL", 0.05)
    own = served.model_copy(update={"counts": tmp_path / "counts", "cache": tmp_path / "cache"})
    with serving(own) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def counted(client: httpx.Client, expected: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """The counts by version and format, once they are those that are expected, or as they are after a while."""
    for _ in range(100):
        told = client.get("/datasets/odd-data/counts").json()["counts"]
        found = {(line["version"], line["format"]): (line["reads"], line["parts"], line["unchanged"]) for line in told}
        if found == expected:
            break
        time.sleep(0.05)
    return found


def test_readings_are_counted_by_version_and_format(counting: httpx.Client) -> None:
    page = {"Accept": "text/html"}
    for path, headers in (
        (f"{ODD}/points.csv", {}),
        (f"{ODD}/points.csv", {}),
        (f"{ODD}/points.parquet", {}),
        (f"{ODD}/points/rows", {}),
        (f"{ODD}/points/rows", {}),
        (f"{ODD}/points/rows/1", {}),
        (f"{ODD}/points/rows", page),
        (f"{ODD}/points/stats", {}),
        (f"{ODD}/points/chart.csv", {}),
        (f"{ODD}/release.json", {}),
        (f"{ODD}/page.html", {}),
        (f"{ODD}/{INDEX}", {}),
        (ODD, page),
        ("/datasets/odd-data/versions/1.0.0/odd-data.zip", {}),
    ):
        assert counting.get(path, headers=headers).status_code == 200, path
    query = {"dataset": "odd-data", "version": "1.0.0", "q": "select 1", "attach": "b:odd-data@1.1.0"}
    for _ in range(2):
        assert counting.get("/sql", params=query).status_code == 200
    assert counting.post("/sql", json={**query, "attach": "b:odd-data@1.0.0"}).status_code == 200
    for action in ("datastore_search", "datastore_info", "package_show"):
        asked = {"resource_id": "odd-data/points", "id": "odd-data/points" if "store" in action else "odd-data"}
        assert counting.post(f"/api/3/action/{action}", json=asked).status_code == 200
    expected = {
        ("1.1.0", "csv"): (2, 0, 0),
        ("1.1.0", "parquet"): (1, 0, 0),
        ("1.1.0", "rows"): (4, 0, 0),
        ("1.1.0", "stats"): (1, 0, 0),
        ("1.1.0", "chart"): (1, 0, 0),
        ("1.1.0", "page"): (2, 0, 0),
        ("1.1.0", "metadata"): (1, 0, 0),
        ("1.1.0", "file"): (1, 0, 0),
        ("1.1.0", "index"): (1, 0, 0),
        ("1.0.0", "zip"): (1, 0, 0),
        ("1.0.0", "sql"): (4, 0, 0),
        ("1.1.0", "sql"): (2, 0, 0),
    }
    assert counted(counting, expected) == expected


def test_parts_and_what_is_unchanged_count_apart_and_head_and_errors_nowhere(counting: httpx.Client) -> None:
    url = f"{ODD}/odd-data.zip"
    tag = counting.get(url, headers={"Range": "bytes=0-9"}).headers["ETag"]
    assert counting.get(url, headers={"Range": "bytes=10-"}).status_code == 206
    assert counting.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert counting.head(url).status_code == 200
    assert counting.get(f"{ODD}/none.csv").status_code == 404
    assert counting.get("/datasets/none/versions/1.0.0/none.zip").status_code == 404
    assert counting.get("/datasets/odd-data/versions/latest/odd-data.zip").status_code == 307
    assert counting.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    expected = {("1.1.0", "zip"): (1, 1, 1)}
    assert counted(counting, expected) == expected


def test_answers_from_memory_are_counted_as_others_are(counting: httpx.Client) -> None:
    for _ in range(5):
        counting.get(f"{ODD}/points/rows")
        counting.get("/sql", params={"dataset": "odd-data", "version": "1.1.0", "q": "select 1"})
    expected = {("1.1.0", "rows"): (5, 0, 0), ("1.1.0", "sql"): (5, 0, 0)}
    assert counted(counting, expected) == expected


def test_what_assistants_read_is_counted_and_what_they_are_refused_is_not(counting: httpx.Client) -> None:
    odd = {"dataset": "odd-data"}
    for name, arguments in (
        ("describe_dataset", odd),
        ("read_rows", {**odd, "table": "points"}),
        ("query_sql", {**odd, "version": "1.0.0", "sql": "SELECT 1", "attach": ["b:odd-data@1.1.0"]}),
        ("read_rows", {**odd, "table": "none"}),
        ("query_sql", {**odd, "sql": "DROP TABLE points"}),
        ("search_data", {"q": "points"}),
    ):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        assert counting.post("/mcp", json=call).status_code == 200
    expected = {("1.1.0", "mcp"): (3, 0, 0), ("1.0.0", "mcp"): (1, 0, 0)}
    assert counted(counting, expected) == expected


def test_no_file_of_counts_knows_who_read(counting: httpx.Client, tmp_path: Path) -> None:
    counting.get(f"{ODD}/points.csv", headers={"User-Agent": "tell-tale", "X-Forwarded-For": "192.0.2.7"})
    counted(counting, {("1.1.0", "csv"): (1, 0, 0)})
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "counts").glob("*.json"))
    assert "odd-data" in text
    assert [word for word in ("tell-tale", "192.0.2.7", "127.0.0.1") if word in text] == []


def test_counts_are_a_table_as_well(counting: httpx.Client) -> None:
    counting.get(f"{ODD}/points.csv")
    counted(counting, {("1.1.0", "csv"): (1, 0, 0)})
    answer = counting.get("/datasets/odd-data/counts.csv")
    head, line = answer.text.splitlines()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert head == "period,version,format,reads,parts,unchanged"
    assert line.endswith(",1.1.0,csv,1,0,0")
    assert counting.get("/datasets/odd-data/counts.csv?since=2999-01-01").text.splitlines() == [head]


def test_the_page_of_a_dataset_tells_how_often_it_was_read(counting: httpx.Client) -> None:
    counting.get(f"{ODD}/points.csv")
    counted(counting, {("1.1.0", "csv"): (1, 0, 0)})
    page = counting.get("/datasets/odd-data", headers={"Accept": "text/html"}).text
    assert 'CSV</th><td class="number">1</td>' in page


def test_of_what_is_not_open_to_all_only_months_that_are_over_are_told(
    serving: Serving, settings: Settings, store: Store, released: Any, make_package: Any
) -> None:
    opening = {"openAttribute": "conditional", "conditions": "甲", "use": "乙", "security": "丙"}
    released(make_package(**{"minshu:opening": opening}))
    today = datetime.now(UTC).date()
    past = today.replace(day=1) - timedelta(days=1)
    for day in (today, past):
        Counts(settings.counts_folder).keep({Subject(day, "demo", "1.0.0", "csv"): Readings(12)})
    with serving(settings.model_copy(update={"port": 0})) as address:
        (line,) = httpx.get(f"{address}/datasets/demo/counts").json()["counts"]
    assert (line["period"], line["version"], line["format"], line["reads"]) == (f"{past:%Y-%m}", None, None, 12)


def test_a_dataset_that_there_is_not_has_no_counts(counting: httpx.Client) -> None:
    assert counting.get("/datasets/none/counts").json()["code"] == "dataset-not-found"


def test_where_counts_cannot_be_written_the_service_serves_and_says_so_once(
    served: Settings,
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(counts_keeper, "INTERVAL", 0.02)
    (tmp_path / "file").write_bytes(b"")
    own = served.model_copy(update={"counts": tmp_path / "file/counts", "cache": tmp_path / "cache"})
    with caplog.at_level(logging.WARNING), serving(own) as address:
        for _ in range(3):
            assert httpx.get(f"{address}{ODD}/points.csv").status_code == 200
            time.sleep(0.1)
    assert Counter("Readings are not counted" in record.getMessage() for record in caplog.records)[True] == 1
