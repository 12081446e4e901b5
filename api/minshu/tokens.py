"""Tokens: what somebody may do who shows a secret, for a time.

A token is `minshu_ID_SECRET`. Its secret is told once, to whoever it is made for; the log of the store keeps a hash of
it, in the private part of the entry that says that it was created. Which tokens hold now is what follows from that log.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hmac import compare_digest
from secrets import choice, token_bytes, token_urlsafe
from typing import Any, Final, Self

from minshu.audit import Actor, AuditLog, Entry, Follower
from minshu.errors import BadScope, BadTerm, TokenInvalid, TokenNotFound

CREATED: Final = "token-created"
REVOKED: Final = "token-revoked"
PREFIX: Final = "minshu_"
EVERY: Final = "*"
# The names of OAuth's Token Exchange (RFC 8693).
GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
UNKNOWN: Final = "It is none that was given out here."

REMEMBERED: Final = 1024
"""How many proven tokens are remembered: to prove one takes some tens of milliseconds."""

LONGEST: Final = timedelta(days=10 * 366)

_SHAPE: Final = re.compile(rf"{PREFIX}([a-z0-9]{{12}})_([A-Za-z0-9_-]{{43}})")
_SCOPE: Final = re.compile(r"([a-z]+):(\*|[a-z0-9][a-z0-9._-]{0,99})")
_DAYS: Final = re.compile(r"([1-9][0-9]{0,3})d")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
# RFC 7914's own choice for what is waited for. The secret has 256 bits, so that nothing hangs on it.
_SCRYPT: Final = (1 << 14, 8, 1)


class Verb(StrEnum):
    """What a token may be for."""

    publish = "publish"
    withdraw = "withdraw"
    read = "read"
    decide = "decide"
    answer = "answer"


@dataclass(frozen=True, order=True)
class Scope:
    """One thing that a token is for: a verb, and the dataset that it may be done with, or `*`."""

    verb: Verb
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The scope that is written `VERB:NAME`. Raises BadScope."""
        match = _SCOPE.fullmatch(text)
        if match is None or match[1] not in list(Verb):
            raise BadScope(text, list(Verb))
        return cls(Verb(match[1]), match[2])

    def covers(self, verb: Verb, name: str) -> bool:
        """Whether it allows this."""
        return self.verb == verb and self.name in (EVERY, name)

    def __str__(self) -> str:
        return f"{self.verb}:{self.name}"


@dataclass(frozen=True)
class Token:
    """A token as the log tells of it; `hashed` is None where the log keeps no hash of its secret any more."""

    id: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime
    label: str | None = None
    revoked: datetime | None = None
    hashed: str | None = field(default=None, repr=False)

    def holds(self, now: datetime) -> bool:
        """Whether it is neither expired nor revoked."""
        return self.revoked is None and now < self.expires

    def may(self, verb: Verb, name: str) -> bool:
        """Whether it is for this."""
        return any(scope.covers(verb, name) for scope in self.scopes)

    @property
    def actor(self) -> Actor:
        """Who acts by it."""
        return Actor("token", self.label or self.id)


class Tokens(Follower):
    """The tokens of a store, always as its log has them now. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._tokens: dict[str, Token] = {}
        self._assertions: set[str] = set()
        self._proven: OrderedDict[bytes, str] = OrderedDict()

    def create(
        self,
        scopes: Collection[Scope],
        expires: datetime,
        actor: Actor,
        label: str | None = None,
        details: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> tuple[Token, str]:
        """Make a token, and tell its text: now or never. `details` say publicly what it was made upon.

        Raises StoreFailed.
        """
        identifier, secret = drawn()
        token = self.enter(identifier, hashed(secret), scopes, expires, actor, label, details, private)
        return token, written(identifier, secret)

    def enter(
        self,
        identifier: str,
        kept: str,
        scopes: Collection[Scope],
        expires: datetime,
        actor: Actor,
        label: str | None = None,
        details: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> Token:
        """Let a token hold whose text was drawn before, of which `kept` is the hash. Raises StoreFailed."""
        names = {scope.name for scope in scopes}
        self.log.append(
            CREATED,
            actor,
            dataset=names.pop() if len(names) == 1 and EVERY not in names else None,
            details={
                **(details or {}),
                "id": identifier,
                "scopes": sorted(map(str, scopes)),
                "expires": expires.isoformat(),
            },
            private={**(private or {}), "label": label, "hash": kept},
        )
        return self.token(identifier)

    def revoke(self, identifier: str, actor: Actor, details: Mapping[str, Any] | None = None) -> Token:
        """Let a token hold no longer; one that is revoked already stays as it is. Raises TokenNotFound."""
        token = self.token(identifier)
        if token.revoked is None:
            self.log.append(REVOKED, actor, details={**(details or {}), "id": identifier})
        return self.token(identifier)

    def token(self, identifier: str) -> Token:
        """The token of an id. Raises TokenNotFound."""
        self.refresh()
        if identifier not in self._tokens:
            raise TokenNotFound(identifier)
        return self._tokens[identifier]

    def all(self) -> list[Token]:
        """Every token that there ever was, in the order in which they were made."""
        self.refresh()
        return list(self._tokens.values())

    def known(self, text: str, now: datetime | None = None) -> Token | None:
        """The token of this text where it was proven before, and still holds: what can be told at once.

        Raises TokenInvalid for a text that proves nothing, whatever its hash.
        """
        match = _SHAPE.fullmatch(text)
        self.refresh()
        token = self._tokens.get(match[1]) if match else None
        if token is None or token.hashed is None:
            raise TokenInvalid(UNKNOWN)
        if token.revoked is not None:
            raise TokenInvalid("It was revoked.")
        if not token.holds(now or datetime.now(UTC)):
            raise TokenInvalid("It has expired.")
        return token if self._proven.get(_key(text)) == token.id else None

    def prove(self, text: str, now: datetime | None = None) -> Token:
        """The token of this text, proven by its hash, which takes time and memory. Raises TokenInvalid."""
        if found := self.known(text, now):
            return found
        token = self._tokens[text[len(PREFIX) :].partition("_")[0]]
        if not is_hash_of(token.hashed or "", text.rpartition(f"{token.id}_")[2]):
            raise TokenInvalid(UNKNOWN)
        self._proven[_key(text)] = token.id
        if len(self._proven) > REMEMBERED:
            self._proven.popitem(last=False)
        return token

    def was_used(self, assertion: str) -> bool:
        """Whether a token was made already upon this proof of who somebody is."""
        self.refresh()
        return assertion in self._assertions

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the log."""
        if entry.act == CREATED:
            private = self.log.private(entry) or {}
            self._assertions.add(entry.details.get("assertion", ""))
            self._tokens[entry.details["id"]] = Token(
                entry.details["id"],
                tuple(_understood(entry.details["scopes"])),
                entry.time,
                datetime.fromisoformat(entry.details["expires"]),
                private.get("label"),
                hashed=private.get("hash"),
            )
        elif entry.act == REVOKED and (token := self._tokens.get(entry.details["id"])):
            self._tokens[token.id] = replace(token, revoked=entry.time)


def drawn() -> tuple[str, str]:
    """The id and the secret of a new token."""
    return "".join(choice(_LETTERS) for _ in range(12)), token_urlsafe(32)


def written(identifier: str, secret: str) -> str:
    """The text of a token."""
    return f"{PREFIX}{identifier}_{secret}"


def parts_of(text: str) -> tuple[str, str] | None:
    """The id and the secret that a text is made of; None where it is no token's."""
    match = _SHAPE.fullmatch(text)
    return (match[1], match[2]) if match else None


def hashed(secret: str) -> str:
    """What is kept of a secret: scrypt's parameters, a salt, and the hash."""
    salt = token_bytes(16)
    digest = _scrypt(secret, salt, _SCRYPT)
    return "$".join(("scrypt", *map(str, _SCRYPT), b64encode(salt).decode(), b64encode(digest).decode()))


def is_hash_of(kept: str, secret: str) -> bool:
    """Whether a hash is the one of a secret; compared in a time that tells nothing."""
    try:
        kind, n, r, p, salt, digest = kept.split("$")
        found = _scrypt(secret, b64decode(salt), (int(n), int(r), int(p)))
        return kind == "scrypt" and compare_digest(found, b64decode(digest))
    except (ValueError, NoBase64):
        return False


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes, each once, in order. Raises BadScope, also where there is none."""
    scopes = tuple(sorted({Scope.parse(text) for text in texts}))
    if not scopes:
        raise BadScope("", list(Verb))
    return scopes


def parse_term(text: str, now: datetime) -> datetime:
    """The end of a term: `90d`, or the end of a day in UTC, `2027-01-31`. Raises BadTerm."""
    if match := _DAYS.fullmatch(text):
        end = now.replace(microsecond=0) + timedelta(days=int(match[1]))
    else:
        try:
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        except (ValueError, OverflowError) as error:
            raise BadTerm(text) from error
    if not now < end <= now + LONGEST:
        raise BadTerm(text)
    return end


def _understood(texts: Iterable[str]) -> Iterator[Scope]:
    """The scopes that this Minshu knows of: what a newer one wrote allows nothing here."""
    for text in texts:
        with suppress(BadScope):
            yield Scope.parse(text)


def _scrypt(secret: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(secret.encode(), salt=salt, n=n, r=r, p=p, maxmem=1 << 26, dklen=32)


def _key(text: str) -> bytes:
    """What a proven token is remembered by: memory keeps no secret."""
    return hashlib.sha256(text.encode()).digest()
