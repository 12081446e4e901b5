"""The scorecards of a catalogue: what is known of each dataset is read once, and measured by the day."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Protocol
from weakref import WeakKeyDictionary

from minshu.browse import Dataset, Library, Release
from minshu.errors import StoreError
from minshu.scorecard.asked import AskedOf
from minshu.scorecard.duplicates import Duplicates
from minshu.scorecard.facts import NOTHING, Facts, Known, Tally, days_of, facts_of
from minshu.scorecard.figure import Figure
from minshu.scorecard.measures import figures, pooled_figures
from minshu.scorecard.neighbours import Neighbours, Signature, signature_of


class Described(Protocol):
    """A dataset, and the release that describes it: None where that is damaged."""

    @property
    def name(self) -> str:
        """The dataset's name."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def dataset(self) -> Dataset:
        """Its versions."""

    @property
    def release(self) -> Release | None:
        """The newest of them."""


@dataclass(frozen=True)
class Scorecard:
    """The figures of a dataset, by its newest release."""

    name: str
    title: str
    release: Release
    day: date
    figures: tuple[Figure, ...]

    @property
    def is_withdrawn(self) -> bool:
        """Whether nothing is measured, for nobody is given its data any more."""
        return _is_gone(self.release)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is being counted still."""
        return not any(figure.status == "pending" for figure in self.figures)


@dataclass(frozen=True)
class CatalogueScorecard:
    """The figures of a catalogue, and those of each of its datasets. `damaged` are datasets that cannot be read."""

    day: date
    figures: tuple[Figure, ...]
    datasets: tuple[Scorecard, ...]
    damaged: tuple[str, ...] = ()

    @cached_property
    def withdrawn(self) -> int:
        """How many datasets are withdrawn, and measured no more."""
        return sum(one.is_withdrawn for one in self.datasets)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is being counted still."""
        return not any("pending" in figure.left_out for figure in self.figures)


class Scorecards:
    """Makes them. Safe to use from many threads; whatever is asked for twice is read once."""

    def __init__(self, library: Library, asked: AskedOf) -> None:
        self._library, self._asked, self._lock = library, asked, Lock()
        self.duplicates = Duplicates(library)
        self._facts: WeakKeyDictionary[Described, Facts] = WeakKeyDictionary()
        self._signatures: WeakKeyDictionary[Described, Signature] = WeakKeyDictionary()
        self._cards: WeakKeyDictionary[Described, tuple[Known, Scorecard]] = WeakKeyDictionary()
        self._last: tuple[object, CatalogueScorecard] | None = None

    def close(self) -> None:
        """Stop whatever is being counted."""
        self.duplicates.close()

    def dataset(self, name: str, entries: Iterable[Described], day: date, patience: float) -> Scorecard | None:
        """The scorecard of one dataset among the others; None where it is damaged.

        What has to be counted is waited for so many seconds.
        """
        every = tuple(entries)
        entry = next((one for one in every if one.name == name), None)
        if entry is None or entry.release is None:
            return None
        return self._card(entry, entry.release, self._neighbours(every), day, patience, self._asked.tally())

    def catalogue(
        self,
        entries: Iterable[Described],
        day: date,
        patience: float = 0.0,
        only: frozenset[str] | None = None,
    ) -> CatalogueScorecard:
        """The scorecard of all of them, or of some among all.

        What has to be counted is waited for so many seconds, all of it together.
        """
        every, end = tuple(entries), time.monotonic() + patience
        tally = self._asked.tally()
        key = (every, day, only, self.duplicates.finished, tally)
        last = self._last
        if last and last[0] == key:
            return last[1]
        neighbours = self._neighbours(every)
        chosen = {one: _readable(one) for one in every if only is None or one.name in only}
        cards = tuple(
            self._card(one, it, neighbours, day, max(end - time.monotonic(), 0.0), tally)
            for one, it in chosen.items()
            if it
        )
        pooled = pooled_figures([(card.name, card.figures) for card in cards], tally if only is None else None)
        found = CatalogueScorecard(
            day, pooled, cards, tuple(one.name for one, release in chosen.items() if not release)
        )
        if found.is_whole:
            self._last = (key, found)
        return found

    def _card(
        self,
        entry: Described,
        release: Release,
        neighbours: Neighbours,
        day: date,
        patience: float,
        tally: Tally | None,
    ) -> Scorecard:
        known = Known(
            today=day,
            duplicates=self.duplicates.of(release, patience),
            same_data=neighbours.of_data(entry.name),
            same_columns=neighbours.of_columns(entry.name),
            feedback=None if tally is None else tally.get(entry.name, NOTHING),
        )
        # Of thousands of datasets few change at once; the others need not be measured again.
        with self._lock:
            last = self._cards.get(entry)
        if last and last[0] == known:
            return last[1]
        measured = figures(self._known_facts(entry, release), known)
        card = Scorecard(entry.name, entry.title, release, day, measured)
        with self._lock:
            self._cards[entry] = (known, card)
        return card

    def _known_facts(self, entry: Described, release: Release) -> Facts:
        with self._lock:
            known = self._facts.get(entry)
        if known is None:
            known = facts_of(release, days_of(self._library, entry.name, entry.dataset.versions))
            with self._lock:
                self._facts[entry] = known
        return known

    def _neighbours(self, every: tuple[Described, ...]) -> Neighbours:
        readable = ((one, _readable(one)) for one in every)
        return Neighbours(self._signature(one, it) for one, it in readable if it and not _is_gone(it))

    def _signature(self, entry: Described, release: Release) -> Signature:
        with self._lock:
            known = self._signatures.get(entry)
            if known is None:
                known = self._signatures[entry] = signature_of(release.manifest, release.descriptor)
        return known


def _readable(entry: Described) -> Release | None:
    """The release that describes a dataset; None where it or its descriptor is damaged."""
    try:
        return entry.release if entry.release and entry.release.descriptor is not None else None
    except StoreError:
        return None


def _is_gone(release: Release) -> bool:
    return release.status is not None and release.status.is_gone
