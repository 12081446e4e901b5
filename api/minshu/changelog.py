"""A dataset's `CHANGELOG.md`: what its publisher says of each version, as Keep a Changelog lays it out."""

import re
from typing import Final

_END: Final = re.compile("\r\n?|\n")
_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
# `1.0.0`, `[1.0.0] - 2019-03-29`, `v1.0.0 (2019)`, `Version 1.0.0`, `版本 1.0.0`
_VERSION: Final = re.compile(r"(?:version|release|版本)?[ \t]*\[?v?([0-9][0-9A-Za-z.+-]*)", re.IGNORECASE)


def notes_of(changelog: str, version: str) -> str | None:
    """What a changelog says of a version, as Markdown without the heading; None where it has no entry for it.

    An entry is a heading that begins with the version, and goes on to the next heading of its level or above. One
    without a word below it is an entry all the same, of which the notes are empty.
    """
    lines, level, fence = [], 0, ""
    for line in _END.split(changelog.removeprefix("\ufeff")):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = None if fence or mark else _HEADING.fullmatch(line)
        if level and heading and len(heading[1]) <= level:
            break
        if level:
            lines.append(line)
        elif heading and (named := _VERSION.match(heading[2])) and named[1] == version:
            level = len(heading[1])
    return "\n".join(lines).strip() if level else None
