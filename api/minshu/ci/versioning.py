"""Whether a version says as much as the difference does: pure functions, and their sentences."""

from semver import Version

from minshu.diff import Bump, Change, Difference
from minshu.diff.wording import place

# The most changes that a sentence names.
NAMED = 3


def least(base: str, bump: Bump) -> str:
    """The lowest version that a change of a base may have: other bytes take another one, though they mean the same."""
    version = Version.parse(base)
    # A pre-release comes before what it is of: 2.0.0-rc.1 has said already that it is a new major version.
    raised = {Bump.major: version.bump_major, Bump.minor: version.bump_minor}.get(bump, version.bump_patch)
    return str(raised())


def is_enough(version: str, lowest: str) -> bool:
    """Whether a version is at least another, its pre-releases included."""
    return bool(Version.parse(version).finalize_version() >= Version.parse(lowest))


def too_small(version: str, lowest: str, difference: Difference) -> str:
    """That a version says less than what changed."""
    return f"version {version} is too small: {causes(difference)} → at least {lowest}"


def taken(version: str, lowest: str, difference: Difference) -> str:
    """That a version is released already, with other content."""
    return f"version {version} is published already, and differs: {causes(difference)} → at least {lowest}"


def causes(difference: Difference) -> str:
    """The changes that the verdict is due to."""
    if not difference.causes:
        return "the descriptor is written in another way"
    named = [_cause(change) for change in difference.causes[:NAMED]]
    more = len(difference.causes) - len(named)
    return f"{'; '.join(named)}{f'; and {more} more' if more else ''} ({difference.verdict})"


def _cause(change: Change) -> str:
    sentence = change.sentence.removesuffix(".")
    where = place(change)
    return f"{where}: {sentence[:1].lower()}{sentence[1:]}" if where else sentence
