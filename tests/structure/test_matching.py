"""Patterns that could take for ever are matched within a time, and all patterns as Python's matcher does."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from frictionless import FrictionlessException
from hypothesis import given
from hypothesis import strategies as st

from minshu.descriptors import opened
from minshu.settings import Settings
from minshu.structure import check
from minshu.structure.standard import matching
from minshu.structure.standard.matching import Matcher, is_tame

PARTS = st.sampled_from(["a", "b", "[ab]", "[^a]", r"\d", r"\w", ".", "福", "(?:ab|a)", "(?=a)", "(?!b)", r"(a)\1"])
QUANTIFIERS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "*?"])
PATTERNS = st.lists(st.tuples(PARTS, QUANTIFIERS).map("".join), min_size=1, max_size=4).map("".join)


@given(PATTERNS, st.text(alphabet="ab1福\n", max_size=8))
def test_the_other_matcher_says_what_pythons_does(pattern: str, cell: str) -> None:
    assert Matcher(pattern)(cell) == bool(re.match(f"^{pattern}$", cell))


@pytest.mark.parametrize(
    "pattern",
    ["[1-9][0-9]{5}", "[A-Z]+", r"\d{4}-?\d{2}", "(甲|乙)", ".*", "(?:a|b)c*", r"[a-z]+@x\.cn", "(?=.{3})a{2}"],
)
def test_common_patterns_stay_with_pythons_matcher(pattern: str) -> None:
    assert is_tame(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|a)*", "a*a*b", "(a{1,9}){1,9}", "(?=(a+)+b)", "(a?){30}a{30}", "a{0,2000}"]
)
def test_patterns_that_backtrack_do_not(pattern: str) -> None:
    assert not is_tame(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+", "(?=a)(a+)+", "(a|aa)+", "(.*)*x"])
@pytest.mark.parametrize("inline", [True, False])
def test_a_bomb_ends_soon(
    make_package: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, pattern: str, inline: bool
) -> None:
    monkeypatch.setattr(matching, "PATIENCE", 0.2)
    schema = {"fields": [{"name": "a", "type": "string", "constraints": {"pattern": pattern}}, {"name": "b"}]}
    rows = [["a", "b"], ["a" * 60 + "!", "1"]]
    resource: dict[str, Any] = {"name": "t", "type": "table", "schema": schema}
    resource |= {"data": rows} if inline else {"path": "t.csv"}
    path: Path = make_package({"t.csv": "\n".join(map(",".join, rows))}, resources=[resource])
    started = time.monotonic()
    with opened(path, settings) as package:
        report = check(package, 10)
    assert time.monotonic() - started < 30
    (error,) = report.tasks[0].errors if report.tasks else report.errors
    assert error["type"] in ("constraint-error", "field-error")


def test_patience_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PATIENCE", 0.2)
    matches = Matcher("((a|aa)+)+")
    with pytest.raises(FrictionlessException, match=r"takes more than 0\.2 s: write it without nested repetitions"):
        matches("a" * 60 + "!")


@pytest.mark.parametrize("pattern", ["[[:alpha:]]+x*", "(?:foo){e<=1}x*y*"])
def test_what_the_other_matcher_means_otherwise_is_refused(pattern: str) -> None:
    with pytest.raises(FrictionlessException, match="may take for ever"):
        Matcher(pattern)
