"""Search engines may read what describes data, and nothing that costs."""

import re

import httpx
import pytest

from minshu.http.robots import robots_text

BASE = "/datasets/odd-data/versions/1.1.0"
OPEN = [
    "/",
    "/datasets",
    "/datasets/odd-data",
    BASE,
    f"{BASE}/datapackage.json",
    f"{BASE}/croissant.json",
    "/datasets/odd-data/croissant.json",
    f"{BASE}/README.md",
    "/docs",
    "/sitemap.xml",
    "/sitemap-2.xml",
    "/llms.txt",
    "/zh/datasets/odd-data",
    "/static/minshu.css?1234abcd",
]
CLOSED = [
    f"{BASE}/points/rows",
    f"{BASE}/points/rows/1",
    f"{BASE}/points/rows?_size=2",
    "/sql",
    "/sql/explain?q=1",
    "/metrics",
    f"{BASE}/odd-data.duckdb",
    f"{BASE}/odd-data.zip",
    *(f"{BASE}/points.{suffix}" for suffix in ("csv", "json", "ndjson", "parquet", "arrow")),
    f"{BASE}/points.csv?id=1",
    "/datasets?x=1",
]


def allowed(text: str, path: str) -> bool:
    """Whether a robot may fetch a path: the longest rule that fits decides (RFC 9309, 2.2.2)."""
    rules = re.findall(r"^(Allow|Disallow): (\S+)$", text, re.MULTILINE)
    fitting = [
        (len(rule), word == "Allow")
        for word, rule in rules
        if re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$"), path)
    ]
    return max(fitting, default=(0, True))[1]


@pytest.mark.parametrize("path", OPEN)
def test_what_describes_data_may_be_read(client: httpx.Client, path: str) -> None:
    assert allowed(client.get("/robots.txt").text, path)


@pytest.mark.parametrize("path", CLOSED)
def test_what_costs_is_left_alone(client: httpx.Client, path: str) -> None:
    assert not allowed(client.get("/robots.txt").text, path)


def test_a_service_below_a_path_says_it_in_every_rule() -> None:
    text = robots_text("/data", "https://example.org/data/sitemap.xml")
    assert not allowed(text, "/data/sql")
    assert allowed(text, "/sql")


def test_robots_are_told_where_the_sitemap_is_by_its_whole_address(client: httpx.Client, address: str) -> None:
    assert f"Sitemap: {address}/sitemap.xml" in client.get("/robots.txt").text.splitlines()
