"""Durations, compared as XML Schema does: months have no fixed length, so an order must hold from every month on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

DAY = 86_400
# XML Schema part 2, 3.2.6.2: the months, counted from the year 0, from which two durations are compared.
STARTS = (1696 * 12 + 8, 1697 * 12 + 1, 1903 * 12 + 2, 1903 * 12 + 6)
BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
MEAN_MONTH = 30.436875


def holds(compare: Callable[[Any, Any], bool], value: Any, bound: Any) -> bool:
    """Whether a comparison of two durations of `isodate` is true whatever month they begin in."""
    return all(compare(*pair) for pair in zip(_seconds(value), _seconds(bound), strict=True))


def _seconds(value: Any) -> list[float]:
    if isinstance(value, timedelta):
        return [value.total_seconds()] * len(STARTS)
    months = value.years * 12 + value.months
    whole = int(months)
    rest = value.tdelta.total_seconds() + float(months - whole) * MEAN_MONTH * DAY
    return [(_day(start + whole) - _day(start)) * DAY + rest for start in STARTS]


def _day(month: int) -> int:
    """The day that a month begins at. Years have no limit, unlike Python's."""
    year, place = divmod(month, 12)
    years = year if place > 1 else year - 1  # whose leap days have passed
    return 365 * year + BEFORE[place] + years // 4 - years // 100 + years // 400
