"""Where words stand in a text, for people and for programs."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from minshu.search import marks

LENGTH: Final = 120
"""The characters of a snippet."""

BEFORE: Final = 24
"""Those of them before the first word."""


def snippet(text: str, words: Iterable[str]) -> dict[str, Any] | None:
    """A piece of a text around the first of some folded words, on one line, and where they stand in it.

    None where there is none of them. What was left out at an end is `…`.
    """
    line = "".join(" " if character.isspace() else character for character in text)
    found = marks(line, words)
    if not found:
        return None
    start = max(0, min(found[0][0] - BEFORE, len(line) - LENGTH))
    stop = min(len(line), max(start + LENGTH, found[0][1]))
    left, right = "…" if start else "", "…" if stop < len(line) else ""
    moved = len(left) - start
    inside = [(begin + moved, min(end, stop) + moved) for begin, end in found if begin < stop]
    return {"text": f"{left}{line[start:stop]}{right}", "marks": inside}


def marked(text: str, words: Iterable[str]) -> Markup:
    """A text with these folded words marked, as HTML."""
    return _marked(text, marks(text, words))


def piece(text: str, words: Iterable[str]) -> Markup | None:
    """A snippet of a text as HTML; None where there is none of the words."""
    found = snippet(text, words)
    return shown(found) if found else None


def shown(found: dict[str, Any]) -> Markup:
    """A snippet as HTML."""
    return _marked(found["text"], found["marks"])


def _marked(text: str, places: Sequence[tuple[int, int]]) -> Markup:
    parts, end = [], 0
    for start, stop in places:
        parts += [escape(text[end:start]), Markup("<mark>{}</mark>").format(text[start:stop])]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])
