"""Doubled rows, counted exactly in the database of a release: once, for a release never changes.

Only tables without a primary key are counted, and only those that everybody may have, since a count tells of rows.
DuckDB holds to its memory limit and waits on disk for what does not fit. One release is counted at a time.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import BinaryIO, Final

import duckdb
import orjson

from minshu.browse import Library, Release
from minshu.errors import ExportsOverloaded, MinshuError
from minshu.paging import Source
from minshu.scorecard.counting import has_no_double

log = logging.getLogger(__name__)

COUNT_VERSION: Final = 1
"""Raised when rows are to be compared in another way than before."""

Counts = Mapping[str, int]


@dataclass(frozen=True)
class _Kept:
    suffix: str = ".duplicates.json"
    media_type: str = "application/json"


class Duplicates:
    """The doubled rows of releases by table: remembered, else counted by and by. Safe to use from many threads."""

    def __init__(self, library: Library) -> None:
        self._library, self._lock = library, Lock()
        self._known: dict[str, Counts] = {}
        self._waiting: dict[str, Future[Counts | None]] = {}
        self._executor: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._running: duckdb.DuckDBPyConnection | None = None
        self.finished = 0
        """How many releases were counted: while it is the same, so is all that is known."""

    def of(self, release: Release, patience: float = 0.0) -> Counts | None:
        """The doubled rows, or None where they are not counted within so many seconds: then they are soon."""
        if not counted_tables(release):
            return {}
        with self._lock:
            known = self._known.get(release.sha256)
            if known is not None:
                return known
            if self._is_closed:
                return None
            future = self._waiting.get(release.sha256) or self._begun(release)
        try:
            return future.result(patience)
        except (Late, CancelledError):
            return None

    def count(self, release: Release) -> Counts:
        """The doubled rows, counted now. A table that cannot be read is left out. Raises ExportsOverloaded."""
        try:
            key = sha256(orjson.dumps(["duplicates", COUNT_VERSION, release.sha256])).hexdigest()
            kept = self._library.kept(key, _Kept(), lambda out: self._write(release, out))
            found: dict[str, int] = orjson.loads(kept.path.read_bytes())
        except ExportsOverloaded:
            raise
        except (MinshuError, OSError, ValueError) as error:
            log.warning("The rows of %s %s cannot be compared: %s", release.name, release.version, str(error))
            return {}
        return found

    def close(self) -> None:
        """Stop counting, in the middle if need be."""
        with self._lock:
            self._is_closed, executor, self._executor = True, self._executor, None
            if executor is None:
                return
            executor.shutdown(wait=False, cancel_futures=True)
            if self._running:
                self._running.interrupt()
        executor.shutdown()

    def _begun(self, release: Release) -> "Future[Counts | None]":
        """The count, put behind those that wait."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "duplicates")
        future = self._waiting[release.sha256] = self._executor.submit(self._counted, release)
        return future

    def _counted(self, release: Release) -> Counts | None:
        try:
            found = self.count(release)
        except ExportsOverloaded:
            found = None  # Who asks next begins it again.
        with self._lock:
            if found is not None:
                self._known[release.sha256] = found
                self.finished += 1
            self._waiting.pop(release.sha256, None)
        return found

    def _write(self, release: Release, out: BinaryIO) -> None:
        with self._library.reading(release) as (connection, database):
            with self._lock:
                self._running = connection
            try:
                out.write(orjson.dumps(dict(_each(connection, database, release))))
            finally:
                with self._lock:
                    self._running = None


def counted_tables(release: Release) -> list[str]:
    """The tables whose doubled rows have to be counted."""
    if release.status is not None and release.status.is_gone:
        return []
    tables = release.manifest.tables
    return [one.name for one in tables if not has_no_double(one) and release.openings.of(one.name).is_open]


def _each(connection: duckdb.DuckDBPyConnection, database: str, release: Release) -> list[tuple[str, int]]:
    found = []
    for name in counted_tables(release):
        table = release.table(name)  # Through the gate, whatever was told of it.
        source = Source(database, name, tuple(column.name for column in table.columns))
        statement = f"SELECT count(*) FROM (SELECT DISTINCT * FROM {source.sql})"
        ((different,),) = connection.execute(statement).fetchall()
        found.append((name, table.entry.rows - different))
    return found
