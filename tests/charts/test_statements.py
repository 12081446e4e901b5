"""The SQL of charts, held against Python on the same rows."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from statistics import fmean, median
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.charts.conftest import World, world_of

from minshu.charts.chart import SERIES
from minshu.charts.points import Left
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.reports import Language

COLUMNS = (
    ReleasedColumn(name="类", type="VARCHAR", field_type="string", json_type="string"),
    ReleasedColumn(name="系", type="VARCHAR", field_type="string", json_type="string"),
    ReleasedColumn(name="值", type="DECIMAL(12,2)", field_type="number", json_type="string"),
)
TELL: dict[str, Callable[[list[Decimal]], Any]] = {
    "sum": sum,
    "mean": fmean,
    "median": median,
    "min": min,
    "max": max,
}
CELLS = st.tuples(
    st.sampled_from(["甲", "乙", "", None]),
    st.sampled_from(["一", "二", None]),
    st.none() | st.decimals(-1000, 1000, places=2),
)


def world(rows: list[tuple[Any, ...]], select: str | None = None) -> World:
    """A table of these rows, or of a statement."""
    connection = duckdb.connect()
    connection.execute('CREATE TABLE t ("类" VARCHAR, "系" VARCHAR, "值" DECIMAL(12,2))')
    if rows:
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    if select:
        connection.execute(f"INSERT INTO t {select}")
    [[count]] = connection.execute("SELECT count(*) FROM t").fetchall()
    return world_of(connection, ReleasedTable(name="t", path="t", rows=count, columns=COLUMNS))


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(CELLS, max_size=30), aggregate=st.sampled_from([*TELL, "count"]), by_series=st.booleans())
def test_groups_are_measured_as_python_does(rows: list[tuple[Any, ...]], aggregate: str, by_series: bool) -> None:
    series = [("_series", "系")] if by_series else []
    y = [] if aggregate == "count" else [("_y", "值")]
    points = world(rows).points(("_mark", "bar"), ("_x", "类"), *y, ("_aggregate", aggregate), *series)
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for name, other, value in rows:
        groups[(name, other) if by_series else (name,)].append(value)
    expected: dict[tuple[Any, ...], Any] = {key: len(values) for key, values in groups.items()}
    if aggregate != "count":
        known = {key: [value for value in values if value is not None] for key, values in groups.items()}
        expected = {key: TELL[aggregate](values) if values else None for key, values in known.items()}
    found = {tuple(row[:-1]): None if row[-1] is None else float(row[-1]) for row in points.cells}
    told = {key: None if value is None else pytest.approx(float(value), abs=1e-9) for key, value in expected.items()}
    assert found == told
    assert points.left == Left()


@given(values=st.lists(st.decimals(-50, 50, places=2), min_size=2, max_size=40, unique=True))
@settings(max_examples=15, deadline=None)
def test_every_value_lies_in_the_bin_that_counts_it(values: list[Decimal]) -> None:
    points = world([("甲", None, value) for value in values]).points(("_mark", "bar"), ("_x", "值"), ("_group", "10"))
    step = points.chart.step
    assert step is not None
    counted = {Decimal(start): count for start, count in points.cells}
    expected: dict[Decimal, int] = defaultdict(int)
    for value in values:
        expected[(value / step).to_integral_value("ROUND_FLOOR") * step] += 1
    assert counted == expected


def test_the_largest_bars_are_drawn_and_the_others_counted() -> None:
    found = world(
        [], "SELECT '第' || lpad(i::VARCHAR, 3, '0') || '项', '系' || j, i FROM range(150) a(i), range(10) b(j)"
    )
    points = found.points(("_x", "类"), ("_y", "值"), ("_aggregate", "sum"), ("_limit", "20"))
    assert [row[0] for row in points.cells] == [f"第{i:03}项" for i in range(149, 129, -1)]
    assert points.left == Left(values=130)
    both = found.points(("_x", "类"), ("_y", "值"), ("_aggregate", "sum"), ("_limit", "20"), ("_series", "系"))
    assert len(both.cells) == 20 * SERIES
    assert both.left == Left(values=130, series=10 - SERIES)


def test_a_sample_of_a_scatter_plot_is_always_the_same_and_from_all_over_the_table() -> None:
    columns = (*COLUMNS, ReleasedColumn(name="号", type="BIGINT", field_type="integer", json_type="number"))
    made = "SELECT '甲', NULL, i FROM range(5000) t(i)"
    connection = world([], made).connection
    connection.execute('ALTER TABLE t ADD COLUMN "号" BIGINT')
    connection.execute('UPDATE t SET "号" = CAST("值" AS BIGINT) WHERE "值" <> 7')
    found = world_of(connection, ReleasedTable(name="t", path="t", rows=5000, columns=columns))
    ask = (("_mark", "scatter"), ("_x", "号"), ("_y", "值"), ("_limit", "500"))
    first = found.points(*ask)
    assert first.cells == found.points(*ask).cells
    assert first.left == Left(points=4499, rows=1)
    assert sorted(int(row[0] * 10 / 5000) for row in first.cells).count(9) == pytest.approx(50, abs=25)


def test_units_of_time_are_told_in_words_and_begin_with_their_first_day(odd: World) -> None:
    def told(unit: str) -> list[Any]:
        return [row[0] for row in odd.points(("_x", "日期"), ("_group", unit)).labels(Language.zh)]

    assert told("year") == ["0001", "2019", "2020", "9999", "（空）"]
    assert told("quarter") == ["0001-Q1", "2019-Q1", "2020-Q1", "9999-Q4", "（空）"]
    assert told("month")[1:3] == ["2019-01", "2019-02"]
    assert told("week")[1:3] == ["2018-12-31", "2019-01-28"]


def test_moments_are_those_of_utc(odd: World) -> None:
    points = odd.points(("_x", "瞬间"), ("_group", "day"))
    assert [list(row) for row in points.labels(Language.en)] == [["2019-01-31", 1], ["2019-02-01", 6], ["(null)", 1]]


def test_a_filter_on_a_column_with_a_question_mark_in_its_name_holds(odd: World) -> None:
    points = odd.points(("_x", "真"), ("城市?__in", "福州市,厦门市"), ("年__gt", "2015"))
    assert sorted(map(str, points.cells)) == ["[False, 2]", "[None, 1]"]
    searched = odd.points(("_x", "真"), ("_search", "厦门"))
    assert [list(row) for row in searched.cells] == [[False, 1]]
