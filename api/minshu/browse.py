"""Reading what was released: datasets, releases, their files, tables and rows.

A release tells everybody what it is. What leads to its data - `file`, `table`, `database` - passes the gate, `access`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, BinaryIO, Final
from urllib.parse import unquote

import duckdb
import orjson
from pydantic import ValidationError

from minshu import access
from minshu.access import ANYBODY, Reader
from minshu.changelog import notes_of
from minshu.codings import Coding
from minshu.databases import Databases
from minshu.descriptors import Descriptor, read_package
from minshu.diff.model import Difference
from minshu.disk import failing
from minshu.errors import (
    DatasetNotFound,
    FileNotInRelease,
    ManifestUnreadable,
    ResourceNotFound,
    SignatureRefused,
)
from minshu.exports import AT_ONCE, ExportedFile, Exports, Written, copy_key
from minshu.filecache import FileCache, Lookups
from minshu.indexes import Indexes
from minshu.making import Growing
from minshu.manifest import DESCRIPTOR, DIFF, MANIFEST, PACKAGE, REPORT, SIGNATURE, Manifest, ReleasedFile
from minshu.opening import Opening, Openings, openings
from minshu.provenance import Provenance, provenance
from minshu.references import self_contained
from minshu.report import Report
from minshu.scratch import Scratch
from minshu.settings import Settings
from minshu.signing import Signature
from minshu.standing import Status
from minshu.store import Stamp, Store, StoredRelease, stamp_of
from minshu.tables import Page, Row, Services, Table
from minshu.versions import latest

__all__ = ["Dataset", "Library", "Page", "Release", "ReleaseFile", "Row", "Table"]

RELEASES_KEPT = 256
CHANGELOG: Final = "CHANGELOG.md"
# Bytes of a changelog that are read: the newest versions stand at its head.
CHANGELOG_MAX: Final = 1 << 20
# Seconds that a copy in a coding waits for its turn.
COPY_PATIENCE: Final = 1.0


@dataclass(frozen=True)
class Dataset:
    """A dataset's name and versions, newest first. `latest` is None where it may stand for none of them.

    `statuses` has those that do not stand as they were published.
    """

    name: str
    versions: tuple[str, ...]
    latest: str | None
    statuses: Mapping[str, Status] = field(default_factory=dict)


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release: where it lies, and what the manifest says of it."""

    path: Path
    entry: ReleasedFile


class Release:
    """One release: immutable but for its status, so that all of it may be cached for good while that is the same."""

    def __init__(self, stored: StoredRelease, stamp: Stamp | None, status: Status | None, services: Services) -> None:
        self.status, self.stamp = status, stamp
        self.name, self.version = stored.manifest.name, stored.manifest.version
        self.sha256, self.manifest, self.folder = stored.sha256, stored.manifest, stored.folder
        self.manifest_path = str(stored.folder / MANIFEST)
        self._tables = {entry.name: Table(stored, entry, services) for entry in self.manifest.tables}
        self.signature, signature_file = _signature(stored)
        size = stamp[2] if stamp else 0
        manifest_file = ReleasedFile(path=MANIFEST, sha256=self.sha256, bytes=size, media_type="application/json")
        self._files = _files(self.manifest, [manifest_file, *signature_file])

    @property
    def modified(self) -> datetime:
        """When anything was last said of it."""
        return max(self.published, self.status.since) if self.status else self.published

    @property
    def published(self) -> datetime:
        """When it was published."""
        return self.manifest.published

    @property
    def is_purged(self) -> bool:
        """Whether nothing but the manifest is left of it."""
        return self.status is not None and self.status.state == "purged"

    @property
    def tag(self) -> str:
        """What answers about the release depend on: its digest, and which entry of the log says what of it."""
        return f"{self.sha256} {self.status.sequence}" if self.status else self.sha256

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The published `datapackage.json`, as far as it is left. Shared by all callers: never change it."""
        if self.is_purged:
            return self.manifest.model_dump(include={"name", "version", "title", "description"}, exclude_none=True)
        path = self.folder / PACKAGE / DESCRIPTOR
        try:
            with failing("read", path):
                descriptor = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise ManifestUnreadable(f"{self.name}/{self.version}/{PACKAGE}{DESCRIPTOR} is damaged.") from error
        return descriptor  # type: ignore[no-any-return]  # Publishing accepts nothing but an object.

    @cached_property
    def notes(self) -> str | None:
        """What the package's changelog says of this version, in Markdown; None where it says nothing."""
        if self.is_purged or f"{PACKAGE}{CHANGELOG}" not in self.manifest.by_path:
            return None
        path = self.folder / PACKAGE / CHANGELOG
        with failing("read", path), path.open("rb") as file:
            return notes_of(file.read(CHANGELOG_MAX).decode("utf-8", "replace"), self.version)

    @cached_property
    def openings(self) -> Openings:
        """To whom its data is open. Manifests from before they told it leave that to the descriptor."""
        return self.manifest.opening or openings(self.descriptor)

    @cached_property
    def provenance(self) -> tuple[Provenance, ...]:
        """Which of its tables say where in a text their records stand."""
        columns = {table.name: {one.name: one.field_type for one in table.columns} for table in self.manifest.tables}
        return () if self.is_purged else provenance(self.descriptor, columns)

    def has_file(self, url_path: str) -> bool:
        """Whether a file stands at this percent-encoded path under the release's URL, of which a `%2F` is no slash."""
        entry = self._files.get(unquote(url_path))
        return entry is not None and self.manifest.url_path(entry.path) == url_path

    @cached_property
    def difference(self) -> Difference | None:
        """What changed since the release before; None where there was none, or where it was not compared."""
        if self.is_purged or DIFF not in self.manifest.by_path:
            return None
        try:
            with failing("read", self.folder / DIFF):
                return Difference.model_validate_json((self.folder / DIFF).read_bytes())
        except ValidationError as error:
            raise ManifestUnreadable(f"{self.name}/{self.version}/{DIFF} is damaged.") from error

    @cached_property
    def report(self) -> Report | None:
        """The report that it was published with; None where it is purged."""
        path = self.folder / REPORT
        with failing("read", path):
            return None if self.is_purged else Report.from_dict(orjson.loads(path.read_bytes()))

    @cached_property
    def schemas(self) -> Mapping[str, Descriptor]:
        """The Table Schemas by table, as far as their publisher wrote any, and they are left."""
        if self.is_purged:
            return {}
        descriptor, _ = self_contained(read_package(self.folder / PACKAGE / DESCRIPTOR))
        return {str(one.get("name")): one["schema"] for one in descriptor["resources"] if one.get("schema")}

    def file(self, path: str, reader: Reader = ANYBODY) -> ReleaseFile:
        """The file at this percent-decoded path under the release's URL.

        Only what the manifest lists is ever found, whatever the path is made of.
        Raises FileNotInRelease, or what the gate does where the file holds data.
        """
        entry = self._files.get(path)
        if entry is None:
            raise FileNotInRelease(path)
        if entry.path not in access.KEPT and (self.is_purged or entry.path in self._data):
            self._check(self._data.get(entry.path, self.openings.whole), reader)
        return ReleaseFile(self.folder / entry.path, entry)

    def is_free(self, path: str) -> bool:
        """Whether everybody is given the file of this path in the release."""
        if path in access.KEPT or (path not in self._data and not self.is_purged):
            return True
        return not (self.status and self.status.is_gone) and self._data[path].is_open

    def has_table(self, name: str) -> bool:
        """Whether this resource is a table."""
        return name in self._tables

    def table(self, name: str, reader: Reader = ANYBODY) -> Table:
        """The table of this resource. Raises ResourceNotFound, or what the gate does."""
        if name not in self._tables:
            raise ResourceNotFound(name, self._tables)
        self._check(self.openings.of(name), reader)
        return self._tables[name]

    def database(self, reader: Reader = ANYBODY) -> Path:
        """The database that holds all tables. Raises what the gate does."""
        self._check(self.openings.whole, reader)
        return self.folder / self.manifest.database

    @cached_property
    def _data(self) -> Mapping[str, Opening]:
        """The files that hold data, each with its opening."""
        return access.openings_of_data(self.manifest, self.descriptor, self.openings)

    def _check(self, opening: Opening, reader: Reader) -> None:
        """Pass the gate, on the way to data. Raises what it does."""
        access.check(self.name, self.version, self.status, opening, reader)


def _signature(stored: StoredRelease) -> tuple[Signature | None, list[ReleasedFile]]:
    """The signature as it is served. One that cannot be read is none to readers; `minshu verify` tells of it."""
    try:
        signature = stored.signature()
    except SignatureRefused:
        return None, []
    if signature is None:
        return None, []
    data = (stored.folder / SIGNATURE).read_bytes()
    file = ReleasedFile(path=SIGNATURE, sha256=sha256(data).hexdigest(), bytes=len(data), media_type="application/json")
    return signature, [file]


def _files(manifest: Manifest, own: list[ReleasedFile]) -> dict[str, ReleasedFile]:
    """The files by where they stand under the URL. An original hides what was derived."""
    entries = sorted([*manifest.files, *own], key=lambda entry: entry.path.startswith(PACKAGE))
    return {unquote(manifest.url_path(entry.path)): entry for entry in entries}


class Library:
    """The releases of a store, for readers. Safe to use from many threads.

    What a release holds is remembered; which there are is always looked up, so that a new one appears at once and a
    removed one is gone. `answers` is where answers to SQL may be kept.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._lock, self.memory = store, Lock(), settings.query_memory
        self._releases: OrderedDict[tuple[str, str], Release] = OrderedDict()
        with ExitStack() as opened:
            cache = settings.cache or Path(opened.enter_context(TemporaryDirectory(prefix="minshu-")))
            scratch = opened.enter_context(Scratch(cache)).path
            spill = scratch / "spill"
            spill.mkdir()
            databases = Databases(store.root, spill, settings.query_memory)
            opened.callback(databases.close)
            indexes = Indexes()
            opened.callback(indexes.close)
            # Other server processes make exports on the same cores.
            at_once = max(1, AT_ONCE // settings.workers)
            exports = Exports(cache / "exports", scratch, settings.cache_bytes, at_once=at_once)
            self.answers = FileCache(cache / "answers", scratch, settings.sql_cache_bytes)
            self._services = Services(databases, indexes, exports, settings.page_size_max)
            # The number of the last entry of the log that let these be emptied.
            self._mark = cache / "purged"
            self._forgotten = 0
            with suppress(FileNotFoundError, ValueError):
                self._forgotten = int(self._mark.read_text())
            self._open = opened.pop_all()

    def datasets(self) -> list[Dataset]:
        """Every dataset, by name. Always fresh: a new release appears at once."""
        return [self._dataset(name, found) for name, found in self._store.releases().items()]

    def dataset(self, name: str) -> Dataset:
        """One dataset. Raises DatasetNotFound."""
        versions = self._store.versions(name)
        if not versions:
            raise DatasetNotFound(name)
        return self._dataset(name, versions)

    def resolve(self, name: str, version: str) -> str:
        """The exact version that `version`, which may be `latest`, stands for.

        Raises DatasetNotFound or ReleaseNotFound.
        """
        return self._store.resolve(name, version)

    def release(self, name: str, version: str) -> Release:
        """One release; `version` may be `latest`. Raises DatasetNotFound, ReleaseNotFound, or ManifestUnreadable."""
        self._forget_purged()
        known = self.held(name, version)
        if known:
            return known
        exact = self.resolve(name, version)
        known = self.held(name, exact)
        return known or self._read(name, exact)

    def coded(
        self, path: Path, sha256: str, coding: Coding, head_start: float | None
    ) -> ExportedFile | Growing[ExportedFile]:
        """A copy of a file with this digest in a coding; to be followed where it isn't made within `head_start`.

        Raises ExportsOverloaded soon rather than late, for the file itself will do as well.
        """

        def write(out: BinaryIO) -> None:
            with path.open("rb") as source:
                coding.encode(source, out)

        key = copy_key(sha256, coding.name)
        return self._services.exports.soon(key, coding, write, head_start, patience=COPY_PATIENCE)

    def kept(self, key: str, written: Written, write: Callable[[BinaryIO], object]) -> ExportedFile:
        """A file that can be made again, made once and kept as exports are. Raises what `Exports.file` does."""
        return self._services.exports.file(key, written, write)

    def reading(self, release: Release) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, str]]:
        """The tables of a release, for who has passed its gate: a connection, and the database's name in it."""
        return self._services.databases.reading(release.sha256, release.folder / release.manifest.database)

    def export_lookups(self) -> Lookups:
        """How often an export was there already, and how often it had to be made."""
        return self._services.exports.lookups()

    def held(self, name: str, version: str) -> Release | None:
        """A release that was read before, if its manifest is still the same file and its status the same.

        Raises AuditBroken or StoreFailed where the status is not known.
        """
        with self._lock:
            release = self._releases.get((name, version))
        # The disk is asked without the lock: one that is slow is not to stop everybody.
        if release is None or not self.is_current(release):
            return None
        with self._lock:
            if (name, version) in self._releases:
                self._releases.move_to_end((name, version))
        return release

    def is_current(self, release: Release) -> bool:
        """Whether a release is still what was read: its manifest the same file, its status the same.

        Raises AuditBroken or StoreFailed where the status is not known.
        """
        if release.stamp is None or stamp_of(release.manifest_path) != release.stamp:
            return False
        return self._store.standing.status(release.name, release.version) == release.status

    def marks(self) -> tuple[int, dict[str, Stamp]]:
        """The log's last entry, and every dataset's folder with its stamp: what is the same while nothing happens.

        Raises AuditBroken or StoreFailed.
        """
        return self._store.standing.position(), self._store.marks()

    def close(self) -> None:
        """Close the databases and indexes, and remove the cache if it is a temporary one."""
        self._open.close()

    def _forget_purged(self) -> None:
        """Keep nothing that was made of releases, here or on the disk, once one more is purged."""
        purged = self._store.standing.last_purge()
        if purged <= self._forgotten:
            return
        with self._lock:
            self._releases.clear()
        self._services.indexes.close()
        self._services.databases.detach_idle()
        with failing("write", self._mark):
            self._services.exports.clear()
            self.answers.clear()
            self._mark.write_text(str(purged))
        self._forgotten = purged

    def _dataset(self, name: str, versions: list[str]) -> Dataset:
        standing = self._store.standing
        statuses = {version: status for version in versions if (status := standing.status(name, version))}
        return Dataset(name, tuple(versions), latest(v for v in versions if v not in statuses), statuses)

    def _read(self, name: str, version: str) -> Release:
        # The stamp first: what is replaced while it is read must not be taken for what replaced it.
        stamp = stamp_of(self._store.root / name / version / MANIFEST)
        status = self._store.standing.status(name, version)
        stored = self._store.release(name, version)
        release = Release(stored, stamp, status, self._services)
        with self._lock:
            if stamp:
                self._releases[name, version] = release
            while len(self._releases) > RELEASES_KEPT:
                self._releases.popitem(last=False)
        return release
