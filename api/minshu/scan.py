"""A search in rows that are in memory: what `_search` finds there, without a query.

The words and their forms are those of `search`, and the regular expressions are RE2's here as in DuckDB, so that both
find the same rows.
"""

from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from minshu.search import Search, expression


def rows_with(batch: pa.RecordBatch, search: Search) -> list[int]:
    """The positions, within the batch, of the rows in which every word occurs, each in any of the columns."""
    texts = [batch.column(name) for name in search.columns]
    found = (reduce(pc.or_, (_holds(text, word) for text in texts)) for word in search.words)
    return pc.indices_nonzero(reduce(pc.and_, found)).to_pylist()  # type: ignore[no-any-return]


def _holds(text: pa.Array, word: str) -> pa.Array:
    """In which rows a word occurs; in a null nothing does."""
    pattern = expression(word)
    found = pc.match_substring(text, word) if pattern is None else pc.match_substring_regex(text, pattern)
    return pc.fill_null(found, fill_value=False)
