"""The typed rows of a table by SQL alone, where SQL knows the value of every cell: what loading stages."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb

from minshu.identifiers import quoted
from minshu.meter import in_context
from minshu.structure.compile import Compiled, compiled
from minshu.structure.rows import without_foreign_keys
from minshu.structure.scan import scan
from minshu.structure.sources import DELIMITED, Source, direct
from minshu.structure.standard import corrected


def insert_typed(resource: Any, connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Make a table of the rows of a valid resource: `r` and `c0`, `c1`, … for its fields, in the file's order.

    The values are those that `minshu.fields` makes of frictionless's, whole numbers as such instead of as texts. False
    where SQL cannot tell all of them: for types without a form in SQL, cells in an unusual form, and files that DuckDB
    does not read. What the table holds then is of no use.
    """
    if resource.format not in DELIMITED:
        return False
    with corrected(), without_foreign_keys(resource)[0] as probe:
        fields = [compiled(field, f"c{position}") for position, field in enumerate(probe.header.get_expected_fields())]
        in_order = [item.field.name for item in fields] == probe.schema.field_names
        if (
            not in_order
            or not probe.header.valid
            or any(item.form is None or item.form.staged is None for item in fields)
        ):
            return False
        found = direct(probe, len(fields))
        if found is None:
            return False
        source, file, quote, end = found
        header = 1 if probe.dialect.header else 0
    with ThreadPoolExecutor(1) as pool:
        scanned = pool.submit(in_context(scan), file, quote, end)
        rows = _insert(source, fields, connection, table)
        result = scanned.result()
    return rows is not None and result.regular and result.records == rows + header


def _insert(source: Source, fields: list[Compiled], connection: duckdb.DuckDBPyConnection, table: str) -> int | None:
    """Insert, and count; None where a cell's value is not known: the first such cell ends it."""
    odd = " or ".join(item.odd for item in fields)
    values = ", ".join(f"{_staged(item)} as {item.cell}" for item in fields)
    try:
        connection.execute(
            f"create or replace table {quoted(table)} as"
            f" select case when {odd} then error('a cell in an unusual form') else r end as r, {values}"
            f" from {source.numbered}"
        )
    except duckdb.Error:
        return None
    return int(connection.execute(f"select count(*) from {quoted(table)}").fetchall()[0][0])


def _staged(item: Compiled) -> str:
    staged = item.form.staged if item.form else "null"
    return f"case when not {item.missing} then {staged} end"
