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
from minshu.manifest import ReleasedForeignKey, ReleasedTable

Cells = Mapping[str, Any]
Relation = dict[str, Any]


@dataclass(frozen=True)
class Relations:
    """The rows of one table, among those of all tables of its release."""

    release: Release
    table: ReleasedTable
    links: Links

    def own(self, cells: Cells, position: int) -> str | None:
        """The address of a row that stands at this position; None where a cell of its key is not among these."""
        key = _texts(cells, self.table.primary_key) if self.table.primary_key else [str(position + 1)]
        return self._row(self.table, key) if key else None

    def references(self, cells: Cells) -> list[Relation]:
        """What each foreign key of a row names; its address is None where a part of the key is null."""
        return [
            {
                "fields": key.fields,
                "resource": key.resource,
                "reference_fields": key.reference_fields,
                "url": self._named(key, target, cells),
            }
            for key, target in self._foreign_keys
        ]

    def named(self, cells: Cells) -> dict[str, str]:
        """The address of the row that each cell names, by its column. A cell of two keys is taken for the first."""
        found: dict[str, str] = {}
        for key, target in self._foreign_keys:
            url = self._named(key, target, cells)
            for field in key.fields if url else ():
                found.setdefault(field, url or "")
        return found

    def referenced_by(self, cells: Cells) -> Iterator[Relation]:
        """Where the rows are that name this one, for each foreign key that is about its table."""
        for other in self.release.manifest.tables:
            for key in other.foreign_keys:
                texts = _texts(cells, key.reference_fields) if key.resource == self.table.name else None
                if texts:
                    told = {"resource": other.name, "fields": key.fields, "reference_fields": key.reference_fields}
                    yield {**told, "url": self._filtered(other, key.fields, texts)}

    @cached_property
    def _foreign_keys(self) -> list[tuple[ReleasedForeignKey, ReleasedTable]]:
        """The foreign keys with the tables that they are about. A resource that is no table has no rows to link to."""
        tables = {table.name: table for table in self.release.manifest.tables}
        return [(key, tables[key.resource]) for key in self.table.foreign_keys if key.resource in tables]

    def _named(self, key: ReleasedForeignKey, target: ReleasedTable, cells: Cells) -> str | None:
        texts = _texts(cells, key.fields)
        if not texts:
            return None
        by_name = dict(zip(key.reference_fields, texts, strict=True))
        if set(by_name) == set(target.primary_key):
            return self._row(target, [by_name[name] for name in target.primary_key])
        return self._filtered(target, key.reference_fields, texts)

    def _row(self, table: ReleasedTable, key: Sequence[str]) -> str:
        return self.links.row(self.release.name, self.release.version, table.name, key)

    def _filtered(self, table: ReleasedTable, names: Sequence[str], texts: Sequence[str]) -> str | None:
        """The rows whose columns have these values; None where one of the columns cannot be compared."""
        columns = {column.name: column for column in table.columns}
        if not all(name in columns and "eq" in operators_for(columns[name]) for name in names):
            return None
        filters = [(f"{name}__eq", text) for name, text in zip(names, texts, strict=True)]
        return self.links.rows(self.release.name, self.release.version, table.name, filters)


def _texts(cells: Cells, names: Sequence[str]) -> list[str] | None:
    """The texts of some cells; None where one is null, is JSON, or is not there."""
    texts = [_text(cells.get(name)) for name in names]
    known = [text for text in texts if text is not None]
    return known if len(known) == len(texts) else None


def _text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell) if isinstance(cell, str | int | float) else None
