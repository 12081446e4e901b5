"""The SQL console in a real browser: what is written is painted, completed, run and cancelled."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.browser.visit import Visit

pytestmark = pytest.mark.slow

CONSOLE = "/sql?dataset=work-points-2019"
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
Opened = Callable[..., Visit]

SCHEMA = {
    "tables": [
        {
            "name": "work points",
            "sql": '"work points"',
            "title": "要点 / Points",
            "columns": [{"name": "end", "sql": '"end"', "type": "VARCHAR", "title": "结束"}],
        },
        {"name": "targets", "sql": "targets", "columns": [{"name": "kind", "sql": "kind", "type": "VARCHAR"}]},
        {"name": "targets", "sql": "old.targets", "columns": [{"name": "unit", "sql": "unit", "type": "VARCHAR"}]},
    ],
    "functions": ["count", "countif"],
}


@pytest.fixture
def console(opened: Opened) -> Visit:
    """The console with scripts, in Chinese."""
    visit = opened("zh")
    visit.go(CONSOLE)
    expect(visit.page.locator(".editor.painted")).to_be_visible()
    return visit


def write(page: Page, text: str) -> None:
    """Write a text by the keyboard in place of what is there."""
    page.locator("#q").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def module(page: Page, function: str, *words: Any) -> Any:
    """What a function of our own gives for these words."""
    call = "async ([name, words]) => (await import('/static/sqltext.js'))[name](...words)"
    return page.evaluate(call, [function, list(words)])


def labels(page: Page, text: str) -> list[str]:
    """The labels of what is offered at `|`."""
    offer = module(page, "completions", SCHEMA, text.replace("|", ""), text.index("|"))
    return [item["label"] for item in offer["items"]]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '数''据', \"a\"\"b\", 1.5e3 -- 注释\n/* x\ny */ FROM t WHERE $参数 <> $$ a $b $$",
        "SELECT 'unended\n",
        'SELECT "unended',
        "/* unended",
        "SELECT 😀, \t~!@",
        "",
    ],
)
def test_the_tokens_of_a_text_are_the_text(console: Visit, text: str) -> None:
    found = module(console.page, "tokens", text)
    assert "".join(token["text"] for token in found) == text


def test_tokens_are_told_apart(console: Visit) -> None:
    found = module(console.page, "tokens", "select a1, 'select', \"from\", $x, 12 -- from")
    kinds = [(token["kind"], token["text"]) for token in found if token["kind"] not in ("space", "other")]
    assert kinds == [
        ("keyword", "select"),
        ("word", "a1"),
        ("string", "'select'"),
        ("name", '"from"'),
        ("parameter", "$x"),
        ("number", "12"),
        ("comment", "-- from"),
    ]
    assert module(console.page, "parameters", "$b '$c' $a $b $dataset") == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("SELECT | FROM targets", []),
        ("SELECT ki| FROM targets", ["kind"]),
        ("SELECT t.| FROM targets AS t", ["kind"]),
        ("SELECT t.| FROM old.targets t", ["unit"]),
        ('SELECT e| FROM "work points"', ["end", "ELSE", "END"]),
        ('SELECT 结| FROM "work points"', ["end"]),
        ("SELECT * FROM 要|", ['"work points"']),
        ("SELECT * FROM old.|", ["targets"]),
        ("SELECT 'ki|' FROM targets", []),
        ("SELECT 1 -- ki|", []),
        ("SELECT kind| FROM targets", []),
        ("SELECT kind AS co|", []),
        ("SELECT coun|", ["count", "countif"]),
    ],
)
def test_what_may_be_meant_is_offered_and_nothing_else(console: Visit, text: str, offered: list[str]) -> None:
    found = labels(console.page, text)
    assert found[: len(offered)] == offered
    assert bool(found) is bool(offered)


def test_what_is_painted_is_what_is_written_in_the_same_place(console: Visit) -> None:
    write(console.page, "SELECT 'a' AS 名称 -- 注释\nFROM targets" + "\nWHERE 1 = 1" * 40)
    paint = console.page.locator(".paint")
    assert paint.inner_text().removesuffix("\u200b") == console.page.locator("#q").input_value()
    expect(paint.locator(".keyword").first).to_have_text("SELECT")
    expect(paint.locator(".string")).to_have_text("'a'")
    same = """() => {
      const [field, paint] = [document.querySelector("#q"), document.querySelector(".paint")];
      return [field.clientWidth - paint.clientWidth, field.scrollTop - paint.scrollTop,
        Math.abs(field.scrollHeight - paint.scrollHeight) < 4, field.scrollTop > 0];
    }"""
    assert console.page.evaluate(same) == [0, 0, True, True]


def test_a_completion_is_chosen_by_keys_alone_and_can_be_undone(console: Visit) -> None:
    page, field = console.page, console.page.locator("#q")
    write(page, "SELECT * FROM targ")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(field).to_have_value("SELECT * FROM targets")
    expect(field).to_be_focused()
    page.keyboard.press("ControlOrMeta+z")
    expect(field).to_have_value("SELECT * FROM targ")
    write(page, "SELECT ki")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    expect(chosen).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field).to_have_value("SELECT kind")
    write(page, "SELECT ki")
    page.keyboard.press("Enter")  # Nothing was chosen: a new line.
    expect(field).to_have_value("SELECT ki\n")
    page.keyboard.type("ki")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    assert console.complaints == []


def test_what_an_input_method_composes_is_left_alone_until_it_is_done(console: Visit) -> None:
    page, editor = console.page, console.page.locator(".editor")
    write(page, "SELECT '")
    asked = len(console.asked)
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "shu ju", "selectionStart": 6, "selectionEnd": 6})
    expect(editor).to_have_class(re.compile("composing"))
    expect(page.locator(".paint")).to_be_hidden()
    expect(page.get_by_role("listbox")).to_be_hidden()
    key = "{key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true}"
    page.locator("#q").evaluate(f"field => field.dispatchEvent(new KeyboardEvent('keydown', {key}))")
    session.send("Input.insertText", {"text": "数据"})
    expect(page.locator("#q")).to_have_value("SELECT '数据")
    expect(editor).not_to_have_class(re.compile("composing"))
    expect(page.locator(".paint .string")).to_have_text("'数据")
    assert len(console.asked) == asked


def test_a_query_runs_in_place_and_its_address_can_be_shared(console: Visit, opened: Opened) -> None:
    page = console.page
    page.evaluate("window.same = true")
    write(page, "SELECT number, title FROM sections WHERE number <= 2 ORDER BY number")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("#said")).to_contain_text("2 行")
    assert [row[0] for row in console.cells()] == ["1", "2"]
    assert page.evaluate("window.same")
    other = opened("en", java_script_enabled=False)
    other.page.goto(page.url.replace("/zh/", "/en/"))
    assert [row[0] for row in other.cells()] == ["1", "2"]
    assert console.complaints == []


def test_a_query_is_cancelled_here_and_on_the_server(console: Visit) -> None:
    page = console.page
    write(page, ENDLESS)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="运行").click()
    running = re.compile(r"^minshu_sql_queries_running(?:\{.*\})? ([\d.]+)$", re.MULTILINE)

    origin = page.url.partition("/zh/")[0]

    def at_work() -> float:
        found = running.search(httpx.get(f"{origin}/metrics").text)
        assert found
        return float(found[1])

    page.wait_for_timeout(300)
    assert at_work() == 1
    page.get_by_role("button", name="取消").click()
    expect(page.locator("#said")).to_have_text("已取消")
    expect(page.get_by_role("button", name="取消")).to_be_hidden()
    page.wait_for_timeout(300)  # Of 5 s, which it would take.
    assert at_work() == 0


def test_what_is_wrong_is_underlined_until_it_is_changed(console: Visit) -> None:
    page = console.page
    write(page, "SELECT '😀数', numbr\nFROM sections")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_role("alert")).to_contain_text("没有名为“numbr”的列")
    expect(page.locator(".paint .wrong")).to_have_text("numbr")
    expect(page.locator("#q")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type(" ")
    expect(page.locator(".paint .wrong")).to_have_count(0)


def test_a_parameter_becomes_a_field_as_it_is_written(console: Visit) -> None:
    page = console.page
    write(page, "SELECT title FROM sections WHERE number = $第几")
    page.get_by_label("$第几").fill("2")
    page.get_by_label("$第几").press("Enter")
    expect(page.locator("#said")).to_contain_text("1 行")
    write(page, "SELECT 1 AS n")
    expect(page.get_by_label("$第几")).to_have_count(0)


def test_another_dataset_brings_its_tables_versions_and_completions(console: Visit) -> None:
    page = console.page
    page.get_by_label("数据集").select_option("fujian-divisions")
    expect(page.locator("#schema")).to_contain_text("divisions")
    expect(page.get_by_label("版本")).to_contain_text("1.21.0")
    write(page, "SELECT * FROM divi")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("#said")).to_contain_text("210 行")
    page.get_by_role("link", name="下一页").click()
    expect(page.locator("#answer .line")).to_contain_text("101–200")
    page.locator("#schema .examples a").nth(1).click()
    expect(page.locator("#answer table")).to_contain_text("county")
    assert console.complaints == []


def test_a_refusal_of_the_whole_service_is_said_in_its_words(console: Visit) -> None:
    page = console.page
    page.route(
        "**/sql?*", lambda route: route.fulfill(status=429, content_type="text/html", body="<main>12 秒后重试</main>")
    )
    page.get_by_role("button", name="运行").click()
    expect(page.locator("#answer")).to_have_text("12 秒后重试")


def test_without_scripts_the_form_asks_marks_faults_and_takes_values(opened: Opened) -> None:
    visit = opened("en", "phone", java_script_enabled=False)
    page = visit.page
    visit.go(CONSOLE)
    page.locator("#q").fill("SELECT number FROM sections WHERE number = $n")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("$n").fill("3")
    page.get_by_role("button", name="Run").click()
    assert visit.cells() == [["3"]]
    page.locator("#q").fill("SELECT numbr\nFROM sections")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert").locator("mark")).to_have_text("numbr")
    expect(page.locator("#q")).to_have_value("SELECT numbr\nFROM sections")
    page.get_by_label("Dataset").select_option("fujian-divisions")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#q")).to_have_value(re.compile("divisions"))
    assert visit.overflow == 0
