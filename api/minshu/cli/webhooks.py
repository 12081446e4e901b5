"""The commands for webhooks: `minshu webhook add`, `list`, `remove`, `test`, `redeliver`, `resume`, `deliver`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import StoreOption
from minshu.cli.printing import say
from minshu.errors import StoreFailed
from minshu.webhooks.events import Event

if TYPE_CHECKING:
    from minshu.webhooks.courier import Tools
    from minshu.webhooks.hooks import Hook
    from minshu.webhooks.state import State

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, as `list` tells it.")]

app = typer.Typer(
    help="Tell others of each release, withdrawal and correction.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post to.")],
    dataset: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A dataset; repeatable, else all.")] = None,
    event: Annotated[list[Event] | None, typer.Option(help="What it is told of; repeatable, else all.")] = None,
    hub: Annotated[bool, typer.Option("--hub", help="It is a WebSub hub, which tells its own subscribers.")] = False,
    secret_file: Annotated[Path | None, typer.Option(help="A file with the secret; else one is made.")] = None,
    store: StoreOption = None,
) -> None:
    """Tell an address of what happens from now on. Prints its id and the secret that was made, told this once."""
    from minshu.audit import Actor
    from minshu.webhooks.registration import Wanted
    from minshu.webhooks.registration import add as register

    tools = _tools(store)
    tools.settings.store.mkdir(parents=True, exist_ok=True)
    given = secret_file.read_text("ascii", "replace") if secret_file else None
    wanted = Wanted(url, tuple(dataset or ()), tuple(event or ()), hub, given)
    hook, secret = register(tools, wanted, Actor.local("operator"))
    say(f"{'Hub' if hub else 'Webhook'} {hook.id} is told of what happens from now on.")
    if secret and given is None:
        say("The secret is told this once: give it to the receiver, and keep it as you would a password.")
    print(hook.id, *([secret] if secret and given is None else []), sep="\t")  # noqa: T201


@app.command("list")
def list_(store: StoreOption = None) -> None:
    """List the webhooks: id, kind, state, address, datasets, events, waiting, posted, failures, last, next try."""
    tools, is_damaged = _opened(store), False
    for hook in tools.hooks.all():
        try:
            state = tools.folder.state(hook.id) if hook.url else None
        except StoreFailed as error:
            is_damaged, state = True, None
            say(f"minshu: {error}")
        _print(hook, state)
        if state and state.given_up:
            say(f"{hook.id}: given up: {', '.join(f'msg_{hook.id}_{one}' for one in state.given_up)}")
    if is_damaged:
        raise typer.Exit(2)


@app.command()
def remove(webhook: Id, store: StoreOption = None) -> None:
    """Tell an address nothing more, and forget its secret."""
    from minshu.audit import Actor
    from minshu.webhooks.registration import remove as unregister

    hook = unregister(_opened(store), webhook, Actor.local("operator"))
    say(f"Webhook {hook.id} is removed.")


@app.command()
def test(webhook: Id, store: StoreOption = None) -> None:
    """Post a message that tells nothing, at once: 0 the receiver took it, 1 it did not."""
    from minshu.webhooks.registration import try_out

    answer = try_out(_opened(store), webhook)
    say(f"{'The receiver took it' if answer.is_good else 'The receiver did not take it'}: {answer.words}.")
    if not answer.is_good:
        raise typer.Exit(1)


@app.command()
def redeliver(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="A message's id: `webhook-id`, msg_ID_NUMBER.")],
    store: StoreOption = None,
) -> None:
    """Post a message again, by the service or the next `deliver`. It has the same id as before."""
    from minshu.webhooks.registration import redeliver as ask

    ask(_opened(store), message)
    say(f"{message} will be posted again.")


@app.command()
def resume(webhook: Id, store: StoreOption = None) -> None:
    """Go on with a webhook that is paused or rests: with what waits, and with what happened meanwhile."""
    from minshu.webhooks.registration import resume as ask

    ask(_opened(store), webhook)
    say(f"Webhook {webhook} goes on.")


@app.command()
def deliver(store: StoreOption = None) -> None:
    """Post all that is due, once, as a running service does by itself: 0 all was taken, 1 something was not."""
    from minshu.webhooks.deliverer import deliver_once

    couriers = deliver_once(_opened(store).settings)
    if couriers is None:
        say("Another process delivers for this store already.")
        return
    posted, failed = sum(one.posted for one in couriers), sum(one.failed for one in couriers)
    say(f"{posted} posted, {failed} not taken, {sum(len(one.state.waiting) for one in couriers)} waiting.")
    if failed:
        raise typer.Exit(1)


def _tools(store: Path | None) -> "Tools":
    from minshu.settings import Settings
    from minshu.webhooks.courier import Tools

    return Tools.of(Settings.load(store=store))


def _opened(store: Path | None) -> "Tools":
    """The tools for a store that has to be there."""
    tools = _tools(store)
    tools.store.require()
    return tools


def _print(hook: "Hook", state: "State | None") -> None:
    condition = "erased" if hook.url is None else state.condition if state else "dormant"
    last = f"{state.last.time:%Y-%m-%dT%H:%M:%SZ} {state.last.words}" if state and state.last else ""
    following = f"{state.next_try:%Y-%m-%dT%H:%M:%SZ}" if state and state.next_try else ""
    counts = (len(state.waiting), state.posted, state.failures) if state else ("", "", "")
    names = (",".join(hook.datasets) or "*", ",".join(hook.events) or "*")
    kind = "hub" if hook.is_hub else "webhook"
    print(hook.id, kind, condition, hook.url or "", *names, *counts, last, following, sep="\t")  # noqa: T201
