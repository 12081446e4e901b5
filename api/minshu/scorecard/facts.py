"""What is known of a dataset before anything is measured: plain values out of the release that describes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from minshu.browse import Library, Release
from minshu.descriptors import paths_of, resources_of
from minshu.errors import NotFound, StoreError
from minshu.manifest import DESCRIPTOR, PACKAGE, Manifest
from minshu.opening import Openings
from minshu.scorecard.lists import INTERVALS, STRUCTURED

INLINE: Final = "inline"
"""The format of data that stands in the descriptor."""


@dataclass(frozen=True)
class DataFile:
    """A file that the publisher gave as data. `is_readable`: it was read as a table, or its format has a structure."""

    path: str
    format: str
    bytes: int
    sha256: str
    is_readable: bool


@dataclass(frozen=True)
class MessageCount:
    """How many were asked of a dataset in public, and how many of these were answered."""

    asked: int
    answered: int


NOTHING: Final = MessageCount(0, 0)

Tally = Mapping[str | None, MessageCount]
"""What was asked by dataset; what is about none of them stands under None."""


@dataclass(frozen=True)
class Facts:
    """What a dataset is by its newest release. `found` are the errors and the warnings of its report; None: unreadable.

    `released` are the days on which it had a release, the oldest first, as far back as they are looked at.
    """

    manifest: Manifest
    descriptor: Mapping[str, Any]
    openings: Openings
    is_gone: bool = False
    has_notes: bool = False
    found: tuple[int, int] | None = None
    released: tuple[date, ...] = ()

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.manifest.name

    @cached_property
    def resources(self) -> tuple[Mapping[str, Any], ...]:
        """What the package holds."""
        return tuple(resources_of(self.descriptor))

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The files of its resources, each once. Nothing of a file is told that is not in the release."""
        return data_files(self.manifest, self.resources)


@dataclass(frozen=True)
class Others:
    """Other datasets: how many, and the first of them by name."""

    count: int = 0
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Their names, as far as they are told."""
        return ", ".join((*self.names, "…") if self.count > len(self.names) else self.names)


@dataclass(frozen=True)
class Known:
    """What is known beside the release: the day, and what was counted elsewhere.

    `duplicates` are the doubled rows by table, as far as these had to be counted; None while they are being counted.
    `same_data` and `same_columns` are the other datasets that hold the same files, and the other tiny ones with the
    same columns. `feedback` is None where none is kept.
    """

    today: date
    duplicates: Mapping[str, int] | None = None
    same_data: Others = Others()
    same_columns: Others = Others()
    feedback: MessageCount | None = None


def facts_of(release: Release, days: Iterable[date]) -> Facts:
    """What is known of a release, and of its dataset the days on which it had others."""
    is_gone = release.status is not None and release.status.is_gone
    return Facts(
        manifest=release.manifest,
        descriptor={} if is_gone else release.descriptor,
        openings=release.openings,
        is_gone=is_gone,
        has_notes=not is_gone and _has_notes(release),
        found=None if is_gone else _found(release),
        released=tuple(sorted(set(days))),
    )


def days_of(library: Library, name: str, versions: Iterable[str]) -> list[date]:
    """The days of the newest releases among these versions, newest first; a damaged one has none."""
    days: list[date] = []
    for version in list(versions)[: INTERVALS + 1]:
        try:
            days.append(library.release(name, version).published.date())
        except (StoreError, NotFound):
            continue
    return days


def data_files(manifest: Manifest, resources: Iterable[Mapping[str, Any]]) -> tuple[DataFile, ...]:
    """The files of these resources that the manifest lists. Data in the descriptor is a file: the descriptor."""
    tables = {table.name for table in manifest.tables}
    readable: dict[str, bool] = {}
    for resource in resources:
        is_table = str(resource.get("name")) in tables
        if "data" in resource:
            readable[DESCRIPTOR] = True
        for path in paths_of(resource):
            plain = str(PurePosixPath(path))
            readable[plain] = readable.get(plain, False) or is_table or _ending(plain) in STRUCTURED
    entries = ((path, manifest.by_path.get(PACKAGE + path), ok) for path, ok in readable.items())
    return tuple(
        DataFile(path, INLINE if path == DESCRIPTOR else _ending(path), entry.bytes, entry.sha256, ok)
        for path, entry, ok in entries
        if entry
    )


def _ending(path: str) -> str:
    """How a file's name ends; without what only says that it is compressed."""
    pure = PurePosixPath(path)
    pure = pure.with_suffix("") if pure.suffix.lower() == ".gz" else pure
    return pure.suffix.lower().lstrip(".")


def _has_notes(release: Release) -> bool:
    try:
        return release.notes is not None
    except StoreError:
        return False


def _found(release: Release) -> tuple[int, int] | None:
    try:
        report = release.report
        told = report.to_dict()["stats"] if report else None
    except (StoreError, LookupError, TypeError, ValueError):
        return None
    return (told["errors"], told["warnings"]) if told else None
