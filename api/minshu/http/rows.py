"""Rows of a table, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, cast, get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.browse import Page, Release, Table
from minshu.errors import BadParameter
from minshu.filters import FACET, RowQuery, can_be_counted, parse_facets, text_columns
from minshu.http import describe
from minshu.http.answers import json_answer, page, pinned, validators
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, ServicesDep, Version
from minshu.http.downloads import BY_SUFFIX
from minshu.http.facets import facets, offered
from minshu.http.identity import ReaderDep
from minshu.http.links import Links, with_query
from minshu.http.models import RowsModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.parameters import ROW_PARAMETERS
from minshu.http.relations import Relations
from minshu.manifest import ReleasedColumn
from minshu.search import SEARCH
from minshu.settings import Settings

router = APIRouter(tags=["Rows"])

Count = Literal["none", "exact"]
Shape = Literal["objects", "arrays"]
Params = Sequence[tuple[str, str]]
OWN: Final = ("_size", "_next", "_count", "_shape")


@dataclass(frozen=True)
class RowsRequest:
    """What the parameters of a request for rows ask."""

    query: RowQuery
    size: int
    token: str | None
    count: bool
    shape: Shape
    facets: tuple[ReleasedColumn, ...]

    @classmethod
    def of(cls, params: Params, table: Table, settings: Settings) -> Self:
        """The parameters, parsed. Raises BadParameter, BadFilter or ColumnNotFound."""
        own = _own(params)
        return cls(
            RowQuery.from_params(params, table.released_columns, (*OWN, FACET)),
            page_size(own.get("_size"), settings),
            own.get("_next"),
            _choice("_count", own.get("_count", "none"), get_args(Count)) == "exact",
            cast("Shape", _choice("_shape", own.get("_shape", "objects"), get_args(Shape))),
            parse_facets([value for name, value in params if name == FACET], table.released_columns),
        )


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/rows",
    summary="Rows of a table",
    responses=answers(RowsModel, page=True),
    openapi_extra={"parameters": ROW_PARAMETERS},
)
def list_rows(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    params: QueryDep,
    account: AccountDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
) -> Response:
    """Rows of one table, filtered by `column__operator=value` pairs, which may be repeated and are all to hold.

    The last page has `"next": null`; every other one tells the address of the page after it, as `Link` does.
    """
    release = services.library.release(name, version)
    table = release.table(resource, reader)
    asked = RowsRequest.of(params, table, services.settings)
    with account.timed():
        if negotiated(request) == JSON_MEDIA:
            answer = rows_json(request, release, table, asked, params, links)
        else:
            shown = _shown(release, table, asked, params, links)
            answer = page(request, services.pages.render("rows.html", request, **shown))
    account.rows += asked.size if answer.body else 0
    return answer


def rows_json(
    request: Request, release: Release, table: Table, asked: RowsRequest, params: Params, links: Links
) -> Response:
    """The rows that are asked for, in JSON."""
    held = validators(request, links, JSON_MEDIA, release)
    return pinned(request, held, lambda: _envelope(release, table, asked, params, links))


def _envelope(release: Release, table: Table, asked: RowsRequest, params: Params, links: Links) -> Response:
    found = table.page(asked.query, asked.size, asked.token)
    following = _following(release, table, params, found.next, links)
    names = [column.name for column in found.columns]
    body: dict[str, Any] = {
        "columns": found.columns,
        "rows": found.rows if asked.shape == "arrays" else [dict(zip(names, row, strict=True)) for row in found.rows],
        "next": following,
        "release": describe.identity(release, links),
    }
    if asked.count:
        body["count"] = table.count(asked.query)
    if asked.facets:
        body["facets"] = facets(release, table, asked.query, asked.facets, params, links)
    return json_answer(body, _link(following))


def _shown(release: Release, table: Table, asked: RowsRequest, params: Params, links: Links) -> dict[str, Any]:
    """What the page of rows is made of."""
    found = table.page(asked.query, asked.size, asked.token)
    name, kept = table.entry.name, _from_the_first(params)
    rows = [(name, value) for name, value in kept if name not in (*OWN, FACET)]
    start = links.rows(release.name, release.version, name, kept)
    counted = [column.name for column in table.released_columns if can_be_counted(column)]
    return {
        "release": describe.identity(release, links),
        "table": table.entry,
        "columns": found.columns,
        "titles": describe.titles(table.entry),
        "rows": found.rows,
        "addresses": _addresses(release, table, found, links),
        "count": table.count(asked.query),
        "filters": [(name, value) for name, value in kept if not name.startswith("_")],
        "stats": links.stats(release.name, release.version, name),
        "unfiltered": links.rows(release.name, release.version, name),
        "searchable": bool(text_columns(table.released_columns)),
        "searched": " ".join(value for name, value in kept if name == SEARCH),
        "others": [(name, value) for name, value in kept if name != SEARCH],
        "facets": facets(release, table, asked.query, asked.facets, params, links),
        "offered": offered(release, table, counted, kept, links),
        "first": start if asked.token else None,
        "next": _following(release, table, params, found.next, links),
        "downloads": {
            suffix: with_query(links.table(release.name, release.version, name, suffix), rows) for suffix in BY_SUFFIX
        },
    }


def _addresses(release: Release, table: Table, found: Page, links: Links) -> list[dict[str, Any]]:
    """For each row of a page: its number, its own address, and those of the rows that its cells name."""
    relations = Relations(release, table.entry, links)
    names = [column.name for column in found.columns]
    rows = (dict(zip(names, row, strict=True)) for row in found.rows)
    return [
        {"number": position + 1, "url": relations.own(cells, position), "named": relations.named(cells)}
        for cells, position in zip(rows, found.positions, strict=True)
    ]


def _following(release: Release, table: Table, params: Params, token: str | None, links: Links) -> str | None:
    if token is None:
        return None
    kept = [*_from_the_first(params), ("_next", token)]
    return links.rows(release.name, release.version, table.entry.name, kept)


def _from_the_first(params: Params) -> list[tuple[str, str]]:
    """The parameters of the first page."""
    return [(name, value) for name, value in params if name != "_next"]


def _link(following: str | None) -> dict[str, str]:
    return {"Link": f'<{following}>; rel="next"'} if following else {}


def _own(params: Params) -> dict[str, str]:
    """The parameters that are not of the query itself. One given twice would leave open which was meant."""
    own = [(name, value) for name, value in params if name in OWN]
    twice = {name for name, _ in own if [other for other, _ in own].count(name) > 1}
    if twice:
        raise BadParameter(f"{', '.join(sorted(twice))} can be given once.")
    return dict(own)


def page_size(text: str | None, settings: Settings) -> int:
    """How many rows a page is to have. Raises BadParameter."""
    if text is None:
        return min(settings.page_size, settings.page_size_max)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= settings.page_size_max):
        raise BadParameter(f"_size is {text!r}, but must be a whole number from 1 to {settings.page_size_max}.")
    return int(text)


def _choice(name: str, text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise BadParameter(f"{name} is {text!r}, but must be {' or '.join(choices)}.")
    return text
