"""The commands for feedback: `minshu feedback list`, `show`, `publish`, `answer`, `close`, `reject` and `redact`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minshu.cli.options import ReasonOption, StoreOption
from minshu.cli.printing import put, say
from minshu.cli.stores import store_at

if TYPE_CHECKING:
    from minshu.audit import Actor
    from minshu.feedback import Feedback

Id = Annotated[str, typer.Argument(metavar="ID", help="The message's id, as `list` tells it.")]

app = typer.Typer(
    help="Look at what people say of the data, publish it and answer it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Those that wait for nothing as well.")] = False,
    dataset: Annotated[str | None, typer.Option(metavar="NAME", help="Those about this dataset alone.")] = None,
    store: StoreOption = None,
) -> None:
    """List the messages that wait: id, state, kind, dataset, received, due or first answered, text; oldest first."""
    from datetime import UTC, datetime

    from minshu.deadlines import deadline
    from minshu.feedback import WAITING
    from minshu.settings import Settings

    settings, now, overdue = Settings.load(store=store), datetime.now(UTC), 0
    for one in _feedback(store).all():
        waits = one.state in WAITING
        if (waits or all_) and dataset in (None, one.about.dataset):
            due = deadline(one.received, settings.feedback_days)
            overdue += waits and due.is_over(now)
            answered = f"{one.answered:%Y-%m-%d}" if one.answered else ""
            told = (one.id, one.state, one.kind, one.about.dataset or "", f"{one.received:%Y-%m-%d}")
            print(*told, f"{due.day}" if waits else answered, _line(one.text), sep="\t")  # noqa: T201
    if overdue:
        say(f"{overdue} {'is' if overdue == 1 else 'are'} overdue: {settings.feedback_days} working days are over.")


@app.command()
def show(message: Id, store: StoreOption = None) -> None:
    """Print all that is known of a message, its text and its answers."""
    one = _feedback(store).message(message)
    about = (one.about.dataset, one.about.version, one.about.table, "/".join(one.about.key))
    lines = [f"{one.id}\t{one.kind}\t{one.state}", " ".join(_line(part) for part in about if part)]
    lines += [f"\n{one.received:%Y-%m-%d %H:%M} UTC\n{_safe(one.text)}"]
    lines += [f"\n{reply.time:%Y-%m-%d %H:%M} UTC, {reply.by}\n{_safe(reply.text)}" for reply in one.replies]
    if one.ended:
        lines += [f"\n{one.ended:%Y-%m-%d %H:%M} UTC, {one.state}\n{_safe(one.reason)}"]
    put("\n".join(line for line in lines if line) + "\n", plain=True)


@app.command()
def publish(
    messages: Annotated[list[str], typer.Argument(metavar="ID", help="Their ids, as `list` tells them.")],
    store: StoreOption = None,
) -> None:
    """Show messages to everybody. Read them first: no person's name or number is to be in them."""
    known = _feedback(store)
    for message in messages:
        known.publish(message, _actor())
        say(f"{message} is published.")


@app.command()
def answer(
    message: Id,
    text: Annotated[str, typer.Option(help="The answer, for everybody to read; `-` reads it from stdin.")],
    store: StoreOption = None,
) -> None:
    """Answer a message that is published. A further answer stands below the ones before."""
    import sys

    from minshu.remarks import ANSWER_MAX, plain_text

    said = plain_text(sys.stdin.read() if text == "-" else text, ANSWER_MAX)
    _feedback(store).answer(message, _actor(), said)
    say(f"{message} is answered.")


@app.command()
def close(message: Id, reason: ReasonOption, store: StoreOption = None) -> None:
    """End a message that is published: there is no more to be said. It stays where it is."""
    from minshu.remarks import REASON_MAX, plain_text

    _feedback(store).close(message, _actor(), plain_text(reason, REASON_MAX, "reason"))
    say(f"{message} is closed.")


@app.command()
def reject(message: Id, reason: ReasonOption, store: StoreOption = None) -> None:
    """Show a message to nobody, or to nobody any more. Who sent it finds the reason at its address."""
    from minshu.remarks import REASON_MAX, plain_text

    _feedback(store).reject(message, _actor(), plain_text(reason, REASON_MAX, "reason"))
    say(f"{message} is rejected.")


@app.command()
def redact(
    message: Id,
    reason: ReasonOption,
    answers: Annotated[bool, typer.Option("--answers", help="The answers and reasons as well.")] = False,
    store: StoreOption = None,
) -> None:
    """Delete what somebody wrote for good, as the law may ask. That there was a message stays in the log."""
    from minshu.acts import redact

    redact(store_at(store), message, reason, _actor(), replies=answers)
    say(f"The text of {message} is deleted. Backups may hold it still: delete it there as well.")


def _feedback(store: Path | None) -> "Feedback":
    from minshu.feedback import Feedback

    return Feedback(store_at(store).log)


def _actor() -> "Actor":
    from minshu.audit import Actor

    return Actor.local("operator")


def _line(text: str | None) -> str:
    """A stranger's text in one line: it is not to look like another message, or to move the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text or "")


def _safe(text: str | None) -> str:
    """A stranger's text in its lines."""
    return "\n".join(map(_line, text.split("\n"))) if text is not None else "(deleted)"
