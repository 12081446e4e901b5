"""The end of the protocol in one server process: begun with the first message, and ended with the process."""

from asyncio import Event, Lock, Task, create_task
from typing import Any

from anyio import to_thread
from starlette.types import ASGIApp


class Endpoint:
    """Starts the SDK when it is first asked for: it takes half a second to import, and 20 MB in each process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock, self._ending = Lock(), Event()
        self._app: ASGIApp | None = None
        self._running: Task[None] | None = None

    async def app(self) -> ASGIApp:
        """What answers messages."""
        async with self._lock:
            if self._app is None:
                lifetime, app = await to_thread.run_sync(_imported, self.most)
                begun = Event()
                # Its tasks begin and end in one task of their own, as they must.
                self._running = create_task(self._run(lifetime, begun))
                await begun.wait()
                if self._running.done():
                    await self._running  # It tells why it could not begin. The next message tries again.
                self._app = app
            return self._app

    async def close(self) -> None:
        """End what was started."""
        self._ending.set()
        if self._app and self._running:
            await self._running

    async def _run(self, lifetime: Any, begun: Event) -> None:
        try:
            async with lifetime:
                begun.set()
                await self._ending.wait()
        finally:
            begun.set()


def _imported(most: int) -> tuple[Any, ASGIApp]:
    from minshu.http.assistants.server import running

    return running(most)
