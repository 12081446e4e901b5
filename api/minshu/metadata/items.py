"""A list of items that a standard asks to be told of a dataset: one table of them is the JSON, the CSV and the page.

Each item is told from the facts of a dataset. What nobody said is None: it is written as nothing, and never
guessed.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final, Generic, TypeVar

from minshu.bilingual import localized
from minshu.checks.columns import FORMULA
from minshu.reports import Language

Facts = TypeVar("Facts")
Value = Any
"""What JSON can say; None where nobody said anything."""

BOM: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of its system, which in China is GBK, and Chinese becomes noise."""

LONGEST: Final = 32_000
"""Characters of a cell that spreadsheets show; Excel cuts silently at 32,767."""

_FORMULA: Final = re.compile(FORMULA)


@dataclass(frozen=True)
class Part:
    """A part of an item that a table has a column for: a member of the item's value."""

    key: str
    term: str
    english: str


@dataclass(frozen=True)
class Item(Generic[Facts]):
    """One item: its name in JSON, what the standard calls it, what that is in English, and how it is told."""

    key: str
    term: str
    english: str
    value: Callable[[Facts], Value]
    parts: tuple[Part, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a table has for it."""
        return tuple(part.term for part in self.parts) or (self.term,)

    def cells(self, value: Value) -> tuple[str, ...]:
        """A value of it in those columns."""
        if not self.parts:
            return (words(value),)
        members = value if isinstance(value, dict) else {}
        return tuple(words(members.get(part.key)) for part in self.parts)


def told(items: Iterable[Item[Facts]], facts: Facts, language: Language = Language.zh) -> dict[str, Value]:
    """The items of a dataset by their names, texts in the language where they are in two."""
    return {item.key: spoken(item.value(facts) or None, language) for item in items}


def count_told(values: Mapping[str, Value]) -> int:
    """How many of the items somebody said something of."""
    return sum(value is not None for value in values.values())


def spoken(value: Value, language: Language) -> Value:
    """A value with each of its texts in a language, where it is written in two."""
    if isinstance(value, str):
        return localized(language, value) if " / " in value else value
    if isinstance(value, dict):
        return {key: spoken(item, language) for key, item in value.items()}
    return [spoken(item, language) for item in value] if isinstance(value, list) else value


def words(value: Value) -> str:
    """A value as a cell of a table says it. A list that no cell can hold ends by telling how much there is of it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return f"{value['name']}（{value['type']}）"
    if not isinstance(value, list):
        return "" if value is None else str(value)
    texts = [words(item) for item in value]
    whole = "；".join(texts)
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST].rpartition('；')[0]}；……共 {len(texts)} 项"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV for spreadsheets: UTF-8 that says so, and no cell that would be run as a formula."""
    text = StringIO(BOM)
    text.seek(len(BOM))
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs: before what it would take for a formula stands an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
