"""What each client may use in a window of time, counted by all server processes together.

A budget is one number for each client: the moment at which it is whole again (the generic cell rate algorithm). The
numbers stand in a table of fixed size in memory that the processes share, so that no client costs more memory than
another, and however many there are. A client finds its line by a keyed hash; where all lines that it could have are
taken, it takes the one of who owes least. Two processes that count the same client in the same microsecond may lose
one of the two: that is worth less than a lock on every request.
"""

import fcntl
import mmap
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from pathlib import Path
from struct import Struct
from typing import Final

from minshu.errors import BudgetExceeded, StoreFailed

LINES: Final = 1 << 16
"""How many clients are told apart at once."""

PROBES: Final = 8
"""How many lines a client may stand in."""

MOST: Final = 3600.0
"""Seconds that a client may owe at most beyond a window, whatever it used."""

SECRET: Final = 32


@dataclass(frozen=True)
class Budget:
    """So much of something in so many seconds; all of it at once, if it was not used before."""

    name: str
    quota: int
    window: int


@dataclass(frozen=True)
class Client:
    """Who is counted as one, and how many times the quotas it has."""

    name: str
    factor: int = 1


@dataclass(frozen=True)
class Left:
    """What a client has left of a budget, and in how many seconds it is whole again - or may be used at all."""

    budget: Budget
    quota: int
    left: int
    seconds: int


class Budgets:
    """The table, in a file that other processes may share, or of this process alone. Charged by one thread."""

    def __init__(self, budgets: Sequence[Budget], path: Path | None = None) -> None:
        self.budgets = tuple(budgets)
        self._latest = tuple(budget.window + MOST for budget in self.budgets)
        self._line = Struct(f"<8s{len(self.budgets)}d")
        self._table = _mapped(path, SECRET + LINES * self._line.size)
        self._place = lru_cache(4096)(self._hashed)

    def exceeded(self, client: Client, numbers: Sequence[int]) -> Left | None:
        """The budget of these numbers that the client has used up, and the one to wait longest for."""
        used = [left for left in self.left(client, numbers) if not left.left]
        return max(used, key=lambda left: left.seconds, default=None)

    def left(self, client: Client, numbers: Sequence[int]) -> list[Left]:
        """What the client has left of the budgets of these numbers."""
        now = time.time()
        moments = self._found(client, now)[1]
        return [self._left(client, self.budgets[number], moments[number] - now) for number in numbers]

    def charge(self, client: Client, spent: Sequence[float]) -> None:
        """Count what a client used of each budget. It may be more than is left."""
        now = time.time()
        offset, moments = self._found(client, now)
        whole = (
            min(moment + cost * budget.window / (budget.quota * client.factor), now + latest)
            for moment, cost, budget, latest in zip(moments, spent, self.budgets, self._latest, strict=True)
        )
        self._line.pack_into(self._table, offset, self._place(client.name)[1], *whole)

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()

    def _left(self, client: Client, budget: Budget, seconds: float) -> Left:
        quota = budget.quota * client.factor
        unit = budget.window / quota
        left = max(int((budget.window - seconds) / unit + 1e-6), 0)
        wait = seconds if left else seconds - budget.window + unit
        return Left(budget, quota, left, max(ceil(wait - 1e-6), 0))

    def _found(self, client: Client, now: float) -> tuple[int, list[float]]:
        """Where a client's line is or may be, and the moments at which its budgets are whole; now at the earliest."""
        first, tag = self._place(client.name)
        free, least = -1, float("inf")
        for probe in range(PROBES):
            offset = SECRET + (first + probe) % LINES * self._line.size
            found, *moments = self._line.unpack_from(self._table, offset)
            if found == tag:
                # A clock that was set back must not lock anybody out.
                owed = zip(moments, self._latest, strict=True)
                return offset, [min(max(moment, now), now + latest) for moment, latest in owed]
            if (whole := max(moments)) < least:
                free, least = offset, whole
        return free, [now] * len(self.budgets)

    def _hashed(self, client: str) -> tuple[int, bytes]:
        digest = blake2b(client.encode("utf-8", "surrogateescape"), key=self._table[:SECRET], digest_size=16).digest()
        return int.from_bytes(digest[:8]) % LINES, digest[8:]


@dataclass
class Account:
    """What one request spends of its client's budgets. `rows` and `seconds` are added to while it is answered."""

    client: Client
    budgets: Budgets | None = None
    rows: int = 0
    seconds: float = 0.0
    costly: bool = field(default=False, init=False)
    _settled: tuple[int, float] = field(default=(0, 0.0), init=False)

    def check(self) -> None:
        """To be called before rows or time are spent. Raises BudgetExceeded."""
        self.costly = True
        self._require((1, 2))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the time that the block takes as query time."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - start

    def request(self) -> None:
        """Count the request itself. Raises BudgetExceeded."""
        self._require((0,))
        if self.budgets:
            self.budgets.charge(self.client, (1, 0, 0))

    def settle(self) -> None:
        """Count what was spent since the last time."""
        (rows, seconds), self._settled = self._settled, (self.rows, self.seconds)
        if self.budgets and self._settled != (rows, seconds):
            self.budgets.charge(self.client, (0, self.rows - rows, self.seconds - seconds))

    def left(self, numbers: Sequence[int] = (0, 1, 2)) -> list[Left]:
        """What is left of each budget; nothing where there are none."""
        return self.budgets.left(self.client, numbers) if self.budgets else []

    def _require(self, numbers: Sequence[int]) -> None:
        used = self.budgets.exceeded(self.client, numbers) if self.budgets else None
        if used:
            raise BudgetExceeded(used.budget.name, used.quota, used.budget.window, used.seconds)


def budgets(requests: int, rows: int, seconds: int, window: int) -> tuple[Budget, ...]:
    """The budgets that an account spends, in its order."""
    named = (("requests", requests), ("rows", rows), ("query-seconds", seconds))
    return tuple(Budget(name, quota, window) for name, quota in named)


def _mapped(path: Path | None, size: int) -> mmap.mmap:
    """Memory that begins with a secret and is zero besides; shared with those who map the same file."""
    if path is None:
        table = mmap.mmap(-1, size)
        table[:SECRET] = os.urandom(SECRET)
        return table
    try:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Blocks that are only promised would end the process when the disk is full.
            os.posix_fallocate(file.fileno(), 0, size)
            table = mmap.mmap(file.fileno(), size)
            if table[:SECRET] == bytes(SECRET):
                table[:SECRET] = os.urandom(SECRET)
            fcntl.flock(file, fcntl.LOCK_UN)  # The map keeps the file open.
            return table
    except OSError as error:
        raise StoreFailed(f"Cannot count the use of clients in {path}: {error.strerror or error}.") from error
