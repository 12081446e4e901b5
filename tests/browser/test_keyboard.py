"""The keyboard alone is enough: from the search to a row, and what has the focus can be seen."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.site import DIVISIONS, POINTS
from tests.browser.visit import Visit

pytestmark = pytest.mark.slow

# More than that many steps nobody takes.
STEPS = 150
# What shows the focus: an outline, a shadow, or a border or ground that is another than without it.
LOOK = """element => {
  const look = () => { const style = getComputedStyle(element);
    return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.borderColor,
      style.backgroundColor].join(); };
  const focused = look(); element.blur(); const blurred = look(); element.focus({focusVisible: true});
  return focused !== blurred; }"""


def tabbed_to(page: Page, wanted: Locator) -> None:
    """Go on by the Tab key until it has the focus."""
    expect(wanted).to_have_count(1)
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{wanted} is not reached by the Tab key.")


def told(element: Locator) -> str:
    return str(element.evaluate("element => element.outerHTML.slice(0, 120)"))


def stops(page: Page) -> Iterator[Locator]:
    """What has the focus, by the Tab key, from the first to the last."""
    page.evaluate("window.passed = new Set([document.body])")
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        if not page.evaluate("passed.size < passed.add(document.activeElement).size"):
            return
        yield page.locator("*:focus")


def test_a_row_is_found_by_tab_and_enter_alone(opened: Callable[..., Visit], language: str) -> None:
    visit = opened(language)
    page = visit.page
    visit.go("/")
    tabbed_to(page, page.get_by_role("searchbox"))
    page.keyboard.type("行政区划")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    tabbed_to(page, page.locator("section[aria-labelledby=datasets] h3 a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/fujian-divisions**")
    tabbed_to(page, page.locator("main a[href$='/divisions/rows']").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/divisions/rows")
    tabbed_to(page, page.locator("table tbody a[href*='/divisions/rows/']").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/divisions/rows/*/*")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_table_is_filtered_by_keys_alone(opened: Callable[..., Visit], language: str) -> None:
    visit = opened(language)
    page = visit.page
    visit.go(f"{DIVISIONS}/divisions/rows")
    tabbed_to(page, page.locator("#filter > summary"))
    page.keyboard.press("Enter")
    tabbed_to(page, page.locator("#filter-column"))
    while page.locator("#filter-column").input_value() != "name":
        page.keyboard.press("ArrowDown")
    tabbed_to(page, page.locator("#filter-value"))
    page.keyboard.type("永定县")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("name__"))
    assert all(any("永定" in cell for cell in row) for row in visit.cells())


@pytest.mark.parametrize("path", ["/", POINTS, f"{POINTS}/measures/rows", "/sql"])
def test_the_first_stop_leads_past_the_navigation(opened: Callable[..., Visit], path: str) -> None:
    visit = opened("en")
    page = visit.page
    visit.go(path)
    page.keyboard.press("Tab")
    skip = page.locator("*:focus")
    expect(skip).to_have_text("Skip to content")
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    "path", ["/", "/datasets", "/search?q=福建", POINTS, f"{DIVISIONS}/divisions/rows", "/sql", "/validate"]
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_has_the_focus_can_be_seen(opened: Callable[..., Visit], theme: str, path: str) -> None:
    visit = opened("zh", color_scheme=theme)
    visit.go(path)
    seen = {told(stop): stop.evaluate(LOOK) for stop in stops(visit.page)}
    assert len(seen) > 5
    assert [stop for stop, visible in seen.items() if not visible] == []


def test_a_focus_that_cannot_be_seen_is_found(opened: Callable[..., Visit]) -> None:
    page = opened("en").page
    page.set_content("<style>.bare { outline: none }</style><a class=bare href=#a>A</a> <a href=#b>B</a>")
    assert [stop.evaluate(LOOK) for stop in stops(page)] == [False, True]
