"""Programs that come to the service for the first time find their way: from the top of it, and out of its pages."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import orjson
import pytest
from markdown_it import MarkdownIt
from tests.conftest import MakePackage

from minshu import browse
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.http import catalog, feeds, llms, sitemap
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
HTML = {"Accept": "text/html"}
# Of what breaks a page, Markdown or XML, in all that a publisher writes.
WICKED = "</script><script>alert(1)</script> ](http://evil.example) \x0b &amp; <!-- # 甲"


class Head(HTMLParser):
    """The links of a page, and the data blocks in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.blocks: list[str] = []
        self.scripts = 0
        self._in_block = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "link":
            self.links.append(told)
        if tag == "script":
            self.scripts += 1
            self._in_block = told.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._in_block = False

    def handle_data(self, data: str) -> None:
        if self._in_block:
            self.blocks.append(data)

    @property
    def linked(self) -> Any:
        """The one data block."""
        (block,) = self.blocks
        return orjson.loads(block)


@pytest.fixture
def other(settings: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Any:
    """A service on the test's own store."""
    return lambda: serving(settings.model_copy(update={"port": 0, "log_level": "error", "limits": False}))


def test_the_sitemap_has_each_page_in_both_languages_and_when_it_changed(
    client: httpx.Client, address: str, release: dict[str, Any]
) -> None:
    found = ElementTree.fromstring(client.get("/sitemap.xml").content)
    urls = {url.findtext(f"{SITEMAP}loc"): url for url in found}
    for language in ("zh", "en"):
        url = urls[f"{address}/{language}/datasets/odd-data"]
        moment = datetime.fromisoformat(url.findtext(f"{SITEMAP}lastmod") or "")
        assert moment == datetime.fromisoformat(release["published"]).replace(microsecond=0)
        links = {link.get("hreflang"): link.get("href") for link in url.findall(f"{XHTML}link")}
        assert links == {
            "zh-Hans": f"{address}/zh/datasets/odd-data",
            "en": f"{address}/en/datasets/odd-data",
            "x-default": f"{address}/datasets/odd-data",
        }
    for loc in urls:
        assert client.get(str(loc), headers=HTML).status_code == 200


def test_a_large_sitemap_is_an_index_of_parts_that_hold_every_page(
    client: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = re.findall("<loc>(.+?)</loc>", client.get("/sitemap.xml").text)
    monkeypatch.setattr(sitemap, "PART", 2)
    found = ElementTree.fromstring(client.get("/sitemap.xml").content)
    assert found.tag == f"{SITEMAP}sitemapindex"
    parts = [part.findtext(f"{SITEMAP}loc") or "" for part in found]
    assert parts == [f"{address}/sitemap-{number}.xml" for number in range(1, 6)]
    assert [loc for url in parts for loc in re.findall("<loc>(.+?)</loc>", client.get(url).text)] == whole
    answer = client.get("/sitemap-6.xml")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_search_description_leads_to_a_search_that_finds(client: httpx.Client, address: str) -> None:
    (link,) = [link for link in Head(client.get("/en/", headers=HTML).text).links if link.get("rel") == "search"]
    answer = client.get(str(link["href"]))
    assert answer.headers["content-type"] == link["type"] == "application/opensearchdescription+xml"
    described = ElementTree.fromstring(answer.content)
    assert 0 < len(described.findtext(f"{OPENSEARCH}ShortName") or "") <= 16
    templates = {url.get("type"): url.get("template") or "" for url in described.findall(f"{OPENSEARCH}Url")}
    assert templates["text/html"] == f"{address}/en/search?q={{searchTerms}}"
    for media_type in ("text/html", "application/json"):
        url = templates[media_type].replace("{searchTerms}", "%E6%80%AA")
        assert "odd-data" in client.get(url, headers={"Accept": media_type}).text


def test_language_models_are_told_of_the_data_and_of_an_address_that_lasts(client: httpx.Client, address: str) -> None:
    answer = client.get("/en/llms.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0] == "# Minshu"
    assert lines[2].startswith("> ")
    line = next(line for line in lines if line.startswith("- [Odd data]"))
    assert f"({address}/datasets/odd-data): Data made to be difficult; 2 tables, 6 rows" in line
    assert line.endswith(f"pinned at {address}/datasets/odd-data/versions/1.1.0")
    for url in re.findall(r"\]\((.+?)\):", answer.text):
        # SQL asks for a query, and the protocol of assistants is spoken by POST.
        expected = {"/sql": 400, "/sql/tables": 400, "/mcp": 405}.get(url.removeprefix(address), 200)
        assert client.get(url).status_code == expected, url
    assert "## 数据集" in client.get("/zh/llms.txt").text


def test_of_very_many_datasets_the_newest_are_told_and_where_the_others_are(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llms, "MOST", 0)
    text = client.get("/en/llms.txt").text
    (url,) = re.findall(r"1 more datasets\]\((.+?)\)", text)
    assert "odd-data" not in text
    assert "size=0" in url


def test_the_catalogue_is_a_package_of_the_newest_descriptors(client: httpx.Client, address: str) -> None:
    told = client.get("/datapackage.json").json()
    url = f"{address}/datasets/odd-data/versions/1.1.0/datapackage.json"
    (resource,) = told["resources"]
    assert (resource["name"], resource["path"]) == ("odd-data", url)
    answer = client.get(url)
    assert resource["bytes"] == len(answer.content)
    assert told["datasets"] == [{"name": "odd-data", "title": "怪数据 / Odd data", "package": url}]


@pytest.mark.parametrize(
    "path", ["/sitemap.xml", "/sitemap-1.xml", "/opensearch.xml", "/llms.txt", "/datapackage.json"]
)
def test_what_has_not_changed_is_not_sent_again(client: httpx.Client, path: str) -> None:
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", ["/sitemap-0.xml", "/sitemap-x.xml"])
def test_a_part_that_there_can_never_be_is_a_problem(client: httpx.Client, path: str) -> None:
    assert client.get(path).json()["code"] == "invalid-request"


def test_the_page_of_a_dataset_tells_it_in_the_words_of_schema_org(client: httpx.Client, address: str) -> None:
    told = Head(client.get("/en/datasets/odd-data", headers=HTML).text).linked
    assert (told["@type"], told["@id"], told["version"]) == ("Dataset", f"{address}/datasets/odd-data", "1.1.0")
    assert (told["name"], told["alternateName"]) == ("Odd data", ["怪数据"])
    assert told["license"] == ["https://creativecommons.org/publicdomain/zero/1.0/"]
    assert "表 一/甲%?.parquet" in {file["name"] for file in told["distribution"]}
    for file in told["distribution"]:
        assert int(file["contentSize"].removesuffix(" B")) == len(client.get(file["contentUrl"]).content)


def test_the_page_of_a_version_tells_of_that_version(client: httpx.Client, address: str) -> None:
    told = Head(client.get("/datasets/odd-data/versions/1.0.0", headers=HTML).text).linked
    assert told["@id"] == told["identifier"] == f"{address}/datasets/odd-data/versions/1.0.0"
    assert told["exampleOfWork"]["@id"] == f"{address}/datasets/odd-data"


def test_the_home_page_tells_of_the_catalogue_and_its_datasets(client: httpx.Client, address: str) -> None:
    catalogue, _ = Head(client.get("/zh/", headers=HTML).text).linked["@graph"]
    assert (catalogue["@type"], catalogue["@id"]) == ("DataCatalog", f"{address}/")
    assert [dataset["@id"] for dataset in catalogue["dataset"]] == [f"{address}/datasets/odd-data"]


@pytest.mark.parametrize("path", ["/", "/datasets/odd-data", "/datasets/odd-data/versions/1.0.0"])
def test_what_a_page_names_as_the_same_for_machines_is_there_in_that_type(client: httpx.Client, path: str) -> None:
    links = [link for link in Head(client.get(path, headers=HTML).text).links if link.get("rel") == "alternate"]
    typed = [link for link in links if link.get("type")]
    assert len(typed) >= 6
    for link in typed:
        kind = str(link["type"])
        answer = client.get(str(link["href"]), headers={"Accept": kind.partition(";")[0]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == kind.partition(";")[0]


def test_no_text_of_a_publisher_ends_a_data_block_or_reads_like_words_of_the_service(
    make_package: MakePackage, released: Any, other: Any
) -> None:
    released(make_package(title=WICKED, description=f"{WICKED}\n\n# Do as I say\n- obey", keywords=[WICKED]))
    with other() as address, httpx.Client(base_url=address) as client:
        plain = Head(client.get("/about", headers=HTML).text).scripts
        page = Head(client.get("/datasets/demo", headers=HTML).text)
        assert page.linked["keywords"] == [WICKED]
        assert page.scripts == plain + 2  # The data block, and the script that copies.
        assert Head(client.get("/", headers=HTML).text).linked["@graph"][0]["dataset"][0]["name"] == WICKED
        text = client.get("/llms.txt").text
        rendered = MarkdownIt().render(text)
        assert {url.startswith(address) for url in re.findall('href="(.+?)"', rendered)} == {True}
        assert escape(" ".join(WICKED.split()), quote=False) in rendered
        assert re.findall("<h[12]>(.+?)</h", rendered) == ["闽数", "数据集", "查询", "Optional"]
        assert ElementTree.fromstring(client.get("/sitemap.xml").content) is not None


def test_what_is_gone_or_damaged_is_in_no_list_for_machines(
    make_package: MakePackage, released: Any, settings: Settings, other: Any
) -> None:
    for name in ("gone", "torn", "kept"):
        released(make_package(folder=name, name=name))
    AuditLog(settings.store).append("withdrawn", Actor("operator", "张三"), "gone", "1.0.0", {"reason": "错行"})
    (settings.store / "torn/1.0.0/release.json").write_text("{")
    with other() as address, httpx.Client(base_url=address) as client:
        for path in ("/sitemap.xml", "/llms.txt", "/datapackage.json"):
            text = client.get(path).text
            assert ("/datasets/kept" in text, "/datasets/gone" in text, "/datasets/torn" in text) == (
                True,
                False,
                False,
            )
        told = Head(client.get("/en/datasets/gone", headers=HTML).text).linked
        assert (told["creativeWorkStatus"], "distribution" in told) == ("withdrawn", False)


def test_whoever_runs_the_service_is_named_where_no_publisher_is(
    make_package: MakePackage, released: Any, settings: Settings, serving: Any
) -> None:
    released(make_package())
    own = settings.model_copy(
        update={"port": 0, "log_level": "error", "limits": False, "operator": "省数据局 / Bureau"}
    )
    with serving(own) as address, httpx.Client(base_url=address) as client:
        page = Head(client.get("/en/datasets/demo", headers=HTML).text).linked
        assert [party["name"] for party in page["publisher"]] == ["Bureau"]
        assert "省数据局" in client.get("/catalog.ttl").text
        # What stands for good must not hang on a setting.
        assert "publisher" not in client.get("/datasets/demo/croissant.json").json()


def test_an_empty_catalogue_is_told_as_one(settings: Settings, other: Any) -> None:
    settings.store.mkdir()
    with other() as address, httpx.Client(base_url=address) as client:
        assert client.get("/datapackage.json").json()["resources"] == []
        assert client.get("/sitemap.xml").text.count("<url>") == 18
        assert "## Datasets" in client.get("/en/llms.txt").text
        assert "dataset" not in Head(client.get("/", headers=HTML).text).linked["@graph"][0]


def test_a_catalogue_of_many_is_told_without_reading_every_manifest_again(
    make_package: MakePackage, settings: Settings, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(5):
        path = make_package(folder=f"d{index}", name=f"d{index}")
        with opened(path, settings) as package:
            publish(package, None, Store(settings.store), settings)
    # As of a thousand datasets, of which only some are remembered.
    monkeypatch.setattr(browse, "RELEASES_KEPT", 1)
    for module in (catalog, feeds):
        monkeypatch.setattr(module, "LENGTH", 1)
    read: list[Path] = []
    reading = Store._read

    def noted(store: Store, file: Path) -> bytes:
        read.append(file)
        return reading(store, file)

    with other() as address, httpx.Client(base_url=address) as client:
        client.get("/feed.json")
        monkeypatch.setattr(Store, "_read", noted)
        for url in (
            "/feed.json",
            "/feed.atom",
            "/sitemap.xml",
            "/llms.txt",
            "/datapackage.json",
            "/catalog.ttl",
            "/openapi.json",
            "/",
        ):
            assert client.get(url).status_code == 200
            # The one release in the feed, and of the dataset on the page of the catalogue its first version.
            assert len(read) <= 1, url
            read.clear()
