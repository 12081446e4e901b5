"""The deliberate differences from frictionless, each named here once: what docs/validation.md shows, what the
differential tests leave out, and what has a test of its own in test_differences.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """`theirs` and `ours` are the words of the documentation; `explains` tells which of our errors it accounts for.

    An error that ends the reading of a table leaves nothing `comparable` in it, nor in those that refer to it.
    """

    name: str
    where: str
    theirs: str
    ours: str
    explains: Callable[[Finding], bool] = lambda _: False
    comparable: bool = True


# How the decoders of Python say that a file stops within a character.
UNENDED = ("truncated data", "unexpected end of data", "incomplete multibyte sequence")


def _noted(kind: str, start: str) -> Callable[[Finding], bool]:
    return lambda error: error["type"] == kind and str(error["note"]).startswith(start)


DIFFERENCES = (
    Difference(
        "a_key_with_one_null",
        "a composite primary key with one null",
        "passes",
        "is a `primary-key` error",
        _noted("primary-key", 'cells composing the primary keys are "None"'),
    ),
    Difference(
        "unique_keys",
        "`uniqueKeys`",
        "ignored",
        "checked; a repeated key is a `row-error`, and a key with a null repeats nothing",
        _noted("row-error", "unique key "),
    ),
    Difference(
        "unhashable_keys",
        "keys and unique fields of arrays and objects",
        "end in an exception of Python's",
        "compared as JSON",
    ),
    Difference(
        "broken_pattern",
        "a `pattern` that is none once `^` stands before it, such as `(?i)a`",
        "ends in an exception of Python's, unless another error comes first",
        "is a `package-error`",
        _noted("package-error", "The descriptor cannot be used: error: "),
        comparable=False,
    ),
    Difference(
        "categories",
        "`categories` of texts and integers",
        "ignored",
        "other values are a `constraint-error`",
        _noted("constraint-error", 'constraint "categories"'),
    ),
    Difference(
        "json_schema",
        "the constraint `jsonSchema` of arrays and objects",
        "refuses the package",
        "checked; a reference to another document is refused",
    ),
    Difference(
        "bounds_of_durations",
        "bounds of durations, `enum` of lists",
        "refuses the package",
        "checked; durations are compared as XML Schema does",
    ),
    Difference(
        "group_char_of_integers",
        "`groupChar` of integers",
        "ignored",
        "taken out before an integer is read",
    ),
    Difference(
        "unclosed_quote",
        "a quote that is never closed",
        "takes the rest of the file for one cell",
        "is a `row-error` where it opens; so is a record of more than 32 Mi characters",
        _noted("row-error", "a quote that opens in this row"),
        comparable=False,
    ),
    Difference(
        "null_sequence",
        "`nullSequence`",
        "ignored",
        "is no value",
    ),
    Difference(
        "line_terminator",
        "`lineTerminator`",
        "ignored",
        "ends the records; LF, CR LF and CR stand for each other",
    ),
    Difference(
        "long_delimiter",
        "a `delimiter` of several characters",
        "a `source-error`",
        "separates the cells",
    ),
    Difference(
        "double_quote",
        "`doubleQuote: false` without `escapeChar`",
        "ignored",
        "a quote ends the cell's quotes",
    ),
    Difference(
        "several_files",
        "several paths for one delimited text",
        "glues them together, without the first line of all but the first, and without a line end where one has none",
        "reads each by itself; all must have the header of the first",
    ),
    Difference(
        "formats",
        "ODS, Parquet and SQLite (`table`)",
        "need ezodf, pandas and SQLAlchemy",
        "read without; Parquet and SQLite by a confined process, Parquet with Brotli refused",
    ),
    Difference(
        "position_of_a_bad_byte",
        "the position of a byte that is not of the encoding",
        "counts from the last block that was read",
        "counts from the beginning of the file",
        # Small files are one block, and the end of a file that stops within a character another.
        lambda error: error["type"] == "encoding-error" and str(error["note"]).endswith(UNENDED),
    ),
    Difference(
        "item_keys",
        "`property`, `itemType`, `itemKeys`",
        "ignored",
        "tell where the rows are, what they are, and their columns",
    ),
    Difference(
        "bounds",
        "what would take memory or time without bound",
        "is read",
        "is refused, as above; a row of too many cells is a `row-error`",
        _noted("row-error", "the row has "),
        comparable=False,
    ),
    Difference(
        "counts_past_the_limit",
        "declared `hash`, `bytes`, `rows` and `fields`",
        "not compared once the error limit is reached; digests other than MD5 and SHA-256 ignored",
        "always compared, every algorithm of Python's `hashlib`",
        lambda error: error["type"] in ("hash-count", "byte-count", "row-count", "field-count"),
    ),
    Difference(
        "totals_past_the_limit",
        "`stats` of a table whose error limit was reached",
        "the rows and errors up to there, no digests",
        "all rows, all errors, the digests",
    ),
)


@pytest.fixture(scope="session")
def differences() -> tuple[Difference, ...]:
    return DIFFERENCES
