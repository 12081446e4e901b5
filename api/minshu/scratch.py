"""Folders of one process alone, for what it has in the making: locked while it lives, swept when it is dead."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from tempfile import mkdtemp
from typing import Final, Self

PREFIX: Final = ".scratch-"
_ATTEMPTS: Final = 100


class Scratch:
    """A new folder below `parent`, locked while this process lives. It is made with those of dead ones removed."""

    def __init__(self, parent: Path) -> None:
        sweep(parent, PREFIX)
        self.path, self._held = make_locked_folder(parent, PREFIX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._held)


def make_locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder below `parent`, which is made where it is missing, and the descriptor that holds its lock.

    Whoever closes the descriptor, or dies, gives the folder up to the next `sweep`. Raises OSError.
    """
    for _ in range(_ATTEMPTS):
        # A sweeper may take the folder before it is locked, and then remove the parent, which is empty again.
        with suppress(FileNotFoundError):
            _make(parent)
            folder = Path(mkdtemp(prefix=prefix, dir=parent))
            lock = lock_folder(folder)
            if lock is not None:
                if folder.exists():
                    return folder, lock
                os.close(lock)
    raise FileNotFoundError(f"{parent} vanishes as often as it is made.")


def _make(folder: Path) -> None:
    """Make a folder and those above it. One that comes and goes meanwhile is worth another try."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        # One look, for it may go between two. This raises FileNotFoundError where it is gone already.
        if not S_ISDIR(folder.stat().st_mode):
            raise
        raise FileNotFoundError(folder) from None


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of this prefix below `parent` whose process is gone."""
    found: list[Path] = []
    with suppress(FileNotFoundError):  # The parent may vanish while it is listed.
        found.extend(parent.glob(f"{prefix}*"))
    for folder in found:
        lock = lock_folder(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def lock_folder(folder: Path) -> int | None:
    """A descriptor that holds the lock on the folder; None where it is gone, or another process's."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return descriptor
