"""What happens to every request and every answer, before and after the routes.

Paths reach the routes percent-encoded, in one canonical spelling, so that `%2F` inside a resource's name differs from
a slash. The language that a path begins with is kept beside the request, for what follows is the same address.
HEAD is GET without its body. Every answer carries the headers of `HEADERS` and a request id.
"""

import re
from collections.abc import Iterable
from random import getrandbits
from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minshu.http.language import split_language
from minshu.http.logs import REQUEST

REQUEST_ID: Final = "X-Request-Id"
PRIVATE: Final = b"private, no-store"
# What addresses answer to other than GET alone.
METHODS: Final = (
    (re.compile(r"/sql"), "GET, HEAD, POST"),
    (re.compile(r"/token"), "GET, HEAD, POST"),
    (re.compile(r"/mcp"), "POST"),
    (re.compile(r"/validate"), "GET, HEAD, POST"),
    (re.compile(r"/api/(3/)?action/[^/]+"), "GET, HEAD, POST"),
    (re.compile(r"/datasets/[^/]+/versions/(?!latest$)[^/]+"), "GET, HEAD, PUT"),
    (re.compile(r"/datasets/[^/]+/versions/[^/]+/(withdraw|yank|unyank)"), "POST"),
    (re.compile(r"/jobs/[^/]+"), "GET, HEAD, PATCH, DELETE"),
    (re.compile(r"/datasets/[^/]+/applications(/[^/]+)?"), "GET, HEAD, POST"),
    (re.compile(r"/feedback(/(?!new$)[^/]+)?"), "GET, HEAD, POST"),
)
HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified, Link, Location, "
        "Minshu-Truncated, RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, Upload-Complete, Upload-Length, "
        f"Upload-Limit, Upload-Offset, WWW-Authenticate, {REQUEST_ID}"
    ),
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Digest, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, "
        f"If-Unmodified-Since, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, Prefer, "
        f"Range, Repr-Digest, Upload-Complete, Upload-Length, Upload-Offset, {REQUEST_ID}"
    ),
    "Access-Control-Max-Age": "86400",
}

_ID: Final = REQUEST_ID.lower().encode()
_COMMON: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_UNRESERVED = re.compile(r"[A-Za-z0-9._~/-]*")  # What no percent-encoding changes.
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def canonical_path(raw: str) -> str:
    """The one spelling of a percent-encoded path: each segment decoded and encoded again."""
    if _UNRESERVED.fullmatch(raw):
        return raw
    return "/".join(quote(unquote(segment), safe="") for segment in raw.split("/"))


def allowed_methods(path: str) -> str:
    """The methods that a path answers to, as `Allow` lists them."""
    methods = next((methods for address, methods in METHODS if address.fullmatch(path)), "GET, HEAD")
    return f"{methods}, OPTIONS"


class Front:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a canonical path, and put the headers on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        REQUEST.set(request_id)
        # `state` is shared with the server's own scope, so that the handler of last resort knows them too.
        scope.setdefault("state", {}).update(request_id=request_id, head=scope["method"] == "HEAD")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = _private(message["headers"]) if is_private(seen) else message["headers"]
                message["headers"] = _completed(headers, request_id)
            await send(message)

        seen = _canonical(scope)
        app = _preflight(seen) if scope["method"] == "OPTIONS" else self.app
        await app(seen, receive, send_with_headers)


def is_private(scope: Scope) -> bool:
    """Whether an answer holds what others would have been refused: it is for this reader alone, and nobody keeps it."""
    reader = scope["state"].get("reader")
    return reader is not None and reader.used


def _private(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that is for one reader, whatever its route says of how long it lasts."""
    varying = [value for name, value in headers if name == b"vary"]
    told = [header for header in headers if header[0] not in (b"cache-control", b"vary")]
    return [*told, (b"cache-control", PRIVATE), (b"vary", b", ".join([*varying, b"Authorization"]))]


def _completed(headers: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has. Its own are stronger, but for the request's id."""
    told = [header for header in headers if header[0] != _ID]
    own = {name for name, _ in told}
    return [*told, (_ID, request_id.encode()), *(header for header in _COMMON if header[0] not in own)]


def _preflight(scope: Scope) -> Response:
    methods = allowed_methods(scope["path"])
    return Response(status_code=204, headers={**PREFLIGHT, "Allow": methods, "Access-Control-Allow-Methods": methods})


def _canonical(scope: Scope) -> Scope:
    """The scope for the routes. The server keeps its own, and by its method it drops the body of HEAD."""
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    scope["state"]["language"], path = split_language(canonical_path(raw.decode("latin-1")))
    return {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"], "path": path}


def _request_id(scope: Scope) -> str:
    """The client's own id where it is harmless, else a new one."""
    wanted = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    # No secret is needed, and the system's own chance costs a call of it.
    return wanted if _PLAIN_ID.fullmatch(wanted) else f"{getrandbits(128):032x}"


def decoded(segment: str) -> str:
    """The text that a percent-encoded segment stands for."""
    return unquote_to_bytes(segment).decode("utf-8", "replace")
