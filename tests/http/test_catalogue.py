"""The catalogue, its datasets and their versions."""

from typing import Any

import httpx
import pytest

from minshu.exports import AT_ONCE, QUEUE
from minshu.http.describe import said
from minshu.settings import Settings


def test_the_catalogue_lists_each_dataset_as_its_newest_version_says(client: httpx.Client) -> None:
    (entry,) = client.get("/datasets").json()["datasets"]
    assert {key: entry[key] for key in ("name", "version", "title", "tables", "rows")} == {
        "name": "odd-data",
        "version": "1.1.0",
        "title": "怪数据 / Odd data",
        "tables": 2,
        "rows": 6,
    }
    assert client.get(entry["url"]).json()["name"] == "odd-data"


def test_the_versions_come_newest_first(client: httpx.Client) -> None:
    versions = client.get("/datasets/odd-data/versions").json()["versions"]
    assert [item["version"] for item in versions] == ["2.0.0-rc.1", "1.1.0", "1.0.0"]
    assert [client.get(item["url"]).json()["version"] for item in versions] == ["2.0.0-rc.1", "1.1.0", "1.0.0"]


def test_a_release_may_be_kept_for_good_and_the_catalogue_may_not(client: httpx.Client, base: str) -> None:
    assert client.get(base).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/datasets").headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("path", ["/datasets", "/datasets/odd-data", "/datasets/odd-data/versions"])
def test_what_has_not_changed_is_not_sent_again(client: httpx.Client, path: str) -> None:
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_links_lead_to_the_public_address(served: Settings, serving: Any) -> None:
    settings = served.model_copy(update={"base_url": "https://data.example/minshu/", "cache": None})
    with serving(settings) as address:
        entry = httpx.get(f"{address}/datasets").json()["datasets"][0]
        page = httpx.get(f"{address}/", headers={"Accept": "text/html"}).text
    assert entry["url"] == "https://data.example/minshu/datasets/odd-data"
    assert address not in page


def test_the_limits_are_those_of_the_settings(client: httpx.Client, served: Settings) -> None:
    limits = client.get("/limits").json()
    assert (limits["sql"]["seconds"], limits["rows"]["page_max"]) == (served.sql_deadline, served.page_size_max)
    assert limits["exports"] == {"at_once": AT_ONCE, "waiting": QUEUE}


@pytest.mark.parametrize(
    "descriptor",
    [
        {},
        {"title": 3, "description": ["x"], "licenses": "CC0", "sources": {"title": "x"}, "keywords": 1},
        {"licenses": [None, 1, {"name": 2}], "keywords": [None, {}], "title": " "},
    ],
)
def test_what_a_descriptor_says_in_a_wrong_form_is_not_repeated(descriptor: dict[str, Any]) -> None:
    assert said(descriptor) == {}


def test_contributors_keep_their_roles(release: dict[str, Any]) -> None:
    assert release["contributors"] == [{"title": "张三 / Zhang San", "roles": ["author"]}]


def test_times_are_written_alike_everywhere(client: httpx.Client, release: dict[str, Any]) -> None:
    (listed,) = client.get("/datasets").json()["datasets"]
    assert listed["published"] == release["published"]
    assert listed["published"].endswith("Z")
