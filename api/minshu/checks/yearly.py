"""Checks against tables that change every year, from libraries that are kept for them: `minshu[checks]`.

They are an extra, for they must be renewed more often than Minshu is, and few datasets need them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from minshu.errors import RulesError

if TYPE_CHECKING:
    import polars as pl

# For each code the spans of years in which it held, both ends included; None where there is no end.
Divisions = Mapping[str, Sequence[tuple[int | None, int | None]]]

SPAN = re.compile(r"\[(\d*)-(\d*)\]")
CODE = 6


def division_code(column: str, at: date | int | str, codes: Divisions | None = None) -> "pl.Expr":
    """The cells are division codes of GB/T 2260 that held at a date: of the year `at`, or of a column of that name.

    The column may hold dates or years. In the year of a change, the old code and the new are both good: the table
    knows years only. `codes` is the edition of the standard to go by; if not given, that of python-stdnum.
    """
    import polars as pl

    known = divisions() if codes is None else codes
    if isinstance(at, str):
        year = pl.col(at)
        # A column of dates becomes one of years by its ISO form; a year stays what it is.
        year = year.cast(pl.String).str.slice(0, 4).cast(pl.Int32, strict=False)
        return pl.when(year.is_not_null()).then(_held(pl.col(column), year, known))
    year_given = at.year if isinstance(at, date) else at
    return pl.col(column).is_in([code for code in known if is_division_code(code, year_given, known)])


def is_division_code(text: str, at: date | int, codes: Divisions | None = None) -> bool:
    """Whether a text is a division code of GB/T 2260 that held in the year of a date."""
    year = at.year if isinstance(at, date) else at
    spans = (divisions() if codes is None else codes).get(text, ())
    return any((first is None or first <= year) and (last is None or year <= last) for first, last in spans)


def working_day(column: str) -> "pl.Expr":
    """The cells are working days in mainland China: no holiday, and no weekend that is not worked on instead.

    Dates of years that chinese-calendar does not know are not good: next year's holidays are decreed late in this one.
    """
    import polars as pl

    return pl.col(column).cast(pl.Date).is_in(working_days())


@cache
def divisions() -> Divisions:
    """The codes of all divisions that python-stdnum knows, with the years in which each held."""
    database = _library("stdnum.numdb", "python-stdnum").get("cn/loc")
    return {code: _spans(str(facts.get("county", ""))) for code, facts in _codes("", database.prefixes)}


@cache
def working_days() -> tuple[date, ...]:
    """Every working day of the years that chinese-calendar knows."""
    calendar = _library("chinese_calendar", "chinese-calendar")
    years = {day.year for day in calendar.constants.holidays}
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(day for day in days if calendar.is_workday(day))


def _held(code: "pl.Expr", year: "pl.Expr", known: Divisions) -> "pl.Expr":
    import polars as pl

    most = max(map(len, known.values()), default=0)
    within = []
    for place in range(most):
        spans = {one: spans[place] for one, spans in known.items() if len(spans) > place}
        first = {one: span[0] or 0 for one, span in spans.items()}
        last = {one: span[1] or 9999 for one, span in spans.items()}
        low, high = (code.replace_strict(ends, default=None, return_dtype=pl.Int32) for ends in (first, last))
        within.append(year.is_between(low, high).fill_null(value=False))
    return pl.when(code.is_not_null()).then(pl.any_horizontal(within))


def _codes(prefix: str, nodes: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for length, low, _high, facts, below in nodes:
        if len(prefix) + length == CODE:
            yield prefix + low, facts
        yield from _codes(prefix + low, below)


def _spans(names: str) -> Sequence[tuple[int | None, int | None]]:
    """The years of the names that a code had: `[1983-1994]东矿区,[1995-]古冶区`; without years, it always held."""
    found = [(int(first) if first else None, int(last) if last else None) for first, last in SPAN.findall(names)]
    return found or [(None, None)]


def _library(module: str, name: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise RulesError(f"This check needs {name}: install minshu[checks].") from error
