"""Conditions and ranges, as pure functions."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.http.conditional import RangeNotSatisfiable, Validators, byte_range, not_modified

CHANGED = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
HELD = Validators('"abc"', CHANGED)


def http(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


@pytest.mark.parametrize("tags", ['"abc"', 'W/"abc"', '"x", "abc"', "*", '"x",W/"abc"'])
def test_a_tag_that_the_client_holds_is_not_sent_again(tags: str) -> None:
    assert not_modified({"if-none-match": tags}, HELD)


@pytest.mark.parametrize("tags", ['"abd"', "abc", "", '"ab", "c"'])
def test_another_tag_is_answered_whole(tags: str) -> None:
    assert not not_modified({"if-none-match": tags}, HELD)


@pytest.mark.parametrize(("seconds", "held"), [(-1, False), (0, True), (60, True)])
def test_a_date_counts_in_whole_seconds(seconds: int, held: bool) -> None:
    assert not_modified({"if-modified-since": http(CHANGED + timedelta(seconds=seconds))}, HELD) is held


def test_a_tag_is_asked_before_a_date() -> None:
    later = http(CHANGED + timedelta(days=1))
    assert not not_modified({"if-none-match": '"other"', "if-modified-since": later}, HELD)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-01-01", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_ignored(text: str) -> None:
    assert not not_modified({"if-modified-since": text}, HELD)


@given(st.integers(1, 10_000), st.data())
def test_a_range_gives_the_bytes_that_it_names(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size - 1))
    stop = data.draw(st.integers(start + 1, size * 2))
    content = bytes(index % 251 for index in range(size))
    found = byte_range({"range": f"bytes={start}-{stop - 1}"}, HELD, size)
    assert found is not None
    assert content[slice(*found)] == content[start:stop]


@given(st.integers(1, 1000), st.integers(1, 3000))
def test_a_suffix_range_gives_the_last_bytes(size: int, last: int) -> None:
    assert byte_range({"range": f"bytes=-{last}"}, HELD, size) == (max(size - last, 0), size)


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999-"])
def test_a_range_beyond_the_end_cannot_be_satisfied(text: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        byte_range({"range": text}, HELD, 10)


@pytest.mark.parametrize(
    "text",
    ["bytes=5-2", "bytes=", "bytes=-", "items=0-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=٣-٤", "bytes=" + "9" * 5000],
)
def test_a_range_that_makes_no_sense_or_is_many_is_answered_whole(text: str) -> None:
    assert byte_range({"range": text}, HELD, 10) is None


@pytest.mark.parametrize(
    ("condition", "kept"), [('"abc"', True), ('W/"abc"', False), ('"old"', False), (http(CHANGED), True)]
)
def test_a_range_holds_only_of_the_representation_that_the_client_knows(condition: str, kept: bool) -> None:
    assert (byte_range({"range": "bytes=0-1", "if-range": condition}, HELD, 10) is not None) is kept
