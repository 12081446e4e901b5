"""How the types of Table Schema are stored: the DuckDB type of each, and the cell that goes into it.

Data Package 2.0, Table Schema, "Field Types". Values keep their meaning, never their luck: a string of digits stays
a string, decimals stay decimal, and what no column type holds exactly (durations with months, mixed time zones) is
stored as text in its default lexical form.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

# How the values of a column stand in JSON.
JsonType = Literal["string", "number", "boolean", "array", "object"]

# The largest whole number up to which every reader of JSON numbers is exact.
MAX_SAFE_INTEGER = 2**53
# The most columns of a table: MySQL's limit. Every reader's work grows with their square. SQLite takes 2,000.
MOST_COLUMNS = 4096
# Far beyond what DECIMAL and DOUBLE hold.
LARGEST_EXPONENT = 1000
SURROGATE = re.compile("[\ud800-\udfff]")
# The types whose cells are JSON texts.
JSON_TYPES = ("object", "array", "geojson")


@dataclass(frozen=True)
class Storage:
    """How one field type is stored.

    `staged` is the type of the column that rows are first loaded into, `cell` makes its value. Where `candidates` are
    given, the column's final type is the first of them that every value of the column can be cast to without loss:
    it can only be known when all rows have been seen. `json_type` is how a value stands in JSON, where the field's
    type alone settles it.
    """

    staged: str
    cell: Callable[[Any], object]
    candidates: tuple[str, ...] = ()
    json_type: JsonType | None = None


def _decimal(value: Decimal | float) -> str:
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return str(float(number))
    # No column but one of texts holds such a number, and 1e999999999 would take a gigabyte to write out.
    return format(number, "f") if abs(number.adjusted()) <= LARGEST_EXPONENT else str(number)


def _instant(value: datetime) -> str:
    return value.isoformat(sep=" ")


def _json(value: object) -> str:
    """JSON as it was written, where it was; else the value in JSON, with unpaired surrogates escaped."""
    if isinstance(value, str):
        return value.strip()
    text = json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
    return text if text.isascii() or not SURROGATE.search(text) else json.dumps(value, default=str)


def _any(value: object) -> str:
    return value if isinstance(value, str) else _json(value)


def _geopoint(value: Any) -> str:
    return f"{_decimal(value[0])}, {_decimal(value[1])}"


def _yearmonth(value: Any) -> str:
    return f"{value[0]:04d}-{value[1]:02d}"


def _duration(value: object) -> str:
    from isodate import duration_isoformat

    return str(duration_isoformat(value))


STORAGE: Mapping[str, Storage] = {
    "string": Storage("VARCHAR", str),
    "any": Storage("VARCHAR", _any),
    "integer": Storage("VARCHAR", str, ("BIGINT", "DECIMAL(38,0)")),
    "number": Storage("VARCHAR", _decimal, ("DECIMAL", "DOUBLE")),
    "boolean": Storage("BOOLEAN", bool, json_type="boolean"),
    "date": Storage("DATE", lambda value: value),
    "time": Storage("VARCHAR", lambda value: value.isoformat(), ("TIME",)),
    "datetime": Storage("VARCHAR", _instant, ("TIMESTAMP", "TIMESTAMPTZ")),
    "year": Storage("INTEGER", int, json_type="number"),
    "yearmonth": Storage("VARCHAR", _yearmonth),
    "duration": Storage("VARCHAR", _duration),
    "geopoint": Storage("VARCHAR", _geopoint),
    "geojson": Storage("VARCHAR", _json, ("JSON",), "object"),
    "object": Storage("VARCHAR", _json, ("JSON",), "object"),
    "array": Storage("VARCHAR", _json, ("JSON",), "array"),
    "list": Storage("VARCHAR", _json, ("JSON",), "array"),
}


def storage_of(field_type: str) -> Storage:
    """How a field type is stored; a type that no standard names is stored as text."""
    return STORAGE.get(field_type, STORAGE["any"])
