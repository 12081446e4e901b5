"""When two cells are the same, though their columns are stored in other types: SQL that makes them comparable, exactly.

A column gets the narrowest type that holds all its values, so one new value changes the type of all. 1.10 and 1.1 are
the same number, and an instant is the same in every zone; a number is the same as a text that is written as it is.
"""

import re
from collections.abc import Callable

from minshu.manifest import ReleasedColumn

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)\Z")
_WHOLE = {"INTEGER": 10, "BIGINT": 19}
_MOST_DIGITS = 38
_NUMBERS = ("integer", "number", "year")
_OFFSET = "'[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?$'"

Comparable = Callable[[str], str]
"""SQL of a column's value that equals that of the other column where the values are the same."""


def comparable(old: ReleasedColumn, new: ReleasedColumn) -> tuple[Comparable, Comparable]:
    """How the cells of two columns are compared: SQL for each side, of the same type."""
    if old.type == new.type:
        return _plain, _plain
    decimal = _common_decimal(old.type, new.type)
    if decimal:
        return (lambda value: f"cast({value} as {decimal})"), (lambda value: f"cast({value} as {decimal})")
    if old.field_type in _NUMBERS and new.field_type in _NUMBERS:
        return _number(old.type), _number(new.type)
    if old.field_type == new.field_type == "datetime":
        return _instant(old.type), _instant(new.type)
    if old.field_type == new.field_type == "time":
        return _time(old.type), _time(new.type)
    return _text, _text


def _plain(value: str) -> str:
    return value


def _text(value: str) -> str:
    return f"cast({value} as varchar)"


def _common_decimal(*types: str) -> str | None:
    """The DECIMAL that holds the values of all types; None where there is none."""
    sizes = [_size(type_) for type_ in types]
    if None in sizes:
        return None
    whole = max(size[0] for size in sizes if size)
    scale = max(size[1] for size in sizes if size)
    return f"DECIMAL({whole + scale},{scale})" if whole + scale <= _MOST_DIGITS else None


def _size(type_: str) -> tuple[int, int] | None:
    """The digits before and behind the point."""
    if type_ in _WHOLE:
        return _WHOLE[type_], 0
    found = _DECIMAL.match(type_)
    return (int(found[1]) - int(found[2]), int(found[2])) if found else None


def _number(type_: str) -> Comparable:
    """A number as text. A column of DOUBLE holds no number of more than 15 digits; others are told as it tells them."""

    def by_double(value: str) -> str:
        return f"case when {value} = 0 then '0' else cast({value} as varchar) end"

    def by_text(value: str) -> str:
        text = f"cast({value} as varchar)"
        plain = f"regexp_full_match({text}, '[+-]?[0-9]*[.]?[0-9]*')"
        digits = f"trim(regexp_replace({text}, '[-+.]', '', 'g'), '0')"
        double = f"try_cast({text} as double)"
        short = f"{plain} and length({digits}) <= 15 and isfinite({double}) and ({double} <> 0 or {digits} = '')"
        rest = f"case when {plain} and contains({text}, '.') then rtrim(rtrim({text}, '0'), '.') else {text} end"
        return f"case when {short} then {by_double(double)} else {rest} end"

    return by_double if type_ == "DOUBLE" else by_text


def _instant(type_: str) -> Comparable:
    """A date and time as text: in UTC where it has an offset, else without a zone."""
    if type_ != "VARCHAR":
        return _text

    def told(value: str) -> str:
        zoned = f"cast(try_cast({value} as timestamptz) as varchar)"
        naive = f"cast(try_cast({value} as timestamp) as varchar)"
        found = f"case when regexp_matches({value}, {_OFFSET}) then {zoned} else {naive} end"
        return f"coalesce({found}, {value})"

    return told


def _time(type_: str) -> Comparable:
    if type_ != "VARCHAR":
        return _text
    return lambda value: (
        f"case when regexp_matches({value}, {_OFFSET}) then {value}"
        f" else coalesce(cast(try_cast({value} as time) as varchar), {value}) end"
    )
