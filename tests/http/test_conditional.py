"""Conditions and ranges, as pure functions."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.http.conditional import PreconditionFailed, RangeNotSatisfiable, Validators, byte_range, not_modified

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


NO_DATES = [
    "yesterday",
    "",
    "2026-01-01",
    "Thu, 99 Jan 2026 00:00:00 GMT",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "Mon, 01 Jan 2026 00:00:00 +99999999999999",
]


@pytest.mark.parametrize("text", NO_DATES)
@pytest.mark.parametrize("header", ["if-modified-since", "if-unmodified-since"])
def test_a_date_that_is_none_is_ignored(header: str, text: str) -> None:
    assert not not_modified({header: text}, HELD)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ (Jan|Feb) \d+ \d+:\d+:\d+ ([+-]\d+|GMT)", fullmatch=True))
def test_any_text_may_be_sent_for_a_date(text: str) -> None:
    assert not_modified({"if-modified-since": text}, HELD) in (True, False)


@pytest.mark.parametrize("tags", ['"abc"', '"x", "abc"', "*", '"x",\t"abc"'])
def test_an_answer_is_given_where_it_is_the_one_that_was_asked_for(tags: str) -> None:
    assert not not_modified({"if-match": tags}, HELD)


@pytest.mark.parametrize("tags", ['"other"', 'W/"abc"', "abc", ""])
def test_an_answer_that_is_not_the_one_that_was_asked_for_is_refused(tags: str) -> None:
    with pytest.raises(PreconditionFailed, match="If-Match"):
        not_modified({"if-match": tags}, HELD)


def test_a_weak_tag_is_never_the_one_that_was_asked_for() -> None:
    with pytest.raises(PreconditionFailed):
        not_modified({"if-match": 'W/"abc"'}, Validators('W/"abc"'))


@pytest.mark.parametrize(("seconds", "refused"), [(-1, True), (0, False), (60, False)])
def test_an_answer_that_changed_since_is_refused(seconds: int, refused: bool) -> None:
    condition = {"if-unmodified-since": http(CHANGED + timedelta(seconds=seconds))}
    with pytest.raises(PreconditionFailed, match="If-Unmodified-Since") if refused else nullcontext():
        assert not not_modified(condition, HELD)


def test_an_answer_without_a_date_is_never_refused_by_one() -> None:
    assert not not_modified({"if-unmodified-since": http(CHANGED)}, Validators('"abc"'))


def test_conditions_are_asked_in_the_order_of_the_standard() -> None:
    earlier = http(CHANGED - timedelta(days=1))
    assert not_modified({"if-match": '"abc"', "if-unmodified-since": earlier, "if-none-match": '"abc"'}, HELD)
    with pytest.raises(PreconditionFailed):
        not_modified({"if-match": '"other"', "if-none-match": '"abc"'}, HELD)


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
