"""Terms in working days."""

from datetime import UTC, date, datetime

import pytest

from minshu import deadlines
from minshu.deadlines import days_taken, deadline


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        # 2024-02-10 to 17 are holidays, and the Sundays 02-04 and 02-18 are worked on.
        (datetime(2024, 2, 1, 12, tzinfo=UTC), 20, date(2024, 3, 5)),
        (datetime(2024, 5, 10, 12, tzinfo=UTC), 1, date(2024, 5, 11)),
        (datetime(2024, 5, 31, 12, tzinfo=UTC), 1, date(2024, 6, 3)),
        # In China it is the next day already, a Saturday.
        (datetime(2024, 5, 31, 16, tzinfo=UTC), 1, date(2024, 6, 3)),
        (datetime(2024, 6, 3, 15, 59, tzinfo=UTC), 1, date(2024, 6, 4)),
        (datetime(2024, 6, 3, 16, tzinfo=UTC), 1, date(2024, 6, 5)),
    ],
)
def test_holidays_are_no_working_days_and_weekends_worked_instead_are(
    received: datetime, days: int, last: date
) -> None:
    found = deadline(received, days)
    assert (found.day, found.is_exact) == (last, True)


def test_a_year_whose_holidays_are_not_decreed_counts_monday_to_friday_and_says_so() -> None:
    found = deadline(datetime(2090, 1, 5, 12, tzinfo=UTC), 5)
    assert (found.day, found.is_exact) == (date(2090, 1, 12), False)


def test_without_the_calendar_every_year_is_counted_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_known", frozenset)
    found = deadline(datetime(2024, 2, 1, 12, tzinfo=UTC), 20)
    assert (found.day, found.is_exact) == (date(2024, 2, 29), False)


def test_a_term_ends_with_its_last_day_in_china() -> None:
    found = deadline(datetime(2024, 6, 3, 12, tzinfo=UTC), 1)
    assert not found.is_over(datetime(2024, 6, 4, 15, 59, tzinfo=UTC))
    assert found.is_over(datetime(2024, 6, 4, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    ("received", "done", "days"),
    [
        (datetime(2024, 5, 10, 1, tzinfo=UTC), datetime(2024, 5, 10, 12, tzinfo=UTC), 0),
        # The Saturday is worked on, the Sunday is not.
        (datetime(2024, 5, 10, 12, tzinfo=UTC), datetime(2024, 5, 13, 12, tzinfo=UTC), 2),
        (datetime(2024, 2, 9, 12, tzinfo=UTC), datetime(2024, 2, 17, 12, tzinfo=UTC), 0),
        # It is the next day in China.
        (datetime(2024, 6, 3, 15, 59, tzinfo=UTC), datetime(2024, 6, 3, 16, tzinfo=UTC), 1),
        (datetime(2090, 1, 5, 12, tzinfo=UTC), datetime(2090, 1, 12, 12, tzinfo=UTC), 5),
    ],
)
def test_what_something_took_is_counted_in_working_days(received: datetime, done: datetime, days: int) -> None:
    assert days_taken(received, done) == days


def test_what_is_done_on_the_last_day_of_its_term_took_all_of_it() -> None:
    received = datetime(2024, 2, 1, 12, tzinfo=UTC)
    last = deadline(received, 20).day
    assert days_taken(received, datetime(last.year, last.month, last.day, 12, tzinfo=UTC)) == 20
