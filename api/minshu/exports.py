"""Complete files made of one table, kept until the cache is full.

A file is written where nobody looks and then renamed, so what stands in the cache is whole. A card beside it, named
by what was asked, tells its digest; the file's own name holds the digest too, so that two processes that make the
same export at once can't mix their bytes. What another process left is held against its digest before it is given.

Whoever need not have the whole before the first byte may follow a file that takes long while it is being made.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Lock, Thread
from typing import BinaryIO, Final, Protocol, cast

import orjson
import pyarrow as pa

from minshu.errors import ExportsOverloaded, StoreFailed
from minshu.making import Growing, Making, Sequential

EXPORT_VERSION = 1
"""Raised when the same question is to give other bytes than before."""

GRACE = 60.0
"""Seconds for which a file stays after it was handed out: time enough to open it."""

CARD = ".card"

AT_ONCE: Final = os.cpu_count() or 1
"""How many exports are made at once: more would only share memory and disk."""

QUEUE: Final = 16
"""How many requests may wait for an export. Each holds a thread."""

PATIENCE: Final = 30.0
"""Seconds that a request waits before it is told to come again."""

RETRY_AFTER: Final = 10
"""Seconds after which who was sent away may ask again."""


Write = Callable[[BinaryIO], None]


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


@dataclass(frozen=True)
class _Card:
    """What the cache notes of a file."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Lookups:
    """How often a cache had what it was asked for, and how often not."""

    hits: int
    misses: int


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
        self._folder, self._scratch, self._capacity, self._patience = folder, scratch, capacity, patience
        self._flights: dict[str, Lock] = {}
        self._makings: dict[str, Making[ExportedFile]] = {}
        self._lock, self._hits, self._misses = Lock(), 0, 0
        self._verified: set[str] = set()
        self._slots, self._places = BoundedSemaphore(at_once), BoundedSemaphore(at_once + queue)
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, key: str, written: Written, write: Write, patience: float | None = None) -> ExportedFile:
        """The file of this key; `write` makes it if it isn't there. Who asks for the same meanwhile waits for it.

        Raises ExportsOverloaded when too many wait already or it takes too long, and StoreFailed when the disk is full
        or fails; nothing is left behind then.
        """
        with _failing():
            card = self._found(key)
            if card is None or card.name not in self._verified:
                card = self._awaited(key, written, write, self._patience if patience is None else patience)
            else:
                self._count(hit=True)
        return self._exported(card, written)

    def soon(
        self, key: str, written: Written, write: Write, head_start: float | None, patience: float | None = None
    ) -> ExportedFile | Growing[ExportedFile]:
        """The same; but where it isn't made within `head_start` seconds, as far as it has grown, to be followed.

        `write` is given a file that it can only write to, so that no byte of it changes any more.
        """
        with _failing():
            card = self._found(key)
        if card is not None and card.name in self._verified:
            self._count(hit=True)
            return self._exported(card, written)
        with self._lock:
            making = self._makings.get(key)
            if making is None:
                making = self._makings[key] = Making()
                Thread(target=self._make, args=(making, key, written, write, patience), daemon=True).start()
        return making.wait(head_start)

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

    def _exported(self, card: _Card, written: Written) -> ExportedFile:
        return ExportedFile(self._folder / card.name, card.sha256, card.bytes, written.media_type)

    def _awaited(self, key: str, written: Written, write: Write, patience: float) -> _Card:
        end = time.monotonic() + patience
        with _held(self._places, 0), self._flight(key, end):
            card = self._found(key)
            if card is not None and self._is_intact(card):
                self._count(hit=True)
                return card
            self._count(hit=False)
            with _held(self._slots, end - time.monotonic()):
                return self._made(key, written, write)

    @contextmanager
    def _flight(self, key: str, end: float) -> Iterator[None]:
        with _held(self._flights.setdefault(key, Lock()), end - time.monotonic()):
            try:
                yield
            finally:
                self._flights.pop(key, None)

    def _found(self, key: str) -> _Card | None:
        """The card of a file that is there, marked as used now."""
        try:
            card = _Card(**orjson.loads((self._folder / f"{key}{CARD}").read_bytes()))
            os.utime(self._folder / card.name)
            whole = (self._folder / card.name).stat().st_size == card.bytes
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return card if whole else None

    def _is_intact(self, card: _Card) -> bool:
        """Whether a file is the one of its card. Read once in a process, as a power failure may leave other bytes."""
        if card.name not in self._verified:
            try:
                with (self._folder / card.name).open("rb") as file:
                    if file_digest(file, "sha256").hexdigest() != card.sha256:
                        return False
            except FileNotFoundError:
                return False  # Another process evicts as well.
            self._verified.add(card.name)
        return True

    def _made(self, key: str, written: Written, write: Write) -> _Card:
        with TemporaryDirectory(dir=self._scratch) as making:
            data, note = Path(making, "data"), Path(making, "card")
            with data.open("w+b") as out:
                write(cast("BinaryIO", Sequential(out)))
                size = out.seek(0, os.SEEK_END)
                os.fsync(out.fileno())  # Else the name may outlive a power failure, and the bytes not.
                out.seek(0)
                digest = file_digest(out, "sha256").hexdigest()
            card = _Card(f"{key}-{digest[:16]}{written.suffix}", digest, size)
            note.write_bytes(orjson.dumps(asdict(card)))
            data.replace(self._folder / card.name)
            note.replace(self._folder / f"{key}{CARD}")
        self._verified.add(card.name)
        self._evict()
        return card

    def _evict(self) -> None:
        """Remove what was not used for longest, until the rest fits. What was handed out just now stays."""
        files = sorted(self._files(), reverse=True)
        total = sum(size for _, size, _ in files)
        while files and total > self._capacity and files[-1][0] < time.time() - GRACE:
            _, size, path = files.pop()
            path.unlink(missing_ok=True)
            self._verified.discard(path.name)
            (self._folder / f"{path.name.partition('-')[0]}{CARD}").unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """The last use, the size and the path of each file."""
        for entry in os.scandir(self._folder):
            if not entry.name.endswith(CARD):
                try:
                    stat = entry.stat()
                except FileNotFoundError:
                    continue  # Another process evicts as well.
                yield stat.st_mtime, stat.st_size, Path(entry.path)


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
