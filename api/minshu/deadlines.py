"""Terms in working days, as the law counts them: those in which an application is to be decided."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Final

from minshu.checks.yearly import working_days
from minshu.errors import RulesError

CHINA: Final = timezone(timedelta(hours=8))
SATURDAY: Final = 5


@dataclass(frozen=True)
class Deadline:
    """The last day of a term. `is_exact` is whether the holidays of all its years were known.

    Where they were not, every day from Monday to Friday was counted, and the true day may be a later one.
    """

    day: date
    is_exact: bool

    def is_over(self, now: datetime) -> bool:
        """Whether the term has ended, by the clock of China."""
        return now.astimezone(CHINA).date() > self.day


def deadline(received: datetime, days: int) -> Deadline:
    """The end of a term of working days; the first of them is the one after the day of receipt."""
    worked = _known()
    years = _years(worked)
    day, left, is_exact = received.astimezone(CHINA).date(), days, True
    while left:
        day += timedelta(days=1)
        is_exact = is_exact and day.year in years
        left -= day in worked if day.year in years else day.weekday() < SATURDAY
    return Deadline(day, is_exact)


def days_taken(received: datetime, done: datetime) -> int:
    """The working days that something took: 0 on the day of receipt, 1 on the working day after."""
    worked = _known()
    years = _years(worked)
    first, last = (moment.astimezone(CHINA).date() for moment in (received, done))
    later = (first + timedelta(days=number + 1) for number in range((last - first).days))
    return sum(day in worked if day.year in years else day.weekday() < SATURDAY for day in later)


def _known() -> frozenset[date]:
    """The working days of the years whose holidays are known; none where their calendar is not installed."""
    try:
        return _working()
    except RulesError:
        return frozenset()


@cache
def _working() -> frozenset[date]:
    return frozenset(working_days())


@cache
def _years(worked: frozenset[date]) -> frozenset[int]:
    return frozenset(day.year for day in worked)
