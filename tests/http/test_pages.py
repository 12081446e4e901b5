"""Web pages: whole, safe, self-hosted."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from minshu.http.pages import size, width

BASE = "/datasets/odd-data/versions/1.1.0"
PAGES = [
    "/",
    "/search?q=o",
    "/datasets/odd-data",
    BASE,
    f"{BASE}/points/rows?_size=1",
    f"{BASE}/points/rows?id=99",
    f"{BASE}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/rows",
    f"{BASE}/points/rows?_search=o&_facet=name&_facet=id",
    f"{BASE}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/stats",
    f"{BASE}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/chart",
    "/sql",
    "/sql?dataset=odd-data&q=select+1+as+a,+null+as+b",
    "/sql?dataset=odd-data&q=selec",
    "/docs",
    "/status",
    "/about",
    "/accessibility",
    "/privacy",
    "/audit",
    f"{BASE}/report",
    "/datasets/odd-data/diff/1.0.0...1.1.0",
    "/datasets/odd-data/diff/1.0.0...1.1.0/points",
    "/nothing",
]
VOID = {"meta", "link", "input", "br", "col", "hr", "img", "source"}


class Page(HTMLParser):
    """What a page is made of, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


@pytest.fixture(params=PAGES)
def page(client: httpx.Client, request: pytest.FixtureRequest) -> Page:
    return Page(client.get(request.param, headers={"Accept": "text/html"}).text)


def test_a_page_is_well_formed(page: Page) -> None:
    assert (page.faults, page.open) == ([], [])


def test_a_page_has_one_heading_and_one_title_and_a_language(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("h1"), tags.count("title"), tags.count("main")) == (1, 1, 1)
    assert dict(page.elements)["html"] == {"lang": "zh-Hans"}  # What a client that says nothing is given.


def test_a_page_holds_no_script_and_no_style_of_its_own(page: Page) -> None:
    assert {tag for tag, _ in page.elements} & {"style", "iframe", "object"} == set()
    # What a data block holds is not run.
    inline = [a for tag, a in page.elements if tag == "script" and set(a) != {"type", "src"}]
    assert [a for a in inline if a != {"type": "application/ld+json"}] == []
    assert [name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"] == []


def test_a_page_loads_nothing_from_elsewhere(page: Page, address: str) -> None:
    loaded = [a.get("href") or "" for tag, a in page.elements if tag == "link" and a.get("rel") == "stylesheet"]
    drawn = [*page.values("src"), *page.values("srcset")]
    assert [url for url in [*loaded, *drawn] if not url.startswith(f"{address}/")] == []


def test_every_link_of_a_page_is_a_web_address(page: Page) -> None:
    assert [url for url in page.values("href") if not re.match(r"https?://|#", url)] == []


def test_every_id_of_a_page_stands_once(page: Page) -> None:
    ids = page.values("id")
    assert sorted(ids) == sorted(set(ids))


def test_every_field_has_a_label(page: Page) -> None:
    fields = [
        a["id"] for tag, a in page.elements if tag in ("select", "textarea", "input") and a.get("type") != "hidden"
    ]
    assert set(fields) <= set(page.values("for"))


def test_every_link_of_a_release_page_leads_somewhere(client: httpx.Client) -> None:
    page = Page(client.get(BASE, headers={"Accept": "text/html"}).text)
    local = {url for url in page.values("href") if url.startswith(str(client.base_url))}
    answers = {url: client.get(url, headers={"Accept": "text/html,*/*"}).status_code for url in local}
    assert answers == dict.fromkeys(local, 200)


def test_what_a_publisher_writes_is_text_and_never_markup(client: httpx.Client) -> None:
    page = client.get(BASE, headers={"Accept": "text/html"}).text
    assert "&lt;b&gt;不是粗体&lt;/b&gt;" in page
    assert "javascript:" not in page


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_whose_address_names_a_language_keeps_it_in_every_link_to_a_page(
    client: httpx.Client, address: str, language: str, path: str
) -> None:
    page = Page(client.get(f"/{language}{path}", headers={"Accept": "text/html"}).text)
    assert dict(page.elements)["html"] == {"lang": {"zh": "zh-Hans", "en": "en"}[language]}
    links = [
        a["href"] or "" for tag, a in page.elements if tag == "a" and "download" not in a and not a.get("hreflang")
    ]
    own = {url for url in links if url.startswith(address) and not url.startswith(f"{address}/{language}/")}
    answers = {url: client.get(url, headers={"Accept": "text/html,*/*;q=.1"}) for url in own}
    shown = {url for url, answer in answers.items() if "content-language" in answer.headers}
    assert shown == set()


@pytest.mark.parametrize("path", ["/", BASE])
def test_a_page_is_small_with_all_that_it_loads(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    parts = re.findall(r'(?:src|rel="stylesheet" href|rel="icon"[^>]* href)="([^"]+)"', page.text)
    assert parts
    assert len(page.content) + sum(len(client.get(part).content) for part in parts) < 100_000


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (56_400, "56 kB"), (3_700_000, "3.7 MB"), (10**13, "10000 GB")],
)
def test_sizes_read_easily(count: int, words: str) -> None:
    assert size(count) == words


def test_a_chinese_letter_is_as_wide_as_two_latin_ones() -> None:
    assert width("甲a") == 3
