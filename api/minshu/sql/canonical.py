"""One text for statements that differ in nothing but white space and comments, so that they share an answer.

Only what separates tokens is read here, nothing is parsed: hostile text costs as little as any. Where two of DuckDB's
lexers might disagree - backslashes, dollar quotes, nested comments, comments behind operators, spaces beyond ASCII -
the text stays as it is.
"""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<gap>(?: [ \t\r\n]+ | --[^\n]* | /\*.*?\*/ )+)
    | (?P<quoted>'(?:[^']|'')*' | "(?:[^"]|"")*")
    | [^ \t\r\n'"/-]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_HALVES: Final = ("'", '"')
_DOUBTFUL: Final = re.compile(
    r"""
    \\                              # escapes, in some strings
    | \$[^\s$]*\$                   # a dollar quote
    | \r(?!\n)                      # the end of a line, to some
    | /\*(?:(?!\*/).)*/\*           # a comment in a comment
    | [-+*/<>=~!@\#%^&|`?](?:--|/\*)  # an operator, or a comment behind one
    | [\0\x0b\x0c\x85\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]  # spaces, to some
    """,
    re.VERBOSE | re.DOTALL,
)


def canonical(text: str) -> str:
    """The statement with one space for each stretch of white space and comments."""
    if _DOUBTFUL.search(text):
        return text
    parts: list[str] = []
    gap = ""
    for match in _TOKEN.finditer(text):
        found = match[0]
        if match["gap"]:
            gap = found
            continue
        if found in _HALVES or (found == "/" and text.startswith("/*", match.start())):
            return text  # It has no end.
        if gap and parts:
            # Two strings with a line between them are one string.
            parts.append(gap if found[0] == "'" == parts[-1][-1] else " ")
        parts.append(found)
        gap = ""
    return "".join(parts)
