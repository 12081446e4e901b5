"""What a person names to be compared: a release, a package on disk, or the address of either."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import duckdb

from minshu.catalogue import Catalogue
from minshu.descriptors import Package, opened, safe_file
from minshu.diff import Side, SideName, released_side
from minshu.diff.side import loaded_tables
from minshu.digests import sha256_of
from minshu.download import download, download_file
from minshu.errors import DownloadError, InvalidPackage
from minshu.manifest import COMPANIONS, MANIFEST, parse_manifest
from minshu.publish import named_files
from minshu.references import self_contained
from minshu.settings import Settings
from minshu.store import Store, StoredRelease
from minshu.validation import judge

SCHEMES = ("http", "https")


@contextmanager
def named_side(name: str, settings: Settings) -> Iterator[Side]:
    """The side of what is named: `NAME@VERSION` in the store, a path, or an address. It lives as long as the block.

    What lies on disk goes before a release of the same name. Nothing is fetched but from an address that is given.
    Raises InvalidPackage for a package that is not valid, DownloadError, and what opening either raises.
    """
    path = Path(name)
    if urlsplit(name).scheme in SCHEMES:
        with TemporaryDirectory(prefix="minshu-") as folder:
            yield from _fetched(name, Path(folder), settings)
    elif (path / MANIFEST).is_file():
        yield _release_in(path)
    elif "@" in name and not path.exists():
        dataset, _, version = name.partition("@")
        yield released_side(Store(settings.store).release(dataset, version or "latest"))
    else:
        yield from _loaded(path, Catalogue(settings.catalogue).rules_for(path), settings)


def _release_in(folder: Path) -> Side:
    """A release by its folder, in a store or out of one."""
    data = (folder / MANIFEST).read_bytes()
    manifest = parse_manifest(data, str(folder / MANIFEST))
    return released_side(StoredRelease(folder, manifest, sha256(data).hexdigest()))


def _fetched(address: str, folder: Path, settings: Settings) -> Iterator[Side]:
    """The release at a Minshu, as `minshu get` fetches it, or the package in a zip."""
    place = urlsplit(address)
    base, _, rest = place.path.rstrip("/").partition("/datasets/")
    parts = [unquote(part) for part in rest.split("/")]
    if place.path.endswith(".zip"):
        archive = folder / "package.zip"
        download_file(address, archive, settings.archive_bytes)
        yield from _loaded(archive, None, settings)
    elif parts[0] and (len(parts) == 1 or (len(parts) == 3 and parts[1] == "versions")):
        version = parts[2] if len(parts) == 3 else "latest"
        origin = f"{place.scheme}://{place.netloc}{base}"
        yield released_side(download(parts[0], version, origin, Store(folder / "store")))
    else:
        raise DownloadError(
            f"{address} is no address of a release, such as https://HOST/datasets/NAME/versions/VERSION, nor of a zip."
        )


def _loaded(path: Path, rules: Path | None, settings: Settings) -> Iterator[Side]:
    """A package on disk, validated as `publish` does it, with its tables in a database of their own."""
    with opened(path, settings) as package, TemporaryDirectory(prefix="minshu-") as folder:
        database = Path(folder) / "tables.duckdb"
        with duckdb.connect(database) as connection:
            connection.execute(f"set memory_limit = '{settings.publish_memory}B'")
            judgement = judge(package, rules, connection, settings, release=True)
        if not judgement.report.valid:
            raise InvalidPackage(judgement.report, judgement.report.error_count)
        descriptor, _ = self_contained(package)
        yield Side(
            name=SideName(name=package.name, version=package.version),
            descriptor=descriptor,
            tables=loaded_tables(judgement.tables),
            files=dict(_digests(package)),
            database=database,
            digests={},
            hidden=1,
        )


def _digests(package: Package) -> Iterator[tuple[str, str]]:
    """The files of a package that a release of it would hold."""
    for path in {*named_files(package), *COMPANIONS}:
        file = safe_file(package.folder, path)
        if file.is_file():
            yield path, sha256_of(file)
