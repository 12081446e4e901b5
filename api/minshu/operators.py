"""The operators of row filters, as one table. `docs/rows.md` documents each; a test keeps the two equal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

PATTERN_MAX = 200

EQUAL = frozenset({"text", "integer", "decimal", "float", "boolean", "date", "time", "timestamp", "timestamptz"})
ORDERED = EQUAL - {"boolean"}
TEXTUAL = frozenset({"text", "json", "written"})
ANY = EQUAL | {"json", "written", "other"}


@dataclass(frozen=True)
class Operator:
    """One operator: its SQL, how many values it takes, and the kinds of columns that it fits.

    In `sql`, `{column}` stands for the column, `{0}` and `{1}` for the first values, `{values}` for all of them.
    """

    sql: str
    arity: Literal["none", "one", "two", "many"]
    kinds: frozenset[str]
    example: str
    doc: str
    translate: Callable[[str], str] | None = None


def like_regex(pattern: str) -> str:
    r"""The regular expression of an SQL pattern: `%` is any text, `_` one character, `\` makes the next one plain."""
    parts = re.findall(r"\\.|%+|.|\\", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(part[0]) or re.escape(part[-1]) for part in parts)


def glob_regex(pattern: str) -> str:
    """The regular expression of a shell pattern: `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`. Raises ValueError."""
    parts = re.findall(r"\*+|\?|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL)
    return "".join(_glob_part(part) for part in parts)


def _glob_part(part: str) -> str:
    if part[0] == "*":
        return ".*"
    if part == "?":
        return "."
    if len(part) == 1:
        return re.escape(part)
    inverted = part[1] == "!"
    inside = part[2 if inverted else 1 : -1]
    return f"[{'^' if inverted else ''}{_ranges(inside)}]"


def _ranges(inside: str) -> str:
    """The inside of a class: pairs joined by `-` are ranges, and everything else is itself."""
    ranges = re.findall(r".-.|.", inside, re.DOTALL)
    if not ranges or any(len(item) == 3 and item[0] > item[2] for item in ranges):
        raise ValueError(inside)
    return "".join("-".join(f"\\x{{{ord(end):x}}}" for end in (item[0], item[-1])) for item in ranges)


_MATCH = "regexp_full_match({column}, {0}, 's')"  # RE2 is linear; LIKE and GLOB of DuckDB 1.5 can be driven to crawl.

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "eq": Operator("{column} = {0}", "one", EQUAL, "city__eq=福州市", "is equal to the value"),
        "ne": Operator(
            "{column} IS DISTINCT FROM {0}", "one", EQUAL, "city__ne=福州市", "is anything else, or is null"
        ),
        "lt": Operator("{column} < {0}", "one", ORDERED, "value__lt=10", "is less than the value"),
        "lte": Operator("{column} <= {0}", "one", ORDERED, "value__lte=10", "is less than or equal to the value"),
        "gt": Operator("{column} > {0}", "one", ORDERED, "value__gt=10", "is greater than the value"),
        "gte": Operator("{column} >= {0}", "one", ORDERED, "value__gte=10", "is greater than or equal to the value"),
        "between": Operator(
            "{column} BETWEEN {0} AND {1}",
            "two",
            ORDERED,
            "day__between=2019-01-01,2019-12-31",
            "lies between two values, both included",
        ),
        "in": Operator("{column} IN ({values})", "many", EQUAL, "city__in=福州市,厦门市", "is one of the values"),
        "notin": Operator(
            "({column} IS NULL OR {column} NOT IN ({values}))",
            "many",
            EQUAL,
            "city__notin=福州市,厦门市",
            "is none of the values, or is null",
        ),
        "contains": Operator(
            "contains({column}, {0})", "one", TEXTUAL, "name__contains=数据", "has the value somewhere in it"
        ),
        "startswith": Operator(
            "starts_with({column}, {0})", "one", TEXTUAL, "name__startswith=福建", "begins with the value"
        ),
        "endswith": Operator("suffix({column}, {0})", "one", TEXTUAL, "name__endswith=平台", "ends with the value"),
        "like": Operator(
            _MATCH,
            "one",
            TEXTUAL,
            "name__like=福建%25平台",
            "matches a pattern of SQL: `%` is any text, `_` any one character, `\\` makes the next character plain",
            like_regex,
        ),
        "glob": Operator(
            _MATCH,
            "one",
            TEXTUAL,
            "name__glob=*[0-9]?",
            "matches a pattern of the shell: `*` is any text, `?` any one character, `[a-z]` one of a set, "
            "`[!a-z]` one outside it",
            glob_regex,
        ),
        "isnull": Operator("{column} IS NULL", "none", ANY, "city__isnull", "is null"),
        "notnull": Operator("{column} IS NOT NULL", "none", ANY, "city__notnull", "is not null"),
    }
)
"""Every operator by its name, as in `column__operator=value`."""
