"""The parameters of a chart, read, and what is chosen where they leave a choice.

The statistics of the columns decide: they were made when the release was published, so that the choice is always the
same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast, get_args

from minshu.bins import number_edges
from minshu.charts.chart import (
    BARS,
    BINS,
    MOMENTS,
    NUMBERS,
    POINTS,
    UNITS,
    VALUE,
    Aggregate,
    Chart,
    Look,
    Mark,
    Order,
    Theme,
    Width,
)
from minshu.errors import BadParameter, ColumnNotFound, ColumnRepeated, ColumnUnfit, GroupingUnfit
from minshu.filters import COLUMNS, SORT, RowQuery, can_be_counted, kind
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.reports import Language

Params = Sequence[tuple[str, str]]
Told = Mapping[str, Any]
"""The statistics of a column, as `stats.table_stats` tells them."""

CHOICES: Final = ("_mark", "_x", "_y", "_aggregate", "_series", "_group", "_order", "_limit")
LOOKS: Final = ("_lang", "_theme", "_width")
OWN: Final = (*CHOICES, *LOOKS)
AUTO: Final = "auto"

_APART: Final = "values that can be told apart"
_FEW: Final = 30
_BARS_OF_TIME: Final = 60
_POINTS_OF_TIME: Final = 400
_DAYS: Final = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_DEFAULT_LIMIT: Final[Mapping[str, int]] = {"bar": _FEW, "line": POINTS, "scatter": 1000}


def chosen(params: Params, table: ReleasedTable, stats: Told) -> Chart:
    """The chart that the parameters ask for. Raises BadParameter, BadFilter or ColumnNotFound."""
    return _Choice(params, table, stats).chart()


def look_of(params: Params) -> Look:
    """How the parameters want a chart to look. Raises BadParameter."""
    given = _own(params)
    return Look(
        Language(_one_of(given, "_lang", tuple(Language)) or Language.zh),
        cast("Theme", _one_of(given, "_theme", get_args(Theme)) or "light"),
        cast("Width", _one_of(given, "_width", get_args(Width)) or "wide"),
    )


class _Choice:
    """The parameters of a chart beside the table that it is of."""

    def __init__(self, params: Params, table: ReleasedTable, stats: Told) -> None:
        self._given, rest = _own(params), [pair for pair in params if pair[0] not in OWN]
        self._columns = table.columns
        self._codes = {*table.primary_key, *(name for key in table.foreign_keys for name in key.fields)}
        self._stats: dict[str, Told] = {told["name"]: told for told in stats["columns"]}
        self._rows: int = stats["rows"]
        self._query = _query(rest, table.columns)

    def chart(self) -> Chart:
        x = self._named("_x") or self._default_x()
        mark = cast("Mark", self._one_of("_mark", get_args(Mark)) or self._default_mark(x))
        _check_x(x, mark)
        y, aggregate = self._measure(x, mark)
        series = self._series(x, y)
        limit = self._limit() or _DEFAULT_LIMIT[mark]
        group = self._group(x, mark)
        step = self._step(x, int(group)) if group in BINS else None
        chart = Chart(mark, x, group, step, y, aggregate, series, "x", limit, self._query)
        return replace(chart, order=self._order(chart))

    # -- x and y ----------------------------------------------------------------------------------------------------

    def _default_x(self) -> ReleasedColumn:
        """A column whose values repeat, so that counting them tells something; else a time, else a number."""
        if self._given.get("_mark") == "scatter":
            return _first(self._measures(None), "There is no column of numbers, which a scatter plot needs.")
        countable = [column for column in self._columns if can_be_counted(column)]
        preferred = [
            *(column for column in countable if kind(column).name in ("text", "boolean") and self._repeats(column)),
            *(column for column in countable if self._measured(column)),
            *(column for column in countable if kind(column).name in MOMENTS and self._distinct(column) > 1),
            *(column for column in countable if self._repeats(column)),
            *(column for column in self._measures(None) if self._distinct(column) > 1),
            *sorted(countable, key=self._distinct),
        ]
        return _first(preferred, "The table has no column of which a chart could be drawn.")

    def _default_mark(self, x: ReleasedColumn) -> Mark:
        return "line" if kind(x).name in MOMENTS and self._distinct(x) > 2 else "bar"

    def _measure(self, x: ReleasedColumn, mark: Mark) -> tuple[ReleasedColumn | None, Aggregate]:
        """The column of `y` and what is told of it for each mark."""
        y = self._named("_y")
        aggregate = self._one_of("_aggregate", get_args(Aggregate))
        if y is None and aggregate is None and "_y" not in self._given:
            y = self._measured(x)
        aggregate = aggregate or ("sum" if y else "count")
        if y is None and mark != "scatter" and aggregate == "count":
            return None, "count"
        if y is None:
            y = _first(self._measures(x), "There is no other column of numbers to draw. Count the rows instead.")
        if kind(y).name not in NUMBERS:
            raise ColumnUnfit("_y", y.name, kind(y).plural, "numbers")
        if mark == "scatter" and y.name == x.name:
            raise ColumnRepeated("_y", y.name)
        return y, cast("Aggregate", "count" if mark == "scatter" else aggregate)

    def _measures(self, x: ReleasedColumn | None) -> list[ReleasedColumn]:
        """The columns of numbers; those last that are keys, and before them whole numbers, which may be codes."""
        found = [column for column in self._columns if kind(column).name in NUMBERS and column is not x]
        return sorted(found, key=lambda column: (column.name in self._codes, kind(column).name == "integer"))

    def _measured(self, x: ReleasedColumn) -> ReleasedColumn | None:
        """The measure of a column whose few values stand once each, so that there is nothing to count."""
        few = kind(x).name == "text" and 1 < self._distinct(x) <= _FEW and self._distinct(x) == self._rows
        measures = [column for column in self._measures(x) if column.name not in self._codes]
        return measures[0] if few and measures else None

    def _series(self, x: ReleasedColumn, y: ReleasedColumn | None) -> ReleasedColumn | None:
        series = self._named("_series")
        if series is None:
            return None
        if not can_be_counted(series):
            raise ColumnUnfit("_series", series.name, kind(series).plural, _APART)
        if series.name in (x.name, y.name if y else None):
            raise ColumnRepeated("_series", series.name)
        return series

    # -- how the values of x are grouped ----------------------------------------------------------------------------

    def _group(self, x: ReleasedColumn, mark: Mark) -> str:
        group = self._one_of("_group", (AUTO, VALUE, *UNITS, *BINS)) or AUTO
        if mark == "scatter":
            return VALUE
        fitting = groups_for(x, mark)
        if group == AUTO:
            return self._fitting(x, mark)
        if group not in fitting:
            raise GroupingUnfit(group, x.name, kind(x).plural, (AUTO, *fitting))
        return group if group not in BINS or self._distinct(x) > 1 else VALUE

    def _fitting(self, x: ReleasedColumn, mark: Mark) -> str:
        name, told = kind(x).name, self._stats[x.name]
        if name in MOMENTS:
            days = _days(told)
            most = _BARS_OF_TIME if mark == "bar" else _POINTS_OF_TIME
            finest = ("hour", "day", "month", "year") if name != "date" else ("day", "month", "year")
            return next((unit for unit in finest if days / _DAYS[unit] <= most), "year")
        if name in NUMBERS and self._distinct(x) > (_FEW if mark == "bar" else _POINTS_OF_TIME):
            return "20" if mark == "bar" else "50"
        return VALUE

    def _step(self, x: ReleasedColumn, bins: int) -> Decimal:
        """How wide bins are: 1, 2 or 5 times a power of ten."""
        told = self._stats[x.name]
        low, high = Decimal(str(told["min"])), Decimal(str(told["max"]))
        least = Decimal(1) if kind(x).name == "integer" else Decimal(0)
        if kind(x).name == "decimal":
            least = Decimal(1).scaleb(-int(x.type.rstrip(")").rpartition(",")[2]))
        first, second, *_ = number_edges(low, high, least, bins)
        return second - first

    # -- the rest ---------------------------------------------------------------------------------------------------

    def _order(self, chart: Chart) -> Order:
        """Where values lie on an axis by themselves they have their order."""
        order = self._one_of("_order", (AUTO, *get_args(Order))) or AUTO
        if chart.scale != "values" or chart.mark != "bar":
            return "x"
        if order == AUTO:
            return "-y" if kind(chart.x).name == "text" else "x"
        return cast("Order", order)

    def _limit(self) -> int | None:
        text = self._given.get("_limit")
        if not text or text == AUTO:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= POINTS):
            raise BadParameter(f"_limit is {text!r}, but must be a whole number from 1 to {POINTS}.")
        return int(text)

    def _named(self, name: str) -> ReleasedColumn | None:
        """The column that a parameter names; None where it is left open."""
        text = self._given.get(name)
        if not text:
            return None
        column = next((column for column in self._columns if column.name == text), None)
        if column is None:
            raise ColumnNotFound(text, (column.name for column in self._columns))
        return column

    def _one_of(self, name: str, choices: Sequence[str]) -> str | None:
        return _one_of(self._given, name, choices)

    def _distinct(self, column: ReleasedColumn) -> int:
        return int(self._stats[column.name].get("distinct", 0))

    def _repeats(self, column: ReleasedColumn) -> bool:
        return 1 < self._distinct(column) <= min(_FEW, self._rows // 2)


def groups_for(x: ReleasedColumn, mark: str) -> tuple[str, ...]:
    """How the values of a column may be grouped."""
    name = kind(x).name
    if mark == "scatter":
        return (VALUE,)
    if name in MOMENTS:
        units = UNITS if name != "date" else UNITS[:-1]
        return units if mark == "bar" or name == "date" else (VALUE, *units)
    return (VALUE, *BINS) if name in NUMBERS else (VALUE,)


def limits_for(mark: str) -> tuple[int, ...]:
    """Some numbers of marks to choose from."""
    return (10, 20, 50, BARS) if mark == "bar" else (100, 500, 1000, POINTS)


def _own(params: Params) -> dict[str, str]:
    """The parameters of the chart itself. One given twice would leave open which was meant."""
    own = [(name, value) for name, value in params if name in OWN]
    twice = {name for name, _ in own if [other for other, _ in own].count(name) > 1}
    if twice:
        raise BadParameter(f"{', '.join(sorted(twice))} can be given once.")
    return dict(own)


def _one_of(given: Mapping[str, str], name: str, choices: Sequence[str]) -> str | None:
    text = given.get(name)
    if text and text not in choices:
        raise BadParameter(f"{name} is {text!r}, but must be one of {', '.join(choices)}.")
    return text or None


def _query(params: Params, columns: Sequence[ReleasedColumn]) -> RowQuery:
    """The rows that the chart is of."""
    idle = sorted({name for name, _ in params if name in (SORT, COLUMNS)})
    if idle:
        raise BadParameter(f"{', '.join(idle)}: a chart has its own order and columns, as _order, _x and _y.")
    return RowQuery.from_params(params, columns, OWN)


def _check_x(x: ReleasedColumn, mark: Mark) -> None:
    if not can_be_counted(x):
        raise ColumnUnfit("_x", x.name, kind(x).plural, _APART)
    if mark == "scatter" and kind(x).name not in (*NUMBERS, *MOMENTS):
        raise ColumnUnfit("_x", x.name, kind(x).plural, "numbers or dates")


def _first(columns: Sequence[ReleasedColumn], otherwise: str) -> ReleasedColumn:
    if not columns:
        raise BadParameter(otherwise)
    return columns[0]


def _days(told: Told) -> float:
    """How many days lie between the first and the last moment."""
    if "min" not in told:
        return 0
    first, last = (datetime.fromisoformat(str(told[end])).replace(tzinfo=None) for end in ("min", "max"))
    return (last - first).total_seconds() / 86_400
