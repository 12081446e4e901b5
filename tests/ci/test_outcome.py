"""How an outcome is told: to people, to runners and to code scanning, whatever packages hold."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from minshu.ci.examined import Examined, changelog_problem, version_problem
from minshu.ci.forms import CiFormat
from minshu.ci.outcome import LISTED, Outcome
from minshu.diff import Bump, Change, Difference, SideName
from minshu.report import Report, Task, cell_error

HOSTILE = "<script>x</script>|`*@all\x1b[31m\n::error::%0A"
BROKEN = Task("items", "table", "data/items.csv", (), {"rows": 3}, (), (cell_error(HOSTILE, 3, ["1"], "1", "a", 1),))


def difference(*sentences: str) -> Difference:
    changes = tuple(
        Change(rule="rows-removed", bump=Bump.major, resource="items", sentence=sentence) for sentence in sentences
    )
    return Difference(old=SideName(), new=SideName(), verdict=Bump.major, changes=changes, tables=())


GOOD = Examined(Path("datasets/good"), Report((replace(BROKEN, errors=()),)), "good", "1.1.0", "1.0.0", difference("x"))
PROBLEMS = (version_problem("too small"), changelog_problem("no entry"))
SMALL = replace(GOOD, path=Path("datasets/small"), problems=PROBLEMS)
INVALID = Examined(Path("datasets/invalid"), Report((BROKEN,)), "invalid", "1.0.0")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages' folders, in the current one."""
    monkeypatch.chdir(tmp_path)
    for one in (GOOD, SMALL, INVALID):
        one.path.mkdir(parents=True)


def test_nothing_to_look_at_passes_and_says_so() -> None:
    assert (Outcome(()).passes, Outcome(()).rendered(CiFormat.text)) == (True, "No package is touched.\n")


def test_one_that_fails_fails_the_whole_and_the_number_is_told() -> None:
    outcome = Outcome((GOOD, SMALL, INVALID))
    assert (outcome.passes, outcome.sentence) == (False, "2 of 3 packages cannot be released.")
    assert Outcome((GOOD,)).passes


def test_text_has_a_line_for_each_problem_that_begins_with_the_package() -> None:
    lines = Outcome((SMALL,), ("A note.",)).rendered(CiFormat.text).splitlines()
    assert lines == [
        "A note.",
        "datasets/small: too small",
        "datasets/small: no entry",
        "datasets/small: cannot be released",
        "  major: items: x",
        "1 of 1 package cannot be released.",
    ]


def test_markdown_has_a_verdict_for_each_package_and_a_table_of_changes() -> None:
    text = Outcome((GOOD, SMALL)).rendered(CiFormat.markdown)
    assert text.startswith("## ❌ minshu ci: 1 of 2 packages cannot be released.\n")
    assert "### ✅ datasets/good: 1.1.0 can be released after 1.0.0 (major)" in text
    assert "| major | items | x |" in text
    assert "- ❌ too small" in text


def test_a_long_list_of_changes_is_cut_and_says_how_long_it_is() -> None:
    many = replace(GOOD, difference=difference(*["x"] * (LISTED + 5)))
    text = Outcome((many,)).rendered(CiFormat.markdown)
    assert text.count("| major |") == LISTED
    assert "5 more changes" in text


def test_annotations_name_the_descriptor_and_the_verdict_ends_them() -> None:
    lines = Outcome((SMALL,)).rendered(CiFormat.github).splitlines()
    assert lines[0] == "::error file=datasets/small/datapackage.json,title=Version::too small"
    assert lines[-1] == "::notice title=minshu ci::1 of 1 package cannot be released."


def test_sarif_is_one_run_with_the_results_of_all_packages() -> None:
    (run,) = json.loads(Outcome((SMALL, INVALID)).rendered(CiFormat.sarif))["runs"]
    results = [
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for one in run["results"]
    ]
    assert results == [
        ("version-error", "datasets/small/datapackage.json"),
        ("changelog-error", "datasets/small/datapackage.json"),
        ("cell-error", "datasets/invalid/data/items.csv"),
    ]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [rule for rule, _ in results]


def test_json_has_the_report_and_the_difference_of_each_package() -> None:
    value = json.loads(Outcome((GOOD, SMALL), ("A note.",)).rendered(CiFormat.json))
    assert (value["passes"], value["notes"]) == (False, ["A note."])
    good, small = value["packages"]
    assert (good["path"], good["base"], good["difference"]["verdict"]) == ("datasets/good", "1.0.0", "major")
    assert [problem["type"] for problem in small["problems"]] == ["version-error", "changelog-error"]
    assert good["report"]["valid"]


@pytest.mark.parametrize("format_", [CiFormat.text, CiFormat.markdown, CiFormat.github])
def test_what_a_package_holds_commands_nobody(format_: CiFormat) -> None:
    one = replace(SMALL, difference=difference(HOSTILE), problems=(version_problem(HOSTILE),), report=INVALID.report)
    text = Outcome((one,)).rendered(format_)
    assert "\x1b" not in text
    assert not re.search(r"^::error::", text, re.MULTILINE)
    assert format_ is not CiFormat.markdown or "<script>" not in text
