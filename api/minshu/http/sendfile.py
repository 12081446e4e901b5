"""Files sent by the operating system, without a byte of them passing through Python.

It is uvicorn's protocol for HTTP/1.1 with the ASGI extension `http.response.zerocopysend`. uvloop has no
`loop.sendfile`, so a file goes out by `os.sendfile`, some of it each time that the socket takes more. A client holds no
thread however slow it is; only what has to come from the disk first is waited for in one.
"""

import os
import sys
from asyncio import Future, Transport, get_running_loop
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from minshu.errors import StoreFailed
from minshu.http.answers import SENDFILE
from minshu.http.heads import BoundedProtocol

# Few enough bytes that nobody waits long for his turn, and so many that turns cost next to nothing.
STEP: Final = 1 << 21


class SendfileProtocol(BoundedProtocol):
    """A connection. What passes through TLS cannot be sent by the system, so there the extension is not offered."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn narrows it as well
        """Begin, with a flow through which files can go."""
        super().connection_made(transport)
        self.flow = FileFlow(transport)

    def on_headers_complete(self) -> None:
        """Offer the extension to the request whose headers have come."""
        super().on_headers_complete()
        if self.scheme == "http":
            self.scope["extensions"] = {SENDFILE: {}}
            # uvicorn makes the cycle itself and takes no other class for it. Nothing of it has run yet.
            self.cycle.__class__ = SendfileCycle

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the file on its way: it goes by a copy of the socket, which is not closed with it."""
        super().connection_lost(exc)
        cast("FileFlow", self.flow).stop()


class SendfileCycle(RequestResponseCycle):
    """A request and its answer, which may be a file."""

    async def send(self, message: Any) -> None:
        """Send what the application says; a file by the operating system."""
        if message["type"] != SENDFILE:
            await super().send(message)
            return
        if not self.response_started or self.response_complete or self.chunked_encoding:
            raise RuntimeError("A file is sent after headers that tell its length, and before the end.")
        if self.scope["method"] != "HEAD" and not self.disconnected:
            await self._send_file(message)
        await super().send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    async def _send_file(self, message: Mapping[str, Any]) -> None:
        file: int = message["file"].fileno()
        start = message["offset"] if "offset" in message else os.lseek(file, 0, os.SEEK_CUR)
        count = message["count"] if "count" in message else os.fstat(file).st_size - start
        if count > self.expected_content_length:
            raise RuntimeError("The file is longer than Content-Length.")
        try:
            await cast("FileFlow", self.flow).send(file, start, start + count)
        except ConnectionError:
            # As uvicorn takes it: nothing is said to a client that is gone, and it is no error of the application.
            self.disconnected = True
            self.transport.abort()
        self.expected_content_length -= count


class FileFlow(FlowControl):
    """What flows through a connection: what the transport was given, and after it, a file."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._passage: _Passage | None = None

    async def send(self, file: int, start: int, stop: int) -> None:
        """Send these bytes of a file. Raises ConnectionError where the client is gone, and StoreFailed."""
        await self._flush()
        if self._transport.is_closing():
            raise ConnectionAbortedError
        self._passage = _Passage(self._transport.get_extra_info("socket").fileno(), file, start, stop)
        try:
            await self._passage.run()
        finally:
            self._passage = None

    def stop(self) -> None:
        """Send no more: the connection is lost."""
        if self._passage is not None:
            self._passage.end(ConnectionAbortedError())

    async def _flush(self) -> None:
        """Wait until the transport has sent all that it was given. It tells so only by its limits."""
        if self._transport.get_write_buffer_size():
            self._transport.set_write_buffer_limits(0)
            await self.drain()
            if not self._transport.is_closing():
                self._transport.set_write_buffer_limits()


class _Passage:
    """Bytes of a file on their way into a socket."""

    def __init__(self, socket: int, file: int, start: int, stop: int) -> None:
        self._socket, self._file, self._start, self._stop = socket, file, start, stop
        # Up to here the file is known to be in memory.
        self._ready = start
        self._waits = False
        self._loop = get_running_loop()
        self._ended: Future[None] = self._loop.create_future()

    async def run(self) -> None:
        """Send them all. Raises ConnectionError or StoreFailed."""
        # A copy, for the loop lets nobody but the transport wait for the transport's own descriptor.
        self._socket = os.dup(self._socket)
        try:
            self._step()
            await self._ended
        finally:
            self._wait(False)
            os.close(self._socket)

    def end(self, error: Exception | None = None) -> None:
        """Be done, or give up."""
        if self._ended.done():
            return
        self._wait(False)
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)

    def _wait(self, waits: bool, /) -> None:
        """Have the next step taken when the socket takes more; or have none taken."""
        if waits and not self._waits:
            self._loop.add_writer(self._socket, self._step)
        elif self._waits and not waits:
            self._loop.remove_writer(self._socket)
        self._waits = waits

    def _step(self) -> None:
        if self._start == self._stop:
            self.end()
            return
        if self._start == self._ready:
            following = min(self._start + STEP, self._stop)
            if not _is_cached(self._file, following - 1):
                self._wait(False)
                reading = self._loop.run_in_executor(None, _read, self._file, self._start, following - self._start)
                reading.add_done_callback(lambda _: self._fetched(following))
                return
            self._ready = following
        self._send()

    def _fetched(self, ready: int) -> None:
        if not self._ended.done():
            self._ready = ready
            self._send()

    def _send(self) -> None:
        try:
            sent = os.sendfile(self._socket, self._file, self._start, self._ready - self._start)
        except (BlockingIOError, InterruptedError):
            self._wait(True)
            return
        except (ConnectionError, TimeoutError):
            self.end(ConnectionAbortedError())
            return
        except OSError as error:
            self.end(StoreFailed(f"Cannot send a file: {error.strerror}."))
            return
        self._start += sent
        if sent == 0:
            # The connection breaks, so that nobody takes what was sent for the whole.
            self.end(StoreFailed("A file is shorter than it was."))
        elif self._start == self._stop:
            self.end()
        else:
            self._wait(True)


def _is_cached(file: int, offset: int) -> bool:
    """Whether this byte is in memory already; also where the system can't tell."""
    if sys.platform != "linux":
        return True
    try:
        os.preadv(file, [bytearray(1)], offset, os.RWF_NOWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _read(file: int, offset: int, count: int) -> None:
    """Have these bytes in memory. Should the disk fail, the sending will say so."""
    with suppress(OSError):
        os.pread(file, count, offset)
