"""The command that takes in what other catalogues have: `minshu harvest`."""

import json
import re
from collections import Counter
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import CatalogueOption, StoreOption
from minshu.cli.printing import put, say
from minshu.cli.progress import progress
from minshu.errors import MinshuError
from minshu.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minshu.harvest import Outcome, Wishes

REFUSED, UNANSWERED = 1, 2


class KindChoice(StrEnum):
    """The kinds of catalogues."""

    auto = "auto"
    minshu = "minshu"
    ckan = "ckan"
    dcat = "dcat"


class Shape(StrEnum):
    """How the outcome is printed."""

    text = "text"
    json = "json"


def harvest(
    url: Annotated[str, typer.Argument(help="The address of a Minshu, a CKAN, or a catalogue in RDF.")],
    kind: Annotated[KindChoice, typer.Option(help="What stands there; by default it is asked.")] = KindChoice.auto,
    store: StoreOption = None,
    prefix: Annotated[str, typer.Option(help="What the names of new datasets begin with: `fuzhou-`.")] = "",
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="One dataset there; repeatable.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The most datasets that are looked at.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow-withdrawals", help="Take back here what a Minshu took back there.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Fetch everything, whatever was known before.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, by the catalogue alone.")] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A host that may be private; repeatable.")
    ] = None,
    shape: Annotated[Shape, typer.Option("--format", help="How the outcome is printed.")] = Shape.text,
    catalogue: CatalogueOption = None,
) -> None:
    """Take the datasets of another catalogue: 0 all well, 1 some were not taken, 2 it does not answer."""
    from minshu.harvest import Wishes

    if not re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,39})?", prefix):
        raise typer.BadParameter("--prefix begins with a-z or a digit, and goes on with those, '.', '_' and '-'.")
    settings = Settings.load(store=store, catalogue=catalogue)
    wishes = Wishes(prefix, tuple(only or ()), limit, follow, again, dry)
    outcomes: list[Outcome] = []
    failure: MinshuError | None = None
    with progress("Asking the catalogue") as step:
        try:
            found = _run(url, kind, settings, wishes, allow or [], outcomes, step)
        except MinshuError as error:
            found, failure = kind.value, error
    put(_json(url, found, outcomes) if shape is Shape.json else _lines(outcomes), plain=shape is Shape.text)
    if outcomes or not failure:
        say(f"{len(outcomes)} dataset{'' if len(outcomes) == 1 else 's'}{_counted(outcomes)}.")
    if failure:
        raise failure
    if any(outcome.bad for outcome in outcomes):
        raise typer.Exit(REFUSED)


def _run(
    url: str,
    kind: KindChoice,
    settings: Settings,
    wishes: "Wishes",
    allow: "Sequence[str]",
    outcomes: "list[Outcome]",
    step: "Callable[[str], None]",
) -> str:
    """Harvest, and give the kind of what was found. What became of each dataset is added to `outcomes`."""
    from minshu.harvest import Fetcher, Harvest, Kind, catalogue_at

    with Fetcher(url, allow, seconds=settings.publish_seconds) as fetcher:
        catalogue = catalogue_at(url, Kind(kind.value), fetcher)
        for outcome in Harvest(catalogue, fetcher, settings, wishes, step).run():
            outcomes.append(outcome)  # What there is when it breaks off is told as well.
    return catalogue.kind


def _lines(outcomes: "Sequence[Outcome]") -> str:
    """A line for each: what became of it, its name and version here, what it is there, and what is to be said."""
    rows = ((one.status, one.name or "-", one.version or "-", one.id, "; ".join(one.notes)) for one in outcomes)
    return "".join("\t".join(map(_plain, row)).rstrip("\t") + "\n" for row in rows)


def _plain(text: str) -> str:
    """A text of strangers without what would break a line, or command a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _json(url: str, kind: str, outcomes: "Sequence[Outcome]") -> str:
    told = {"catalogue": url, "kind": kind, "counts": Counter(one.status for one in outcomes)}
    datasets = [asdict(one) for one in outcomes]
    return json.dumps({**told, "datasets": datasets}, ensure_ascii=False, indent=2) + "\n"


def _counted(outcomes: "Sequence[Outcome]") -> str:
    words = ", ".join(f"{count} {status}" for status, count in Counter(one.status for one in outcomes).items())
    return f": {words}" if words else ""
