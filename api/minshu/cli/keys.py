"""The keys that releases are signed with: `minshu key`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import ReasonOption, StoreOption
from minshu.cli.printing import say
from minshu.cli.stores import store_at

if TYPE_CHECKING:
    from minshu.audit import Actor
    from minshu.keyring import Keyring, KnownKey
    from minshu.signing import PublicKey

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key's fingerprint, as `minshu key list` has it.")]
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

app = typer.Typer(help="Make the keys that releases are signed with, and say which are good.", no_args_is_help=True)


@app.command()
def create(path: Annotated[Path, typer.Argument(help="The file to make; its owner alone can read it.")]) -> None:
    """Make a key to sign with. Its public half goes to stdout, its fingerprint to stderr."""
    from minshu.signing import SigningKey

    _show(SigningKey.create(path).public)
    say(f"Keep {path} to yourself, and a copy of it in a safe place.")


@app.command()
def show(path: Annotated[Path, typer.Argument(help="A key in PEM, be it the public half or the private one.")]) -> None:
    """Print the public half of a key on stdout, and its fingerprint on stderr."""
    from minshu.signing import PublicKey

    _show(PublicKey.read(path))


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="The key in PEM; its public half is enough.")], store: StoreOption = None
) -> None:
    """Let a key sign the releases of a store from now on. The first that publishes with a key adds it itself."""
    from minshu.signing import PublicKey

    keyring, actor = _keyring(store)
    _tell(keyring.add(PublicKey.read(path), actor))


@app.command("list")
def list_(store: StoreOption = None) -> None:
    """List the keys of a store: fingerprint, state, since when, reason; tab-separated, oldest first."""
    keyring, _ = _keyring(store)
    for known in keyring.all():
        _tell(known)


@app.command()
def retire(key: KeyArgument, reason: ReasonOption, store: StoreOption = None) -> None:
    """Let a key sign nothing new. What it signed stays good."""
    keyring, actor = _keyring(store)
    _tell(keyring.retire(key, reason, actor))


@app.command()
def revoke(
    key: KeyArgument,
    reason: ReasonOption,
    since: Annotated[datetime, typer.Option(formats=MOMENTS, help="From when it was in wrong hands, in UTC.")],
    store: StoreOption = None,
) -> None:
    """Believe nothing that a key signed from a moment on."""
    keyring, actor = _keyring(store)
    _tell(keyring.revoke(key, since.replace(tzinfo=UTC), reason, actor))


def _keyring(store: Path | None) -> "tuple[Keyring, Actor]":
    from minshu.audit import Actor
    from minshu.keyring import Keyring

    return Keyring(store_at(store).log), Actor.local("operator")


def _tell(known: "KnownKey") -> None:
    since = known.revoked or known.retired or known.added
    print(known.key.fingerprint, known.state, f"{since:%Y-%m-%dT%H:%M:%SZ}", known.reason or "", sep="\t")  # noqa: T201


def _show(public: "PublicKey") -> None:
    # On stderr, so that stdout is a PEM file for whoever wants one.
    say(public.fingerprint)
    print(public.pem, end="")  # noqa: T201
