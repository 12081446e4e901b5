"""The lowest version that a difference may have, and the sentences for one that is lower."""

from minshu.diff import Bump, Change, Difference
from minshu.diff.bump import heaviest
from minshu.diff.versioning import stepped
from minshu.diff.wording import place

# The most changes that a sentence names.
NAMED = 3


def least(base: str, verdict: Bump) -> str:
    """The lowest version that what changed may have: other bytes take another one, though they mean the same."""
    return stepped(base, heaviest((verdict, Bump.patch)))


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
