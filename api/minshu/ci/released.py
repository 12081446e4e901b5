"""What was released before: in a store, or by a Minshu that is asked over HTTP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from minshu.download import download, listed
from minshu.errors import ReleaseNotFound
from minshu.store import Store, StoredRelease

States = Mapping[str, str | None]
"""The versions of a dataset, newest first, each with its state: `yanked`, `withdrawn` or `purged`, or None."""


class Released(Protocol):
    """The releases of datasets."""

    def versions(self, name: str) -> States:
        """Every version that a dataset ever had; none where there is no such dataset."""

    def release(self, name: str, version: str) -> StoredRelease:
        """One release, with all its files."""


class Nowhere:
    """No releases at all: every package would be the first of its dataset."""

    def versions(self, name: str) -> States:  # noqa: ARG002  # it is none, whatever the name
        """None."""
        return {}

    def release(self, name: str, version: str) -> StoredRelease:
        """Never asked for, since there are no versions."""
        raise ReleaseNotFound(name, version, ())


class InStore:
    """The releases of a store on disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def versions(self, name: str) -> States:
        """Every version that a dataset ever had."""
        statuses = {version: self._store.standing.status(name, version) for version in self._store.versions(name)}
        return {version: status.state if status else None for version, status in statuses.items()}

    def release(self, name: str, version: str) -> StoredRelease:
        """One release, where it lies."""
        return self._store.release(name, version)


class AtUrl:
    """The releases that a Minshu has, each fetched into a folder when it is needed."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._store = url, Store(folder)

    def versions(self, name: str) -> States:
        """Every version that a dataset ever had. Raises DownloadError."""
        return listed(name, self._url)

    def release(self, name: str, version: str) -> StoredRelease:
        """One release, with every file of it proven by its digest. Raises DownloadError."""
        return download(name, version, self._url, self._store)
