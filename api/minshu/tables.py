"""One table of a release: its rows page by page, counted, or whole as a file."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import duckdb
import orjson
import pyarrow as pa

from minshu.databases import Databases
from minshu.errors import BadPage, BadParameter, NotAcceptable, RowNotFound, StoreFailed
from minshu.exports import ExportedFile, Exports, export_key
from minshu.filters import Filter, RowQuery
from minshu.formats import FORMATS, Column, Format, json_cells
from minshu.identifiers import quoted
from minshu.indexes import Indexes
from minshu.keys import KeyIndex, parsed_key, row_number
from minshu.making import Growing
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.paging import (
    START,
    After,
    Source,
    Statement,
    rowid_of,
    select_all,
    select_before,
    select_count,
    select_keys,
    select_page,
    select_values,
    token_for,
)
from minshu.postings import select_candidates
from minshu.rowstore import RowStore
from minshu.scan import rows_with
from minshu.search import Search
from minshu.stats import Stats, table_stats
from minshu.store import StoredRelease

BATCH_ROWS = 10_000
"""Rows of an export that are in memory at once. More would not be faster, and take more memory."""

FACET_VALUES = 20
"""How many values a facet gives."""


@dataclass(frozen=True)
class Page:
    """Some rows, ready for JSON, where each stands in the table, and the token of the page after; None on the last."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]
    positions: Sequence[int]
    next: str | None


@dataclass(frozen=True)
class Facet:
    """The most frequent values of a column, ready for JSON, each with its rows' number, and whether there are more."""

    values: tuple[tuple[Any, Any], ...]
    more: bool


@dataclass(frozen=True)
class Row:
    """One row, ready for JSON, and where it stands in the table, counted from 0."""

    columns: tuple[Column, ...]
    cells: list[Any]
    position: int


@dataclass(frozen=True)
class Matches:
    """The first rows that a search finds. `more`: there are others; `late`: not every row was looked at in time."""

    rows: tuple[Row, ...] = ()
    more: bool = False
    late: bool = False


@dataclass(frozen=True)
class Services:
    """What the tables of a library share."""

    databases: Databases
    indexes: Indexes
    exports: Exports
    page_size_max: int


class Table:
    """One table of a release."""

    def __init__(self, release: StoredRelease, entry: ReleasedTable, services: Services) -> None:
        self.entry = entry
        self.columns = tuple(Column(column.name, column.type, column.json_type) for column in entry.columns)
        self._release, self._services = release, services

    @property
    def released_columns(self) -> Sequence[ReleasedColumn]:
        """The columns as `RowQuery.from_params` wants them."""
        return self.entry.columns

    def page(self, query: RowQuery, size: int, token: str | None = None) -> Page:
        """The first rows of the answer, or those after the page that gave the token.

        Raises BadPage for a token that was not given out for this very question, and BadParameter for a size that
        is out of range.
        """
        if not 1 <= size <= self._services.page_size_max:
            raise BadParameter(f"A page holds from 1 to {self._services.page_size_max} rows, not {size}.")
        scope = self._scope(query)
        rowid = START if token is None else self._rowid(scope, token)
        found, positions = self._following(query, rowid, size)
        columns = self._projected(query)
        rows = json_cells(found, columns)
        more = token_for(scope, positions[size - 1]) if len(positions) > size else None
        return Page(columns, rows, positions[:size], more)

    def page_before(self, query: RowQuery, size: int, token: str) -> str | None:
        """The token of the page that ends where the page of this token begins; None where that is the first.

        Raises BadPage.
        """
        scope = self._scope(query)
        rowid = self._rowid(scope, token)
        if not query.is_narrow and not query.sort:
            return token_for(scope, rowid - size) if rowid >= size else None
        with self._reading(query) as (cursor, source):
            statement = select_before(source, query, size, _after(cursor, source, query, rowid))
            found = cursor.execute(statement.sql, statement.parameters).fetchone()
        return token_for(scope, found[0]) if found else None

    def slice(self, query: RowQuery, skipped: int, size: int) -> Page:
        """So many rows behind the first ones, for who counts rows; it takes the longer the more are skipped."""
        found, positions = self._following(query, START, size, min(skipped, self.entry.rows))
        columns = self._projected(query)
        return Page(columns, json_cells(found, columns), positions[:size], None)

    def some(self, query: RowQuery, most: int) -> tuple[list[list[Any]], Sequence[int]]:
        """The first rows of the answer, ready for JSON, and their positions; where there are more, of one row more."""
        found, positions = self._following(query, START, most)
        return json_cells(found, self._projected(query)), positions

    def row(self, key: Sequence[str]) -> Row:
        """The row of this primary key or, where the table has none, of this row number, counted from 1.

        Raises BadKey or RowNotFound.
        """
        position = self._position(key)
        if position is None:
            raise RowNotFound(self.entry.name, key)
        found, _ = self._following(RowQuery(), position - 1, 1)
        (cells,) = json_cells(found, self.columns)
        return Row(self.columns, cells, position)

    def beside(self, position: int) -> tuple[Row | None, Row | None]:
        """The rows before and after a row, of which only what they are named by is read."""
        query = RowQuery(columns=self.entry.primary_key or (self.columns[0].name,))
        columns = self._projected(query)
        found, positions = self._following(query, max(position - 2, START), 3)
        rows = {at: Row(columns, cells, at) for at, cells in zip(positions, json_cells(found, columns), strict=False)}
        return rows.get(position - 1), rows.get(position + 1)

    def count(self, query: RowQuery) -> int:
        """How many rows the answer has."""
        if not query.is_narrow:
            return self.entry.rows
        with self._reading(query) as (cursor, source):
            statement = select_count(source, query)
            ((count,),) = cursor.execute(statement.sql, statement.parameters).fetchall()
        return int(count)

    def matches(self, search: Search, most: int, deadline: float) -> Matches:
        """The first rows of a search, looked for until `deadline`, a moment of `time.monotonic`.

        It finds what `page` does, without asking DuckDB for more than candidates: so it can be stopped after any few
        rows. Releases without a row store are late at once.
        """
        found: list[Row] = []
        for rows in self._scanned(search):
            if rows is None or time.monotonic() > deadline:
                return Matches(tuple(found), late=True)
            found += rows
            if len(found) > most:
                return Matches(tuple(found[:most]), more=True)
        return Matches(tuple(found))

    def facet(self, query: RowQuery, name: str) -> Facet:
        """The values of a column that most rows of the answer have."""
        column = next(column for column in self.columns if column.name == name)
        with self._reading(query) as (cursor, source):
            # One value more than is given tells whether there are others.
            found = _reader(cursor, select_values(source, query, name, FACET_VALUES + 1), BATCH_ROWS).read_all()
        columns = (column, Column("rows", "BIGINT", "number"))
        cells = [row for batch in found.slice(0, FACET_VALUES).to_batches() for row in json_cells(batch, columns)]
        return Facet(tuple((value, rows) for value, rows in cells), found.num_rows > FACET_VALUES)

    def stats(self) -> Stats:
        """The statistics of the columns: published with the release, else made once and kept as exports are."""
        if self.entry.stats:
            path = self._release.folder / self.entry.stats
        else:
            key = export_key(self._release.sha256, self.entry.name, "stats", "")
            path = self._services.exports.file(key, FORMATS["json"], self._write_stats).path
        try:
            return orjson.loads(path.read_bytes())  # type: ignore[no-any-return]
        except (OSError, orjson.JSONDecodeError) as error:
            raise StoreFailed(f"Cannot read {path.name}, which holds statistics.") from error

    def export(self, query: RowQuery, format_name: str) -> ExportedFile:
        """The whole answer as a file in one of `formats.FORMATS`. Raises NotAcceptable or StoreFailed."""
        written = self._format(query, format_name)
        return self._released(query, written) or self._services.exports.file(
            self._key(query, written), written, lambda out: self._write(query, written, out)
        )

    def export_soon(
        self, query: RowQuery, format_name: str, head_start: float | None
    ) -> ExportedFile | Growing[ExportedFile]:
        """The same; but where it isn't made within `head_start` seconds, as far as it has grown, to be followed.

        Without a head start it is waited for.
        """
        written = self._format(query, format_name)
        return self._released(query, written) or self._services.exports.soon(
            self._key(query, written), written, lambda out: self._write(query, written, out), head_start
        )

    def _format(self, query: RowQuery, name: str) -> Format:
        """The format of this name, if it can hold the answer. Raises NotAcceptable."""
        written = FORMATS.get(name)
        if written is None:
            raise NotAcceptable(f"There is no format {name!r}. Formats: {', '.join(FORMATS)}.")
        most = written.most_rows
        if most is not None and self.entry.rows > most and self.count(query) > most:
            raise NotAcceptable(f"A file as {name} holds {most} rows, and there are more. Filter them.")
        return written

    def _released(self, query: RowQuery, written: Format) -> ExportedFile | None:
        """The file of the release that is the answer already."""
        if written.name != "parquet" or query != RowQuery():
            return None
        released = self._release.manifest.by_path[self.entry.path]
        return ExportedFile(self._release.folder / released.path, released.sha256, released.bytes, written.media_type)

    def _key(self, query: RowQuery, written: Format) -> str:
        return export_key(self._release.sha256, self.entry.name, written.name, query.text)

    def _write(self, query: RowQuery, written: Format, out: BinaryIO) -> None:
        with self._reading(query) as (cursor, source):
            written.write(_reader(cursor, select_all(source, query), BATCH_ROWS), self._projected(query), out)

    def _write_stats(self, out: BinaryIO) -> None:
        with self._reading() as (cursor, source):
            out.write(orjson.dumps(table_stats(cursor, source, self.entry.columns)))

    def _scanned(self, search: Search) -> Iterator[list[Row] | None]:
        """The rows that a search finds, a few at a time; None where there is nothing to look through."""
        if self.entry.row_store is None:
            yield None
            return
        with ExitStack() as opened:
            among = opened.enter_context(self._candidates(search))
            store = opened.enter_context(self._services.indexes.reading(self._release, self.entry.row_store, RowStore))
            for start, batch in store.batches(among):
                positions = rows_with(batch, search)
                cells = json_cells(batch.take(positions), self.columns) if positions else []
                yield [Row(self.columns, row, start + at) for row, at in zip(cells, positions, strict=True)]

    @contextmanager
    def _candidates(self, search: Search) -> Iterator[Iterator[int] | None]:
        """The positions of the rows that may be found, by the search index; None where any may be."""
        if not self.entry.search:
            yield None
            return
        with self._reading(RowQuery(search=search)) as (cursor, source):
            yield _numbers(cursor.execute(source.among)) if source.among else None

    def _following(
        self, query: RowQuery, rowid: int, size: int, skipped: int = 0
    ) -> tuple[pa.RecordBatch, Sequence[int]]:
        """The rows of a page behind a row, and the positions of these and, where there is one, of the row after."""
        if self.entry.row_store and not query.is_narrow and not query.sort:
            return self._stored(self.entry.row_store, query, rowid + 1 + skipped, size)
        with self._reading(query) as (cursor, source):
            after = _after(cursor, source, query, rowid)
            found = _reader(cursor, select_page(source, query, size + 1, after, skipped), size + 1).read_all()
        rows = found.slice(0, size).combine_chunks().to_batches()
        batch = rows[0] if rows else pa.RecordBatch.from_pylist([], schema=found.schema)
        return batch, found.column(found.num_columns - 1).to_pylist()

    def _stored(self, path: str, query: RowQuery, start: int, size: int) -> tuple[pa.RecordBatch, Sequence[int]]:
        stop = min(start + size, self.entry.rows)
        with self._services.indexes.reading(self._release, path, RowStore) as store:
            found = store.rows(start, stop)
        batch = found if query.columns is None else found.select(list(query.columns))
        return batch, range(start, min(stop + 1, self.entry.rows))

    def _position(self, key: Sequence[str]) -> int | None:
        if not self.entry.primary_key:
            number = row_number(self.entry, key)
            return number - 1 if 1 <= number <= self.entry.rows else None
        canonical = parsed_key(self.entry, key)
        if self.entry.keys:
            with self._services.indexes.reading(self._release, self.entry.keys, KeyIndex) as index:
                return index.position(canonical)
        query = self._named(canonical)
        return next(iter(self._following(query, START, 1)[1]), None) if query else None

    def _named(self, key: Sequence[str]) -> RowQuery | None:
        """The query for a row by its key; None where a value has more digits than any of its column."""
        columns = {column.name: column for column in self.entry.columns}
        filters = tuple(
            Filter(name, columns[name].type, "eq", (value,))
            for name, value in zip(self.entry.primary_key, key, strict=True)
        )
        try:
            return RowQuery(filters) if [item.where_sql() for item in filters] else None
        except ValueError:
            return None

    def _projected(self, query: RowQuery) -> tuple[Column, ...]:
        if query.columns is None:
            return self.columns
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in query.columns)

    @contextmanager
    def _reading(self, query: RowQuery | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, Source]]:
        """A connection and the table in it; with what its search index finds for a query, where that is of use."""
        release, databases = self._release, self._services.databases
        with ExitStack() as opened:
            database = release.folder / release.manifest.database
            cursor, name = opened.enter_context(databases.reading(release.sha256, database))
            source = Source(name, self.entry.name, tuple(column.name for column in self.columns))
            if query and query.search and self.entry.search:
                digest = release.manifest.by_path[self.entry.search].sha256
                _, name = opened.enter_context(databases.reading(digest, release.folder / self.entry.search))
                postings = f"{quoted(name)}.main.{quoted(self.entry.name)}"
                found = select_candidates(cursor, postings, self.entry.rows, query.search.words)
                source = replace(source, among=found)
            yield cursor, source

    def _scope(self, query: RowQuery) -> str:
        """What a page's token holds for: the rows and their order. Which columns are shown may change on the way."""
        return "\0".join((self._release.sha256, self.entry.name, replace(query, columns=None).text))

    def _rowid(self, scope: str, token: str) -> int:
        rowid = rowid_of(scope, token)
        if rowid >= self.entry.rows:  # Whoever forged this knows how; it still leads nowhere.
            raise BadPage("This _next points behind the end of the table.")
        return rowid


def _reader(cursor: duckdb.DuckDBPyConnection, statement: Statement, rows: int) -> pa.RecordBatchReader:
    # A relation, for a cursor's result would be copied once more on its way to Arrow.
    return cursor.sql(statement.sql, params=statement.parameters or None).to_arrow_reader(rows)


def _numbers(cursor: duckdb.DuckDBPyConnection) -> Iterator[int]:
    while chunk := cursor.fetchmany(BATCH_ROWS):
        yield from (number for (number,) in chunk)


def _after(cursor: duckdb.DuckDBPyConnection, source: Source, query: RowQuery, rowid: int) -> After:
    if not query.sort or rowid == START:
        return After(rowid)
    statement = select_keys(source, query.sort, rowid)
    (keys,) = cursor.execute(statement.sql, statement.parameters).fetchall()
    return After(rowid, keys)
