"""Checks against tables that change every year."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from minshu.checks import division_code, is_division_code, working_day
from minshu.checks.yearly import Divisions, divisions
from minshu.errors import RulesError


def good(expression: pl.Expr, **columns: Any) -> list[bool | None]:
    return pl.DataFrame(columns).select(expression).to_series().to_list()


@pytest.mark.parametrize(
    ("code", "year", "held"),
    [
        ("350182", 2016, True), ("350182", 2018, False),  # 长乐市 became 长乐区 in 2017.
        ("350112", 2016, False), ("350112", 2018, True),
        ("350427", 2020, True), ("350427", 2022, False),  # 沙县 became 沙县区 in 2021.
        ("350405", 2020, False), ("350405", 2022, True),
        ("350822", 2013, True), ("350803", 2015, True),  # 永定县 became 永定区 in 2014.
        ("350128", 2019, True), ("350000", 2019, True), ("350100", 2019, True),
        ("350199", 2019, False), ("35010", 2019, False),
    ],
)  # fmt: skip
def test_a_division_code_holds_for_its_years(code: str, year: int, held: bool) -> None:
    assert is_division_code(code, year) is held
    assert is_division_code(code, date(year, 7, 1)) is held
    assert good(division_code("a", year), a=[code]) == [held]
    assert good(division_code("a", "b"), a=[code], b=[year]) == [held]
    assert good(division_code("a", "b"), a=[code], b=[date(year, 7, 1)]) == [held]


def test_in_the_year_of_a_change_both_codes_are_good() -> None:
    assert good(division_code("a", date(2017, 6, 1)), a=["350182", "350112"]) == [True, True]


def test_a_code_that_was_given_twice_holds_in_each_of_its_spans() -> None:
    codes: Divisions = {"1": [(1980, 1985), (1990, None)], "2": [(None, 1980)]}
    years = [1979, 1985, 1987, 2020]
    assert good(division_code("a", "b", codes), a=["1"] * 4, b=years) == [False, True, False, True]
    assert good(division_code("a", 1980, codes), a=["1", "2", "3"]) == [True, True, False]


def test_without_a_code_or_a_date_there_is_no_answer() -> None:
    assert good(division_code("a", "b"), a=[None, "350000"], b=[2019, None]) == [None, None]


def test_the_table_knows_every_province_and_no_code_of_another_length() -> None:
    assert {code[:2] for code in divisions()} >= {"11", "35", "65", "71", "81", "82"}
    assert {len(code) for code in divisions()} == {6}


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2019, 3, 20), True),
        (date(2019, 3, 23), False),  # A Saturday.
        (date(2019, 10, 1), False),  # National day, a Tuesday.
        (date(2019, 10, 12), True),  # A Saturday that was worked on instead of a day of that holiday.
        (date(1990, 1, 3), False),  # Of no year that is known.
    ],
)
def test_working_days_know_holidays_and_weekends_that_are_worked_on(day: date, worked: bool) -> None:
    assert good(working_day("a"), a=[day, None]) == [worked, None]


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from minshu.checks import yearly

    monkeypatch.setattr(yearly, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(RulesError, match=r"needs python-stdnum: install minshu\[checks\]"):
        yearly.divisions.__wrapped__()
