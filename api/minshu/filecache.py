"""Files that can be made again, kept until there are too many of them, in a folder that processes may share.

A file is written where nobody looks and then renamed, so what stands in the cache is whole. A card beside it, named
by its key, tells its digest; the file's own name holds the digest too, so that two processes that make the same file
at once can't mix their bytes. What another process left is held against its digest before it is given.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import BinaryIO, Final, cast

import orjson

from minshu.making import Sequential

GRACE: Final = 60.0
"""Seconds for which a file stays after it was handed out: time enough to open it."""

CARD: Final = ".card"

FULL: Final = 0.9
"""The part of its capacity that a full cache is reduced to, so that it need not be looked through each time."""

Write = Callable[[BinaryIO], object]


@dataclass(frozen=True)
class Card:
    """What the cache notes of a file."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Lookups:
    """How often a cache had what it was asked for, and how often not."""

    hits: int
    misses: int


class FileCache:
    """A folder of files by their keys. Safe to use from many threads, and raises OSError when the disk fails.

    Files in the making stand in `scratch`, which must be on the same disk.
    """

    def __init__(self, folder: Path, scratch: Path, capacity: int) -> None:
        self._folder, self._scratch, self._capacity = folder, scratch, capacity
        self._verified: set[str] = set()
        self._lock, self._room = Lock(), 0
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, card: Card) -> Path:
        """Where a file lies. The cache leaves it alone for a minute after it was found."""
        return self._folder / card.name

    def found(self, key: str) -> Card | None:
        """The card of a file that is there, marked as used now."""
        try:
            card = Card(**orjson.loads((self._folder / f"{key}{CARD}").read_bytes()))
            os.utime(self.path(card))
            whole = self.path(card).stat().st_size == card.bytes
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return card if whole else None

    def is_verified(self, card: Card) -> bool:
        """Whether this process knows that a file is the one of its card."""
        return card.name in self._verified

    def is_intact(self, card: Card) -> bool:
        """Whether a file is the one of its card. Read once in a process, as a power failure may leave other bytes."""
        if card.name not in self._verified:
            try:
                with self.path(card).open("rb") as file:
                    if file_digest(file, "sha256").hexdigest() != card.sha256:
                        return False
            except FileNotFoundError:
                return False  # Another process evicts as well.
            self._verified.add(card.name)
        return True

    def make(self, key: str, suffix: str, write: Write) -> Card:
        """Write the file of a key. Nothing is left behind when that fails.

        It is not forced to the disk: should a power failure leave other bytes, that is noticed when it is verified.
        """
        with TemporaryDirectory(dir=self._scratch) as making:
            data, note = Path(making, "data"), Path(making, "card")
            with data.open("wb") as file:
                out = Sequential(file)
                write(cast("BinaryIO", out))
                size, digest = out.tell(), out.sha256
            card = Card(f"{key}-{digest[:16]}{suffix}", digest, size)
            note.write_bytes(orjson.dumps(asdict(card)))
            data.replace(self.path(card))
            note.replace(self._folder / f"{key}{CARD}")
        self._verified.add(card.name)
        self._make_room(size)
        return card

    def clear(self) -> None:
        """Remove every file. Who was given one and has not opened it yet finds nothing there."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)
        self._verified.clear()

    def _make_room(self, size: int) -> None:
        with self._lock:
            self._room -= size
            if self._room <= 0:
                # Others may fill the same folder, so that no more than a part of what is free is counted on.
                self._room = max(self._capacity - self._evict(), 0) // 4

    def _evict(self) -> int:
        """Remove what was not used for longest until the rest fits, and tell its size. What was just found stays."""
        files = sorted(self._files(), reverse=True)
        total = sum(size for _, size, _ in files)
        most = self._capacity if total <= self._capacity else FULL * self._capacity
        while files and total > most and files[-1][0] < time.time() - GRACE:
            _, size, path = files.pop()
            path.unlink(missing_ok=True)
            self._verified.discard(path.name)
            (self._folder / f"{path.name.partition('-')[0]}{CARD}").unlink(missing_ok=True)
            total -= size
        return total

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """The last use, the size and the path of each file."""
        for entry in os.scandir(self._folder):
            if not entry.name.endswith(CARD):
                try:
                    stat = entry.stat()
                except FileNotFoundError:
                    continue  # Another process evicts as well.
                yield stat.st_mtime, stat.st_size, Path(entry.path)
