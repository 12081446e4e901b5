"""Texts of strangers that become public: made plain, and refused where people can be found by what they hold."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final
from unicodedata import category, normalize

from minshu.errors import BadParameter, PersonalDataTold
from minshu.traces import KINDS, PATTERNS, candidates

TEXT_MAX: Final = 2000
ANSWER_MAX: Final = 4000
REASON_MAX: Final = 500
KEY_MAX: Final = 200
KEYS_MAX: Final = 16
"""Fields of a key, at most."""

# Emoji and several scripts are written with the two joiners. All else that is invisible is of no use to a reader:
# some of it turns the direction of what follows, or hides a word (UTS #55, "Source code handling").
_JOINERS: Final = "\u200c\u200d"
_BREAK: Final = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_GAPS: Final = re.compile(r"\n{3,}")
_ALL: Final = frozenset(kind for kind, _ in PATTERNS)


def plain_text(text: str, most: int = TEXT_MAX, what: str = "text") -> str:
    """A text of some lines as it may be shown: without invisible characters. Raises BadParameter.

    It must not be empty or longer than `most`, and must hold no control characters.
    """
    lines = [line.rstrip() for line in _visible(_BREAK.sub("\n", text)).split("\n")]
    return _fitting(_GAPS.sub("\n\n", "\n".join(lines)).strip(), most, what, "\n\t")


def plain_line(text: str, most: int, what: str) -> str:
    """The same of a text that is one line. Its blanks are its own. Raises BadParameter."""
    return _fitting(_visible(text), most, what, "")


def can_be_named(key: Sequence[str]) -> bool:
    """Whether a message may name a row by its key, just as that is."""
    try:
        return len(key) <= KEYS_MAX and all(plain_line(text, KEY_MAX, "key") == text for text in key)
    except BadParameter:
        return False


def refuse_persons(*texts: str) -> None:
    """Make sure that people cannot be found by any of these. Raises PersonalDataTold."""
    found = {kind for text in texts for kind in _kinds(text)}
    if found:
        raise PersonalDataTold(KINDS[kind][0] for kind in KINDS if kind in found)


def _kinds(text: str) -> set[str]:
    """What a text holds, also where it is written in other digits, or with joiners between them."""
    bare = normalize("NFKC", text).translate(dict.fromkeys(map(ord, _JOINERS)))
    return {kind for kind, _, is_valid in candidates(bare, _ALL, date.today()) if is_valid}


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter in _JOINERS or category(letter) != "Cf")


def _fitting(text: str, most: int, what: str, allowed: str) -> str:
    for letter in text:
        if letter not in allowed and category(letter) in ("Cc", "Cs", "Zl", "Zp"):
            raise BadParameter(f"{what} holds the character U+{ord(letter):04X}, which is no text. Take it out.")
    if not text.strip():
        raise BadParameter(f"{what} is missing.")
    if len(text) > most:
        raise BadParameter(f"{what} is longer than {most} characters.")
    return text
