"""Texts that records were made from: how places in them are counted, and where a long one is cut.

A place is the number of characters before it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from minshu.provenance import Unit
from minshu.spans import Span

_LINE: Final = re.compile(r"[^\r\n]*[^\s][^\r\n]*")
_BREAK: Final = re.compile(r"\r?\n|\r")
_UTF16: Final = "utf-16-le"


@dataclass(frozen=True)
class Text:
    """A text, and in what others count its places: each `width` bytes of `data` in an encoding, or its characters."""

    text: str
    data: bytes | None = None
    encoding: str = ""
    width: int = 1

    @classmethod
    def of(cls, data: bytes, encoding: str, unit: Unit, errors: str = "strict") -> Self:
        """The text of a file. Raises ValueError or LookupError where it is not in its encoding."""
        text = data.decode(encoding, errors)
        if unit is Unit.characters:
            return cls(text)
        if unit is Unit.bytes:
            return cls(text, data, encoding)
        return cls(text, text.encode(_UTF16, "replace"), _UTF16, 2)

    def places(self, offsets: Iterable[int]) -> Mapping[int, int | None]:
        """The place of each offset; None for one that lies within a character, or beyond the text."""
        if self.data is None:
            return {offset: offset if 0 <= offset <= len(self.text) else None for offset in offsets}
        found: dict[int, int | None] = {}
        at, place = 0, 0
        for offset in sorted(set(offsets)):
            found[offset] = None
            if 0 <= offset * self.width <= len(self.data):
                try:
                    place += len(self.data[at : offset * self.width].decode(self.encoding))
                except UnicodeDecodeError:
                    continue
                at, found[offset] = offset * self.width, place
        return found

    def offset(self, place: int) -> int:
        """The offset of a place."""
        return place if self.data is None else len(self.text[:place].encode(self.encoding, "replace")) // self.width


def lines(text: str, within: Span) -> list[Span]:
    """The lines of a stretch of text that are not blank."""
    return [match.span() for match in _LINE.finditer(text, *within)]


def pages(text: str, most: int) -> list[Span]:
    """A text cut into pages of at most so many characters: behind a line where there is one, else anywhere."""
    ends = [match.end() for match in _BREAK.finditer(text)]
    found: list[Span] = []
    start = 0
    while len(text) - start > most:
        at = bisect_right(ends, start + most) - 1
        end = ends[at] if at >= 0 and ends[at] > start else start + most
        found.append((start, end))
        start = end
    return [*found, (start, len(text))]


def page_of(cut: Sequence[Span], place: int) -> int:
    """On which page of a text a place stands, counted from 0."""
    return min(bisect_right([end for _, end in cut], place), len(cut) - 1)


def around(text: str, span: Span, most: int) -> tuple[str, str, str]:
    """What stands before a span, in it, and behind it, of its lines alone, and of each side so many characters."""
    start, end = span
    before = _BREAK.split(text[max(0, start - most) : start])[-1]
    behind = _BREAK.split(text[end : end + most])[0]
    return before, text[start:end], behind
