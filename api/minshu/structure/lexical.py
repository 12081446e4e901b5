"""The lexical forms of Table Schema types in SQL: which cells are certainly of a type, and what value they have.

A form is *sound*, not complete: what it takes, frictionless reads as the same value; what it does not take - digits of
other scripts, blanks around numbers, offsets of time zones - is put to frictionless's own reader of that field.

A value that is written back as it was read costs half of what a regular expression costs, and is cast anyway for keys
and bounds. Where that fails, the expression decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from minshu.identifiers import literal

HOURS = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
MAX_DIGITS = 18
# Of more, DuckDB's own way is the faster one.
MOST_COMPARED = 16


@dataclass(frozen=True)
class Lexical:
    """One field's form: SQL that tells whether a cell is of it, the cell's value, and values of Python in SQL.

    Keys of two fields can be compared where their `kind` is the same. `constant` gives None for a value that cannot be
    compared with the column's; `staged` is the value that loading stages, None where SQL cannot make it. `unsigned` is
    that the value of a clean cell is 0 or more.
    """

    kind: str
    clean: str
    value: str
    constant: Callable[[Any], str | None]
    staged: str | None = None
    ordered: bool = True
    unsigned: str | None = None


def lexical(field: Any, cell: str) -> Lexical | None:
    """The form of a field of frictionless's, over the SQL `cell`; None where SQL has none for it."""
    form = FORMS.get(field.type)
    if form is None or (field.type in ("date", "time", "datetime", "string") and field.format != "default"):
        return None
    return form(field, cell)


def matches(cell: str, pattern: str) -> str:
    """SQL: the whole cell matches the pattern of RE2."""
    return f"regexp_full_match({cell}, {literal(pattern)})"


def among(value: str, constants: Sequence[str]) -> str:
    """SQL: the value is one of these, the texts of constants in SQL.

    From five on, DuckDB makes a list into a join with all rows, as often as the list is written. A column is compared
    with few one by one for less; what is computed would be so for each.
    """
    if not value.isidentifier() or not 0 < len(constants) <= MOST_COMPARED:
        return f"{value} in ({', '.join(constants)})" if constants else "false"
    cases = " ".join(f"when {constant} then true" for constant in constants)
    return f"(case {value} {cases} else false end)"


def _string(_: Any, cell: str) -> Lexical:
    def constant(value: Any) -> str | None:
        return literal(value) if isinstance(value, str) and "\0" not in value else None

    return Lexical("string", "true", cell, constant, cell, ordered=False)


def _integer(field: Any, cell: str) -> Lexical | None:
    if not field.bare_number:
        return None
    group = field.group_char
    if group and not _separators(".", group):
        return None
    plain = f"replace({cell}, {literal(group)}, '')" if group else cell
    digits = f"[0-9]{{1,{MAX_DIGITS}}}"
    grouped = f"([0-9]{{1,3}}({_hex(group)}[0-9]{{3}}){{0,5}}|{digits})" if group else digits
    value = f"try_cast({plain} as bigint)"
    text = f"cast({value} as varchar)"
    clean = f"({text} = {cell} or {matches(cell, f'-?{grouped}')})"
    return Lexical("integer", clean, value, _whole, value)


def _whole(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and abs(value) < 10**MAX_DIGITS else None


def _number(field: Any, cell: str) -> Lexical | None:
    point, group = field.decimal_char, field.group_char
    if field.float_number or not field.bare_number or not _separators(point, group):
        return None
    whole = f"[0-9]{{1,3}}({_hex(group)}[0-9]{{3}}){{0,5}}|[0-9]{{1,20}}" if group else "[0-9]{1,20}"
    plain = f"replace({cell}, {literal(group)}, '')" if group else cell
    plain = f"replace({plain}, {literal(point)}, '.')" if point != "." else plain
    trimmed = f"regexp_replace({plain}, '^(-?)0+([0-9])', '\\1\\2')"
    staged = f"(case when {cell} >= '1' then {plain} else {trimmed} end)"
    clean = matches(cell, f"-?({whole})({_hex(point)}[0-9]{{1,15}})?")
    value = f"try_cast({plain} as decimal(38,15))"
    # A sign sorts before the digits.
    return Lexical("number", clean, value, _decimal, staged, unsigned=f"{cell} >= '0'")


def _separators(point: str, group: str) -> bool:
    """Whether these can be told from the digits, the sign, and each other."""
    special = "0123456789+-_eE'"
    return (
        len(point) == 1
        and len(group) <= 1
        and point != group
        and not any(c in special or c.isspace() or not c.isprintable() for c in point + group)
        and group != "."
    )


def _hex(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"


def _decimal(value: Any) -> str | None:
    if not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= 10**20:
        return None
    text = format(number, "f")
    return f"{text}::decimal(38,15)" if len(text.partition(".")[2]) <= 15 else None


def _boolean(field: Any, cell: str) -> Lexical:
    false = among(cell, [literal(text) for text in field.false_values])
    either = among(cell, [literal(text) for text in (*field.true_values, *field.false_values)])
    value = f"(not {false})"
    return Lexical("boolean", either, value, lambda value: str(bool(value)).lower(), value, ordered=False)


def _date(_: Any, cell: str) -> Lexical:
    value = f"try_cast({cell} as date)"
    # Years past 9999 and before 1 are written longer.
    clean = f"(strlen({cell}) = 10 and cast({value} as varchar) = {cell})"
    return Lexical("date", clean, value, _day, value)


def _day(value: Any) -> str | None:
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) and not isinstance(value, datetime) else None


def _year(_: Any, cell: str) -> Lexical:
    value = f"try_cast({cell} as integer)"
    return Lexical("year", f"{cell} glob '[0-9][0-9][0-9][0-9]'", value, _whole, value)


def _yearmonth(_: Any, cell: str) -> Lexical:
    def constant(value: Any) -> str | None:
        return f"'{value[0]:04d}-{value[1]:02d}'" if isinstance(value, tuple) and 0 <= value[0] <= 9999 else None

    return Lexical("yearmonth", matches(cell, "[0-9]{4}-(0[1-9]|1[0-2])"), cell, constant, cell)


def _time(_: Any, cell: str) -> Lexical:
    def constant(value: Any) -> str | None:
        plain = isinstance(value, time) and value.tzinfo is None
        return f"TIME '{value.isoformat()}'" if plain else None

    return Lexical("time", matches(cell, HOURS), f"try_cast({cell} as time)", constant, cell)


def _datetime(_: Any, cell: str) -> Lexical:
    def constant(value: Any) -> str | None:
        plain = isinstance(value, datetime) and value.tzinfo is None
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'" if plain else None

    value = f"try_cast({cell} as timestamp)"
    clean = f"(strlen({cell}) = 19 and replace(cast({value} as varchar), ' ', 'T') = {cell})"
    return Lexical("datetime", clean, value, constant, f"replace({cell}, 'T', ' ')")


FORMS: dict[str, Callable[[Any, str], Lexical | None]] = {
    "string": _string,
    "any": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "year": _year,
    "yearmonth": _yearmonth,
    "time": _time,
    "datetime": _datetime,
}
