"""What commands print: reports to stdout, words to stderr."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minshu.reports import Format, Language, Origin, View, locale_language, rendered

if TYPE_CHECKING:
    from minshu.report import Report


def print_report(report: "Report", path: Path, format_: Format = Format.text, language: Language | None = None) -> None:
    """Print a report in a format, in the locale's language if no other is named."""
    from importlib.metadata import version as installed

    view = View(
        report,
        Origin.of(path),
        language or locale_language(os.environ),
        colour=format_ is Format.text and takes_colour(),
        version=installed("minshu"),
    )
    put(rendered(view, format_), plain=format_ is Format.text)


def put(text: str, *, plain: bool) -> None:
    """Print a whole text to stdout: a `plain` one is for people, the others are UTF-8."""
    if plain:
        # A terminal of another encoding shows what it can.
        print(text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding), end="")  # noqa: T201
        return
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def takes_colour() -> bool:
    """Whether stdout is a terminal whose user has not asked for plain text (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(words: str) -> None:
    """Words for whoever runs the command."""
    print(words, file=sys.stderr)  # noqa: T201
