"""The key index: the position of every row by its primary key."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from minshu.keys import write_keys
from minshu.manifest import ReleasedColumn
from minshu.paging import Source


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def indexed(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    types: tuple[tuple[str, str], ...],
    rows: Sequence[tuple[str, ...]],
) -> list[tuple[str | int, ...]]:
    """The rows of the index of a table of these DuckDB and field types, whose columns are all its key."""
    names = tuple(f"f{at}" for at in range(len(types)))
    declared = ", ".join(f"{name} {type_}" for name, (type_, _) in zip(names, types, strict=True))
    connection.execute(f"create table t ({declared})")
    connection.executemany(f"insert into t values ({', '.join('?' * len(types))})", rows)
    columns = [
        ReleasedColumn(name=name, type=type_, field_type=field, json_type="string")
        for name, (type_, field) in zip(names, types, strict=True)
    ]
    write_keys(connection, Source("memory", "t", names), columns, folder / "keys.sqlite")
    with closing(sqlite3.connect(folder / "keys.sqlite")) as index:
        return index.execute("select * from keys order by position").fetchall()


@pytest.mark.parametrize(
    ("type_", "field", "written", "canonical"),
    [
        ("BIGINT", "integer", "-42", "-42"),
        ("DECIMAL(38,0)", "integer", "9" * 38, "9" * 38),
        ("DECIMAL(10,2)", "number", "1.10", "1.1"),
        ("DOUBLE", "number", "1e300", "1e+300"),
        ("DOUBLE", "number", "-infinity", "-Infinity"),
        ("BOOLEAN", "boolean", "true", "true"),
        ("DATE", "date", "0987-01-02", "0987-01-02"),
        ("TIME", "time", "08:30:00.5", "08:30:00.500000"),
        ("TIMESTAMP", "datetime", "2019-12-31 08:30:00", "2019-12-31 08:30:00"),
        ("TIMESTAMPTZ", "datetime", "2019-12-31 08:30:00+08", "2019-12-31 00:30:00+00"),
        ("VARCHAR", "string", "福州/'市\0\"", "福州/'市\0\""),
        ("VARCHAR", "string", "", ""),
        ("JSON", "array", "[1, 2]", "[1, 2]"),
    ],
)
def test_a_key_is_its_canonical_text(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, type_: str, field: str, written: str, canonical: str
) -> None:
    assert indexed(connection, tmp_path, ((type_, field),), [(written,)]) == [(canonical, 0)]


def test_a_key_of_several_columns_is_found_by_all_of_them(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [("b", "1"), ("a", "2"), ("a", "10")]
    found = indexed(connection, tmp_path, (("VARCHAR", "string"), ("BIGINT", "integer")), rows)
    assert found == [("b", "1", 0), ("a", "2", 1), ("a", "10", 2)]


def test_every_row_of_many_batches_is_there(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("create table t as select (i * 7919) % 120_011 as f0 from range(120_011) r(i)")
    column = ReleasedColumn(name="f0", type="BIGINT", field_type="integer", json_type="number")
    write_keys(connection, Source("memory", "t", ("f0",)), [column], tmp_path / "keys.sqlite")
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as index:
        found = index.execute("select cast(k0 as integer), position from keys").fetchall()
    assert {(i * 7919) % 120_011: i for i in range(120_011)} == dict(found)
