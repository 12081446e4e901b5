"""Files that are sent while they are being made."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from minshu.exports import ExportedFile
from minshu.http.answers import CHUNK
from minshu.http.conditional import IMMUTABLE, http_date
from minshu.making import Growing

# Seconds between two looks at a file that has not grown: its making is far slower than that.
PAUSE: Final = 0.05


@dataclass(frozen=True)
class Following:
    """A file in the making, and what is said of it; its length and its digest nobody knows yet."""

    growing: Growing[ExportedFile]
    media_type: str
    modified: datetime
    headers: Mapping[str, str]


class Followed(StreamingResponse):
    """The file from its start, as it grows. Should its making fail, the connection breaks and does not end."""

    def __init__(self, file: Following) -> None:
        self._growing = file.growing
        told = {"Content-Type": file.media_type, "Cache-Control": IMMUTABLE, "Last-Modified": http_date(file.modified)}
        super().__init__(_follow(file.growing), headers={**told, **file.headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and let go of the file whatever happens."""
        with self._growing.file:
            await super().__call__(scope, receive, send)


async def _follow(growing: Growing[ExportedFile]) -> AsyncIterator[bytes]:
    position = 0
    while True:
        # Asked before the file is read: what was written by then is all that there will be.
        is_whole = growing.whole.done()
        chunk = await run_in_threadpool(os.pread, growing.file.fileno(), CHUNK, position)
        if chunk:
            position += len(chunk)
            yield chunk
        elif is_whole:
            growing.whole.result()
            return
        else:
            await asyncio.sleep(PAUSE)
