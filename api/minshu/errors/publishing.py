"""Packages that are not released, and what cannot be said of a release."""

from collections.abc import Iterable

from minshu.errors.base import MinshuError


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


class VersionSpent(PublishError):
    """This version was withdrawn or purged, and stands for that for good."""

    code = "version-spent"

    def __init__(self, name: str, version: str, state: str) -> None:
        self.name, self.version, self.state = name, version, state
        super().__init__(f"{name} {version} was {state}, and its number is never used again. Raise the version.")


class StandingConflict(MinshuError):
    """What was said of a release does not let this be done."""

    code = "standing-conflict"
