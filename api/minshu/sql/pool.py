"""As many workers as may answer at once, a spare that is warm, two for quick queries, and a fair queue before them.

Those for quick queries are the express lane: a query of a client whose queries are quick goes there when all others
are at work, so that it never waits for strangers' slow ones. A query that turns out slow gives the lane up as soon as a
quick client waits for it, and begins again in its turn. Workers outside of the lane yield the processor to it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Event, Thread

from minshu.errors import SqlOverloaded
from minshu.sql.turns import QUICK, Queue, Ticket
from minshu.workers.process import GLANCE, AskerGone, WorkerLate, WorkerLost, WorkerProcess, stop_if

START = 30.0
"""Seconds that a worker may take to start."""

RETRY = 5.0
"""The most seconds between two attempts to start a worker, when starting fails."""

EXPRESS = 2
"""Workers in the express lane. The last one that is idle is for clients whose queries are known to be quick."""

Make = Callable[[bool], WorkerProcess]
"""Makes a worker for the express lane, or for the others."""


class Displaced(Exception):
    """A query in the express lane is not quick, and somebody whose queries are waits for the lane."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__()


@dataclass(eq=False)
class Lease:
    """A worker in the hands of one query."""

    worker: WorkerProcess
    ticket: Ticket
    started: float


class Pool:
    """Hands out workers that are ready, and replaces those that come back dead."""

    def __init__(self, make: Make, workers: int, queue: Queue, patience: float) -> None:
        self._make, self._workers, self._queue, self._patience = make, workers, queue, patience
        self._changed = Condition()
        self._idle: list[WorkerProcess] = []
        self._busy: dict[Ticket, Lease] = {}
        self._dead: list[WorkerProcess] = []
        self._stop = Event()
        self._keeper: Thread | None = None
        self.killed = 0
        self.begun, self.waited = 0, 0.0

    def warm(self) -> None:
        """Begin to start workers, without waiting for them."""
        with self._changed:
            if self._keeper is None and not self._stop.is_set():
                # One thread starts all workers and lives as long as they: Linux sends a child the signal of its
                # parent's death when the *thread* that made it ends.
                self._keeper = Thread(target=self._keep, name="minshu-sql-keeper", daemon=True)
                self._keeper.start()

    def acquire(self, ticket: Ticket, gone: Event | None) -> Lease:
        """A worker, by preference one that has the ticket's releases open, when it is the ticket's turn.

        Raises SqlOverloaded when too many wait already, or when none came free in time, and AskerGone.
        """
        self.warm()
        asked = time.monotonic()
        with self._changed:
            self._queue.join(ticket)
            self._assign()
            if late := self._queue.overflow():
                self._queue.leave(late)
                late.called.set()
        self._await(ticket, gone)
        lease = self._leave(ticket)
        if lease is None:
            stop_if(gone)
            raise SqlOverloaded(max(1, math.ceil(self._patience)))
        with self._changed:
            self.begun += 1
            self.waited += lease.started - asked
        return lease

    def check(self, lease: Lease) -> None:
        """To be asked now and then while a query runs. Raises Displaced when it has to make room."""
        seconds = time.monotonic() - lease.started
        if not lease.worker.express or seconds < QUICK:
            return
        with self._changed:
            now = time.monotonic()
            if self._queue.next(now, express=True, proven=self._queue.is_proven(lease.ticket.client, now)):
                raise Displaced(seconds)

    def release(self, lease: Lease, *, healthy: bool, answered: bool) -> float:
        """Give a worker back, and tell how many seconds it was held. One that is not healthy is killed and replaced."""
        if not healthy:
            lease.worker.kill()
        now = time.monotonic()
        with self._changed:
            self.killed += not healthy
            del self._busy[lease.ticket]
            self._queue.end(lease.ticket, now - lease.started, now, answered=answered)
            (self._idle if healthy and not self._stop.is_set() else self._dead).append(lease.worker)
            self._assign()
            self._changed.notify_all()
        return now - lease.started

    def pids(self) -> list[int]:
        """The numbers of the processes that are alive."""
        with self._changed:
            return [worker.pid for worker in self._alive()]

    def waiting(self) -> int:
        """How many queries wait."""
        with self._changed:
            return len(self._queue)

    def running(self) -> int:
        """How many queries are being answered."""
        with self._changed:
            return len(self._busy)

    def close(self) -> None:
        """Kill every worker and wait until none is left. Whoever waits for one is refused."""
        self._stop.set()
        with self._changed:
            for lease in self._busy.values():
                lease.worker.kill()
            self._queue.dismiss()
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None:
            keeper.join()

    def _await(self, ticket: Ticket, gone: Event | None) -> None:
        """Return when the ticket is called, or when there is no use in waiting for it any longer."""
        end = time.monotonic() + self._patience
        while not ticket.called.wait(min(GLANCE, max(end - time.monotonic(), 0))):
            if time.monotonic() >= end or self._stop.is_set() or (gone and gone.is_set()):
                return

    def _leave(self, ticket: Ticket) -> Lease | None:
        """What became of a ticket whose asker waits no longer: it has a worker, or its place is free again."""
        with self._changed:
            if ticket in self._queue:
                self._queue.leave(ticket)
            return self._busy.get(ticket)

    def _alive(self) -> list[WorkerProcess]:
        return [*self._idle, *(lease.worker for lease in self._busy.values())]

    def _assign(self) -> None:
        """Give idle workers to those whose turn it is. The caller holds the lock."""
        # The system may have killed one that did nothing; whoever asks next is not to pay for it.
        lost = [worker for worker in self._idle if not worker.alive()]
        for worker in lost:
            self._idle.remove(worker)
        if lost:
            self._dead += lost
            self._changed.notify_all()
        for express in (False, True):
            while idle := self._free(express=express):
                now = time.monotonic()
                last = express and len(idle) < EXPRESS
                ticket = None if self._stop.is_set() else self._queue.next(now, express=express, proven=last)
                if ticket is None:
                    break
                worker = next((item for item in idle if item.releases == ticket.releases), idle[-1])
                worker.releases = ticket.releases
                self._idle.remove(worker)
                self._queue.start(ticket)
                self._busy[ticket] = Lease(worker, ticket, now)
                ticket.called.set()

    def _free(self, *, express: bool) -> list[WorkerProcess]:
        """The workers of a lane that may be given a query."""
        full = not express and sum(not lease.worker.express for lease in self._busy.values()) >= self._workers
        return [] if full else [worker for worker in self._idle if worker.express is express]

    def _missing(self) -> tuple[int, int]:
        """How many workers are missing in the express lane, and how many beside it."""
        express = sum(worker.express for worker in self._alive())
        return EXPRESS - express, self._workers + 1 - (len(self._alive()) - express)

    def _keep(self) -> None:
        """Start workers as they are needed and bury those that died, until the pool is closed."""
        failures = 0
        while not self._stop.is_set():
            with self._changed:
                dead, self._dead = self._dead, []
                express, others = self._missing()
                if not dead and express + others <= 0:
                    self._changed.wait()
                    continue
            if express + others > 0:
                failures = 0 if self._start_one(express=express > 0) else failures + 1
            for worker in dead:
                worker.bury()
            if failures:
                self._stop.wait(min(RETRY, 0.1 * 2**failures))
        self._bury_all()

    def _start_one(self, *, express: bool) -> bool:
        try:
            worker = self._make(express)
        except OSError:
            return False
        try:
            worker.start(START, self._stop)
        except (WorkerLost, WorkerLate, AskerGone):
            worker.bury()
            return False
        with self._changed:
            self._idle.append(worker)
            self._assign()
        return True

    def _bury_all(self) -> None:
        with self._changed:
            while self._busy:  # they were killed, so their askers come back at once
                self._changed.wait(1)
            workers, self._idle, self._dead = [*self._idle, *self._dead], [], []
        for worker in workers:
            worker.bury()
