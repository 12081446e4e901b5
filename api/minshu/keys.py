"""Keys of rows, and their index: where the row of a primary key stands, as a SQLite file.

A key is the canonical text of each of its values, as `values` defines it, so that every way to write a value finds it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

import duckdb
import pyarrow as pa

from minshu.errors import BadKey
from minshu.filters import kind
from minshu.formats import text_values
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.paging import Source
from minshu.values import INTEGER, JSON_TEXT, TEXT, WRITTEN

_READ_ROWS = 50_000
_MAPPED = 2**31 - 2**16  # The most that SQLite maps of one file.
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


class KeyIndex:
    """An open index. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where the file cannot be read."""
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        finalize(self, self._connection.close)
        self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        width = len(self._connection.execute("PRAGMA table_info(keys)").fetchall()) - 1
        where = " AND ".join(f"k{at} = ?" for at in range(width))
        self._sql, self._lock = f"SELECT position FROM keys WHERE {where}", Lock()

    def position(self, key: Sequence[str]) -> int | None:
        """Where the row of a key stands, counted from 0; None where there is none. `key` is one of `parsed_key`."""
        with self._lock:
            found = self._connection.execute(self._sql, key).fetchone()
        return None if found is None else int(found[0])


def cell_texts(cells: Mapping[str, Any], names: Sequence[str]) -> list[str] | None:
    """The texts of some cells as JSON has them; None where one is null, is JSON, or is not there."""
    texts = [_cell_text(cells.get(name)) for name in names]
    known = [text for text in texts if text is not None]
    return known if len(known) == len(texts) else None


def key_of(table: ReleasedTable, cells: Mapping[str, Any], position: int) -> tuple[str, ...] | None:
    """The key of a row that stands at this position; None where a cell of it is not among these."""
    texts = cell_texts(cells, table.primary_key) if table.primary_key else [str(position + 1)]
    return tuple(texts) if texts else None


def _cell_text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell) if isinstance(cell, str | int | float) else None


def parsed_key(table: ReleasedTable, texts: Sequence[str]) -> tuple[str, ...]:
    """The canonical texts of a key of this table, which has one. Raises BadKey."""
    columns = {column.name: column for column in table.columns}
    key = [columns[name] for name in table.primary_key]
    if len(texts) != len(key):
        raise BadKey(f"A row of {table.name!r} is named by {'/'.join(table.primary_key)}. {_example(key)}")
    return tuple(_parsed(column, text, key) for column, text in zip(key, texts, strict=True))


def row_number(table: ReleasedTable, texts: Sequence[str]) -> int:
    """The row number that names a row of a table without a primary key, from 1. Raises BadKey."""
    text = texts[0] if len(texts) == 1 else ""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadKey(f"{table.name!r} has no primary key: its rows are named by number, from 1. Write for example 1.")
    return int(text)


def _parsed(column: ReleasedColumn, text: str, key: Sequence[ReleasedColumn]) -> str:
    held = kind(column)
    try:
        return held.canonical(text)
    except ValueError as error:
        raise BadKey(
            f"The key column {column.name!r} holds {held.plural} ({column.type}), and {text[:80]!r} does not fit. "
            f"{_example(key)}"
        ) from error


def _example(key: Sequence[ReleasedColumn]) -> str:
    return f"Write for example {'/'.join(kind(column).example for column in key)}."
