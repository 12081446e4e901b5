"""Checks of cells and of columns, as expressions."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu import checks
from minshu.checks import (
    adds_up,
    gap_free,
    no_control_characters,
    no_formula,
    no_full_width_digits,
    no_mojibake,
    no_near_duplicate,
    no_outer_blanks,
    no_outlier,
    rising,
    url,
)


def good(expression: pl.Expr, **columns: Any) -> list[bool | None]:
    return pl.DataFrame(columns).select(expression).to_series().to_list()


@pytest.mark.parametrize("text", ["https://data.example.org/a?b=c#d", "http://例子.中国/", "HTTP://127.0.0.1:80"])
def test_addresses_of_the_web_are_known(text: str) -> None:
    assert good(url("a"), a=[text]) == [True]


@pytest.mark.parametrize("text", ["www.example.org", "ftp://example.org", "http://", "http://a b.cn", "http://-.cn/"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert good(url("a"), a=[text]) == [False]


LOST = ("锟斤拷", "烫烫烫", "屯屯屯")


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=9))
def test_chinese_is_no_mojibake(text: str) -> None:
    assert good(no_mojibake("a"), a=[text]) == [text not in LOST]


COMMON = "福建省人民政府办公厅关于印发数字要点的通知责任单位经济信息中心"


@given(st.text(st.sampled_from(COMMON), min_size=2, max_size=9), st.sampled_from(["latin-1", "cp1252"]))
def test_chinese_in_utf_8_read_in_a_western_encoding_is_mojibake(text: str, encoding: str) -> None:
    wrong = text.encode().decode(encoding, "replace")
    assert good(no_mojibake("a"), a=[wrong]) == [False]


@given(st.text(st.sampled_from(COMMON), min_size=2, max_size=9))
def test_chinese_in_gbk_read_in_a_western_encoding_is_mojibake(text: str) -> None:
    assert good(no_mojibake("a"), a=[text.encode("gbk").decode("latin-1")]) == [False]


@pytest.mark.parametrize("text", ["锟斤拷", "a\ufffdb", "CafÃ©", "donâ€™t"])
def test_traces_of_lost_bytes_are_mojibake(text: str) -> None:
    assert good(no_mojibake("a"), a=[text]) == [False]


@pytest.mark.parametrize("text", ["Café", "naïve", "ÉTÉ", "São Paulo", "Ångström", "20 °C", "«été»"])
def test_western_words_are_no_mojibake(text: str) -> None:
    assert good(no_mojibake("a"), a=[text]) == [True]


@pytest.mark.parametrize("number", ["-1", "-1.5", "+3", "-1,000.50", "-.5", "-3%", "-1e-5", "+86 138 0000 0000"])
def test_signed_numbers_are_no_formulas(number: str) -> None:
    assert good(no_formula("a"), a=[number]) == [True]


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-1|cmd", "=", "-", "+86+A1"])
def test_what_a_spreadsheet_would_run_is_a_formula(text: str) -> None:
    assert good(no_formula("a"), a=[text]) == [False]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_no_number_is_a_formula(number: float) -> None:
    assert good(no_formula("a"), a=[str(number)]) == [True]


@pytest.mark.parametrize(
    ("check", "bad", "fine"),
    [
        (no_full_width_digits, ["１", "a２b", "Ａ"], ["1", "一", "，（）"]),
        (no_control_characters, ["a\x00", "\x1b[0m", "a\u200bb", "\u202eabc", "\ufeffa"], ["a\tb\nc\r\n", "表情😀"]),
        (no_outer_blanks, [" a", "a ", "\u3000a", "a\u00a0", "a\n", " "], ["a b", "", "a\u3000b"]),
    ],
)
def test_untidy_cells_are_told_from_tidy_ones(check: Any, bad: list[str], fine: list[str]) -> None:
    assert good(check("a"), a=bad) == [False] * len(bad)
    assert good(check("a"), a=fine) == [True] * len(fine)


@given(st.lists(st.integers(-50, 50) | st.none(), min_size=1))
def test_rising_is_what_no_earlier_value_denies(values: list[int | None]) -> None:
    given_ = [value for value in values if value is not None]
    expected = all(a < b for a, b in pairwise(given_))
    found = good(rising("a"), a=pl.Series(values, dtype=pl.Int64))
    assert (False not in found) == expected


def test_rising_may_stand_still_where_it_is_not_strict() -> None:
    assert good(rising("a", strictly=False), a=[1, 1, 2, 1]) == [True, True, True, False]


@given(st.integers(-100, 100), st.integers(2, 30), st.data())
def test_a_missing_number_is_a_gap(start: int, length: int, data: st.DataObject) -> None:
    whole = list(range(start, start + length))
    assert False not in good(gap_free("a"), a=whole)
    if length > 2:
        del whole[data.draw(st.integers(1, length - 2))]
        assert good(gap_free("a"), a=whole).count(False) == 1


def test_months_have_no_gap_though_they_differ_in_days() -> None:
    months = [date(2024, month, 1) for month in (1, 2, 3, 5)]
    assert good(gap_free("a", "1mo"), a=months) == [True, True, True, False]


def test_decimal_parts_add_up_exactly() -> None:
    parts = {"a": [Decimal("0.1"), Decimal("0.1")], "b": [Decimal("0.2"), None], "t": [Decimal("0.3"), Decimal("0.3")]}
    assert good(adds_up("t", ["a", "b"]), **parts) == [True, False]


def test_shares_add_up_within_a_tolerance() -> None:
    assert good(adds_up("t", ["a", "b"], 0.2), a=[33.3, 33.3], b=[66.6, 60.0], t=[100.0, 100.0]) == [True, False]


@pytest.mark.parametrize("usual", [[1, 2, 3, 4, 5] * 10, [7] * 50])
def test_one_value_far_from_the_others_is_an_outlier(usual: list[int]) -> None:
    assert good(no_outlier("a"), a=[*usual, 1000]) == [True] * 50 + [False]


@given(st.lists(st.just(5), min_size=1))
def test_equal_values_have_no_outlier(values: list[int]) -> None:
    assert all(good(no_outlier("a"), a=values))


def test_rows_that_differ_in_width_case_and_blanks_are_near_duplicates() -> None:
    names, numbers = ["福建 省ABC", "福建省ａｂｃ", "福建省ABD", "福建,省abc。"], [1, 1, 1, 1]
    assert good(no_near_duplicate(["n", "i"]), n=names, i=numbers) == [True, False, True, False]


def test_near_duplicates_keep_their_columns_apart() -> None:
    assert good(no_near_duplicate(["a", "b"]), a=["ab", "a"], b=["c", "bc"]) == [True, True]


def test_every_ready_check_says_what_it_holds() -> None:
    assert all((getattr(checks, name).__doc__ or "").strip() for name in checks.__all__ if name != "Severity")
