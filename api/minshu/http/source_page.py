"""What the pages of a text with its records are made of: by its own order, and by its outline."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from minshu.citations import Named
from minshu.http import describe
from minshu.http.links import Links
from minshu.http.quotations import anchor, place_url
from minshu.outline import Node, Outline
from minshu.records import Record
from minshu.sources import Place, Source, spans_of
from minshu.spans import Piece, Span, pieces
from minshu.texts import lines, page_of

Shown = dict[str, Any]

BRIEF = 30
"""Characters of a span that is marked in the text as a name would be; what is longer is a passage."""


@dataclass(frozen=True)
class Line:
    """A line of a text: its pieces, the places that these open, and the records of those that begin in it, by table."""

    pieces: Sequence[Piece]
    places: Sequence[Place]
    notes: Mapping[str, Sequence[Record]]


def text_page(source: Source, number: int, links: Links) -> Shown:
    """A page of a text as it stands, counted from 0, with what was made of each of its lines."""
    within = source.cut[number]
    places, more = source.places(within)
    known = source.records.of(named for place in places for named in place.records)
    coverage = source.coverage
    uncited = [span for span in (coverage.uncited if coverage else ()) if span[0] < within[1] and span[1] > within[0]]
    gaps = [Place(span, ()) for span in uncited]
    return {
        **_about(source, links),
        "lines": list(_lines(source.text, within, sorted([*places, *gaps], key=lambda one: one.span), known)),
        "uncited": uncited,
        "coverage": coverage,
        "more": more,
        "asked": list(_questions(source, spans_of(places))),
        "number": number + 1,
        "numbers": len(source.cut),
    }


def outline_page(outline: Outline, links: Links) -> Shown:
    """A text as its outline leads through it."""
    source = outline.source
    known = source.records.of(named for place in outline.places for named in place.records)
    return {
        **_about(source, links),
        "nodes": outline.nodes,
        "passages": {node.record.named: _passage(outline, node.spans[0]) for node in _all(outline.nodes) if node.spans},
        "known": known,
        "coverage": source.coverage,
        "asked": list(_questions(source, outline.spans)),
        "copies": {node.record.named: _distinct(source, node.spans) for node in _all(outline.nodes)},
        "last": len(outline.tables) - 1,
        "asked_first": _first(outline.nodes),
        "counts": {name: outline.counts[name] for name in outline.tables[:-1]},
    }


def _about(source: Source, links: Links) -> Shown:
    release = source.release

    @cache
    def row(named: Named) -> str | None:
        """The address of a record."""
        if not release.has_table(named.table):
            return None
        return links.row(release.name, release.version, named.table, named.key)

    def at(span: Span) -> str:
        """The address of a place."""
        return place_url(release, source.document, span, page_of(source.cut, span[0]), links)

    return {
        "release": describe.identity(release, links),
        "document": source.document,
        "title": source.title,
        "dataset": release.descriptor.get("title") or release.name,
        "description": source.description,
        "text": source.text,
        "file": links.file(release.name, release.version, source.path),
        "own": links.source(release.name, release.version, source.document),
        "in_order": links.source(release.name, release.version, source.document, [("order", "text")]),
        "has_outline": source.has_outline,
        "tables": {table.name: table for table in release.manifest.tables},
        "row": row,
        "at": at,
        "anchor": anchor,
        "brief": BRIEF,
    }


def _lines(text: str, within: Span, places: Sequence[Place], known: Mapping[Named, Record]) -> Iterator[Line]:
    """The lines of a page. The places are in their order, so that each line looks at few of them."""
    waiting, inside, noted = deque(places), list[Place](), set[Span]()
    for start, end in lines(text, within):
        while waiting and waiting[0].span[0] < end:
            inside.append(waiting.popleft())
        inside = [place for place in inside if place.span[1] > start]
        notes: dict[str, dict[Named, Record]] = {}
        for place in (place for place in inside if place.span not in noted):
            noted.add(place.span)
            for named in place.records:
                notes.setdefault(named.table, {})[named] = known[named]
        made = pieces((start, end), [place.span for place in inside])
        yield Line(made, inside, {name: list(found.values()) for name, found in notes.items()})


def _passage(outline: Outline, span: Span) -> Line:
    """The words of a record, with the names of others in it."""
    inside = outline.within(span)
    return Line(pieces(span, [place.span for place in inside]), inside, {})


def _questions(source: Source, spans: Mapping[Named, Sequence[Span]]) -> Iterator[tuple[Record, Sequence[Span]]]:
    """The open questions about a text, with the places that they are about among those that are known."""
    names = [name for one in source.citations for name in one.declared.questions]
    for name in dict.fromkeys(names):
        for record in source.records.all_of(name):
            yield record, spans.get(record.named, ())


def _all(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.children)


def _first(nodes: Iterable[Node]) -> Mapping[Named, Named]:
    """For each question the first record that it is about, beside which it is written out."""
    found: dict[Named, Named] = {}
    for node in _all(nodes):
        for question in node.questions:
            found.setdefault(question, node.record.named)
    return found


def _distinct(source: Source, spans: Sequence[Span]) -> Sequence[Span]:
    """The places of a record that read the same as its first."""
    return [span for span in spans if source.text[slice(*span)] == source.text[slice(*spans[0])]]
