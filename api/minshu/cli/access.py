"""The commands for applications: `minshu access list`, `grant`, `refuse` and `revoke`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import StoreOption
from minshu.cli.printing import say
from minshu.cli.stores import store_at

if TYPE_CHECKING:
    from minshu.applications import Application, Applications

Id = Annotated[str, typer.Argument(metavar="ID", help="The application's id, as `list` tells it.")]
ReasonOption = Annotated[str, typer.Option(help="Why: the applicant reads it, and nobody else but the operator.")]

app = typer.Typer(
    help="Decide who may have data that is open on conditions.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Those that are decided as well.")] = False,
    store: StoreOption = None,
) -> None:
    """List the applications that wait: id, dataset, state, received, due or end, term, contact, purpose."""
    from datetime import UTC, datetime

    from minshu.applications import State
    from minshu.deadlines import deadline
    from minshu.settings import Settings

    settings, now, overdue, is_exact = Settings.load(store=store), datetime.now(UTC), 0, True
    for one in _applications(store).all():
        due = deadline(one.received, settings.decision_days)
        if one.state is State.received:
            overdue, is_exact = overdue + due.is_over(now), is_exact and due.is_exact
            _print(one, "overdue" if due.is_over(now) else one.state, f"{due.day}")
        elif all_:
            state = "expired" if one.state is State.granted and not one.holds(now) else one.state
            _print(one, state, f"{one.expires:%Y-%m-%d}" if one.expires else "")
    if overdue:
        say(f"{overdue} {'is' if overdue == 1 else 'are'} overdue: {settings.decision_days} working days are over.")
    if not is_exact:
        say("Holidays are not known of every year: Monday to Friday were counted. pip install -U 'minshu[checks]'")


@app.command()
def grant(
    application: Id,
    reason: ReasonOption,
    expires: Annotated[
        str | None, typer.Option(help="Until when it holds: 90d, or 2027-01-31; by default as was asked for.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Open the data to an applicant. The token that he was told when he applied holds from now on."""
    from minshu.audit import Actor

    granted = _applications(store).grant(application, Actor.local("operator"), reason, expires)
    say(f"{granted.id} may read {granted.dataset}, until {granted.expires:%Y-%m-%d %H:%M} UTC.")


@app.command()
def refuse(application: Id, reason: ReasonOption, store: StoreOption = None) -> None:
    """Refuse an application."""
    from minshu.audit import Actor

    refused = _applications(store).refuse(application, Actor.local("operator"), reason)
    say(f"{refused.id} is refused.")


@app.command()
def revoke(application: Id, reason: ReasonOption, store: StoreOption = None) -> None:
    """Let a grant hold no longer, at once and for good."""
    from minshu.audit import Actor

    revoked = _applications(store).revoke(application, Actor.local("operator"), reason)
    say(f"{revoked.id} may not read {revoked.dataset} any more.")


def _applications(store: Path | None) -> "Applications":
    from minshu.applications import Applications

    return Applications(store_at(store).log)


def _print(one: "Application", state: str, day: str) -> None:
    # A stranger wrote the last three: no line of his is to look like another application, or to move the cursor.
    told = ("".join(c if c.isprintable() else " " for c in text or "") for text in (one.term, one.contact, one.purpose))
    print(one.id, one.dataset, state, f"{one.received:%Y-%m-%d}", day, *told, sep="\t")  # noqa: T201
