"""Every error that Minshu raises on purpose, drawn once.

    MinshuError
    ├── NotFound                 a name that nothing answers to
    │   ├── DatasetNotFound
    │   ├── ReleaseNotFound
    │   ├── ResourceNotFound
    │   ├── FileNotInRelease
    │   ├── ColumnNotFound
    │   ├── RowNotFound
    │   ├── PackageUnknown
    │   ├── TokenNotFound
    │   ├── ApplicationNotFound
    │   ├── FeedbackNotFound
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
    │   │   ├── ColumnUnfit
    │   │   ├── GroupingUnfit
    │   │   ├── ColumnRepeated
    │   │   ├── ArgumentInvalid
    │   │   └── BadSearch
    │   ├── ActionUnknown
    │   ├── NotAcceptable
    │   ├── SourceTooLong
    │   ├── BadScope
    │   ├── BadTerm
    │   ├── NothingToApplyFor
    │   ├── AlreadyDecided
    │   ├── FeedbackDecided
    │   ├── PersonalDataTold
    │   ├── UploadMismatch
    │   ├── UploadComplete
    │   ├── UploadDamaged
    │   ├── UploadTooLarge
    │   ├── UploadMissing
    │   └── UploadUnreadable
    ├── AccessError              who asks may not do this, or has not shown that he may
    │   ├── TokenMissing
    │   ├── TokenInvalid
    │   ├── ScopeMissing
    │   ├── ExchangeRefused
    │   ├── GrantNeeded
    │   │   └── GrantMissing
    │   ├── DataClosed
    │   ├── WritingOff
    │   ├── ValidatingOff
    │   └── FeedbackOff
    ├── BudgetExceeded           a client used all that one may for now
    │   └── MessagesExceeded
    ├── ExportsOverloaded        too many tables are asked for as files at once
    ├── ChartFailed              a chart was not drawn
    ├── ApplicationsOverloaded   too many applications wait for a decision
    ├── FeedbackOverloaded       too many messages wait to be looked at
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
    ├── AddressRefused           an address of others is none of the public internet
    ├── HarvestError             what another catalogue has could not be taken
    │   ├── CatalogueUnanswering
    │   ├── FileUntaken
    │   └── DatasetUntaken
    ├── DownloadError            a release could not be fetched whole
    ├── PushError                a package was not published by another service
    │   ├── PushFailed
    │   └── PushRefused
    ├── WebhookError             a webhook is not as it must be
    │   ├── WebhookRefused
    │   └── WebhookNotFound
    └── SettingsError            the service is configured wrongly
        └── KeyUnusable

An error carries data, a stable `code` and a sentence for its reader. It knows nothing of HTTP or exit codes.
"""

from minshu.errors.access import (
    AccessError,
    AlreadyDecided,
    ApplicationNotFound,
    ApplicationsOverloaded,
    BadScope,
    BadTerm,
    DataClosed,
    ExchangeRefused,
    GrantMissing,
    GrantNeeded,
    NothingToApplyFor,
    ScopeMissing,
    TokenInvalid,
    TokenMissing,
    TokenNotFound,
    ValidatingOff,
    WritingOff,
)
from minshu.errors.base import (
    MinshuError,
)
from minshu.errors.feedback import (
    FeedbackDecided,
    FeedbackNotFound,
    FeedbackOff,
    FeedbackOverloaded,
    MessagesExceeded,
    PersonalDataTold,
)
from minshu.errors.packages import (
    ArchiveRefused,
    ChangesUnknown,
    DescriptorInvalid,
    PackageError,
    PackageNotFound,
    RulesError,
    ScaffoldRefused,
    Undescribable,
    UnsafePath,
)
from minshu.errors.publishing import (
    IdentityMismatch,
    IdentityMissing,
    IdentityRefused,
    InvalidPackage,
    PublishError,
    ReleaseConflict,
    ReservedPath,
    StandingConflict,
    UnstorableTable,
    VersionSpent,
    VersionTooSmall,
)
from minshu.errors.reading import (
    ActionUnknown,
    ArgumentInvalid,
    BadFilter,
    BadKey,
    BadPage,
    BadParameter,
    BadRequest,
    BadSearch,
    BudgetExceeded,
    ChartFailed,
    ColumnNotFound,
    ColumnRepeated,
    ColumnUnfit,
    DatasetNotFound,
    ExportsOverloaded,
    FileNotInRelease,
    Gone,
    GroupingUnfit,
    NotAcceptable,
    NotFound,
    PackageUnknown,
    ReleaseNotFound,
    ReleasePurged,
    ReleaseWithdrawn,
    ResourceNotFound,
    RowNotFound,
    SourceTooLong,
)
from minshu.errors.sending import (
    AddressRefused,
    CatalogueUnanswering,
    DatasetUntaken,
    DownloadError,
    FileUntaken,
    HarvestError,
    JobBroken,
    JobError,
    JobInterrupted,
    JobKilled,
    JobLate,
    JobNotFound,
    JobRunning,
    JobsOverloaded,
    PushError,
    PushFailed,
    PushRefused,
    UploadComplete,
    UploadDamaged,
    UploadMismatch,
    UploadMissing,
    UploadTooLarge,
    UploadUnreadable,
)
from minshu.errors.sql import (
    SqlError,
    SqlFailed,
    SqlOverloaded,
    SqlRefused,
    SqlSyntaxError,
    SqlTimeout,
    SqlTooLarge,
)
from minshu.errors.store import (
    AuditBroken,
    BackupRefused,
    DigestMismatch,
    KeyNotFound,
    KeyUnusable,
    ManifestUnreadable,
    SettingsError,
    SignatureRefused,
    StoreError,
    StoreFailed,
)
from minshu.errors.webhooks import (
    WebhookError,
    WebhookNotFound,
    WebhookRefused,
)

__all__ = [
    "AccessError",
    "ActionUnknown",
    "AddressRefused",
    "AlreadyDecided",
    "ApplicationNotFound",
    "ApplicationsOverloaded",
    "ArchiveRefused",
    "ArgumentInvalid",
    "AuditBroken",
    "BackupRefused",
    "BadFilter",
    "BadKey",
    "BadPage",
    "BadParameter",
    "BadRequest",
    "BadScope",
    "BadSearch",
    "BadTerm",
    "BudgetExceeded",
    "CatalogueUnanswering",
    "ChangesUnknown",
    "ChartFailed",
    "ColumnNotFound",
    "ColumnRepeated",
    "ColumnUnfit",
    "DataClosed",
    "DatasetNotFound",
    "DatasetUntaken",
    "DescriptorInvalid",
    "DigestMismatch",
    "DownloadError",
    "ExchangeRefused",
    "ExportsOverloaded",
    "FeedbackDecided",
    "FeedbackNotFound",
    "FeedbackOff",
    "FeedbackOverloaded",
    "FileNotInRelease",
    "FileUntaken",
    "Gone",
    "GrantMissing",
    "GrantNeeded",
    "GroupingUnfit",
    "HarvestError",
    "IdentityMismatch",
    "IdentityMissing",
    "IdentityRefused",
    "InvalidPackage",
    "JobBroken",
    "JobError",
    "JobInterrupted",
    "JobKilled",
    "JobLate",
    "JobNotFound",
    "JobRunning",
    "JobsOverloaded",
    "KeyNotFound",
    "KeyUnusable",
    "ManifestUnreadable",
    "MessagesExceeded",
    "MinshuError",
    "NotAcceptable",
    "NotFound",
    "NothingToApplyFor",
    "PackageError",
    "PackageNotFound",
    "PackageUnknown",
    "PersonalDataTold",
    "PublishError",
    "PushError",
    "PushFailed",
    "PushRefused",
    "ReleaseConflict",
    "ReleaseNotFound",
    "ReleasePurged",
    "ReleaseWithdrawn",
    "ReservedPath",
    "ResourceNotFound",
    "RowNotFound",
    "RulesError",
    "ScaffoldRefused",
    "ScopeMissing",
    "SettingsError",
    "SignatureRefused",
    "SourceTooLong",
    "SqlError",
    "SqlFailed",
    "SqlOverloaded",
    "SqlRefused",
    "SqlSyntaxError",
    "SqlTimeout",
    "SqlTooLarge",
    "StandingConflict",
    "StoreError",
    "StoreFailed",
    "TokenInvalid",
    "TokenMissing",
    "TokenNotFound",
    "Undescribable",
    "UnsafePath",
    "UnstorableTable",
    "UploadComplete",
    "UploadDamaged",
    "UploadMismatch",
    "UploadMissing",
    "UploadTooLarge",
    "UploadUnreadable",
    "ValidatingOff",
    "VersionSpent",
    "VersionTooSmall",
    "WebhookError",
    "WebhookNotFound",
    "WebhookRefused",
    "WritingOff",
]
