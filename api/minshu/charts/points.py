"""The points of a chart, read from the answer to its statement: as cells for people, and as numbers for the picture."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from minshu.charts.chart import SERIES, VALUE, Chart
from minshu.reports import Language

TEXT_SHOWN: Final = 200
"""The characters of a value that a chart holds."""

_EMPTY: Final = {Language.zh: "（空）", Language.en: "(null)"}
_DIGITS: Final = 12  # Doubles are added in no fixed order, which shows in the last digits.
# What XML cannot hold, and what breaks lines.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_STEPS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}

Cells = Sequence[Any]
"""A row of the answer as JSON has it."""


@dataclass(frozen=True)
class Left:
    """How much is not drawn: values of `x`, series, points of a scatter plot, and rows without a place on an axis."""

    values: int = 0
    series: int = 0
    points: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Points:
    """The points of a chart, and what is left out. `cells` are x, the series where there is one, and y."""

    chart: Chart
    cells: tuple[Cells, ...]
    left: Left

    def labels(self, language: Language) -> Iterator[list[Any]]:
        """The rows for people: what x and the series are called, and y as it is."""
        for row in self.cells:
            series = [label(cell, language) for cell in row[1:-1]]
            yield [x_label(self.chart, row[0], language), *series, rounded(row[-1])]


def points_of(chart: Chart, rows: Iterable[Cells], totals: Sequence[int] | None = None) -> Points:
    """The points of an answer. `totals` are those of `select_totals`, where they were asked for."""
    cells = tuple(rows)
    if chart.mark == "scatter":
        all_rows, drawable = totals or (len(cells), len(cells))
        return Points(chart, cells, Left(points=drawable - len(cells), rows=all_rows - drawable))
    values, series = len({_key(row[0]) for row in cells}), len({_key(row[1]) for row in cells})
    all_values, all_series = totals or (values, series)
    return Points(chart, cells, Left(all_values - values, all_series - series if chart.series else 0))


def is_full(chart: Chart, rows: Sequence[Cells]) -> bool:
    """Whether there may be more than these rows: then the totals are worth a question."""
    if chart.mark == "scatter":
        return True
    values, series = len({_key(row[0]) for row in rows}), len({_key(row[1]) for row in rows})
    return values >= chart.most or bool(chart.series and series >= SERIES)


def drawn(points: Points, language: Language) -> list[dict[str, Any]]:
    """The points as the picture takes them: `x`, where its group ends (`end`), `series` and `y`.

    Points without a place on an axis - an empty value between numbers, a mean of nothing - are not among them.
    """
    chart = points.chart
    x_names = _names((row[0] for row in points.cells), language)
    series_names = _names((row[1] for row in points.cells), language) if chart.series else {}
    found = []
    for row in points.cells:
        x, y = _placed(chart, row[0], x_names), number(row[-1])
        if x is not None and y is not None:
            series = {"series": series_names[_key(row[1])]} if chart.series else {}
            found.append({**x, **series, "y": y})
    return found


def x_label(chart: Chart, cell: Any, language: Language) -> str:
    """What a value of x, or the group of values that begins with it, is called."""
    if cell is None:
        return _EMPTY[language]
    if chart.step is not None:
        start = snapped(cell, chart.step)
        return f"{start:f} – {start + chart.step:f}"
    return _moment_label(str(cell), chart.group) if chart.scale == "moments" else label(cell, language)


def label(cell: Any, language: Language) -> str:
    """What a value is called: on one line, and not too long."""
    if cell is None:
        return _EMPTY[language]
    if isinstance(cell, bool):
        return str(cell).lower()
    text = plain(str(cell))
    return '""' if not text else text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}…"


def plain(text: str) -> str:
    """A text that any picture can hold."""
    return _UNPRINTABLE.sub(" ", text)


def number(cell: Any) -> float | int | None:
    """A cell of numbers as a picture takes it; None where it has no place in one."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell
    value = float(cell)
    return float(f"{value:.{_DIGITS}g}") if isfinite(value) else None


def rounded(cell: Any) -> Any:
    """A cell of y for people: doubles without the digits that mean nothing."""
    return float(f"{cell:.{_DIGITS}g}") if isinstance(cell, float) and isfinite(cell) else cell


def snapped(cell: Any, step: Decimal) -> Decimal:
    """Where a bin begins, without the error of doubles."""
    return (Decimal(str(cell)) / step).to_integral_value() * step


def _placed(chart: Chart, cell: Any, names: dict[Any, str]) -> dict[str, Any] | None:
    """Where a point is along x; None where it has no place there."""
    if chart.scale == "values":
        return {"x": names[_key(cell)]}
    if cell is None:
        return None
    if chart.scale == "moments":
        start = _moment(str(cell))
        end = {"end": _written(_end(start, chart.group))} if chart.mark == "bar" else {}
        return {"x": _written(start), **end}
    if chart.step is None:
        x = number(cell)
        return None if x is None else {"x": x}
    first = snapped(cell, chart.step)
    if chart.mark == "line":
        return {"x": float(first + chart.step / 2)}
    return {"x": float(first), "end": float(first + chart.step)}


def _names(cells: Iterable[Any], language: Language) -> dict[Any, str]:
    """The label of each value, each another: what is cut may look like what is not, and a text like an empty value."""
    found: dict[Any, str] = {}
    taken: set[str] = set()
    for cell in cells:
        if _key(cell) not in found:
            name = label(cell, language)
            while name in taken:
                name += "′"
            taken.add(name)
            found[_key(cell)] = name
    return found


def _key(cell: Any) -> tuple[str, Any]:
    """A value apart from those that Python takes for the same: true is no 1."""
    return type(cell).__name__, cell


def _moment(text: str) -> datetime:
    """A date or a moment, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _end(start: datetime, group: str) -> datetime:
    """Where the next unit begins; the last moment that there is has nothing behind it."""
    if group in _MONTHS:
        month = start.year * 12 + start.month - 1 + _MONTHS[group]
        return datetime(month // 12, month % 12 + 1, 1) if month // 12 <= date.max.year else datetime.max
    step = _STEPS.get(group, timedelta(0))
    return start + step if start <= datetime.max - step else datetime.max


def _written(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _moment_label(text: str, group: str) -> str:
    if group == VALUE:
        return text.replace("T", " ").removesuffix("Z")
    start = _moment(text)
    if group == "quarter":
        return f"{start.year:04}-Q{(start.month + 2) // 3}"
    lengths = {"year": 4, "month": 7, "hour": 16}
    return start.isoformat(" ")[: lengths.get(group, 10)]
