"""Which datasets of a catalogue hold the same data, and which are pieces of one: told by digests and columns alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from minshu.descriptors import Descriptor, resources_of
from minshu.manifest import DESCRIPTOR, Manifest
from minshu.scorecard.facts import Others, data_files
from minshu.scorecard.lists import TINY

NAMED: Final = 10
"""How many others are named. In a catalogue of a thousand pieces each has a thousand others."""


@dataclass(frozen=True)
class Signature:
    """What a dataset is known by among others. `data`: the digests of its files; None where it has none of its own.

    `columns`: names and types of the columns of each of its tables; None where it has no table, or is not tiny.
    """

    name: str
    data: tuple[str, ...] | None
    columns: tuple[tuple[tuple[str, str], ...], ...] | None


def signature_of(manifest: Manifest, descriptor: Descriptor) -> Signature:
    """The signature of a release."""
    files = data_files(manifest, resources_of(descriptor))
    digests = tuple(sorted({file.sha256 for file in files if file.path != DESCRIPTOR}))
    columns = tuple(
        sorted(tuple((column.name, column.field_type) for column in table.columns) for table in manifest.tables)
    )
    is_tiny = sum(table.rows for table in manifest.tables) <= TINY
    return Signature(manifest.name, digests or None, columns if columns and is_tiny else None)


class Neighbours:
    """The datasets of a catalogue by their signatures."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._by_data: dict[object, list[str]] = defaultdict(list)
        self._by_columns: dict[object, list[str]] = defaultdict(list)
        self._signatures: dict[str, Signature] = {}
        for one in signatures:
            self._signatures[one.name] = one
            self._by_data[one.data].append(one.name)
            self._by_columns[one.columns].append(one.name)

    def of_data(self, name: str) -> Others:
        """The others whose files are the same, byte for byte."""
        mine = self._signatures.get(name)
        return _others(self._by_data[mine.data], name) if mine and mine.data else Others()

    def of_columns(self, name: str) -> Others:
        """The other tiny ones whose tables have the same columns; none for one that is not tiny."""
        mine = self._signatures.get(name)
        return _others(self._by_columns[mine.columns], name) if mine and mine.columns else Others()


def _others(names: list[str], name: str) -> Others:
    first = [other for other in names[: NAMED + 1] if other != name]
    return Others(len(names) - 1, tuple(first[:NAMED]))
