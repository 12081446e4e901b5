"""Applications for conditional data: who asks and what for, what was decided and why, and until when it holds.

Whoever applies is told the text of a token at once, and never again. Until his application is granted it shows nothing
but how that stands; from then on it opens the data, to the end of its term. So nobody ever has to hand a secret to
anybody. Who he is, what he wants it for and the reasons of decisions stand in the private part of the log: the public
part tells that there was an application, and what became of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from minshu.audit import Actor, AuditLog, Entry, Follower
from minshu.errors import AlreadyDecided, ApplicationNotFound, ApplicationsOverloaded, TokenInvalid
from minshu.tokens import (
    CREATED,
    UNKNOWN,
    Scope,
    Tokens,
    Verb,
    drawn,
    hashed,
    is_hash_of,
    parse_term,
    parts_of,
    written,
)
from minshu.tokens import REVOKED as TOKEN_REVOKED

RECEIVED: Final = "application-received"
GRANTED: Final = "application-granted"
REFUSED: Final = "application-refused"
REVOKED: Final = "application-revoked"
APPLICANT: Final = Actor("applicant")


class State(StrEnum):
    """How an application stands."""

    received = "received"
    granted = "granted"
    refused = "refused"
    revoked = "revoked"


# What becomes of an application by an act. Of two decisions that cross, the first one counts.
_NEXT: Final = {
    (GRANTED, State.received): State.granted,
    (REFUSED, State.received): State.refused,
    (TOKEN_REVOKED, State.granted): State.revoked,
    (REVOKED, State.granted): State.revoked,
    (REVOKED, State.revoked): State.revoked,
}


@dataclass(frozen=True)
class Application:
    """An application as the log tells of it. What was erased from there is None.

    `is_entered` is whether the token of a grant holds, or held: between the two entries a process may have died.
    """

    id: str
    dataset: str
    received: datetime
    purpose: str | None
    term: str | None
    contact: str | None
    state: State = State.received
    decided: datetime | None = None
    reason: str | None = None
    expires: datetime | None = None
    is_entered: bool = False
    hashed: str | None = field(default=None, repr=False)

    def holds(self, now: datetime) -> bool:
        """Whether it opens the data now."""
        return self.state is State.granted and self.expires is not None and now < self.expires


class Applications(Follower):
    """The applications of a store, always as its log has them now. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._tokens, self._applications = Tokens(log), dict[str, Application]()

    def receive(self, dataset: str, purpose: str, term: str, contact: str, most: int) -> tuple[Application, str]:
        """Take in an application, and tell the text of its token. Of a dataset, `most` may wait for a decision.

        Raises BadTerm, ApplicationsOverloaded or StoreFailed.
        """
        parse_term(term, datetime.now(UTC))
        if sum(one.state is State.received for one in self.of(dataset)) >= most:
            raise ApplicationsOverloaded(dataset, most)
        identifier, secret = drawn()
        private = {"purpose": purpose, "term": term, "contact": contact, "hash": hashed(secret)}
        self.log.append(RECEIVED, APPLICANT, dataset=dataset, details={"id": identifier}, private=private)
        return self.application(identifier), written(identifier, secret)

    def grant(self, identifier: str, actor: Actor, reason: str, term: str | None = None) -> Application:
        """Open the data to an applicant, for the term that he asked for unless another is given.

        Raises ApplicationNotFound, AlreadyDecided, BadTerm or StoreFailed.
        """
        known = self.application(identifier)
        if known.state is State.received:
            end = parse_term(term or known.term or "", datetime.now(UTC))
            known = self._decide(GRANTED, known, actor, reason, expires=end.isoformat())
        if known.state is not State.granted or known.is_entered or known.expires is None or known.hashed is None:
            raise AlreadyDecided(identifier, known.state)
        scope, label = Scope(Verb.read, known.dataset), f"application {identifier}"
        self._tokens.enter(identifier, known.hashed, [scope], known.expires, actor, label)
        return self.application(identifier)

    def refuse(self, identifier: str, actor: Actor, reason: str) -> Application:
        """Refuse an application. Raises ApplicationNotFound, AlreadyDecided or StoreFailed."""
        known = self.application(identifier)
        if known.state is not State.received:
            raise AlreadyDecided(identifier, known.state)
        return self._decide(REFUSED, known, actor, reason)

    def revoke(self, identifier: str, actor: Actor, reason: str) -> Application:
        """Let a grant hold no longer, at once and for good.

        Raises ApplicationNotFound, AlreadyDecided where there is none, or StoreFailed.
        """
        known = self.application(identifier)
        if known.state is not State.granted:
            raise AlreadyDecided(identifier, known.state)
        if known.is_entered:  # First, so that nobody reads on should this process die here.
            self._tokens.revoke(identifier, actor)
        return self._decide(REVOKED, known, actor, reason)

    def application(self, identifier: str) -> Application:
        """The application of an id. Raises ApplicationNotFound."""
        self.refresh()
        if identifier not in self._applications:
            raise ApplicationNotFound(identifier)
        return self._applications[identifier]

    def all(self) -> list[Application]:
        """Every application that there ever was, in the order in which they came."""
        self.refresh()
        return list(self._applications.values())

    def of(self, dataset: str) -> Iterable[Application]:
        """Those for a dataset, in that order."""
        return [one for one in self.all() if one.dataset == dataset]

    def prove(self, text: str) -> Application:
        """The application of which this is the token's text, whether or not it was granted. Raises TokenInvalid."""
        self.refresh()
        parts = parts_of(text)
        known = self._applications.get(parts[0]) if parts else None
        if known is None or parts is None or not is_hash_of(known.hashed or "", parts[1]):
            raise TokenInvalid(UNKNOWN)
        return known

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the log."""
        identifier = str(entry.details.get("id", ""))
        if entry.act == RECEIVED and entry.dataset is not None:
            told = self.log.private(entry) or {}
            purpose, term, contact = (told.get(key) for key in ("purpose", "term", "contact"))
            self._applications[identifier] = Application(
                identifier, entry.dataset, entry.time, purpose, term, contact, hashed=told.get("hash")
            )
        elif known := self._applications.get(identifier):
            self._applications[identifier] = self._after(known, entry)

    def _after(self, known: Application, entry: Entry) -> Application:
        """An application after an entry that is about it."""
        if entry.act == CREATED:
            return replace(known, is_entered=True)
        state = _NEXT.get((entry.act, known.state))
        if state is None:
            return known
        expires = entry.details.get("expires")
        return replace(
            known,
            state=state,
            decided=entry.time,
            reason=(self.log.private(entry) or {}).get("reason"),
            expires=datetime.fromisoformat(expires) if expires else known.expires,
        )

    def _decide(self, act: str, known: Application, actor: Actor, reason: str, **details: str) -> Application:
        told = {"id": known.id, **details}
        self.log.append(act, actor, dataset=known.dataset, details=told, private={"reason": reason})
        decided = self.application(known.id)
        if f"application-{decided.state}" != act:  # Somebody else was quicker.
            raise AlreadyDecided(known.id, decided.state)
        return decided
