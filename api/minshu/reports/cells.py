"""Strangers' text on its way to a reader: on one line, no control character left active, short enough to read."""

SHOWN = 60


def visible(text: str) -> str:
    """The text on one line. What a terminal, a page or an XML reader would obey or refuse is written as its escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def shortened(text: str, most: int = SHOWN) -> str:
    """The text, visible, and cut with an ellipsis when it has more characters than that."""
    # Cut first: a cell may hold a gigabyte.
    seen = visible(text[: most + 1])
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def _escaped(char: str) -> str:
    # The ideographic space is what Chinese text is indented with: harmless, and no more legible as an escape.
    return char if char == "\u3000" else char.encode("unicode_escape").decode("ascii")
