"""What the service counts."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

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
    """A client of a service that nobody else asks."""
    with serving(served) as address, httpx.Client(base_url=address, timeout=20) as client:
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
