"""How far one webhook is: what it was told, what waits, and how its receiver answers. Pure: it is told the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from minshu.audit import Entry
from minshu.webhooks.events import Event
from minshu.webhooks.schedule import ATTEMPTS, LONGEST, REST, pause

LAYOUT: Final = 1

WAITING: Final = 100
"""Messages of one webhook that wait at once. What comes after them is taken from the log when there is room."""

REMEMBERED: Final = 100
"""How many messages that were given up are remembered."""

GONE: Final = 410

Condition = Literal["active", "failing", "paused"]


@dataclass(frozen=True)
class Answer:
    """What came of one message: the status of the receiver's answer, None where there was none, and what to say."""

    status: int | None
    words: str
    retry_after: timedelta | None = None

    @property
    def is_good(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Waiting(_Frozen):
    """A message that was not taken yet: the entry of the log that it tells of, and when it is to be posted."""

    sequence: int
    event: Event
    due: datetime
    attempts: int = 0


class LastAnswer(_Frozen):
    """The answer that came last."""

    time: datetime
    sequence: int
    status: int | None
    words: str


class State(_Frozen):
    """All that is known of one webhook beside its registration.

    Entries of the log up to `cursor` were looked at. `failures` counts those since the last success, and until `rest`
    its receiver is left in peace.
    """

    layout: int = Field(LAYOUT, ge=1, le=LAYOUT)
    cursor: int
    waiting: tuple[Waiting, ...] = ()
    failures: int = 0
    rest: datetime | None = None
    is_paused: bool = False
    posted: int = 0
    given_up: tuple[int, ...] = ()
    last: LastAnswer | None = None

    @property
    def condition(self) -> Condition:
        """How it stands, in one word."""
        return "paused" if self.is_paused else "failing" if self.failures else "active"

    @property
    def next_try(self) -> datetime | None:
        """When something is posted next; None where nothing waits, or where it is paused."""
        if self.is_paused or not self.waiting:
            return None
        due = min(one.due for one in self.waiting)
        return max(due, self.rest) if self.rest else due

    @property
    def may_take(self) -> bool:
        """Whether it may be told more, rather than what waits."""
        return not self.is_paused and len(self.waiting) < WAITING

    def take(self, entries: Iterable[Entry], event_of: Callable[[Entry], Event | None], now: datetime) -> Self:
        """Let the entries wait of which the webhook is to be told, as far as there is room."""
        waiting, cursor = list(self.waiting), self.cursor
        for entry in entries if self.may_take else ():
            if event := event_of(entry):
                waiting.append(Waiting(sequence=entry.sequence, event=event, due=now))
            cursor = entry.sequence
            if len(waiting) >= WAITING:
                break
        return self.model_copy(update={"waiting": tuple(waiting), "cursor": cursor})

    def next(self, now: datetime) -> Waiting | None:
        """What is to be posted now: what failed least comes first, so that one bad message keeps no other back."""
        if self.is_paused or (self.rest and now < self.rest):
            return None
        due = (one for one in self.waiting if one.due <= now)
        return min(due, key=lambda one: (one.attempts, one.sequence), default=None)

    def answered(self, one: Waiting, answer: Answer, now: datetime, chance: float) -> Self:
        """How it stands after an answer."""
        others = tuple(other for other in self.waiting if other.sequence != one.sequence)
        last = LastAnswer(time=now, sequence=one.sequence, status=answer.status, words=answer.words)
        if answer.is_good:
            told = {"waiting": others, "failures": 0, "rest": None, "posted": self.posted + 1, "last": last}
            return self.model_copy(update=told)
        attempts, failures = one.attempts + 1, self.failures + 1
        asked = min(answer.retry_after or timedelta(), LONGEST)
        rest = now + max(pause(failures, chance, REST), asked)
        told = {"failures": failures, "rest": rest, "last": last, "is_paused": answer.status == GONE}
        if attempts >= ATTEMPTS and answer.status != GONE:
            given_up = (*self.given_up, one.sequence)[-REMEMBERED:]
            return self.model_copy(update={**told, "waiting": others, "given_up": given_up})
        again = one.model_copy(update={"attempts": attempts, "due": now + max(pause(attempts, chance), asked)})
        return self.model_copy(update={**told, "waiting": (*others, again)})

    def again(self, sequence: int, event: Event, now: datetime) -> Self:
        """Post a message once more, as though it were new."""
        others = tuple(other for other in self.waiting if other.sequence != sequence)
        given_up = tuple(other for other in self.given_up if other != sequence)
        waiting = (*others, Waiting(sequence=sequence, event=event, due=now))
        return self.model_copy(update={"waiting": waiting, "given_up": given_up, "rest": None})

    def resumed(self, now: datetime) -> Self:
        """Go on: with what waits, and with what happened since it was paused."""
        waiting = tuple(one.model_copy(update={"due": now, "attempts": 0}) for one in self.waiting)
        return self.model_copy(update={"is_paused": False, "failures": 0, "rest": None, "waiting": waiting})
