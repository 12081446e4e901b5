"""From a verdict to a version: what a step from one version to another promises, and which step a verdict asks for."""

from collections.abc import Iterable

from semver import Version

from minshu.diff.bump import Bump
from minshu.versions import newest_first, precedes

FIRST = "1.0.0"


def base_of(versions: Iterable[str], version: str | None = None) -> list[str]:
    """The versions that a new one is to be compared with, the best first: those below it, or all.

    Releases come before pre-releases, which nobody builds upon.
    """
    below = [known for known in newest_first(versions) if version is None or precedes(known, version)]
    return sorted(below, key=is_prerelease)


def is_prerelease(version: str) -> bool:
    """Whether a version is a pre-release."""
    return Version.parse(version).prerelease is not None


def step(old: str, new: str) -> Bump:
    """What the step from a version to a higher one allows. A pre-release steps as what it comes before.

    In 0.y.z the y stands for what breaks, and z for everything else: SemVer promises nothing there, and people read
    it so.
    """
    before, after = Version.parse(old), Version.parse(new)
    if before.major != after.major:
        return Bump.major
    is_early = after.major == 0
    if before.minor != after.minor:
        return Bump.major if is_early else Bump.minor
    if before.patch != after.patch:
        return Bump.minor if is_early else Bump.patch
    return Bump.none


def is_enough(base: str, version: str, verdict: Bump) -> bool:
    """Whether a version is as far from its base as the changes take. A pre-release promised nothing to anybody."""
    return is_prerelease(base) or step(base, version).weight >= verdict.weight


def stepped(old: str, bump: Bump) -> str:
    """The lowest version after a release that a verdict is allowed in; after a pre-release, what it comes before."""
    version = Version.parse(old)
    if version.prerelease:
        return str(version.finalize_version())
    if bump is Bump.major:
        return str(version.bump_minor() if version.major == 0 else version.bump_major())
    if bump is Bump.minor and version.major:
        return str(version.bump_minor())
    return old if bump is Bump.none else str(version.bump_patch())
