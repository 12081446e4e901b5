"""Spans held against their texts: each must lie in one, hold the words that it says, and belong to a record there is.

This is asked of every package that declares a table of spans, so that what pages show as a quotation is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import duckdb

from minshu.descriptors import Package, paths_of, safe_file
from minshu.identifiers import quoted
from minshu.loading import ROW, LoadedTable
from minshu.models import BATCH, Outcome, cells_of
from minshu.provenance import Provenance, texts_of
from minshu.report import row_error, table_error
from minshu.texts import Text

SHOWN: Final = 40
"""The most characters of a quotation that an error shows."""


def check_quotations(
    package: Package,
    declared: Sequence[Provenance],
    tables: Sequence[LoadedTable],
    connection: duckdb.DuckDBPyConnection,
    limit: int,
) -> dict[str, Outcome]:
    """What each table of spans is told, at most `limit` errors for each."""
    by_name = {table.name: table for table in tables}
    return {
        one.table: _Check(package, one, by_name, connection, limit).outcome()
        for one in declared
        if one.table in by_name
    }


@dataclass
class _Check:
    """One table of spans."""

    package: Package
    declared: Provenance
    tables: Mapping[str, LoadedTable]
    connection: duckdb.DuckDBPyConnection
    limit: int
    texts: dict[str, Text] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        told, count = Outcome(self.limit), 0
        table = self.tables[self.declared.table]
        for name, note in self._read_texts():
            told.errors.append(table_error(f"The text {name!r} of the spans cannot be read: {note}"))
        for row, note in (*self._misplaced(), *self._of_nobody()):
            count += 1
            if told.room:
                told.errors.append(row_error(note, row, cells_of(table, row, self.connection)))
        if count > len(told.errors):
            told.warnings.append(f"{count:,} spans are wrong, of which {len(told.errors):,} are listed.")
        if not {"quote", "sha256"} & set(self.declared.fields):
            told.warnings.append("No field says what the spans quote, so nobody can tell whether they are in place.")
        return told

    def _read_texts(self) -> Iterator[tuple[str, str]]:
        """Read the texts that spans may be about, and tell which cannot be."""
        for name, resource in texts_of(self.package.descriptor).items():
            if self.declared.document in (None, name):
                data = safe_file(self.package.folder, paths_of(resource)[0]).read_bytes()
                try:
                    self.texts[name] = Text.of(data, resource.get("encoding") or "utf-8", self.declared.unit)
                except (ValueError, LookupError) as error:
                    yield name, str(error)

    def _misplaced(self) -> Iterator[tuple[int, str]]:
        """The rows whose words do not stand where they say, each with what is wrong with it."""
        names = [self.declared.fields.get(role) for role in ("start", "end", "document", "quote", "sha256")]
        cells = ", ".join("null" if name is None else quoted(name) for name in names)
        cursor = self.connection.cursor()
        cursor.execute(f"select {ROW}, {cells} from {quoted(self.declared.table)} order by {ROW}")
        while batch := cursor.fetchmany(BATCH):
            yield from self._misplaced_of(batch)

    def _misplaced_of(self, batch: list[tuple[Any, ...]]) -> Iterator[tuple[int, str]]:
        offsets = [offset for row in batch for offset in row[1:3] if offset is not None]
        places = {name: text.places(offsets) for name, text in self.texts.items()}
        for row, start, end, named, quote, digest in batch:
            document = self.declared.document or self._document(named)
            if document in self.texts:
                text, known = self.texts[document].text, places[document]
                note = _wrong(text, known.get(start), known.get(end), quote, digest)
            else:
                note = None if self.declared.document else f"There is no text {named!r} in the package."
            if note:
                yield row, note

    def _document(self, named: str | None) -> str | None:
        """The text that a row names: by its resource's name, or by its path."""
        texts = texts_of(self.package.descriptor)
        return next((name for name, one in texts.items() if named in (name, *paths_of(one))), None)

    def _of_nobody(self) -> Iterator[tuple[int, str]]:
        """The rows that name a record which is not there."""
        if not self.declared.names_records:
            return
        spans, table, key = (quoted(name) for name in (self.declared.table, *self._named_by()))
        cursor = self.connection.cursor()
        for (name,) in cursor.execute(f"select distinct {table} from {spans}").fetchall():
            keys = f"and {key} not in (select {_key_sql(self.tables[name])})" if name in self.tables else ""
            sql = f"select {ROW}, {key} from {spans} where {table} is not distinct from ? {keys} order by {ROW}"
            for row, value in self.connection.cursor().execute(sql, [name]).fetchall():
                what = f"{name!r} has no record {value!r}" if keys else f"There is no table {name!r} in the package"
                yield row, f"{what}, whose span this is said to be."

    def _named_by(self) -> tuple[str, str]:
        return self.declared.fields["table"], self.declared.fields["key"]


def _key_sql(table: LoadedTable) -> str:
    """The keys of a table's records as spans write them: the values joined by `/`, or the number of the row."""
    name = quoted(table.name)
    if not table.primary_key:
        return f"cast(row_number() over (order by {ROW}) as varchar) from {name}"
    columns = ", ".join(f"cast({quoted(column)} as varchar)" for column in table.primary_key)
    return f"concat_ws('/', {columns}) from {name}"


def _wrong(text: str, start: int | None, end: int | None, quote: str | None, digest: str | None) -> str | None:
    """What is wrong with a span of a text, if anything is."""
    if start is None or end is None:
        return "The span does not begin and end at characters of its text."
    if start >= end:
        return "The span does not end behind its beginning."
    found = text[start:end]
    if quote is not None and found != quote:
        return f"The text reads {_shown(found)} there, not {_shown(quote)}."
    if digest is not None and sha256(found.encode("utf-8", "replace")).hexdigest() != digest.lower():
        return f"The text reads {_shown(found)} there, which has another SHA-256."
    return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")
