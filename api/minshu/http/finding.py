"""The search in what is said of data: datasets, tables and columns, the best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from minshu.browse import Release
from minshu.http.directory import Entry
from minshu.http.index import KINDS, TOLD, Kind
from minshu.manifest import ReleasedColumn, ReleasedTable


@dataclass(frozen=True)
class Found:
    """A dataset that a search finds, or a table or column of it, by the release that describes it."""

    release: Release
    title: str | None
    description: str | None
    table: ReleasedTable | None
    column: ReleasedColumn | None


def find(entries: Iterable[Entry], words: Sequence[str]) -> dict[Kind, list[Found]]:
    """What folded words find, by kind; of equally good finds the newest first. Without a word, nothing."""
    found: dict[Kind, list[tuple[int, Found]]] = {kind: [] for kind in KINDS}
    for entry in newest_first(entries) if words else ():
        for part in entry.index.parts if entry.release and entry.index.holds(words) else ():
            if entry.release and (rank := part.rank(words)) is not None:
                found[part.kind].append((rank, _found(entry, entry.release, part.table, part.column)))
    return {kind: [one for _, one in sorted(ranked, key=itemgetter(0))] for kind, ranked in found.items()}


def about(entries: Iterable[Entry], words: Sequence[str]) -> list[Entry]:
    """The datasets of which all folded words are said, of their tables and columns too; best first, then newest."""
    ranked = [(_rank(entry, words), entry) for entry in newest_first(entries) if entry.index.holds(words)]
    return [entry for _, entry in sorted(ranked, key=itemgetter(0))]


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Datasets by when their newest release was published."""
    return sorted(entries, key=lambda entry: entry.published, reverse=True)


def _found(entry: Entry, release: Release, table: ReleasedTable | None, column: ReleasedColumn | None) -> Found:
    if table is None:
        return Found(release, entry.told.get("title"), entry.told.get("description"), None, None)
    thing = column or table
    return Found(release, thing.title, thing.description, table, column)


def _rank(entry: Entry, words: Sequence[str]) -> int:
    rank = entry.index.parts[0].rank(words)
    return TOLD + 1 if rank is None else rank
