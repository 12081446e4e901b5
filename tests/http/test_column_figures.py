"""The statistics of a column at a glance."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.http.cells import Cells
from minshu.http.column_figures import HEIGHT, STEP, bars, share, spread
from minshu.reports import Language

CELLS = Cells(Language.en, "VARCHAR")


@given(st.lists(st.integers(0, 10**12), max_size=22))
def test_every_count_has_a_bar_of_its_height(counts: list[int]) -> None:
    drawn = [(int(at), float(height)) for at, height in re.findall(r"M(\d+) \d+v-([\d.]+)h", bars(counts))]
    assert [at // STEP for at, _ in drawn] == [at for at, count in enumerate(counts) if count]
    for (_, height), count in zip(drawn, filter(None, counts), strict=True):
        assert height == pytest.approx(max(HEIGHT * count / max(counts), 1), abs=0.1)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_share_is_never_rounded_to_nothing_or_all(part: int, more: int) -> None:
    told = share(part, part + more)
    assert (told == "0%") == (part == 0)
    assert (told == "100%") == (part > 0 and more == 0)


def test_a_chart_shows_bins_where_there_are_some_else_frequent_values() -> None:
    bins = {"histogram": [{"from": 0, "to": 5, "count": 3}, {"from": 5, "to": 10, "count": 1}], "min": 1, "max": 9}
    told = spread(bins, CELLS)
    assert told
    assert (told.is_ordered, told.first, told.last, told.most) == (True, "1", "9", 3)
    told = spread({"top": [{"value": "<a>", "count": 5}, {"value": None, "count": 1}]}, CELLS)
    assert told
    assert (told.is_ordered, told.first, told.most) == (False, "&lt;a&gt;", 5)


@pytest.mark.parametrize("column", [{"top": [{"value": "a", "count": 1}]}, {"top": []}, {"count": 3, "nulls": 0}])
def test_values_that_all_differ_have_no_chart(column: dict[str, object]) -> None:
    assert spread(column, CELLS) is None
