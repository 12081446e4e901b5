"""The log of every act on a store: it is added to, and never changed.

Each entry is one line of JSON in a file of its own, numbered from 1, and holds the digest of the entry before it. It
appears whole, by a link that fails where the number is taken, so that two writers cannot fork the chain. What only
the operator may know of an act - who it was - stands in a private part beside it, which the entry holds by its digest:
it can be erased, as the law may ask, and the chain holds.
"""

import getpass
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, Final, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from minshu.disk import failing, sync_folder, write_durably
from minshu.errors import AuditBroken, StoreFailed
from minshu.scratch import make_locked_folder, sweep

LAYOUT: Final = 1
FOLDER: Final = ".audit"
PRIVATE: Final = "private"
ERASED: Final = "erased"
"""The act that says that the private part of an entry was deleted."""

_STAGING = "staging"
_PREFIX = ".entry-"
_SUFFIX = ".json"
_OWN = b',"sha256":"'
_END = b'"}\n'


@dataclass(frozen=True)
class Actor:
    """Who acts. The role is public; the name - a user of the machine, a token - stands in the private part alone."""

    role: str
    name: str | None = None

    @classmethod
    def local(cls, role: str) -> Self:
        """Whoever runs this process."""
        try:
            return cls(role, getpass.getuser())
        except (KeyError, OSError):  # A container may run as a number that has no name.
            return cls(role, f"uid {os.getuid()}")


class Entry(BaseModel):
    """One act, which is for everybody. `data` are its bytes, of which the next entry's `previous` is the digest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layout: int = Field(LAYOUT, ge=1, le=LAYOUT)
    sequence: int
    time: datetime
    act: str
    actor: str
    dataset: str | None = None
    version: str | None = None
    details: dict[str, Any] = {}
    previous: str | None = None
    private_sha256: str | None = None
    data: bytes = Field(exclude=True, repr=False)

    @property
    def sha256(self) -> str:
        """The digest that the next entry holds."""
        return sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Verified:
    """A log without a fault: its length, the digest of its last entry, and which private parts were erased.

    `loose` counts the private parts of no entry: their writer was killed before it wrote that.
    """

    entries: int
    sha256: str | None
    erased: tuple[int, ...]
    loose: int


class AuditLog:
    """The log of the store at `root`. Any number of processes and threads may read it and append to it at once."""

    def __init__(self, root: Path) -> None:
        self.folder, self._head = root / FOLDER, 0

    def append(
        self,
        act: str,
        actor: Actor,
        dataset: str | None = None,
        version: str | None = None,
        details: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Add an entry, which is durable when it is returned. Raises StoreFailed, and then there is none."""
        hidden = _private_bytes(actor, private)
        said = {
            "act": act,
            "actor": actor.role,
            "dataset": dataset,
            "version": version,
            "details": dict(details or {}),
        }
        with failing("write", self.folder), self._staging() as stage:
            digest = self._keep_private(stage, hidden) if hidden else None
            while True:
                entry = self._next(said, digest)
                if self._link(stage, entry):
                    return entry

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries in their order, behind one of them. Raises AuditBroken at one that is damaged, or StoreFailed."""
        while (entry := self.entry(after + 1)) is not None:
            yield entry
            after += 1

    def entry(self, sequence: int) -> Entry | None:
        """The entry of a number; None where there is none. Raises AuditBroken or StoreFailed."""
        with failing("read", self.folder):
            try:
                data = self.path(sequence).read_bytes()
            except FileNotFoundError:
                return None
        return parse_entry(sequence, data)

    def head(self) -> int:
        """The number of the newest entry; 0 where there is none. Raises StoreFailed."""
        with failing("read", self.folder):
            known = self._head  # Other threads set it as well.
            self._head = head = self._last(known if known and self.path(known).exists() else 0)
            return head

    def path(self, sequence: int) -> Path:
        """Where the entry of a number stands."""
        return self.folder / f"{sequence:012}{_SUFFIX}"

    def files(self, entry: Entry) -> list[Path]:
        """Where an entry stands and, if it has one, its private part - unless that was erased."""
        hidden = entry.private_sha256
        return [self.path(entry.sequence), *([self._private_path(hidden)] if hidden is not None else [])]

    def private(self, entry: Entry) -> dict[str, Any] | None:
        """The private part of an entry; None where it has none, or where it was erased.

        Raises AuditBroken where it is not the one that was written, or StoreFailed.
        """
        if entry.private_sha256 is None:
            return None
        with failing("read", self.folder):
            try:
                data = self._private_path(entry.private_sha256).read_bytes()
            except FileNotFoundError:
                return None
        if sha256(data).hexdigest() != entry.private_sha256:
            raise AuditBroken(entry.sequence, "has another private part than it was written with")
        return dict(orjson.loads(data)["private"])

    def erase(self, entry: Entry) -> None:
        """Remove the private part of an entry for good. The chain holds without it. Raises StoreFailed."""
        if entry.private_sha256 is not None:
            path = self._private_path(entry.private_sha256)
            with failing("write", path):
                path.unlink(missing_ok=True)
                sync_folder(path.parent)

    def verify(self) -> Verified:
        """Hold every entry against the one before it and against its private part.

        Raises AuditBroken at the first that is missing or not what was written, or StoreFailed.
        """
        last, erased, named = None, [], set()
        for entry in chained(self.entries()):
            if entry.private_sha256 is not None:
                named.add(f"{entry.private_sha256}{_SUFFIX}")
                if self.private(entry) is None:
                    erased.append(entry.sequence)
            last = entry
        count = last.sequence if last else 0
        if any(number > count for number in self._numbers()):
            raise AuditBroken(count + 1, "is missing")
        loose = set(self._listed(self.folder / PRIVATE)) - named
        return Verified(count, last.sha256 if last else None, tuple(erased), len(loose))

    def _next(self, said: dict[str, Any], private_sha256: str | None) -> Entry:
        before = self.head()
        last = self.entry(before) if before else None
        head = {"layout": LAYOUT, "sequence": before + 1, "time": datetime.now(UTC).isoformat("T", "milliseconds")}
        tail = {"previous": last.sha256 if last else None, "private_sha256": private_sha256}
        body = _json({**head, **said, **tail})[:-1]
        return parse_entry(before + 1, body + _OWN + sha256(body).hexdigest().encode() + _END)

    def _last(self, known: int) -> int:
        """The highest number behind a known one: few looks, however many entries there are."""
        step = 1
        while self.path(known + step).exists():
            known, step = known + step, step * 2
        while step > 1:
            step //= 2
            known += step if self.path(known + step).exists() else 0
        return known

    def _link(self, stage: Path, entry: Entry) -> bool:
        """Let the entry appear, unless another took its number."""
        made = stage / f"{entry.sequence}{_SUFFIX}"
        write_durably(made, entry.data)
        try:
            os.link(made, self.path(entry.sequence))
        except FileExistsError:
            return False
        sync_folder(self.folder)
        return True

    def _keep_private(self, stage: Path, data: bytes) -> str:
        """Write a private part. It comes before its entry: whoever reads that finds it."""
        digest = sha256(data).hexdigest()
        made, kept = stage / PRIVATE, self._private_path(digest)
        kept.parent.mkdir(mode=0o750, exist_ok=True)
        write_durably(made, data, 0o640)
        os.link(made, kept)
        sync_folder(kept.parent)
        return digest

    def _private_path(self, digest: str) -> Path:
        return self.folder / PRIVATE / f"{digest}{_SUFFIX}"

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """A folder to write in, where nobody reads. What a killed writer left there is swept."""
        is_new = not self.folder.exists()
        sweep(self.folder / _STAGING, _PREFIX)
        stage, lock = make_locked_folder(self.folder / _STAGING, _PREFIX)
        if is_new:
            sync_folder(self.folder.parent)
        try:
            yield stage
        finally:
            for path in stage.iterdir():
                path.unlink()
            stage.rmdir()
            os.close(lock)

    def _numbers(self) -> Iterator[int]:
        names = (Path(name) for name in self._listed(self.folder))
        return (int(name.stem) for name in names if name.suffix == _SUFFIX and name.stem.isdecimal())

    def _listed(self, folder: Path) -> list[str]:
        with failing("read", folder):
            try:
                return [path.name for path in folder.iterdir()]
            except FileNotFoundError:
                return []


class Follower:
    """What follows from a log, read on as entries come. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        self.log, self._reading, self._read = log, Lock(), 0
        self._awaited = str(log.path(1))

    def refresh(self) -> None:
        """Take in what was appended meanwhile; one look at the disk tells whether anything was.

        Raises AuditBroken or StoreFailed: what stands now is unknown then, and not as it was before.
        """
        if not _is_there(self._awaited):
            return
        with self._reading:
            for entry in self.log.entries(self._read):
                self.apply(entry)
                self._read, self._awaited = entry.sequence, str(self.log.path(entry.sequence + 1))

    def apply(self, entry: Entry) -> None:
        """Take in one entry. Acts of which the follower knows nothing are none of its business."""
        raise NotImplementedError


def _is_there(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116  # It is asked for with every request, and a Path costs more than the disk.
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreFailed(f"Cannot read {path}: {error.strerror}.") from error
    return True


def _private_bytes(actor: Actor, private: Mapping[str, Any] | None) -> bytes | None:
    """The private part as it is written. Its salt keeps its digest from telling what a guess could confirm."""
    known = {**({"name": actor.name} if actor.name else {}), **(private or {})}
    return _json({"salt": token_hex(32), "private": known}) + b"\n" if known else None


def _json(value: object) -> bytes:
    """JSON, in which what is no character of Unicode - the command line may give such - is a question mark."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def chained(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, each held against the one before it. Raises AuditBroken."""
    previous = None
    for entry in entries:
        if entry.previous != previous:
            raise AuditBroken(entry.sequence, "does not follow the one before it, which was another then")
        previous = entry.sha256
        yield entry


def parse_entry(sequence: int, data: bytes) -> Entry:
    """The entry of a number in its bytes. Raises AuditBroken where they are not those that were written."""
    body, _, own = data.rpartition(_OWN)
    if own != sha256(body).hexdigest().encode() + _END:
        raise AuditBroken(sequence, "is damaged: its bytes are not those that were written")
    try:
        entry = Entry.model_validate({**orjson.loads(data), "data": data})
    except (ValidationError, orjson.JSONDecodeError, TypeError) as error:
        raise AuditBroken(sequence, "is not of a form that this Minshu reads. Upgrade it") from error
    if entry.sequence != sequence:
        raise AuditBroken(sequence, f"is entry {entry.sequence}, which was moved there")
    return entry
