"""Spans of a text: how they lie over each other, and what they leave out.

Pure functions of a text and of places in it. A place is the number of characters before it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

Span = tuple[int, int]
"""The place of the first character, and that behind the last."""

DEPTH: Final = 12
"""How many spans may lie around a piece. What lies deeper is left out, for a page to stay as long as its text."""

_WORDS: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Opened:
    """A span that begins at a piece, or goes on there after it was cut by the end of another: `first` tells which."""

    span: int
    first: bool


@dataclass(frozen=True)
class Piece:
    """A stretch of text that no span begins or ends within: which spans open before it, and how many close behind it.

    Opened from the outermost on and closed in the other direction, they are as well nested as brackets.
    """

    start: int
    end: int
    opens: tuple[Opened, ...] = ()
    closes: int = 0


def pieces(within: Span, spans: Sequence[Span], depth: int = DEPTH) -> list[Piece]:
    """A stretch of text in pieces, by the spans that lie in it or reach into it.

    A span that overlaps the end of another is cut there, and goes on behind it. Of those that begin together the
    longest is outermost.
    """
    start, end = within
    inside = [at for at, (first, last) in enumerate(spans) if first < last and first < end and last > start]
    beginning: dict[int, list[int]] = {}
    for at in sorted(inside, key=lambda at: (-spans[at][1], at)):
        beginning.setdefault(max(spans[at][0], start), []).append(at)
    places = sorted({start, end, *beginning, *(min(spans[at][1], end) for at in inside)})
    found: list[Piece] = []
    around: list[int] = []
    for place, after in pairwise(places):
        opens = _closed(found, around, [at for at in around if spans[at][1] <= place])
        opens += [Opened(at, spans[at][0] >= start) for at in beginning.get(place, ())][
            : depth - len(around) - len(opens)
        ]
        around += [mark.span for mark in opens]
        found.append(Piece(place, after, tuple(opens)))
    if found:
        found[-1] = replace(found[-1], closes=len(around))
    return found


def _closed(found: list[Piece], around: list[int], ended: list[int]) -> list[Opened]:
    """Close the spans that have ended behind the last piece, and what was opened within them, which is to go on."""
    if not ended:
        return []
    outermost = min(around.index(at) for at in ended)
    cut = [Opened(at, first=False) for at in around[outermost:] if at not in ended]
    found[-1] = replace(found[-1], closes=len(around) - outermost)
    del around[outermost:]
    return cut


def joined(spans: Iterable[Span]) -> list[Span]:
    """What spans cover together: in order, apart from each other."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def left_out(text: str, spans: Iterable[Span]) -> list[Span]:
    """Where letters or figures stand that no span holds, without what surrounds them of marks and blanks."""
    place, found = 0, []
    for start, end in [*joined(spans), (len(text), len(text))]:
        words = [match.span() for match in _WORDS.finditer(text, place, start)] if place < start else []
        if words:
            found.append((words[0][0], words[-1][1]))
        place = max(place, end)
    return found


def letters(text: str) -> int:
    """How many letters and figures a text has: what can be cited of it."""
    return sum(match.end() - match.start() for match in _WORDS.finditer(text))
