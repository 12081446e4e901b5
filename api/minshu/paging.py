"""The SQL of rows: pages by keyset, whole answers, counts. Pure text with bound parameters.

A release's table keeps the publisher's order, and DuckDB's `rowid` counts it from 0: it is the unique tie-breaker of
every order, so that pages neither repeat nor skip a row. A page's token names the last row given, by its `rowid`;
what that row's sort keys are is read from the release, which never changes, so no value travels in a token.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from minshu.errors import BadPage
from minshu.filters import RowQuery, SortKey
from minshu.identifiers import quoted

START = -1
"""Before the first row. It is always bound: DuckDB orders by `rowid` without a sort only below such a condition."""

_POSITION_BYTES, _SEAL_BYTES = 8, 13  # 21 bytes fill 28 characters of base64 without padding.


@dataclass(frozen=True)
class Statement:
    """SQL and the parameters of its question marks."""

    sql: str
    parameters: list[str | int | None]


@dataclass(frozen=True)
class Source:
    """A table in an attached database, with its columns in order.

    The columns are renamed `c0`, `c1` …, so that a column that is itself named `rowid` hides nothing. `among` is SQL
    for the `rowid`s among which, says an index, the rows are that are asked for; the conditions still decide.
    """

    database: str
    table: str
    columns: tuple[str, ...]
    among: str | None = None

    def reference(self, name: str) -> str:
        """How SQL refers to a column of the table."""
        return f"t.c{self.columns.index(name)}"

    @property
    def sql(self) -> str:
        """The table with its columns renamed, for a FROM clause."""
        names = ", ".join(f"c{index}" for index in range(len(self.columns)))
        return f"{quoted(self.database)}.main.{quoted(self.table)} AS t({names})"

    def selected(self, names: Sequence[str]) -> str:
        """The columns under their own names, for a SELECT clause."""
        return ", ".join(f"{self.reference(name)} AS {quoted(name)}" for name in names)


@dataclass(frozen=True)
class After:
    """Where a page begins: behind the row with this `rowid`, whose sort keys are these, as text."""

    rowid: int = START
    keys: tuple[str | None, ...] = ()


def select_page(source: Source, query: RowQuery, limit: int, after: After, skipped: int = 0) -> Statement:
    """The next rows, but for the first that are skipped, with `rowid` as one column more.

    A sort first finds the rows by their keys alone and then fetches them whole: half the time on wide tables.
    """
    where, parameters = _page_condition(source, query, after)
    order = _order(source, query.sort)
    part = f"LIMIT {limit:d} OFFSET {skipped:d}" if skipped else f"LIMIT {limit:d}"
    found = f"FROM {source.sql} WHERE {where} ORDER BY {order} {part}"
    columns = f"SELECT {source.selected(query.columns or source.columns)}, t.rowid"
    if query.sort:
        found = f"FROM {source.sql} WHERE t.rowid IN (SELECT t.rowid {found}) ORDER BY {order}"
    return Statement(f"{columns} {found}", parameters)


def select_before(source: Source, query: RowQuery, size: int, before: After) -> Statement:
    """The `rowid` of the row that stands this many rows before a row; no row where there are not so many."""
    where, parameters = _condition(source, query)
    ahead, bound = _ahead(source, query.sort, before)
    found = f"SELECT t.rowid FROM {source.sql} WHERE {where} AND ({ahead}) ORDER BY {_backwards(source, query.sort)}"
    return Statement(f"{found} LIMIT 1 OFFSET {size - 1:d}", [*parameters, *bound])


def select_all(source: Source, query: RowQuery) -> Statement:
    """Every row. Without a sort DuckDB streams the table in the order it was written in, which is the publisher's.

    What an index has found is joined to the table, and a join keeps no order.
    """
    where, parameters = _condition(source, query)
    order = f" ORDER BY {_order(source, query.sort)}" if query.sort or source.among else ""
    columns = source.selected(query.columns or source.columns)
    return Statement(f"SELECT {columns} FROM {source.sql} WHERE {where}{order}", [*parameters])


def select_count(source: Source, query: RowQuery) -> Statement:
    """How many rows there are."""
    where, parameters = _condition(source, query)
    return Statement(f"SELECT count(*) FROM {source.sql} WHERE {where}", [*parameters])


def select_values(source: Source, query: RowQuery, name: str, limit: int) -> Statement:
    """The values of a column that most rows have, each with the number of its rows; level ones in their own order."""
    where, parameters = _condition(source, query)
    found = f"SELECT {source.reference(name)} AS value, count(*) AS rows FROM {source.sql} WHERE {where} GROUP BY ALL"
    return Statement(f"{found} ORDER BY rows DESC, value ASC NULLS LAST LIMIT {limit:d}", [*parameters])


def select_keys(source: Source, sort: Sequence[SortKey], rowid: int) -> Statement:
    """The sort keys of one row, as text that casts back to the same value."""
    keys = ", ".join(f"CAST({source.reference(key.column)} AS VARCHAR)" for key in sort)
    return Statement(f"SELECT {keys} FROM {source.sql} WHERE t.rowid = ?", [rowid])


def _order(source: Source, sort: Sequence[SortKey]) -> str:
    keys = [f"{source.reference(key.column)} {'DESC' if key.descending else 'ASC'} NULLS LAST" for key in sort]
    return ", ".join([*keys, "t.rowid"])


def _backwards(source: Source, sort: Sequence[SortKey]) -> str:
    keys = [f"{source.reference(key.column)} {'ASC' if key.descending else 'DESC'} NULLS FIRST" for key in sort]
    return ", ".join([*keys, "t.rowid DESC"])


def _condition(source: Source, query: RowQuery) -> tuple[str, list[str]]:
    where, parameters = query.where_sql(source.reference)
    return f"t.rowid IN ({source.among}) AND {where}" if source.among else where, parameters


def _page_condition(source: Source, query: RowQuery, after: After) -> tuple[str, list[str | int | None]]:
    where, parameters = _condition(source, query)
    behind, bound = _behind(source, query.sort, after)
    return f"{where} AND ({behind})", [*parameters, *bound]


def _behind(source: Source, sort: Sequence[SortKey], after: After) -> tuple[str, list[str | int | None]]:
    """The rows behind a row: those past it on the first key, or level there and past it on the next, and so on."""
    if not sort or not after.keys:
        return "t.rowid > ?", [after.rowid]
    key, value = sort[0], after.keys[0]
    column = source.reference(key.column)
    rest, bound = _behind(source, sort[1:], After(after.rowid, after.keys[1:]))
    if value is None:  # Nulls are last, so only their own kind can follow.
        return f"{column} IS NULL AND ({rest})", bound
    cast = f"CAST(? AS {key.type})"
    past = f"{column} {'<' if key.descending else '>'} {cast} OR {column} IS NULL"
    return f"{past} OR ({column} = {cast} AND ({rest}))", [value, value, *bound]


def _ahead(source: Source, sort: Sequence[SortKey], before: After) -> tuple[str, list[str | int | None]]:
    """The rows ahead of a row: what `_behind` is, backwards."""
    if not sort:
        return "t.rowid < ?", [before.rowid]
    key, value = sort[0], before.keys[0]
    column = source.reference(key.column)
    rest, bound = _ahead(source, sort[1:], After(before.rowid, before.keys[1:]))
    if value is None:
        return f"{column} IS NOT NULL OR ({rest})", bound
    cast = f"CAST(? AS {key.type})"
    return f"{column} {'>' if key.descending else '<'} {cast} OR ({column} = {cast} AND ({rest}))", [
        value,
        value,
        *bound,
    ]


# -- tokens -------------------------------------------------------------------------------------------------------


def token_for(scope: str, rowid: int) -> str:
    """The token of the page behind a row. `scope` names the release, the table and the question.

    The seal is no secret, for a release is public and every replica must know it: it tells a token that belongs to
    another question, or was cut short, from a right one.
    """
    position = rowid.to_bytes(_POSITION_BYTES, "big")
    return base64.urlsafe_b64encode(position + _seal(scope, position)).decode()


def rowid_of(scope: str, token: str) -> int:
    """The row that a token stands for. Raises BadPage unless it was made for this scope."""
    try:
        data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _bad_page() from error
    position = data[:_POSITION_BYTES]
    if len(data) != _POSITION_BYTES + _SEAL_BYTES or data[_POSITION_BYTES:] != _seal(scope, position):
        raise _bad_page()
    return int.from_bytes(position, "big")


def _seal(scope: str, position: bytes) -> bytes:
    return sha256(scope.encode() + b"\0" + position).digest()[:_SEAL_BYTES]


def _bad_page() -> BadPage:
    return BadPage("This _next is not one of this question's: the release, the table, the filters or the sort differ.")
