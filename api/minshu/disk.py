"""Writing that outlives a power failure, words for a disk that fails, and files that keep other processes out."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minshu.errors import StoreFailed


@contextmanager
def failing(verb: str, path: Path) -> Iterator[None]:
    """Say what failed, in words, where the operating system gives a number. Raises StoreFailed."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreFailed(f"Cannot {verb} {error.filename or path}: {reason}.") from error


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a file that is not there yet; its bytes are durable, its name is once its folder is synced."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def exclusively(path: Path) -> Iterator[bool]:
    """Whether no other process is in such a block for this file, which is made where it is missing."""
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
