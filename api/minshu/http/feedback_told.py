"""What is told of messages: to everybody, to who may answer them, and as lines of a table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from minshu.deadlines import days_taken, deadline
from minshu.feedback import Feedback, Kind, Message, State
from minshu.http.links import Links, with_query
from minshu.metadata.items import table, words
from minshu.tokens import EVERY, Token, Verb

COLUMNS: Final = (
    *("id", "kind", "state", "dataset", "version", "table", "key", "text", "received", "published", "due"),
    *("answered", "working_days", "answer", "url"),
)


@dataclass(frozen=True)
class Asked:
    """Which messages are asked for, and which page of them."""

    dataset: str | None = None
    kind: Kind | None = None
    state: State | None = None
    before: int | None = None
    size: int = 50

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The parameters that choose messages."""
        named = (("dataset", self.dataset), ("kind", self.kind), ("state", self.state))
        return [(name, str(value)) for name, value in named if value]

    def query(self, **changed: str | None) -> str:
        """The query string of all messages that are asked for, with other values of some parameters."""
        return with_query("", replace(self, before=None, **changed).filters)  # type: ignore[arg-type]  # See `filters`.


@dataclass(frozen=True)
class Telling:
    """Tells messages to one reader, who may have a token. `days` is the term of an answer."""

    links: Links
    days: int
    token: Token | None = None

    def may_read(self, one: Message) -> bool:
        """Whether this reader may read a message."""
        return one.is_shown or (self.token is not None and self.token.may(Verb.answer, one.about.dataset or EVERY))

    def message(self, one: Message) -> dict[str, Any]:
        """A message; of one that this reader may not read, how it stands and nothing that anybody wrote."""
        due, is_read, about = deadline(one.received, self.days), self.may_read(one), one.about
        return {
            "id": one.id,
            "kind": one.kind,
            "state": one.state,
            "dataset": about.dataset,
            "version": about.version if is_read else None,
            "table": about.table if is_read else None,
            "key": list(about.key) or None if is_read else None,
            "row": self._row(one) if is_read else None,
            "text": one.text if is_read else None,
            "received": one.received,
            "due": due.day,
            "due_is_exact": due.is_exact,
            "published": one.published,
            "answered": one.answered,
            "working_days": days_taken(one.received, one.answered) if one.answered else None,
            "answers": [{"text": it.text, "time": it.time, "by": it.by} for it in one.replies] if is_read else [],
            "ended": one.ended,
            "reason": one.reason,
            "erased": one.erased,
            "url": self.links.to("feedback", one.id),
        }

    def page(self, feedback: Feedback, asked: Asked) -> dict[str, Any]:
        """A page of the messages that are asked for."""
        known = feedback.all()
        found = self.found(known, asked)
        later = [one for one in found if asked.before is None or one.sequence < asked.before]
        shown = list(islice(later, asked.size))
        following = [*asked.filters, ("before", str(shown[-1].sequence)), ("size", str(asked.size))] if shown else []
        return {
            "messages": [self.message(one) for one in shown],
            "count": len(found),
            "states": dict(Counter(one.state.value for one in _chosen(known, asked))),
            "next": with_query(self.links.to("feedback"), following) if len(later) > len(shown) else None,
        }

    def table(self, feedback: Feedback, asked: Asked) -> bytes:
        """All messages that are asked for, as CSV for spreadsheets."""
        return table(COLUMNS, map(self._cells, self.found(feedback.all(), asked)))

    def found(self, known: Sequence[Message], asked: Asked) -> list[Message]:
        """Those that are asked for and that this reader may read, newest first."""
        of_state = (one for one in _chosen(reversed(known), asked) if asked.state in (None, one.state))
        return [one for one in of_state if self.may_read(one)]

    def _cells(self, one: Message) -> list[str]:
        told = self.message(one)
        answer = "\n\n".join(reply.text or "" for reply in one.replies)
        line = {**told, "key": "/".join(told["key"] or ()), "answer": answer}
        return [words(line.get(name)) for name in COLUMNS]

    def _row(self, one: Message) -> str | None:
        about = one.about
        if about.dataset is None or about.version is None or about.table is None:
            return None
        if not about.key:
            return self.links.rows(about.dataset, about.version, about.table)
        return self.links.row(about.dataset, about.version, about.table, about.key)


def _chosen(known: Iterable[Message], asked: Asked) -> Iterable[Message]:
    """Those of the dataset and kind that are asked for."""
    return (one for one in known if asked.dataset in (None, one.about.dataset) and asked.kind in (None, one.kind))
