"""Jobs as files: each has a folder with its record, what was sent for it, and the report that came of it."""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from minshu.digests import sha256_of
from minshu.disk import exclusively, failing
from minshu.errors import JobNotFound, JobsOverloaded, UploadComplete, UploadMismatch, UploadTooLarge

FOLDER: Final = ".jobs"
ABANDONED: Final = timedelta(hours=1)
"""After so long without a byte, an upload is given up."""

KEPT: Final = timedelta(days=7)
"""For so long a job that has ended is told of."""

RETRY: Final = 30
"""Seconds after which to try again where too many jobs wait."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_RECORD: Final = "job.json"
_UPLOAD: Final = "package.zip"
_REPORT: Final = "report.json"
_WORK: Final = "work"


class State(StrEnum):
    """How far a job has come."""

    receiving = "receiving"
    waiting = "waiting"
    running = "running"
    published = "published"
    failed = "failed"


ENDED: Final = (State.published, State.failed)


class Problem(BaseModel):
    """Why nothing was published: the code of an error, its sentence and its data."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str
    data: dict[str, Any] = {}


class Job(BaseModel):
    """A version that somebody asks to be published; `auto` until it is known which one that is.

    `sha256` is the digest of what was sent, once it is whole, and `declared` the one that its sender said it would
    have; `created` is whether the release is this job's, rather than one that was there with the same content.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    dataset: str
    version: str
    token: str
    actor: str | None
    state: State
    began: datetime
    changed: datetime
    length: int | None = None
    declared: str | None = None
    sha256: str | None = None
    attempts: int = 0
    step: str | None = None
    rows: int = 0
    bytes: int = 0
    problem: Problem | None = None
    created: bool | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED


class Jobs:
    """The jobs of the store at `root`. Any number of processes and threads may use them at once. Raises StoreFailed."""

    def __init__(self, root: Path, most: int, size: int) -> None:
        self.folder, self._most, self.size = root / FOLDER, most, size

    def create(self, dataset: str, version: str, token: str, actor: str | None, declared: str | None) -> Job:
        """A job that is to receive what it is about. Raises JobsOverloaded where there are too many."""
        if sum(not job.has_ended for job in self.all()) >= self._most:
            raise JobsOverloaded(RETRY)
        now = datetime.now(UTC)
        job = Job(
            id=token_hex(16),
            dataset=dataset,
            version=version,
            token=token,
            actor=actor,
            state=State.receiving,
            began=now,
            changed=now,
            declared=declared,
        )
        folder = self.folder / job.id
        with failing("write", folder):
            folder.mkdir(mode=0o750, parents=True)
            (folder / _UPLOAD).touch()
            self._write(job)
        return job

    def job(self, identifier: str) -> Job:
        """The job of an id, as it is now. Raises JobNotFound."""
        path = self.folder / identifier / _RECORD
        if not _ID.fullmatch(identifier):
            raise JobNotFound(identifier)
        with failing("read", path):
            try:
                return Job.model_validate_json(path.read_bytes())
            except FileNotFoundError as error:
                raise JobNotFound(identifier) from error

    def all(self) -> list[Job]:
        """Every job, the oldest first."""
        with failing("read", self.folder):
            try:
                names = [path.name for path in self.folder.iterdir() if _ID.fullmatch(path.name)]
            except FileNotFoundError:
                return []
        found = []
        for name in names:
            with suppress(JobNotFound, ValidationError):  # It is removed, or being made, meanwhile.
                found.append(self.job(name))
        return sorted(found, key=lambda job: job.began)

    def change(self, identifier: str, change: Callable[[Job], dict[str, Any]]) -> Job:
        """Let a job be another in what `change` tells of it as it is now; nobody else changes it meanwhile."""
        with self._locked(identifier):
            job = self.job(identifier)
            if told := change(job):
                job = job.model_copy(update={**told, "changed": datetime.now(UTC)})
                self._write(job)
            return job

    def offset(self, job: Job) -> int:
        """How many bytes were received."""
        with failing("read", self.upload(job)):
            return self.upload(job).stat().st_size

    def append(self, job: Job, offset: int, data: bytes) -> int:
        """Add what came, and tell how much there is now.

        Raises UploadMismatch where it does not follow what is there: of two who send at once, one is told so.
        Raises UploadTooLarge, and UploadComplete where nothing is to come any more.
        """
        with self._locked(job.id), failing("write", self.upload(job)):
            now = self.job(job.id)
            if now.state is not State.receiving:
                raise UploadComplete
            with self.upload(job).open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                if size != offset:
                    raise UploadMismatch(offset, size)
                if size + len(data) > (self.size if now.length is None else now.length):
                    raise UploadTooLarge(self.size if now.length is None else now.length)
                file.write(data)
            os.utime(self.folder / job.id)
            return size + len(data)

    def cut(self, job: Job, size: int) -> None:
        """Forget what was received beyond this size: it was not what its sender meant."""
        with self._locked(job.id), failing("write", self.upload(job)):
            if self.job(job.id).state is State.receiving:
                os.truncate(self.upload(job), size)

    def digest(self, job: Job) -> str:
        """The SHA-256 of what was received, as hex."""
        with failing("read", self.upload(job)):
            return sha256_of(self.upload(job))

    def upload(self, job: Job) -> Path:
        """Where what was sent for a job stands, until that has ended."""
        return self.folder / job.id / _UPLOAD

    def report(self, job: Job) -> Path:
        """Where the report on a job's package stands, if it came so far."""
        return self.folder / job.id / _REPORT

    @contextmanager
    def working_folder(self, job: Job) -> Iterator[Path]:
        """A folder for what is needed while a job is worked on; gone afterwards, whatever became of its process."""
        folder = self.folder / job.id / _WORK
        with failing("write", folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def forget_upload(self, job: Job) -> None:
        """Remove what was sent: the job has ended."""
        self.upload(job).unlink(missing_ok=True)

    def remove(self, job: Job) -> None:
        """Remove a job with all that it has."""
        shutil.rmtree(self.folder / job.id, ignore_errors=True)

    def sweep(self) -> None:
        """Remove the jobs that ended long ago, and uploads that nobody goes on with."""
        now = datetime.now(UTC)
        for job in self.all():
            if job.has_ended and now - job.changed > KEPT:
                self.remove(job)
            elif job.state is State.receiving:
                with suppress(FileNotFoundError):
                    touched = datetime.fromtimestamp((self.folder / job.id).stat().st_mtime, UTC)
                    if now - max(touched, job.changed) > ABANDONED:
                        self.remove(job)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Whether a job may be worked on now, of which all processes together do one at a time."""
        path = self.folder / "slot"
        with ExitStack() as held:
            with failing("write", path):
                self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
                is_free = held.enter_context(exclusively(path))
            yield is_free

    def _write(self, job: Job) -> None:
        path = self.folder / job.id / _RECORD
        draft = path.with_suffix(".draft")
        draft.write_text(job.model_dump_json(), "utf-8")
        draft.replace(path)

    @contextmanager
    def _locked(self, identifier: str) -> Iterator[None]:
        if not _ID.fullmatch(identifier):
            raise JobNotFound(identifier)
        try:
            descriptor = os.open(self.folder / identifier, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError as error:
            raise JobNotFound(identifier) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
