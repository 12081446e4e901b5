"""The types that a column may be given, each with the form that every one of its values must have.

Table Schema 2.0, "Field Types", default formats. A form here is narrower than the standard's where the wider one would
lose what was written: `007` and `+86` are no integers here, `1e5` no number, `1` no boolean.
"""

import re
from collections.abc import Mapping
from typing import Final

from minshu.fields import MAX_SAFE_INTEGER
from minshu.identifiers import literal

# What stands for "no value" in many files besides the empty text.
MISSING: Final = ("-", "—", "NA", "N/A", "NULL", "无")

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_INTEGER = r"0|-?[1-9][0-9]{0,15}"
_YEAR = re.compile(r"年|年份|年度|.*[^\W\d_](年份|年度)|(.*[_\W])?year", re.IGNORECASE)
_CODE = re.compile(
    r".*(代码|编码|邮编|邮政编码|电话|手机|手机号|手机号码|传真|号码)|(.*[_\W])?(code|zip|postcode|phone|tel|mobile|fax)",
    re.IGNORECASE,
)
_MOBILE = "1[3-9][0-9]{9}"


def _form(pattern: str, value: str = "value") -> str:
    return f"regexp_full_match({value}, {literal(pattern)})"


# In the order in which they are tried: the first that every value proves is proposed.
# `v` is the name of the text in SQL. A cast decides only where the form holds already.
FORMS: Final[Mapping[str, str]] = {
    "boolean": _form("true|True|TRUE|false|False|FALSE"),
    "integer": f"({_form(_INTEGER)} and abs(try_cast(value as bigint)) <= {MAX_SAFE_INTEGER})",
    "number": _form(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]{1,2})?)?"),
    "date": f"({_form(_DATE)} and value >= '0001' and try_cast(value as date) is not null)",
    "datetime": f"({_form(f'{_DATE}T{_TIME}Z?')} and value >= '0001' "
    "and try_cast(rtrim(value, 'Z') as timestamp) is not null)",
    "time": _form("([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"),
    "yearmonth": _form("[0-9]{4}-(0[1-9]|1[0-2])") + " and value >= '0001'",
}
# What is asked of a column besides: forms that say something only about the column as a whole.
HINTS: Final[Mapping[str, str]] = {
    "year": _form("[1-9][0-9]{3}"),
    "mobile": _form(_MOBILE),
    "whole": _form(_INTEGER.replace("{0,15}", "*")),
    "zoned": "ends_with(value, 'Z')",
}


def chosen(name: str, values: int, fits: Mapping[str, int]) -> str:
    """The type of a column of `values` values that are there, `fits` of which have each form; "string" if none."""
    if not values:
        return "string"
    proven = next((type_ for type_ in FORMS if fits[type_] == values), "string")
    if proven in ("integer", "number") and is_code(name):
        return "string"
    if proven == "integer":
        if fits["mobile"] == values:
            return "string"
        return "year" if fits["year"] == values and _YEAR.fullmatch(name.strip()) else "integer"
    # Whole numbers among them that no integer column takes are ids, not measures.
    if proven == "number" and fits["whole"] > fits["integer"]:
        return "string"
    # A column that mixes times with a zone and times without has no order.
    if proven == "datetime" and 0 < fits["zoned"] < values:
        return "string"
    return proven


def is_code(name: str) -> bool:
    """Whether a header says that the digits below it are a code or a telephone number, which nobody adds up."""
    return bool(_CODE.fullmatch(name.strip()))
