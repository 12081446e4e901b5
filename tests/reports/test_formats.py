"""Every format, whatever a package holds: well-formed, complete and safe to read."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from minshu.report import Report, Task
from minshu.reports import FORMATS, Format, Language, Origin, View, rendered
from minshu.reports.cells import shortened, visible
from minshu.reports.github import command
from minshu.reports.sarif import uri

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028]")


def test_the_table_of_formats_names_every_format() -> None:
    assert set(FORMATS) == set(Format)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("format_", sorted(set(Format) - {Format.json}))
def test_no_format_lets_a_control_character_through(
    hostile: Report, make_view: Any, format_: Format, language: Language
) -> None:
    assert CONTROL.findall(rendered(make_view(hostile, language), format_)) == []


@pytest.mark.parametrize("format_", Format)
def test_every_format_ends_with_a_line_end_and_can_be_encoded(simple: Report, make_view: Any, format_: Format) -> None:
    assert rendered(make_view(simple), format_).encode("utf-8").endswith(b"\n")


def test_text_is_grouped_by_resource_with_row_line_field_value_and_expectation(simple: Report, make_view: Any) -> None:
    assert rendered(make_view(simple), Format.text).splitlines() == [
        "items (data/items.csv): 1 error",
        "  row 3 (line 5)  field 2 金额  '很多'  expected a number",
        "",
        "pkg: invalid, 1 error (2 tables, 1,237 rows, 0.0 s)",
    ]


def test_text_is_chinese_where_that_is_asked_for(simple: Report, make_view: Any) -> None:
    text = rendered(make_view(simple, Language.zh), Format.text)
    assert "  第 3 行（文件第 5 行）  字段 2 金额  '很多'  应为数字\n" in text
    assert text.endswith("pkg：无效，1 处错误（2 张表，1,237 行数据，0.0 秒）\n")


def test_columns_line_up_under_chinese_and_latin_text(make_view: Any, simple: Report) -> None:
    from rich.cells import cell_len

    errors = tuple({**simple.tasks[0].errors[0], "cell": cell} for cell in ("甲乙丙", "abc", "é"))
    report = Report((Task("t", "table", "t.csv", errors=errors),))
    lines = [line for line in rendered(make_view(report), Format.text).splitlines() if "expected" in line]
    assert len({cell_len(line.partition("expected")[0]) for line in lines}) == 1


def test_text_has_colours_only_when_it_is_told_to(simple: Report, make_view: Any) -> None:
    plain, coloured = (rendered(make_view(simple, colour=colour), Format.text) for colour in (False, True))
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain != coloured


class Page(HTMLParser):
    """The tags, attributes and marked cells of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.failing: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.inside = tag == "td" and "failing" in (dict(attrs).get("class") or "")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.failing.append(data)
            self.inside = False


def test_the_page_obeys_nothing_that_a_cell_says(hostile: Report, make_view: Any) -> None:
    page = Page(rendered(make_view(hostile), Format.html))
    assert not {"script", "img", "link", "iframe", "a"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on") or name in ("src", "href")}


def test_the_page_needs_nothing_from_elsewhere(simple: Report, make_view: Any) -> None:
    page = rendered(make_view(simple), Format.html)
    assert not re.search(r"https?:|url\(|@import", page)
    assert "default-src 'none'" in page


def test_the_page_marks_the_failing_cell_and_no_other(simple: Report, make_view: Any) -> None:
    assert Page(rendered(make_view(simple), Format.html)).failing == ["很多"]


def test_the_page_shows_a_row_once_with_all_its_errors(simple: Report, make_view: Any) -> None:
    error = simple.tasks[0].errors[0]
    both = (error, {**error, "type": "constraint-error", "note": 'constraint "minimum" is "3"'})
    page = rendered(make_view(Report((Task("t", "table", "t.csv", ("a", "金额"), {}, (), both),))), Format.html)
    assert page.count('<tr class="cells">') == 1
    assert [words in page for words in ("expected a number", "expected at least 3")] == [True, True]


def test_junit_counts_its_cases_and_failures(hostile: Report, make_view: Any) -> None:
    root = ElementTree.fromstring(rendered(make_view(hostile), Format.junit))
    assert root.get("tests") == str(len(root.findall("./testsuite/testcase")))
    assert root.get("failures") == str(len(root.findall("./testsuite/testcase/failure"))) != "0"
    for suite in root.findall("testsuite"):
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))


def test_junit_of_a_valid_package_has_passing_cases(make_view: Any) -> None:
    report = Report((Task("t", "table", "t.csv", stats={"rows": 1}), Task("pdf", "file", "a.pdf")))
    root = ElementTree.fromstring(rendered(make_view(report), Format.junit))
    names = {suite.get("name"): [case.get("name") for case in suite] for suite in root}
    assert root.get("failures") == "0"
    assert names["package"] == ["descriptor"]
    assert names["pdf"] == ["file"]
    assert {"header", "type", "constraint", "primary-key", "foreign-key", "rules"} <= set(map(str, names["t"]))


def test_junit_puts_each_error_into_the_case_of_its_kind(simple: Report, make_view: Any) -> None:
    root = ElementTree.fromstring(rendered(make_view(simple), Format.junit))
    (case,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    assert (case.get("classname"), case.get("name")) == ("items", "type")
    assert "pkg/data/items.csv:5: " in (case.findtext("failure") or "")


def test_sarif_names_rule_level_message_file_and_line(simple: Report, make_view: Any) -> None:
    log = orjson.loads(rendered(make_view(simple), Format.sarif))
    (run,) = log["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (log["version"], result["level"], result["ruleId"], rule["id"]) == (
        "2.1.0",
        "error",
        "type-error",
        "type-error",
    )
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "pkg/data/items.csv"},
        "region": {"startLine": 5},
    }
    assert "expected a number" in result["message"]["text"]


def test_sarif_has_what_its_schema_requires_whatever_the_package_holds(hostile: Report, make_view: Any) -> None:
    (run,) = orjson.loads(rendered(make_view(hostile), Format.sarif))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert len(run["results"]) == 6
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        assert re.fullmatch(
            r"[A-Za-z0-9%/._~-]+", result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        )


def test_uris_keep_relative_paths_relative_and_say_file_for_absolute_ones() -> None:
    assert [uri("数据/a b.csv"), uri("/tmp/a.csv")] == ["%E6%95%B0%E6%8D%AE/a%20b.csv", "file:///tmp/a.csv"]


def test_github_annotates_file_and_line(simple: Report, make_view: Any) -> None:
    assert rendered(make_view(simple), Format.github).splitlines() == [
        "::error file=pkg/data/items.csv,line=5,title=Wrong type::"
        "items, row 3 (line 5), field 2 金额: '很多': expected a number",
        "::notice title=minshu validate::pkg: invalid, 1 error",
    ]


def test_a_cell_cannot_write_a_workflow_command(hostile: Report, make_view: Any) -> None:
    lines = rendered(make_view(hostile), Format.github).splitlines()
    assert len(lines) == 4 + 2 + 1
    assert all(re.match(r"::(error|warning|notice) [a-z]+=[^:]*::", line) for line in lines)


def test_workflow_commands_are_escaped_as_the_toolkit_does() -> None:
    assert command("error", {"file": "a,b:c%\n"}, "x:y,z%\r\n") == "::error file=a%2Cb%3Ac%25%0A::x:y,z%25%0D%0A"


def test_markdown_escapes_cells(hostile: Report, make_view: Any) -> None:
    text = rendered(make_view(hostile), Format.markdown)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {5}
    assert set(re.findall(r"<[^>]*>", text)) == {"<code>", "</code>"}
    assert "@" not in text
    assert "`" not in text


def test_markdown_is_capped_and_tells_the_true_total(simple: Report, make_view: Any) -> None:
    task = Task("t", "table", "t.csv", stats={"rows": 9_000}, errors=simple.tasks[0].errors * 1_000, unlisted=4_000)
    text = rendered(make_view(Report((task,))), Format.markdown)
    assert text.count("expected a number") == 50
    assert "| t | pkg/t.csv | 9,000 | 5,000 |" in text
    assert "The first 50 of 5,000 errors." in text


def test_the_files_of_an_archive_are_the_archive_without_lines(simple: Report) -> None:
    view = View(simple, Origin("a.zip", ".", "a.zip", archive=True))
    assert "::error file=a.zip,title=Wrong type::" in rendered(view, Format.github)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("a\tb\n", r"a\tb\n"), ("甲\u3000乙", "甲\u3000乙"), ("\x9b\x1b", r"\x9b\x1b"), ("\u202e", r"\u202e")],
)
def test_control_characters_are_written_as_their_escapes(given: str, shown: str) -> None:
    assert visible(given) == shown


def test_long_cells_are_cut() -> None:
    assert [shortened("甲" * 60), shortened("甲" * 61)] == ["甲" * 60, "甲" * 59 + "…"]


def test_the_page_of_formats_documents_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs/reports.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE) == [str(format_) for format_ in FORMATS]
