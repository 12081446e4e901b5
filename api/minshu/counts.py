"""How often what was read: per day, dataset, version and format, and never by whom.

Each server process keeps what it counts on a day in a file of its own, which it replaces whole: a crash loses the
last seconds and nothing else. Files of days long past are merged into one for each month. A merged file stays named
there, so that it is counted once though a crash should leave it behind.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from secrets import token_hex
from threading import Lock
from time import time
from typing import Any, Final, NamedTuple

import orjson

from minshu.disk import exclusively, failing, write_durably

LAYOUT: Final = 1

SETTLED: Final = timedelta(days=2)
"""A day so long past is counted no more by any process."""

_SECONDS: Final = 86400
_EPOCH: Final = date(1970, 1, 1)
_SUFFIX: Final = ".json"
_UNFINISHED: Final = ".part"
_LOCK: Final = "lock"
_ATTEMPTS: Final = 5


class Subject(NamedTuple):
    """What is read, on which day and in which format."""

    day: date
    dataset: str
    version: str
    format: str


@dataclass
class Readings:
    """How often something was read whole or from its beginning, in further parts, and found to be unchanged."""

    reads: int = 0
    parts: int = 0
    unchanged: int = 0

    def add(self, reads: int, parts: int, unchanged: int) -> None:
        """Add others to these."""
        self.reads += reads
        self.parts += parts
        self.unchanged += unchanged


Counted = dict[Subject, Readings]


class Tally:
    """What one process has counted and not handed over yet. It lives in one thread."""

    def __init__(self) -> None:
        self._counted: dict[tuple[int, str, str, str], Readings] = {}

    def readings(self, dataset: str, version: str, format_: str) -> Readings:
        """Today's readings, to be added to."""
        key = (int(time()) // _SECONDS, dataset, version, format_)
        found = self._counted.get(key)
        if found is None:
            found = self._counted[key] = Readings()
        return found

    def take(self) -> Counted:
        """What was counted since this was asked last."""
        taken, self._counted = self._counted, {}
        return {Subject(_EPOCH + timedelta(days=day), *what): readings for (day, *what), readings in taken.items()}


class Counts:
    """The counts of all processes, in a folder. Each process has an object of its own, for any of its threads."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._id, self._lock = folder, token_hex(6), Lock()
        self._own: Counted = {}
        self._unwritten: set[date] = set()
        self._summed: tuple[int, Counted] = (0, {})

    def keep(self, counted: Counted) -> None:
        """Add to what this process has counted, and write that. What cannot be written now is the next time.

        Raises StoreFailed.
        """
        with self._lock, failing("write", self.folder):
            self._take(counted)
            for day in sorted(self._unwritten):
                own = {subject: readings for subject, readings in self._own.items() if subject.day == day}
                self._write(f"{day}.{self._id}{_SUFFIX}", own, [])
                self._unwritten.discard(day)

    def read(self) -> Counted:
        """The counts of all processes, added up. Shared by all callers: never change them. Raises StoreFailed."""
        with failing("read", self.folder):
            try:
                stamp = self.folder.stat().st_mtime_ns
            except FileNotFoundError:
                return {}
            if self._summed[0] != stamp:
                self._summed = stamp, self._sum()
            return self._summed[1]

    def merge(self, today: date) -> None:
        """Merge the files of days long past into those of their months, unless another process does.

        Raises StoreFailed.
        """
        with failing("write", self.folder), self._alone() as alone:
            days = sorted(self._names(day_only=True)) if alone else []
            settled = [name for name in days if date.fromisoformat(name[:10]) <= today - SETTLED]
            for month, names in groupby(settled, lambda name: name[:7]):
                self._merge(f"{month}{_SUFFIX}", list(names))
            if alone:
                for path in self.folder.glob(f"*{_UNFINISHED}"):
                    if path.stat().st_mtime < time() - SETTLED.total_seconds():
                        path.unlink()

    def _take(self, counted: Counted) -> None:
        """Add to what this process has counted. Days long past need no more room, be they written or not."""
        _add(self._own, counted)
        oldest = max((subject.day for subject in self._own), default=_EPOCH) - SETTLED
        self._own = {subject: readings for subject, readings in self._own.items() if subject.day > oldest}
        self._unwritten |= {subject.day for subject in counted}
        self._unwritten = {day for day in self._unwritten if day > oldest}

    def _merge(self, month: str, names: list[str]) -> None:
        counted, merged = self._content(month) if (self.folder / month).exists() else ({}, [])
        for name in names:
            if name not in merged:
                _add(counted, self._content(name)[0])
        self._write(month, counted, sorted({*merged, *names}))
        for name in names:
            (self.folder / name).unlink()

    def _sum(self) -> Counted:
        for _ in range(_ATTEMPTS):
            try:
                return self._sum_once()
            except FileNotFoundError:
                continue  # It was merged meanwhile, into a file that was read before.
        return self._sum_once()

    def _sum_once(self) -> Counted:
        summed: Counted = {}
        known: set[str] = set()
        for name in self._names(day_only=False):
            counted, merged = self._content(name)
            _add(summed, counted)
            known.update(merged)
        for name in self._names(day_only=True):
            if name not in known:
                _add(summed, self._content(name)[0])
        return summed

    def _names(self, *, day_only: bool) -> Iterator[str]:
        """The files of days, or those of months."""
        names = (name for name in os.listdir(self.folder) if name.endswith(_SUFFIX))  # noqa: PTH208
        return (name for name in names if (name.count(".") > 1) == day_only)

    def _content(self, name: str) -> tuple[Counted, list[str]]:
        content: dict[str, Any] = orjson.loads((self.folder / name).read_bytes())
        rows = content["counts"]
        return {Subject(date.fromisoformat(day), *what): Readings(*n) for day, *what, n in rows}, content["merged"]

    def _write(self, name: str, counted: Counted, merged: list[str]) -> None:
        """Replace a file by one that is whole."""
        rows = [[*subject, [found.reads, found.parts, found.unchanged]] for subject, found in sorted(counted.items())]
        part = self.folder / f"{name}.{self._id}{_UNFINISHED}"
        self.folder.mkdir(exist_ok=True)
        part.unlink(missing_ok=True)
        write_durably(part, orjson.dumps({"layout": LAYOUT, "merged": merged, "counts": rows}))
        part.replace(self.folder / name)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process merges meanwhile; nor is there anything to merge where there is no folder."""
        if not self.folder.is_dir():
            yield False
            return
        with exclusively(self.folder / _LOCK) as is_alone:
            yield is_alone


def _add(total: Counted, counted: Counted) -> None:
    for subject, found in counted.items():
        total.setdefault(subject, Readings()).add(found.reads, found.parts, found.unchanged)
