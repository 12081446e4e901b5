"""Texts, how places in them are counted, and where a long one is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.provenance import Unit
from minshu.texts import Text, around, lines, page_of, pages

ENCODINGS = ["utf-8", "gb18030"]
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXT, st.sampled_from(Unit), st.sampled_from(ENCODINGS))
def test_every_place_is_found_again_by_its_offset(text: str, unit: Unit, encoding: str) -> None:
    counted = Text.of(text.encode(encoding), encoding, unit)
    offsets = [counted.offset(place) for place in range(len(text) + 1)]
    assert counted.places(offsets) == {offset: place for place, offset in enumerate(offsets)}


@pytest.mark.parametrize(("unit", "offset"), [(Unit.bytes, 2), (Unit.utf16, 2), (Unit.characters, 4), (Unit.bytes, -1)])
def test_what_is_no_place_has_none(unit: Unit, offset: int) -> None:
    assert Text.of("福\U0001f600省".encode(), "utf-8", unit).places([offset]) == {offset: None}


def test_a_place_is_counted_in_bytes_of_its_file_and_in_units_of_utf_16() -> None:
    data = "福\U0001f600省".encode("gb18030")
    assert Text.of(data, "gb18030", Unit.bytes).places([2, 6, 8]) == {2: 1, 6: 2, 8: 3}
    assert Text.of(data, "gb18030", Unit.utf16).places([1, 3, 4]) == {1: 1, 3: 2, 4: 3}


@given(st.text("ab\n\r", max_size=200), st.integers(1, 30))
def test_pages_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    cut = pages(text, most)
    assert "".join(text[start:end] for start, end in cut) == text
    assert all(end - start <= most for start, end in cut)
    assert all(end == start for (_, end), (start, _) in pairwise(cut))
    assert all(cut[page_of(cut, place)][0] <= place < cut[page_of(cut, place)][1] for place in range(len(text)))


def test_a_page_ends_behind_a_line_where_there_is_one() -> None:
    assert pages("甲乙\n丙丁\n戊", 5) == [(0, 3), (3, 7)]
    assert pages("甲乙丙丁", 3) == [(0, 3), (3, 4)]


def test_blank_lines_are_none() -> None:
    assert lines("甲\r\n \t\n\n乙丙", (0, 9)) == [(0, 1), (7, 9)]


def test_a_quotation_is_shown_within_its_lines() -> None:
    assert around("上一行\n前文引文后文\n下一行", (6, 8), 10) == ("前文", "引文", "后文")
    assert around("前文引文后文", (2, 4), 1) == ("文", "引文", "后")
