"""The row store: any rows of a table by their positions, as DuckDB would give them."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from minshu.manifest import ReleasedColumn
from minshu.paging import Source
from minshu.rowstore import BATCH_ROWS, RowStore, write_row_store

NUMBER = ReleasedColumn(name="n", type="BIGINT", field_type="integer", json_type="number")
TEXT = ReleasedColumn(name="s", type="VARCHAR", field_type="string", json_type="string")
ROWS = 3 * BATCH_ROWS + 17


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"create table t as select i as n, '第' || i as s from range({ROWS}) r(i)")
        yield connection


@pytest.fixture(scope="module")
def rows(connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> RowStore:
    path: Path = tmp_path_factory.mktemp("rows") / "t.rows.arrow"
    write_row_store(connection, Source("memory", "t", ("n", "s")), [NUMBER, TEXT], path)
    return RowStore(path)


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 1),
        (0, ROWS),
        (BATCH_ROWS - 1, BATCH_ROWS + 1),
        (BATCH_ROWS, 2 * BATCH_ROWS),
        (ROWS - 1, ROWS),
        (ROWS, ROWS),
        (5, 5),
        (100, 3 * BATCH_ROWS + 5),
    ],
)
def test_rows_are_found_by_their_positions(rows: RowStore, start: int, stop: int) -> None:
    found = rows.rows(start, stop)
    assert found.to_pydict() == {"n": list(range(start, stop)), "s": [f"第{n}" for n in range(start, stop)]}


def test_batches_are_even_whatever_sizes_rows_come_in(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("create table gaps as select i from range(400_000) r(i)")
    connection.execute("delete from gaps where i % 7 = 3")
    write_row_store(connection, Source("memory", "gaps", ("i",)), [NUMBER], tmp_path / "gaps.arrow")
    kept = [i for i in range(400_000) if i % 7 != 3]
    assert RowStore(tmp_path / "gaps.arrow").rows(0, len(kept)).column(0).to_pylist() == kept


def test_an_empty_table_has_no_rows_but_its_columns(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("create table nothing (a bigint, b varchar)")
    write_row_store(connection, Source("memory", "nothing", ("a", "b")), [NUMBER, TEXT], tmp_path / "nothing.arrow")
    found = RowStore(tmp_path / "nothing.arrow").rows(0, 0)
    assert (found.num_rows, found.schema.names) == (0, ["a", "b"])
