"""A text as its records lead through it: headings, what stands under them, and what else is known of each.

The outline is what its publisher declares it to be: tables of which each refers to the one before it. The last one's
records are the text under the headings; all others are headings, beside which stand the records that refer to them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from minshu.citations import Named, refers_to
from minshu.manifest import ReleasedForeignKey, ReleasedTable
from minshu.records import Choice, Record, Records
from minshu.sources import Place, Source, spans_of
from minshu.spans import Span

ROOM: Final = 16
"""How many characters a text may have around a title: a number, marks."""


@dataclass(frozen=True)
class Group:
    """Records of one table that refer to a heading, each with its title."""

    table: str
    records: tuple[tuple[Record, str], ...]


@dataclass(frozen=True)
class Node:
    """A record of the outline: where it stands, how the text words its title, and what is known of it."""

    record: Record
    level: int
    spans: tuple[Span, ...]
    words: str | None
    choices: tuple[Choice, ...]
    children: tuple["Node", ...] = ()
    groups: tuple[Group, ...] = ()
    questions: tuple[Named, ...] = ()

    @property
    def is_absent(self) -> bool:
        """Whether nothing of it, nor of what stands under it, is in the text."""
        return not self.spans and all(node.is_absent for node in self.children)


@dataclass
class Outline:
    """The outline of one table of spans, with all places of its text."""

    source: Source
    tables: tuple[str, ...]
    questions: tuple[str, ...]
    places: Sequence[Place]

    @classmethod
    def of(cls, source: Source) -> "Outline | None":
        """The outline that a publisher declares for a text; None where there is none, or too much of it to be shown."""
        declared = next((one.declared for one in source.citations if one.declared.outline), None)
        if declared is None or not source.has_outline:
            return None
        places, more = source.places((0, len(source.text)))
        found = cls(source, declared.outline, declared.questions, places)
        return None if more or not found.nodes else found

    @cached_property
    def spans(self) -> Mapping[Named, Sequence[Span]]:
        """Where each record stands."""
        return spans_of(self.places)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The uppermost headings, in their order, and behind them what stands under none."""
        below: dict[Named | None, list[Node]] = {}
        for level in range(len(self.tables) - 1, -1, -1):
            own: dict[Named | None, list[Node]] = {}
            for record in self._records.all_of(self.tables[level]):
                own.setdefault(self._above(record, level), []).append(self._node(record, level, below))
            own.setdefault(None, []).extend(below.get(None, []))
            below = own
        return tuple(below.get(None, []))

    def within(self, span: Span) -> Sequence[Place]:
        """The places that lie in another."""
        start, end = (bisect_left(self._starts, place) for place in span)
        return [place for place in self.places[start:end] if place.span[1] <= span[1] and place.span != span]

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [place.span[0] for place in self.places]

    @property
    def _records(self) -> Records:
        return self.source.records

    def _node(self, record: Record, level: int, below: Mapping[Named | None, Sequence[Node]]) -> Node:
        is_heading = level < len(self.tables) - 1
        spans = tuple(self.spans.get(record.named, ()))
        return Node(
            record=record,
            level=level,
            spans=spans,
            words=self._words(record, spans),
            choices=record.choices if is_heading else tuple(self._unusual(record)),
            children=tuple(below.get(record.named, ())),
            groups=tuple(self._groups.get(record.named, ())) if is_heading else (),
            questions=tuple(self._asked(spans)),
        )

    def _words(self, record: Record, spans: Iterable[Span]) -> str | None:
        """The title of a record as the text has it, with its number; None where no short span of it holds the title."""
        title = record.title or ""
        quotes = (self.source.text[slice(*span)].strip() for span in spans)
        return next((quote for quote in quotes if title and title in quote and len(quote) <= len(title) + ROOM), None)

    def _above(self, record: Record, level: int) -> Named | None:
        """The record of the level above that this one refers to."""
        if level == 0:
            return None
        tables = self._tables
        keys = tables[record.named.table].foreign_keys
        key = next((one for one in keys if one.resource == self.tables[level - 1]), None)
        return refers_to(key, tables[key.resource], record.cells) if key else None

    def _unusual(self, record: Record) -> Iterator[Choice]:
        """The choices of a record that are not those of most of its table."""
        counts = self.counts[record.named.table]
        return (choice for choice in record.choices if counts[choice.column].most_common(1)[0][0] != choice)

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, Counter[Choice]]]:
        """How many records of each table of the outline have each of their choices, by column."""
        return {name: _counted(self._records.all_of(name)) for name in self.tables}

    @cached_property
    def _tables(self) -> Mapping[str, ReleasedTable]:
        return {table.name: table for table in self.source.release.manifest.tables}

    @cached_property
    def _groups(self) -> Mapping[Named, Sequence[Group]]:
        """What refers to the headings, by heading; each table of them apart."""
        apart = {*self.tables, *self.questions, *(one.declared.table for one in self.source.citations)}
        found: dict[Named, list[Group]] = {}
        for name, table in self._tables.items():
            keys = [key for key in table.foreign_keys if key.resource in self.tables[:-1]] if name not in apart else []
            for heading, records in self._referring(name, keys[0]).items() if keys else ():
                found.setdefault(heading, []).append(Group(name, tuple(records)))
        return found

    def _referring(self, name: str, key: ReleasedForeignKey) -> Mapping[Named, list[tuple[Record, str]]]:
        found: dict[Named, dict[str, tuple[Record, str]]] = {}
        for record in self._records.all_of(name):
            heading = refers_to(key, self._tables[key.resource], record.cells)
            if heading:
                title = record.title or self._described(record) or "/".join(record.named.key)
                # What is named twice under a heading is one to its reader.
                found.setdefault(heading, {}).setdefault(title, (record, title))
        return {heading: list(records.values()) for heading, records in found.items()}

    def _described(self, record: Record) -> str:
        """What a record without a title is about: the records that it refers to beside those of the outline."""
        keys = [key for key in self._tables[record.named.table].foreign_keys if key.resource not in self.tables]
        named = [refers_to(key, self._tables.get(key.resource), record.cells) for key in keys]
        known = self._records.of(one for one in named if one)
        return " · ".join(one.title for one in known.values() if one.title)

    def _asked(self, spans: Iterable[Span]) -> Iterator[Named]:
        """The questions about what stands at some spans."""
        places = list(spans)
        for named, own in self._doubts.items():
            if any(a < d and c < b for a, b in own for c, d in places):
                yield named

    @cached_property
    def _doubts(self) -> Mapping[Named, Sequence[Span]]:
        """Where there are questions."""
        return {named: spans for named, spans in self.spans.items() if named.table in self.questions}


def _counted(records: Iterable[Record]) -> Mapping[str, Counter[Choice]]:
    """How many records have each of their choices, by column."""
    counts: dict[str, Counter[Choice]] = {}
    for record in records:
        for choice in record.choices:
            counts.setdefault(choice.column, Counter())[choice] += 1
    return counts
