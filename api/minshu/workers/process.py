"""One worker process from outside: started, asked with a deadline, killed when it misses it."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Any, cast

import minshu
from minshu import confinement
from minshu.workers.frames import FrameBroken, packed, unpacked

# -I: nothing of the environment, of the user's site or of the working directory decides what is imported.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from importlib import import_module as load; load(sys.argv[2]).main()"
)

# Threads of DuckDB and Arrow would reserve a heap each, and the address space is what is limited.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system", "LC_ALL": "C.UTF-8"}

GLANCE = 0.05
"""How often a waiting parent looks whether its client is still there, in seconds."""


class WorkerLost(Exception):
    """The worker died, or sent what is no answer."""


class WorkerLate(Exception):
    """The deadline passed."""


class AskerGone(Exception):
    """Nobody waits for the answer any more."""


Check = Callable[[], None]
"""Called every now and then while a parent waits, to raise what ends the wait."""


@dataclass(frozen=True)
class Reply:
    """A worker's answer."""

    header: dict[str, Any]
    body: bytes


def stop_if(event: Event | None) -> None:
    """Raise AskerGone once the event is set."""
    if event is not None and event.is_set():
        raise AskerGone


class WorkerProcess:
    """A worker, started and not yet waited for. Whoever holds it kills it.

    `module` is what it runs: its `main` reads frames, of which the first is the configuration, and writes others.
    """

    def __init__(self, module: str, configuration: Mapping[str, Any], max_body: int, *, express: bool) -> None:
        self._max_body, self.express = max_body, express
        # The releases that it was asked about last: it answers faster when it is asked about them again.
        self.releases: object = None
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, and no word of a stranger
            [sys.executable, "-I", "-B", "-c", _START, str(Path(minshu.__file__).parents[1]), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        self._pipes = cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))
        if not express:
            confinement.stand_back(self.pid)
        self._to, self._from = (pipe.fileno() for pipe in self._pipes)
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._first = packed({"parent": os.getpid(), **configuration})

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def start(self, timeout: float, stop: Event) -> None:
        """Hand over the configuration and wait until the worker is ready."""
        if not self._exchange(self._first, timeout, lambda: stop_if(stop)).header.get("ready"):
            raise WorkerLost("the worker did not say that it is ready")

    def ask(self, request: Mapping[str, Any], deadline: float, check: Check) -> Reply:
        """The answer to a request, unless it comes too late, the worker dies, or `check` raises what ends it."""
        return self._exchange(packed(dict(request)), deadline, check)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Stop it, at once and for good. `bury` waits for it."""
        self._process.kill()

    def bury(self) -> None:
        """Kill it and wait until the system has taken everything back."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    def _exchange(self, frame: bytes, seconds: float, check: Check) -> Reply:
        end = time.monotonic() + seconds
        try:
            self._send(frame, end, check)
            return Reply(*unpacked(lambda length: self._receive(length, end, check), self._max_body))
        except (OSError, FrameBroken) as error:
            raise WorkerLost(str(error)) from error

    def _send(self, frame: bytes, end: float, check: Check) -> None:
        view = memoryview(frame)
        while view:
            self._wait(self._to, select.POLLOUT, end, check)
            view = view[os.write(self._to, view) :]

    def _receive(self, length: int, end: float, check: Check) -> bytes:
        data = bytearray()
        while len(data) < length:
            self._wait(self._from, select.POLLIN, end, check)
            part = os.read(self._from, min(length - len(data), 1 << 20))
            if not part:
                raise WorkerLost("the worker ended")
            data += part
        return bytes(data)

    def _wait(self, descriptor: int, event: int, end: float, check: Check) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise WorkerLate
            check()
            if poll.poll(1000 * min(left, GLANCE)):
                return
