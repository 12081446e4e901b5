"""Copies of a store: `minshu backup` and `minshu restore`."""

from pathlib import Path
from typing import Annotated

import typer

from minshu.cli.options import StoreOption
from minshu.cli.printing import say
from minshu.cli.progress import progress
from minshu.settings import Settings


def backup(
    archive: Annotated[Path, typer.Argument(help="The tar to make, compressed if it ends in .zst; - for stdout.")],
    store: StoreOption = None,
) -> None:
    """Write a store into an archive: releases, log and counts. Others may go on publishing."""
    from minshu.backup import backup as run
    from minshu.store import Store

    settings = Settings.load(store=store)
    with progress("Backing up") as step:
        header = run(Store(settings.store), settings.counts_folder, archive, step)
    say(f"{_number(len(header.releases), 'release')}, every digest right, and the log up to entry {header.entries}.")


def restore(
    archive: Annotated[Path, typer.Argument(help="What `minshu backup` made; - for stdin.")],
    store: StoreOption = None,
    add: Annotated[bool, typer.Option("--add", help="Add what the store lacks, instead of making it anew.")] = False,
) -> None:
    """Make a store from an archive, once everything in it has proven to be what was released."""
    from minshu.restore import restore as run

    settings = Settings.load(store=store)
    with progress("Restoring") as step:
        restored = run(archive, settings.store, settings.counts_folder, add=add, progress=step)
    known = len(restored.header.releases) - restored.added
    there = f" and {known} that were there" if known else ""
    say(
        f"{_number(restored.added, 'release')}{there}, every digest right, "
        f"and the log up to entry {restored.header.entries}."
    )
    print(settings.store)  # noqa: T201


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
