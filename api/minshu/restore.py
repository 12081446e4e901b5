"""Restoring: a store from a backup, of which everything is proven before anything appears."""

import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, cast

from minshu.access import KEPT
from minshu.audit import FOLDER, Actor, AuditLog
from minshu.backup import COUNTS, HEADER, PACKED, Header, Progress, parse_header
from minshu.descriptors import NAME, safe_file
from minshu.disk import failing, sync_folder
from minshu.errors import BackupRefused, ReleaseConflict, UnsafePath
from minshu.scratch import make_locked_folder, sweep
from minshu.store import Store
from minshu.verify import verify_store
from minshu.versions import is_version

ACT: Final = "store-restored"

_STAGING: Final = ".restoring-"
_HEADER_BYTES: Final = 1 << 26
_CHUNK: Final = 1 << 20
_OWN: Final = {"lost+found"}
"""What a file system has of itself."""


@dataclass(frozen=True)
class Restored:
    """What a backup held, and how many of its releases were not in the store already."""

    header: Header
    added: int


def restore(archive: Path, root: Path, counts: Path, *, add: bool, progress: Progress = lambda _: None) -> Restored:
    """Make the store at `root` from an archive, `-` being stdin; where `add` is set, add what a store lacks.

    Raises BackupRefused where the archive is no whole backup, or the store holds something or has another history;
    DigestMismatch, AuditBroken, ReleaseConflict, or StoreFailed. Nothing of it has appeared then, unless it is
    StoreFailed: the same again, with `add`, goes on.
    """
    with failing("write", root):
        _refuse_occupied(root, add=add)
        sweep(root, _STAGING)
        stage, lock = make_locked_folder(root, _STAGING)
        try:
            stage.chmod(0o755)
            progress("Unpacking")
            header = _unpacked(archive, stage)
            progress("Verifying")
            _verify(stage, header, archive)
            progress("Restoring")
            added = _place(stage, Store(root), counts)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            os.close(lock)
    details = {"created": header.created.isoformat(), "entries": header.entries, "head": header.head, "added": added}
    AuditLog(root).append(ACT, Actor.local("operator"), details=details)
    return Restored(header, added)


def _refuse_occupied(root: Path, *, add: bool) -> None:
    names = {path.name for path in root.iterdir()} if root.is_dir() else set()
    if not add and any(name not in _OWN and not name.startswith(_STAGING) for name in names):
        raise BackupRefused(str(root), "holds something already. Restore elsewhere, or add to it with --add.")


def _unpacked(archive: Path, stage: Path) -> Header:
    """Unpack an archive. It is read as strangers' archives are: plain files alone, and none outside of the stage."""
    header = None
    try:
        with _source(archive) as source, tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise BackupRefused(str(archive), f"holds something else than a file: {member.name!r}.")
                if member.name == HEADER:
                    header = parse_header(content.read(_HEADER_BYTES), str(archive))
                else:
                    _write(_target(stage, member.name, archive), content, member.mode)
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(str(archive), f"is no whole archive: {error}.") from error
    if header is None:
        raise BackupRefused(str(archive), "is no backup of Minshu.")
    for folder, _, _ in os.walk(stage, topdown=False):
        sync_folder(Path(folder))
    return header


@contextmanager
def _source(archive: Path) -> Iterator[BinaryIO]:
    if str(archive) == "-":
        yield cast("BinaryIO", _Source(sys.stdin.buffer, "stdin"))
        return
    try:
        file = archive.open("rb")
    except OSError as error:
        raise BackupRefused(str(archive), f"cannot be read: {error.strerror}.") from error
    with file:
        if archive.suffix == PACKED:
            import pyarrow as pa  # It takes long to load, and is needed for this alone.

            yield cast("BinaryIO", _Source(pa.CompressedInputStream(file, "zstd"), str(archive)))
        else:
            yield cast("BinaryIO", _Source(file, str(archive)))


@dataclass
class _Source:
    """The bytes of an archive. What fails in reading them is no fault of the store."""

    file: BinaryIO
    name: str

    def read(self, size: int) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:
            raise BackupRefused(self.name, f"cannot be read: {error.strerror or error}.") from error


def _target(stage: Path, name: str, archive: Path) -> Path:
    """Where a member goes: into the log, the counts or a release."""
    try:
        target = safe_file(stage, name)
    except UnsafePath as error:
        raise BackupRefused(str(archive), f"names a file outside of the store: {name!r}.") from error
    first, *rest = PurePosixPath(name).parts
    is_known = first in (FOLDER, COUNTS) or (NAME.match(first) and len(rest) > 1 and is_version(rest[0]))
    if not is_known or target.exists():
        raise BackupRefused(str(archive), f"holds what is no part of a store: {name!r}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write(target: Path, content: IO[bytes], mode: int) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o644)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _verify(stage: Path, header: Header, archive: Path) -> None:
    """Compute every digest again, and hold what there is against what the archive says that it holds."""
    store = Store(stage)
    found = {(one.manifest.name, one.manifest.version): one.sha256 for one in verify_store(store)}
    if found != {(one.name, one.version): one.sha256 for one in header.releases}:
        raise BackupRefused(str(archive), "holds other releases than it says.")
    log = store.log.verify()
    if (log.entries, log.sha256) != (header.entries, header.head):
        raise BackupRefused(str(archive), "holds another log than it says.")


def _place(stage: Path, store: Store, counts: Path) -> int:
    """Let everything appear, the log first: a release that is withdrawn must not be served before it is known to be.

    Tells how many releases were added.
    """
    staged = Store(stage)
    releases = [(name, version) for name, versions in staged.releases().items() for version in versions]
    new = [release for release in releases if not _is_there(store, staged, *release)]
    _place_log(staged.log, store.log)
    _place_counts(stage / COUNTS, counts)
    for name, version in new:
        status = store.standing.status(name, version)
        if status and status.state == "purged":
            _drop_data(stage / name / version)
        (store.root / name).mkdir(exist_ok=True)
        (stage / name / version).rename(store.root / name / version)
        sync_folder(store.root / name)
    sync_folder(store.root)
    return len(new)


def _is_there(store: Store, staged: Store, name: str, version: str) -> bool:
    """Whether the store has this very release. Raises ReleaseConflict where it has another of this version."""
    if version not in store.versions(name):
        return False
    if store.digest(name, version) != staged.digest(name, version):
        raise ReleaseConflict(name, version)
    return True


def _place_log(staged: AuditLog, log: AuditLog) -> None:
    """Append the entries that the log lacks. Both must tell one history. Raises BackupRefused."""
    for entry in staged.entries():
        known = log.entry(entry.sequence)
        if known is not None and known.data != entry.data:
            raise BackupRefused(str(log.folder), f"has another entry {entry.sequence}: the store has another history.")
    log.folder.mkdir(exist_ok=True)
    for entry in staged.entries():
        if log.entry(entry.sequence) is None:
            # What was erased from an entry that is there stays erased.
            for path in reversed(staged.files(entry)):
                place = log.folder / path.relative_to(staged.folder)
                if path.exists():
                    place.parent.mkdir(mode=0o750, exist_ok=True)
                    os.link(path, place)
    for folder in (log.folder, log.folder.parent):
        sync_folder(folder)


def _place_counts(staged: Path, counts: Path) -> None:
    for path in sorted(staged.iterdir()) if staged.is_dir() else ():
        counts.mkdir(parents=True, exist_ok=True)
        if not (counts / path.name).exists():
            shutil.copyfile(path, counts / path.name)


def _drop_data(folder: Path) -> None:
    """Leave of a release what is left of one that is purged."""
    for path in folder.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
