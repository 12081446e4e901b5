"""Several server processes on one socket, watched by the process that the operator started.

uvicorn's own supervisor does the work: it spawns the processes, replaces one that died or hangs, and passes on that
they are to stop. Releases are looked up by each of them, so there is nothing to keep in step.
"""

import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import Final

from prometheus_client.multiprocess import mark_process_dead
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

log = logging.getLogger(__name__)

START: Final = 60
"""Seconds that a server process may take until it answers."""


class Supervisor(Multiprocess):
    """Starts the server processes, and tells when the first of them answer."""

    def __init__(self, config: Config, listener: socket.socket, ready: Callable[[], None]) -> None:
        super().__init__(config, [listener])
        self._ready = ready
        self._told: signal.Signals | None = None

    def init_processes(self) -> None:
        """Start the processes and wait until they answer."""
        super().init_processes()
        if any([process.wait_until_ready(START) for process in self.processes]):  # noqa: C419  # wait for all of them
            self._ready()

    def keep_subprocess_alive(self) -> None:
        """Replace a process that died or hangs. What it had in hand is no longer counted."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            log.error("Server process %s died, and was replaced.", pid)
            mark_process_dead(pid)  # type: ignore[no-untyped-call]

    def run(self) -> None:
        """Serve until this process is told to stop. Exits as uvicorn does where a server process cannot start."""
        super().run()
        if any(process.exitcode == STARTUP_FAILURE for process in self.processes):
            sys.exit(STARTUP_FAILURE)

    def handle_int(self) -> None:
        """Stop, as Ctrl+C asks."""
        super().handle_int()
        self._told = signal.SIGINT

    def handle_term(self) -> None:
        """Stop, as the system asks."""
        super().handle_term()
        self._told = signal.SIGTERM

    def leave(self) -> None:
        """End by the signal that stopped it, as a single process does. Everything is tidied up before."""
        if self._told:
            signal.signal(self._told, signal.SIG_DFL)
            signal.raise_signal(self._told)
