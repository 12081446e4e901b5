"""The columns of an answer: what their values are, and how they stand in JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from minshu.fields import MAX_SAFE_INTEGER, JsonType

ColumnJsonType = JsonType | Literal["any"]
"""How the values of a column stand in JSON; `any` where one may stand otherwise than the next."""

EXACT = MAX_SAFE_INTEGER
"""The largest whole number up to which every reader of JSON numbers is exact."""


@dataclass(frozen=True)
class Column:
    """A column of an answer: its name, its DuckDB type, and how its values stand in JSON."""

    name: str
    type: str
    json: ColumnJsonType


def columns_of(
    schema: pa.Schema, duckdb_types: Sequence[str], rows: Iterable[pa.RecordBatch] = ()
) -> tuple[Column, ...]:
    """The columns of an Arrow schema whose DuckDB types are told beside it.

    A 64-bit column is a `string` in JSON where one of `rows` goes beyond ±2^53, and a `number` otherwise. Who
    streams a table and knows its extremes makes its columns without rows, and widens them with `as_strings`.
    """
    columns = tuple(
        Column(item.name, name, json_type(item.type, name)) for item, name in zip(schema, duckdb_types, strict=True)
    )
    large = {index for batch in rows for index in range(len(columns)) if exceeds(batch.column(index))}
    return tuple(as_strings(column) if index in large else column for index, column in enumerate(columns))


def as_strings(column: Column) -> Column:
    """The same column with its values as strings in JSON, for a release that holds numbers beyond 2^53."""
    return replace(column, json="string")


def json_type(kind: pa.DataType, name: str) -> ColumnJsonType:
    """How the values of an Arrow type stand in JSON, before any of them is seen."""
    if name == "JSON" or pt.is_union(kind):
        return "any"
    if pt.is_boolean(kind):
        return "boolean"
    if pt.is_integer(kind) or pt.is_floating(kind):
        return "number"
    if pt.is_struct(kind) or pt.is_map(kind):
        return "object"
    return "array" if is_list(kind) else "string"


def is_list(kind: pa.DataType) -> bool:
    """Lists of any and of fixed length."""
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind))


def exceeds(array: pa.Array) -> bool:
    """Whether an array of 64-bit integers holds one beyond ±2^53."""
    if array.type not in (pa.int64(), pa.uint64()):
        return False
    extremes = pc.min_max(array).as_py()
    return extremes["min"] is not None and (extremes["min"] < -EXACT or extremes["max"] > EXACT)
