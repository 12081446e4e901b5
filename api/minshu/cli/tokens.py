"""The commands for tokens: `minshu token create`, `list` and `revoke`."""

from typing import Annotated

import typer

from minshu.cli.options import StoreOption
from minshu.cli.printing import say
from minshu.cli.stores import store_at

app = typer.Typer(
    help="Make, list and revoke the tokens by which others publish, withdraw, read, decide and answer over HTTP.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def create(
    scope: Annotated[list[str], typer.Option(help="What it is for: VERB:NAME, as publish:my-data; repeatable.")],
    expires: Annotated[str, typer.Option(help="Until when it holds: days, 90d, or a day, 2027-01-31.")] = "90d",
    label: Annotated[str | None, typer.Option(help="Whose it is, for the operator's own record.")] = None,
    store: StoreOption = None,
) -> None:
    """Make a token and print it. It is told this once, and only a hash of it is kept."""
    from datetime import UTC, datetime

    from minshu.audit import Actor, AuditLog
    from minshu.settings import Settings
    from minshu.tokens import Tokens, parse_scopes, parse_term

    scopes, end = parse_scopes(scope), parse_term(expires, datetime.now(UTC))
    root = Settings.load(store=store).store
    root.mkdir(parents=True, exist_ok=True)
    token, text = Tokens(AuditLog(root)).create(scopes, end, Actor.local("operator"), label)
    say(f"Token {token.id} for {', '.join(map(str, token.scopes))}, until {token.expires:%Y-%m-%d %H:%M} UTC.")
    say("It is told this once: keep it as you would a password.")
    print(text)  # noqa: T201


@app.command("list")
def list_(store: StoreOption = None) -> None:
    """List the tokens: id, state, end, scopes, label; tab-separated, oldest first. Secrets are not known."""
    from datetime import UTC, datetime

    from minshu.tokens import Tokens

    now = datetime.now(UTC)
    for token in Tokens(store_at(store).log).all():
        state = "revoked" if token.revoked else "holds" if token.holds(now) else "expired"
        scopes = ",".join(map(str, token.scopes))
        print(token.id, state, f"{token.expires:%Y-%m-%dT%H:%M:%SZ}", scopes, token.label or "", sep="\t")  # noqa: T201


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id: the part between the underscores.")],
    store: StoreOption = None,
) -> None:
    """Let a token hold no longer, at once and for good."""
    from minshu.audit import Actor
    from minshu.tokens import Tokens

    revoked = Tokens(store_at(store).log).revoke(token, Actor.local("operator"))
    say(f"Token {revoked.id} is revoked.")
