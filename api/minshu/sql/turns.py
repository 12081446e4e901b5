"""Whose turn it is: who used least goes first, and quick queries of quick clients have a lane of their own.

Nothing here knows of processes or waits for anything: it is the order alone, with the time handed in.
"""

from collections import Counter
from dataclasses import dataclass, field
from threading import Event
from typing import Final

QUICK: Final = 0.5
"""Seconds after which a query is no longer a quick one."""

SLOW: Final = QUICK
"""How many seconds of queries that were not quick bar a client from the express lane, until they are forgotten."""

HALF_LIFE: Final = 300.0
"""Seconds after which half of what a client used is forgotten."""

REMEMBERED: Final = 10_000
"""How many clients are remembered. Beyond it those who used least are forgotten."""


@dataclass
class Used:
    """The seconds of queries that a client used, all and those of the slow ones, as they were at a moment.

    `proven` says that it was given an answer, and quickly.
    """

    at: float
    all: float = 0.0
    slow: float = 0.0
    proven: bool = False

    def now(self, now: float) -> "Used":
        """The same, as far as it is not forgotten yet."""
        left = 0.5 ** ((now - self.at) / HALF_LIFE)
        return Used(now, self.all * left, self.slow * left, self.proven)


class Ledger:
    """What each client used of late."""

    def __init__(self) -> None:
        self._clients: dict[str, Used] = {}

    def used(self, client: str, now: float) -> Used:
        """What a client used."""
        known = self._clients.get(client)
        return known.now(now) if known else Used(now)

    def charge(self, client: str, seconds: float, now: float, *, answered: bool = True) -> None:
        """Note a query of a client."""
        used = self.used(client, now)
        used.all += seconds
        used.slow += seconds if seconds > QUICK else 0.0
        used.proven = used.proven or (answered and seconds <= QUICK)
        self._clients[client] = used
        if len(self._clients) > REMEMBERED:
            self._forget(now)

    def _forget(self, now: float) -> None:
        by_use = sorted(self._clients, key=lambda client: self.used(client, now).all)
        for client in by_use[: REMEMBERED // 2]:
            del self._clients[client]


@dataclass(eq=False)
class Ticket:
    """One query that waits. `called` is set when there is a worker for it, or when it is sent away."""

    client: str
    releases: object
    flight: str | None
    express: bool
    called: Event = field(default_factory=Event)


class Queue:
    """The tickets that wait, bounded in all and for each client. Not safe for threads by itself."""

    def __init__(self, places: int, places_each: int) -> None:
        self._places, self._places_each = places, places_each
        self._ledger = Ledger()
        self._running: Counter[str] = Counter()
        self._flights: set[str] = set()
        self._tickets: list[Ticket] = []

    def __len__(self) -> int:
        return len(self._tickets)

    def __contains__(self, ticket: Ticket) -> bool:
        return ticket in self._tickets

    def join(self, ticket: Ticket) -> None:
        """Wait at the end."""
        self._tickets.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Wait no longer."""
        self._tickets.remove(ticket)

    def dismiss(self) -> None:
        """Send everybody away."""
        for ticket in self._tickets:
            ticket.called.set()
        self._tickets.clear()

    def overflow(self) -> Ticket | None:
        """The ticket for which there is no place: the latest one of the client who has most of them."""
        waiting = Counter(ticket.client for ticket in self._tickets)
        if not waiting:
            return None
        client, most = max(waiting.items(), key=lambda item: item[1])
        if len(self._tickets) <= self._places and most <= self._places_each:
            return None
        return next(ticket for ticket in reversed(self._tickets) if ticket.client == client)

    def next(self, now: float, *, express: bool, proven: bool = False) -> Ticket | None:
        """Whose turn it is in a lane: who runs least, of those who used least, of those who came first.

        Only clients whose queries are known to be quick are asked for where they have to be `proven`.
        """
        ready = [ticket for ticket in self._tickets if self._is_ready(ticket, now, express=express)]
        if proven:
            ready = [ticket for ticket in ready if self.is_proven(ticket.client, now)]
        return min(ready, key=lambda ticket: self._rank(ticket.client, now), default=None)

    def start(self, ticket: Ticket) -> None:
        """A ticket's query is run now."""
        self._tickets.remove(ticket)
        self._running[ticket.client] += 1
        if ticket.flight is not None:
            self._flights.add(ticket.flight)

    def is_proven(self, client: str, now: float) -> bool:
        """Whether a client's queries are known to be quick."""
        return self._ledger.used(client, now).proven

    def end(self, ticket: Ticket, seconds: float, now: float, *, answered: bool = True) -> None:
        """The query of a ticket is over."""
        self._running -= Counter([ticket.client])
        self._flights.discard(ticket.flight or "")
        self._ledger.charge(ticket.client, seconds, now, answered=answered)

    def _rank(self, client: str, now: float) -> tuple[int, float]:
        return self._running[client], self._ledger.used(client, now).all

    def _is_ready(self, ticket: Ticket, now: float, *, express: bool) -> bool:
        # Whoever asks what is being asked already waits for that answer.
        if ticket.flight is not None and ticket.flight in self._flights:
            return False
        return not express or (ticket.express and self._ledger.used(ticket.client, now).slow < SLOW)
