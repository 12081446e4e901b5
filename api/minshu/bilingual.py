"""Texts in two languages: `中文 / English` is written by many publishers."""

import re
from typing import Final

from minshu.reports import Language

TAGS: Final = {Language.zh: "zh-Hans", Language.en: "en"}
"""What HTML, HTTP and RDF call the two languages (BCP 47)."""

_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def texts(text: str) -> list[tuple[Language | None, str]]:
    """A text as its publisher wrote it in each language. That of a text without a letter is None."""
    left, slash, right = text.partition(" / ")
    if slash and written_in(left) is not written_in(right):
        return [(_told(left), left), (_told(right), right)]
    return [(_told(text), text)]


def localized(language: Language, text: str) -> str:
    """The part of a text in a language, or the whole where it has but one."""
    parts = texts(text)
    return next((part for written, part in parts if written is language), parts[0][1])


def foreign(language: Language, text: str) -> str | None:
    """The `lang` of a text that is not in this language."""
    written = _told(text)
    return TAGS[written] if written and written is not language else None


def written_in(text: str) -> Language:
    """Chinese or English, by the letters: terms of the other language may stand in either."""
    latin = len(re.findall("[A-Za-z]", text))
    return Language.zh if 3 * chinese_letters(text) > latin else Language.en


def chinese_letters(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(_CHINESE.findall(text))


def _told(text: str) -> Language | None:
    return written_in(text) if any(map(str.isalpha, text)) else None
