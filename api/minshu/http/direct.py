"""Rows that the indexes of a release give, answered at once where the request was read.

The ways through the framework and to a thread take several times as long as such an answer does. Whatever needs more
than an index, or goes wrong, is left to the routes, which have one way to say it.
"""

import re
from typing import Final, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from minshu.browse import Release, Table
from minshu.errors import MinshuError
from minshu.http import row, rows
from minshu.http.conditional import PreconditionFailed
from minshu.http.dependencies import Services
from minshu.http.front import decoded
from minshu.http.links import Links
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.rows_request import RowsRequest
from minshu.settings import Settings

CELLS: Final = 5000
BYTES: Final = 1 << 18
"""The most cells, and bytes of the row store, for an answer that is made here: others wait for it."""

_ADDRESS: Final = re.compile(r"/datasets/([^/]+)/versions/([^/]+)/([^/]+)/rows(?:/(.+))?")


class Direct:
    """The routes of rows and of a row, where an index answers in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._rows, self._row = _route(rows.router, rows.list_rows), _route(row.router, row.show_row)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        match = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        answer = self._answer(Request(scope, receive), *match.groups()) if match else None
        await (answer or self.app)(scope, receive, send)

    def _answer(self, request: Request, name: str, version: str, resource: str, key: str | None) -> Response | None:
        services, resource = cast("Services", request.app.state.services), decoded(resource)
        try:
            release = services.library.held(decoded(name), decoded(version))
            if release is None or not release.has_table(resource):
                return None
            if negotiated(request) != JSON_MEDIA:
                return None
            request.state.account.check()
            if key is None:
                return self._some(request, release, release.table(resource), services.settings)
            return self._one(request, release, release.table(resource), key, services.settings)
        except (MinshuError, PreconditionFailed):
            return None

    def _some(self, request: Request, release: Release, table: Table, settings: Settings) -> Response | None:
        params = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked, account = RowsRequest.of(params, table, settings), request.state.account
        ordered = not (asked.query.is_narrow or asked.query.sort or asked.facets)
        if not (ordered and _is_quick(release, table, asked.size)):
            return None
        request.scope["route"] = self._rows
        with account.timed():
            answer = rows.rows_json(request, release, table, asked, params, Links.of(request, settings))
        account.rows += asked.size if answer.body else 0
        return answer

    def _one(self, request: Request, release: Release, table: Table, key: str, settings: Settings) -> Response | None:
        if release.provenance or not _is_quick(release, table, 1):
            return None  # No index tells where in a text the row's words stand.
        request.scope["route"] = self._row
        texts = [decoded(part) for part in key.split("/")]
        answer = row.row_json(request, release, table, texts, Links.of(request, settings))
        request.state.account.rows += 1
        return answer


def _is_quick(release: Release, table: Table, size: int) -> bool:
    """Whether the table's indexes give this many rows at once."""
    entry = table.entry
    stored = release.manifest.by_path.get(entry.row_store or "")
    if stored is None or (entry.primary_key and entry.keys is None):
        return False
    return size * len(entry.columns) <= CELLS and min(size, entry.rows) * stored.bytes <= BYTES * entry.rows


def _route(router: APIRouter, endpoint: object) -> BaseRoute:
    return next(route for route in router.routes if getattr(route, "endpoint", None) is endpoint)
