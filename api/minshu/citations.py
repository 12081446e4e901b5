"""Which records of a release stand where in its texts: the spans of a record, and the spans of a text.

A span belongs to the record that it names by table and key, to those that its foreign keys name, and to those whose
foreign keys name it. One that belongs to no other is a record itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from minshu.access import Reader
from minshu.browse import Release, Table
from minshu.descriptors import paths_of
from minshu.filters import Filter, RowQuery, SortKey
from minshu.keys import cell_texts, key_of
from minshu.manifest import ReleasedColumn, ReleasedForeignKey, ReleasedTable
from minshu.opening import Opening, strictest
from minshu.provenance import Provenance, Unit, texts_of
from minshu.spans import Span

Cells = Mapping[str, Any]

SEPARATOR: Final = "/"
"""What stands between the values of a key of several fields."""

CLAIMS: Final = 10_000
"""The most records of one table that are looked up because they name spans."""


@dataclass(frozen=True)
class Named:
    """A record, by its table and the texts of its key; where the table has none, the number of its row."""

    table: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class Citation:
    """A span as its publisher counts it: from `start` up to `end`, in the unit. `own` is its own row."""

    document: str
    unit: Unit
    start: int
    end: int
    own: Named
    records: tuple[Named, ...]

    @property
    def offsets(self) -> Span:
        """Where it begins, and where it has ended."""
        return self.start, self.end


@dataclass(frozen=True)
class Citations:
    """One table of spans of a release, for a reader of something that has this opening: nothing stricter is shown."""

    release: Release
    declared: Provenance
    reader: Reader
    opening: Opening

    def of_text(self, document: str, offsets: Span, most: int) -> tuple[list[Citation], bool]:
        """The first spans in a stretch of a text, or reaching into it, by their places, and whether there are more."""
        start, end = self.declared.fields["start"], self.declared.fields["end"]
        filters = (*self._about(document), self._filter(start, "lt", offsets[1]), self._filter(end, "gt", offsets[0]))
        return self._found(filters, most)

    def of_record(self, table: ReleasedTable, cells: Cells, position: int, most: int) -> tuple[list[Citation], bool]:
        """The first spans of a record, by their places, and whether there are more."""
        found: dict[Named, Citation] = {}
        more = False
        for filters in self._ways(table, cells, position):
            some, others = self._found(filters, most)
            found |= {item.own: item for item in some}
            more = more or others
        ordered = sorted(found.values(), key=lambda item: (item.document, item.offsets))
        return ordered[:most], more or len(ordered) > most

    def all_of_text(self, document: str, most: int) -> tuple[list[Span], bool]:
        """Where the spans of a text lie, in no order, and whether there are more."""
        names = (self.declared.fields["start"], self.declared.fields["end"])
        rows, positions = self._table.some(RowQuery(self._about(document), columns=names), most)
        return [(int(start), int(end)) for start, end in rows if None not in (start, end)], len(positions) > most

    def may_show(self, resource: str) -> bool:
        """Whether a resource is no stricter than what its reader was let to."""
        own = self.release.openings.of(resource)
        return strictest((self.opening, own)).attribute is self.opening.attribute

    @cached_property
    def _table(self) -> Table:
        return self.release.table(self.declared.table, self.reader)

    @cached_property
    def _tables(self) -> Mapping[str, ReleasedTable]:
        return {table.name: table for table in self.release.manifest.tables}

    @cached_property
    def _columns(self) -> Mapping[str, ReleasedColumn]:
        return {column.name: column for column in self._table.entry.columns}

    @cached_property
    def _documents(self) -> Mapping[str, str]:
        """The texts that a row may name, by their names and their paths."""
        texts = texts_of(self.release.descriptor)
        return {
            **{path: name for name, one in texts.items() for path in paths_of(one)},
            **{name: name for name in texts},
        }

    def _filter(self, column: str, operator: str, *values: object) -> Filter:
        return Filter(column, self._columns[column].type, operator, tuple(map(str, values)))

    def _about(self, document: str) -> tuple[Filter, ...]:
        if self.declared.document is not None:
            return ()
        names = [named for named, name in self._documents.items() if name == document]
        return (self._filter(self.declared.fields["document"], "in", *names),)

    def _ways(self, table: ReleasedTable, cells: Cells, position: int) -> Iterator[tuple[Filter, ...]]:
        """The conditions for the spans of a record, for each way in which they may belong to it."""
        key = key_of(table, cells, position)
        fields = self.declared.fields
        if self.declared.names_records and key:
            yield (
                self._filter(fields["table"], "eq", table.name),
                self._filter(fields["key"], "eq", SEPARATOR.join(key)),
            )
        own = self._table.entry
        pairs = [(one.fields, one.reference_fields) for one in own.foreign_keys if one.resource == table.name]
        pairs += [(one.reference_fields, one.fields) for one in table.foreign_keys if one.resource == own.name]
        if table.name == own.name:
            pairs.append((table.primary_key, table.primary_key))
        for names, theirs in pairs:
            texts = cell_texts(cells, theirs)
            if texts:
                yield tuple(self._filter(name, "eq", text) for name, text in zip(names, texts, strict=True))

    def _found(self, filters: tuple[Filter, ...], most: int) -> tuple[list[Citation], bool]:
        fields = self.declared.fields
        order = tuple(SortKey(fields[role], self._columns[fields[role]].type) for role in ("start", "end"))
        rows, positions = self._table.some(RowQuery(filters, order), most)
        spans = [dict(zip(self._columns, row, strict=True)) for row in rows]
        claims, unclaimed = self._claims(spans)
        made = (self._citation(cells, at, claims) for cells, at in zip(spans, positions, strict=False))
        return [item for item in made if item], unclaimed or len(positions) > most

    def _citation(self, cells: Cells, position: int, claims: Mapping[str, Sequence[Named]]) -> Citation | None:
        fields, table = self.declared.fields, self._table.entry
        start, end = cells[fields["start"]], cells[fields["end"]]
        document = self.declared.document or self._documents.get(cells[fields["document"]])
        if document is None or start is None or end is None:
            return None
        own = Named(table.name, key_of(table, cells, position) or (str(position + 1),))
        records = tuple(dict.fromkeys(self._records(cells, own, claims))) or (own,)
        return Citation(document, self.declared.unit, int(start), int(end), own, records)

    def _records(self, cells: Cells, own: Named, claims: Mapping[str, Sequence[Named]]) -> Iterator[Named]:
        """The records of a span: that which it names, those that its foreign keys name, those that name it."""
        tables = self._tables
        name = cells[self.declared.fields["table"]] if self.declared.names_records else None
        if isinstance(name, str) and name in tables:
            text = cells[self.declared.fields["key"]]
            many = len(tables[name].primary_key) > 1
            yield Named(name, tuple(text.split(SEPARATOR)) if many else (text,))
        for key in self._table.entry.foreign_keys:
            named = refers_to(key, tables.get(key.resource), cells)
            # What says which text it is about says nothing of what was made of it.
            if named and key.resource != own.table and key.fields != (self.declared.fields.get("document"),):
                yield named
        yield from claims.get(SEPARATOR.join(own.key), ())

    def _claims(self, spans: Sequence[Cells]) -> tuple[Mapping[str, Sequence[Named]], bool]:
        """The records whose foreign keys name one of these spans, by its key, and whether there are more."""
        own = self._table.entry
        texts = [text for cells in spans for text in cell_texts(cells, own.primary_key) or ()]
        found: dict[str, list[Named]] = {}
        more = False
        for other, name in self._claiming() if texts else ():
            column = next(column for column in other.entry.columns if column.name == name)
            rows, positions = other.some(RowQuery((Filter(name, column.type, "in", tuple(texts)),)), CLAIMS)
            more = more or len(positions) > CLAIMS
            for row, position in zip(rows, positions, strict=False):
                cells = dict(zip((one.name for one in other.columns), row, strict=True))
                record = Named(other.entry.name, key_of(other.entry, cells, position) or (str(position + 1),))
                found.setdefault(SEPARATOR.join(cell_texts(cells, (name,)) or ()), []).append(record)
        return found, more

    def _claiming(self) -> Iterator[tuple[Table, str]]:
        """The tables of which a column names a span, which may be shown, each with that column."""
        own = self._table.entry
        for table in self.release.manifest.tables:
            for key in table.foreign_keys if table.name != own.name and self.may_show(table.name) else ():
                if key.resource == own.name and key.reference_fields == own.primary_key and len(key.fields) == 1:
                    yield self.release.table(table.name, self.reader), key.fields[0]


def refers_to(key: ReleasedForeignKey, target: ReleasedTable | None, cells: Cells) -> Named | None:
    """The record that a foreign key of a row names by its primary key; None where it names none."""
    texts = cell_texts(cells, key.fields)
    if target is None or texts is None or set(key.reference_fields) != set(target.primary_key):
        return None
    by_name = dict(zip(key.reference_fields, texts, strict=True))
    return Named(target.name, tuple(by_name[name] for name in target.primary_key))
