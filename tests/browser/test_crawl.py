"""Whoever follows the links of the pages finds a page behind each, and stays in one language."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urldefrag, urlsplit

import httpx
import pytest
from tests.browser.document import Document
from tests.browser.site import LANGUAGES, publish_all, published, serving
from tests.conftest import write_package

pytestmark = pytest.mark.slow

# How many pages of one kind are opened, where there are hundreds: rows of a table, filters of a list.
OF_A_KIND = 2
TAGS = {"zh": "zh-Hans", "en": "en"}
# Their publishers write English among their Chinese, and the reverse.
MIXED = ("/datasets/work-points-2019", "/datasets/fujian-divisions")


@dataclass(frozen=True)
class Walk:
    """What was found of the pages of one language: each with its status, and those that are documents."""

    language: str
    statuses: dict[str, int]
    documents: dict[str, Document]
    leading: dict[str, str]
    """The page on which a link to this address was found."""


def kind_of(url: str) -> tuple[str, tuple[str, ...]]:
    """What an address is one of many of: the dataset, what is asked of it, and the names of what is asked with it."""
    parts = urlsplit(url)
    path = re.sub(r"/versions/[^/]+/[^/]+/(rows|stats|chart|source)(/.+)?$", r"/versions/*/\1\2", parts.path)
    path = re.sub(r"/rows/.+$", "/rows/*", path)
    path = re.sub(r"/(?:versions|citation)/[^*].*?(\.\w+)?$", r"/versions/*\1", path)
    names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if path.endswith(("/rows", "/chart")) or "." in path:
        names = {name if name.startswith("_") else "column" for name in names}
    return path, tuple(sorted(names))


def _is_page(answer: httpx.Response) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("text/html")


def walked(address: str, language: str) -> Walk:
    walk = Walk(language, {}, {}, {f"{address}/{language}/": ""})
    kinds: Counter[tuple[str, tuple[str, ...]]] = Counter()
    todo = deque(walk.leading)
    with httpx.Client(headers={"Accept": "text/html, */*;q=0.5"}, timeout=60, follow_redirects=True) as client:
        while todo:
            url = todo.popleft()
            if kinds[kind_of(url)] >= OF_A_KIND:
                continue
            kinds[kind_of(url)] += 1
            with client.stream("GET", url) as answer:
                walk.statuses[url] = answer.status_code
                # A publisher's own files are in no language of ours, and are saved rather than shown.
                if "content-language" not in answer.headers or not _is_page(answer):
                    continue
                answer.read()
            walk.documents[url] = document = Document(answer.text)
            found = {urldefrag(page).url for page in document.pages if page.startswith(f"{address}/")}
            new = sorted(found - walk.leading.keys())
            walk.leading.update(dict.fromkeys(new, url))
            todo.extend(new)
    return walk


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(publish_all(tmp_path_factory.mktemp("crawled"))) as address:
        yield address


@pytest.fixture(scope="module", params=LANGUAGES)
def walk(request: pytest.FixtureRequest, everything: str) -> Walk:
    return walked(everything, request.param)


def test_every_link_leads_to_a_page_or_a_file(walk: Walk) -> None:
    assert len(walk.documents) > 60
    # Data that is not open to all, and what is known to be gone, are refused to whoever asks.
    held = {url for url in walk.statuses if re.search("/datasets/(asked|shut|gone)/", url)}
    broken = {url: code for url, code in walk.statuses.items() if code != 200 and url not in held}
    assert {url: (code, walk.leading[url]) for url, code in broken.items()} == {}
    assert {walk.statuses[url] for url in held} <= {200, 401, 403, 404, 410}


def test_no_page_that_is_linked_is_in_another_language(walk: Walk) -> None:
    start = next(iter(walk.leading))
    lost = {url: walk.leading[url] for url in walk.documents if not url.startswith(start)}
    assert lost == {}
    assert {document.language for document in walk.documents.values()} == {TAGS[walk.language]}


def test_every_link_into_a_page_finds_its_place_there(walk: Walk) -> None:
    lost = {}
    for url, document in walk.documents.items():
        for page in document.pages:
            target, place = urldefrag(page)
            within = walk.documents.get(target or url)
            if place and within and place not in within.ids:
                lost[page] = url
    assert lost == {}


def test_no_chinese_page_speaks_english(everything: str, walk: Walk) -> None:
    if walk.language == "zh":
        own = {url: page.strange for url, page in walk.documents.items() if not any(name in url for name in MIXED)}
        assert len(own) > 20
        assert {url: texts for url, texts in own.items() if texts} == {}


def test_no_english_page_speaks_chinese(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of a store without a word of Chinese, no page has one."""
    folder = tmp_path_factory.mktemp("english")
    packages = [plain(folder / version, version) for version in ("1.0.0", "1.1.0")]
    with serving(published(folder / "store", *packages)) as address:
        walk = walked(address, "en")
    assert len(walk.documents) > 20
    assert {url: page.strange for url, page in walk.documents.items() if page.strange} == {}


def plain(folder: Path, version: str) -> Path:
    """A package in English, of two tables and a text that they were made from."""
    item = {"fields": [{"name": "id", "type": "string"}, {"name": "words", "type": "string"}], "primaryKey": ["id"]}
    names = ("start", "end", "table", "key")
    span = {"fields": [{"name": name, "type": "integer" if name in names[:2] else "string"} for name in names]}
    more = "b,Some more\n" if version == "1.1.0" else ""
    files = {
        "items.csv": f"id,words\na,Some words\n{more}",
        "spans.csv": "start,end,table,key\n0,10,items,a\n",
        "text.txt": "Some words, and Some more\n",
    }
    table = {"type": "table", "encoding": "utf-8"}
    tied = {"document": "text", "fields": {name: name for name in names}}
    resources = [
        {**table, "name": "items", "path": "items.csv", "schema": item},
        {**table, "name": "spans", "path": "spans.csv", "schema": span, "minshu:provenance": tied},
        {"name": "text", "path": "text.txt", "mediatype": "text/plain", "encoding": "utf-8"},
    ]
    described = {"title": "Plain words", "description": "Words, and where they stand.", "resources": resources}
    return write_package(folder, files, name="plain", version=version, **described)
