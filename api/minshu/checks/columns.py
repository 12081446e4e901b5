"""Checks of single cells, as polars expressions: true where the cell is good, null where it is empty.

Each takes a column's name and returns a boolean expression, so that it works on a batch as on a whole table:
`data.lazyframe.select(uscc(data.key))` in a pandera check, `frame.select(uscc("code"))` anywhere else. polars is
imported when an expression is made, since not everything that imports `minshu.checks` makes one.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from minshu.checks.codes import (
    DIVISIONS,
    IDENTITY_CHECKS,
    IDENTITY_DIVISIONS,
    IDENTITY_SHAPE,
    IDENTITY_WEIGHTS,
    LANDLINE_SHAPE,
    MOBILE_SHAPE,
    USCC_ALPHABET,
    USCC_SHAPE,
    USCC_WEIGHTS,
)

if TYPE_CHECKING:
    import polars as pl

# RFC 3986, with a host that is a name of RFC 1123, perhaps in Chinese, or an address in digits.
URL_SHAPE = (
    r"(?i)^https?://(?:(?:[\p{L}0-9](?:[\p{L}0-9-]*[\p{L}0-9])?\.)+[\p{L}0-9-]{2,}\.?|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
    r"(?::[0-9]{1,5})?(?:[/?#][^\s]*)?$"
)
# The mark of bytes that were lost, and what it becomes in GBK; UTF-8 and GBK that were read as Latin-1 or Windows-1252.
MOJIBAKE = "|".join(
    (
        "\ufffd|锟斤拷|烫烫烫|屯屯屯|ï»¿|â€",
        "[ÂÃ][\u0080-\u00bf]",
        "[ä-é][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]{2}",
        "(?:[°-÷][\u00a1-\u00ff]){2}",
    )
)
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
BLANKS = "[\\s\u3000\u00a0\u200b\ufeff]"
# OWASP, "CSV Injection": the characters by which spreadsheets take a cell for a formula.
FORMULA = r"^[=+\-@\t\r]"
SIGNED_NUMBER = r"^[+-](?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?$"
PHONE = r"^\+[0-9][0-9 -]{5,18}$"


def uscc(column: str) -> "pl.Expr":
    """The cells are unified social credit codes: GB 32100-2015, modulo 31, registries 1 to 9, A, N and Y."""
    import polars as pl

    text = pl.col(column)
    values = {letter: value for value, letter in enumerate(USCC_ALPHABET)}
    total = _weighted(text, values, USCC_WEIGHTS)
    check = text.str.slice(17, 1).replace_strict(values, default=None, return_dtype=pl.Int32)
    return _all_of(text, text.str.contains(f"^{USCC_SHAPE}$"), (total + check) % 31 == 0)


def identity_number(column: str, today: date | None = None) -> "pl.Expr":
    """The cells are resident identity numbers: GB 11643-1999, ISO 7064 MOD 11-2, born up to `today`."""
    import polars as pl

    text = pl.col(column)
    born = text.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    digits = {str(digit): digit for digit in range(10)}
    expected = (_weighted(text, digits, IDENTITY_WEIGHTS) % 11).replace_strict(
        dict(enumerate(IDENTITY_CHECKS)), default=None, return_dtype=pl.String
    )
    return _all_of(
        text,
        text.str.contains(f"^{IDENTITY_SHAPE}$"),
        text.str.slice(0, 2).is_in(IDENTITY_DIVISIONS),
        born <= (today or date.today()),
        expected == text.str.slice(17, 1).str.to_uppercase(),
    )


def division_prefix(column: str) -> "pl.Expr":
    """The cells are six digits that begin with a division of the first level: GB/T 2260, whatever the year."""
    import polars as pl

    return pl.col(column).str.contains(f"^(?:{'|'.join(DIVISIONS)})[0-9]{{4}}$")


def mobile(column: str) -> "pl.Expr":
    """The cells are mobile numbers of mainland China, perhaps with +86, blanks or hyphens."""
    import polars as pl

    bare = pl.col(column).str.replace_all("[ -]", "").str.replace(r"^(?:\+|00)86", "")
    return bare.str.contains(f"^{MOBILE_SHAPE}$")


def landline(column: str) -> "pl.Expr":
    """The cells are fixed numbers of mainland China with their area codes, or 400 and 800 numbers."""
    import polars as pl

    return pl.col(column).str.contains(f"^{LANDLINE_SHAPE}$")


def url(column: str) -> "pl.Expr":
    """The cells are addresses of the web: RFC 3986, http or https, with a host."""
    import polars as pl

    return pl.col(column).str.contains(URL_SHAPE)


def no_mojibake(column: str) -> "pl.Expr":
    """No cell holds the traces of text that was read in the wrong encoding."""
    return ~_found(column, MOJIBAKE)


def no_full_width_digits(column: str) -> "pl.Expr":
    """No cell holds digits, letters or signs in their full-width forms (U+FF10 to U+FF19, …): they don't compare."""
    return ~_found(column, "[０-９Ａ-Ｚａ-ｚ．％]")


def no_control_characters(column: str) -> "pl.Expr":
    """No cell holds controls (C0 but tab and line ends, DEL, C1), zero-width characters or marks of direction."""
    return ~_found(column, CONTROL)


def no_outer_blanks(column: str) -> "pl.Expr":
    """No cell begins or ends with a blank, the ideographic and the no-break space included."""
    return ~_found(column, f"^{BLANKS}|{BLANKS}$")


def no_formula(column: str) -> "pl.Expr":
    """No cell is one that a spreadsheet would run: = + - @ tab or CR in front, signed numbers and phones apart."""
    return ~_found(column, FORMULA) | _found(column, SIGNED_NUMBER) | _found(column, PHONE)


def _found(column: str, pattern: str) -> "pl.Expr":
    import polars as pl

    return pl.col(column).str.contains(pattern)


def _weighted(text: "pl.Expr", values: Mapping[str, int], weights: Iterable[int]) -> "pl.Expr":
    """The weighted sum of the first characters, null where one has no value."""
    import polars as pl

    letters = (text.str.slice(place, 1) for place, _ in enumerate(USCC_WEIGHTS))
    valued = (letter.replace_strict(values, default=None, return_dtype=pl.Int32) for letter in letters)
    return reduce(add, (value * weight for value, weight in zip(valued, weights, strict=True)))


def _all_of(text: "pl.Expr", *conditions: "pl.Expr") -> "pl.Expr":
    """All conditions, those without an answer counted as broken; null where there is no text."""
    import polars as pl

    return pl.when(text.is_not_null()).then(pl.all_horizontal(c.fill_null(value=False) for c in conditions))
