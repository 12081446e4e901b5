"""Backups: a store in one tar archive, as it was at one entry of its log, while others may go on publishing.

First comes what the archive holds, then the log up to that entry, the counts, and every release, of which each file is
held against its digest on the way: a backup is of what was released, or it is none.
"""

import os
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version as installed_version
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from minshu.access import KEPT
from minshu.audit import FOLDER, Entry
from minshu.disk import failing, sync_folder
from minshu.errors import BackupRefused, DigestMismatch
from minshu.manifest import MANIFEST
from minshu.standing import FETCHED, PUBLISHED
from minshu.store import Store, StoredRelease

LAYOUT: Final = 1
HEADER: Final = "minshu-backup.json"
COUNTS: Final = ".counts"
PACKED: Final = ".zst"
"""How the name of an archive ends that is compressed. Most of a release is already."""

_CHUNK: Final = 1 << 20
_ATTEMPTS: Final = 5

Progress = Callable[[str], None]


class SavedRelease(BaseModel):
    """A release of a backup, by the digest of its manifest."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    sha256: str


class Header(BaseModel):
    """What a backup holds: releases, and the log up to its entry `entries`, of which `head` is the digest."""

    model_config = ConfigDict(frozen=True)

    layout: int = Field(LAYOUT, ge=1, le=LAYOUT)
    created: datetime
    generator: str
    entries: int
    head: str | None
    releases: tuple[SavedRelease, ...]


def parse_header(data: bytes, where: str) -> Header:
    """The header in `data`; `where` names the archive in errors. Raises BackupRefused."""
    try:
        return Header.model_validate_json(data)
    except ValidationError as error:
        raise BackupRefused(where, "is no backup that this Minshu reads.") from error


def backup(store: Store, counts: Path, archive: Path, progress: Progress = lambda _: None) -> Header:
    """Write a store into an archive, `-` being stdout. `progress` is told each step as it begins.

    Raises BackupRefused where something is there already, DigestMismatch, AuditBroken, or StoreFailed; then there is
    no archive.
    """
    store.require()
    entries, releases = _moment(store)
    header = Header(
        created=datetime.now(UTC).replace(microsecond=0),
        generator=f"minshu {installed_version('minshu')}",
        entries=len(entries),
        head=entries[-1].sha256 if entries else None,
        releases=tuple(
            SavedRelease(name=one.manifest.name, version=one.manifest.version, sha256=one.sha256) for one in releases
        ),
    )
    purged = {(entry.dataset, entry.version) for entry in entries if entry.act == "purged"}
    with failing("write", archive), _sink(archive) as sink, _tar(sink) as tar:
        _add_bytes(tar, HEADER, header.model_dump_json(indent=2).encode())
        _add_log(tar, store, entries)
        _add_counts(tar, counts)
        for release in releases:
            progress(f"Backing up {release.manifest.name} {release.manifest.version}")
            is_purged = (release.manifest.name, release.manifest.version) in purged
            _add_release(tar, release, is_purged=is_purged)
    return header


def _moment(store: Store) -> tuple[list[Entry], list[StoredRelease]]:
    """The log as it is, and the releases that it knows of or that are older than it.

    Releases are listed after the log was read, so that none is missing, and those that came between are left out. One
    that is missing all the same was purged meanwhile, of which a second look at the log tells.
    """
    for _ in range(_ATTEMPTS):
        entries = list(store.log.entries())
        listed = [(name, version) for name, versions in store.releases().items() for version in versions]
        known, later = _recorded(entries), _recorded(store.log.entries(len(entries)))
        if known <= {*listed}:
            break
    else:
        name, version = min(known - {*listed})
        raise DigestMismatch(f"{name}/{version}", "is in the log of the store, and is not there.")
    return entries, [store.release(*release) for release in listed if release in known or release not in later]


def _recorded(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    return {
        (entry.dataset, entry.version)
        for entry in entries
        if entry.act in (PUBLISHED, FETCHED) and entry.dataset and entry.version
    }


@contextmanager
def _sink(archive: Path) -> Iterator[BinaryIO]:
    """Where the archive is written to. It appears when it is whole, and its owner alone can read it."""
    if str(archive) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if archive.exists():
        raise BackupRefused(str(archive), "is there already. A backup is never overwritten.")
    part = archive.with_name(f"{archive.name}.part")
    # The log tells in private who did what, and has the hashes of tokens.
    file = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    try:
        with file, _packed(file) if archive.suffix == PACKED else nullcontext(file) as sink:
            yield sink
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(archive)
        sync_folder(archive.absolute().parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _packed(file: BinaryIO) -> Iterator[BinaryIO]:
    import pyarrow as pa  # It takes long to load, and is needed for this alone.

    with pa.CompressedOutputStream(file, "zstd") as sink:
        yield sink


def _tar(sink: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK)


def _add_log(tar: tarfile.TarFile, store: Store, entries: list[Entry]) -> None:
    """The entries, and of their private parts those that were not erased."""
    for entry in entries:
        for path in store.log.files(entry):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            mode = path.stat().st_mode & 0o777
            _add_bytes(tar, f"{FOLDER}/{path.relative_to(store.log.folder).as_posix()}", data, mode)


def _add_counts(tar: tarfile.TarFile, folder: Path) -> None:
    """The files of days before those of months: a day that is merged meanwhile is in one of them, or known in both."""
    names = [path.name for path in folder.glob("*.json")] if folder.is_dir() else []
    for name in sorted(names, key=lambda name: (name.count(".") < 2, name)):
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        _add_bytes(tar, f"{COUNTS}/{name}", data)


def _add_release(tar: tarfile.TarFile, release: StoredRelease, *, is_purged: bool) -> None:
    """The files of a release, each as it was released. Raises DigestMismatch."""
    base = f"{release.manifest.name}/{release.manifest.version}"
    for name in sorted(KEPT):
        path = release.folder / name
        if path.exists():
            data = path.read_bytes()
            if name == MANIFEST and sha256(data).hexdigest() != release.sha256:
                raise DigestMismatch(str(path), "changed while it was read.")
            _add_bytes(tar, f"{base}/{name}", data)
    for entry in () if is_purged else release.manifest.files:
        with (release.folder / entry.path).open("rb") as file:
            hashed = _Hashed(file)
            info = _info(f"{base}/{entry.path}", os.fstat(file.fileno()).st_size)
            tar.addfile(info, hashed)  # type: ignore[arg-type]  # It reads, and that is all that is asked of it.
        if hashed.hexdigest() != entry.sha256:
            raise DigestMismatch(str(release.folder / entry.path), f"is not what was released: {entry.sha256}.")


@dataclass
class _Hashed:
    """A file of which the digest is taken while it is read."""

    file: BinaryIO

    def __post_init__(self) -> None:
        self._hash = sha256()

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    tar.addfile(_info(name, len(data), mode), BytesIO(data))


def _info(name: str, size: int, mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return info
