"""The SQL of a chart: its points, and how many there would be. Pure text with named parameters.

It is run as a stranger's query is, by a worker with limits, and anybody may run the same at `/sql`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from minshu.charts.chart import SERIES, VALUE, Chart
from minshu.filters import RowQuery, kind
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn, ReleasedTable

_SCRAMBLE: Final = "(rowid * 2654435761) % 4294967296"
"""Puts rows in an order that has nothing to do with their own, and is always the same."""

_PLACE: Final = "\0{}\0"  # Stands for a column until the question marks are replaced: its name may hold one.


@dataclass(frozen=True)
class Statement:
    """SQL, and the values of its `$name`s."""

    sql: str
    parameters: dict[str, str] = field(default_factory=dict)


def select_points(table: ReleasedTable, chart: Chart) -> Statement:
    """The points that are drawn, in their order: `x`, the series where there is one, and `y`."""
    if chart.mark == "scatter":
        return _scattered(table, chart)
    return _by_series(table, chart) if chart.series else _grouped(table, chart)


def select_totals(table: ReleasedTable, chart: Chart) -> Statement:
    """How many values of `x` and how many series there are; of a scatter plot, how many rows, and how many points."""
    where, parameters = _where(table, chart.query)
    source = f"FROM {quoted(table.name)}{where}"
    if chart.mark == "scatter":
        return Statement(f"SELECT count(*), count(*) FILTER ({_drawable(chart)})\n{source}", parameters)
    series = quoted(chart.series.name) if chart.series else "1"
    counts = (f"(SELECT count(*) FROM (SELECT {it} {source} GROUP BY ALL))" for it in (_x(chart), series))
    return Statement(f"SELECT {', '.join(counts)}", parameters)


def names_of(chart: Chart) -> list[str]:
    """What the columns of the points are called: each otherwise than the others."""
    names = [column.name for column in (chart.x, chart.series) if column]
    measure = chart.y.name if chart.y and chart.mark == "scatter" else _measure_name(chart)
    while measure in names:
        measure += "_"
    return [*names, measure]


def _measure_name(chart: Chart) -> str:
    return f"{chart.aggregate}({chart.y.name})" if chart.y else "count"


def _grouped(table: ReleasedTable, chart: Chart) -> Statement:
    where, parameters = _where(table, chart.query)
    x, y = (quoted(name) for name in names_of(chart))
    return Statement(
        f"SELECT {_x(chart)} AS {x}, {_y(table, chart)} AS {y}\n"
        f"FROM {quoted(table.name)}{where}\n"
        f"GROUP BY ALL\nORDER BY {_order(chart, '2', '1')}\nLIMIT {chart.most}",
        parameters,
    )


def _by_series(table: ReleasedTable, chart: Chart) -> Statement:
    """All series of the values of `x` that are drawn. Series with the most rows go first."""
    assert chart.series  # noqa: S101  # What has none is grouped by x alone.
    where, parameters = _where(table, chart.query)
    x, series, y = (quoted(name) for name in names_of(chart))
    # Sums and counts are stacked, so that the longest bar is the one of the largest sum.
    total = "sum(y)" if chart.aggregate in ("count", "sum") else "max(y)"
    return Statement(
        "WITH cells AS (\n"
        f"  SELECT {_x(chart)} AS x, {quoted(chart.series.name)} AS series, {_y(table, chart)} AS y, count(*) AS n\n"
        f"  FROM {quoted(table.name)}{where}\n"
        "  GROUP BY ALL\n"
        f"), along AS (\n  SELECT x, {total} AS total FROM cells GROUP BY x\n"
        f"  ORDER BY {_order(chart, 'total', 'x')} LIMIT {chart.most}\n"
        "), lines AS (\n  SELECT series, sum(n) AS n FROM cells GROUP BY series\n"
        f"  ORDER BY n DESC, series NULLS LAST LIMIT {SERIES}\n)\n"
        f"SELECT cells.x AS {x}, cells.series AS {series}, cells.y AS {y}\n"
        "FROM cells\n"
        "JOIN along ON cells.x IS NOT DISTINCT FROM along.x\n"
        "JOIN lines ON cells.series IS NOT DISTINCT FROM lines.series\n"
        f"ORDER BY {_order(chart, 'along.total', 'cells.x')}, lines.n DESC, cells.series NULLS LAST",
        parameters,
    )


def _scattered(table: ReleasedTable, chart: Chart) -> Statement:
    """Some of the points, where there are too many: chosen all over the table, and always the same."""
    assert chart.y  # noqa: S101  # No other mark is made without.
    where, parameters = _where(table, chart.query, _drawable(chart))
    columns = [column for column in (chart.x, chart.series, chart.y) if column]
    shown = ", ".join(
        f"{quoted(column.name)} AS {quoted(name)}" for column, name in zip(columns, names_of(chart), strict=True)
    )
    return Statement(
        f"SELECT {shown}\nFROM {quoted(table.name)}{where}\nORDER BY {_scramble(table, columns)}\nLIMIT {chart.most}",
        parameters,
    )


def _scramble(table: ReleasedTable, shown: Sequence[ReleasedColumn]) -> str:
    if all(column.name.lower() != "rowid" for column in table.columns):
        return _SCRAMBLE
    # The number of a row cannot be asked for where a column has its name. Equal points are the same point.
    return f"md5(concat_ws(' ', {', '.join(quoted(column.name) for column in shown)}))"


def _drawable(chart: Chart) -> str:
    """Whether a row has a place in a scatter plot."""
    columns = [column for column in (chart.x, chart.y) if column]
    tests = (
        f"isfinite({quoted(column.name)})" if kind(column).name == "float" else f"{quoted(column.name)} IS NOT NULL"
        for column in columns
    )
    return " AND ".join(tests)


def _where(table: ReleasedTable, query: RowQuery, also: str = "") -> tuple[str, dict[str, str]]:
    """The condition of a statement, with a name for each value."""
    names = [column.name for column in table.columns]
    sql, values = query.where_sql(lambda name: _PLACE.format(names.index(name)))
    first, *rest = sql.split("?")
    sql = "".join([first, *(f"$p{index}{part}" for index, part in enumerate(rest, 1))])
    for index, name in enumerate(names):
        sql = sql.replace(_PLACE.format(index), quoted(name))
    conditions = " AND ".join(filter(None, (sql if query.is_narrow else "", also)))
    parameters = {f"p{index}": value for index, value in enumerate(values, 1)}
    return f"\nWHERE {conditions}" if conditions else "", parameters


def _order(chart: Chart, y: str, x: str) -> str:
    by_x = f"{x} {'DESC ' if chart.order == '-x' else ''}NULLS LAST"
    if chart.order in ("x", "-x"):
        return by_x
    return f"{y} {'DESC ' if chart.order == '-y' else ''}NULLS LAST, {by_x}"


def _x(chart: Chart) -> str:
    column, name = quoted(chart.x.name), kind(chart.x).name
    if chart.step is not None:
        return _binned(chart, column)
    if chart.group == VALUE or (chart.group == "day" and name == "date"):
        return column
    moment = f"timezone('UTC', {column})" if name == "timestamptz" else column
    start = f"date_trunc('{chart.group}', {moment})"
    return start if chart.group == "hour" else f"CAST({start} AS DATE)"


def _binned(chart: Chart, column: str) -> str:
    """Where the bin of a value begins, at a multiple of the step: exactly, where numbers are no doubles."""
    step = f"{chart.step:f}"
    if kind(chart.x).name == "float":
        return f"CASE WHEN isfinite({column}) THEN floor({column} / {step}) * {step} END"
    if kind(chart.x).name == "integer" and chart.x.json_type == "string":  # So large that adding might overflow.
        return f"floor(CAST({column} AS DOUBLE) / {step}) * {step}"
    step = step if kind(chart.x).name == "integer" else f"CAST({step} AS {chart.x.type})"
    return f"{column} - {column} % {step} - CASE WHEN {column} % {step} < 0 THEN {step} ELSE 0 END"


def _y(table: ReleasedTable, chart: Chart) -> str:
    if chart.y is None:
        return "count(*)"
    column = quoted(chart.y.name)
    match chart.aggregate:
        case "sum" if not _adds_up(table, chart.y.type):
            return f"sum(CAST({column} AS DOUBLE))"
        case "mean":
            return f"avg({column})"
        case "median":
            return f"median(CAST({column} AS DOUBLE))"
    return f"{chart.aggregate}({column})"


def _adds_up(table: ReleasedTable, type_name: str) -> bool:
    """Whether a sum of all values has no more digits than DuckDB's decimals."""
    digits = type_name.partition("(")[2].partition(",")[0]
    return int(digits or 0) + len(str(table.rows)) <= 38
