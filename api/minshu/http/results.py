"""What a search found, in words and addresses: the JSON, of which the page is made as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from minshu.http.finding import Found
from minshu.http.links import Links, with_query
from minshu.http.relations import Relations
from minshu.http.row_search import AFTER, InRows, Place
from minshu.http.snippets import snippet
from minshu.search import SEARCH
from minshu.tables import Matches, Row

CELLS: Final = 4
"""The most cells of a row that are told."""

Result = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What is searched, as it was written and as the words that are looked for, and the addresses of this client."""

    q: str
    words: Sequence[str]
    links: Links

    @property
    def everything(self) -> str:
        """The address of what is found of all kinds."""
        return with_query(self.links.to("search"), [("q", self.q)])

    @property
    def catalogue(self) -> str:
        """The address of the datasets that are found, to be filtered."""
        return with_query(self.links.to("datasets"), [("q", self.q)])

    def url(self, kind: str, **more: object) -> str:
        """The address of what is found of one kind."""
        asked = [("q", self.q), ("kind", kind), *((name, str(value)) for name, value in more.items())]
        return with_query(self.links.to("search"), asked)


def group(question: Question, kind: str, finds: Sequence[Found], size: int, page: int | None) -> Result:
    """One page of the finds of a kind; without a number the first, beside those of other kinds."""
    start = size * ((page or 1) - 1)
    following = question.url(kind, page=page + 1) if page and len(finds) > start + size else None
    return {
        "count": len(finds),
        "results": [_result(question, found) for found in finds[start : start + size]],
        "url": question.url(kind),
        "next": following,
    }


def rows_group(question: Question, found: InRows) -> Result:
    """What was found in rows."""
    resume = {AFTER: found.resume.text} if found.resume else {}
    return {
        "results": [_rows(question, place, matches) for place, matches in found.found],
        "searched": found.searched,
        "left": found.left,
        "late": _all_rows(question, found.late) if found.late else None,
        "closed": found.closed,
        "url": question.url("rows"),
        "next": question.url("rows", **resume) if found.left else None,
    }


def _result(question: Question, found: Found) -> Result:
    release, links = found.release, question.links
    told: Result = {"dataset": release.name, "version": release.version, "title": found.title}
    told["description"] = found.description
    url = links.dataset(release.name)
    if found.table:
        told["table"] = found.table.name
        is_open = release.openings.of(found.table.name).is_open
        url = links.release(release.name, release.version)
    if found.table and is_open:
        place = links.stats if found.column else links.rows
        url = place(release.name, release.version, found.table.name)
    if found.column:
        told |= {"column": found.column.name, "type": found.column.field_type}
    return {**told, "snippet": snippet(found.description or "", question.words), "url": url}


def _rows(question: Question, place: Place, matches: Matches) -> Result:
    return {
        "dataset": place.release.name,
        "version": place.release.version,
        "table": place.table.name,
        "title": place.table.title,
        "rows": [_row(question, place, row) for row in matches.rows],
        "more": matches.more,
        "url": _all_rows(question, place),
    }


def _row(question: Question, place: Place, row: Row) -> Result:
    cells = {column.name: cell for column, cell in zip(row.columns, row.cells, strict=True)}
    url = Relations(place.release, place.table, question.links).own(cells, row.position)
    found = [_cell(question, name, cells[name]) for name in place.columns]
    return {"number": row.position + 1, "url": url, "cells": [cell for cell in found if cell][:CELLS]}


def _cell(question: Question, name: str, text: str | None) -> Result | None:
    """A cell in which words were found."""
    piece = snippet(text or "", question.words)
    return {"column": name, **piece} if piece else None


def _all_rows(question: Question, place: Place) -> str:
    release = place.release
    return question.links.rows(release.name, release.version, place.table.name, [(SEARCH, question.q)])
