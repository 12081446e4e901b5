"""What a new release follows, what changed since, and whether its version says so."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb

from minshu.descriptors import Package
from minshu.diff import Bump, Difference, Side, SideName, released_side
from minshu.diff.versioning import FIRST, base_of, is_enough, is_prerelease, stepped
from minshu.diff.wording import place
from minshu.errors import ManifestUnreadable, PackageError, StoreFailed, VersionTooSmall
from minshu.manifest import DESCRIPTOR, PACKAGE, ReleasedTable
from minshu.references import self_contained
from minshu.store import Store


def base_side(store: Store, name: str, version: str | None) -> Side | None:
    """The release that a new one is compared with: the highest below it that is no pre-release, else the highest.

    Without a `version`, the highest of all. One that is withdrawn or cannot be read must not block its correction.
    """
    for known in base_of(store.versions(name), version):
        status = store.standing.status(name, known)
        if status and status.is_gone:
            continue
        with suppress(ManifestUnreadable, StoreFailed, PackageError, duckdb.Error):
            release = store.release(name, known)
            side = released_side(release)
            duckdb.connect(side.database, read_only=True).close()
            return side
    return None


def staged_side(package: Package, stage: Path, tables: Collection[ReleasedTable], digests: Mapping[str, str]) -> Side:
    """A release in the making, as a side. `digests` are those of its files so far, by their paths in it."""
    descriptor, _ = self_contained(package)
    files = {path.removeprefix(PACKAGE): digest for path, digest in digests.items() if path.startswith(PACKAGE)}
    return Side(
        name=SideName(name=package.name, version=package.version),
        descriptor=descriptor,
        tables={table.name: table for table in tables},
        files={path: digest for path, digest in files.items() if path != DESCRIPTOR},
        database=stage / f"{package.name}.duckdb",
        digests={table.name: digests[table.path] for table in tables if table.path in digests},
    )


def require_step(difference: Difference | None, version: str) -> None:
    """Raises VersionTooSmall where the version is not as far from the base as the changes take.

    Nothing is asked of a first release, nor after a pre-release: it promises nothing.
    """
    if difference is None:
        return
    base = str(difference.old.version)
    if is_enough(base, version, difference.verdict):
        return
    causes = [f"{place(change) or 'the package'}: {change.sentence}" for change in difference.causes]
    raise VersionTooSmall(base, version, difference.verdict, stepped(base, difference.verdict), causes)


def computed_version(difference: Difference | None, versions: Collection[str]) -> str:
    """The version that the changes take: 1.0.0 for a first release, that of the base itself where nothing changed.

    It is above every release, though a later one than the base may be too damaged to be compared with.
    """
    if difference is None:
        return stepped(base_of(versions)[0], Bump.major) if versions else FIRST
    base = str(difference.old.version)
    if difference.verdict is Bump.none and not is_prerelease(base):
        return base
    newest = base_of(versions)[0]
    return stepped(newest, difference.verdict)
