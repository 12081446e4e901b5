"""The formats that rows are given in, and the lexical form of every value.

A value means the same in each of them. Where a format has no type for a value, the value stands as text in the
default lexical form of Table Schema, so that a decimal keeps its zeros and a number beyond 2^53 its digits.
`docs/sql.md` tells the forms type by type.
"""

from minshu.formats.columns import EXACT, Column, ColumnJsonType, as_strings, columns_of
from minshu.formats.values import text_values
from minshu.formats.writers import FORMATS, Format, json_cells

__all__ = [
    "EXACT",
    "FORMATS",
    "Column",
    "ColumnJsonType",
    "Format",
    "as_strings",
    "columns_of",
    "json_cells",
    "text_values",
]
