"""What another Minshu took back after it was harvested: told, and followed where that is wished."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from minshu import acts
from minshu.audit import Actor
from minshu.errors import StoreError
from minshu.harvest.model import ORIGIN, Outcome, RemoteStatus
from minshu.harvest.state import ROLE, Held, descriptor_of
from minshu.standing import GONE, STATES
from minshu.store import Store

REASON: Final = "来源已撤回 / It was taken back at its source, {}: {}"


def withdrawals(
    identifier: str, held: Held, statuses: Mapping[str, RemoteStatus], address: str, store: Store, *, follow: bool
) -> Iterator[Outcome]:
    """The releases here that stand less well there; taken back here as well if `follow`. Raises as `acts.withdraw`."""
    for version in store.versions(held.name):
        there, here = statuses.get(version), store.standing.status(held.name, version)
        if there is None or _rank(there.state) <= _rank(here.state if here else None):
            continue
        if not _is_harvested(held.name, version, store):
            continue  # Somebody gave a release of their own the number that one has there.
        said = f"{there.state} there: {there.reason}"
        if follow:
            _take_back(held.name, version, there, address, store)
        yield Outcome(identifier, "withdrawn" if follow else "withdrawn there", held.name, version, (said,), not follow)


def is_stopped(held: Held, statuses: Mapping[str, RemoteStatus], store: Store) -> bool:
    """Whether the newest release was taken back here, and not there: then nothing is taken until somebody says so."""
    return _is_gone_here(held, store) and not _is_gone_there(held, statuses)


def is_open_here(held: Held, statuses: Mapping[str, RemoteStatus], store: Store) -> bool:
    """Whether the newest release is there to be read, and was not taken back there, which is told for itself."""
    return held.release is not None and not _is_gone_here(held, store) and not _is_gone_there(held, statuses)


def _is_harvested(name: str, version: str, store: Store) -> bool:
    """Whether a release was harvested, as far as there is a descriptor that could say so."""
    with suppress(StoreError):
        descriptor = descriptor_of(store.release(name, version))
        return not descriptor or ORIGIN in descriptor
    return True


def _is_gone_here(held: Held, store: Store) -> bool:
    status = store.standing.status(held.name, held.release.manifest.version) if held.release else None
    return bool(status and status.is_gone)


def _is_gone_there(held: Held, statuses: Mapping[str, RemoteStatus]) -> bool:
    status = statuses.get(held.release.manifest.version) if held.release else None
    return bool(status and status.state in GONE)


def _take_back(name: str, version: str, there: RemoteStatus, address: str, store: Store) -> None:
    reason, actor = REASON.format(address, there.reason)[: acts.REASON_MAX], Actor.local(ROLE)
    if there.state in GONE:
        is_here = there.successor in store.versions(name) and not store.standing.status(name, str(there.successor))
        successor = there.successor if is_here else None
        acts.withdraw(store, name, version, reason, actor, successor)
    else:
        acts.yank(store, name, version, reason, actor)


def _rank(state: str | None) -> int:
    """How much was said of a release: nothing, or one of the states. What is purged there is withdrawn here."""
    if state not in STATES:
        return 0
    return 1 if state not in GONE else 2
