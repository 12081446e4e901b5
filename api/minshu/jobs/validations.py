"""Strangers' files, judged for whoever asks: a few at once, in processes with small limits, and nothing is kept."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Event, Semaphore
from typing import Final

from minshu.disk import failing
from minshu.errors import JobBroken, JobError, JobKilled, JobsOverloaded
from minshu.jobs.process import Limits, Stopped, work
from minshu.reports import Format, Language
from minshu.settings import MEBIBYTE, Settings, portable

log = logging.getLogger(__name__)

AT_ONCE: Final = 1
"""How many files one server process has judged at a time."""

QUEUE: Final = 4
"""How many more wait."""

WAITING: Final = AT_ONCE + QUEUE
RECEIVING: Final = 16
"""How many files one server process takes in or has: those that come slowly must not fill the disk."""

RETRY: Final = 5
GROWTH: Final = 20
"""How many times the bytes that may be sent a zip may unpack to."""

MEMORY: Final = 256 * MEBIBYTE
ON_PAGE: Final = 200
"""The most errors of a table that a page of the service lists: it is to be read."""


@dataclass(frozen=True)
class Judged:
    """A report as it is to be sent, and its verdict."""

    report: bytes
    valid: bool


class Validations:
    """Judges files, each in a process of its own. What it needs meanwhile stands below `scratch`."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self._scratch = scratch
        self._places, self._turn = BoundedSemaphore(WAITING), Semaphore(AT_ONCE)
        self._folders = BoundedSemaphore(RECEIVING)
        self._seconds = settings.validate_seconds
        self._settings = settings.model_copy(
            update={
                "publish_memory": min(settings.publish_memory, MEMORY),
                "archive_bytes": min(settings.archive_bytes, GROWTH * settings.validate_bytes),
            }
        )

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder for one file, gone afterwards. Raises JobsOverloaded where there are many, or StoreFailed."""
        if not self._folders.acquire(blocking=False):
            raise JobsOverloaded(RETRY)
        try:
            with (
                failing("write", self._scratch),
                TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder,
            ):
                yield Path(folder)
        finally:
            self._folders.release()

    def judge(
        self, file: Path, format_: Format | None, language: Language, stop: Event, timed: AbstractContextManager[None]
    ) -> Judged:
        """The report on a file, which stands in a folder that is for nothing else. `timed` surrounds the work alone.

        Without a format it is HTML for a page of the service.
        Raises JobsOverloaded, JobLate or JobKilled; and JobError once `stop` is set, for nobody waits any more.
        """
        if not self._places.acquire(blocking=False):
            raise JobsOverloaded(RETRY)
        try:
            with self._turn, timed:
                return self._judge(file, format_, language, stop)
        except Stopped:
            raise JobError("Nobody waits for the report any more.") from None
        finally:
            self._places.release()

    def _judge(self, file: Path, format_: Format | None, language: Language, stop: Event) -> Judged:
        if stop.is_set():
            raise Stopped
        work_folder, report = file.parent / "work", file.parent / "report"
        work_folder.mkdir()
        settings = self._settings
        if format_ is None:
            settings = settings.model_copy(update={"limit_errors": min(ON_PAGE, settings.limit_errors)})
        task = {
            "task": "validate",
            "settings": portable(settings),
            "upload": file.absolute(),
            "report": report.absolute(),
            "format": format_,
            "language": language,
            "installed": installed("minshu"),
        }
        limits = Limits(2 * settings.publish_memory, 2 * settings.archive_bytes, self._seconds)
        outcome = work(task, limits, work_folder, stop)
        match outcome["outcome"]:
            case "done":
                return Judged(report.read_bytes(), bool(outcome["valid"]))
            case "killed":
                raise JobKilled
        log.error("The worker of a validation failed: %s", outcome.get("trace") or outcome.get("detail"))
        raise JobBroken
