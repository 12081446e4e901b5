"""A table in which a column of every kind holds what is odd of its kind, and its charts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from minshu.charts.choices import chosen
from minshu.charts.points import Points, is_full, points_of
from minshu.charts.renderer import Renderer
from minshu.charts.statements import Statement, select_points, select_totals
from minshu.formats import columns_of, json_cells
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.paging import Source
from minshu.stats import Stats, table_stats

TABLE = '表 "一"?'
# name, type, the Table Schema's type, how it stands in JSON, and values: all columns are as long.
COLUMNS: tuple[tuple[str, str, str, str, tuple[Any, ...]], ...] = (
    (
        *("城市?", "VARCHAR", "string", "string"),
        ("福州市", "厦门市", "福州市", None, "", "福州市", "a\x0bb\n<&>", "长" * 300),
    ),
    ("同", "VARCHAR", "string", "string", ("（空）", None, "（空）", "(null)", "x", "x", "x", "x")),
    ("整数", "BIGINT", "integer", "number", (1, 2, 3, 3, -5, None, 0, 1)),
    ("年", "BIGINT", "integer", "number", (2015, 2016, 2017, 2018, 2019, 2019, 2020, 2021)),
    ("大数", "DECIMAL(38,0)", "integer", "string", (10**37, 1, None, -(10**37), 2, 3, 4, 5)),
    ("金额", "DECIMAL(10,2)", "number", "string", ("0.30", "-0.05", "1.10", "12345678.90", None, "0", "2", "3")),
    ("比率", "DOUBLE", "number", "number", (0.1, float("nan"), float("inf"), -1e300, None, 0.2, 0.3, 1e-9)),
    ("真", "BOOLEAN", "boolean", "boolean", (True, False, None, True, True, False, True, True)),
    (
        *("日期", "DATE", "date", "string"),
        ("2019-01-31", "2019-02-01", None, "2020-02-29", "0001-01-01", "9999-12-31", *["2019-01-02"] * 2),
    ),
    (
        *("时间", "TIME", "time", "string"),
        ("08:30:00", "08:30:00", None, "23:59:59", "00:00:00", "01:00:00", "02:00:00", "03:00:00"),
    ),
    (
        *("时刻", "TIMESTAMP", "datetime", "string"),
        ("2019-01-31 08:30:00", "2019-01-31 08:45:00.5", None, *["2019-02-01 00:00:00"] * 5),
    ),
    ("瞬间", "TIMESTAMPTZ", "datetime", "string", ("2019-01-31 08:30:00+00", None, *["2019-01-31 23:30:00-08"] * 6)),
    ("文档", "JSON", "object", "object", ('{"a":1}', None, *["[]"] * 6)),
    ("rowid", "BIGINT", "integer", "number", (7, 7, 7, 7, 7, 7, 7, 7)),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """A table, its statistics, and the charts of it as the service makes them."""

    connection: duckdb.DuckDBPyConnection
    table: ReleasedTable
    stats: Stats

    def points(self, *params: tuple[str, str]) -> Points:
        """The points of the chart that the parameters ask for."""
        chart = chosen(params, self.table, self.stats)
        rows = self.answer(select_points(self.table, chart))
        totals = self.answer(select_totals(self.table, chart))[0] if is_full(chart, rows) else None
        return points_of(chart, rows, totals)

    def answer(self, statement: Statement) -> list[Sequence[Any]]:
        """The rows of a statement as JSON has them."""
        found = self.connection.sql(statement.sql, params=statement.parameters or None)
        types, table = found.types, found.to_arrow_table()
        columns = columns_of(table.schema, [str(kind) for kind in types], table.to_batches())
        return [row for batch in table.to_batches() for row in json_cells(batch, columns)]


def world_of(connection: duckdb.DuckDBPyConnection, table: ReleasedTable) -> World:
    """A table that stands in a database, with its statistics."""
    source = Source("memory", table.name, tuple(column.name for column in table.columns))
    return World(connection, table, table_stats(connection, source, table.columns))


@pytest.fixture(scope="session")
def odd() -> Iterator[World]:
    """The odd table."""
    columns = tuple(
        ReleasedColumn(name=name, type=kind, field_type=field, json_type=json) for name, kind, field, json, _ in COLUMNS
    )
    rows = list(zip(*(values for *_, values in COLUMNS), strict=True))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        quoted = TABLE.replace('"', '""')
        described = ", ".join(f'"{name}" {kind}' for name, kind, *_ in COLUMNS)
        connection.execute(f'CREATE TABLE "{quoted}" ({described})')
        connection.executemany(f'INSERT INTO "{quoted}" VALUES ({", ".join("?" * len(COLUMNS))})', rows)
        yield world_of(connection, ReleasedTable(name=TABLE, path="t", rows=len(rows), columns=columns))


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """What draws, in a process of its own."""
    running = Renderer()
    yield running
    running.close()
