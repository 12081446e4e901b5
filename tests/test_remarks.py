"""Texts of strangers: made plain, refused where they hold what they must not."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.errors import BadParameter, PersonalDataTold
from minshu.remarks import can_be_named, plain_line, plain_text, refuse_persons


@given(st.text())
def test_a_text_that_passes_has_nothing_in_it_that_cannot_be_seen(text: str) -> None:
    try:
        plain = plain_text(text, 100)
    except BadParameter:
        return
    assert 0 < len(plain) <= 100
    assert plain == plain.strip()
    assert plain_text(plain, 100) == plain
    assert all(
        letter in "\n\t\u200c\u200d" or category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in plain
    )


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("一\r\n二\r三\n", "一\n二\n三"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("\u202eevil\u202c \u2066x\u2069\u200f", "evil x"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\u2028b\u0085c", "a\nb\nc"),
    ],
)
def test_a_text_is_made_plain(written: str, plain: str) -> None:
    assert plain_text(written) == plain


@pytest.mark.parametrize("text", ["", " \n ", "\u202e", "a\0b", "a\x1b[2Jb", "a\x07", "\ud800", "x" * 2001])
def test_what_is_empty_too_long_or_no_text_is_refused(text: str) -> None:
    with pytest.raises(BadParameter):
        plain_text(text)


def test_a_line_has_no_breaks(text: str = "a\nb") -> None:
    with pytest.raises(BadParameter):
        plain_line(text, 10, "key")
    assert plain_line(" a\u202e ", 10, "key") == " a "


def test_a_key_is_named_in_a_message_where_that_leaves_it_as_it_is() -> None:
    assert can_be_named(("1", " 甲 "))
    for key in (("",), ("1", "x" * 201), ("a\u200b",), ("a\nb",), ("1",) * 17):
        assert not can_be_named(key)


# Numbers with right check digits that belong to nobody: the examples of the standards, and of the tests of the gate.
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("请回电13800138000", ("mobile number",)),
        ("１３８ ００１３ ８０００", ("mobile number",)),
        ("138\u200d0013\u200d8000", ("mobile number",)),
        ("我的号码是 11010519491231002X。", ("resident identity number",)),
        ("li@example.org", ("e-mail address",)),
        ("li＠example．org", ("e-mail address",)),
        ("𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", ("mobile number",)),
        ("li@example.org 或 138-0013-8000", ("mobile number", "e-mail address")),
    ],
)
def test_what_people_can_be_found_by_is_refused(text: str, kinds: tuple[str, ...]) -> None:
    with pytest.raises(PersonalDataTold) as refused:
        refuse_persons("无关", text)
    assert refused.value.kinds == kinds
    assert "138" not in str(vars(refused.value)) + str(refused.value)


@pytest.mark.parametrize("text", ["2019-03-29 的 1234567 元", "第 110105194912310021 行", "0591-87654321", "m001"])
def test_other_numbers_pass(text: str) -> None:
    refuse_persons(text)
