"""Publishing: a package becomes a release that never changes.

The package is copied into the store's staging folder first and judged there, so what was judged is what is released,
byte for byte, whatever happens to the original meanwhile.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path, PurePosixPath

import duckdb
import orjson

from minshu import acts
from minshu.artifacts import media_type_of, released_file, write_tables, write_zip
from minshu.audit import Actor
from minshu.charts.chart import SUFFIXES
from minshu.descriptors import NAME, Package, paths_of, read_package, safe_file
from minshu.diff import Difference, Side, compared
from minshu.diff.versioning import FIRST
from minshu.digests import sha256_of
from minshu.errors import (
    IdentityMissing,
    IdentityRefused,
    InvalidPackage,
    ReleaseConflict,
    ReservedPath,
    StoreFailed,
)
from minshu.keyring import Keyring
from minshu.manifest import (
    COMPANIONS,
    CROISSANT,
    DESCRIPTOR,
    DIFF,
    INDEXES,
    MANIFEST,
    PACKAGE,
    REPORT,
    SIGNATURE,
    Manifest,
    Predecessor,
    ReleasedFile,
    ReleasedTable,
)
from minshu.opening import openings
from minshu.provenance import described_texts
from minshu.redaction import disclosed_report
from minshu.report import Report
from minshu.settings import Settings
from minshu.signing import SigningKey
from minshu.store import Store, StoredRelease
from minshu.succession import base_side, computed_version, require_step, staged_side
from minshu.validation import Judgement, judge
from minshu.versions import is_version, precedes

WORK = "work.duckdb"

CHARTS = ("chart", *(f"chart.{suffix}" for suffix in SUFFIXES))
# Nobody else writes to these databases, so that a transaction fails for no other reason.
DISK_FAILURES = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.TransactionException,
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """A release, its validation report, and whether this call made it: the same package twice changes nothing.

    `difference` is what changed since the release before, where there is one and this call made the release.
    """

    release: StoredRelease
    report: Report | None
    created: bool
    difference: Difference | None = None


def publish(
    package: Package,
    rules_file: Path | None,
    store: Store,
    settings: Settings,
    progress: Progress = lambda _: None,
    actor: Actor | None = None,
    *,
    numbered: bool = True,
) -> Published:
    """Validate a package and release it. `progress` is told each step as it begins; `actor` is this user if not given.

    A package that is not `numbered` gets the version that its changes take; if there are none, nothing is published.
    Raises InvalidPackage with the report, IdentityMissing, IdentityRefused, ReservedPath, UnstorableTable,
    VersionTooSmall where the changes take a larger one, ReleaseConflict where the version exists with other content,
    VersionSpent, RulesError, KeyUnusable, or StoreFailed; the store is then as it was, but for the entry of its log
    that tells of the refusal.
    """
    who = actor or Actor.local("publisher")
    with acts.refusals(store, who, package.name, package.version):
        return _published(package, rules_file, store, settings, progress, who, numbered=numbered)


def pack(package: Package, folder: Path, archive: Path) -> None:
    """Zip a package as its release would have it, by way of a new folder: the same package gives the same bytes."""
    _copied(package, folder)
    write_zip(folder, _files_below(folder), archive)


def _published(
    package: Package,
    rules_file: Path | None,
    store: Store,
    settings: Settings,
    progress: Progress,
    actor: Actor,
    *,
    numbered: bool,
) -> Published:
    draft = package if numbered else package.identified(None, FIRST)
    name, version = _identity(draft)
    acts.recover(store)
    if numbered:
        acts.refuse_spent(store, name, version)
    key = SigningKey.read(settings.signing_key) if settings.signing_key else None
    keyring = Keyring(store.log)
    if key:
        keyring.admit(key.public)
    _refuse_reserved(package, name)
    with store.staging(name) as stage:
        progress("Copying the package")
        copy = _copied(draft, stage / PACKAGE)
        if numbered and (existing := _existing(store, name, version)):
            _refuse_other_content(existing, stage)
            return Published(existing, None, created=False)
        judgement, tables = _judged(copy, rules_file, stage, f"{name}.duckdb", settings, progress)
        progress("Comparing with the release before")
        digests = _digests(stage)
        base = base_side(store, name, version if numbered else None)
        difference = _compared(base, staged_side(copy, stage, tables, digests), stage, settings)
        if numbered:
            require_step(difference, version)
        else:
            version = computed_version(difference, store.versions(name))
            acts.refuse_spent(store, name, version)
            copy = _described(package.identified(None, version), stage / PACKAGE)
        if difference and difference.old.version == version:
            return Published(store.release(name, version), judgement.report, created=False)
        progress("Writing the release")
        if difference:
            difference = difference.of_version(version)
            (stage / DIFF).write_bytes(difference.dumps())
        _complete(copy, stage, judgement)
        data = _manifest(copy, stage, tables, digests, judgement, _previous(store, name, version)).dumps()
        if key:
            keyring.add(key.public, actor)
            (stage / SIGNATURE).write_bytes(key.sign(data).dumps())
        release = store.commit(stage, data)
        # Before the folder's lock is given up: so nobody takes its publisher for dead, and logs it as well.
        acts.record(store, release, actor)
    return Published(release, judgement.report, created=True, difference=difference)


def _identity(package: Package) -> tuple[str, str]:
    if package.name is None:
        raise IdentityMissing("name")
    if package.version is None:
        raise IdentityMissing("version")
    if not NAME.match(package.name):
        raise IdentityRefused(
            f"The name {package.name!r} cannot stand in every URL and path: begin with a letter a-z or a digit, "
            "and go on with those, '.', '_' and '-'."
        )
    if not is_version(package.version):
        raise IdentityRefused(f"The version {package.version!r} is not one of Semantic Versioning, such as 1.0.0.")
    return package.name, package.version


def _refuse_reserved(package: Package, name: str) -> None:
    reserved = {
        MANIFEST: "the release's manifest",
        SIGNATURE: "the signature over it",
        REPORT: "the validation report",
        DIFF: "the difference from the release before",
        DESCRIPTOR: "the package's descriptor",
        CROISSANT: "its description in Croissant",
        f"{name}.zip": "the whole package",
        f"{name}.duckdb": "the release's database",
        INDEXES.rstrip("/"): "where the service keeps what it finds rows by",
        **{f"{resource.get('name')}/rows": "the rows of a table" for resource in package.resources},
        **{f"{text}/source": "a text with its records" for text in described_texts(package.descriptor)},
        **{f"{resource.get('name')}/stats": "the statistics of a table" for resource in package.resources},
        **{f"{resource.get('name')}/{file}": "a chart of a table" for resource in package.resources for file in CHARTS},
    }
    derived = (f"{resource.get('name')}.json" for resource in package.resources)
    for path in (*named_files(package), *derived):
        for place in (PurePosixPath(path), *PurePosixPath(path).parents):
            if str(place) in reserved:
                raise ReservedPath(path, reserved[str(place)])


def _copied(package: Package, target: Path) -> Package:
    """The package, copied file by file to its own paths. A file that is missing is left to the report."""
    target.mkdir()
    for path in {*named_files(package), *COMPANIONS}:
        source = safe_file(package.folder, path)
        if source.is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / path)
    return _described(package, target)


def _described(package: Package, target: Path) -> Package:
    """The package of a folder, once its descriptor is written there."""
    made = json.dumps(package.descriptor, ensure_ascii=False, indent=2) + "\n"
    (target / DESCRIPTOR).write_bytes(package.text or made.encode("utf-8"))
    return read_package(target / DESCRIPTOR)


def named_files(package: Package) -> Iterator[str]:
    """The local paths that the descriptor names: data, and schemas and dialects by reference."""
    for resource in package.resources:
        yield from paths_of(resource)
        yield from (value for key in ("schema", "dialect") if isinstance(value := resource.get(key), str))


def _judged(
    package: Package, rules_file: Path | None, stage: Path, database: str, settings: Settings, progress: Progress
) -> tuple[Judgement, tuple[ReleasedTable, ...]]:
    """The verdict on the copy and its tables, written. The rows wait in a file, so that memory is not their limit."""
    with _disk_failures(), duckdb.connect(stage / WORK) as connection:
        connection.execute(f"set memory_limit = '{settings.publish_memory}B'")
        progress("Validating")
        judgement = judge(package, rules_file, connection, settings, release=True)
        if not judgement.report.valid:
            raise InvalidPackage(judgement.report, judgement.report.error_count)
        progress("Writing the tables")
        tables = write_tables(judgement.tables, connection, stage, database, settings.search_rows)
    (stage / WORK).unlink()
    return judgement, tables


@contextmanager
def _disk_failures() -> Iterator[None]:
    """DuckDB's and SQLite's words for a disk that is full or broken, as ours."""
    try:
        yield
    except (*DISK_FAILURES, sqlite3.OperationalError) as error:
        raise StoreFailed(f"Cannot write the release: {str(error).splitlines()[0]}.") from error


def _compared(base: Side | None, side: Side, stage: Path, settings: Settings) -> Difference | None:
    if base is None:
        return None
    with _disk_failures():
        return compared(base, side, settings.publish_memory, stage)


def _digests(stage: Path) -> dict[str, str]:
    """The SHA-256 of the files so far, but for the descriptor, which may yet be given another version."""
    return {path: sha256_of(stage / path) for path in _files_below(stage) if path != f"{PACKAGE}{DESCRIPTOR}"}


def _complete(package: Package, stage: Path, judgement: Judgement) -> None:
    """Write what is made of the package once its version is known: the report and the zip."""
    (stage / REPORT).write_bytes(disclosed_report(judgement.report, package).to_json())
    write_zip(stage / PACKAGE, _files_below(stage / PACKAGE), stage / f"{package.name}.zip")


def _manifest(
    package: Package,
    stage: Path,
    tables: tuple[ReleasedTable, ...],
    digests: Mapping[str, str],
    judgement: Judgement,
    previous: Predecessor | None,
) -> Manifest:
    """The manifest of all that is staged."""
    schemas = {table.name: table.schema for table in judgement.tables}
    descriptor = package.descriptor
    return Manifest(
        name=descriptor["name"],
        version=descriptor["version"],
        title=descriptor.get("title"),
        description=descriptor.get("description"),
        published=datetime.now(UTC).replace(microsecond=0),
        generator=f"minshu {installed_version('minshu')}",
        previous=previous,
        schema_sha256=sha256(orjson.dumps(schemas, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        rules_sha256=judgement.rules.sha256 if judgement.rules else None,
        rules=tuple(judgement.rules.declared()) if judgement.rules else (),
        opening=openings(descriptor),
        tables=tables,
        files=tuple(_released_files(package, stage, tables, digests)),
    )


def _released_files(
    package: Package, stage: Path, tables: tuple[ReleasedTable, ...], digests: Mapping[str, str]
) -> Iterator[ReleasedFile]:
    resources = {f"{PACKAGE}{path}": resource for resource in package.resources for path in paths_of(resource)}
    rows = {table.path: table.rows for table in tables}
    rows |= _rows_of_originals(package, tables)
    for path in _files_below(stage):
        yield released_file(
            stage, path, rows.get(path), media_type_of(path, resources.get(path, {})), digests.get(path)
        )


def _rows_of_originals(package: Package, tables: tuple[ReleasedTable, ...]) -> dict[str, int]:
    """The rows of the original files that hold one whole table each."""
    rows = {table.name: table.rows for table in tables}
    single = ((paths_of(resource), resource.get("name")) for resource in package.resources)
    return {f"{PACKAGE}{paths[0]}": rows[name] for paths, name in single if len(paths) == 1 and name in rows}


def _existing(store: Store, name: str, version: str) -> StoredRelease | None:
    return store.release(name, version) if version in store.versions(name) else None


def _previous(store: Store, name: str, version: str) -> Predecessor | None:
    """The highest version below this one. Its digest is enough: a damaged release must not block its correction."""
    lower = next((known for known in store.versions(name) if precedes(known, version)), None)
    return Predecessor(version=lower, sha256=store.digest(name, lower)) if lower else None


def _refuse_other_content(existing: StoredRelease, stage: Path) -> None:
    paths = (path for path in _files_below(stage) if path.startswith(PACKAGE))
    if {path: sha256_of(stage / path) for path in paths} != existing.manifest.package_files:
        raise ReleaseConflict(existing.manifest.name, existing.manifest.version)


def _files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
