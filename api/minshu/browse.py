"""Reading what was released: datasets, releases, their files, tables and rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from minshu.exports import ExportedFile
from minshu.filters import RowQuery
from minshu.formats import Column
from minshu.manifest import Manifest, ReleasedColumn, ReleasedFile, ReleasedTable
from minshu.settings import Settings
from minshu.store import Store


@dataclass(frozen=True)
class Dataset:
    """A dataset's name and versions, newest first. `latest` is None where all are pre-releases."""

    name: str
    versions: tuple[str, ...]
    latest: str | None


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release: where it lies, and what the manifest says of it."""

    path: Path
    entry: ReleasedFile


@dataclass(frozen=True)
class Page:
    """Some rows, ready for JSON, and the token of the page after; None on the last page."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]
    next: str | None


class Table:
    """One table of a release."""

    entry: ReleasedTable
    columns: tuple[Column, ...]

    @property
    def released_columns(self) -> Sequence[ReleasedColumn]:
        """The columns as `RowQuery.from_params` wants them."""
        return self.entry.columns

    def page(self, query: RowQuery, size: int, token: str | None = None) -> Page:
        """The first rows of the answer, or those after the page that gave the token.

        Raises BadPage for a token that was not given out for this very question.
        """
        raise NotImplementedError

    def count(self, query: RowQuery) -> int:
        """How many rows the answer has."""
        raise NotImplementedError

    def export(self, query: RowQuery, format_name: str) -> ExportedFile:
        """The whole answer as a file in one of `formats.FORMATS`."""
        raise NotImplementedError


class Release:
    """One release: immutable, so that all of it may be cached for good."""

    name: str
    version: str
    sha256: str
    manifest: Manifest
    folder: Path

    @property
    def published(self) -> datetime:
        """When it was published."""
        return self.manifest.published

    @property
    def descriptor(self) -> dict[str, Any]:
        """The published `datapackage.json`. Shared by all callers: never change it."""
        raise NotImplementedError

    def file(self, path: str) -> ReleaseFile:
        """The file at this percent-decoded path under the release's URL. Raises FileNotInRelease."""
        raise NotImplementedError

    def table(self, name: str) -> Table:
        """The table of this resource. Raises ResourceNotFound."""
        raise NotImplementedError


class Library:
    """The releases of a store, for readers. Safe to use from many threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        raise NotImplementedError

    def datasets(self) -> list[Dataset]:
        """Every dataset, by name. Always fresh: a new release appears at once."""
        raise NotImplementedError

    def dataset(self, name: str) -> Dataset:
        """One dataset. Raises DatasetNotFound."""
        raise NotImplementedError

    def resolve(self, name: str, version: str) -> str:
        """The exact version that `version`, which may be `latest`, stands for. Raises ReleaseNotFound."""
        raise NotImplementedError

    def release(self, name: str, version: str) -> Release:
        """One release; `version` may be `latest`. Raises DatasetNotFound, ReleaseNotFound, or ManifestUnreadable."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the databases, and remove the cache if it is a temporary one."""
        raise NotImplementedError
