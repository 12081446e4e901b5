"""What is chosen where the parameters leave a choice, and what is refused."""

import duckdb
import pytest
from tests.charts.conftest import World, world_of

from minshu.charts.chart import Chart
from minshu.charts.choices import chosen
from minshu.errors import BadFilter, BadParameter, ColumnNotFound
from minshu.manifest import ReleasedColumn, ReleasedTable

TYPES = {
    "VARCHAR": ("string", "string"),
    "BIGINT": ("integer", "number"),
    "DATE": ("date", "string"),
    "JSON": ("object", "object"),
}


def column(name: str, kind: str) -> ReleasedColumn:
    field, json = TYPES.get(kind, ("number", "string"))
    return ReleasedColumn(name=name, type=kind, field_type=field, json_type=json)


def world(columns: dict[str, str], select: str, *keys: str) -> World:
    """A table of one statement."""
    connection = duckdb.connect()
    described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"CREATE TABLE t ({described})")
    connection.execute(f"INSERT INTO t {select}")
    [[rows]] = connection.execute("SELECT count(*) FROM t").fetchall()
    released = tuple(column(name, kind) for name, kind in columns.items())
    return world_of(connection, ReleasedTable(name="t", path="t", rows=rows, columns=released, primary_key=keys))


def choose(world: World, *params: tuple[str, str]) -> Chart:
    return chosen(params, world.table, world.stats)


def test_values_that_repeat_are_counted() -> None:
    found = choose(world({"id": "BIGINT", "区": "VARCHAR"}, "SELECT i, '区' || i % 3 FROM range(12) t(i)"))
    assert (found.mark, found.x.name, found.aggregate, found.y, found.order) == ("bar", "区", "count", None, "-y")


def test_of_names_that_stand_once_each_a_measure_is_shown_and_no_key() -> None:
    columns = {"id": "BIGINT", "市": "VARCHAR", "人口": "BIGINT"}
    found = choose(world(columns, "SELECT i, '市' || i, i * 9 FROM range(9) t(i)", "id"))
    assert (found.mark, found.x.name, found.aggregate) == ("bar", "市", "sum")
    assert found.y is not None
    assert found.y.name == "人口"


def test_a_time_is_drawn_as_a_line_by_units_that_make_few_points() -> None:
    days = "SELECT DATE '2001-01-01' + CAST(i AS INT) FROM range({}) t(i)"
    groups = [choose(world({"日": "DATE"}, days.format(count))) for count in (100, 5000, 40_000)]
    assert [(chart.mark, chart.group) for chart in groups] == [("line", "day"), ("line", "month"), ("line", "year")]


def test_numbers_that_differ_are_binned_at_round_edges() -> None:
    found = choose(world({"值": "DECIMAL(8,2)"}, "SELECT i / 7 FROM range(1000) t(i)"))
    assert (found.mark, found.group, str(found.step)) == ("bar", "20", "10")


def test_a_scatter_plot_takes_two_columns_of_numbers() -> None:
    columns = {"id": "BIGINT", "甲": "BIGINT", "乙": "DECIMAL(8,2)"}
    found = choose(world(columns, "SELECT i, i, i FROM range(9) t(i)", "id"), ("_mark", "scatter"))
    assert found.y is not None
    assert (found.x.name, found.y.name) == ("乙", "甲")


def test_a_table_without_rows_has_a_chart_and_one_without_columns_to_draw_is_refused() -> None:
    assert choose(world({"区": "VARCHAR"}, "SELECT '' WHERE false")).x.name == "区"
    with pytest.raises(BadParameter, match="no column"):
        choose(world({"值": "JSON"}, "SELECT '{}'"))


def test_the_parameters_of_a_chart_ask_for_it_again(odd: World) -> None:
    for column in odd.table.columns:
        if column.type == "JSON":
            continue
        first = choose(odd, ("_x", column.name), ("_series", "真" if column.name != "真" else "同"), ("整数__gt", "0"))
        assert choose(odd, *first.params, ("整数__gt", "0")) == first


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([("_x", "城市?"), ("_group", "month")], "What fits: auto, value"),
        ([("_x", "日期"), ("_group", "hour")], "What fits: auto, year, quarter, month, week, day"),
        ([("_x", "日期"), ("_group", "20")], "which does not fit '日期'"),
        ([("_x", "文档")], "must hold values that can be told apart"),
        ([("_y", "城市?")], "must hold numbers"),
        ([("_mark", "scatter"), ("_x", "年"), ("_y", "年")], "'年', which is drawn already"),
        ([("_mark", "scatter"), ("_x", "城市?")], "must hold numbers or dates"),
        ([("_x", "同"), ("_series", "同")], "drawn already"),
        ([("_mark", "pie")], "must be one of bar, line, scatter"),
        ([("_limit", "0")], "from 1 to 2000"),
        ([("_limit", "２")], "from 1 to 2000"),
        ([("_x", "同"), ("_x", "年")], "can be given once"),
        ([("_sort", "年")], "its own order"),
        ([("_nothing", "1")], "There is no parameter"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(odd: World, params: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        choose(odd, *params)


def test_unknown_columns_and_bad_filters_are_refused(odd: World) -> None:
    with pytest.raises(ColumnNotFound):
        choose(odd, ("_x", "没有"))
    with pytest.raises(BadFilter):
        choose(odd, ("年__gt", "x"))
