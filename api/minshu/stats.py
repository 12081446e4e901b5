"""Statistics of a table's columns, all by SQL: exact, and in bounded memory, for what does not fit waits on disk.

Each column is grouped into its values and the numbers of their rows once. Everything is told from these: how many
differ, the extremes, the quantiles, the most frequent, the histogram.
"""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal, localcontext
from math import ceil, isfinite
from sys import float_info
from typing import Any, Final

import duckdb

from minshu.bins import moment_edges, number_edges
from minshu.filters import can_be_counted, kind
from minshu.formats import Column, json_cells
from minshu.manifest import ReleasedColumn
from minshu.paging import Source
from minshu.values import DECIMAL_DIGITS, bound_type

Stats = dict[str, Any]

QUANTILES: Final = ("0.05", "0.25", "0.5", "0.75", "0.95")
TOP: Final = 10
"""How many of the most frequent values are told."""

TEXT_SHOWN: Final = 200
"""The characters of a text that are told; more are cut, and the cut is shown by `…`."""

_VALUES: Final = "temp.column_values"
_ORDERED: Final = ("integer", "decimal", "float", "date", "time", "timestamp", "timestamptz")
_NUMBERS: Final = ("integer", "decimal", "float")
_MOMENTS: Final = ("date", "timestamp", "timestamptz")
_EXACT: Final = 60  # Digits enough for any sum of DuckDB's.
_DIGITS: Final = 15
_DIGITS_OF_DOUBLES: Final = 12  # Doubles are added in no fixed order, which shows in the last digits.
_COUNT: Final = Column("rows", "BIGINT", "number")


def table_stats(connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[ReleasedColumn]) -> Stats:
    """The statistics of a table, ready for JSON. `docs/rows.md` tells what each figure means."""
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {source.sql}").fetchall()
    try:
        return {"rows": rows, "columns": [_column(connection, source, column, rows) for column in columns]}
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {_VALUES}")


def _column(connection: duckdb.DuckDBPyConnection, source: Source, column: ReleasedColumn, rows: int) -> Stats:
    told: Stats = {"name": column.name, "type": column.type, "json": column.json_type}
    reference = source.reference(column.name)
    if not can_be_counted(column):
        ((count,),) = connection.execute(f"SELECT count({reference}) FROM {source.sql}").fetchall()
        return {**told, "count": count, "nulls": rows - count}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE column_values AS SELECT {reference} AS value, count(*) AS rows"
        f" FROM {source.sql} GROUP BY ALL"
    )
    return {**told, **_Values(connection, source, column).told(rows)}


class _Values:
    """The values of the column at hand, in the table of values."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, column: ReleasedColumn) -> None:
        self._connection, self._source, self._column = connection, source, column
        self._kind = kind(column).name
        self._shown = Column(column.name, column.type, column.json_type)
        self._finite = f"FROM {_VALUES} WHERE {'isfinite(value)' if self._kind == 'float' else 'value IS NOT NULL'}"

    def told(self, rows: int) -> Stats:
        """All that is told of the column."""
        nulls, distinct = self._row(
            f"SELECT coalesce(sum(rows) FILTER (value IS NULL), 0), count(value) FROM {_VALUES}"
        )
        ordered, different = self._row(f"SELECT coalesce(sum(rows), 0), count(*) {self._finite}")
        told: Stats = {"count": rows - int(nulls), "nulls": int(nulls), "distinct": distinct}
        if self._kind == "float":
            told["nonfinite"] = told["count"] - int(ordered)
        if different and self._kind in (*_ORDERED, "text"):
            told |= self._extremes()
        if different and self._kind in _NUMBERS:
            told["mean"] = self._mean(int(ordered))
        if different and self._kind in _ORDERED:
            told["quantiles"] = self._quantiles(int(ordered))
        if different > 1 and self._kind in (*_NUMBERS, *_MOMENTS):
            told["histogram"] = self._histogram()
        return {**told, "top": self._top(distinct)}

    def _extremes(self) -> Stats:
        ends = f"SELECT min(value) AS low, max(value) AS high {self._finite}"
        [[low, high]] = self._cells(f"SELECT {self._cut('low')}, {self._cut('high')} FROM ({ends})", [self._shown] * 2)
        return {"min": low, "max": high}

    def _quantiles(self, count: int) -> Stats:
        """For each share the least value that so many of the values do not exceed: one of them, not one between."""
        shares = [f"min(value) FILTER (total >= {max(ceil(Decimal(share) * count), 1)})" for share in QUANTILES]
        totals = f"SELECT value, sum(rows) OVER (ORDER BY value ROWS UNBOUNDED PRECEDING) AS total {self._finite}"
        [found] = self._cells(f"SELECT {', '.join(shares)} FROM ({totals})", [self._shown] * len(shares))
        return dict(zip(QUANTILES, found, strict=True))

    def _mean(self, count: int) -> str | float | None:
        """Of whole and decimal numbers the exact mean, rounded to 15 digits; of doubles to 12."""
        value = self._source.reference(self._column.name)
        if self._kind == "float" or not self._adds_up(count):
            where = f" WHERE isfinite({value})" if self._kind == "float" else ""
            (mean,) = self._row(f"SELECT favg(CAST({value} AS DOUBLE)) FROM {self._source.sql}{where}")
            exact = Decimal(mean) if isfinite(mean) else None
            digits = _DIGITS_OF_DOUBLES
        else:
            (total,) = self._row(f"SELECT CAST(sum({value}) AS VARCHAR) FROM {self._source.sql}")
            with localcontext() as context:
                context.prec = _EXACT
                exact, digits = Decimal(total) / count, _DIGITS
        return None if exact is None else self._number(_rounded(exact, digits))

    def _adds_up(self, count: int) -> bool:
        """Whether DuckDB can add all values without more digits than it has."""
        width = int(self._column.type.partition("(")[2].partition(",")[0] or 0)
        return width + len(str(count)) <= DECIMAL_DIGITS

    def _histogram(self) -> list[Stats]:
        """The bins, of which each begins where the one before ends."""
        value = "timezone('UTC', value)" if self._kind == "timestamptz" else "value"
        low, high = self._row(f"SELECT min({value}), max({value}) {self._finite}")
        edges = self._edges(low, high)
        texts = [self._written(edge) for edge in edges[1:-1]]
        cast = f"CAST(? AS {bound_type(self._column.type, texts)})"
        between = [f"value >= {cast} AND value < {cast}"] * (len(texts) - 1)
        # The outermost edges lie beyond all values, and maybe beyond the type.
        tests = [f"value < {cast}", *between, f"value >= {cast}"] if texts else ["true"]
        counts = ", ".join(f"coalesce(sum(rows) FILTER ({test}), 0)" for test in tests)
        found = self._row(f"SELECT {counts} {self._finite}", [text for text in texts for _ in range(2)])
        shown = [self._told(edge) for edge in edges]
        return [
            {"from": start, "to": end, "count": int(count)}
            for start, end, count in zip(shown, shown[1:], found, strict=False)
        ]

    def _edges(self, low: Any, high: Any) -> list[Any]:
        if self._kind == "date":
            start, end = (datetime.combine(day, time()) for day in (low, high))
            return moment_edges(start, end, days=True)
        if self._kind in _MOMENTS:
            return moment_edges(low, high, days=False)
        least = Decimal(1) if self._kind == "integer" else Decimal(0)
        if self._kind == "decimal":
            least = Decimal(1).scaleb(low.as_tuple().exponent)
        first, last = (Decimal(repr(number) if isinstance(number, float) else number) for number in (low, high))
        return number_edges(first, last, least)

    def _written(self, edge: Any) -> str:
        """An edge as text that DuckDB casts."""
        if isinstance(edge, datetime):
            return edge.isoformat(" ") + ("+00" if self._kind == "timestamptz" else "")
        return repr(float(edge)) if self._kind == "float" else f"{edge:f}"

    def _told(self, edge: Any) -> str | float:
        """An edge as the values of the column stand in JSON."""
        if not isinstance(edge, datetime):
            return self._number(edge)
        if self._kind == "date":
            return edge.date().isoformat()
        return edge.isoformat() + ("Z" if self._kind == "timestamptz" else "")

    def _number(self, number: Decimal) -> str | float:
        if self._column.json_type == "string":
            return f"{number:f}"
        if self._kind == "integer" and number == number.to_integral_value():
            return int(number)
        return min(max(float(number), -float_info.max), float_info.max)

    def _top(self, distinct: int) -> list[Stats]:
        """The most frequent values: all where there are few, else those of more rows than one."""
        where = "value IS NOT NULL" if distinct <= TOP else "value IS NOT NULL AND rows > 1"
        found = f"SELECT {self._cut('value')}, rows FROM {_VALUES} WHERE {where} ORDER BY rows DESC, value LIMIT {TOP}"
        return [{"value": value, "count": rows} for value, rows in self._cells(found, [self._shown, _COUNT])]

    def _cut(self, value: str) -> str:
        if self._column.type != "VARCHAR":
            return value
        return f"CASE WHEN length({value}) > {TEXT_SHOWN} THEN left({value}, {TEXT_SHOWN}) || '…' ELSE {value} END"

    def _row(self, sql: str, parameters: Sequence[str] = ()) -> Any:
        (row,) = self._connection.execute(sql, [*parameters]).fetchall()
        return row

    def _cells(self, sql: str, columns: Sequence[Column]) -> list[Any]:
        """Rows as they stand in JSON."""
        batches = self._connection.sql(sql).to_arrow_table().to_batches()
        return [row for batch in batches for row in json_cells(batch, columns)]


def _rounded(number: Decimal, digits: int) -> Decimal:
    with localcontext() as context:
        context.prec = digits
        return (+number).normalize() if number else Decimal(0)
