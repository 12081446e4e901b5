"""Patterns of strangers, matched within a time that does not depend on them.

Python's own matcher backtracks, and one pattern on one cell may take years: `(a+)+` on forty letters. Where a pattern
could, `regex` matches it instead, which can be told when to give up. All others stay with Python's.
"""

import re
import time
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from frictionless import FrictionlessException
from frictionless import errors as kinds

# Seconds of the processor for all cells of one field together. Matches that take less than a blink are not counted.
PATIENCE: Final = 3.0
BLINK: Final = 0.01
# In how many ways the repetitions of a pattern may share out a cell, one endless repetition apart.
WAYS: Final = 1000
# What `regex` understands otherwise: classes of POSIX, and fuzzy matching.
OTHERWISE: Final = re.compile(r"\[:|\{[eids]|\{[^}]*[<>]")


class Matcher:
    """Whether cells match a pattern as a whole. Raises FrictionlessException when its patience ends."""

    def __init__(self, pattern: str) -> None:
        # The module is as large as all others of a small validation together, and few patterns need it.
        import regex

        if OTHERWISE.search(pattern):
            raise FrictionlessException(_too_slow(pattern, "may take for ever"))
        self._pattern, self._left = pattern, PATIENCE
        self._compiled = regex.compile(f"^{pattern}$")

    def __call__(self, cell: str) -> bool:
        """Whether one cell matches."""
        started = time.process_time()
        try:
            found = self._compiled.match(cell, timeout=max(self._left, BLINK))
        except TimeoutError:
            raise FrictionlessException(_too_slow(self._pattern, f"takes more than {PATIENCE:g} s")) from None
        spent = time.process_time() - started
        if spent > BLINK:
            self._left -= spent
        return found is not None


def is_tame(pattern: str) -> bool:
    """Whether Python's matcher takes no more than time in proportion to a cell, for all that can be seen."""
    try:
        ways, endless = _ways(parser.parse(pattern), repeated=False)
    except (re.error, RecursionError, OverflowError, _Wild):
        return False
    return ways <= WAYS and endless <= 1


class _Wild(Exception):
    """Alternatives within a repetition, or something that is not known."""


def _ways(tree: Any, *, repeated: bool) -> tuple[int, int]:
    """In how many ways the bounded repetitions of a pattern can share out a cell, and how many are endless."""
    ways, endless = 1, 0
    for code, argument in tree:
        for part, fixed in _parts(code, argument):
            if repeated and (not fixed or code is codes.BRANCH):
                raise _Wild
            inner, more = _ways(part, repeated=repeated or code in (codes.MAX_REPEAT, codes.MIN_REPEAT))
            ways, endless = ways * inner, endless + more
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            least, most, _ = argument
            if most is codes.MAXREPEAT:
                endless += 1
            else:
                ways *= most - least + 1
    return ways, endless


def _parts(code: Any, argument: Any) -> list[tuple[Any, bool]]:
    """The patterns within a part of one, and whether there is but one way to take each."""
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        return [(argument[2], argument[0] == argument[1])]
    if code is codes.BRANCH:
        return [(branch, True) for branch in argument[1]]
    if code is codes.SUBPATTERN:
        return [(argument[3], True)]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [(argument[1], True)]
    if code in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN, codes.AT, codes.CATEGORY):
        return []
    raise _Wild


def _too_slow(pattern: str, words: str) -> kinds.FieldError:
    return kinds.FieldError(note=f"matching the pattern {pattern!r} {words}: write it without nested repetitions")
