"""What a chart shows of a table, once every choice is made, and how it is to look."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from minshu.filters import RowQuery, kind
from minshu.manifest import ReleasedColumn
from minshu.reports import Language

Mark = Literal["bar", "line", "scatter"]
Aggregate = Literal["count", "sum", "mean", "median", "min", "max"]
Order = Literal["-y", "y", "x", "-x"]
Theme = Literal["light", "dark"]
Width = Literal["wide", "narrow"]
Scale = Literal["values", "numbers", "moments"]

POINTS: Final = 2000
"""The most points of a chart."""

BARS: Final = 100
"""The most bars, or groups of bars, of a chart whose bars stand for a value each."""

SERIES: Final = 8
"""The most series: more colours cannot be told apart."""

SUFFIXES: Final = ("svg", "png", "vl.json", "csv")
"""How the files of a chart end: pictures, the specification, the points."""

VALUE: Final = "value"
UNITS: Final = ("year", "quarter", "month", "week", "day", "hour")
BINS: Final = ("10", "20", "50")

NUMBERS: Final = ("integer", "decimal", "float")
MOMENTS: Final = ("date", "timestamp", "timestamptz")


@dataclass(frozen=True)
class Chart:
    """A mark for each value of `x`, or for each group of its values, and for each series.

    `group` is `value`, a unit of time, or a number of bins, which are `step` wide. `y` is None where rows are counted.
    """

    mark: Mark
    x: ReleasedColumn
    group: str
    step: Decimal | None
    y: ReleasedColumn | None
    aggregate: Aggregate
    series: ReleasedColumn | None
    order: Order
    limit: int
    query: RowQuery

    @property
    def scale(self) -> Scale:
        """What the axis of `x` shows: values side by side, or numbers or moments where they lie."""
        name = kind(self.x).name
        if name in MOMENTS:
            return "moments"
        continuous = self.step is not None or self.mark != "bar"
        return "numbers" if name in NUMBERS and continuous else "values"

    @property
    def most(self) -> int:
        """How many values of `x` are drawn at most."""
        if self.mark == "bar" and self.scale == "values":
            return min(self.limit, BARS)
        return min(self.limit, POINTS // SERIES if self.series and self.mark != "scatter" else POINTS)

    @property
    def params(self) -> list[tuple[str, str]]:
        """The parameters that ask for this very chart, whatever the defaults are one day; without its filters."""
        told = [("_mark", self.mark), ("_x", self.x.name), ("_group", self.group)]
        if self.y:
            told.append(("_y", self.y.name))
        series = [("_series", self.series.name)] if self.series else []
        rest = [("_order", self.order), ("_limit", str(self.limit))]
        return [*told, ("_aggregate", self.aggregate), *series, *rest]


@dataclass(frozen=True)
class Look:
    """How a chart is drawn."""

    language: Language = Language.zh
    theme: Theme = "light"
    width: Width = "wide"
