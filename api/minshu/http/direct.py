"""Rows that the indexes of a release give, answered at once where the request was read.

The ways through the framework and to a thread take several times as long as such an answer does. Whatever needs more
than an index, or goes wrong, is left to the routes, which have one way to say it.
"""

import re
from collections.abc import Sequence
from typing import Final, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from minshu.browse import Release
from minshu.errors import MinshuError
from minshu.http import row, rows
from minshu.http.conditional import PreconditionFailed
from minshu.http.dependencies import Services
from minshu.http.front import decoded
from minshu.http.links import Links
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.settings import Settings

CELLS: Final = 5000
BYTES: Final = 1 << 18
"""The most cells, and bytes of the row store, for an answer that is made here: others wait for it."""

_ADDRESS: Final = re.compile(r"/datasets/([^/]+)/versions/([^/]+)/([^/]+)/rows(?:/(.+))?")
# Parameters that leave the rows in the publisher's order.
_SIMPLE: Final = {"_size", "_next", "_shape", "_cols", "_count"}


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
        services = cast("Services", request.app.state.services)
        name, version, resource = decoded(name), decoded(version), decoded(resource)
        release = services.library.held(name, version)
        if release is None or not release.has_table(resource):
            return None
        params = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        size = _size(params, services.settings) if key is None else 1
        if any(name not in _SIMPLE for name, _ in params) or not _is_quick(release, resource, size):
            return None
        account, links = request.state.account, Links.of(request, services.settings)
        try:
            if negotiated(request) != JSON_MEDIA:
                return None
            account.check()
            if key is None:
                request.scope["route"] = self._rows
                return rows.list_rows(request, services, links, params, account, name, version, resource)
            request.scope["route"] = self._row
            return row.show_row(request, services, links, params, account, name, version, resource, key)
        except (MinshuError, PreconditionFailed):
            return None


def _size(params: Sequence[tuple[str, str]], settings: Settings) -> int:
    """The rows that are asked for; too many of them where that is no number, which is for the routes to say."""
    text = dict(params).get("_size", str(settings.page_size))
    return int(text) if text.isdecimal() and len(text) < 6 else CELLS + 1


def _is_quick(release: Release, resource: str, size: int) -> bool:
    """Whether the table's indexes give this many rows at once."""
    table = release.table(resource).entry
    stored = release.manifest.by_path.get(table.row_store or "")
    if stored is None or (table.primary_key and table.keys is None):
        return False
    return size * len(table.columns) <= CELLS and min(size, table.rows) * stored.bytes <= BYTES * table.rows


def _route(router: APIRouter, endpoint: object) -> BaseRoute:
    return next(route for route in router.routes if getattr(route, "endpoint", None) is endpoint)
