"""Pictures of charts, drawn one after the other by a process that is warm, held to limits, and killed when late."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, Final, Literal

from minshu.errors import ChartFailed
from minshu.workers.process import AskerGone, Reply, WorkerLate, WorkerLost, WorkerProcess, stop_if

WORKER: Final = "minshu.charts.worker"

START: Final = 30.0
"""Seconds that the process may take to start."""

DEADLINE: Final = 10.0
"""Seconds that one picture may take."""

MEMORY: Final = 512 << 20
"""Bytes that the process may write to beyond what it has when it starts. A chart of 2,000 points takes 30 MB."""

LARGEST: Final = 32 << 20
"""The most bytes of a picture."""

RETIREMENT: Final = 2000
"""Pictures after which a process is replaced, for V8 is not known never to leak."""

_THREADS: Final = 4


@dataclass(frozen=True)
class Picture:
    """A kind of picture: how its file ends, and what it is. A PNG has `scale` dots for each point."""

    name: Literal["svg", "png"]
    suffix: str
    media_type: str
    scale: int = 1


PICTURES: Final[Mapping[str, Picture]] = {
    "svg": Picture("svg", ".svg", "image/svg+xml"),
    "png": Picture("png", ".png", "image/png", 2),
}


class Renderer:
    """Draws specifications, one at a time. Safe to use from many threads.

    The process is started for the first picture. All is done in one thread, which lives as long as the renderer: Linux
    kills a child when the thread that made it ends.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline, self._stop = deadline, Event()
        self._thread = ThreadPoolExecutor(1, "minshu-charts")
        self._worker: WorkerProcess | None = None
        self._drawn = 0
        self._is_warm = False

    def draw(self, spec: Mapping[str, Any], picture: Picture) -> bytes:
        """The picture of a specification. Raises ChartFailed."""
        request = {"format": picture.name, "scale": picture.scale, "spec": spec}
        return self._thread.submit(self._draw, request).result()

    def warm(self) -> None:
        """Begin to start the process, without waiting for it."""
        if not self._is_warm and not self._stop.is_set():
            self._thread.submit(self._warm)

    def close(self) -> None:
        """End the process. Whoever waits for a picture is told that it failed."""
        self._stop.set()
        self._thread.submit(self._bury).result()
        self._thread.shutdown()

    def _draw(self, request: Mapping[str, Any]) -> bytes:
        try:
            reply = self._asked(request)
        except WorkerLate:
            self._bury()
            raise ChartFailed(
                f"The chart was not drawn within {self._deadline:g} s. Let it have fewer marks."
            ) from None
        except (WorkerLost, AskerGone, OSError) as error:
            self._bury()
            raise ChartFailed("The process that draws charts ended without a picture.") from error
        if reply.header.get("ok") is not True:
            raise ChartFailed(f"The chart could not be drawn: {reply.header.get('message')}")
        return reply.body

    def _asked(self, request: Mapping[str, Any]) -> Reply:
        worker = self._ready()
        self._drawn += 1
        return worker.ask(request, self._deadline, lambda: stop_if(self._stop))

    def _warm(self) -> None:
        # Whoever asks for a picture meets the same, and is told.
        with suppress(WorkerLate, WorkerLost, AskerGone, OSError):
            self._ready()

    def _ready(self) -> WorkerProcess:
        """The process, started where there is none, or none that is to draw any more."""
        if self._worker is not None and self._worker.alive() and self._drawn < RETIREMENT:
            return self._worker
        self._bury()
        configuration = {"memory": MEMORY, "deadline": self._deadline, "threads": _THREADS}
        self._worker = WorkerProcess(WORKER, configuration, LARGEST, express=True)
        self._worker.start(START, self._stop)
        self._is_warm = True
        return self._worker

    def _bury(self) -> None:
        if self._worker:
            self._worker.bury()
        self._worker, self._drawn, self._is_warm = None, 0, False
