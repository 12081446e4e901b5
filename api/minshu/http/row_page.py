"""The page of a row: its cells with what they mean, the rows before and after it, and those that belong to it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from minshu.access import Reader
from minshu.browse import Release, Row, Table
from minshu.errors import AccessError
from minshu.filters import RowQuery
from minshu.http import describe
from minshu.http.answers import page
from minshu.http.cells import Cells
from minshu.http.dependencies import Services
from minshu.http.language import language_of
from minshu.http.links import Links, PageLinks, with_query
from minshu.http.quotations import quoted_in
from minshu.http.relations import Related, Relations
from minshu.http.table_words import type_words
from minshu.manifest import ReleasedColumn
from minshu.records import Naming, naming_of
from minshu.remarks import can_be_named
from minshu.reports import Language

RELATED: Final = 12
"""The foreign keys, in either direction, whose rows are shown on the page; those of the others are links."""

TITLE: Final = 120
"""The characters of the title of a row that stand above its fields."""

ROWS: Final = 5
COLUMNS: Final = 5
"""How many rows that name this one are shown, with how many of their columns."""


def row_page(
    request: Request, services: Services, release: Release, table: Table, key: Sequence[str], reader: Reader
) -> Response:
    """The row of a key. Of a table that is not open to this reader, there is no more than the way to its rows."""
    site = Links.of(request, services.settings)
    links = PageLinks.within(site, request.scope["state"].get("language"))
    shown = _Shown(release, table, table.row(key), reader, language_of(request), links, site)
    about = [("dataset", release.name), ("version", release.version), ("table", table.entry.name)]
    named = [("key", text) for text in key] if can_be_named(key) else []
    report = with_query(links.to("feedback", "new"), [*about, *named])
    context = {"key": " / ".join(key), "report": report, **shown.context()}
    return page(request, services.pages.render("row.html", request, **context))


@dataclass(frozen=True)
class _Shown:
    """A row, and what the template shows of it."""

    release: Release
    table: Table
    row: Row
    reader: Reader
    language: Language
    links: PageLinks
    site: Links

    def cells(self, column: ReleasedColumn) -> Cells:
        """What writes the values of a column."""
        return Cells(self.language, column.type, self.naming.labels.get(column.name, {}))

    @cached_property
    def naming(self) -> Naming:
        """What the values of columns stand for."""
        return naming_of(self.release, self.table.entry)

    @cached_property
    def values(self) -> dict[str, Any]:
        return {column.name: cell for column, cell in zip(self.row.columns, self.row.cells, strict=True)}

    @cached_property
    def relations(self) -> Relations:
        return Relations(self.release, self.table.entry, self.links)

    def context(self) -> dict[str, Any]:
        """All that the template shows."""
        name, version, entry = self.release.name, self.release.version, self.table.entry
        before, after = self.table.beside(self.row.position)
        named = self.relations.named(self.values)
        return {
            "release": describe.identity(self.release, self.links),
            "table": entry,
            "number": self.row.position + 1,
            "title": self._title(),
            "fields": [self._field(column, named.get(column.name)) for column in entry.columns],
            "names": list(self._names()),
            "named_by": list(self._named_by()),
            "before": self._own(before),
            "after": self._own(after),
            "rows": self.links.rows(name, version, entry.name),
            "permalink": Relations(self.release, entry, self.site).own(self.values, self.row.position),
            "downloads": self._downloads(),
            **quoted_in(self.release, self.table, self.values, self.row.position, self.site, self.reader),
        }

    def _title(self) -> str | None:
        """What people call the row."""
        title = self.naming.title(self.values)
        return title if title is None or len(title) <= TITLE else f"{title[:TITLE]}…"

    def _field(self, column: ReleasedColumn, link: str | None) -> dict[str, Any]:
        return {
            "name": column.name,
            "title": column.title,
            "description": column.description,
            "type": type_words(column, self.language),
            "value": self.cells(column).whole(self.values[column.name], link),
        }

    def _own(self, row: Row | None) -> str | None:
        """The address of a row beside this one."""
        if row is None:
            return None
        cells = {column.name: cell for column, cell in zip(row.columns, row.cells, strict=True)}
        return self.relations.own(cells, row.position)

    def _names(self) -> Iterator[dict[str, Any]]:
        """The rows that this one names."""
        for related in islice(self.relations.names(self.values), RELATED):
            if related.texts is not None:
                yield {**self._related(related), "url": self.relations.url(related), **self._preview(related, 1)}

    def _named_by(self) -> Iterator[dict[str, Any]]:
        """The rows that name this one."""
        for index, related in enumerate(self.relations.named_by(self.values)):
            preview = self._preview(related, ROWS) if index < RELATED else {}
            yield {**self._related(related), "url": self.relations.rows_url(related), **preview}

    def _related(self, related: Related) -> dict[str, Any]:
        return {"fields": related.fields, "table": related.table}

    def _preview(self, related: Related, size: int) -> dict[str, Any]:
        """The first of some rows and how many there are; nothing of a table that is not open to this reader."""
        table, filters = None, related.filters
        with suppress(AccessError):
            table = self.release.table(related.table.name, self.reader)
        if table is None or filters is None:
            return {}
        query = RowQuery.from_params(filters, table.released_columns)
        found = table.page(query, size)
        shown, labels = _telling(related, table), naming_of(self.release, table.entry).labels
        cells = [(item.name, Cells(self.language, item.type, labels.get(item.name, {}))) for item in shown]
        relations = Relations(self.release, table.entry, self.links)
        names = [column.name for column in found.columns]
        rows = [
            self._line(relations, dict(zip(names, row, strict=True)), position, cells)
            for row, position in zip(found.rows, found.positions, strict=True)
        ]
        return {"columns": shown, "rows": rows, "count": table.count(query) if found.next else len(rows)}

    def _line(
        self, relations: Relations, values: dict[str, Any], position: int, cells: Sequence[tuple[str, Cells]]
    ) -> dict[str, Any]:
        return {
            "number": position + 1,
            "url": relations.own(values, position),
            "cells": [written.short(values[name]) for name, written in cells],
        }

    def _downloads(self) -> dict[str, str]:
        """The row as a file, where its table has a key to filter by."""
        name, version, entry = self.release.name, self.release.version, self.table.entry
        own = Related((), (), entry, entry.primary_key, [str(self.values[key]) for key in entry.primary_key])
        if not entry.primary_key or own.filters is None:
            return {}
        return {
            suffix: with_query(self.site.table(name, version, entry.name, suffix), own.filters)
            for suffix in ("json", "csv")
        }


def _telling(related: Related, table: Table) -> list[ReleasedColumn]:
    """The columns that tell most of a row in few words: its first ones, but for those that are the same in all."""
    columns = [column for column in table.released_columns if column.name not in related.columns]
    return (columns or [*table.released_columns])[:COLUMNS]
