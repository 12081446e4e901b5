"""Versions of releases: Semantic Versioning 2.0.0, as the Data Package standard recommends."""

from collections.abc import Iterable
from typing import Final

from semver import Version

AUTO: Final = "auto"
"""In place of a version: the one that the changes since the release before take."""


def is_version(text: str) -> bool:
    """Whether the text is a version by SemVer 2.0.0."""
    return Version.is_valid(text)


def newest_first(versions: Iterable[str]) -> list[str]:
    """The versions by SemVer's precedence, highest first."""
    return sorted(versions, key=Version.parse, reverse=True)


def precedes(version: str, other: str) -> bool:
    """Whether a version has lower precedence than another."""
    return bool(Version.parse(version) < Version.parse(other))


def latest(versions: Iterable[str]) -> str | None:
    """The highest version that is no pre-release; None where there is no such version."""
    return next((version for version in newest_first(versions) if not Version.parse(version).prerelease), None)
