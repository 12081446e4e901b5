"""`minshu diff`: what changed between two packages, releases or addresses."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import CatalogueOption, StoreOption
from minshu.cli.printing import put, say, takes_colour
from minshu.errors import InvalidPackage, MinshuError
from minshu.reports import Language, locale_language

if TYPE_CHECKING:
    from minshu.diff import Comparison, Side
    from minshu.settings import Settings

DIFFERENT, UNANSWERED = 1, 2
SHOWN = 10


class DiffFormat(StrEnum):
    """How a difference is printed."""

    text = "text"
    json = "json"
    ndjson = "ndjson"
    html = "html"
    markdown = "markdown"


SideName = Annotated[str, typer.Argument(metavar="OLD", help="NAME@VERSION in the store, a package, or an address.")]
NewName = Annotated[str, typer.Argument(metavar="NEW", help="The same, for what it is compared with.")]


def diff(
    old: SideName,
    new: NewName,
    format_: Annotated[DiffFormat, typer.Option("--format", help="How it is printed.")] = DiffFormat.text,
    lang: Annotated[Language | None, typer.Option(help="The language, by default the locale's.")] = None,
    rows: Annotated[int, typer.Option(min=0, help="The most rows listed of each table and kind.")] = SHOWN,
    store: StoreOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Tell what changed: 0 nothing, 1 something, 2 could not be compared."""
    from minshu.settings import Settings

    settings = Settings.load(store=store, catalogue=catalogue)
    try:
        is_same = _compare(old, new, settings, format_, lang or locale_language(os.environ), rows)
    except MinshuError as error:
        say(f"minshu: {error}")
        raise typer.Exit(UNANSWERED) from error
    if not is_same:
        raise typer.Exit(DIFFERENT)


def _compare(old: str, new: str, settings: "Settings", format_: DiffFormat, language: Language, rows: int) -> bool:
    from minshu.cli.progress import progress
    from minshu.diff import comparing

    with ExitStack() as opened:
        with progress("Opening"):
            before, after = (opened.enter_context(_opened(name, settings)) for name in (old, new))
        comparison = opened.enter_context(comparing(before, after, settings.publish_memory))
        if format_ is DiffFormat.ndjson:
            return _print_rows(comparison)
        return _print(comparison, format_, language, 0 if format_ is DiffFormat.json else rows)


@contextmanager
def _opened(name: str, settings: "Settings") -> Iterator["Side"]:
    from minshu.sides import named_side

    try:
        with named_side(name, settings) as side:
            yield side
    except InvalidPackage as error:
        raise MinshuError(f"{name} is not valid, so it cannot be compared: `minshu validate` says why.") from error


def _print_rows(comparison: "Comparison") -> bool:
    """Every row that differs, one line each."""
    from minshu.diff.lines import line

    found = {name: comparison.found(name) for name in comparison.tables()}
    for item in found.values():
        sys.stdout.buffer.writelines(line(item.difference, change) for change in comparison.changes(item))
    sys.stdout.buffer.flush()
    return not comparison.summed({name: item.difference for name, item in found.items()}).changes


def _print(comparison: "Comparison", format_: DiffFormat, language: Language, rows: int) -> bool:
    from importlib import import_module

    from minshu.cli.progress import progress
    from minshu.diff.view import View

    with progress("Comparing"):
        found = {name: comparison.found(name) for name in comparison.tables()}
        difference = comparison.summed({name: item.difference for name, item in found.items()})
        listed = {name: list(comparison.changes(item, rows)) for name, item in found.items()}
    if format_ is DiffFormat.json:
        text = difference.dumps().decode()
    else:
        module = {"text": "text", "html": "page", "markdown": "markdown"}[format_]
        colour = format_ is DiffFormat.text and takes_colour()
        text = import_module(f"minshu.diff.{module}").render(View(difference, language, listed, colour))
    put(text, plain=format_ is DiffFormat.text)
    return not difference.changes
