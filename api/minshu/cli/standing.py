"""The commands that say of a release how it stands: `minshu withdraw`, `yank`, `unyank` and `purge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import ReasonOption, StoreOption
from minshu.cli.printing import say
from minshu.cli.stores import store_at

if TYPE_CHECKING:
    from minshu.audit import Actor
    from minshu.settings import Settings
    from minshu.standing import Status
    from minshu.store import Store

Name = Annotated[str, typer.Argument(metavar="NAME", help="The dataset's name.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="An exact version.")]
BaseOption = Annotated[str | None, typer.Option(help="The public address, for the addresses that caches are to drop.")]


def withdraw(
    name: Name,
    version: Version,
    reason: ReasonOption,
    successor: Annotated[str | None, typer.Option(metavar="VERSION", help="The version to take instead.")] = None,
    base_url: BaseOption = None,
    store: StoreOption = None,
) -> None:
    """Give the data of a release to nobody any more, for good. Prints the addresses that caches must drop."""
    from minshu import acts

    settings, known, actor = _opened(store, base_url)
    status = acts.withdraw(known, name, version, reason, actor, successor)
    _told(settings, known, name, version, status)


def yank(
    name: Name, version: Version, reason: ReasonOption, base_url: BaseOption = None, store: StoreOption = None
) -> None:
    """Let `latest` stand for a release no more; by its version it is found as before."""
    from minshu import acts

    settings, known, actor = _opened(store, base_url)
    status = acts.yank(known, name, version, reason, actor)
    _told(settings, known, name, version, status)


def unyank(
    name: Name, version: Version, reason: ReasonOption, base_url: BaseOption = None, store: StoreOption = None
) -> None:
    """Let a release that was yanked stand as it was published."""
    from minshu import acts

    settings, known, actor = _opened(store, base_url)
    acts.unyank(known, name, version, reason, actor)
    _told(settings, known, name, version, None)


def purge(
    name: Name,
    version: Version,
    reason: ReasonOption,
    basis: Annotated[str, typer.Option(help="By what law or decision, for everybody to read.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    base_url: BaseOption = None,
    store: StoreOption = None,
) -> None:
    """Delete the data of a release for good, as the law may ask. Its manifest is left, and a record of what and why."""
    from minshu import acts

    settings, known, actor = _opened(store, base_url)
    if not yes:
        typer.confirm(f"Delete the data of {name} {version} in {known.root}, for good?", abort=True, err=True)
    status = acts.purge(known, name, version, reason, basis, actor)
    _told(settings, known, name, version, status)
    say("Backups, mirrors and caches may hold it still: delete it there as well, and restart the service.")


def _opened(store: Path | None, base_url: str | None) -> "tuple[Settings, Store, Actor]":
    from minshu.audit import Actor
    from minshu.settings import Settings

    return Settings.load(store=store, base_url=base_url), store_at(store), Actor.local("operator")


def _told(settings: "Settings", store: "Store", name: str, version: str, status: "Status | None") -> None:
    """Say how the release stands now, and print what caches must drop."""
    from minshu.http.links import Links
    from minshu.http.pinned import pinned_addresses

    say(f"{name} {version} {f'is {status.state}' if status else 'stands as it was published'}.")
    if version in store.versions(name):
        say("Caches must drop these addresses, whatever follows them, and what /sql answered of the release:")
        release = store.release(name, version)
        for address in pinned_addresses(release.manifest, Links((settings.base_url or "").rstrip("/"))):
            print(address)  # noqa: T201
