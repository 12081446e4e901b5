"""The statistics of a column at a glance: how full it is, and how its values are spread, as a small chart.

All of it is read from what was counted when the release was published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from minshu.http.cells import Cells

HEIGHT: Final = 24
STEP: Final = 5
"""The height of a chart, and how far apart its bars are, of which one is a gap."""

Counted = Mapping[str, Any]
"""What the statistics tell of a column."""


@dataclass(frozen=True)
class Spread:
    """How the values of a column are spread: a chart, as the path of an SVG, and the same in words.

    `first` and `last` say where it begins and ends; a chart of the most frequent values has no such order, and then
    `first` is the most frequent.
    """

    path: str
    width: int
    is_ordered: bool
    first: str
    last: str
    most: int


def bars(counts: Sequence[int]) -> str:
    """The path of a chart of these counts. What is not nothing is seen, however little it is."""
    most = max(counts, default=0) or 1
    heights = [max(round(count * HEIGHT / most, 1), 1) if count else 0 for count in counts]
    return "".join(
        f"M{index * STEP} {HEIGHT}v-{height:g}h{STEP - 1}v{height:g}z" for index, height in enumerate(heights) if height
    )


def spread(column: Counted, cells: Cells) -> Spread | None:
    """How the values of a column are spread; None where they all differ, or cannot be told apart."""
    bins = column.get("histogram")
    if bins:
        counts = [item["count"] for item in bins]
        ends = cells.short(column["min"]), cells.short(column["max"])
        return Spread(bars(counts), _width(counts), True, *ends, max(counts))
    top = [item for item in column.get("top", ()) if item["count"] > 1]
    if not top:
        return None
    counts = [item["count"] for item in top]
    ends = cells.short(top[0]["value"]), cells.short(top[-1]["value"])
    return Spread(bars(counts), _width(counts), False, *ends, counts[0])


def _width(counts: Sequence[int]) -> int:
    """How wide a chart is. Few bars leave room rather than to grow fat."""
    return max(len(counts), 10) * STEP - 1


def share(part: int, whole: int) -> str:
    """A part in hundredths. What is not nothing is never said to be nothing, nor what is not all to be all."""
    hundredths = 100 * part / whole if whole else 0.0
    if part and hundredths < 1:
        return "<1%"
    return ">99%" if part != whole and hundredths > 99 else f"{hundredths:.0f}%"
