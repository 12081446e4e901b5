"""What a request has beside its body, bounded in bytes and in time.

The parser takes whatever comes until a head is complete, which is before anybody is asked whose request it is: one
client could fill the memory with a single header, or hold connections by sending nothing. What may follow a body, its
trailers, is taken in the same way.
"""

from asyncio import TimerHandle, Transport
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BYTES: Final = 1 << 17
"""The most of it, beside what comes with its beginning: twice the longest address that the parser takes."""

SECONDS: Final = 30.0
"""How long a connection may be open without a head, and how long a head may take."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection of uvicorn's that ends where a head is too long or too late."""

    _timer: TimerHandle | None = None
    _in_head = _in_message = _has_begun = False
    _size = _body = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn narrows it as well
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._unset_timer()

    def data_received(self, data: bytes) -> None:
        """Take what came. Only a request that comes in pieces is counted, so that the others cost nothing."""
        self._has_begun, self._body = False, 0
        super().data_received(data)
        if self._in_head and self._timer is None:
            self._timer = self.loop.call_later(SECONDS, self.transport.close)
        if self._in_message and not self._has_begun:
            self._size += len(data) - self._body
            if self._size > BYTES:
                self._end()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head = self._in_message = self._has_begun = True
        self._size = 0

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        self._unset_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body, which the application bounds."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._in_message = False
        super().on_message_complete()

    def _end(self) -> None:
        if self._in_head:
            self.send_400_response("The head of the request is too long.")
        else:  # An answer may have begun.
            self.transport.close()

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
