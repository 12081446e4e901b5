"""The heads of requests, bounded in bytes and in time.

The parser takes whatever comes until a head is complete, which is before anybody is asked whose request it is: one
client could fill the memory with a single header, or hold connections by sending nothing.
"""

from asyncio import TimerHandle, Transport
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BYTES: Final = 1 << 17
"""The most of a head, beside what comes with its beginning: twice the longest address that the parser takes."""

SECONDS: Final = 30.0
"""How long a connection may be open without a head, and how long a head may take."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection of uvicorn's that ends where a head is too long or too late."""

    _size = 0
    _is_open = False
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn narrows it as well
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._unset_timer()

    def data_received(self, data: bytes) -> None:
        """Take what came. Only heads that come in pieces are counted, so that the others cost nothing."""
        was_open = self._is_open
        super().data_received(data)
        if not self._is_open:
            return
        if self._timer is None:
            self._timer = self.loop.call_later(SECONDS, self.transport.close)
        if was_open:
            self._size += len(data)
            if self._size > BYTES:
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._is_open, self._size = True, 0

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._is_open = False
        self._unset_timer()
        super().on_headers_complete()

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
