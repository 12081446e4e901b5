"""The command that publishes elsewhere: `minshu push`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.credentials import VARIABLE, TokenFileOption, token_for, warn_of_eavesdroppers
from minshu.cli.options import NameOption, PackagePath, VersionOption
from minshu.errors import IdentityMissing, PushRefused, TokenMissing

if TYPE_CHECKING:
    from minshu.push import Pushed, Pusher

ID_TOKEN = "MINSHU_ID_TOKEN"  # noqa: S105  # It is the name of a variable.


def push(
    path: PackagePath,
    to: Annotated[str, typer.Option(help="The address of a Minshu service that may be written to.")],
    token_file: TokenFileOption = None,
    name: NameOption = None,
    version: VersionOption = None,
) -> None:
    """Send a package to a service that publishes it: 0 published, 1 refused, 2 could not be sent."""
    from tempfile import TemporaryDirectory

    from minshu.cli.printing import say
    from minshu.cli.progress import bytes_progress, progress
    from minshu.descriptors import opened
    from minshu.publish import pack
    from minshu.push import Pusher, exchanged
    from minshu.settings import Settings
    from minshu.versions import AUTO

    token, id_token = token_for(token_file), os.environ.get(ID_TOKEN, "").strip()
    if not token and not id_token:
        raise TokenMissing(f"name the file that has it with --token-file, or put it into {VARIABLE}")
    warn_of_eavesdroppers(to)
    with opened(path, Settings.load()) as package, TemporaryDirectory(prefix="minshu-") as folder:
        given, archive = package.identified(name, None if version == AUTO else version), Path(folder, "package.zip")
        wanted = AUTO if version == AUTO else given.version
        if given.name is None or wanted is None:
            raise IdentityMissing("version" if given.name else "name")
        pack(given, Path(folder, "package"), archive)
        with Pusher(to, token or exchanged(to, id_token)) as pusher:
            with bytes_progress(f"Sending {given.name} {wanted}") as sent:
                known = pusher.send(archive, given.name, wanted, sent)
            with progress("Waiting for the outcome") as step:
                pushed = _outcome(pusher, known, step, path)
    say(f"{given.name} {pushed.version} {'is published' if pushed.created else 'was published already'}.")
    print(pushed.url)  # noqa: T201


def _outcome(pusher: "Pusher", known: "Pushed | str", step: Callable[[str], None], path: Path) -> "Pushed":
    from minshu.cli.printing import print_report, say
    from minshu.report import Report

    try:
        pushed = pusher.outcome(known, step) if isinstance(known, str) else known
    except PushRefused as error:
        step("")
        if isinstance(error.report, Report):
            print_report(error.report, path)
        raise
    for warning in pushed.report.warnings if pushed.report else ():
        say(f"warning: {warning}")
    return pushed
