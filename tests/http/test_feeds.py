"""Feeds of what was released."""

import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from minshu.settings import Settings

ATOM = "{http://www.w3.org/2005/Atom}"
VERSIONS = {"1.0.0", "1.1.0", "2.0.0-rc.1"}


@pytest.fixture(params=["/feed", "/datasets/odd-data/feed"])
def feed(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_feed_has_an_entry_for_each_release(client: httpx.Client, feed: str) -> None:
    items = client.get(f"{feed}.json").json()["items"]
    entries = ElementTree.fromstring(client.get(f"{feed}.atom").text).findall(f"{ATOM}entry")
    assert {item["title"] for item in items} == {f"怪数据 / Odd data {version}" for version in VERSIONS}
    assert [item["id"] for item in items] == [entry.findtext(f"{ATOM}id") for entry in entries]
    assert [client.get(item["url"]).status_code for item in items] == [200] * 3


def test_the_newest_release_comes_first(client: httpx.Client, feed: str) -> None:
    published = [item["date_published"] for item in client.get(f"{feed}.json").json()["items"]]
    assert published == sorted(published, reverse=True)
    assert ElementTree.fromstring(client.get(f"{feed}.atom").text).findtext(f"{ATOM}updated") == published[0]


def test_an_entry_tells_what_the_changelog_says_and_nothing_in_it_is_html(client: httpx.Client, feed: str) -> None:
    item = next(item for item in client.get(f"{feed}.json").json()["items"] if item["url"].endswith("1.1.0"))
    assert item["content_html"].startswith("<h3>说明</h3>\n<ul>\n<li>只改了 &lt;b&gt;说明&lt;/b&gt;\ufffd 1.1.0")
    contents = [
        content.text for content in ElementTree.fromstring(client.get(f"{feed}.atom").text).iter(f"{ATOM}content")
    ]
    assert item["content_html"] in contents


def test_an_entry_tells_what_changed_since_the_release_before(client: httpx.Client, feed: str) -> None:
    told = client.get(f"{feed}.json").json()["items"]
    items = {item["url"].rpartition("/")[2]: item["content_html"] for item in told}
    assert "/datasets/odd-data/diff/1.0.0...1.1.0" in items["1.1.0"]
    assert "<code>notes</code>" in items["1.1.0"]
    assert "/diff/" not in items["1.0.0"]


def test_a_release_tells_its_heaviest_changes(client: httpx.Client, base: str) -> None:
    told = client.get(base).json()["changes"]
    assert (told["since"], told["verdict"], told["count"]) == ("1.0.0", "patch", len(told["changes"]))
    assert {"rule": "file-changed", "bump": "patch", "resource": "notes"}.items() <= told["changes"][0].items()
    assert "本版变化" in client.get(base, headers={"Accept": "text/html"}).text


def test_feeds_say_what_they_are_and_where(client: httpx.Client, feed: str) -> None:
    atom, told = client.get(f"{feed}.atom"), client.get(f"{feed}.json")
    assert (atom.headers["content-type"], told.headers["content-type"]) == (
        "application/atom+xml",
        "application/feed+json",
    )
    links = {link.get("rel"): link.get("href") for link in ElementTree.fromstring(atom.text).findall(f"{ATOM}link")}
    assert links["self"] == str(atom.url)
    assert (told.json()["version"], told.json()["feed_url"]) == ("https://jsonfeed.org/version/1.1", str(told.url))


def test_a_feed_that_has_not_changed_is_not_sent_again(client: httpx.Client, feed: str) -> None:
    etag = client.get(f"{feed}.atom").headers["etag"]
    assert client.get(f"{feed}.atom", headers={"If-None-Match": etag}).status_code == 304


def test_an_unknown_dataset_has_no_feed(client: httpx.Client) -> None:
    assert client.get("/datasets/nothing/feed.atom").status_code == 404


def test_pages_name_their_feeds(client: httpx.Client) -> None:
    page = client.get("/datasets/odd-data", headers={"Accept": "text/html"}).text
    assert f'type="application/atom+xml" title="odd-data" href="{client.base_url}/datasets/odd-data/feed.atom"' in page
    assert f'href="{client.base_url}/feed.atom"' in client.get("/", headers={"Accept": "text/html"}).text


def test_the_page_of_a_release_shows_its_notes(client: httpx.Client, base: str) -> None:
    assert "### 说明" in client.get(base).json()["notes"]
    assert "只改了 &lt;b&gt;说明&lt;/b&gt;" in client.get(base, headers={"Accept": "text/html"}).text


def test_a_damaged_release_is_left_out(served: Settings, serving: Any, tmp_path: Path) -> None:
    shutil.copytree(served.store, tmp_path / "store")
    (tmp_path / "store/odd-data/1.0.0/release.json").write_text("{")
    with serving(served.model_copy(update={"store": tmp_path / "store", "cache": None})) as address:
        items = httpx.get(f"{address}/feed.json").json()["items"]
    assert {item["url"].rpartition("/")[2] for item in items} == VERSIONS - {"1.0.0"}


def test_an_empty_store_has_an_empty_feed(served: Settings, serving: Any, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with serving(served.model_copy(update={"store": tmp_path / "store", "cache": None})) as address:
        told, atom = httpx.get(f"{address}/feed.json").json(), httpx.get(f"{address}/feed.atom").text
    assert told["items"] == []
    assert ElementTree.fromstring(atom).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
