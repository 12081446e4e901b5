"""Complete files made of one table, each made once and kept until the cache is full.

Whoever need not have the whole before the first byte may follow a file that takes long while it is being made.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from typing import Final, Protocol

import orjson
import pyarrow as pa

from minshu.errors import ExportsOverloaded, StoreFailed
from minshu.filecache import Card, FileCache, Lookups, Write
from minshu.machine import cores
from minshu.making import Growing, Making

EXPORT_VERSION = 1
"""Raised when the same question is to give other bytes than before."""

AT_ONCE: Final = cores()
"""How many exports are made at once, by all server processes: more would only share memory and disk."""

QUEUE: Final = 16
"""How many requests may wait for an export, in each server process. Each holds a thread."""

PATIENCE: Final = 30.0
"""Seconds that a request waits before it is told to come again."""

RETRY_AFTER: Final = 10
"""Seconds after which who was sent away may ask again."""


class Written(Protocol):
    """What the cache wants to know of a file: how its name ends, and what it is."""

    @property
    def suffix(self) -> str:
        """With its dot."""

    @property
    def media_type(self) -> str:
        """As HTTP tells it."""


@dataclass(frozen=True)
class ExportedFile:
    """A whole file on disk, with its digest.

    The cache leaves it alone for a minute after it was handed out. Whoever opens it later must be ready to ask again.
    """

    path: Path
    sha256: str
    bytes: int
    media_type: str


def export_key(release: str, table: str, format_name: str, query: str) -> str:
    """The name of an export: a digest of all that its bytes depend on."""
    return sha256(orjson.dumps([EXPORT_VERSION, release, table, format_name, query])).hexdigest()


def copy_key(digest: str, coding: str) -> str:
    """The name of a copy of a file in a content coding."""
    return sha256(orjson.dumps([EXPORT_VERSION, digest, coding])).hexdigest()


class Exports:
    """The exports in a folder that processes may share. Safe to use from many threads.

    Files in the making stand in `scratch`, which must be on the same disk.
    """

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        capacity: int,
        *,
        at_once: int = AT_ONCE,
        queue: int = QUEUE,
        patience: float = PATIENCE,
    ) -> None:
        self._files, self._patience = FileCache(folder, scratch, capacity), patience
        self._flights: dict[str, Lock] = {}
        self._makings: dict[str, Making[ExportedFile]] = {}
        self._lock, self._hits, self._misses = Lock(), 0, 0
        self._slots, self._places = BoundedSemaphore(at_once), BoundedSemaphore(at_once + queue)

    def file(self, key: str, written: Written, write: Write, patience: float | None = None) -> ExportedFile:
        """The file of this key; `write` makes it if it isn't there. Who asks for the same meanwhile waits for it.

        Raises ExportsOverloaded when too many wait already or it takes too long, and StoreFailed when the disk is full
        or fails; nothing is left behind then.
        """
        with _failing():
            card = self._files.found(key)
            if card is None or not self._files.is_verified(card):
                card = self._awaited(key, written, write, self._patience if patience is None else patience)
            else:
                self._count(hit=True)
        return self._exported(card, written)

    def soon(
        self, key: str, written: Written, write: Write, head_start: float | None, patience: float | None = None
    ) -> ExportedFile | Growing[ExportedFile]:
        """The same; but where it isn't made within `head_start` seconds, as far as it has grown, to be followed.

        `write` is given a file that it can only write to, so that no byte of it changes any more. Whoever waits for
        what another has begun needs a place as well, for each holds a thread.
        """
        with _failing():
            card = self._files.found(key)
        if card is not None and self._files.is_verified(card):
            self._count(hit=True)
            return self._exported(card, written)
        with self._lock:
            making = begun = self._makings.get(key)
            if making is None:
                making = Making()
                Thread(target=self._make, args=(making, key, written, write, patience), daemon=True).start()
                # Not before it runs: what no thread makes would be waited for without end.
                self._makings[key] = making
        with _held(self._places, 0) if begun else nullcontext():
            return making.wait(head_start)

    def clear(self) -> None:
        """Remove every file."""
        with _failing():
            self._files.clear()

    def lookups(self) -> Lookups:
        """How often a file was there already, and how often it had to be made."""
        with self._lock:
            return Lookups(self._hits, self._misses)

    def _count(self, *, hit: bool) -> None:
        with self._lock:
            self._hits += hit
            self._misses += not hit

    def _make(
        self, making: Making[ExportedFile], key: str, written: Written, write: Write, patience: float | None
    ) -> None:
        try:
            making.run(lambda: self.file(key, written, making.noticing(write), patience))
        finally:
            with self._lock:
                del self._makings[key]

    def _exported(self, card: Card, written: Written) -> ExportedFile:
        return ExportedFile(self._files.path(card), card.sha256, card.bytes, written.media_type)

    def _awaited(self, key: str, written: Written, write: Write, patience: float) -> Card:
        end = time.monotonic() + patience
        with _held(self._places, 0), self._flight(key, end):
            card = self._files.found(key)
            if card is not None and self._files.is_intact(card):
                self._count(hit=True)
                return card
            self._count(hit=False)
            with _held(self._slots, end - time.monotonic()):
                return self._files.make(key, written.suffix, write)

    @contextmanager
    def _flight(self, key: str, end: float) -> Iterator[None]:
        with _held(self._flights.setdefault(key, Lock()), end - time.monotonic()):
            try:
                yield
            finally:
                self._flights.pop(key, None)


@contextmanager
def _held(turn: "Lock | BoundedSemaphore", patience: float) -> Iterator[None]:
    """Hold a lock or a place. Raises ExportsOverloaded when it is not to be had in time."""
    if not turn.acquire(timeout=max(patience, 0)):
        raise ExportsOverloaded(RETRY_AFTER)
    try:
        yield
    finally:
        turn.release()


@contextmanager
def _failing() -> Iterator[None]:
    """Say what failed, in words. What DuckDB raises while Arrow reads from it comes as Arrow's error."""
    try:
        yield
    except OSError as error:
        raise StoreFailed(f"Cannot write an export: {error.strerror or error}.") from error
    except pa.ArrowException as error:
        raise StoreFailed(f"Cannot make an export: {str(error).splitlines()[0]}") from error
