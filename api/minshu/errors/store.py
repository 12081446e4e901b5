"""A store that does not do what it must, its keys, and the settings of a service."""

from minshu.errors.base import MinshuError
from minshu.errors.reading import NotFound


class KeyNotFound(NotFound):
    """The store has no key of this fingerprint to sign with."""

    code = "key-not-found"

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(f"There is no key {fingerprint!r}. /keys and `minshu key list` list those there are.")


class StoreError(MinshuError):
    """The store does not do what it must."""

    code = "store-error"


class StoreFailed(StoreError):
    """Reading or writing the store failed: no space, no permission, a broken disk."""

    code = "store-failed"


class ManifestUnreadable(StoreError):
    """A `release.json` that is damaged, or of a layout newer than this Minshu."""

    code = "manifest-unreadable"


class DigestMismatch(StoreError):
    """A file is not the one that was released."""

    code = "digest-mismatch"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class AuditBroken(StoreError):
    """An entry of the audit log is not the one that was written."""

    code = "audit-broken"

    def __init__(self, sequence: int, reason: str) -> None:
        self.sequence, self.reason = sequence, reason
        super().__init__(f"Entry {sequence} of the audit log {reason}.")


class SignatureRefused(StoreError):
    """A release is signed, but not as it must be: by a key that is not trusted, or over something else."""

    code = "signature-refused"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: the signature {reason}")


class BackupRefused(StoreError):
    """An archive is no whole backup, or something is in the way of making or restoring one."""

    code = "backup-refused"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} {reason}")


class SettingsError(MinshuError):
    """The service is configured wrongly."""

    code = "settings-error"


class KeyUnusable(SettingsError):
    """A file that is no key to sign or verify with, or that is in the way of one."""

    code = "key-unusable"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} {reason}")
