"""Each kind of page as a browser finds it: it fits, it is accessible, it is light, and nothing comes from elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from tests.browser.site import LANGUAGES, PAGES
from tests.browser.visit import Visit, window

pytestmark = pytest.mark.slow

# A phone, an old one - which is also a desk at 400 % (WCAG 1.4.10) -, a tablet at hand's width, and a desk.
WIDTHS = (320, 390, 768, 1280)
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FIRST_PAGE, SCRIPTS = 100_000, 60_000


@dataclass(frozen=True)
class Look:
    """What was seen of a page."""

    status: int
    language: str
    complaints: list[str]
    bytes: dict[str, int]
    elsewhere: list[str]
    cookies: list[Any]
    overflow: dict[int, int]
    faults: list[str]


def faults(visit: Visit) -> Iterator[str]:
    """What axe finds serious or critical, in either theme: the rule, and where."""
    for theme in THEMES:
        visit.page.emulate_media(color_scheme=theme)
        options = RULES if theme == THEMES[0] else {"runOnly": ["color-contrast"]}
        for found in Axe().run(visit.page, options={**options, "resultTypes": ["violations"]}).response["violations"]:
            if found["impact"] in ("serious", "critical"):
                for node in found["nodes"]:
                    yield f"{theme}: {found['id']} at {node['target']}: {node['failureSummary']}"


def looked(visit: Visit, path: str) -> Look:
    status = visit.go(path)
    # That a page was refused the browser says itself, and that alone.
    complaints = [text for text in visit.complaints if f"the server responded with a status of {status}" not in text]
    loaded = {answer.url: answer for answer in visit.answers}
    sizes = {url: len(answer.body()) for url, answer in loaded.items() if urlsplit(url).scheme == "http"}
    overflow = {}
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 800})
        overflow[width] = visit.overflow
    return Look(
        status,
        str(visit.page.evaluate("document.documentElement.lang")),
        complaints,
        sizes,
        [url for url in visit.asked if not url.startswith((f"{visit.address}/", "data:", "blob:"))],
        list(visit.page.context.cookies()),
        overflow,
        list(faults(visit)),
    )


@pytest.fixture(scope="module", params=product(PAGES, LANGUAGES), ids="-".join)
def seen(request: pytest.FixtureRequest, browser: Browser, address: str) -> tuple[str, str, Look]:
    """A page by its name, its language, and what was seen of it."""
    name, language = request.param
    with window(browser, address, language) as visit:
        return name, language, looked(visit, PAGES[name][0])


def test_a_page_answers_as_it_must_in_the_language_that_is_asked_for(seen: tuple[str, str, Look]) -> None:
    name, language, look = seen
    assert (look.status, look.language) == (PAGES[name][1], {"zh": "zh-Hans", "en": "en"}[language])


def test_a_page_gives_the_browser_nothing_to_complain_of(seen: tuple[str, str, Look]) -> None:
    assert seen[2].complaints == []


def test_a_page_loads_nothing_from_elsewhere_and_leaves_no_cookie(seen: tuple[str, str, Look]) -> None:
    assert (seen[2].elsewhere, seen[2].cookies) == ([], [])


def test_a_page_fits_every_window(seen: tuple[str, str, Look]) -> None:
    assert seen[2].overflow == dict.fromkeys(WIDTHS, 0)


def test_a_page_has_no_serious_fault_of_access_in_either_theme(seen: tuple[str, str, Look]) -> None:
    assert seen[2].faults == []


def test_a_page_has_few_scripts_and_the_first_page_is_light(seen: tuple[str, str, Look]) -> None:
    name, _, look = seen
    assert sum(size for url, size in look.bytes.items() if urlsplit(url).path.endswith(".js")) < SCRIPTS
    if name == "home":
        assert sum(look.bytes.values()) < FIRST_PAGE


def test_a_fault_that_is_there_is_found(browser: Browser, address: str) -> None:
    with window(browser, address, "en") as visit:
        visit.page.set_content("<!doctype html><title>A page</title><main><h1>Faults</h1><img src=x:></main>")
        assert any("image-alt" in fault for fault in faults(visit))
        visit.page.set_content("<style>p { @media (prefers-color-scheme: dark) { color: #eee } }</style><p>Faint</p>")
        assert [fault.partition(" at ")[0] for fault in faults(visit) if "contrast" in fault] == [
            "dark: color-contrast"
        ]


def test_every_route_that_gives_a_page_is_looked_at(address: str) -> None:
    routes = httpx.get(f"{address}/openapi.json").json()["paths"]
    given = {
        route
        for route, methods in routes.items()
        for answer in methods.get("get", {}).get("responses", {}).values()
        if "text/html" in answer.get("content", {})
    }
    assert len(given) > 12
    paths = [path.partition("?")[0] for path, _ in PAGES.values()]
    kinds = {route: re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(route)) for route in given}
    assert [route for route, kind in kinds.items() if not any(re.fullmatch(kind, path) for path in paths)] == []
