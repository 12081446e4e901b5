"""Taking one dataset: what changed is fetched, a package is made of it, and that is published as anybody's is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from minshu.audit import Actor
from minshu.errors import DatasetUntaken
from minshu.harvest.fetching import Fetcher
from minshu.harvest.formats import chosen
from minshu.harvest.gathering import Gathering, is_as_it_was
from minshu.harvest.model import Outcome, RemoteCatalogue, RemoteDataset, RemoteFile, Wishes
from minshu.harvest.naming import name_for
from minshu.harvest.packages import Piece
from minshu.harvest.publishing import Publisher
from minshu.harvest.state import ROLE, Held, Memory, about_of, version_of
from minshu.harvest.worker import Task
from minshu.settings import Settings

AS_BEFORE: Final = "nothing changed there since this was refused before ({}); --again tries it anew"


@dataclass(frozen=True)
class Taker:
    """What is needed to take the datasets of a catalogue into a store. `tell` is told the steps."""

    catalogue: RemoteCatalogue
    fetcher: Fetcher
    memory: Memory
    settings: Settings
    wishes: Wishes
    publisher: Publisher
    tell: Callable[[str], None]

    def take(self, dataset: RemoteDataset, held: Held | None) -> Outcome:
        """Take a dataset, if it is another than the one that is held. Raises MinshuError where it is not taken."""
        known = None if self.wishes.again else held
        if dataset.digest and known and known.digest == dataset.digest:
            return as_before(dataset, known)
        name = held.name if held else name_for(dataset, self.wishes.prefix, self.memory.is_taken)
        if self.wishes.dry:
            return self._foreseen(dataset, name, known)
        with TemporaryDirectory(prefix="minshu-") as folder:
            return _Taking(self, dataset, name, held, Path(folder)).outcome()

    def _foreseen(self, dataset: RemoteDataset, name: str, held: Held | None) -> Outcome:
        """What a harvest would do, as far as the catalogue tells."""
        files, notes = chosen(dataset.files, dataset.key)
        if held is None:
            status = "left out" if notes and not files else "new"
            return Outcome(dataset.id, status, name, notes=tuple(notes))
        is_told = all(file.id in held.seen and is_as_it_was(file, held.seen[file.id]) for file in files)
        if files and is_told and held.about == about_of(dataset) and len(files) == len(held.seen):
            return as_before(dataset, held)
        return Outcome(dataset.id, "due", name, version_of(held))


class _Taking:
    """One dataset on its way. The folder is its own, and gone afterwards."""

    def __init__(self, taker: Taker, dataset: RemoteDataset, name: str, held: Held | None, folder: Path) -> None:
        self._taker, self._dataset, self._name, self._held = taker, dataset, name, held
        self._files = Gathering(taker.fetcher, taker.settings, held, folder, taker.tell)
        self._notes: list[str] = []

    def outcome(self) -> Outcome:
        """Fetch what changed, and publish it. Raises MinshuError."""
        files = self._taker.catalogue.files(self._dataset)
        if self._dataset.version is not None:
            self._files.copy(files)
            return self._published(files, ())
        taken, self._notes = chosen(files, self._dataset.key)
        if not taken:
            is_here = bool(self._held and self._held.release)
            return self._told("left out", version_of(self._held), bad=is_here)
        found = self._files.look(taken, again=self._taker.wishes.again)
        if not found:
            raise DatasetUntaken("; ".join(self._files.notes))
        known = None if self._taker.wishes.again else self._held
        if known and not any(found.values()) and self._is_known(known):
            before = as_before(self._dataset, known)
            return replace(before, notes=(*before.notes, *self._all_notes), bad=before.bad or bool(self._files.notes))
        pieces = self._files.pieces(found)
        if not pieces.found:
            raise DatasetUntaken("; ".join(self._files.notes))
        return self._published(taken, pieces.found)

    def _published(self, files: Sequence[RemoteFile], pieces: Sequence[Piece]) -> Outcome:
        """Have published what was brought, unless it is here already. What is refused is remembered."""
        taker, held = self._taker, self._held
        task = Task(
            dataset=self._dataset,
            name=self._name,
            kind=taker.catalogue.kind,
            address=taker.catalogue.address,
            folder=self._files.package,
            actor=Actor.local(ROLE).name,
            pieces=tuple(pieces),
            files=tuple(files),
            before=version_of(held),
            kept=tuple((one.get("id", ""), one.get("member", "")) for one in held.files) if held else (),
        )
        taker.tell(f"Publishing {self._name}")
        try:
            answer = taker.publisher.publish(task)
        except DatasetUntaken as error:
            if error.lasting:
                taker.memory.keep(self._dataset, self._name, None, self._files.seen, error.reason)
            raise
        by_id = {file.id: file for file in files}
        for identifier, reason in answer["dropped"]:
            self._files.give_up(by_id[identifier], reason)
        version = str(answer["version"])
        taker.memory.keep(self._dataset, self._name, version, self._files.seen)
        return self._told("published" if answer["created"] else "unchanged", version)

    def _is_known(self, held: Held) -> bool:
        """Whether there are the files that there were, and the same is said of them."""
        return held.seen.keys() == self._files.seen.keys() and held.about == about_of(self._dataset)

    @property
    def _all_notes(self) -> tuple[str, ...]:
        return (*self._notes, *self._files.notes)

    def _told(self, status: str, version: str | None, *, bad: bool = False) -> Outcome:
        """The outcome; a file that is missing makes it a bad one."""
        is_bad = bad or bool(self._files.notes)
        return Outcome(self._dataset.id, status, self._name, version, self._all_notes, is_bad)


def as_before(dataset: RemoteDataset, held: Held) -> Outcome:
    """The outcome where nothing changed there."""
    if held.refused:
        notes = (AS_BEFORE.format(held.refused),)
        return Outcome(dataset.id, "refused", held.name, version_of(held), notes, bad=True)
    return Outcome(dataset.id, "unchanged", held.name, version_of(held))
