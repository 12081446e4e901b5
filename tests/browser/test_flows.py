"""What people come for, from the first page to what they take away: in both languages, with scripts and without."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, expect
from tests.browser.site import DIVISIONS, ODD, POINTS
from tests.browser.visit import Visit

pytestmark = pytest.mark.slow

Opened = Callable[..., Visit]


def expect_sound(visit: Visit) -> None:
    assert (visit.complaints, visit.overflow) == ([], 0)


def test_what_is_searched_is_found_and_downloaded(visit: Visit) -> None:
    page = visit.page
    visit.go("/")
    page.get_by_role("searchbox").fill("福建 代码")
    page.get_by_role("searchbox").press("Enter")
    page.locator("#datasets + ul, .results").first.get_by_role("link").first.click()
    page.wait_for_url(re.compile(f"/{visit.language}/datasets/fujian-divisions"))
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile(visit.said("下载全部数据", "Download all data"))).click()
    assert saved.value.path().read_bytes().startswith(b"PK")
    expect_sound(visit)


def test_a_row_that_is_found_leads_to_its_page(visit: Visit) -> None:
    page = visit.page
    visit.go("/search?q=海丝电商")
    found = page.locator("section[aria-labelledby=rows]")
    expect(found).to_contain_text("海丝电商")
    found.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.wait_for_url(re.compile(f"/{visit.language}/.*/rows/"))
    expect(page.locator("main")).to_contain_text("海丝电商")
    expect_sound(visit)


def test_a_fault_in_a_row_is_told_and_what_must_not_be_public_is_taken_out_first(visit: Visit) -> None:
    page = visit.page
    visit.go(f"{POINTS}/measures/rows/m001")
    page.get_by_role("link", name=visit.said("报告这一行的错误", "Report a fault in this row")).click()
    expect(page.locator("#key-1")).to_have_value("m001")
    page.locator("#text").fill("年份有误，请致电 13800138000")
    page.get_by_role("button", name=visit.said("提交", "Send"), exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(visit.said("手机号码", "mobile number"))
    visit.complaints.clear()  # The browser complains of the status.
    expect(page.locator("#text")).to_have_value("年份有误，请致电 13800138000")
    expect(page.locator("#key-1")).to_have_value("m001")
    page.locator("#text").fill("年份有误")
    page.get_by_role("button", name=visit.said("提交", "Send"), exact=True).click()
    page.wait_for_url(re.compile(f"/{visit.language}/feedback/[a-z0-9]{{12}}$"))
    expect(page.locator("main")).to_contain_text(visit.said("已收到", "It was received"))
    expect(page.locator("main")).not_to_contain_text("年份有误")
    expect_sound(visit)


def test_a_filtered_table_is_shared_by_its_address(visit: Visit, opened: Opened) -> None:
    page = visit.page
    visit.go(f"{DIVISIONS}/divisions/rows")
    page.locator("#filter > summary").click()
    page.get_by_label(visit.said("列", "Column"), exact=True).select_option("name")
    page.get_by_label(visit.said("条件", "Condition"), exact=True).select_option("contains")
    page.locator("#filter-value").fill("三元")
    page.get_by_role("button", name=visit.said("添加", "Add"), exact=True).click()
    page.wait_for_url("**name__contains=**")
    rows = visit.cells()
    assert rows
    assert all(any("三元" in cell for cell in row) for row in rows)
    expect_sound(visit)
    other = opened(visit.language)
    other.page.goto(page.url)
    assert other.cells() == rows


def test_rows_are_sorted_paged_and_searched_by_clicking(visit: Visit) -> None:
    page = visit.page
    visit.go(f"{POINTS}/measures/rows?_size=20")
    first = visit.cells()
    page.get_by_role("link", name=visit.said("下一页", "Next page")).click()
    page.wait_for_url("**_next=**")
    assert visit.cells() != first
    page.get_by_role("searchbox", name=visit.said("在本表的文本中查找", "Search the text of this table")).fill("大数据")
    page.keyboard.press("Enter")
    page.wait_for_url("**_search=**")
    found = visit.cells()
    assert found
    assert all("大数据" in "".join(row) for row in found)
    expect_sound(visit)


def test_a_query_is_run_and_its_rows_shown(visit: Visit) -> None:
    page = visit.page
    visit.go("/sql?dataset=work-points-2019")
    page.locator("#q").fill("SELECT number FROM sections WHERE number <= 2 ORDER BY number")
    page.get_by_role("button", name=visit.said("运行", "Run"), exact=True).click()
    expect(page.locator("#answer tbody tr")).to_have_count(2)
    assert visit.cells() == [["1"], ["2"]]
    expect_sound(visit)


def test_a_chart_is_built_and_its_picture_downloaded(visit: Visit) -> None:
    page = visit.page
    visit.go(f"{DIVISIONS}/divisions/chart")
    page.get_by_label(visit.said("横轴或分类", "Along x")).select_option("level")
    button = page.get_by_role("button", name=visit.said("画图", "Draw"), exact=True)
    if button.is_visible():
        button.click()
    page.wait_for_url("**_x=level**")
    expect(page.locator("#charting")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("table.points")).to_contain_text("county")
    assert page.locator("figure.chart img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    with page.expect_download() as saved:
        page.get_by_role("link", name="SVG", exact=True).click()
    picture = saved.value.path().read_text()
    assert picture.startswith("<svg")
    assert "county" in picture
    expect_sound(visit)


def test_a_quotation_is_followed_to_its_place_in_the_notice(visit: Visit) -> None:
    page = visit.page
    visit.go(f"{POINTS}/measures/rows/m001")
    quotation = page.locator("section.provenance figure").first
    quoted = quotation.locator("mark").inner_text()
    quotation.get_by_role("link").first.click()
    page.wait_for_url(re.compile(f"/{visit.language}/.*/notice/source"))
    place = page.locator(":target")
    expect(place).to_be_in_viewport()
    assert quoted in page.locator("article").inner_text()
    page.locator("a[href$='/measures/rows/m001']").first.click()
    page.wait_for_url("**/measures/rows/m001")
    expect_sound(visit)


def test_a_bad_file_is_judged_and_each_fault_told_at_its_place(visit: Visit, tmp_path: Path) -> None:
    bad = tmp_path / "坏.csv"
    bad.write_text("编号,名称,名称\n1,甲,乙\n2,丙\n")
    page = visit.page
    visit.go("/validate")
    page.locator("input[type=file]").set_input_files(bad)
    page.get_by_role("button", name=visit.said("校验", "Check it"), exact=True).click()
    report = page.locator("#report .findings")
    expect(page.locator("#report")).to_contain_text("坏.csv")
    expect(report).to_contain_text(visit.said("无效", "Invalid"))
    # The line with a cell too few, and the name that stands twice.
    expect(report.get_by_role("rowheader").or_(report.get_by_role("cell")).filter(has_text="3").first).to_be_visible()
    expect(report.get_by_text("名称").first).to_be_visible()
    expect_sound(visit)


def test_a_page_is_read_in_the_other_language_at_the_same_place(visit: Visit) -> None:
    visit.go(f"{POINTS}/measures/rows?_search=大数据")
    texts = [row[4] for row in visit.cells()]
    visit.page.locator("a.language").click()
    visit.page.wait_for_url(re.compile({"zh": "/en/", "en": "/zh/"}[visit.language]))
    assert [row[4] for row in visit.cells()] == texts
    expect_sound(visit)


def test_a_difference_fits_a_phone_without_breaking_its_short_words(opened: Opened, language: str) -> None:
    visit = opened(language, "phone")
    assert visit.go("/datasets/odd-data/diff/1.0.0...1.1.0") == 200
    cells = visit.page.locator("tbody tr th").all()
    assert cells
    assert all(cell.evaluate("cell => getComputedStyle(cell).whiteSpace") == "nowrap" for cell in cells)
    expect_sound(visit)


def test_a_button_copies_the_text_beside_it_and_says_so(opened: Opened) -> None:
    visit = opened("en", permissions=["clipboard-read", "clipboard-write"])
    page = visit.page
    visit.go(POINTS)
    page.locator("button[data-copy=cite-apa]").click()
    page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#cite-apa").text_content()
    assert "General Office" in copied


def test_where_nothing_can_be_copied_there_is_no_button_for_it(opened: Opened) -> None:
    visit = opened("zh", java_script_enabled=False)
    visit.go(POINTS)
    assert [button.is_visible() for button in visit.page.locator("button[data-copy]").all()[:3]] == [False] * 3


def test_a_web_page_of_a_publisher_is_saved_and_never_shown(browser: Browser, address: str) -> None:
    page = browser.new_page()
    with page.expect_download() as saved, suppress(Error):  # Chromium calls it an error to go to what is saved.
        page.goto(f"{address}{ODD}/page.html")
    assert saved.value.path().read_text() == "<script>alert(1)</script>"
    page.close()
