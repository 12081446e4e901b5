"""As many workers as may answer at once, one spare that is warm, and a queue of bounded length."""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Condition, Event, Thread

from minshu.errors import SqlOverloaded
from minshu.sql.process import GLANCE, AskerGone, WorkerLate, WorkerLost, WorkerProcess

START = 30.0
"""Seconds that a worker may take to start."""

RETRY = 5.0
"""The most seconds between two attempts to start a worker, when starting fails."""


class Pool:
    """Hands out workers that are ready, and replaces those that come back dead."""

    def __init__(self, make: Callable[[], WorkerProcess], workers: int, queue: int, patience: float) -> None:
        self._make, self._workers, self._queue, self._patience = make, workers, queue, patience
        self._changed = Condition()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._dead: list[WorkerProcess] = []
        self._waiting: deque[object] = deque()
        self._stop = Event()
        self._keeper: Thread | None = None

    def warm(self) -> None:
        """Begin to start workers, without waiting for them."""
        with self._changed:
            if self._keeper is None and not self._stop.is_set():
                # One thread starts all workers and lives as long as they: Linux sends a child the signal of its
                # parent's death when the *thread* that made it ends.
                self._keeper = Thread(target=self._keep, name="minshu-sql-keeper", daemon=True)
                self._keeper.start()

    def acquire(self, key: object, gone: Event | None) -> WorkerProcess:
        """A worker, by preference one that has `key` open; first come, first served.

        Raises SqlOverloaded when too many wait already, or when none came free in time.
        """
        self.warm()
        ticket, end = object(), time.monotonic() + self._patience
        with self._changed:
            if len(self._waiting) >= self._queue and not self._free():
                raise self._overloaded()
            self._waiting.append(ticket)
            try:
                while not (self._free() and self._waiting[0] is ticket):
                    self._wait(end, gone)
                worker = next((item for item in self._idle if item.key == key), self._idle[-1])
                self._idle.remove(worker)
                self._busy.add(worker)
                worker.key = key
                return worker
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def release(self, worker: WorkerProcess, *, healthy: bool) -> None:
        """Give a worker back. One that is not healthy is killed and replaced."""
        if not healthy:
            worker.kill()
        with self._changed:
            self._busy.discard(worker)
            (self._idle if healthy and not self._stop.is_set() else self._dead).append(worker)
            self._changed.notify_all()

    def pids(self) -> list[int]:
        """The numbers of the processes that are alive."""
        with self._changed:
            return [worker.pid for worker in (*self._idle, *self._busy)]

    def close(self) -> None:
        """Kill every worker and wait until none is left. Whoever waits for one is refused."""
        self._stop.set()
        with self._changed:
            for worker in self._busy:
                worker.kill()
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None:
            keeper.join()

    def _free(self) -> bool:
        # The system may have killed one that did nothing; whoever asks next is not to pay for it.
        for worker in [item for item in self._idle if not item.alive()]:
            self._idle.remove(worker)
            self._dead.append(worker)
            self._changed.notify_all()
        return bool(self._idle) and len(self._busy) < self._workers

    def _wait(self, end: float, gone: Event | None) -> None:
        left = end - time.monotonic()
        if left <= 0 or self._stop.is_set():
            raise self._overloaded()
        if gone is not None and gone.is_set():
            raise AskerGone
        self._changed.wait(left if gone is None else min(left, GLANCE))

    def _overloaded(self) -> SqlOverloaded:
        return SqlOverloaded(max(1, math.ceil(self._patience)))

    def _keep(self) -> None:
        """Start workers as they are needed and bury those that died, until the pool is closed."""
        failures = 0
        while not self._stop.is_set():
            with self._changed:
                dead, self._dead = self._dead, []
                missing = self._workers + 1 - len(self._idle) - len(self._busy)
                if not dead and missing <= 0:
                    self._changed.wait()
                    continue
            if missing > 0:
                failures = 0 if self._start_one() else failures + 1
            for worker in dead:
                worker.bury()
            if failures:
                self._stop.wait(min(RETRY, 0.1 * 2**failures))
        self._bury_all()

    def _start_one(self) -> bool:
        try:
            worker = self._make()
        except OSError:
            return False
        try:
            worker.start(START, self._stop)
        except (WorkerLost, WorkerLate, AskerGone):
            worker.bury()
            return False
        with self._changed:
            self._idle.append(worker)
            self._changed.notify_all()
        return True

    def _bury_all(self) -> None:
        with self._changed:
            while self._busy:  # they were killed, so their askers come back at once
                self._changed.wait(1)
            workers, self._idle, self._dead = [*self._idle, *self._dead], [], []
        for worker in workers:
            worker.bury()
