"""Who asked for what, and how it went: counted, and told in one line of the log."""

import logging
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minshu.http.counter import Counter
from minshu.http.logs import RequestRecord
from minshu.http.metrics import Metrics

READING: Final = ("GET", "POST")
"""The methods by which releases are read: POST is for long queries."""

LONGEST: Final = 1000
"""Characters of a path in the log."""

UNKNOWN: Final = "none"
"""What stands for the route of an address that there is none for."""

log = logging.getLogger(__name__)


class AccessLog:
    """Watches each request from its beginning to the last byte of its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, counter: Counter) -> None:
        self.app, self._metrics, self._counter = app, metrics, counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, watched = time.perf_counter(), _Watched(send)
        try:
            await self.app(scope, receive, watched)
        except BaseException:
            watched.failed = True
            raise
        finally:
            self._note(scope, watched, time.perf_counter() - start)

    def _note(self, scope: Scope, watched: "_Watched", seconds: float) -> None:
        state = scope["state"]
        method, sent = ("HEAD", 0) if state["head"] else (scope["method"], watched.sent)
        route = getattr(scope.get("route"), "path", UNKNOWN)
        self._metrics.request(route, method, watched.status, sent, seconds)
        if method in READING and not watched.failed:
            self._counter.note(scope, route, watched.status, watched.start)
        kept = state.get("kept")
        if kept is not None:
            self._metrics.answer(hit=kept)
        if log.isEnabledFor(logging.INFO):
            client = scope.get("client")
            told = {
                "request_id": state["request_id"],
                "client": client[0] if client else None,
                "method": method,
                "path": scope["path"][:LONGEST],
                "status": watched.status,
                "bytes": sent,
                "seconds": round(seconds, 6),
            }
            log.handle(RequestRecord(_with_more(told, watched, state)))


class _Watched:
    """Passes messages on, and remembers the status and the bytes."""

    __slots__ = ("_send", "failed", "sent", "start", "status")

    def __init__(self, send: Send) -> None:
        # Whoever fails before the answer begins is answered outside of this layer, with 500.
        self._send, self.status, self.sent, self.failed = send, 500, 0, False
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.status, self.start = message["status"], message
        elif kind == "http.response.body":
            self.sent += len(message.get("body", b""))
        else:
            self.sent += message.get("count") or 0
        await self._send(message)


def _with_more(told: dict[str, Any], watched: _Watched, state: dict[str, Any]) -> dict[str, Any]:
    """What only some requests have to tell: that their answer broke off, and what a query cost."""
    if watched.failed:
        told["failed"] = True
    account = state.get("account")
    if account and account.seconds:
        told["cost"] = {"rows": account.rows, "seconds": round(account.seconds, 6)}
    return told
