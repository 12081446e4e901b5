"""The store of releases, in a folder.

`NAME/VERSION/` holds a release, and it exists if and only if its `release.json` does. There is no registry beside
the files to keep in step; what was said of a release since, such as that it is withdrawn, is told by the log. A release
is written into a staging folder and appears whole, by one rename.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from minshu.audit import AuditLog
from minshu.descriptors import NAME
from minshu.disk import failing, sync_folder
from minshu.errors import DatasetNotFound, ManifestUnreadable, ReleaseConflict, ReleaseNotFound, StoreFailed
from minshu.manifest import MANIFEST, SIGNATURE, Manifest, parse_manifest
from minshu.scratch import make_locked_folder, sweep
from minshu.signing import Signature, parse_signature
from minshu.standing import Standing
from minshu.versions import is_version, latest, newest_first

STAGING = ".staging-"

Stamp = tuple[int, int, int]
"""What tells one file from another of the same name, without reading it."""


def stamp_of(path: str | Path) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        stat = os.stat(path)  # noqa: PTH116  # It is asked for with every request, and a Path costs more than the disk.
    except (OSError, ValueError):  # No path holds a null byte.
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


@dataclass(frozen=True)
class StoredRelease:
    """A release on disk: its folder, its manifest, and the SHA-256 of the manifest - the digest of the release."""

    folder: Path
    manifest: Manifest
    sha256: str

    def signature(self) -> Signature | None:
        """Its signature, where it has one; whose it is and whether it is right has to be checked.

        Raises SignatureRefused where there is one that cannot be read, or StoreFailed.
        """
        file = self.folder / SIGNATURE
        with failing("read", file):
            try:
                data = file.read_bytes()
            except FileNotFoundError:
                return None
        return parse_signature(data, str(file))


class Store:
    """Releases in a folder. Reading never needs more than listing and reading, so it can be copied anywhere."""

    def __init__(self, root: Path) -> None:
        self.root, self.log = root, AuditLog(root)
        self.standing = Standing(self.log)

    def require(self) -> None:
        """Make sure that there is a store: a wrong path must not look like an empty one. Raises StoreFailed."""
        if not self.root.is_dir():
            raise StoreFailed(
                f"There is no store at {self.root}. Publish something there, or name another with --store."
            )

    def names(self) -> list[str]:
        """The datasets that have a release, sorted."""
        return list(self.releases())

    def releases(self) -> dict[str, list[str]]:
        """The released versions of every dataset, newest first. Raises StoreFailed where there is no store at all."""
        self.require()
        return {name: versions for name in _folders(self.root) if (versions := self.versions(name))}

    def marks(self) -> dict[str, Stamp]:
        """The folders that may hold a dataset, sorted, each with a stamp that is another when a version comes or goes.

        Raises StoreFailed where there is no store at all.
        """
        self.require()
        with failing("read", self.root), os.scandir(self.root) as found:
            stats = {entry.name: entry.stat() for entry in found if NAME.match(entry.name) and entry.is_dir()}
        return {name: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in sorted(stats.items())}

    def versions(self, name: str) -> list[str]:
        """The released versions of a dataset, newest first; none where there is no such dataset."""
        if not NAME.match(name):
            return []
        folder = self.root / name
        return newest_first(v for v in _folders(folder) if is_version(v) and (folder / v / MANIFEST).is_file())

    def resolve(self, name: str, version: str = "latest") -> str:
        """The version that `latest` stands for, or the version itself where it is released.

        Raises DatasetNotFound or ReleaseNotFound.
        """
        versions = self.versions(name)
        if not versions:
            self.require()
            raise DatasetNotFound(name)
        found = latest(self.standing.eligible(name, versions)) if version == "latest" else version
        if found is None or found not in versions:
            raise ReleaseNotFound(name, version, versions)
        return found

    def release(self, name: str, version: str = "latest") -> StoredRelease:
        """A release with its manifest.

        Raises DatasetNotFound, ReleaseNotFound, ManifestUnreadable, or StoreFailed.
        """
        folder = self.root / name / self.resolve(name, version)
        data = self._read(folder / MANIFEST)
        manifest = parse_manifest(data, f"{name}/{folder.name}/{MANIFEST}")
        if (manifest.name, manifest.version) != (name, folder.name):
            raise ManifestUnreadable(
                f"{name}/{folder.name}/{MANIFEST} is that of {manifest.name} {manifest.version}. Move it back there."
            )
        return StoredRelease(folder, manifest, sha256(data).hexdigest())

    def digest(self, name: str, version: str) -> str:
        """The digest of a release, though its manifest may be damaged: the SHA-256 of `release.json` as it is."""
        return sha256(self._read(self.root / name / version / MANIFEST)).hexdigest()

    def _read(self, file: Path) -> bytes:
        with failing("read", file):
            return file.read_bytes()

    @contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """An empty folder to build a release in; it is gone afterwards, unless it was committed.

        A lock on the folder tells that its publisher lives: what a killed one left behind is swept here.
        """
        with failing("write", self.root / name):
            sweep(self.root / name, STAGING)
            stage, lock = make_locked_folder(self.root / name, STAGING)
            stage.chmod(0o755)
        try:
            with failing("write", stage):
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
        with failing("write", final):
            (stage / MANIFEST).write_bytes(data)
            _sync(stage)
            try:
                stage.rename(final)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise
                if (final / MANIFEST).is_file():
                    raise ReleaseConflict(manifest.name, manifest.version) from error
                # Never swept: someone may be copying a release there, its manifest last.
                raise StoreFailed(f"{final} is in the way, and is no release. Remove it and publish again.") from error
            sync_folder(final.parent)
            sync_folder(self.root)
        return self.release(manifest.name, manifest.version)


def _folders(path: Path) -> list[str]:
    with failing("read", path):
        try:
            return sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and not entry.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []


def _sync(folder: Path) -> None:
    """Make every file below the folder durable, and then the folders that name them."""
    for root, _, files in os.walk(folder, topdown=False):
        for file in files:
            with (Path(root) / file).open("rb") as handle:
                os.fsync(handle.fileno())
        sync_folder(Path(root))


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # It holds other releases.
