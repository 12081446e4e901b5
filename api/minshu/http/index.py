"""What is said of a dataset, its tables and their columns, folded so that a search finds it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.search import fold

Kind = Literal["datasets", "tables", "columns"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SAME, NAMED, KEYWORD, TOLD = range(4)
"""How good a find is: the whole name or title; a part of these; a keyword, or somebody's name; what else is said."""


@dataclass(frozen=True)
class Part:
    """What is said of one thing: its names, its keywords and the rest. `place` is what its place is called."""

    kind: Kind
    names: tuple[str, ...]
    keywords: str
    text: str
    place: str = ""
    table: ReleasedTable | None = None
    column: ReleasedColumn | None = None

    def rank(self, words: Sequence[str]) -> int | None:
        """How good a find this is for folded words, the least the best; None where it is none.

        Every word has to occur, and one of them in what is said of the thing itself: the others may name its place.
        """
        names = "\n".join(self.names)
        own = "\n".join((names, self.keywords, self.text))
        if not all(word in own or word in self.place for word in words) or not any(word in own for word in words):
            return None
        if all(word in self.names for word in words):
            return SAME
        if all(word in names for word in words):
            return NAMED
        return KEYWORD if all(word in names or word in self.keywords for word in words) else TOLD


@dataclass(frozen=True)
class Index:
    """The parts of a dataset, itself the first, and all of their texts together: most searches need no more."""

    parts: tuple[Part, ...]
    whole: str

    @classmethod
    def of(cls, name: str, told: Mapping[str, Any], tables: Iterable[ReleasedTable]) -> "Index":
        """The index of a dataset of which its publisher tells this."""
        parts = tuple(_parts(name, told, tables))
        return cls(parts, "\n".join("\n".join((*part.names, part.keywords, part.text)) for part in parts))

    def holds(self, words: Iterable[str]) -> bool:
        """Whether every word is said somewhere of the dataset."""
        return all(word in self.whole for word in words)


def _parts(name: str, told: Mapping[str, Any], tables: Iterable[ReleasedTable]) -> Iterator[Part]:
    people = (text for key in ("contributors", "sources") for one in told.get(key, ()) for text in _texts(one))
    keywords = fold("\n".join((*told.get("keywords", ()), *people)))
    names = _names(name, told.get("title"))
    yield Part("datasets", names, keywords, fold(told.get("description", "")))
    place = "\n".join(names)
    for table in tables:
        named = _names(table.name, table.title)
        yield Part("tables", named, "", fold(table.description or ""), place, table)
        inside = "\n".join((place, *named))
        for column in table.columns:
            own = _names(column.name, column.title)
            yield Part("columns", own, "", fold(column.description or ""), inside, table, column)


def _names(name: str, title: str | None) -> tuple[str, ...]:
    """A name and a title, and each language of a title that is `中文 / English`."""
    texts = (name, title or "", *(title or "").split(" / "))
    return tuple(dict.fromkeys(fold(text) for text in texts if text))


def _texts(one: Mapping[str, Any]) -> Iterator[str]:
    return (one[key] for key in ("title", "organization") if key in one)
