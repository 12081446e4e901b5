"""Values written as text, as a URL gives them, and what each column type takes.

A value is checked here, strictly, before it comes near SQL: DuckDB's own casts are looser (`'1.5'` casts to the
integer 2). It is then bound as text and cast to a type that holds it exactly, so nothing is ever pasted.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isinf

DECIMAL_DIGITS = 38
BIGINT_MAX = 2**63 - 1

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_TIMESTAMP = re.compile(rf"({_DATE.pattern})([T ]({_TIME.pattern})(Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?")
_DECIMAL_TYPE = re.compile(r"DECIMAL\(([0-9]+), ?([0-9]+)\)")
_BOOLEANS = {"true": "true", "True": "true", "TRUE": "true", "1": "true"} | {
    "false": "false", "False": "false", "FALSE": "false", "0": "false"
}  # fmt: skip
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "+inf": "Infinity", "-inf": "-Infinity"}


@dataclass(frozen=True)
class Kind:
    """What a column's values are. `canonical` gives equal values one text, and raises ValueError for other text."""

    name: str
    plural: str
    example: str
    canonical: Callable[[str], str]


def _text(text: str) -> str:
    text.encode()  # A lone surrogate is no text: UnicodeEncodeError is a ValueError.
    return text


def _integer(text: str) -> str:
    if not _INTEGER.fullmatch(text) or len(text.lstrip("+-0")) > DECIMAL_DIGITS:
        raise ValueError(text)
    return str(int(text))


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    plain = format(Decimal(text), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    sign, digits = ("-", plain[1:]) if plain[0] == "-" else ("", plain)
    whole, _, fraction = digits.partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) + len(fraction) > DECIMAL_DIGITS:
        raise ValueError(text)
    exact = f"{whole}.{fraction}" if fraction else whole
    return exact if exact == "0" else sign + exact


def _float(text: str) -> str:
    if text.lower() in _NOT_FINITE:
        return _NOT_FINITE[text.lower()]
    if not _NUMBER.fullmatch(text) or isinf(float(text)):
        raise ValueError(text)
    return repr(float(text) or 0.0)  # Zero has one sign.


def _boolean(text: str) -> str:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text]


def _date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text).isoformat()


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text).isoformat()


def _timestamp(text: str) -> str:
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(text)
    value = datetime.fromisoformat(text)
    try:
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    except OverflowError as error:
        raise ValueError(text) from error
    return value.isoformat(sep=" ")


def _timestamptz(text: str) -> str:
    return f"{_timestamp(text)}+00"


def _nothing(text: str) -> str:
    raise ValueError(text)


TEXT = Kind("text", "text", "福州市", _text)
JSON_TEXT = Kind("json", "JSON", "福州", _text)
WRITTEN = Kind("written", "values that no type holds exactly, as they were written", "12345", _text)
INTEGER = Kind("integer", "whole numbers", "42", _integer)
DECIMAL = Kind("decimal", "decimal numbers", "12.50", _number)
FLOAT = Kind("float", "numbers", "0.25", _float)
BOOLEAN = Kind("boolean", "true or false", "true", _boolean)
DATE = Kind("date", "dates", "2019-12-31", _date)
TIME = Kind("time", "times", "08:30:00", _time)
TIMESTAMP = Kind("timestamp", "dates with times", "2019-12-31T08:30:00", _timestamp)
TIMESTAMPTZ = Kind("timestamptz", "instants", "2019-12-31T08:30:00Z", _timestamptz)
OTHER = Kind("other", "values that cannot be compared", "", _nothing)

_MEASURED = ("integer", "number", "datetime", "time")
_KINDS = {
    "VARCHAR": TEXT,
    "JSON": JSON_TEXT,
    "FLOAT": FLOAT,
    "DOUBLE": FLOAT,
    "BOOLEAN": BOOLEAN,
    "DATE": DATE,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMP_S": TIMESTAMP,
    "TIMESTAMP_MS": TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "TIMESTAMP WITH TIME ZONE": TIMESTAMPTZ,
} | dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), INTEGER)


def kind_of(type_name: str, field_type: str) -> Kind:
    """What the values of a column are, by DuckDB's type and the Table Schema's.

    Whole numbers beyond 64 bits are stored as decimals; they still are whole numbers. Numbers and times that are stored
    as text are no text: compared as such they would give wrong answers.
    """
    if type_name == "VARCHAR" and field_type in _MEASURED:
        return WRITTEN
    if _DECIMAL_TYPE.fullmatch(type_name):
        return INTEGER if field_type == "integer" else DECIMAL
    return _KINDS.get(type_name, OTHER)


def bound_type(type_name: str, values: Sequence[str]) -> str:
    """The SQL type that canonical values are cast to beside a column of this type: one that holds each exactly.

    Raises ValueError where DuckDB has no type that holds both these values and the column's.
    """
    decimal = _DECIMAL_TYPE.fullmatch(type_name)
    if decimal:
        return _decimal_type(int(decimal[1]), int(decimal[2]), values)
    kind = _KINDS[type_name]
    if kind is INTEGER:
        return "BIGINT" if all(abs(int(value)) <= BIGINT_MAX for value in values) else "DECIMAL(38,0)"
    if kind is TIMESTAMP:
        return "TIMESTAMP"  # One with fractions compares rightly with a column that has none.
    return "VARCHAR" if kind is JSON_TEXT else type_name


def _decimal_type(width: int, scale: int, values: Sequence[str]) -> str:
    """The column's own type, widened for values with more digits: rounding them would change what is compared."""
    parts = [value.lstrip("-").partition(".") for value in values]
    whole = max([width - scale, *(len(left) for left, _, _ in parts if left != "0")])
    fraction = max([scale, *(len(right) for _, _, right in parts)])
    if whole + fraction > DECIMAL_DIGITS:
        raise ValueError(values)
    return f"DECIMAL({whole + fraction},{fraction})"
