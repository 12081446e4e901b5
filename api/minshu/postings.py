"""The search index: for each pair of neighbouring characters, in which rows it occurs. Plain SQL builds it.

Pairs need no dictionary, so any text is found, Chinese or not. A pair is one number, of both code points after folding;
a text's last character is paired with 0, so that each character begins a pair and is found alone as well. The index
tells which rows may hold a word, and the condition of the search is still asked of those: what is found is exactly
what a scan finds.

A pair that too many rows hold is never looked up, so its rows are not written: it stands once, with the row COMMON.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import duckdb

from minshu.paging import Source
from minshu.search import forms

CODES: Final = 1 << 21
"""More than there are code points: what the first character of a pair is multiplied by."""

RARE: Final = 1 / 16
"""The share of a table's rows up to which a pair is looked up. Of what is more frequent, a scan fills a page sooner."""

COMMON: Final = -1
"""Stands for the rows of a pair that more than this share hold of the rows that are looked at first."""

PAIRS: Final = 3
"""How many pairs of a word are looked up: the rarest."""

_SAMPLE: Final = 20_000
_CHUNK: Final = 100_000
_TABLES: Final = ("found_pairs", "letters", "folds", "common", "common_folded")


def write_postings(connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[str], target: str) -> None:
    """Write the pairs of a table's columns of text into the table `target`, which is new, sorted by pair."""
    connection.execute("CREATE TEMP TABLE temp.letters (code BIGINT, folded BIGINT)")
    codes = [(ord(form), ord(letter)) for letter, known in forms().items() for form in known]
    connection.execute("INSERT INTO temp.letters SELECT unnest(?), unnest(?)", [*map(list, zip(*codes, strict=True))])
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {source.sql}").fetchall()
    connection.execute("CREATE TEMP TABLE temp.common (pair BIGINT)")
    step = max(1, rows // _SAMPLE)
    _find(connection, source, columns, "t.rowid % ? = ?", [(step, 0)])
    _note_common(connection, len(range(0, rows, step)))
    chunks = [(start, start + _CHUNK) for start in range(0, rows, _CHUNK)]
    _find(connection, source, columns, "t.rowid >= ? AND t.rowid < ?", chunks)
    connection.execute(
        f"CREATE TABLE {target} AS SELECT pair, id FROM ({_FOLDED}) ANTI JOIN temp.common_folded USING (pair)"
        f" UNION ALL SELECT pair, {COMMON} FROM temp.common_folded ORDER BY ALL"
    )
    for table in _TABLES:
        connection.execute(f"DROP TABLE temp.{table}")


def _find(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    columns: Sequence[str],
    where: str,
    parts: Iterable[tuple[int, int]],
) -> None:
    """Collect the pairs, common ones left out, of parts of the rows; and how they fold."""
    connection.execute("CREATE OR REPLACE TEMP TABLE found_pairs (pair BIGINT, id BIGINT)")
    for part in parts:
        for column in columns:
            connection.execute(_pairs_of(source, column, where), part)
    # There are few different pairs, so folding those costs little; folding the texts would cost more than all the rest.
    connection.execute(_FOLDS)


def _note_common(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Note the pairs that more of these rows hold than are looked up, folded and as they are written."""
    connection.execute(
        f"CREATE TEMP TABLE temp.common_folded AS SELECT pair FROM ({_FOLDED})"
        f" GROUP BY pair HAVING count(DISTINCT id) > {rows * RARE}"
    )
    connection.execute(
        "INSERT INTO temp.common SELECT DISTINCT found.pair"
        " FROM temp.found_pairs found LEFT JOIN temp.folds USING (pair)"
        " WHERE coalesce(folded, found.pair) IN (SELECT pair FROM temp.common_folded)"
    )


def _pairs_of(source: Source, column: str, where: str) -> str:
    text = source.reference(column)
    letters = f"string_split({text}, '')"
    each = f"SELECT t.rowid AS id, unnest({letters}) AS one, unnest(list_append({letters}[2:], NULL)) AS two"
    pairs = (
        f"SELECT unicode(one)::BIGINT * {CODES} + coalesce(unicode(two), 0) AS pair, id"
        f" FROM ({each} FROM {source.sql} WHERE {where} AND {text} <> '')"
    )
    return f"INSERT INTO temp.found_pairs SELECT DISTINCT pair, id FROM ({pairs}) ANTI JOIN temp.common USING (pair)"


_FOLDS: Final = f"""
    CREATE OR REPLACE TEMP TABLE folds AS
    SELECT pair, coalesce(one.folded, pair // {CODES}) * {CODES} + coalesce(two.folded, pair % {CODES}) AS folded
    FROM (SELECT DISTINCT pair FROM temp.found_pairs)
    LEFT JOIN temp.letters one ON one.code = pair // {CODES} LEFT JOIN temp.letters two ON two.code = pair % {CODES}
    WHERE one.folded IS NOT NULL OR two.folded IS NOT NULL
"""
_FOLDED: Final = (
    "SELECT coalesce(folded, found.pair) AS pair, id FROM temp.found_pairs found LEFT JOIN temp.folds USING (pair)"
)


def select_candidates(connection: duckdb.DuckDBPyConnection, table: str, rows: int, words: Sequence[str]) -> str | None:
    """SQL for the rows that may hold all words, by the postings in `table`; None where a scan of `rows` is as good."""
    found = [rare for word in words for rare in _rarest(connection, table, rows * RARE, word)]
    if not found:
        return None
    least = min(count for count, _ in found)
    if not least:
        return f"SELECT id FROM {table} WHERE false"
    inside = " INTERSECT ".join(f"SELECT id FROM {table} WHERE {test}" for _, test in found)
    # The limit leaves nothing out. It tells the planner that these are few, and then they steer the scan of the table.
    return f"SELECT id FROM ({inside}) ORDER BY id LIMIT {least:d}"


def _rarest(connection: duckdb.DuckDBPyConnection, table: str, most: float, word: str) -> Iterator[tuple[int, str]]:
    """The tests of a word's pairs that few postings pass, with the number of these."""
    tests = list(dict.fromkeys(_tests(word)))
    count = f"CASE WHEN min(id) = {COMMON} THEN NULL ELSE count(*) END"
    counts = ", ".join(f"(SELECT {count} FROM {table} WHERE {test})" for test in tests)
    (found,) = connection.execute(f"SELECT {counts}").fetchall()
    known = ((rows, test) for rows, test in zip(found, tests, strict=True) if rows is not None)
    rarest = sorted(known)[:PAIRS]
    return ((count, test) for count, test in rarest if count <= most)


def _tests(word: str) -> Iterator[str]:
    if len(word) == 1:
        yield f"pair BETWEEN {ord(word) * CODES:d} AND {ord(word) * CODES + CODES - 1:d}"
    for one, two in pairwise(word):
        yield f"pair = {ord(one) * CODES + ord(two):d}"
