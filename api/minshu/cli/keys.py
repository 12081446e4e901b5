"""The keys that releases are signed with: `minshu key`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from minshu.signing import PublicKey

key = typer.Typer(help="Keys that releases are signed with.", no_args_is_help=True)


@key.command()
def create(path: Annotated[Path, typer.Argument(help="The file to make; its owner alone can read it.")]) -> None:
    """Make a key to sign with. Its public half goes to stdout, its fingerprint to stderr."""
    from minshu.signing import SigningKey

    _show(SigningKey.create(path).public)
    print(f"Keep {path} to yourself, and a copy of it in a safe place.", file=sys.stderr)  # noqa: T201


@key.command()
def show(path: Annotated[Path, typer.Argument(help="A key in PEM, be it the public half or the private one.")]) -> None:
    """Print the public half of a key on stdout, and its fingerprint on stderr."""
    from minshu.signing import PublicKey

    _show(PublicKey.read(path))


def _show(public: "PublicKey") -> None:
    # On stderr, so that stdout is a PEM file for whoever wants one.
    print(public.fingerprint, file=sys.stderr)  # noqa: T201
    print(public.pem, end="")  # noqa: T201
