"""Addresses of rows: a row's own, those of the rows that it names, and of those that name it.

They are made of the cells of a row as JSON has them, whose texts are what keys and filters are written with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minshu.browse import Release
from minshu.filters import operators_for
from minshu.http.links import Links
from minshu.keys import cell_texts, key_of
from minshu.manifest import ReleasedForeignKey, ReleasedTable

Cells = Mapping[str, Any]
Relation = dict[str, Any]


@dataclass(frozen=True)
class Related:
    """Rows that belong to a row: those of `table` whose `columns` have these texts. `fields` are those of the key.

    `texts` is None where a part of the key is null: then there are none.
    """

    fields: tuple[str, ...]
    reference_fields: tuple[str, ...]
    table: ReleasedTable
    columns: tuple[str, ...]
    texts: Sequence[str] | None

    @property
    def filters(self) -> list[tuple[str, str]] | None:
        """What finds the rows; None where there are none, or where one of the columns cannot be compared."""
        known = {column.name: column for column in self.table.columns}
        if self.texts is None or not all(name in known and "eq" in operators_for(known[name]) for name in self.columns):
            return None
        return [(f"{name}__eq", text) for name, text in zip(self.columns, self.texts, strict=True)]


@dataclass(frozen=True)
class Relations:
    """The rows of one table, among those of all tables of its release."""

    release: Release
    table: ReleasedTable
    links: Links

    def own(self, cells: Cells, position: int) -> str | None:
        """The address of a row that stands at this position; None where a cell of its key is not among these."""
        key = key_of(self.table, cells, position)
        return self._row(self.table, key) if key else None

    def references(self, cells: Cells) -> list[Relation]:
        """What each foreign key of a row names; its address is None where a part of the key is null."""
        return [_told(related, self.url(related)) for related in self.names(cells)]

    def named(self, cells: Cells) -> dict[str, str]:
        """The address of the row that each cell names, by its column. A cell of two keys is taken for the first."""
        found: dict[str, str] = {}
        for related in self.names(cells):
            url = self.url(related)
            for field in related.fields if url else ():
                found.setdefault(field, url or "")
        return found

    def referenced_by(self, cells: Cells) -> Iterator[Relation]:
        """Where the rows are that name this one, for each foreign key that is about its table."""
        return (_told(related, self.rows_url(related)) for related in self.named_by(cells))

    def names(self, cells: Cells) -> Iterator[Related]:
        """The row that each foreign key of a row names."""
        for key, target in self._foreign_keys:
            yield Related(key.fields, key.reference_fields, target, key.reference_fields, cell_texts(cells, key.fields))

    def named_by(self, cells: Cells) -> Iterator[Related]:
        """The rows that name a row, for each foreign key that is about its table."""
        for other in self.release.manifest.tables:
            for key in other.foreign_keys:
                texts = cell_texts(cells, key.reference_fields) if key.resource == self.table.name else None
                if texts:
                    yield Related(key.fields, key.reference_fields, other, key.fields, texts)

    def url(self, related: Related) -> str | None:
        """Where a row is that is named: at its own address where that is made of what names it."""
        if related.texts is None:
            return None
        by_name = dict(zip(related.columns, related.texts, strict=True))
        if set(by_name) == set(related.table.primary_key):
            return self._row(related.table, [by_name[name] for name in related.table.primary_key])
        return self.rows_url(related)

    def rows_url(self, related: Related) -> str | None:
        """Where related rows are, as rows of their table."""
        filters = related.filters
        if filters is None:
            return None
        return self.links.rows(self.release.name, self.release.version, related.table.name, filters)

    @cached_property
    def _foreign_keys(self) -> list[tuple[ReleasedForeignKey, ReleasedTable]]:
        """The foreign keys with the tables that they are about. A resource that is no table has no rows to link to."""
        tables = {table.name: table for table in self.release.manifest.tables}
        return [(key, tables[key.resource]) for key in self.table.foreign_keys if key.resource in tables]

    def _row(self, table: ReleasedTable, key: Sequence[str]) -> str:
        return self.links.row(self.release.name, self.release.version, table.name, key)


def _told(related: Related, url: str | None) -> Relation:
    return {
        "fields": related.fields,
        "resource": related.table.name,
        "reference_fields": related.reference_fields,
        "url": url,
    }
