"""Files that are read while they are being made."""

import io
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO, Generic, TypeVar

File = TypeVar("File")


class Sequential(io.BufferedIOBase):
    """A file that is only written to, from its start to its end. To close it leaves the file itself open."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.name, self._digest = out, out.name, sha256()

    def writable(self) -> bool:
        """It is for nothing else."""
        return True

    def write(self, data: Any, /) -> int:
        """Write on."""
        self._digest.update(data)
        return self._out.write(data)

    @property
    def sha256(self) -> str:
        """The digest of what was written."""
        return self._digest.hexdigest()

    def tell(self) -> int:
        """How much was written."""
        return self._out.tell()

    def flush(self) -> None:
        """Let readers see what was written."""
        self._out.flush()


@dataclass(frozen=True)
class Growing(Generic[File]):
    """A file as far as it is written, open to be read, and the whole that will come of it, or the error."""

    file: BinaryIO
    whole: Future[File]


class Making(Generic[File]):
    """The making of one file, which some wait for or follow. Safe to use from many threads."""

    def __init__(self) -> None:
        self._begun, self._whole = Event(), Future[File]()
        self._path: Path | None = None
        self._start = 0.0
        self._whole.add_done_callback(lambda _: self._begun.set())

    def run(self, make: Callable[[], File]) -> None:
        """Make the file; whoever waits is told what comes of it."""
        try:
            whole = make()
        except BaseException as error:  # noqa: BLE001  # It is raised to those who wait.
            self._whole.set_exception(error)
        else:
            self._whole.set_result(whole)

    def noticing(self, write: Callable[[BinaryIO], object]) -> Callable[[BinaryIO], None]:
        """The same way to write, but those who wait learn that it has begun."""

        def noticed(out: BinaryIO) -> None:
            self._path, self._start = Path(out.name), time.monotonic()
            self._begun.set()
            write(out)

        return noticed

    def wait(self, head_start: float | None) -> File | Growing[File]:
        """The file if it is whole so many seconds after its making has begun, else as far as it has grown.

        Without a head start it is waited for. Raises whatever ended the making before.
        """
        self._begun.wait()
        if head_start is None or self._path is None:
            return self._whole.result()
        try:
            return self._whole.result(max(self._start + head_start - time.monotonic(), 0))
        except TimeoutError:
            return self._growing()

    def _growing(self) -> File | Growing[File]:
        assert self._path is not None  # noqa: S101  # Only what has begun can be late.
        try:
            return Growing(self._path.open("rb"), self._whole)
        except FileNotFoundError:  # It has its final name by now, and is whole.
            return self._whole.result()
