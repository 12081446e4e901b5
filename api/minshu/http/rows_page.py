"""The page of a table: its rows, what they are filtered and sorted by, and every way from there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from minshu.browse import Page, Release, Table
from minshu.filters import RowQuery, can_be_counted, can_be_sorted, text_columns
from minshu.formats import FORMATS
from minshu.http import describe
from minshu.http.answers import page, page_headers
from minshu.http.cells import Cells
from minshu.http.column_figures import share, spread
from minshu.http.dependencies import Services
from minshu.http.facets import only
from minshu.http.filter_form import Fault, FilterForm
from minshu.http.language import language_of
from minshu.http.links import Links, PageLinks, with_query
from minshu.http.negotiation import HTML_MEDIA
from minshu.http.pages import width
from minshu.http.problems import problem_of
from minshu.http.relations import Relations
from minshu.http.row_sql import row_sql
from minshu.http.rows_request import RowsRequest
from minshu.http.stats_page import anchor
from minshu.http.table_state import FORM, Condition, Params, TableState, begun, fault, form_state
from minshu.http.table_words import type_words
from minshu.manifest import ReleasedColumn
from minshu.records import Naming, naming_of
from minshu.reports import Language

SIZES: Final = (20, 50, 100, 200, 500, 1000)
"""How many rows a page may be asked to have, by a form."""

NARROW: Final = 44
"""How wide a text may be, in Latin letters, that is not broken into lines."""


def rows_page(request: Request, services: Services, release: Release, table: Table, params: Params) -> Response:
    """The page that an address asks for, or the address of what a form asks for.

    A filter that makes no sense is told beside the form, with the status that it has in JSON; for all else that is
    wrong with the address, the error is raised.
    """
    site = Links.of(request, services.settings)
    links = PageLinks.within(site, request.scope["state"].get("language"))
    columns = table.released_columns
    if asked := form_state(params, columns):
        url = links.rows(release.name, release.version, table.entry.name, asked.params)
        return RedirectResponse(url, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
    kept = [(name, value) for name, value in params if name not in FORM]
    state, form = TableState.of(kept, columns), begun(params)
    wrong = fault(state, columns)
    if wrong:
        state, form = state.without_condition(wrong[0]).at(None), wrong[0]
    told = RowsRequest.of(state.params if wrong else kept, table, services.settings)
    language = language_of(request)
    shown = _Shown(release, table, told, state, FilterForm(columns, language, form, wrong), links, site)
    sizes = [size for size in SIZES if size <= services.settings.page_size_max]
    text = services.pages.render("rows.html", request, sizes=sizes, **shown.context())
    request.state.account.rows += told.size
    if wrong:
        headers = {**page_headers(request), "Cache-Control": "no-store"}
        return Response(text, problem_of(wrong[1]).status, headers, HTML_MEDIA)
    return page(request, text)


@dataclass(frozen=True)
class _Shown:
    """A state of the page, and what the template shows of it."""

    release: Release
    table: Table
    asked: RowsRequest
    state: TableState
    form: FilterForm
    links: PageLinks
    site: Links

    @property
    def language(self) -> Language:
        return self.form.language

    @property
    def fault(self) -> Fault | None:
        return self.form.fault

    def cells(self, column: ReleasedColumn) -> Cells:
        """What writes the values of a column."""
        return Cells(self.language, column.type, self.naming.labels.get(column.name, {}))

    @cached_property
    def naming(self) -> Naming:
        """What the values of columns stand for."""
        return naming_of(self.release, self.table.entry)

    @cached_property
    def query(self) -> RowQuery:
        return self.asked.query

    @cached_property
    def shown(self) -> list[ReleasedColumn]:
        """The columns that are shown, in their order."""
        by_name = {column.name: column for column in self.table.released_columns}
        return [by_name[name] for name in self.query.columns or by_name]

    @cached_property
    def counted(self) -> dict[str, dict[str, Any]]:
        """What was counted of each column when it was published; nothing of a release from before that was done."""
        columns = self.table.stats()["columns"] if self.table.entry.stats else []
        return {column["name"]: column for column in columns}

    def context(self) -> dict[str, Any]:
        """All that the template shows."""
        name, version, table = self.release.name, self.release.version, self.table.entry
        found = None if self.fault else self._found()
        top = [item["value"] for item in self.counted.get(self.form.begun.column, {}).get("top", ())]
        return {
            "release": describe.identity(self.release, self.links),
            "table": table,
            "count": None if self.fault else self.table.count(self.query),
            "head": [self._head(column, found) for column in self.shown],
            "rows": list(self._rows(found)) if found else [],
            "chips": list(self._chips()),
            "form": self.form.shown([value for value in top if value not in (None, "")]),
            "facets": [] if self.fault else [self._facet(column) for column in self.asked.facets],
            "counted": list(map(self._choice, self._countable())),
            "choices": list(self._choices()),
            "size": self.asked.size,
            "searchable": bool(text_columns(self.table.released_columns)),
            "state": self.state,
            "hidden": self.state.at(None).params,
            "action": self.links.rows(name, version, table.name),
            "stats": self.links.stats(name, version, table.name),
            "permalink": self.site.rows(name, version, table.name, self.state.params),
            "downloads": self._downloads(),
            "sql": self._sql(),
            "chart": self.links.chart(name, version, table.name, self.state.narrowed),
            **self._pages(found),
        }

    def _at(self, state: TableState) -> str:
        """Where a state of this page is."""
        return self.links.rows(self.release.name, self.release.version, self.table.entry.name, state.params)

    # -- the table ------------------------------------------------------------------------------------------------

    def _found(self) -> Page:
        """The rows, with the cells that their addresses are made of whether these are shown or not."""
        query, entry = self.query, self.table.entry
        if query.columns is not None:
            keys = (name for key in entry.foreign_keys for name in key.fields)
            query = replace(query, columns=tuple(dict.fromkeys((*query.columns, *entry.primary_key, *keys))))
        return self.table.page(query, self.asked.size, self.asked.token)

    def _rows(self, found: Page) -> Iterator[dict[str, Any]]:
        relations = Relations(self.release, self.table.entry, self.links)
        names = [column.name for column in found.columns]
        shown = [(column.name, self.cells(column)) for column in self.shown]
        for row, position in zip(found.rows, found.positions, strict=True):
            values = dict(zip(names, row, strict=True))
            url, named = relations.own(values, position), relations.named(values)
            cells = [cells.cell(values[name], named.get(name), url) for name, cells in shown]
            yield {"number": position + 1, "url": url, "cells": cells}

    def _head(self, column: ReleasedColumn, found: Page | None) -> dict[str, Any]:
        """A column as its header tells of it."""
        at = [item.name for item in found.columns].index(column.name) if found else 0
        sort, counted = dict(self.state.sort), self.counted.get(column.name)
        begun_with = [*self.state.at(None).params, ("_filter_column", column.name)]
        url = self.links.rows(self.release.name, self.release.version, self.table.entry.name, begun_with)
        return {
            **self._choice(column),
            "type": type_words(column, self.language),
            "description": column.description,
            "sort": self._at(self.state.sorted_by(column.name)) if can_be_sorted(column) else None,
            "sorted": {None: None, False: "ascending", True: "descending"}[sort.get(column.name)],
            "css": _class(column, [row[at] for row in found.rows] if found else []),
            "is_first_key": bool(self.state.sort) and self.state.sort[0][0] == column.name,
            "filter": f"{url}#filter",
            "counted": counted,
            "spread": spread(counted, self.cells(column)) if counted else None,
            "anchor": anchor(self.table.entry, column.name),
            "nulls": share(counted["nulls"], self.table.entry.rows) if counted and counted["nulls"] else None,
        }

    # -- filters, facets, columns ---------------------------------------------------------------------------------

    def _chips(self) -> Iterator[dict[str, Any]]:
        """All that narrows or orders the rows, in words, each with the address of the page without it."""
        for condition in self.state.conditions:
            column, operator, value = self.form.words(condition)
            without = self._at(self.state.without_condition(condition))
            yield {"kind": "filter", "name": column, "words": operator, "value": value, "without": without}
        if self.state.search:
            yield {"kind": "search", "value": self.state.search, "without": self._at(self.state.without_search())}
        if self.state.sort:
            keys = [(self.form.title(name), down) for name, down in self.state.sort]
            yield {"kind": "sort", "keys": keys, "without": self._at(self.state.unsorted())}

    def _facet(self, column: ReleasedColumn) -> dict[str, Any]:
        """The most frequent values of a column. One that is chosen already leads back to the others."""
        facet = self.table.facet(self.query, column.name)
        most = max((rows for _, rows in facet.values), default=0)
        return {
            **self._choice(column),
            "values": [self._value(column, value, rows) for value, rows in facet.values],
            "most": most,
            "more": facet.more,
            "without": self._at(self.state.without_facet(column.name)),
        }

    def _value(self, column: ReleasedColumn, value: object, rows: int) -> dict[str, Any]:
        operator = "isnull" if value is None else "eq"
        condition = Condition(column.name, operator, only(column.name, value)[1])
        chosen = condition in self.state.conditions
        state = self.state.without_condition(condition) if chosen else self.state.with_condition(condition)
        return {"value": self.cells(column).short(value), "count": rows, "url": self._at(state), "chosen": chosen}

    def _countable(self) -> list[ReleasedColumn]:
        """The columns whose values can be counted and are not."""
        columns = self.table.released_columns
        return [column for column in columns if can_be_counted(column) and column.name not in self.state.facets]

    def _choice(self, column: ReleasedColumn) -> dict[str, Any]:
        return {"name": column.name, "title": column.title}

    def _choices(self) -> Iterator[dict[str, Any]]:
        """All columns, first those that are shown, so that a form that is sent again keeps their order."""
        left = [column for column in self.table.released_columns if column not in self.shown]
        for column in (*self.shown, *left):
            yield {**self._choice(column), "shown": column not in left}

    # -- ways from here -------------------------------------------------------------------------------------------

    def _pages(self, found: Page | None) -> dict[str, Any]:
        """The addresses of the pages around this one, and where it begins and ends, if that can be said."""
        token, query, size = self.asked.token, self.query, self.asked.size
        is_plain = found and found.positions and not query.is_narrow and not query.sort
        return {
            "first": self._at(self.state.at(None)) if token else None,
            "previous": self._at(self.state.at(self.table.page_before(query, size, token))) if token else None,
            "next": self._at(self.state.at(found.next)) if found and found.next else None,
            "span": (found.positions[0] + 1, found.positions[-1] + 1) if found and is_plain else None,
        }

    def _downloads(self) -> dict[str, str]:
        """What is shown, whole, in every format."""

        def url(suffix: str) -> str:
            found = self.site.table(self.release.name, self.release.version, self.table.entry.name, suffix)
            return with_query(found, self.state.question)

        return {name: url(written.suffix.removeprefix(".")) for name, written in FORMATS.items()}

    def _sql(self) -> str:
        """The console with what is shown as SQL."""
        asked = {
            "dataset": self.release.name,
            "version": self.release.version,
            "q": row_sql(self.table.entry, self.query, self.asked.size),
        }
        return with_query(self.links.to("sql"), asked.items())


def _class(column: ReleasedColumn, values: Iterable[object]) -> Markup:
    """The class of the cells of a column: figures stand in line, and long texts are broken."""
    if column.json_type == "number" or column.type.startswith("DECIMAL"):
        return Markup(' class="number"')
    is_long = any(type(value) is str and width(value) > NARROW for value in values)
    return Markup(' class="long"') if is_long else Markup("")
