"""What people say of the data, and what data they ask for: received, published, answered, closed.

Nobody says who he is. What somebody wrote stands in the private part of the log, so that it can be erased, and is shown
once the operator has published it. The public part tells that there was a message, of what kind and about which
dataset, and what became of it. Answers stand in private parts as well: they may quote.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from minshu.audit import ERASED, Actor, AuditLog, Entry, Follower
from minshu.errors import FeedbackDecided, FeedbackNotFound, FeedbackOverloaded
from minshu.tokens import drawn

RECEIVED: Final = "feedback-received"
PUBLISHED: Final = "feedback-published"
ANSWERED: Final = "feedback-answered"
CLOSED: Final = "feedback-closed"
REJECTED: Final = "feedback-rejected"
SENDER: Final = Actor("sender")


class Kind(StrEnum):
    """What a message is: three that are about a dataset, and the wish for data that is not there."""

    error = "error"
    question = "question"
    other = "other"
    request = "request"


class State(StrEnum):
    """How a message stands."""

    received = "received"
    published = "published"
    answered = "answered"
    closed = "closed"
    rejected = "rejected"


SHOWN: Final = (State.published, State.answered, State.closed)
"""The states in which everybody may read it."""

WAITING: Final = (State.received, State.published)
"""The states in which somebody waits for an answer."""

# What becomes of a message by an act. Of two acts that cross, the first one counts.
_NEXT: Final = {
    (PUBLISHED, State.received): State.published,
    (ANSWERED, State.published): State.answered,
    (ANSWERED, State.answered): State.answered,
    (CLOSED, State.published): State.closed,
    (CLOSED, State.answered): State.closed,
    **{(REJECTED, state): State.rejected for state in (State.received, *SHOWN)},
}


@dataclass(frozen=True)
class About:
    """What a message is about: a dataset, and perhaps a table of one of its releases, and a row by its key."""

    dataset: str | None = None
    version: str | None = None
    table: str | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """An answer to a message. `by` is the role of who gave it; `text` is None where it was erased."""

    text: str | None
    time: datetime
    by: str
    sequence: int


@dataclass(frozen=True)
class Message:
    """A message as the log tells of it. What was erased from there is None, and `erased` is when that was done.

    `ended` is when it was closed or rejected, and `reason` why. `entries` are those of the log that made it what it is.
    """

    id: str
    kind: Kind
    about: About
    text: str | None
    received: datetime
    state: State
    entries: tuple[int, ...]
    published: datetime | None = None
    replies: tuple[Reply, ...] = ()
    ended: datetime | None = None
    reason: str | None = None
    erased: datetime | None = None

    @property
    def sequence(self) -> int:
        """The number of the entry that says that it came: what came later has a higher one."""
        return self.entries[0]

    @property
    def answered(self) -> datetime | None:
        """When it was first answered."""
        return self.replies[0].time if self.replies else None

    @property
    def is_shown(self) -> bool:
        """Whether everybody may read it."""
        return self.state in SHOWN

    @property
    def is_looked_at(self) -> bool:
        """Whether anybody has done anything about it."""
        return len(self.entries) > 1


class Feedback(Follower):
    """The messages of a store, always as its log has them now. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._messages: dict[str, Message] = {}
        self._by_entry: dict[int, str] = {}

    def receive(self, kind: Kind, text: str, about: About, most: int, *, at_once: bool = False) -> Message:
        """Take in a message; `at_once`, it is public from now on. Of all, `most` may wait for somebody to look at them.

        Raises FeedbackOverloaded or StoreFailed.
        """
        if sum(not one.is_looked_at for one in self.all()) >= most:
            raise FeedbackOverloaded(most)
        identifier, _ = drawn()
        details: dict[str, Any] = {"id": identifier, "kind": kind, **({"published": True} if at_once else {})}
        private = {"text": text, "version": about.version, "table": about.table, "key": list(about.key)}
        self.log.append(RECEIVED, SENDER, dataset=about.dataset, details=details, private=private)
        return self.message(identifier)

    def publish(self, identifier: str, actor: Actor) -> Message:
        """Show a message to everybody. Raises FeedbackNotFound, FeedbackDecided or StoreFailed, as the next."""
        return self._do(PUBLISHED, identifier, actor)

    def answer(self, identifier: str, actor: Actor, text: str) -> Message:
        """Answer a message that is public; more than once, where there is more to say."""
        return self._do(ANSWERED, identifier, actor, {"text": text})

    def close(self, identifier: str, actor: Actor, reason: str) -> Message:
        """End what is public: there is no more to be said, and it stays where it is."""
        return self._do(CLOSED, identifier, actor, {"reason": reason})

    def reject(self, identifier: str, actor: Actor, reason: str) -> Message:
        """Show a message to nobody, or to nobody any more."""
        return self._do(REJECTED, identifier, actor, {"reason": reason})

    def message(self, identifier: str) -> Message:
        """The message of an id. Raises FeedbackNotFound."""
        self.refresh()
        if identifier not in self._messages:
            raise FeedbackNotFound(identifier)
        return self._messages[identifier]

    def all(self) -> list[Message]:
        """Every message that there ever was, in the order in which they came, whether or not it is public."""
        self.refresh()
        return list(self._messages.values())

    def of(self, dataset: str) -> Iterable[Message]:
        """Those about a dataset, in that order."""
        return [one for one in self.all() if one.about.dataset == dataset]

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the log."""
        if entry.act == ERASED:
            self._forget(entry)
        elif entry.act == RECEIVED:
            if (found := _received(entry, self.log.private(entry) or {})) is not None:
                self._messages[found.id] = found
                self._by_entry[entry.sequence] = found.id
        elif known := self._messages.get(str(entry.details.get("id", ""))):
            state = _NEXT.get((entry.act, known.state))
            if state is not None:
                self._messages[known.id] = _after(known, state, entry, self.log.private(entry) or {})
                self._by_entry[entry.sequence] = known.id

    def _forget(self, entry: Entry) -> None:
        """Forget what was erased, though it may be on the disk still."""
        sequence = int(entry.details.get("entry", 0))
        if known := self._messages.get(self._by_entry.get(sequence, "")):
            self._messages[known.id] = _without(known, sequence, entry.time)

    def _do(self, act: str, identifier: str, actor: Actor, private: dict[str, str] | None = None) -> Message:
        known = self.message(identifier)
        if (act, known.state) not in _NEXT:
            raise FeedbackDecided(identifier, known.state)
        made = self.log.append(act, actor, dataset=known.about.dataset, details={"id": identifier}, private=private)
        done = self.message(identifier)
        if made.sequence not in done.entries:  # Somebody else was quicker.
            raise FeedbackDecided(identifier, done.state)
        return done


def _received(entry: Entry, told: dict[str, Any]) -> Message | None:
    """The message that an entry tells of; None of a kind that a newer Minshu knows."""
    kind = entry.details.get("kind")
    if kind not in list(Kind):
        return None
    at_once = entry.details.get("published") is True
    return Message(
        id=str(entry.details.get("id", "")),
        kind=Kind(kind),
        about=About(entry.dataset, told.get("version"), told.get("table"), tuple(told.get("key") or ())),
        text=told.get("text"),
        received=entry.time,
        state=State.published if at_once else State.received,
        entries=(entry.sequence,),
        published=entry.time if at_once else None,
    )


def _after(known: Message, state: State, entry: Entry, told: dict[str, Any]) -> Message:
    """A message after an entry that is about it."""
    known = replace(known, state=state, entries=(*known.entries, entry.sequence))
    if entry.act == PUBLISHED:
        return replace(known, published=entry.time)
    if entry.act == ANSWERED:
        reply = Reply(told.get("text"), entry.time, entry.actor, entry.sequence)
        return replace(known, replies=(*known.replies, reply))
    return replace(known, ended=entry.time, reason=told.get("reason"))


def _without(known: Message, sequence: int, when: datetime) -> Message:
    """A message without what one of its entries told."""
    if sequence == known.sequence:
        return replace(known, text=None, about=About(known.about.dataset), erased=when)
    replies = tuple(replace(one, text=None) if one.sequence == sequence else one for one in known.replies)
    return replace(known, replies=replies, reason=None if sequence == known.entries[-1] else known.reason)
