"""Where the bins of a histogram begin and end: at round numbers, whole seconds, days, months and years."""

from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final

BINS: Final = 20
"""How many bins a range is cut into, at most; one or two more lie around its ends."""

_PRECISION: Final = 700  # Digits that hold any sum of two doubles.
_DAY: Final = 86_400
_SECONDS: Final = (1, 10, 60, 600, 3600, 3 * 3600, 6 * 3600, _DAY, 7 * _DAY)
_MONTHS: Final = (1, 3, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000)


def number_edges(low: Decimal, high: Decimal, least: Decimal = Decimal(0), bins: int = BINS) -> list[Decimal]:
    """Multiples of 1, 2 or 5 times a power of ten, the first at or below `low`, the last above `high`, which differ.

    They are `least` or more apart, and so far that few more bins than `bins` lie between them.
    """
    with localcontext() as context:
        context.prec = _PRECISION
        raw = (high - low) / bins
        power = Decimal(1).scaleb(raw.adjusted())
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
        step = max(least, step)  # Of equals the first: 1, not 1.0, for whole numbers have no such form.
        first, last = (int((end / step).to_integral_value("ROUND_FLOOR")) for end in (low, high))
        return [index * step for index in range(first, last + 2)]


def moment_edges(low: datetime, high: datetime, *, days: bool) -> list[datetime]:
    """The shortest steps of the clock or the calendar that make few bins. `days` asks for none within a day."""
    for seconds in _SECONDS:
        if not (days and seconds < _DAY) and (high - low).total_seconds() <= BINS * seconds:
            step = timedelta(seconds=seconds)
            first, last = ((end - datetime.min) // step for end in (low, high))
            return [_moment(index, step) for index in range(first, last + 2)]
    months = next(months for months in _MONTHS if _month(high) - _month(low) <= BINS * months)
    return [_first_of(index * months) for index in range(_month(low) // months, _month(high) // months + 2)]


def _moment(index: int, step: timedelta) -> datetime:
    return datetime.min + index * step if index <= (datetime.max - datetime.min) // step else datetime.max


def _month(moment: datetime) -> int:
    return 12 * moment.year + moment.month - 1


def _first_of(month: int) -> datetime:
    """The beginning of a month; the ends of time stand for what lies beyond them."""
    year = month // 12
    if year < datetime.min.year:
        return datetime.min
    return datetime(year, month % 12 + 1, 1) if year <= datetime.max.year else datetime.max
