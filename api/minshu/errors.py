"""Every error that Minshu raises on purpose, drawn once.

    MinshuError
    ├── NotFound                 a name that nothing answers to
    │   ├── DatasetNotFound
    │   ├── ReleaseNotFound
    │   ├── ResourceNotFound
    │   ├── FileNotInRelease
    │   ├── ColumnNotFound
    │   ├── RowNotFound
    │   ├── TokenNotFound
    │   ├── ApplicationNotFound
    │   ├── KeyNotFound
    │   └── JobNotFound
    ├── Gone                     a release whose data nobody is given any more
    │   ├── ReleaseWithdrawn
    │   └── ReleasePurged
    ├── BadRequest               what was asked makes no sense here
    │   ├── BadFilter
    │   ├── BadKey
    │   ├── BadPage
    │   ├── BadParameter
    │   ├── NotAcceptable
    │   ├── BadScope
    │   ├── BadTerm
    │   ├── NothingToApplyFor
    │   ├── AlreadyDecided
    │   ├── UploadMismatch
    │   ├── UploadComplete
    │   ├── UploadDamaged
    │   └── UploadTooLarge
    ├── AccessError              who asks may not do this, or has not shown that he may
    │   ├── TokenMissing
    │   ├── TokenInvalid
    │   ├── ScopeMissing
    │   ├── ExchangeRefused
    │   ├── GrantNeeded
    │   │   └── GrantMissing
    │   ├── DataClosed
    │   ├── WritingOff
    │   └── ValidatingOff
    ├── BudgetExceeded           a client used all that one may for now
    ├── ExportsOverloaded        too many tables are asked for as files at once
    ├── ApplicationsOverloaded   too many applications wait for a decision
    ├── SqlError                 a stranger's statement was not answered
    │   ├── SqlSyntaxError
    │   ├── SqlRefused
    │   ├── SqlFailed
    │   ├── SqlTimeout
    │   ├── SqlTooLarge
    │   └── SqlOverloaded
    ├── PackageError             a data package cannot be read
    │   ├── PackageNotFound
    │   ├── DescriptorInvalid
    │   ├── UnsafePath
    │   ├── ArchiveRefused
    │   ├── Undescribable
    │   └── ScaffoldRefused
    ├── RulesError               a rules file is itself wrong
    ├── PublishError             a package is not released
    │   ├── InvalidPackage
    │   ├── IdentityMissing
    │   ├── IdentityRefused
    │   ├── IdentityMismatch
    │   ├── ReservedPath
    │   ├── UnstorableTable
    │   ├── VersionTooSmall
    │   ├── ReleaseConflict
    │   └── VersionSpent
    ├── JobError                 what was sent to be published was not worked on to its end
    │   ├── JobsOverloaded
    │   ├── JobRunning
    │   ├── JobLate
    │   ├── JobKilled
    │   ├── JobInterrupted
    │   └── JobBroken
    ├── StandingConflict         what was said of a release does not let it be done
    ├── StoreError               the store does not do what it must
    │   ├── StoreFailed
    │   ├── ManifestUnreadable
    │   ├── DigestMismatch
    │   ├── AuditBroken
    │   ├── SignatureRefused
    │   └── BackupRefused
    ├── ChangesUnknown           what changed cannot be told
    ├── DownloadError            a release could not be fetched whole
    ├── PushError                a package was not published by another service
    │   ├── PushFailed
    │   └── PushRefused
    └── SettingsError            the service is configured wrongly
        └── KeyUnusable

An error carries data, a stable `code` and a sentence for its reader. It knows nothing of HTTP or exit codes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar


class MinshuError(Exception):
    """The root of the tree: something that a person can put right, said in one sentence."""

    code: ClassVar[str] = "error"


class NotFound(MinshuError):
    """A name that nothing answers to."""

    code = "not-found"


class DatasetNotFound(NotFound):
    """The store has no dataset of this name."""

    code = "dataset-not-found"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no dataset {name!r}. The catalogue lists those there are.")


class ReleaseNotFound(NotFound):
    """The dataset has no release of this version."""

    code = "release-not-found"

    def __init__(self, name: str, version: str, known: Iterable[str]) -> None:
        self.name, self.version, self.known = name, version, tuple(known)
        super().__init__(f"{name} has no release {version!r}. Its releases: {', '.join(self.known) or 'none'}.")


class ResourceNotFound(NotFound):
    """The release has no table of this name."""

    code = "resource-not-found"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"There is no table {name!r} in this release. Its tables: {', '.join(self.known) or 'none'}.")


class FileNotInRelease(NotFound):
    """The release holds no file at this path."""

    code = "file-not-found"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"The release has no file {path!r}. release.json lists every file.")


class ColumnNotFound(NotFound):
    """The table has no column of this name."""

    code = "column-not-found"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"There is no column {name!r}. Known columns: {', '.join(self.known)}.")


class RowNotFound(NotFound):
    """The table has no row of this key."""

    code = "row-not-found"

    def __init__(self, table: str, key: Iterable[str]) -> None:
        self.table, self.key = table, tuple(key)
        super().__init__(f"{table!r} has no row {'/'.join(self.key)!r}.")


class TokenNotFound(NotFound):
    """There is no token of this id."""

    code = "token-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(f"There is no token {identifier!r}. minshu token list tells those there are.")


class ApplicationNotFound(NotFound):
    """There is no application of this id."""

    code = "application-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(f"There is no application {identifier!r}.")


class KeyNotFound(NotFound):
    """The store has no key of this fingerprint to sign with."""

    code = "key-not-found"

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(f"There is no key {fingerprint!r}. /keys and `minshu key list` list those there are.")


class JobNotFound(NotFound):
    """There is no job of this id."""

    code = "job-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(
            f"There is no job {identifier!r}: it never was, or ended a week ago, or its upload was given up."
        )


class Gone(MinshuError):
    """The data of a release is given to nobody any more.

    `withdrawn` is when that was decided, and `successor` the version to take instead, where there is one.
    """

    code = "gone"
    what: ClassVar[str] = "is gone"

    def __init__(self, name: str, version: str, reason: str, successor: str | None, since: datetime) -> None:
        self.name, self.version, self.reason, self.successor = name, version, reason, successor
        self.withdrawn = since.isoformat(timespec="seconds").replace("+00:00", "Z")
        instead = f" Take {successor} instead." if successor else ""
        super().__init__(f"{name} {version} {self.what} since {self.withdrawn[:10]}: {reason.rstrip('.')}.{instead}")


class ReleaseWithdrawn(Gone):
    """The release was withdrawn; what it was is told still."""

    code = "release-withdrawn"
    what = "is withdrawn"


class ReleasePurged(Gone):
    """The data of the release was deleted for good; a record of it is left."""

    code = "release-purged"
    what = "is purged"


class BadRequest(MinshuError):
    """What was asked makes no sense here."""

    code = "bad-request"


class BadFilter(BadRequest):
    """A filter names no operator that there is, or a value that its column cannot hold."""

    code = "bad-filter"


class BadKey(BadRequest):
    """A row is named by other values than its table's key has, or by one that its column cannot hold."""

    code = "bad-key"


class BadPage(BadRequest):
    """A page token that this service did not give out for this very request."""

    code = "bad-page"


class BadParameter(BadRequest):
    """A query parameter is unknown, missing or out of its range."""

    code = "bad-parameter"


class NotAcceptable(BadRequest):
    """None of the media types asked for can be given here."""

    code = "not-acceptable"


class BadScope(BadRequest):
    """What a token is to be for is written wrongly."""

    code = "bad-scope"

    def __init__(self, text: str, verbs: Iterable[str]) -> None:
        self.text, self.verbs = text, tuple(verbs)
        super().__init__(
            f"The scope {text!r} is not VERB:NAME. VERB is one of {', '.join(self.verbs)}; NAME is a dataset's, or *."
        )


class BadTerm(BadRequest):
    """A time until which a token is to hold is written wrongly, or lies outside of what it may be."""

    code = "bad-term"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is no term: write days from now, 90d, or a day to come, 2027-01-31; ten years at most."
        )


class NothingToApplyFor(BadRequest):
    """An application for data that is open to all, or to nobody."""

    code = "nothing-to-apply-for"

    def __init__(self, name: str, attribute: str) -> None:
        self.name, self.attribute = name, attribute
        super().__init__(f"There is nothing to apply for: {name} is {attribute}.")


class AlreadyDecided(BadRequest):
    """The application does not wait for this decision."""

    code = "already-decided"

    def __init__(self, identifier: str, state: str) -> None:
        self.id, self.state = identifier, state
        super().__init__(f"The application {identifier} is {state}: this cannot be decided of it.")


class UploadMismatch(BadRequest):
    """What was sent does not follow what was received before."""

    code = "upload-mismatch"

    def __init__(self, provided: int, expected: int) -> None:
        self.provided_offset, self.expected_offset = provided, expected
        super().__init__(f"This upload goes on at byte {expected}, not at {provided}.")


class UploadComplete(BadRequest):
    """The upload is whole, and takes nothing more."""

    code = "upload-complete"

    def __init__(self) -> None:
        super().__init__("This upload is whole, and takes nothing more.")


class UploadDamaged(BadRequest):
    """What was received has another digest than its sender said."""

    code = "upload-damaged"

    def __init__(self, declared: str, found: str) -> None:
        self.declared, self.found = declared, found
        super().__init__(f"What was received has the SHA-256 {found}, but {declared} was declared. Send it again.")


class UploadTooLarge(BadRequest):
    """More bytes were sent than may be."""

    code = "upload-too-large"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"An upload may have {most} bytes at most, or as many as were announced.")


class AccessError(MinshuError):
    """Who asks may not do this, or has not shown that he may."""

    code = "access-error"


class TokenMissing(AccessError):
    """This needs a token, and none was sent."""

    code = "token-missing"

    def __init__(self) -> None:
        super().__init__("This needs a token: send one as `Authorization: Bearer TOKEN`.")


class TokenInvalid(AccessError):
    """The token that was sent does not hold."""

    code = "token-invalid"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token does not hold. {reason}")


class ScopeMissing(AccessError):
    """The token that was sent is not for this."""

    code = "scope-missing"

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"The token is not for this: it would need the scope {scope}.")


class ExchangeRefused(AccessError):
    """What was shown in exchange for a token is not believed.

    `error` is the code that RFC 6749 has for it.
    """

    code = "exchange-refused"

    def __init__(self, reason: str) -> None:
        self.error = "invalid_grant"
        super().__init__(reason)


class GrantNeeded(AccessError):
    """The data is open on conditions, and given to those to whom it was granted."""

    code = "grant-needed"
    how: ClassVar[str] = "Apply for it, and send the token of your grant as `Authorization: Bearer TOKEN`."

    def __init__(
        self, name: str, attribute: str, conditions: str | None, use: str | None, security: str | None
    ) -> None:
        self.name, self.attribute = name, attribute
        self.conditions, self.use, self.security = conditions, use, security
        super().__init__(f"The data of {name} is open on conditions ({attribute}): {conditions}. {self.how}")


class GrantMissing(GrantNeeded):
    """The data is open on conditions, and was not granted to the token that was sent."""

    code = "grant-missing"
    how = "The token that you sent is not one of a grant for it. Apply for one."


class DataClosed(AccessError):
    """The data is not opened; what it is is told to all."""

    code = "data-closed"

    def __init__(self, name: str, attribute: str, legal_basis: str | None) -> None:
        self.name, self.attribute, self.legal_basis = name, attribute, legal_basis
        basis = f", by {legal_basis}" if legal_basis else ""
        super().__init__(f"The data of {name} is not opened ({attribute}){basis}. Its metadata is open to all.")


class WritingOff(AccessError):
    """This service is only read from."""

    code = "writing-off"

    def __init__(self) -> None:
        super().__init__("This service is only read from. Its operator can switch that on: writing = true.")


class ValidatingOff(AccessError):
    """This service judges no files of others."""

    code = "validating-off"

    def __init__(self) -> None:
        super().__init__("This service judges no files of others: its operator has set validate_bytes to 0.")


class BudgetExceeded(MinshuError):
    """One client used all that one may use for now. `retry_after` is in seconds."""

    code = "budget-exceeded"

    def __init__(self, budget: str, quota: int, window: int, retry_after: int) -> None:
        self.budget, self.quota, self.window, self.retry_after = budget, quota, window, max(retry_after, 1)
        super().__init__(f"You have used up your {budget}: {quota} in {window} s. Try again in {self.retry_after} s.")


class ExportsOverloaded(MinshuError):
    """Too many exports are asked for at once. `retry_after` is in seconds."""

    code = "exports-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many exports at once. Try again in {retry_after} s.")


class ApplicationsOverloaded(MinshuError):
    """Too many applications for a dataset wait for a decision. `retry_after` is in seconds."""

    code = "applications-overloaded"

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most, self.retry_after = name, most, 86_400
        super().__init__(f"{most} applications for {name} wait for a decision already. Try again tomorrow.")


class SqlError(MinshuError):
    """A stranger's statement was not answered."""

    code = "sql-error"


class SqlSyntaxError(SqlError):
    """The text is not SQL that DuckDB can parse.

    `position` is the code point, counted from 0, at which the parser stopped, where it told one.
    """

    code = "sql-syntax"

    def __init__(self, reason: str, position: int | None = None) -> None:
        self.reason, self.position = reason, position
        super().__init__(reason)


class SqlRefused(SqlError):
    """The statement is SQL, but not one that strangers may run."""

    code = "sql-refused"


class SqlFailed(SqlError):
    """The statement was run and failed: a wrong column, a cast that does not hold, memory used up."""

    code = "sql-failed"


class SqlTimeout(SqlError):
    """The statement was stopped at its deadline."""

    code = "sql-timeout"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The query was stopped after {seconds:g} s. Ask for less, or download the release instead.")


class SqlTooLarge(SqlError):
    """The answer is larger than one answer may be."""

    code = "sql-too-large"


class SqlOverloaded(SqlError):
    """No worker came free in time. `retry_after` is in seconds."""

    code = "sql-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many queries at once. Try again in {retry_after} s.")


class PackageError(MinshuError):
    """A data package cannot be read."""

    code = "package-error"


class PackageNotFound(PackageError):
    """There is nothing at the path, or nothing that is a package."""

    code = "package-not-found"


class DescriptorInvalid(PackageError):
    """The descriptor is not one of a data package."""

    code = "descriptor-invalid"


class UnsafePath(PackageError):
    """A resource's path leaves its package: absolute, through `..`, through a link, or over the network."""

    code = "unsafe-path"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"The path {path!r} {reason}. Put the file inside the package and name it relative to the descriptor."
        )


class ArchiveRefused(PackageError):
    """A zip that is broken, too large, or that would unpack to something harmful."""

    code = "archive-refused"


class Undescribable(PackageError):
    """A data file for which no valid descriptor can be proposed."""

    code = "undescribable"

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file} cannot be described: {reason}.")


class ScaffoldRefused(PackageError):
    """A new catalogue or dataset would take the place of what is there, or has no name that it can have."""

    code = "scaffold-refused"


class RulesError(MinshuError):
    """A rules file is itself wrong: it does not load, or a rule of it cannot be run."""

    code = "rules-error"


class PublishError(MinshuError):
    """A package is not released."""

    code = "publish-error"


class InvalidPackage(PublishError):
    """The package is not valid, so nothing was published.

    `report` is its validation report.
    """

    code = "invalid-package"

    def __init__(self, report: object, errors: int) -> None:
        self.report, self.errors = report, errors
        super().__init__(f"The package has {errors} error{'' if errors == 1 else 's'}, so nothing was published.")


class IdentityMissing(PublishError):
    """The package declares no name or no version, and none was given."""

    code = "identity-missing"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"The package declares no {what}. Give it one in its descriptor, or publish with --{what}.")


class IdentityRefused(PublishError):
    """A name or version that cannot stand in a store."""

    code = "identity-refused"


class IdentityMismatch(PublishError):
    """The package declares another name or version than it is published under."""

    code = "identity-mismatch"

    def __init__(self, what: str, own: str, given: str) -> None:
        self.what, self.own, self.given = what, own, given
        super().__init__(f"The package declares the {what} {own!r}, but was sent to {given!r}.")


class ReservedPath(PublishError):
    """A resource's path or name that the service needs for itself."""

    code = "reserved-path"

    def __init__(self, path: str, meaning: str) -> None:
        self.path, self.meaning = path, meaning
        super().__init__(f"The path {path!r} is reserved: under a release's URL it is {meaning}. Choose another.")


class UnstorableTable(PublishError):
    """A table holds what DuckDB and Parquet cannot hold exactly."""

    code = "unstorable-table"


class VersionTooSmall(PublishError):
    """The changes take a larger step than the version makes. `causes` are the changes, each with its place."""

    code = "version-too-small"

    def __init__(self, base: str, version: str, verdict: str, least: str, causes: Iterable[str]) -> None:
        self.base, self.version, self.verdict, self.least = base, version, verdict, least
        self.causes = tuple(causes)
        shown = [f"\n  {cause}" for cause in self.causes[:20]]
        more = len(self.causes) - len(shown)
        lines = "".join([*shown, f"\n  and {more} more" if more else ""])
        super().__init__(
            f"{version} is too small a step from {base}: what changed is {verdict}, which takes {least}.{lines}"
        )


class ReleaseConflict(PublishError):
    """This version exists already, with other content."""

    code = "release-conflict"

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        super().__init__(
            f"{name} {version} is published already, and differs. Releases never change: raise the version."
        )


class JobError(MinshuError):
    """What was sent was not worked on to its end."""

    code = "job-error"


class JobsOverloaded(JobError):
    """Too much waits to be worked on. `retry_after` is in seconds."""

    code = "jobs-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too much waits to be worked on already. Try again in {retry_after} s.")


class JobRunning(JobError):
    """A job that is worked on cannot be taken back."""

    code = "job-running"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__("The job is worked on now, and cannot be taken back any more.")


class JobLate(JobError):
    """The package took longer than a package may."""

    code = "job-late"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The work on the package was stopped after {seconds:g} s.")


class JobKilled(JobError):
    """The package asks for more memory or time of the processor than a package may."""

    code = "job-killed"

    def __init__(self) -> None:
        super().__init__("The package asks for more memory or time of the processor than one may use here.")


class JobInterrupted(JobError):
    """The service ended while it worked on the package, more than once."""

    code = "job-interrupted"

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(
            f"The service ended {attempts} times while it worked on this. Send it again, or tell its operator."
        )


class JobBroken(JobError):
    """The work on the package failed. The fault is of the service."""

    code = "job-broken"

    def __init__(self) -> None:
        super().__init__("The work on the package failed by a fault of the service. Its operator finds it in the log.")


class VersionSpent(PublishError):
    """This version was withdrawn or purged, and stands for that for good."""

    code = "version-spent"

    def __init__(self, name: str, version: str, state: str) -> None:
        self.name, self.version, self.state = name, version, state
        super().__init__(f"{name} {version} was {state}, and its number is never used again. Raise the version.")


class StandingConflict(MinshuError):
    """What was said of a release does not let this be done."""

    code = "standing-conflict"


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


class ChangesUnknown(MinshuError):
    """What changed since a commit cannot be told: it is not there, or there is no git."""

    code = "changes-unknown"


class DownloadError(MinshuError):
    """A release could not be fetched whole."""

    code = "download-error"


class PushError(MinshuError):
    """A package was not published by the service that it was sent to."""

    code = "push-error"


class PushFailed(PushError):
    """The service could not be asked, or would not be: it does not answer, or not to this token."""

    code = "push-failed"


class PushRefused(PushError):
    """The service will not publish this package.

    `reason` is the code of its problem, and `report` the validation report, where there is one.
    """

    code = "push-refused"

    def __init__(self, words: str, reason: str, report: object) -> None:
        self.reason, self.report = reason, report
        super().__init__(words)


class SettingsError(MinshuError):
    """The service is configured wrongly."""

    code = "settings-error"


class KeyUnusable(SettingsError):
    """A file that is no key to sign or verify with, or that is in the way of one."""

    code = "key-unusable"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} {reason}")
