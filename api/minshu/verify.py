"""Verifying a store: every digest, computed again, and every signature held against its key."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Final

from minshu.access import KEPT
from minshu.audit import Verified
from minshu.digests import sha256_of
from minshu.errors import DigestMismatch, StoreFailed
from minshu.keyring import Keyring
from minshu.machine import cores
from minshu.manifest import MANIFEST, SIGNATURE
from minshu.signing import Signature, Trust
from minshu.store import Store, StoredRelease

AT_ONCE: Final = 4
"""Files that are read at once, at most: a disk that turns likes fewer."""


def verify_store(store: Store) -> Iterator[StoredRelease]:
    """Each release of the store, once every file of it has proven to be the one that was released.

    An empty store is clean, and so are the leftovers of a killed publisher: no reader sees them. Of a release that was
    purged only its manifest is there; one that the log has, and that is gone without such a record, is a difference.
    Raises DigestMismatch at the first difference, ManifestUnreadable, or StoreFailed.
    """
    for name, versions in store.releases().items():
        for version in versions:
            release = store.release(name, version)
            status = store.standing.status(name, version)
            if status and status.state == "purged":
                _verify_purged(release)
            else:
                verify_release(release)
            _verify_predecessor(release, store)
            yield release
    _verify_none_is_lost(store)


def verify_log(store: Store) -> Verified:
    """The log of a store, once its chain holds and every release stands in it as it was published.

    A log in which nothing was written yet knows of no release.
    Raises AuditBroken, DigestMismatch, or StoreFailed.
    """
    verified = store.log.verify()
    if verified.entries:
        recorded = store.standing.recorded()
        for name, versions in store.releases().items():
            for version in versions:
                found, known = store.digest(name, version), recorded.get((name, version))
                _verify_recorded(f"{name}/{version}/{MANIFEST}", found, known)
        _verify_none_is_lost(store)
    return verified


def verify_release(release: StoredRelease) -> None:
    """Hold every file of a release against its manifest. Raises DigestMismatch at the first difference."""
    _verify_files(release)
    known = {*release.manifest.by_path, MANIFEST, SIGNATURE}
    for path in sorted(release.folder.rglob("*")):
        if path.is_file() and path.relative_to(release.folder).as_posix() not in known:
            raise DigestMismatch(str(path), "is not part of the release.")


class Signers:
    """Who signed the releases of a store. `keyring` has the store's own keys, where it is a store that is verified."""

    def __init__(self, given: Trust, keyring: Keyring | None = None) -> None:
        self.trust = keyring.trust(given) if keyring else given
        self._keyring, self._counts = keyring, Counter[str | None]()

    def check(self, release: StoredRelease) -> None:
        """Take in one more release. Raises SignatureRefused or StoreFailed."""
        manifest = release.manifest
        logged = self._keyring.published(manifest.name, manifest.version) if self._keyring else None
        signature = verify_signature(release, self.trust, max(manifest.published, logged or manifest.published))
        self._counts[signature.key if signature else None] += 1

    def words(self) -> str:
        """Who signed them, as one part of a sentence."""
        if set(self._counts) == {None}:
            return "unsigned"
        doubt = "" if self.trust.keys else ", which is not known here"
        signed = [f"{count} signed by {key}{doubt}" for key, count in self._counts.items() if key]
        unsigned = [f"{self._counts[None]} unsigned"] if self._counts[None] else []
        return ", ".join([*signed, *unsigned])


def verify_signature(release: StoredRelease, trust: Trust, published: datetime) -> Signature | None:
    """The signature of a release, once it is accepted; None where it is unsigned, and may be.

    Raises SignatureRefused, or StoreFailed.
    """
    signature = release.signature()
    try:
        data = (release.folder / MANIFEST).read_bytes()
    except OSError as error:
        raise StoreFailed(f"Cannot read {release.folder / MANIFEST}: {error.strerror}.") from error
    trust.check(data, signature, published, str(release.folder / SIGNATURE))
    return signature


def _verify_purged(release: StoredRelease) -> None:
    for path in sorted(release.folder.iterdir()):
        if path.name not in KEPT:
            raise DigestMismatch(str(path), "is left of a release that was purged. The next act deletes it.")


def _verify_recorded(place: str, found: str, recorded: str | None) -> None:
    if recorded is None:
        raise DigestMismatch(place, "is not in the log. The next act on the store logs it, as recovered.")
    if found != recorded:
        raise DigestMismatch(place, f"has SHA-256 {found}, and {recorded} in the log.")


def _verify_none_is_lost(store: Store) -> None:
    """What came into the store is there still, but for what was purged."""
    purged = set(store.standing.purged())
    for name, version in store.standing.recorded():
        if (name, version) not in purged and version not in store.versions(name):
            raise DigestMismatch(f"{name}/{version}/{MANIFEST}", "was published, and is gone without a record of it.")


def _verify_predecessor(release: StoredRelease, store: Store) -> None:
    """A manifest has no digest of its own, but the one of the next release has it, where both are in the store."""
    name, previous = release.manifest.name, release.manifest.previous
    if previous is None or previous.version not in store.versions(name):
        return
    found = store.digest(name, previous.version)
    if found != previous.sha256:
        reason = f"has SHA-256 {found}, but {release.manifest.version} was published after {previous.sha256}."
        raise DigestMismatch(f"{name}/{previous.version}/{MANIFEST}", reason)


def _verify_files(release: StoredRelease) -> None:
    """Several files at once, as hashing lets other threads run; the first of the manifest that differs is named."""
    with ThreadPoolExecutor(min(AT_ONCE, cores())) as pool:
        jobs = [
            pool.submit(_verify_file, release.folder / entry.path, entry.sha256, entry.bytes)
            for entry in release.manifest.files
        ]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _verify_file(file: Path, sha256: str, size: int) -> None:
    if not file.is_file():
        raise DigestMismatch(str(file), "is missing.")
    if file.stat().st_size != size:
        raise DigestMismatch(str(file), f"has {file.stat().st_size} bytes, {size} were released.")
    try:
        found = sha256_of(file)
    except OSError as error:
        raise StoreFailed(f"Cannot read {file}: {error.strerror}.") from error
    if found != sha256:
        raise DigestMismatch(str(file), f"has SHA-256 {found}, {sha256} was released.")
