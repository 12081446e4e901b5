"""The catalogue filtered, sorted and paged: all of it stands in the address."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from minshu.bilingual import foreign, localized
from minshu.http.directory import Entry
from minshu.http.finding import about, newest_first
from minshu.http.links import Links, with_query
from minshu.reports import Language
from minshu.search import fold

Sort = Literal["best", "newest", "title", "name", "rows", "size"]

FACETS: Final[Mapping[str, Callable[[Entry], Sequence[str]]]] = {
    "theme": lambda entry: entry.themes,
    "publisher": lambda entry: entry.publishers,
    "format": lambda entry: entry.formats,
    "opening": lambda entry: (entry.attribute,) if entry.attribute else (),
}
"""What datasets are filtered by: the parameter, and the values that a dataset has."""

WORDED: Final = ("theme", "publisher")
"""Those whose values are in a language."""

SORTS: Final[Mapping[Sort, Callable[[list[Entry]], list[Entry]]]] = {
    "newest": newest_first,
    "name": list,
    "title": lambda entries: sorted(entries, key=lambda entry: alphabetical(entry.title)),
    "rows": lambda entries: sorted(entries, key=lambda entry: entry.rows, reverse=True),
    "size": lambda entries: sorted(entries, key=lambda entry: entry.bytes, reverse=True),
}


@dataclass(frozen=True)
class Value:
    """A value of a facet, how many of the datasets have it, and where only these are listed - or, if chosen, all.

    `foreign` ones are not in the language of the page.
    """

    text: str
    count: int
    url: str
    chosen: bool
    foreign: bool


@dataclass(frozen=True)
class Browsing:
    """What of the catalogue is asked for.

    `chosen` are the values that datasets must have, by facet, each once. A page has as many as are asked for, `size`,
    else as `usual`; without either there is one page of all.
    """

    q: str = ""
    words: Sequence[str] = ()
    chosen: tuple[tuple[str, str], ...] = ()
    sort: Sort | None = None
    page: int = 1
    size: int | None = None
    usual: int | None = None

    def found(self, entries: Iterable[Entry]) -> list[Entry]:
        """The datasets, in the order that is asked for: else the best first, without words the newest."""
        kept = [entry for entry in entries if all(value in FACETS[facet](entry) for facet, value in self.chosen)]
        if self.order == "best":
            return about(kept, self.words)
        return SORTS[self.order]([entry for entry in kept if entry.index.holds(self.words)] if self.words else kept)

    @property
    def order(self) -> Sort:
        """What they are sorted by. Without words none is better than others."""
        if self.sort in (None, "best"):
            return "best" if self.words else "newest"
        return self.sort

    @property
    def step(self) -> int | None:
        """How many datasets a page has; None for all."""
        return self.size or self.usual

    def of_page(self, found: Sequence[Entry]) -> Sequence[Entry]:
        """Those of the page."""
        return found[self.step * (self.page - 1) : self.step * self.page] if self.step else found

    def pages(self, found: Sequence[Entry]) -> int:
        """How many pages there are."""
        return max(1, -(-len(found) // self.step)) if self.step else 1

    def values(self, facet: str, found: Iterable[Entry], links: Links, language: Language) -> list[Value]:
        """The values of a facet among what was found: those in a language first, and the most frequent of these."""
        counts = Counter(value for entry in found for value in dict.fromkeys(FACETS[facet](entry)))
        values = [
            Value(
                text,
                count,
                self._toggled(facet, text).url(links),
                chosen=(facet, text) in self.chosen,
                foreign=facet in WORDED and foreign(language, localized(language, text)) is not None,
            )
            for text, count in counts.items()
        ]
        return sorted(values, key=lambda value: (value.foreign, -value.count, alphabetical(value.text)))

    def sorted_by(self, sort: Sort) -> "Browsing":
        """The same in another order, from the first page on."""
        return replace(self, sort=sort, page=1)

    def following(self, found: Sequence[Entry]) -> "Browsing | None":
        """The next page; None behind the last."""
        return replace(self, page=self.page + 1) if self.page < self.pages(found) else None

    @property
    def previous(self) -> "Browsing | None":
        """The page before; None before the first."""
        return replace(self, page=self.page - 1) if self.page > 1 else None

    def url(self, links: Links) -> str:
        """Its address."""
        told = [
            ("q", self.q),
            *self.chosen,
            ("sort", self.sort or ""),
            ("size", str(self.size or "")),
            ("page", str(self.page) if self.page > 1 else ""),
        ]
        return with_query(links.to("datasets"), [(name, value) for name, value in told if value])

    def without(self, facet: str, value: str) -> "Browsing":
        """The same without a value that is chosen."""
        return replace(self, chosen=tuple(pair for pair in self.chosen if pair != (facet, value)), page=1)

    def _toggled(self, facet: str, value: str) -> "Browsing":
        """The same with one value more, or without it."""
        if (facet, value) in self.chosen:
            return self.without(facet, value)
        return replace(self, chosen=(*self.chosen, (facet, value)), page=1)


def alphabetical(text: str) -> bytes:
    """What texts are sorted by: frequent Chinese characters stand by their sound in GB 2312, and so here."""
    return fold(text).encode("gb18030", "replace")
