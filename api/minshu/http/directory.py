"""The catalogue in memory: every dataset as its newest release describes it, always as the store is now.

What a release says is read once. A request costs a look at the log and at each dataset's folder: a catalogue of a
thousand datasets is listed and searched at once.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import nlargest
from operator import itemgetter
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import orjson

from minshu.browse import Dataset, Library, Release
from minshu.errors import DatasetNotFound, MinshuError, StoreError
from minshu.http.describe import Description, archive_bytes, core_facts, formats, said
from minshu.http.index import Index
from minshu.manifest import REPORT, ReleasedTable
from minshu.metadata import asset_register
from minshu.metadata.core_catalogue import ITEMS, cells
from minshu.metadata.items import told
from minshu.opening import Attribute
from minshu.store import Stamp

log = logging.getLogger(__name__)

LOOK: Final = 60.0
"""Seconds after which every manifest is looked at again: as long as answers may be kept. The folder of a release that
somebody fills or changes by hand tells nothing of it."""

PUBLISHER: Final = "publisher"


@dataclass(frozen=True, eq=False)
class Entry:
    """A dataset, and the release that describes it: the newest, or None where that is damaged.

    It is the same object until something happens to its dataset, so what was found out of it once need not be again.
    """

    dataset: Dataset
    release: Release | None

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.dataset.name

    @cached_property
    def told(self) -> Description:
        """What its publisher says of it."""
        return said(self.release.descriptor) if self.release else {}

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.told.get("title") or self.name)

    @property
    def is_gone(self) -> bool:
        """Whether nobody is given its data any more."""
        return self.release is None or (self.release.status is not None and self.release.status.is_gone)

    @cached_property
    def tables(self) -> tuple[ReleasedTable, ...]:
        """Its tables."""
        return self.release.manifest.tables if self.release else ()

    @cached_property
    def rows(self) -> int:
        """The rows of all its tables."""
        return sum(table.rows for table in self.tables)

    @cached_property
    def bytes(self) -> int:
        """How large the whole package is, as it is downloaded."""
        return (archive_bytes(self.release) if self.release else None) or 0

    @cached_property
    def published(self) -> float:
        """When its newest release was published, in seconds since 1970."""
        return self.release.published.timestamp() if self.release else 0.0

    @cached_property
    def attribute(self) -> Attribute | None:
        """To whom its data is open, all of it together."""
        return self.release.openings.whole.attribute if self.release else None

    @property
    def themes(self) -> tuple[str, ...]:
        """Its keywords."""
        return tuple(self.told.get("keywords", ()))

    @cached_property
    def publishers(self) -> tuple[str, ...]:
        """Who publishes it; all who contributed, where nobody is said to."""
        contributors = [one for one in self.told.get("contributors", ()) if "title" in one]
        own = [one for one in contributors if PUBLISHER in one.get("roles", ())]
        return tuple(dict.fromkeys(one["title"] for one in own or contributors))

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The formats of its files, as they were published."""
        return tuple(formats(self.release.descriptor)) if self.release else ()

    @cached_property
    def core(self) -> tuple[str, ...]:
        """Its items in the columns of the core catalogue, in Chinese; nothing of what is damaged."""
        return cells(told(ITEMS, core_facts(self.release))) if self.release else ()

    @cached_property
    def asset(self) -> tuple[str, ...]:
        """What it says of itself in the columns of the asset register; nothing of what is damaged."""
        return asset_register.cells(self.release.descriptor) if self.release else ()

    @cached_property
    def warnings(self) -> int | None:
        """How many warnings its validation gave. Errors it has none, else it were not published; None: not known."""
        try:
            report = orjson.loads(self.release.file(REPORT).path.read_bytes()) if self.release else {}
            return int(report["stats"]["warnings"])
        except (OSError, LookupError, TypeError, ValueError, MinshuError):
            log.exception("The report of %s cannot be read", self.name)
            return None

    @cached_property
    def index(self) -> Index:
        """What a search finds it by."""
        return Index.of(self.name, self.told, self.tables)


@dataclass(frozen=True)
class _Known:
    """An entry, and what its dataset's folder looked like when it was made."""

    stamp: Stamp
    entry: Entry


class Directory:
    """The entries of a library. Safe to use from many threads."""

    def __init__(self, library: Library) -> None:
        self._library, self._lock = library, Lock()
        self._known: dict[str, _Known] = {}
        self._position, self._until = -1, 0.0
        self._moments: WeakKeyDictionary[Entry, tuple[tuple[datetime, str], ...]] = WeakKeyDictionary()

    def entries(self) -> tuple[Entry, ...]:
        """Every dataset, by name. Raises AuditBroken or StoreFailed."""
        with self._lock:
            (position, stamps), now = self._library.marks(), time.monotonic()
            is_same = position == self._position and now < self._until
            self._known = dict(self._read(stamps, is_same=is_same))
            self._position, self._until = position, self._until if is_same else now + LOOK
            return tuple(known.entry for known in self._known.values())

    def last(self, most: int) -> list[tuple[str, str]]:
        """The releases of which anything was said last, newest first, by name and version: so many of all datasets.

        Of each dataset its highest versions are looked at, so many as well; what is damaged is left out. A manifest is
        read for it once, as long as nothing happens to its dataset. Raises as `entries`.
        """
        found: list[tuple[datetime, str, str]] = []
        for entry in self.entries():
            if (moments := self._moments.get(entry)) is None:
                moments = self._moments[entry] = tuple(self._said(entry.dataset, most))
            found += [(moment, entry.name, version) for moment, version in moments]
        return [(name, version) for _, name, version in nlargest(most, found, key=itemgetter(0))]

    def _said(self, dataset: Dataset, most: int) -> Iterator[tuple[datetime, str]]:
        for version in dataset.versions[:most]:
            try:
                yield self._library.release(dataset.name, version).modified, version
            except StoreError:
                log.exception("%s %s is not in the feed", dataset.name, version)

    def warm(self) -> None:
        """Read and fold what is said of every dataset, which takes a millisecond or two each. Raises as `entries`."""
        for entry in self.entries():
            _ = entry.index

    def _read(self, stamps: Mapping[str, Stamp], *, is_same: bool) -> Iterator[tuple[str, _Known]]:
        """The entries of these folders: those that are known, where nothing happened to them."""
        for name, stamp in stamps.items():
            known = self._known.get(name)
            if is_same and known and known.stamp == stamp:
                yield name, known
            elif entry := self._entry(name, known.entry if known else None):
                yield name, _Known(stamp, entry)

    def _entry(self, name: str, known: Entry | None) -> Entry | None:
        """The entry as it is now; None where the folder holds no release (any more)."""
        try:
            dataset = self._library.dataset(name)
        except DatasetNotFound:
            return None
        if known and known.dataset == dataset and self._is_current(known.release):
            return known
        return Entry(dataset, newest_readable(self._library, dataset))

    def _is_current(self, release: Release | None) -> bool:
        return release is not None and self._library.is_current(release)


def newest(library: Library, dataset: Dataset) -> Release:
    """The release that describes a dataset: the newest, or what is nearest to it where `latest` stands for nothing."""
    standing = (version for version in dataset.versions if version not in dataset.statuses)
    return library.release(dataset.name, dataset.latest or next(standing, dataset.versions[0]))


def newest_readable(library: Library, dataset: Dataset) -> Release | None:
    """The same, or None where it is damaged: the catalogue goes on without it."""
    try:
        release = newest(library, dataset)
        _ = release.descriptor  # Whoever asks for the entry asks for this, and then it is too late to go on.
    except StoreError:
        log.exception("%s is not described in the catalogue", dataset.name)
        return None
    return release
