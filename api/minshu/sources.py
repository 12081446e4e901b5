"""Texts of a release with the records that were made of them: by pages, what is left out, and a record's words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from minshu.access import Reader
from minshu.browse import Release
from minshu.citations import Citation, Citations, Named
from minshu.descriptors import paths_of
from minshu.errors import SourceTooLong, StoreFailed
from minshu.manifest import PACKAGE, ReleasedTable
from minshu.opening import least_strict, strictest
from minshu.provenance import Unit, texts_of
from minshu.records import Records
from minshu.spans import Span, joined, left_out, letters
from minshu.texts import Text, around, page_of, pages

BYTES: Final = 16 << 20
"""The most bytes of a text that is shown with its records."""

PAGE: Final = 20_000
"""The most characters of a page of a text."""

SPANS: Final = 3000
"""The most spans of each table that are shown on a page."""

MEASURED: Final = 20_000
"""The most spans that are looked at to tell what of a text they leave out."""

OUTLINED: Final = 100_000
"""The most characters of a text that is shown by its outline, all of it on one page."""

QUOTATIONS: Final = 50
"""The most quotations that are shown of one record."""

CONTEXT: Final = 60
"""How many characters are shown on each side of a quotation."""


@dataclass(frozen=True)
class Place:
    """A stretch of a text, and the records that stand there."""

    span: Span
    records: tuple[Named, ...]


@dataclass(frozen=True)
class Coverage:
    """How many letters and figures a text has, how many of them stand in spans, and where the others are."""

    letters: int
    cited: int
    uncited: tuple[Span, ...]


@dataclass(frozen=True)
class Quotation:
    """A place of a record: how it is counted, the page it is on, and what stands before it, in it and behind it."""

    citation: Citation
    span: Span
    page: int
    before: str
    quote: str
    behind: str


class Source:
    """A text of a release, with what the tables of spans that are as open as may be say of it."""

    def __init__(self, release: Release, document: str, reader: Reader) -> None:
        """One of `sources_of` the release. Raises SourceTooLong, StoreFailed, and what the gate does."""
        self.release, self.document, self._reader = release, document, reader
        about = [one for one in release.provenance if one.document in (None, document)]
        self._resource = texts_of(release.descriptor)[document]
        own = release.openings.of(document)
        openings = [strictest((own, release.openings.of(one.table))) for one in about]
        self.opening = least_strict(openings)
        # A table that is more shut than others is not what these are refused for.
        self.citations = [
            Citations(release, one, reader, self.opening)
            for one, opening in zip(about, openings, strict=True)
            if opening.attribute is self.opening.attribute
        ]
        for one in self.citations:
            release.table(one.declared.table, reader)
        self._texts = {Unit.characters: _read(release, self._resource, Unit.characters, reader)}

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self._resource.get("title") or self.document)

    @property
    def description(self) -> str | None:
        """What its publisher says of it."""
        said = self._resource.get("description")
        return said if isinstance(said, str) else None

    @property
    def path(self) -> str:
        """The path of its file, percent-encoded."""
        return self.release.manifest.url_path(_path(self._resource))

    @property
    def has_outline(self) -> bool:
        """Whether its publisher says what leads through it, and it is not too long to be shown so."""
        return len(self.text) <= OUTLINED and any(one.declared.outline for one in self.citations)

    @cached_property
    def text(self) -> str:
        """The text."""
        return self.counted(Unit.characters).text

    @cached_property
    def cut(self) -> Sequence[Span]:
        """The pages of the text."""
        return pages(self.text, PAGE)

    @cached_property
    def records(self) -> Records:
        """The records that may be shown beside it."""
        tables = [table.name for table in self.release.manifest.tables]
        return Records(self.release, self._reader, filter(self.citations[0].may_show, tables))

    @cached_property
    def coverage(self) -> Coverage | None:
        """What of the text the spans hold; None where there are too many of them to be counted."""
        spans: list[Span] = []
        for one in self.citations:
            some, more = one.all_of_text(self.document, MEASURED)
            if more:
                return None
            text = self.counted(one.declared.unit)
            known = text.places(offset for span in some for offset in span)
            spans += _placed(some, known)
        cited = sum(letters(self.text[start:end]) for start, end in joined(spans))
        return Coverage(letters(self.text), cited, tuple(left_out(self.text, spans)))

    def places(self, within: Span) -> tuple[list[Place], bool]:
        """Where records stand in a stretch of the text, and whether there are more."""
        found: dict[Span, list[Named]] = {}
        more = False
        for one in self.citations:
            text = self.counted(one.declared.unit)
            some, others = one.of_text(self.document, (text.offset(within[0]), text.offset(within[1])), SPANS)
            more = more or others
            known = text.places(offset for item in some for offset in item.offsets)
            for item in some:
                for span in _placed([item.offsets], known):
                    found.setdefault(span, []).extend(item.records)
        placed = [Place(span, tuple(dict.fromkeys(records))) for span, records in sorted(found.items())]
        return placed, more

    def quotations(self, citations: Iterable[Citation]) -> Iterator[Quotation]:
        """The words of citations of this text."""
        for item in citations:
            known = self.counted(item.unit).places(item.offsets)
            for span in _placed([item.offsets], known):
                yield Quotation(item, span, page_of(self.cut, span[0]), *around(self.text, span, CONTEXT))

    def counted(self, unit: Unit) -> Text:
        """The text, with places in it counted in a unit."""
        if unit not in self._texts:
            self._texts[unit] = _read(self.release, self._resource, unit, self._reader)
        return self._texts[unit]


def sources_of(release: Release) -> list[str]:
    """The names of the texts that tables of spans are about."""
    named = {one.document for one in release.provenance}
    return [name for name in texts_of(release.descriptor) if named & {None, name}]


def spans_of(places: Iterable[Place]) -> dict[Named, list[Span]]:
    """Where each record stands, of those that stand at some places."""
    found: dict[Named, list[Span]] = {}
    for place in places:
        for named in place.records:
            found.setdefault(named, []).append(place.span)
    return found


def quotations_of(
    release: Release, table: ReleasedTable, cells: Mapping[str, Any], position: int, reader: Reader
) -> tuple[list[Quotation], bool]:
    """The quotations of a record by their places in the texts, and whether there are more.

    Only what is no stricter than the record itself is told, so that all who may read the record read the same. What
    stands in a text that is too long to be shown is left to the table of spans.
    """
    opening, found, more = release.openings.of(table.name), [], False
    for declared in release.provenance:
        citations = Citations(release, declared, reader, opening)
        if citations.may_show(declared.table):
            some, others = citations.of_record(table, cells, position, QUOTATIONS)
            more = more or others
            found += [item for item in some if citations.may_show(item.document)]
    quotations: list[Quotation] = []
    for document in dict.fromkeys(item.document for item in found):
        about = [item for item in found if item.document == document]
        if _is_short(release, document):
            quotations += Source(release, document, reader).quotations(about)
    return quotations, more or len(quotations) < len(found)


def _read(release: Release, resource: Mapping[str, Any], unit: Unit, reader: Reader) -> Text:
    """The text of a resource. What is not in its encoding is shown as such."""
    file = release.file(_path(resource).removeprefix(PACKAGE), reader)
    if file.entry.bytes > BYTES:
        raise SourceTooLong(str(resource["name"]), file.entry.bytes, BYTES)
    try:
        return Text.of(file.path.read_bytes(), resource.get("encoding") or "utf-8", unit, "replace")
    except OSError as error:
        raise StoreFailed(f"Cannot read {file.path}: {error.strerror}.") from error


def _is_short(release: Release, document: str) -> bool:
    """Whether a text is short enough to be shown."""
    return release.manifest.by_path[_path(texts_of(release.descriptor)[document])].bytes <= BYTES


def _path(resource: Mapping[str, Any]) -> str:
    """The path of a text in its release."""
    return f"{PACKAGE}{PurePosixPath(paths_of(resource)[0])}"


def _placed(spans: Iterable[Span], known: Mapping[int, int | None]) -> list[Span]:
    """The places of spans, those left out that are none."""
    placed = [(known.get(start), known.get(end)) for start, end in spans]
    return [(start, end) for start, end in placed if start is not None and end is not None and start < end]
