"""What `_search` looks for: words in the text of a row, whatever their width and case.

Two characters are the same here if they fold to the same one: full-width ASCII to its half-width form, the ideographic
space to the plain one, and capital letters to small ones. The data is never folded, only the words are: each stands in
SQL as itself where none of its characters has another form, as in most Chinese, and else as a regular expression of
all forms. So nothing is copied while a table is scanned.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from minshu.errors import BadParameter
from minshu.identifiers import quoted

SEARCH: Final = "_search"
TEXT_MAX: Final = 200
WORDS_MAX: Final = 10

# A phrase stands in quotes of its own; any other quote is a character like the rest.
_WORDS: Final = re.compile(r'(?<!\S)"([^"]+)"(?!\S)|(\S+)')
_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_TO_HALF_WIDTH: Final = 0xFEE0
_SURROGATES: Final = range(0xD800, 0xE000)
_LAST_LETTER: Final = 0x1F000  # Beyond it no script has capitals.


@dataclass(frozen=True)
class Search:
    """Words that must all occur, each in any of the columns. The words are folded, and each stands once."""

    words: tuple[str, ...]
    columns: tuple[str, ...]

    def where_sql(self, reference: Callable[[str], str] = quoted) -> tuple[str, list[str]]:
        """The condition in SQL, and the parameters of its question marks."""
        columns = [reference(name) for name in self.columns]
        found = [_found(word) for word in self.words]
        sql = " AND ".join(f"({' OR '.join(test.format(column) for column in columns)})" for test, _ in found)
        return sql, [value for _, value in found for _ in columns]


@dataclass(frozen=True)
class Searches(Search):
    """Several searches that must all find something, each in columns of its own."""

    parts: tuple[Search, ...] = ()

    @classmethod
    def of(cls, parts: Iterable[Search]) -> "Searches":
        """All of these searches. No row has them all that has not all of their words."""
        known = tuple(parts)
        words = dict.fromkeys(word for part in known for word in part.words)
        return cls(tuple(words), tuple(dict.fromkeys(name for part in known for name in part.columns)), known)

    def where_sql(self, reference: Callable[[str], str] = quoted) -> tuple[str, list[str]]:
        """The conditions of all, joined."""
        found = [part.where_sql(reference) for part in self.parts]
        return " AND ".join(f"({sql})" for sql, _ in found), [value for _, values in found for value in values]


def parse_search(texts: Iterable[str], columns: Iterable[str]) -> Search | None:
    """What `_search` asks for in the columns that hold text; None where it has no word. Raises BadParameter."""
    words, columns = parse_words(" ".join(texts), SEARCH), tuple(columns)
    if not words:
        return None
    if not columns:
        raise BadParameter("The table has no column of text, so there is nothing to search.")
    return Search(words, columns)


def parse_words(text: str, parameter: str) -> tuple[str, ...]:
    """The words of a parameter, folded, apart where white space is; a `"phrase of several"` is one.

    Raises BadParameter.
    """
    text = fold(text)
    words = sorted({phrase or word for phrase, word in _WORDS.findall(text)})
    if words and (len(text) > TEXT_MAX or len(words) > WORDS_MAX):
        raise BadParameter(f"{parameter} takes up to {WORDS_MAX} words, of {TEXT_MAX} characters together.")
    if words and any(ord(character) in _SURROGATES for character in text):
        raise BadParameter(f"{parameter} is no text: it has half a character in it.")
    return tuple(words)


def marks(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where folded words stand in a text, from the first: what overlaps or touches is one place."""
    folded = fold(text)
    found = sorted((at.start(), at.end()) for word in words for at in re.finditer(re.escape(word), folded))
    joined: list[tuple[int, int]] = []
    for start, stop in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], stop)
        else:
            joined.append((start, stop))
    return joined


def fold(text: str) -> str:
    """A text of which equal width and case no longer matter. It has as many characters as before."""
    return text.translate(_folding())


def fold_character(character: str) -> str:
    """The one character that stands for all of its widths and cases."""
    code = ord(character)
    if code in _FULL_WIDTH:
        character = chr(code - _TO_HALF_WIDTH)
    elif character == "\u3000":
        return " "
    # Some capitals have no small form of one character; they stay what they are.
    return next((form for form in (character.casefold(), character.lower()) if len(form) == 1), character)


@cache
def forms() -> Mapping[str, str]:
    """Every character that others fold to, with all of its forms, its own first."""
    found: dict[str, str] = defaultdict(str)
    for code in range(_LAST_LETTER):
        character = chr(code)
        if (folded := fold_character(character)) != character:
            found[folded] = (found[folded] or folded) + character
    return dict(found)


def expression(word: str) -> str | None:
    """A folded word as a regular expression (RE2) of all its forms; None where it has no form but itself."""
    return "".join(map(_class, word)) if any(character in forms() for character in word) else None


@cache
def _folding() -> Mapping[int, str]:
    return {ord(form): folded for folded, known in forms().items() for form in known}


def _found(word: str) -> tuple[str, str]:
    """The test of a column, and the parameter of its question mark."""
    pattern = expression(word)
    if pattern is not None:
        return "regexp_matches({}, CAST(? AS VARCHAR))", pattern
    return "contains({}, CAST(? AS VARCHAR))", word


def _class(character: str) -> str:
    """The characters that fold to this one, as a regular expression has them."""
    return "[" + "".join(rf"\x{{{ord(form):x}}}" for form in forms().get(character, character)) + "]"
