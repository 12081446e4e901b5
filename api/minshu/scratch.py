"""A folder for files in the making, of one process alone, beside the place where they will stand."""

import fcntl
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

PREFIX = ".scratch-"


class Scratch:
    """A new folder below `parent`, locked while this process lives. It is made with those of dead ones removed."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f"{PREFIX}*"):
            _sweep(left)
        while True:
            self.path = Path(mkdtemp(prefix=PREFIX, dir=parent))
            lock = _lock(self.path)
            if lock is not None and self.path.exists():  # Else a sweeper was faster than the lock.
                self._held = lock
                return
            if lock is not None:
                os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._held)


def _sweep(folder: Path) -> None:
    lock = _lock(folder)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the lock on the folder; None where another process holds it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
