"""Scorecards in words, and the documentation of the measures."""

import re
from pathlib import Path

import pytest

from minshu.reports import Language
from minshu.scorecard.lists import DAYS, OPEN_LICENCES, STRUCTURED
from minshu.scorecard.measures import MEASURES
from minshu.scorecard.text import methods
from minshu.scorecard.words import percent


@pytest.mark.parametrize(
    ("numerator", "denominator", "words"),
    [(0, 3, "0%"), (3, 3, "100%"), (1, 3, "33.3%"), (1, 10_000, "0.1%"), (9_999, 10_000, "99.9%")],
)
def test_nothing_is_called_all_or_none_that_is_not(numerator: int, denominator: int, words: str) -> None:
    assert percent(numerator, denominator) == words


def test_the_documentation_says_of_every_measure_what_it_counts(root: Path) -> None:
    page = (root / "docs/scorecard.md").read_text("utf-8")
    assert methods(Language.en) in page
    assert set(re.findall(r"^### (\S+)$", page, re.MULTILINE)) == {one.name for one in MEASURES}


def test_the_documentation_has_the_lists_that_measures_count_by(root: Path) -> None:
    page = (root / "docs/scorecard.md").read_text("utf-8")
    assert f"`{'`, `'.join(sorted(STRUCTURED))}`" in page
    assert f"`{'`, `'.join(sorted(OPEN_LICENCES))}`" in page
    assert all(f"| {word} | {days} |" in page for word, days in DAYS.items())
