"""What the service counts."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from minshu.settings import Settings

Serving = Callable[[Settings], AbstractContextManager[str]]
ROWS = "/datasets/{name}/versions/{version}/{resource}/rows"


def figures(client: httpx.Client) -> dict[str, float]:
    """Every figure, by its name and labels as Prometheus writes them."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.name + "".join(f" {sample.labels[name]}" for name in sorted(sample.labels)): sample.value
        for sample in samples
    }


@pytest.fixture
def own(served: Settings, serving: Serving) -> Iterator[httpx.Client]:
    """A client of a service that nobody else asks, and that finds nothing in a cache."""
    with (
        serving(served.model_copy(update={"cache": None})) as address,
        httpx.Client(base_url=address, timeout=20) as client,
    ):
        yield client


def test_requests_are_counted_by_route_method_and_status(own: httpx.Client) -> None:
    path = "/datasets/odd-data/versions/1.0.0/points/rows"
    for _ in range(3):
        own.get(path)
    own.head(path)
    own.get(path, params={"_size": "none"})
    found = figures(own)
    assert found[f"minshu_http_requests_total GET {ROWS} 200"] == 3
    assert found[f"minshu_http_requests_total HEAD {ROWS} 200"] == 1
    assert found[f"minshu_http_requests_total GET {ROWS} 400"] == 1
    assert found[f"minshu_http_request_seconds_count {ROWS}"] == 5


def test_the_bytes_are_those_that_were_sent(own: httpx.Client) -> None:
    sent = sum(len(own.get("/limits").content) for _ in range(2))
    own.head("/limits")
    assert figures(own)["minshu_http_sent_bytes_total /limits"] == sent


def test_addresses_that_there_are_none_of_are_counted_under_one_name(own: httpx.Client) -> None:
    for name in "abc":
        own.get(f"/{name}")
    assert figures(own)["minshu_http_requests_total GET none 404"] == 3


def test_the_store_is_counted_when_it_is_asked_for(own: httpx.Client) -> None:
    found = figures(own)
    assert (found["minshu_datasets"], found["minshu_releases"]) == (1, 3)


def test_a_scraper_learns_the_format_and_keeps_nothing(own: httpx.Client) -> None:
    answer = own.get("/metrics")
    assert re.match(r"text/plain; version=0\.0\.4", answer.headers["Content-Type"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_application_counts_for_itself(own: httpx.Client, served: Settings, serving: Serving) -> None:
    own.get("/limits")
    with serving(served) as address, httpx.Client(base_url=address) as other:
        assert "minshu_http_requests_total GET /limits 200" not in figures(other)


def test_an_operator_can_switch_the_address_off(served: Settings, serving: Serving) -> None:
    with serving(served.model_copy(update={"metrics": False})) as address:
        assert httpx.get(f"{address}/metrics").status_code == 404
        assert "/metrics" not in httpx.get(f"{address}/openapi.json").json()["paths"]


def test_an_answer_from_memory_is_a_hit_and_counted_by_its_route(own: httpx.Client) -> None:
    for _ in range(3):
        own.get("/datasets/odd-data/versions/1.0.0/points/rows?id=1")
    found = figures(own)
    assert found["minshu_cache_lookups_total answers miss"] == 1
    assert found["minshu_cache_lookups_total answers hit"] == 2
    assert found[f"minshu_http_requests_total GET {ROWS} 200"] == 3


def test_an_export_is_a_miss_until_it_is_made(served: Settings, serving: Serving, tmp_path: Path) -> None:
    settings = served.model_copy(update={"cache": tmp_path, "answer_cache_bytes": 0})
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        for _ in range(3):
            client.get("/datasets/odd-data/versions/1.0.0/points.ndjson")
        found = figures(client)
    assert found["minshu_cache_lookups_total exports miss"] == 1
    assert found["minshu_cache_lookups_total exports hit"] == 2


def test_queries_and_killed_workers_are_counted(own: httpx.Client) -> None:
    slow = "SELECT max(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    for text in ("SELECT 1", slow):
        own.get("/sql", params={"dataset": "odd-data", "q": text})
    found = figures(own)
    assert found["minshu_sql_queries_total"] == 2
    assert found["minshu_sql_workers_killed_total"] == 1
    assert found["minshu_sql_waited_seconds_total"] >= 0
    assert (found["minshu_sql_queries_running"], found["minshu_sql_queries_waiting"]) == (0, 0)
