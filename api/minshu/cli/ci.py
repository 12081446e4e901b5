"""The command of publishers' continuous integration: `minshu ci`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.ci.forms import CiFormat
from minshu.cli.options import CatalogueOption
from minshu.settings import Settings

if TYPE_CHECKING:
    from minshu.ci.released import Released

NO = 1
# Where GitHub's runner takes the Markdown that it shows beside a job.
SUMMARY = "GITHUB_STEP_SUMMARY"


def ci(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="What to look at, instead of what changed.")
    ] = None,
    base: Annotated[str | None, typer.Option(help="The commit that changes are told from.")] = None,
    store: Annotated[Path | None, typer.Option(help="The store with the releases to compare with.")] = None,
    against: Annotated[str | None, typer.Option(metavar="URL", help="A Minshu with them, instead of a store.")] = None,
    format_: Annotated[CiFormat, typer.Option("--format", help="How the outcome is printed.")] = CiFormat.markdown,
    summary: Annotated[
        Path | None, typer.Option(envvar=SUMMARY, help="A file to which the outcome is added as Markdown.")
    ] = None,
    sarif: Annotated[Path | None, typer.Option(help="A file into which it is written as SARIF.")] = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Say whether the packages that a change touches can be released: 0 yes, 1 no, 2 could not be told."""
    from minshu.ci.run import run
    from minshu.cli.progress import progress

    if store and against:
        raise typer.BadParameter("--store and --against exclude each other.")
    settings = Settings.load(store=store, catalogue=catalogue)
    with _released(settings, against) as released, progress("Looking for changes") as step:
        outcome = run(paths or (), base, released, settings, step)
    if summary:
        with summary.open("a", encoding="utf-8") as file:
            file.write(outcome.rendered(CiFormat.markdown))
    if sarif:
        sarif.write_text(outcome.rendered(CiFormat.sarif), "utf-8")
    sys.stdout.buffer.write(outcome.rendered(format_).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    if not outcome.passes:
        raise typer.Exit(NO)


@contextmanager
def _released(settings: Settings, url: str | None) -> "Iterator[Released]":
    """Where the releases are. A store that was named must be there; where nothing was, there may be none."""
    from minshu.ci.released import AtUrl, InStore, Nowhere
    from minshu.store import Store

    if url:
        with TemporaryDirectory(prefix="minshu-ci-") as folder:
            yield AtUrl(url, Path(folder))
        return
    known = Store(settings.store)
    if "store" in settings.model_fields_set:
        known.require()
    yield InStore(known) if known.root.is_dir() else Nowhere()
