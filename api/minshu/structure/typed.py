"""The typed rows of a table by SQL alone, where SQL knows the value of every cell."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from minshu.fields import storage_of
from minshu.identifiers import quoted
from minshu.meter import in_context
from minshu.structure.compile import Compiled, compiled
from minshu.structure.rows import without_foreign_keys
from minshu.structure.scan import scan
from minshu.structure.sources import DELIMITED, Source, direct
from minshu.structure.standard import corrected


@dataclass(frozen=True)
class Stored:
    """The type of a column, and the largest of its whole numbers, signs aside."""

    type: str
    largest: int = 0


@dataclass(frozen=True)
class _File:
    """A file as DuckDB reads it: its fields, and what a scan of its bytes is to know."""

    source: Source
    fields: Sequence[Compiled]
    path: Path
    quote: str
    line_end: str
    header: int


def insert_typed(
    resource: Any, connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], *, certain: bool = False
) -> tuple[Stored, ...] | None:
    """Make a table of the rows of a valid resource in the file's order: their numbers, and the fields.

    `names` are those of its columns. Values and types are those that `minshu.loading` finds for what `minshu.fields`
    makes of frictionless's. None, and no table, where SQL cannot tell all of them: for types without a form in SQL,
    cells in an unusual form, and files that DuckDB does not read. For a table that is `certain` all this is known not
    to be so, as `checked` has found.
    """
    file = _opened(resource)
    if file is None:
        return None
    try:
        stored = _sized(file, connection)[1] if certain else _proven(file, connection)
        if stored is not None:
            _insert(file, stored, connection, table, names)
    except duckdb.Error:
        return None
    return stored


def _opened(resource: Any) -> _File | None:
    if resource.format not in DELIMITED:
        return None
    with corrected(), without_foreign_keys(resource)[0] as probe:
        fields = [compiled(field, f"c{position}") for position, field in enumerate(probe.header.get_expected_fields())]
        in_order = [item.field.name for item in fields] == probe.schema.field_names
        if (
            not in_order
            or not probe.header.valid
            or any(item.form is None or item.form.staged is None for item in fields)
        ):
            return None
        found = direct(probe, len(fields))
        if found is None:
            return None
        source, path, quote, end = found
        return _File(source, fields, path, quote, end, 1 if probe.dialect.header else 0)


def _proven(file: _File, connection: duckdb.DuckDBPyConnection) -> tuple[Stored, ...] | None:
    """How the fields are stored; None where DuckDB reads the lines of the file otherwise than Python does."""
    odd = " or ".join(item.odd for item in file.fields)
    with ThreadPoolExecutor(1) as pool:
        scanned = pool.submit(in_context(scan), file.path, file.quote, file.line_end)
        # The first cell whose value is not known ends it.
        rows, stored = _sized(file, connection, f"case when {odd} then error('a cell in an unusual form') else 1 end")
        result = scanned.result()
    return stored if result.regular and result.records == rows + file.header else None


def _sized(file: _File, connection: duckdb.DuckDBPyConnection, row: str = "1") -> tuple[int, tuple[Stored, ...]]:
    """How many rows there are, each with a value of the SQL `row`, and how the fields are stored.

    The first type that holds every value is known by a field's form, but for the digits of numbers.
    """
    sizes = ", ".join(size for position, item in enumerate(file.fields) for size in _sizes(item, f"v{position}"))
    values = ", ".join(f"{_value(item)} as v{position}" for position, item in enumerate(file.fields))
    rows, *found = connection.execute(
        f"select count(known), {sizes} from (select {row} as known, {values} from {file.source.relation})"
    ).fetchall()[0]
    return rows, tuple(map(_typed, file.fields, found[::2], found[1::2]))


def _sizes(item: Compiled, value: str) -> tuple[str, str]:
    """SQL: the most digits of the numbers of a field before and behind their points, or its largest integer."""
    point = f"instr({value}, '.')"
    if item.field.type == "number":
        sign = f"cast(starts_with({value}, '-') as integer)"
        whole = f"(case when {point} = 0 then strlen({value}) else {point} - 1 end) - {sign}"
        scale = f"(case when {point} = 0 then 0 else strlen({value}) - {point} end)"
        return f"coalesce(max({whole}), 1)", f"coalesce(max({scale}), 0)"
    if item.field.type == "integer":
        return f"coalesce(greatest(max({value}), -cast(min({value}) as hugeint)), 0)", "0"
    return "0", "0"


def _typed(item: Compiled, size: int, scale: int) -> Stored:
    storage = storage_of(item.field.type)
    type_ = next(iter(storage.candidates), storage.staged)
    if type_ == "DECIMAL":
        return Stored(f"DECIMAL({max(size + scale, 1)},{scale})")
    return Stored(type_, size)


def _insert(
    file: _File, stored: Sequence[Stored], connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]
) -> None:
    pairs = zip(file.fields, stored, strict=True)
    values = ", ".join(f"cast({_value(item)} as {column.type})" for item, column in pairs)
    # Named outside, for in the same list a name could be taken for one of the file's columns.
    named = f"named({', '.join(map(quoted, names))})"
    connection.execute(
        f"create table {quoted(table)} as select * from (select r, {values} from {file.source.numbered}) as {named}"
    )


def _value(item: Compiled) -> str:
    staged = item.form.staged if item.form else "null"
    return f"case when not {item.missing} then {staged} end"
