"""What a receiver may be told."""

from enum import StrEnum


class Event(StrEnum):
    """What a receiver may be told. A correction is a release that changes or removes rows of the one before it."""

    published = "published"
    corrected = "corrected"
    withdrawn = "withdrawn"
    yanked = "yanked"
    restored = "restored"
    purged = "purged"

    @property
    def type(self) -> str:
        """Its name in a body."""
        return f"release.{self}"
