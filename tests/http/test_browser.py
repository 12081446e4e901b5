"""The pages in a real browser, on a phone and on a desk: nothing is refused, nothing comes from elsewhere, all fits."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": (390, 844), "desk": (1280, 800)}
RELEASE = "/datasets/work-points-2019/versions/1.0.1"
PAGES = {
    "/": 200,
    "/datasets": 200,
    "/datasets/work-points-2019": 200,
    RELEASE: 200,
    f"{RELEASE}/measures/rows": 200,
    f"{RELEASE}/measures/rows?_search=大数据&_facet=point_number": 200,
    f"{RELEASE}/measures/rows/m001": 200,
    "/sql": 200,
    "/sql?dataset=work-points-2019&q=SELECT+nothing": 400,
    "/docs": 200,
    "/audit": 200,
    "/datasets/none": 404,
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium fonts-noto-cjk)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A window, with all that the browser complained of and asked for."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"{request.url} failed"))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def go(self, path: str) -> int:
        """Open a page of the service. Gives its status."""
        answer = self.page.goto(self.address + path)
        assert answer
        return answer.status

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def cells(self) -> list[list[str]]:
        """The texts of the last table's body."""
        rows = self.page.locator("table").last.locator("tbody tr").all()
        return [row.locator("th, td").all_inner_texts() for row in rows]


@pytest.fixture(params=SIZES)
def visit(request: pytest.FixtureRequest, browser: Browser, service: str) -> Iterator[Visit]:
    """A window of the size of a phone, and of a desk."""
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    yield Visit(page, service)
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_window_and_asks_nobody_else_for_anything(visit: Visit, path: str) -> None:
    assert visit.go(path) == PAGES[path]
    # That a page was refused the browser says itself, and that alone.
    said = [text for text in visit.complaints if f"the server responded with a status of {PAGES[path]}" not in text]
    assert said == []
    assert [url for url in visit.asked if not url.startswith(f"{visit.address}/")] == []
    assert visit.overflow == 0
    assert visit.page.context.cookies() == []


def test_a_difference_fits_a_phone_without_breaking_its_short_words(browser: Browser, address: str, base: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    visit = Visit(page, address)
    assert visit.go(f"{base.partition('/versions/')[0]}/diff/1.0.0...1.1.0") == 200
    assert (visit.complaints, visit.overflow) == ([], 0)
    cells = page.locator("tbody tr th").all()
    assert cells
    assert all(cell.evaluate("cell => getComputedStyle(cell).whiteSpace") == "nowrap" for cell in cells)
    page.close()


def test_the_sql_page_runs_a_query_and_shows_its_rows(visit: Visit) -> None:
    visit.go("/sql?dataset=work-points-2019")
    visit.page.locator("textarea").fill("SELECT number, title FROM sections WHERE number <= 2 ORDER BY number")
    visit.page.get_by_role("button", name=re.compile("Run")).click()
    answer = visit.page.locator("#answer")
    answer.locator("tbody tr").first.wait_for()
    assert [row.split("\t")[0] for row in answer.locator("tbody tr").all_inner_texts()] == ["1", "2"]
    assert (visit.complaints, visit.overflow) == ([], 0)


def test_the_sql_page_says_what_is_wrong_with_a_query_and_keeps_it(visit: Visit) -> None:
    visit.go("/sql?dataset=work-points-2019")
    visit.page.locator("textarea").fill("SELECT nothing FROM sections")
    visit.page.get_by_role("button", name=re.compile("Run")).click()
    assert "nothing" in visit.page.get_by_role("alert").inner_text()
    assert visit.page.locator("textarea").input_value() == "SELECT nothing FROM sections"


def test_rows_are_paged_and_searched_by_clicking(visit: Visit) -> None:
    visit.go(f"{RELEASE}/measures/rows?_size=20")
    first = visit.cells()
    visit.page.get_by_role("link", name=re.compile("Next page")).click()
    visit.page.wait_for_url("**_next=**")
    assert visit.cells() != first
    search = visit.page.get_by_role("searchbox", name="Search the columns of text")
    search.fill("大数据")
    search.press("Enter")
    visit.page.wait_for_url("**_search=**")
    found = visit.cells()
    assert found
    assert all("大数据" in "".join(row) for row in found)
    assert (visit.complaints, visit.overflow) == ([], 0)


def test_a_web_page_of_a_publisher_is_saved_and_never_shown(browser: Browser, address: str, base: str) -> None:
    page = browser.new_page()
    with page.expect_download() as saved, suppress(Error):  # Chromium calls it an error to go to what is saved.
        page.goto(f"{address}{base}/page.html")
    assert saved.value.path().read_text() == "<script>alert(1)</script>"
    page.close()


def test_a_button_copies_the_text_beside_it_and_says_so(browser: Browser, service: str) -> None:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(f"{service}/en{RELEASE}")
        page.locator("button[data-copy=cite-apa]").click()
        page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("#cite-apa").text_content()
        assert "General Office" in copied


def test_where_nothing_can_be_copied_there_is_no_button_for_it(browser: Browser, service: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{service}{RELEASE}")
        assert [button.is_visible() for button in page.locator("button[data-copy]").all()[:3]] == [False] * 3
