"""The commands for the log of a store: `minshu audit list`, `verify` and `erase`."""

import sys
from typing import Annotated

import typer

from minshu.cli.options import ReasonOption, StoreOption
from minshu.cli.printing import say
from minshu.cli.stores import store_at

app = typer.Typer(help="Read and verify the log of every act on a store.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    after: Annotated[int, typer.Option(min=0, help="The number of the entry before the first that is told.")] = 0,
    store: StoreOption = None,
) -> None:
    """Print the entries as they are, one line of JSON each. Private parts are not told."""
    for entry in store_at(store).log.entries(after):
        sys.stdout.buffer.write(entry.data)
    sys.stdout.buffer.flush()


@app.command()
def verify(
    source: Annotated[str | None, typer.Option("--from", help="The address of a service whose log it is.")] = None,
    store: StoreOption = None,
) -> None:
    """Hold every entry against the one before it, and every release against the log: 0 right, 1 at the first fault."""
    if source is not None:
        _verify_remote(source)
        return
    from minshu.verify import verify_log

    found = verify_log(store_at(store))
    say(f"{found.entries} entr{'y' if found.entries == 1 else 'ies'}, every one right.")
    if found.erased:
        say(f"Private parts that were erased: {', '.join(map(str, found.erased))}.")
    if found.loose:
        say(f"{found.loose} private parts belong to no entry: their writers were killed before they wrote that.")
    if found.sha256:
        print(found.sha256)  # noqa: T201


@app.command()
def erase(
    sequence: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The entry's number.")],
    reason: ReasonOption,
    store: StoreOption = None,
) -> None:
    """Delete the private part of an entry for good, as the law may ask. The chain of entries holds without it."""
    from minshu.acts import erase
    from minshu.audit import Actor

    erase(store_at(store), sequence, reason, Actor.local("operator"))
    say(f"The private part of entry {sequence} is deleted.")


def _verify_remote(source: str) -> None:
    """Verify the chain of a service's log. Its private parts and its releases are not looked at."""
    from minshu.audit import chained
    from minshu.download import remote_log

    count, digest = 0, None
    for entry in chained(remote_log(source)):
        count, digest = entry.sequence, entry.sha256
    say(f"{count} entr{'y' if count == 1 else 'ies'}, every one right.")
    if digest:
        print(digest)  # noqa: T201
