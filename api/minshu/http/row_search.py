"""The search in the rows of all tables that are open to everybody: fair, and done in time.

Small tables come before large ones, so that none waits for a large one, and all are looked through until one deadline.
Whatever was not looked at is told, and the next request goes on there.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from minshu.browse import Release
from minshu.errors import BadParameter, StoreError
from minshu.filters import text_columns
from minshu.http.directory import Entry
from minshu.machine import cores
from minshu.manifest import ReleasedTable
from minshu.search import Search
from minshu.tables import Matches

log = logging.getLogger(__name__)

AFTER: Final = "after"


class Position(NamedTuple):
    """Where a table stands in the order of a search: the smallest come first."""

    rows: int
    dataset: str
    table: str

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return f"{self.rows}/{self.dataset}/{self.table}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position of this text. Raises BadParameter."""
        rows, _, rest = text.partition("/")
        dataset, slash, table = rest.partition("/")
        if not (rows.isascii() and rows.isdigit() and len(rows) < 20 and slash):
            raise BadParameter(f"{AFTER} is {text!r}, but must be what `next` of an answer says.")
        return cls(int(rows), dataset, table)


@dataclass(frozen=True)
class Place:
    """A table of which the rows may be searched."""

    release: Release
    table: ReleasedTable
    columns: tuple[str, ...]

    @property
    def position(self) -> Position:
        """Where it stands among others."""
        return Position(self.table.rows, self.release.name, self.table.name)

    def matches(self, words: Sequence[str], rows: int, deadline: float) -> Matches:
        """The first rows with all of these words. A table that cannot be read is late, and the others go on."""
        table = self.release.table(self.table.name)
        try:
            return table.matches(Search(tuple(words), self.columns), rows, deadline)
        except StoreError:
            log.exception("%s of %s %s cannot be searched", self.table.name, self.release.name, self.release.version)
            return Matches(late=True)


@dataclass(frozen=True)
class InRows:
    """What a search in rows found, by table, and what it did not look at.

    `searched` tables were looked through, but for `late`, which takes too long; `left` have their turn in a search
    behind the position `resume`. `closed` are not open to all.
    """

    found: tuple[tuple[Place, Matches], ...]
    searched: int
    late: Place | None
    left: int
    resume: Position | None
    closed: int


class RowSearch:
    """Searches in rows, as many at once as there are cores: the others wait for their turn within their time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._turns = seconds, BoundedSemaphore(cores())

    def find(
        self, entries: Sequence[Entry], words: Sequence[str], tables: int, rows: int, after: Position | None = None
    ) -> InRows:
        """For each table the first `rows` rows with all words, until so many `tables` have one; behind a position."""
        deadline = time.monotonic() + self._seconds
        waiting = [place for place in _open(entries) if after is None or place.position > after] if words else []
        if not self._turns.acquire(timeout=self._seconds):
            return InRows((), 0, None, len(waiting), after, _closed(entries))
        try:
            return _looked_through(waiting, words, tables, rows, after, deadline, _closed(entries))
        finally:
            self._turns.release()


def _open(entries: Iterable[Entry]) -> list[Place]:
    """The tables that anybody may read and that have text, the smallest first."""
    found = (Place(release, table, columns) for release, table, columns in _searchable(entries, is_open=True))
    return sorted(found, key=lambda place: place.position)


def _closed(entries: Iterable[Entry]) -> int:
    """How many tables that have text are not open to all."""
    return sum(1 for _ in _searchable(entries, is_open=False))


def _searchable(entries: Iterable[Entry], *, is_open: bool) -> Iterator[tuple[Release, ReleasedTable, tuple[str, ...]]]:
    for entry in entries:
        release = None if entry.is_gone else entry.release
        for table in release.manifest.tables if release else ():
            columns = text_columns(table.columns)
            if release and columns and release.openings.of(table.name).is_open is is_open:
                yield release, table, columns


def _looked_through(
    waiting: Sequence[Place],
    words: Sequence[str],
    tables: int,
    rows: int,
    after: Position | None,
    deadline: float,
    closed: int,
) -> InRows:
    found: list[tuple[Place, Matches]] = []
    searched, late = 0, None
    for place in waiting:
        if len(found) == tables or late:
            break
        matches = place.matches(words, rows, deadline)
        if matches.late and searched:
            break  # It shall have all the time that there is, as the first of the next search.
        searched, after, late = searched + 1, place.position, place if matches.late else None
        if matches.rows:
            found.append((place, matches))
    return InRows(tuple(found), searched, late, len(waiting) - searched, after, closed)
