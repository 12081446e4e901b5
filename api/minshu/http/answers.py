"""Answers: data, pages, and files of a release, with the headers that make them cacheable."""

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from io import BufferedReader
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from minshu.bilingual import TAGS
from minshu.browse import Release
from minshu.errors import StoreFailed
from minshu.http.conditional import IMMUTABLE, SHORT, Validators, byte_range, not_modified, strong_etag
from minshu.http.language import VARY as BY_LANGUAGE
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA

# Raise it with every change to the bytes that answers are made of, so that no client keeps the old ones.
REPRESENTATION: Final = 2
CHUNK: Final = 1 << 18
VARY: Final = {"Vary": "Accept"}
# An extension of ASGI.
SENDFILE: Final = "http.response.zerocopysend"


def fresh(
    request: Request, body: bytes, media_type: str, cache: str = SHORT, headers: Mapping[str, str] = VARY
) -> Response:
    """An answer that may be another soon; 304 where the client holds this very one."""
    held = Validators(strong_etag(sha256(body).hexdigest()[:32]))
    headers = {**headers, **held.headers(cache)}
    if not_modified(request.headers, held):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def json_answer(value: object, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, without a word on how long it lasts."""
    return Response(orjson.dumps(value), headers=headers, media_type=JSON_MEDIA)


def data(request: Request, value: object, cache: str = SHORT) -> Response:
    """JSON that may be another soon."""
    return fresh(request, orjson.dumps(value), JSON_MEDIA, cache)


def page_headers(request: Request) -> dict[str, str]:
    """In which language a page is, and what decided that."""
    return {"Content-Language": TAGS[language_of(request)], **BY_LANGUAGE}


def page(request: Request, text: str) -> Response:
    """A web page. It shows what is newest, so it is never immutable."""
    return fresh(request, text.encode(), HTML_MEDIA, headers=page_headers(request))


def pinned(request: Request, held: Validators, make: Callable[[], Response]) -> Response:
    """An answer that never changes, unless it says itself how long it lasts. Made only if the client lacks it."""
    if not_modified(request.headers, held):
        return Response(status_code=304, headers={**VARY, **held.headers(IMMUTABLE)})
    response = make()
    if "Cache-Control" in response.headers:
        return response
    told = replace(held, sha256=sha256(response.body).hexdigest())
    response.headers.update({**VARY, **told.headers(IMMUTABLE)})
    return response


def validators(request: Request, links: Links, media_type: str, *releases: Release) -> Validators:
    """The validators of an answer that depends on nothing but releases and its address."""
    address = f"{links.base}{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
    question = (str(REPRESENTATION), address, media_type, *(release.tag for release in releases))
    etag = strong_etag(sha256("\n".join(question).encode()).hexdigest()[:32])
    return Validators(etag, max(release.modified for release in releases))


_NOT_PLAIN: Final = re.compile(r'[^ -~]|["\\%]')


@dataclass(frozen=True)
class Download:
    """A file that never changes, and what is said of it."""

    path: Path
    bytes: int
    sha256: str
    media_type: str
    modified: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


def download(request: Request, file: Download) -> Response:
    """The file: whole, in part, or 304."""
    held = Validators(strong_etag(file.sha256), file.modified, file.sha256)
    headers = {"Accept-Ranges": "bytes", "Content-Type": file.media_type, **held.headers(IMMUTABLE), **file.headers}
    if not_modified(request.headers, held):
        return Response(status_code=304, headers=headers)
    # HEAD tells of the whole: a range is one of GET alone.
    part = None if request.scope["state"]["head"] else byte_range(request.headers, held, file.bytes)
    start, stop = part or (0, file.bytes)
    headers["Content-Length"] = str(stop - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.bytes}"
    status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
    return FileSlice(_opened(file.path), start, stop, status, headers)


class FileSlice(StreamingResponse):
    """Some bytes of an open file, which is closed at the end whatever happens."""

    def __init__(self, body: BufferedReader, start: int, stop: int, status: int, headers: Mapping[str, str]) -> None:
        self.body_file, self._start, self._stop = body, start, stop
        super().__init__(_read(body, start, stop), status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and, but for HEAD, the bytes; by the operating system where the server offers that."""
        with self.body_file:
            if scope["state"]["head"]:
                await self._send(send, {"type": "http.response.body", "body": b""})
            elif SENDFILE in scope.get("extensions", {}):
                count = self._stop - self._start
                await self._send(
                    send, {"type": SENDFILE, "file": self.body_file, "offset": self._start, "count": count}
                )
            else:
                await super().__call__(scope, receive, send)

    async def _send(self, send: Send, body: Message) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send(body)


async def _read(body: BufferedReader, start: int, stop: int) -> AsyncIterator[bytes]:
    while start < stop:
        chunk = await run_in_threadpool(os.pread, body.fileno(), min(CHUNK, stop - start), start)
        if not chunk:
            # The connection breaks, so that nobody takes what was sent for the whole.
            raise StoreFailed(f"{body.name} is shorter than it was.")
        start += len(chunk)
        yield chunk


def attachment(name: str) -> str:
    """`Content-Disposition` for a download by this name, in any script (RFC 6266, RFC 8187)."""
    # What is no plain letter would end the text or the header, or be taken for an escape by old clients.
    plain = _NOT_PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise StoreFailed(f"Cannot read {path}: {error.strerror}.") from error
