"""Rows of a table, page by page."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.browse import Release, Table
from minshu.http import describe
from minshu.http.answers import json_answer, pinned, validators
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, ServicesDep, Version
from minshu.http.facets import facets
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.models import RowsModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.parameters import ROW_PARAMETERS
from minshu.http.rows_page import rows_page
from minshu.http.rows_request import Params, RowsRequest

router = APIRouter(tags=["Rows"])


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
    A page also takes what its forms send (`_filter_column`, `_filter_op`, `_filter_value`, `_column`), and answers it
    with the address of the page that is asked for.
    """
    release = services.library.release(name, version)
    table = release.table(resource, reader)
    with account.timed():
        if negotiated(request) != JSON_MEDIA:
            return rows_page(request, services, release, table, params)
        asked = RowsRequest.of(params, table, services.settings)
        answer = rows_json(request, release, table, asked, params, links)
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


def _following(release: Release, table: Table, params: Params, token: str | None, links: Links) -> str | None:
    if token is None:
        return None
    kept = [*((name, value) for name, value in params if name != "_next"), ("_next", token)]
    return links.rows(release.name, release.version, table.entry.name, kept)


def _link(following: str | None) -> dict[str, str]:
    return {"Link": f'<{following}>; rel="next"'} if following else {}
