"""A harvest: each dataset of a catalogue is taken for itself, and one that cannot be taken is in nobody's way."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from typing import Final

from minshu.errors import CatalogueUnanswering, DatasetUntaken, MinshuError, StoreError, StoreFailed
from minshu.harvest.fetching import Fetcher
from minshu.harvest.model import Outcome, RemoteCatalogue, RemoteDataset, RemoteStatus, Wishes
from minshu.harvest.publishing import Publisher
from minshu.harvest.state import Held, Memory, version_of
from minshu.harvest.taking import Taker
from minshu.harvest.withdrawals import is_open_here, is_stopped, withdrawals
from minshu.settings import Settings
from minshu.store import Store

log = logging.getLogger(__name__)

FULL: Final = (ENOSPC, EDQUOT)


class Harvest:
    """A catalogue, and the store that its datasets are taken into. `tell` is told the steps."""

    def __init__(
        self,
        catalogue: RemoteCatalogue,
        fetcher: Fetcher,
        settings: Settings,
        wishes: Wishes,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._catalogue, self._wishes, self._tell = catalogue, wishes, tell
        self._store = Store(settings.store)
        self._memory = Memory(self._store, catalogue.kind, catalogue.address)
        self._publisher = Publisher(settings)
        self._taker = Taker(catalogue, fetcher, self._memory, settings, wishes, self._publisher, tell)

    def run(self) -> Iterator[Outcome]:
        """Take the datasets one after another, and tell what became of each.

        Raises CatalogueUnanswering where the catalogue breaks off, or StoreError; what was taken before stays.
        """
        with self._publisher:
            yield from self._run()

    def _run(self) -> Iterator[Outcome]:
        met, names = set[str](), set[str]()
        for dataset in self._catalogue.datasets(self._wishes.only):
            if len(met) == self._wishes.limit:
                return
            met.add(dataset.id)
            names |= {dataset.id, dataset.key}
            self._tell(f"Harvesting {dataset.key}")
            yield from self._outcomes(dataset)
        for name in self._wishes.only:
            if name not in names:
                yield Outcome(name, "refused", notes=("the catalogue has no dataset of this name",), bad=True)
        if self._wishes.is_whole:
            yield from self._removed(met)

    def _outcomes(self, dataset: RemoteDataset) -> Iterator[Outcome]:
        """What becomes of a dataset, and of its releases that are here already. Raises StoreError."""
        held = self._memory.held(dataset.id)
        statuses: Mapping[str, RemoteStatus] = {}
        with self._telling(dataset, held) as told:
            statuses = self._catalogue.statuses(dataset.id) if held else {}
            told.append(self._taken(dataset, held, statuses))
        yield from told
        if held:
            follow = self._wishes.follow and not self._wishes.dry
            with self._telling(dataset, held) as told:
                told += withdrawals(dataset.id, held, statuses, self._catalogue.address, self._store, follow=follow)
            yield from told

    @contextmanager
    def _telling(self, dataset: RemoteDataset, held: Held | None) -> Iterator[list[Outcome]]:
        """A list for what is to be told, to which is added what goes wrong. Raises StoreError."""
        told: list[Outcome] = []
        try:
            yield told
        except (StoreError, CatalogueUnanswering):
            raise
        except OSError as error:
            if error.errno in FULL:
                raise StoreFailed(f"There is no room to harvest into: {error.strerror}.") from error
            told.append(self._broken(dataset, held))
        except MinshuError as error:
            told.append(self._refused(dataset, held, str(error)))
        except Exception:  # noqa: BLE001  # What a stranger's catalogue provokes must not keep others from being taken.
            told.append(self._broken(dataset, held))

    def _taken(self, dataset: RemoteDataset, held: Held | None, statuses: Mapping[str, RemoteStatus]) -> Outcome:
        if not dataset.id:
            raise DatasetUntaken("A dataset of the catalogue has neither an address nor an identifier.")
        if held and is_stopped(held, statuses, self._store) and not self._wishes.again:
            notes = ("was withdrawn here; --again takes it all the same",)
            return Outcome(dataset.id, "left out", held.name, version_of(held), notes)
        if dataset.shut:
            # What was open before may have been shut for a reason that holds here as well.
            is_open = bool(held) and is_open_here(held, statuses, self._store)  # type: ignore[arg-type]
            notes = (dataset.shut, *(("the releases here are open still",) if is_open else ()))
            return Outcome(dataset.id, "left out", held.name if held else None, version_of(held), notes, is_open)
        if held and not held.is_ours and not self._wishes.again:
            raise DatasetUntaken(f"The newest release of {held.name} was not harvested; --again goes on from it.")
        return self._taker.take(dataset, held)

    def _broken(self, dataset: RemoteDataset, held: Held | None) -> Outcome:
        log.exception("%s of %s was not taken", dataset.id, self._catalogue.address)
        return self._refused(dataset, held, "a fault of Minshu; the log has it")

    def _refused(self, dataset: RemoteDataset, held: Held | None, words: str) -> Outcome:
        name = held.name if held else None
        return Outcome(dataset.id, "refused", name, version_of(held), (words.removesuffix("."),), bad=True)

    def _removed(self, met: set[str]) -> Iterator[Outcome]:
        for identifier in self._memory.ids():
            if identifier not in met:
                held = self._memory.held(identifier)
                notes = ("is in the catalogue no more; its releases stay",)
                yield Outcome(identifier, "removed", held.name if held else None, version_of(held), notes)
