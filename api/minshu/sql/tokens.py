"""The words of a statement, as far as a person is shown them: its parameters, and what stands at a place.

Nothing is judged by this. DuckDB alone decides what a statement is.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    --[^\n]* | /\*.*?(?:\*/|\Z)             # comments
    | '(?:[^']|'')*(?:'|\Z) | "(?:[^"]|"")*(?:"|\Z)
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z) # a dollar quote
    | \$(?P<parameter>\w+)
    | \w+(?:\.\w+)* | \s+ | .
    """,
    re.VERBOSE | re.DOTALL,
)


def parameters(text: str) -> list[str]:
    """The names that stand in a statement as `$name`, each once, in their order."""
    return list(dict.fromkeys(token["parameter"] for token in _tokens(text) if token["parameter"]))


def word_at(text: str, position: int) -> tuple[int, int]:
    """Where the word at a place begins and ends; the last word for the end of the text."""
    last = len(text.rstrip())
    for token in _tokens(text):
        if token.end() > min(position, last - 1):
            return token.start() if position >= last else position, token.end()
    return 0, 0


def renamed(text: str, name: Callable[[str], str | None]) -> str:
    """The statement with other names for those that stand in double quotes, where `name` gives any, ready for SQL."""
    parts = (token[0] for token in _tokens(text))
    return "".join(name(part[1:-1].replace('""', '"')) or part if _is_name(part) else part for part in parts)


def _is_name(token: str) -> bool:
    return len(token) > 2 and token[0] == token[-1] == '"'


def _tokens(text: str) -> Iterator[re.Match[str]]:
    return _TOKEN.finditer(text)
