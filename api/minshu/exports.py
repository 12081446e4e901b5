"""Complete files made of one table, kept until the cache is full.

A file is written where nobody looks and then renamed, so what stands in the cache is whole. A card beside it, named
by what was asked, tells its digest; the file's own name holds the digest too, so that two processes that make the
same export at once can't mix their bytes.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Lock
from typing import BinaryIO

import orjson
import pyarrow as pa

from minshu.errors import StoreFailed
from minshu.formats import Format

EXPORT_VERSION = 1
"""Raised when the same question is to give other bytes than before."""

GRACE = 60.0
"""Seconds for which a file stays after it was handed out: time enough to open it."""

CARD = ".card"


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


def export_key(release: str, table: str, format_name: str, query: str) -> str:
    """The name of an export: a digest of all that its bytes depend on."""
    return sha256(orjson.dumps([EXPORT_VERSION, release, table, format_name, query])).hexdigest()


class Exports:
    """The exports in a folder that processes may share. Safe to use from many threads.

    Files in the making stand in `scratch`, which must be on the same disk.
    """

    def __init__(self, folder: Path, scratch: Path, capacity: int) -> None:
        self._folder, self._scratch, self._capacity = folder, scratch, capacity
        self._flights: dict[str, Lock] = {}
        self._slots = BoundedSemaphore(os.cpu_count() or 1)  # More at once would only share memory and disk.
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, key: str, written: Format, write: Callable[[BinaryIO], None]) -> ExportedFile:
        """The file of this key; `write` makes it if it isn't there. Who asks for the same meanwhile waits for it.

        Raises StoreFailed when the disk is full or fails; nothing is left behind then.
        """
        with self._flight(key), _failing():
            card = self._found(key) or self._made(key, written, write)
        return ExportedFile(self._folder / card.name, card.sha256, card.bytes, written.media_type)

    @contextmanager
    def _flight(self, key: str) -> Iterator[None]:
        with self._flights.setdefault(key, Lock()):
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
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return card if whole else None  # After a power failure it may be empty.

    def _made(self, key: str, written: Format, write: Callable[[BinaryIO], None]) -> _Card:
        with self._slots, TemporaryDirectory(dir=self._scratch) as making:
            data, note = Path(making, "data"), Path(making, "card")
            with data.open("w+b") as out:
                write(out)
                size = out.seek(0, os.SEEK_END)
                out.seek(0)
                digest = file_digest(out, "sha256").hexdigest()
            card = _Card(f"{key}-{digest[:16]}{written.suffix}", digest, size)
            note.write_bytes(orjson.dumps(asdict(card)))
            data.replace(self._folder / card.name)
            note.replace(self._folder / f"{key}{CARD}")
        self._evict()
        return card

    def _evict(self) -> None:
        """Remove what was not used for longest, until the rest fits. What was handed out just now stays."""
        files = sorted(self._files(), reverse=True)
        total = sum(size for _, size, _ in files)
        while files and total > self._capacity and files[-1][0] < time.time() - GRACE:
            _, size, path = files.pop()
            path.unlink(missing_ok=True)
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
def _failing() -> Iterator[None]:
    """Say what failed, in words. What DuckDB raises while Arrow reads from it comes as Arrow's error."""
    try:
        yield
    except OSError as error:
        raise StoreFailed(f"Cannot write an export: {error.strerror or error}.") from error
    except pa.ArrowException as error:
        raise StoreFailed(f"Cannot make an export: {str(error).splitlines()[0]}") from error
