"""Spans of a text: how they lie over each other, and what they leave out."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from minshu.spans import Piece, Span, joined, left_out, letters, pieces

TEXT = "一、办好（峰会）。\n二、省数字办 answers for 15 points。"
SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30)
WITHIN = st.tuples(st.integers(0, 20), st.integers(20, 40))


def words(found: list[Piece], spans: list[Span]) -> dict[int, list[Span]]:
    """The stretches of text that each span lies around, by walking through the pieces as a page does."""
    around: list[int] = []
    held: dict[int, list[Span]] = {}
    for piece in found:
        around += [mark.span for mark in piece.opens]
        for at in around:
            held.setdefault(at, []).append((piece.start, piece.end))
        del around[len(around) - piece.closes :]
    assert not around  # What was opened is closed.
    return held


def clipped(span: Span, within: Span) -> Span:
    return max(span[0], within[0]), min(span[1], within[1])


@given(SPANS, WITHIN)
def test_pieces_are_the_text_once_and_in_order(spans: list[Span], within: Span) -> None:
    found = pieces(within, spans)
    ends = [within[0], *(piece.end for piece in found)]
    assert [(piece.start, piece.end) for piece in found] == list(pairwise(ends))
    assert ends[-1] == within[1]


@given(SPANS, WITHIN)
def test_a_span_lies_around_its_own_words_and_no_others(spans: list[Span], within: Span) -> None:
    held = words(pieces(within, spans, depth=99), spans)
    inside = {at: clipped(span, within) for at, span in enumerate(spans) if span[0] < span[1]}
    expected = {at: span for at, span in inside.items() if span[0] < span[1]}
    assert {at: joined(parts) for at, parts in held.items()} == {at: [span] for at, span in expected.items()}


@given(SPANS, WITHIN)
def test_a_span_begins_once_where_it_begins_within(spans: list[Span], within: Span) -> None:
    found = pieces(within, spans, depth=99)
    first = [(mark.span, piece.start) for piece in found for mark in piece.opens if mark.first]
    inside = [at for at, span in enumerate(spans) if within[0] <= span[0] < min(span[1], within[1])]
    assert sorted(first) == [(at, spans[at][0]) for at in inside]


@given(SPANS, WITHIN, st.integers(1, 4))
def test_no_piece_lies_deeper_than_may_be(spans: list[Span], within: Span, depth: int) -> None:
    around = 0
    for piece in pieces(within, spans, depth):
        around += len(piece.opens)
        assert around <= depth
        around -= piece.closes


def test_of_spans_that_begin_together_the_longest_is_outermost() -> None:
    first, *_ = pieces((0, 9), [(0, 3), (0, 9), (0, 5)])
    assert [mark.span for mark in first.opens] == [1, 2, 0]


def test_a_span_that_overlaps_another_is_cut_at_its_end_and_goes_on() -> None:
    found = pieces((0, 6), [(0, 4), (2, 6)])
    assert [(piece.start, [(mark.span, mark.first) for mark in piece.opens], piece.closes) for piece in found] == [
        (0, [(0, True)], 0),
        (2, [(1, True)], 2),
        (4, [(1, False)], 1),
    ]


@given(SPANS)
def test_what_is_left_out_and_what_is_held_are_all_letters(spans: list[Span]) -> None:
    spans = [(start, end) for start, end in spans if end <= len(TEXT)]
    gaps = left_out(TEXT, spans)
    held = sum(letters(TEXT[start:end]) for start, end in joined(spans))
    assert held + sum(letters(TEXT[start:end]) for start, end in gaps) == letters(TEXT)
    assert all(b <= c for (_, b), (c, _) in pairwise(sorted([*gaps, *joined(spans)])))


def test_marks_and_blanks_alone_are_nothing_left_out() -> None:
    assert left_out("甲、乙。\n丙", [(0, 1), (2, 3)]) == [(5, 6)]
