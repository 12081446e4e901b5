"""How much of a version a change takes."""

from collections.abc import Iterable
from enum import StrEnum


class Bump(StrEnum):
    """The part of a version that is raised, from nothing to all of it."""

    none = "none"
    patch = "patch"
    minor = "minor"
    major = "major"

    @property
    def weight(self) -> int:
        """0 for none, 3 for major: for comparison, as the names sort otherwise."""
        return list(Bump).index(self)


def heaviest(bumps: Iterable[Bump]) -> Bump:
    """The largest of some bumps, `none` where there are none."""
    return max(bumps, key=lambda bump: bump.weight, default=Bump.none)
