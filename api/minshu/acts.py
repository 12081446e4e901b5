"""What is done to the releases of a store: each act with its entry in the log.

What the log says is what stands, so an entry comes before all that follows from it; only a release comes before its
entry. Whatever a crash left unfinished is finished by the next act.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from unicodedata import category

from minshu.access import KEPT
from minshu.audit import ERASED, Actor
from minshu.disk import failing, sync_folder
from minshu.errors import (
    BadParameter,
    ManifestUnreadable,
    MinshuError,
    NotFound,
    StandingConflict,
    StoreError,
    StoreFailed,
    VersionSpent,
)
from minshu.feedback import Feedback, Message
from minshu.scratch import lock_folder
from minshu.standing import PUBLISHED, RESTORED, Status
from minshu.store import Store, StoredRelease

REFUSED: Final = "refused"
VALIDATED: Final = "validated"
REASON_MAX: Final = 2000
"""Characters of a reason: it is told with every refusal."""

RECOVERY: Final = Actor("recovery")


def refuse_spent(store: Store, name: str, version: str) -> None:
    """Make sure that a version was never withdrawn or purged: it stands for that for good. Raises VersionSpent."""
    status = store.standing.status(name, version)
    if status and status.is_gone:
        raise VersionSpent(name, version, status.state)


@contextmanager
def refusals(store: Store, actor: Actor, dataset: str | None, version: str | None) -> Iterator[None]:
    """Log what is refused inside, by its code. There is no log where there is no store yet."""
    try:
        yield
    except StoreError:
        raise  # That is no verdict on what was asked.
    except MinshuError as error:
        if store.root.is_dir():
            store.log.append(REFUSED, actor, dataset, version, {"code": error.code})
        raise


def record(
    store: Store,
    release: StoredRelease,
    actor: Actor,
    act: str = PUBLISHED,
    details: dict[str, Any] | None = None,
    private: dict[str, Any] | None = None,
) -> None:
    """Log that a release came into the store. Raises StoreFailed; the release is there all the same."""
    manifest = release.manifest
    rows = sum(table.rows for table in manifest.tables)
    told = {"sha256": release.sha256, "tables": len(manifest.tables), "rows": rows, **(details or {})}
    try:
        store.log.append(act, actor, manifest.name, manifest.version, told, private)
    except StoreFailed as error:
        raise StoreFailed(
            f"{manifest.name} {manifest.version} is in the store, but not in its log: {str(error).rstrip('.')}. "
            "The next act on the store logs it."
        ) from error


def recover(store: Store) -> None:
    """Finish what was cut short: log the releases that the log does not know, and delete what is to be purged.

    A release whose publisher lives is left to it. Raises StoreFailed or AuditBroken.
    """
    known = store.standing.recorded()
    for name, versions in store.releases().items() if store.root.is_dir() else ():
        for version in versions:
            if (name, version) not in known:
                _record_found(store, name, version)
    for name, version in store.standing.purged():
        _delete_data(store.root / name / version)


def withdraw(store: Store, name: str, version: str, reason: str, actor: Actor, successor: str | None = None) -> Status:
    """Give the data of a release to nobody any more, for good. A second time puts reason and successor right.

    Raises DatasetNotFound, ReleaseNotFound, BadParameter, StandingConflict, or StoreFailed.
    """
    with refusals(store, actor, name, version):
        _require_reason(reason)
        recover(store)
        exact = _exact(store, name, version)
        status = store.standing.status(name, exact)
        if status and status.state == "purged":
            raise StandingConflict(f"{name} {exact} is purged; there is nothing left to withdraw.")
        if successor is not None:
            _require_successor(store, name, exact, successor)
    if status and (status.state, status.reason, status.successor) == ("withdrawn", reason, successor):
        return status
    return _said(store, "withdrawn", actor, name, exact, {"reason": reason, "successor": successor})


def yank(store: Store, name: str, version: str, reason: str, actor: Actor) -> Status:
    """Let `latest` stand for a release no more; by its version it is found as before.

    Raises what `withdraw` does.
    """
    with refusals(store, actor, name, version):
        _require_reason(reason)
        recover(store)
        exact = _exact(store, name, version)
        status = store.standing.status(name, exact)
        if status and status.is_gone:
            raise StandingConflict(f"{name} {exact} is {status.state}, which is more than yanked.")
    if status and status.reason == reason:
        return status
    return _said(store, "yanked", actor, name, exact, {"reason": reason})


def unyank(store: Store, name: str, version: str, reason: str, actor: Actor) -> None:
    """Let a release that was yanked stand as it was published. Raises what `withdraw` does."""
    with refusals(store, actor, name, version):
        _require_reason(reason)
        recover(store)
        exact = _exact(store, name, version)
        status = store.standing.status(name, exact)
        if status is None:
            return
        if status.is_gone:
            raise StandingConflict(f"{name} {exact} is {status.state}, and that is for good. Publish a new version.")
    store.log.append(RESTORED, actor, name, exact, {"reason": reason})


def purge(store: Store, name: str, version: str, reason: str, basis: str, actor: Actor) -> Status:
    """Delete the data of a release for good; its manifest is left, and the entry that says why and by what law.

    A second time finishes what was cut short. A release that somebody deleted by hand gets its record as well.
    Raises what `withdraw` does.
    """
    with refusals(store, actor, name, version):
        _require_reason(reason)
        _require_reason(basis, "basis")
        recover(store)
        recorded = store.standing.recorded().get((name, version))
        exact = version if recorded else _exact(store, name, version)
        status = store.standing.status(name, exact)
    if status is None or status.state != "purged":
        successor = status.successor if status else None
        details = {"reason": reason, "basis": basis, "successor": successor, "sha256": recorded}
        status = _said(store, "purged", actor, name, exact, {**details, **_lost(store, name, exact)})
    _delete_data(store.root / name / exact)
    return status


def erase(store: Store, sequence: int, reason: str, actor: Actor) -> None:
    """Delete the private part of an entry of the log for good, and log that.

    Raises NotFound, BadParameter or StoreFailed.
    """
    _require_reason(reason)
    entry = store.log.entry(sequence)
    if entry is None or entry.private_sha256 is None:
        raise NotFound(f"The log has no entry {sequence} with a private part.")
    store.log.append(ERASED, actor, details={"entry": sequence, "reason": reason})
    store.log.erase(entry)


def redact(store: Store, identifier: str, reason: str, actor: Actor, *, replies: bool = False) -> Message:
    """Delete what somebody wrote for good - the operator's own words as well, with `replies` - and log that.

    Raises FeedbackNotFound, BadParameter or StoreFailed.
    """
    _require_reason(reason)
    feedback = Feedback(store.log)
    known = feedback.message(identifier)
    for sequence in known.entries if replies else known.entries[:1]:
        entry = store.log.entry(sequence)
        if entry and store.log.private(entry) is not None:
            erase(store, sequence, reason, actor)
    return feedback.message(identifier)


def _said(store: Store, act: str, actor: Actor, name: str, version: str, details: dict[str, Any]) -> Status:
    store.log.append(act, actor, name, version, details)
    status = store.standing.status(name, version)
    assert status is not None  # noqa: S101  # No entry takes back what this one says.
    return status


def _lost(store: Store, name: str, version: str) -> dict[str, Any]:
    """What the record tells of the release beside its manifest, where that can be read."""
    with suppress(NotFound, ManifestUnreadable):
        release = store.release(name, version)
        tables = [{"name": table.name, "rows": table.rows} for table in release.manifest.tables]
        return {"sha256": release.sha256, "tables": tables}
    return {}


def _exact(store: Store, name: str, version: str) -> str:
    """The version, which has to be an exact one: what is newest may be another as soon as it is asked for."""
    if version == "latest":
        raise BadParameter("Name an exact version: what is latest may be another by now.")
    return store.resolve(name, version)


def _require_reason(reason: str, what: str = "reason") -> None:
    text = reason.strip()
    if not text or len(text) > REASON_MAX or any(category(letter) in ("Cc", "Cs") for letter in text):
        raise BadParameter(f"The {what} must be one line of text, of 1 to {REASON_MAX} characters.")


def _require_successor(store: Store, name: str, version: str, successor: str) -> None:
    status = store.standing.status(name, successor)
    if successor == version or successor not in store.versions(name) or status is not None:
        raise StandingConflict(
            f"{successor} cannot succeed {version}: it must be another release of {name} that stands. "
            "Withdraw without one, and again when it is published."
        )


def _record_found(store: Store, name: str, version: str) -> None:
    """Log a release that came by a publisher who is gone, by hand, or before there was a log."""
    lock = lock_folder(store.root / name / version)
    if lock is None:
        return
    try:
        if (name, version) not in store.standing.recorded():
            with suppress(ManifestUnreadable):  # A damaged release must not stand in the way of its correction.
                release = store.release(name, version)
                published = release.manifest.published.isoformat()
                record(store, release, RECOVERY, details={"recovered": True, "published": published})
    finally:
        os.close(lock)


def _delete_data(folder: Path) -> None:
    with failing("delete", folder):
        if not folder.is_dir():
            return
        doomed = [path for path in folder.iterdir() if path.name not in KEPT]
        for path in doomed:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if doomed:  # Every act comes by here for every release that was ever purged.
            sync_folder(folder)
