"""The store of releases, in a folder.

`NAME/VERSION/` holds a release, and it exists if and only if its `release.json` does. There is no registry beside
the files to keep in step. A release is written into a staging folder and appears whole, by one rename.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from minshu.errors import DatasetNotFound, ReleaseConflict, ReleaseNotFound, StoreFailed
from minshu.manifest import MANIFEST, Manifest, parse_manifest
from minshu.versions import is_version, latest, newest_first

STAGING = ".staging-"


@dataclass(frozen=True)
class StoredRelease:
    """A release on disk: its folder, its manifest, and the SHA-256 of the manifest - the digest of the release."""

    folder: Path
    manifest: Manifest
    sha256: str


class Store:
    """Releases in a folder. Reading never needs more than listing and reading, so it can be copied anywhere."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """The datasets that have a release, sorted."""
        return [name for name in _folders(self.root) if self.versions(name)]

    def versions(self, name: str) -> list[str]:
        """The released versions of a dataset, newest first; none where there is no such dataset."""
        folder = self.root / name
        return newest_first(v for v in _folders(folder) if is_version(v) and (folder / v / MANIFEST).is_file())

    def resolve(self, name: str, version: str = "latest") -> str:
        """The version that `latest` stands for, or the version itself where it is released.

        Raises DatasetNotFound or ReleaseNotFound.
        """
        versions = self.versions(name) if name in _folders(self.root) else []
        if not versions:
            raise DatasetNotFound(name)
        found = latest(versions) if version == "latest" else version
        if found is None or found not in versions:
            raise ReleaseNotFound(name, version, versions)
        return found

    def release(self, name: str, version: str = "latest") -> StoredRelease:
        """A release with its manifest.

        Raises DatasetNotFound, ReleaseNotFound, ManifestUnreadable, or StoreFailed.
        """
        folder = self.root / name / self.resolve(name, version)
        with _failing("read", folder):
            data = (folder / MANIFEST).read_bytes()
        return StoredRelease(folder, parse_manifest(data, f"{name}/{folder.name}/{MANIFEST}"), sha256(data).hexdigest())

    @contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """An empty folder to build a release in; it is gone afterwards, unless it was committed.

        A lock on the folder tells that its publisher lives: what a killed one left behind is swept here.
        """
        with _failing("write", self.root / name):
            (self.root / name).mkdir(parents=True, exist_ok=True)
            self.sweep(name)
            stage, lock = _stage_below(self.root / name)
        try:
            with _failing("write", stage):
                yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            os.close(lock)
            _remove_if_empty(self.root / name)

    def commit(self, stage: Path, data: bytes) -> StoredRelease:
        """Make the staged files a release: its manifest, `data`, is written last, and all of it appears at once.

        Raises ReleaseConflict when the version was published meanwhile, StoreFailed when the disk fails.
        """
        manifest = parse_manifest(data, MANIFEST)
        final = self.root / manifest.name / manifest.version
        with _failing("write", final):
            (stage / MANIFEST).write_bytes(data)
            _sync(stage)
            if final.is_dir() and not (final / MANIFEST).exists():
                shutil.rmtree(final)  # Not a release: nothing that a reader can see.
            try:
                stage.rename(final)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise ReleaseConflict(manifest.name, manifest.version) from error
                raise
            _sync_folder(final.parent)
            _sync_folder(self.root)
        return self.release(manifest.name, manifest.version)

    def sweep(self, name: str) -> None:
        """Remove the staging folders whose publisher is gone."""
        for path in (self.root / name).glob(f"{STAGING}*"):
            lock = _lock(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


@contextmanager
def _failing(verb: str, path: Path) -> Iterator[None]:
    """Say what failed, in words, where the operating system gives a number."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreFailed(f"Cannot {verb} {error.filename or path}: {reason}.") from error


def _folders(path: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stage_below(folder: Path) -> tuple[Path, int]:
    """A new staging folder and the lock on it. A sweeper may take it before it is locked: then another is made."""
    while True:
        stage = Path(mkdtemp(prefix=STAGING, dir=folder))
        lock = _lock(stage)
        if lock is not None and stage.exists():
            stage.chmod(0o755)
            return stage, lock
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the lock on the folder, or None where another process holds it or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _sync(folder: Path) -> None:
    """Make every file below the folder durable, and then the folders that name them."""
    for root, _, files in os.walk(folder, topdown=False):
        for file in files:
            with (Path(root) / file).open("rb") as handle:
                os.fsync(handle.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # It holds other releases.
