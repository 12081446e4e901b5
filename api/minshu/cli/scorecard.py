"""`minshu scorecard`: how ready the datasets of a store are to be opened, measured."""

import os
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import StoreOption
from minshu.cli.printing import put, say
from minshu.cli.stores import store_at
from minshu.reports import Language, locale_language

if TYPE_CHECKING:
    from minshu.scorecard import CatalogueScorecard

WHOLE = 1e7
"""Seconds that are waited for counts: until they are done."""


class ScorecardFormat(StrEnum):
    """How a scorecard is printed."""

    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def scorecard(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Datasets; all, if none is named.")] = None,
    format_: Annotated[ScorecardFormat, typer.Option("--format", help="How it is printed.")] = ScorecardFormat.text,
    lang: Annotated[Language | None, typer.Option(help="The language, by default the locale's.")] = None,
    store: StoreOption = None,
) -> None:
    """Measure how ready datasets are to be opened: formats, interfaces, licences, metadata, updates, documents."""
    from minshu.cli.progress import progress

    with progress("Measuring"):
        card = _measured(store, names)
    for name in card.damaged:
        say(f"minshu: The newest release of {name} cannot be read, so it is not measured.")
    put(_rendered(card, format_, lang or locale_language(os.environ)), plain=format_ is ScorecardFormat.text)


def _measured(folder: Path | None, names: list[str] | None) -> "CatalogueScorecard":
    """The scorecard of the store, or of some of its datasets. Raises DatasetNotFound."""
    from minshu.browse import Library
    from minshu.feedback import Feedback
    from minshu.http.directory import Directory
    from minshu.scorecard import AskedOf, Scorecards
    from minshu.settings import Settings

    store, settings = store_at(folder), Settings.load(store=folder)
    asked = AskedOf(Feedback(store.log), is_taken=settings.feedback != "off")
    with closing(Library(store, settings)) as library, closing(Scorecards(library, asked)) as made:
        for name in names or ():
            library.dataset(name)
        entries = Directory(library).entries()
        return made.catalogue(entries, datetime.now(UTC).date(), WHOLE, only=frozenset(names) if names else None)


def _rendered(card: "CatalogueScorecard", format_: ScorecardFormat, language: Language) -> str:
    import json

    from minshu.scorecard import plain, text

    if format_ is ScorecardFormat.csv:
        return plain.catalogue_csv(card)
    if format_ is ScorecardFormat.json:
        return json.dumps(plain.catalogue_told(card), ensure_ascii=False, indent=2) + "\n"
    return (text.text if format_ is ScorecardFormat.text else text.markdown)(card, language)
