"""The one gate to the data of releases: whatever leads to data passes it, and only metadata does not.

Metadata is what a release is and what its publisher says of it: the manifest, the descriptor, the report, the
difference from the release before, and the texts beside the descriptor, unless a resource has them for its data.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from minshu.descriptors import paths_of
from minshu.errors import ReleasePurged, ReleaseWithdrawn
from minshu.manifest import COMPANIONS, DESCRIPTOR, DIFF, MANIFEST, PACKAGE, REPORT, SIGNATURE
from minshu.standing import Status

KEPT: Final = frozenset({MANIFEST, SIGNATURE})
"""What is left even of a release that is purged: the record of what it was."""

_ALWAYS: Final = frozenset({*KEPT, REPORT, DIFF})
_TEXTS: Final = frozenset({DESCRIPTOR, *COMPANIONS})


def check(name: str, version: str, status: Status | None) -> None:
    """Let data of a release pass. Raises ReleaseWithdrawn or ReleasePurged where nobody is given it any more."""
    if status is not None and status.is_gone:
        refusal = ReleasePurged if status.state == "purged" else ReleaseWithdrawn
        raise refusal(name, version, status.reason, status.successor, status.since)


def is_metadata(path: str, descriptor: Mapping[str, Any]) -> bool:
    """Whether a file of a release, by its path in there, is none of its data."""
    if path in _ALWAYS:
        return True
    own = path.removeprefix(PACKAGE)
    if own == path or own not in _TEXTS:
        return False
    resources = descriptor.get("resources", ())
    if own == DESCRIPTOR:
        return not any("data" in resource for resource in resources)
    return PurePosixPath(own) not in {PurePosixPath(path) for resource in resources for path in paths_of(resource)}
