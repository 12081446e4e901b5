"""The key index: where the row of a primary key stands, as a SQLite file.

A key is the canonical text of each of its values, as `values` defines it, so that every way to write a value finds it.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from minshu.filters import kind
from minshu.formats import text_values
from minshu.manifest import ReleasedColumn
from minshu.paging import Source
from minshu.values import INTEGER, JSON_TEXT, TEXT, WRITTEN

_READ_ROWS = 50_000
# Kinds whose lexical form is the canonical one.
_CANONICAL = (TEXT, JSON_TEXT, WRITTEN, INTEGER)


def write_keys(
    connection: duckdb.DuckDBPyConnection, source: Source, key: Sequence[ReleasedColumn], path: Path
) -> None:
    """Write the index of a table's primary key, in bounded memory.

    The rows come sorted by their keys' text, so that SQLite appends to its tree.
    """
    columns = ", ".join(source.reference(column.name) for column in key)
    order = ", ".join(f"CAST({source.reference(column.name)} AS VARCHAR)" for column in key)
    rows = connection.sql(f"SELECT {columns}, t.rowid FROM {source.sql} ORDER BY {order}, t.rowid")
    with closing(sqlite3.connect(path, isolation_level=None)) as index:
        # The release is made durable as a whole, and what is half written is thrown away.
        for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
            index.execute(f"PRAGMA {pragma}")
        index.execute(_create(len(key)))
        index.execute("BEGIN")
        for batch in rows.to_arrow_reader(_READ_ROWS):
            texts = [_texts(batch.column(at), column) for at, column in enumerate(key)]
            index.executemany(_insert(len(key)), zip(*texts, batch.column(len(key)).to_pylist(), strict=True))
        index.execute("COMMIT")


def _create(width: int) -> str:
    names = [f"k{at}" for at in range(width)]
    values = ", ".join(f"{name} TEXT NOT NULL" for name in names)
    return f"CREATE TABLE keys ({values}, position INTEGER NOT NULL, PRIMARY KEY ({', '.join(names)})) WITHOUT ROWID"


def _insert(width: int) -> str:
    # Validation has found the keys unique; values that differ for it and are one here would be told by the first.
    return f"INSERT OR IGNORE INTO keys VALUES ({'?, ' * width}?)"


def _texts(array: pa.Array, column: ReleasedColumn) -> list[str]:
    texts = text_values(array, column.type).to_pylist()
    held = kind(column)
    return texts if held in _CANONICAL else [held.canonical(text) for text in texts]
