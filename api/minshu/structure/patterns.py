"""Regular expressions of Python as RE2's, where RE2 can say the same.

A translated pattern is *sound*: whatever it matches as a whole, frictionless's `re.match("^PATTERN$")` matches too.
It may match less (digits of other scripts, a trailing line end): such cells are put to Python's own matching.
"""

import re
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_REPEAT = 1000  # RE2 refuses more.
CLASSES = {
    codes.CATEGORY_DIGIT: "0-9",
    codes.CATEGORY_WORD: "0-9A-Za-z_",
    codes.CATEGORY_SPACE: " \\t\\n\\r\\f\\v",
}
ANCHORS = {
    codes.AT_BEGINNING: "\\A",
    codes.AT_BEGINNING_STRING: "\\A",
    codes.AT_END: "\\z",
    codes.AT_END_STRING: "\\z",
}


class _NotInRe2(ValueError):
    """RE2 cannot say this part of a pattern, or says something else."""


def as_re2(pattern: str) -> str | None:
    """The pattern for RE2, to be matched against whole cells; None where RE2 cannot say it."""
    try:
        tree = parser.parse(pattern)
        if tree.state.flags & ~re.UNICODE:
            return None
        return _sequence(tree)
    except (re.error, _NotInRe2, RecursionError, OverflowError):
        return None


def _sequence(tree: Any) -> str:
    return "".join(_node(code, argument) for code, argument in tree)


def _node(code: Any, argument: Any) -> str:
    if code in SIMPLE:
        return SIMPLE[code](argument)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        return _repeat(*argument)
    if code is codes.BRANCH:
        return f"(?:{'|'.join(_sequence(branch) for branch in argument[1])})"
    if code is codes.AT and argument in ANCHORS:
        return ANCHORS[argument]
    if code is codes.SUBPATTERN and not argument[1] and not argument[2]:
        return f"(?:{_sequence(argument[3])})"
    raise _NotInRe2


def _repeat(least: int, most: int, repeated: Any) -> str:
    unbounded = most is codes.MAXREPEAT
    if least > MAX_REPEAT or (not unbounded and most > MAX_REPEAT):
        raise _NotInRe2
    return f"(?:{_sequence(repeated)}){{{least},{'' if unbounded else most}}}"


def _class(items: Any) -> str:
    negated = items[0][0] is codes.NEGATE
    parts = []
    for code, argument in items[1:] if negated else items:
        if code is codes.LITERAL:
            parts.append(_character(argument))
        elif code is codes.RANGE:
            parts.append(f"{_character(argument[0])}-{_character(argument[1])}")
        elif code is codes.CATEGORY and argument in CLASSES and not negated:
            parts.append(CLASSES[argument])
        else:
            raise _NotInRe2
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _character(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF or code == 0:
        raise _NotInRe2
    return f"\\x{{{code:X}}}"


SIMPLE: dict[Any, Callable[[Any], str]] = {
    codes.LITERAL: _character,
    codes.NOT_LITERAL: lambda code: f"[^{_character(code)}]",
    codes.ANY: lambda _: "[^\\n]",
    codes.IN: _class,
}
