"""The indexes of releases, opened as they are asked for and kept open while they are in use."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

import pyarrow as pa

from minshu.errors import StoreFailed
from minshu.keys import KeyIndex
from minshu.rowstore import RowStore
from minshu.store import StoredRelease

CAPACITY: Final = 128
"""How many stay open. Each holds a file descriptor, and only the pages that are read hold memory."""

Index = TypeVar("Index", RowStore, KeyIndex)


class Indexes:
    """The open indexes of many releases. Safe to use from many threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity, self._lock = capacity, Lock()
        self._open: OrderedDict[tuple[str, str], RowStore | KeyIndex] = OrderedDict()

    @contextmanager
    def reading(self, release: StoredRelease, path: str, kind: type[Index]) -> Iterator[Index]:
        """An index of a release, opened. Raises StoreFailed for whatever cannot be read, also inside the block."""
        try:
            yield self._index(release, path, kind)
        except (OSError, pa.ArrowException, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise StoreFailed(f"Cannot read {path}: {reason}.") from error

    def close(self) -> None:
        """Let go of all that is open. What is being read now is closed when it has been."""
        with self._lock:
            self._open.clear()

    def _index(self, release: StoredRelease, path: str, kind: type[Index]) -> Index:
        key = (release.sha256, path)
        with self._lock:
            found = self._open.get(key)
            if isinstance(found, kind):
                self._open.move_to_end(key)
                return found
        opened = kind(_whole(release, path))
        with self._lock:
            self._open[key] = opened
            while len(self._open) > self._capacity:
                self._open.popitem(last=False)
        return opened


def _whole(release: StoredRelease, path: str) -> Path:
    """The file, once its length is right: one that was cut short would fail in the midst of an answer."""
    file = release.folder / path
    size, released = file.stat().st_size, release.manifest.by_path[path].bytes
    if size != released:
        raise StoreFailed(f"{path} has {size} bytes, {released} were released.")
    return file
