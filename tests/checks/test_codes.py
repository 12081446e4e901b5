"""Codes of registers: what their standards give is right, and whatever one character changes is wrong."""

import random
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.checks import (
    division_prefix,
    identity_number,
    is_card,
    is_identity_number,
    is_landline,
    is_mobile,
    is_plate,
    is_uscc,
    landline,
    mobile,
    uscc,
)
from minshu.checks.codes import (
    DIVISIONS,
    USCC_ALPHABET,
    identity_check_character,
    luhn_total,
    uscc_check_character,
)

TODAY = date(2026, 1, 1)


def good(expression: pl.Expr, *texts: str | None) -> list[bool | None]:
    return pl.DataFrame({"a": texts}, {"a": pl.String}).select(expression).to_series().to_list()


@st.composite
def usccs(draw: st.DrawFn) -> str:
    """A code of no one in particular: random but for its check character."""
    body = draw(st.text(USCC_ALPHABET, min_size=9, max_size=9))
    registry, kind = draw(st.sampled_from("123456789ANY")), draw(st.sampled_from("1239"))
    start = registry + kind + draw(st.from_regex("[0-9]{6}", fullmatch=True)) + body
    return start + uscc_check_character(start)


@st.composite
def identities(draw: st.DrawFn) -> str:
    """An identity number of no one in particular: of a division that was never given out, 0000."""
    born = draw(st.dates(date(1900, 1, 1), date(2025, 12, 31)))
    start = f"{draw(st.sampled_from(DIVISIONS))}0000{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return start + identity_check_character(start)


@given(usccs())
def test_a_code_with_its_check_character_is_good_in_both_forms(code: str) -> None:
    assert is_uscc(code)
    assert good(uscc("a"), code) == [True]


@given(usccs(), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_of_a_code_is_always_noticed(code: str, place: int, letter: str) -> None:
    changed = code[:place] + letter + code[place + 1 :]
    assert is_uscc(changed) == (changed == code)
    assert good(uscc("a"), changed) == [changed == code]


@pytest.mark.parametrize("registry", "ANY")
def test_the_registries_with_letters_are_taken(registry: str) -> None:
    start = f"{registry}1350000000000000"
    assert is_uscc(start + uscc_check_character(start))


@pytest.mark.parametrize("code", ["", "91350100M000100Y4", "91350100M000100Y43X", "91350100I000100Y43", "０" * 18])
def test_what_has_not_the_shape_of_a_code_is_none(code: str) -> None:
    assert not is_uscc(code)
    assert good(uscc("a"), code) == [False]


def test_the_standards_own_code_is_good() -> None:
    # The example that is printed with GB 32100-2015.
    assert is_uscc("91350100M000100Y43")


@given(identities())
def test_a_number_with_its_check_character_is_good_in_both_forms(number: str) -> None:
    assert is_identity_number(number, TODAY)
    assert good(identity_number("a", TODAY), number, number.lower()) == [True, True]


@given(identities(), st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_a_number_is_always_noticed(number: str, place: int, digit: str) -> None:
    changed = number[:place] + digit + number[place + 1 :]
    assert is_identity_number(changed, TODAY) == (changed == number)
    assert good(identity_number("a", TODAY), changed) == [changed == number]


def test_the_standards_own_numbers_are_good() -> None:
    # GB 11643-1999, Annex A: 11010519491231002X and 440524188001010014.
    assert is_identity_number("11010519491231002X")
    assert is_identity_number("440524188001010014")


@pytest.mark.parametrize("start", ["99000019900101001", "11000019900230001", "11000020991231001", "35000019900101"])
def test_a_number_needs_a_division_and_a_day_that_has_been(start: str) -> None:
    number = start + (identity_check_character(start) if len(start) == 17 else "")
    assert not is_identity_number(number, TODAY)
    assert good(identity_number("a", TODAY), number) == [False]


def test_empty_cells_are_neither_good_nor_bad() -> None:
    for check in (uscc, identity_number, mobile, landline, division_prefix):
        assert good(check("a"), None) == [None]


@pytest.mark.parametrize("text", ["13800000000", "+86 138-0000-0000", "0086 19900000000", "16600000000"])
def test_mobile_numbers_are_known(text: str) -> None:
    assert is_mobile(text)
    assert good(mobile("a"), text) == [True]


@pytest.mark.parametrize("text", ["12800000000", "1380000000", "138000000000", "14100000000", "", "一三八"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    assert not is_mobile(text)
    assert good(mobile("a"), text) == [False]


@pytest.mark.parametrize(
    "text", ["0591-87654321", "(010)65000000", "010 65000000", "021-65000000转801", "400-800-0000"]
)
def test_landlines_are_known(text: str) -> None:
    assert is_landline(text)
    assert good(landline("a"), text) == [True]


@pytest.mark.parametrize("text", ["87654321", "0591-1765432", "0261-87654321", "059187", "13800000000"])
def test_what_is_no_landline_is_refused(text: str) -> None:
    assert not is_landline(text)
    assert good(landline("a"), text) == [False]


@given(st.integers(0, 10**9 - 1))
def test_a_card_is_known_by_luhn(body: int) -> None:
    start = f"622600{body:09d}"
    check = -luhn_total(start + "0") % 10
    assert [is_card(f"{start}{digit}") for digit in range(10)] == [digit == check for digit in range(10)]


def test_the_networks_own_test_cards_are_known() -> None:
    assert all(map(is_card, ["4111111111111111", "5555555555554444", "378282246310005", "3530111333300000"]))


@pytest.mark.parametrize("text", ["闽A00000", "闽A·0000A", "粤B AB123", "京AD00000", "沪A00000F", "京A0000警"])
def test_plates_are_known(text: str) -> None:
    assert is_plate(text)


@pytest.mark.parametrize("text", ["闽A0000", "闽I00000", "闽AABC12", "闽A0000O", "台A00000", "第A00000"])
def test_what_is_no_plate_is_refused(text: str) -> None:
    assert not is_plate(text)


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_a_division_prefix_is_one_of_34(code: str) -> None:
    plain = code.strip()
    assert good(division_prefix("a"), plain) == [plain[:2] in DIVISIONS]


def test_random_digits_rarely_pass_as_an_identity_number() -> None:
    chance = random.Random(1)
    numbers = (f"350100199001{chance.randrange(10**6):06d}" for _ in range(3000))
    assert sum(is_identity_number(number, TODAY) for number in numbers) < 3000 / 11
