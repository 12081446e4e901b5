"""Small answers that never change, kept in memory in front of the routes.

Files are not among them: the operating system sends them, and keeps them itself. An answer is kept as the routes gave
it, under everything that its bytes depend on. It is given out only while the manifests of its releases are still the
same files and nothing else is said of them: whatever is withdrawn, or disappears from the store, is gone here at once.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minshu.errors import StoreError
from minshu.http.conditional import IMMUTABLE, has_tag
from minshu.http.front import is_private
from minshu.manifest import MANIFEST
from minshu.settings import Settings
from minshu.standing import Status
from minshu.store import Stamp, Store, stamp_of

LARGEST: Final = 1 << 18
"""Bytes of the largest answer that is kept. A file beyond it is better read from disk."""

OVERHEAD: Final = 1500
"""What an answer takes beside its body: its headers, its key, and Python's own."""

# What the bytes of an answer may depend on beside its address. An answer that varies by more is not kept.
_VARYING: Final = {b"accept", b"accept-encoding"}
# What the routes answer themselves: a part of a file, or a condition that is seldom.
_BY_ROUTES: Final = frozenset({b"range", b"if-match", b"if-unmodified-since", b"if-modified-since"})

Headers = list[tuple[bytes, bytes]]
Key = tuple[str | bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A release as an answer was made of it."""

    release: tuple[str, str]
    manifest: str
    stamp: Stamp
    status: Status | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, the tag that names it, and the manifests that it holds for, with what was said of their releases.

    `route` is for those who count requests, and `size` about what all of it takes in memory.
    """

    status: int
    headers: Headers
    body: bytes
    etag: bytes
    manifests: tuple[Pinned, ...]
    route: Any
    size: int


class AnswerCache:
    """Answers from memory what it can, and keeps what the routes answer. It lives in one event loop."""

    def __init__(self, app: ASGIApp, settings: Settings, store: Store) -> None:
        self.app, self._store, self._base = app, store, settings.base_url
        self._capacity, self._bytes = settings.answer_cache_bytes, 0
        self._kept: OrderedDict[tuple[Key, bool], Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass the request on and keep its answer where that never changes."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(("/datasets/", "/sql")):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = self._key(scope, headers)
        if key is None:
            await self.app(scope, receive, send)
        elif kept := self._find(key, headers.get(b"if-none-match")):
            scope["route"], scope["state"]["kept"] = kept.route, True
            scope["state"]["reads"] = [item.release for item in kept.manifests]
            await send({"type": "http.response.start", "status": kept.status, "headers": kept.headers.copy()})
            await send({"type": "http.response.body", "body": kept.body})
        elif scope["state"]["head"]:
            await self.app(scope, receive, send)
        else:
            scope["state"]["kept"] = False
            await self._pass_on(key, scope, receive, send)

    def _key(self, scope: Scope, headers: dict[bytes, bytes]) -> Key | None:
        """All that the bytes of an answer depend on; None where the routes are to answer."""
        if len(headers) != len(scope["headers"]) or not _BY_ROUTES.isdisjoint(headers):
            return None
        if not self._capacity or b"host" not in headers:
            return None
        base = () if self._base else (scope["scheme"], headers[b"host"], scope.get("root_path"))
        accepted = headers.get(b"accept"), headers.get(b"accept-encoding")
        return (scope["path"], scope["query_string"], *accepted, *base)

    def _find(self, key: Key, tags: bytes | None) -> Kept | None:
        """What is kept for a request. One that names tags is answered 304 where the answer's own is among them."""
        if tags is None:
            return self._current(key, conditional=False)
        unchanged = self._current(key, conditional=True)
        if unchanged and _matches(tags, unchanged.etag):
            return unchanged
        whole = self._current(key, conditional=False)
        return whole if whole and not _matches(tags, whole.etag) else None

    def _current(self, key: Key, *, conditional: bool) -> Kept | None:
        kept = self._kept.get((key, conditional))
        if kept is None:
            return None
        if any(self._pinned(item.release, item.manifest) != item for item in kept.manifests):
            self._forget((key, conditional))
            return None
        self._kept.move_to_end((key, conditional))
        return kept

    async def _pass_on(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        # The stamps first: what is replaced while it is read must not be taken for what replaced it.
        asked = [
            self._pinned((name, version), f"{self._store.root}/{name}/{version}/{MANIFEST}")
            for name, version in _named(scope["path"], scope["query_string"])
        ]
        manifests = tuple(item for item in asked if item)
        if not manifests or len(manifests) < len(asked):
            await self.app(scope, receive, send)
            return

        def keep(status: int, headers: Headers, body: bytes) -> None:
            if is_private(scope):
                return
            size = OVERHEAD + len(body) + sum(len(part) for part in key if part)
            etag = dict(headers)[b"etag"]
            self._keep((key, status == 304), Kept(status, headers, body, etag, manifests, scope.get("route"), size))

        await self.app(scope, receive, _Recorder(send, keep))

    def _pinned(self, release: tuple[str, str], manifest: str) -> Pinned | None:
        """A release as it is now; None where it is none, or where nobody can tell what was said of it."""
        try:
            status = self._store.standing.status(*release)
        except StoreError:
            return None  # The routes meet the same error, and have words for it.
        stamp = stamp_of(manifest)
        return Pinned(release, manifest, stamp, status) if stamp else None

    def _keep(self, key: tuple[Key, bool], kept: Kept) -> None:
        self._forget(key)
        self._kept[key] = kept
        self._bytes += kept.size
        while self._bytes > self._capacity:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[Key, bool]) -> None:
        kept = self._kept.pop(key, None)
        self._bytes -= kept.size if kept else 0


class _Recorder:
    """Passes an answer on, and gives it to be kept if it may be.

    That is when its last byte comes, and before it is sent: a client may ask again as soon as it has that one.
    """

    __slots__ = ("_body", "_headers", "_keep", "_length", "_send", "_status")

    def __init__(self, send: Send, keep: Callable[[int, Headers, bytes], None]) -> None:
        self._send, self._keep, self._body = send, keep, bytearray()
        self._status, self._headers, self._length = 0, Headers(), 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._headers, self._status = list(message["headers"]), message["status"]
            headers = dict(self._headers)
            self._length = int(headers.get(b"content-length", 0 if self._status == 304 else LARGEST + 1))
            if self._length > LARGEST or not _may_be_kept(self._status, headers):
                self._status = 0
        elif message["type"] != "http.response.body":
            self._status = 0  # The server sends a file, which does not pass here.
        elif self._status:
            self._body += message.get("body", b"")
            if len(self._body) == self._length:
                self._keep(self._status, self._headers, bytes(self._body))
            if len(self._body) >= self._length:
                self._status = 0
        await self._send(message)


def _may_be_kept(status: int, headers: dict[bytes, bytes]) -> bool:
    if status not in (200, 304) or headers.get(b"cache-control") != IMMUTABLE.encode() or b"etag" not in headers:
        return False
    return {name.strip().lower() for name in headers.get(b"vary", b"accept").split(b",")} <= _VARYING


def _matches(tags: bytes, etag: bytes) -> bool:
    return tags == etag or tags.strip() == b"*" or has_tag(tags.decode("latin-1"), etag.decode("latin-1"))


def _named(path: str, query: bytes) -> Iterator[tuple[str, str]]:
    """The names and versions of the releases that an address is about."""
    parts = [unquote(part) for part in path.split("/")]
    if parts[1] == "datasets":
        if len(parts) > 4:
            yield parts[2], parts[4]
        return
    asked = parse_qsl(query.decode("latin-1"))
    single = dict(asked)
    yield single.get("dataset", ""), single.get("version", "")
    for name, value in asked:
        if name == "attach":
            dataset, _, version = value.partition(":")[2].partition("@")
            yield dataset, version
