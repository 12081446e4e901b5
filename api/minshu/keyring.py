"""The keys of a store: which of them sign, which signed once, and which are believed no more, as its log tells.

A key that is retired signs nothing new, and what it signed stays good. One that is revoked got into wrong hands: what
it signed from a moment on is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from minshu.audit import Actor, AuditLog, Entry, Follower
from minshu.errors import KeyNotFound, KeyUnusable
from minshu.signing import PublicKey, Trust
from minshu.standing import PUBLISHED

ADDED: Final = "key-added"
RETIRED: Final = "key-retired"
REVOKED: Final = "key-revoked"

State = Literal["active", "retired", "revoked"]


@dataclass(frozen=True)
class KnownKey:
    """A key of a store. What it signed from `revoked` on is refused."""

    key: PublicKey
    added: datetime
    retired: datetime | None = None
    revoked: datetime | None = None
    reason: str | None = None

    @property
    def state(self) -> State:
        """What the key is good for."""
        return "revoked" if self.revoked else "retired" if self.retired else "active"


class Keyring(Follower):
    """The keys of a store, always as its log has them now. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._keys: dict[str, KnownKey] = {}
        self._published: dict[tuple[str, str], datetime] = {}

    def all(self) -> list[KnownKey]:
        """Every key that the store ever had, in the order in which they came. Raises StoreFailed or AuditBroken."""
        self.refresh()
        return list(self._keys.values())

    def key(self, fingerprint: str) -> KnownKey:
        """The key with this fingerprint. Raises KeyNotFound."""
        self.refresh()
        if fingerprint not in self._keys:
            raise KeyNotFound(fingerprint)
        return self._keys[fingerprint]

    def add(self, key: PublicKey, actor: Actor) -> KnownKey:
        """Let a key sign from now on; one that does already stays as it is.

        Raises KeyUnusable where it was retired or revoked, which is for good.
        """
        self.refresh()
        known = self._keys.get(key.fingerprint)
        if known is None:
            self.log.append(ADDED, actor, details={"key": key.fingerprint, "pem": key.pem})
        elif known.state != "active":
            raise KeyUnusable(key.fingerprint, f"is {known.state}, and that is for good. Make a new one.")
        return self.key(key.fingerprint)

    def retire(self, fingerprint: str, reason: str, actor: Actor) -> KnownKey:
        """Let a key sign nothing new. Raises KeyNotFound."""
        if self.key(fingerprint).state == "active":
            self.log.append(RETIRED, actor, details={"key": fingerprint, "reason": reason})
        return self.key(fingerprint)

    def revoke(self, fingerprint: str, since: datetime, reason: str, actor: Actor) -> KnownKey:
        """Believe nothing that a key signed from a moment on. It may be an earlier one than was told before.

        Raises KeyNotFound.
        """
        known = self.key(fingerprint).revoked
        if known is None or since < known:
            details = {"key": fingerprint, "since": since.isoformat(), "reason": reason}
            self.log.append(REVOKED, actor, details=details)
        return self.key(fingerprint)

    def admit(self, key: PublicKey) -> None:
        """Make sure that this key may sign here: it is one of the store, or the store has none yet.

        Raises KeyUnusable.
        """
        keys = {known.key.fingerprint: known for known in self.all()}
        if keys and key.fingerprint not in keys:
            raise KeyUnusable(key.fingerprint, "is none of this store's keys. `minshu key add` makes it one.")
        if keys and keys[key.fingerprint].state != "active":
            raise KeyUnusable(key.fingerprint, f"is {keys[key.fingerprint].state}, and signs nothing new.")

    def trust(self, given: Trust | None = None) -> Trust:
        """Trust in the keys that are given, else in the store's own; in neither beyond what the store revoked."""
        keys = self.all()
        revoked = {known.key.fingerprint: known.revoked for known in keys if known.revoked}
        if given and given.keys:
            return replace(given, revoked=revoked)
        return Trust({known.key.fingerprint: known.key for known in keys}, revoked)

    def published(self, name: str, version: str) -> datetime | None:
        """When the log saw this release published here: a date that a manifest cannot make earlier."""
        self.refresh()
        return self._published.get((name, version))

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the log."""
        if entry.act == ADDED:
            key = PublicKey.parse(str(entry.details["pem"]).encode(), f"The key of entry {entry.sequence}")
            self._keys.setdefault(key.fingerprint, KnownKey(key, entry.time))
        elif entry.act in (RETIRED, REVOKED) and (known := self._keys.get(str(entry.details["key"]))):
            self._keys[known.key.fingerprint] = _changed(known, entry.act, entry.details, entry.time)
        elif entry.act == PUBLISHED and entry.dataset and entry.version and not entry.details.get("recovered"):
            # What was logged afterwards was published at another time, which its manifest alone tells.
            self._published[entry.dataset, entry.version] = entry.time


def _changed(known: KnownKey, act: str, details: Mapping[str, Any], time: datetime) -> KnownKey:
    reason = details.get("reason")
    if act == RETIRED:
        return replace(known, retired=time, reason=reason)
    since = datetime.fromisoformat(details["since"])
    return replace(known, revoked=min(since, known.revoked or since), reason=reason)
