"""The one gate to the data of releases: whatever leads to data passes it, and only metadata does not.

Metadata is what a release is and what its publisher says of it: the manifest, the descriptor, the report, the
difference from the release before, schemas, and the texts beside the descriptor. What a resource declares to be its
data is none. Who brings nothing to the gate is anybody, and anybody gets what is open to all.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from minshu.descriptors import paths_of
from minshu.errors import DataClosed, GrantMissing, GrantNeeded, ReleasePurged, ReleaseWithdrawn, TokenInvalid
from minshu.manifest import COMPANIONS, DESCRIPTOR, DIFF, MANIFEST, PACKAGE, REPORT, SIGNATURE, Manifest
from minshu.opening import Attribute, Opening, Openings, strictest
from minshu.standing import Status
from minshu.tokens import Token, Verb

KEPT: Final = frozenset({MANIFEST, SIGNATURE})
"""What is left even of a release that is purged: the record of what it was."""

_ALWAYS: Final = frozenset({*KEPT, REPORT, DIFF})
_TEXTS: Final = frozenset({DESCRIPTOR, *COMPANIONS})


class Reader:
    """Whoever asks for data, with the token that he shows; `invalid` says why that does not hold.

    What is wrong with a token is said only to who needs it. `used` tells whether anybody else would have been refused.
    """

    def __init__(self, token: Token | None = None, invalid: TokenInvalid | None = None) -> None:
        self._token, self._invalid, self.used = token, invalid, False

    def use(self, name: str) -> bool | None:
        """Whether the token opens the conditional data of a dataset; None where there is no token.

        Raises TokenInvalid.
        """
        if self._invalid is not None:
            raise self._invalid
        if self._token is None:
            return None
        may = self._token.may(Verb.read, name)
        self.used = self.used or may
        return may


ANYBODY: Final = Reader()


def check(name: str, version: str, status: Status | None, opening: Opening, reader: Reader) -> None:
    """Let data of a release pass to a reader.

    Raises ReleaseWithdrawn or ReleasePurged where nobody is given it any more; DataClosed where nobody ever is; and
    GrantNeeded, GrantMissing or TokenInvalid where the reader has not shown that it was granted to him.
    """
    if status is not None and status.is_gone:
        refusal = ReleasePurged if status.state == "purged" else ReleaseWithdrawn
        raise refusal(name, version, status.reason, status.successor, status.since)
    if opening.is_open:
        return
    if opening.attribute is not Attribute.conditional:
        raise DataClosed(name, opening.attribute.term, opening.legal_basis)
    granted = reader.use(name)
    if not granted:
        refused = GrantNeeded if granted is None else GrantMissing
        raise refused(name, opening.attribute.term, opening.conditions, opening.use, opening.security)


def openings_of_data(manifest: Manifest, descriptor: Mapping[str, Any], openings: Openings) -> dict[str, Opening]:
    """The opening of each file of a release that holds data: that of what it holds, or of all where that is not known.

    Whatever file is not among them is metadata.
    """
    resources = descriptor.get("resources", ())
    holders = _holders(manifest, resources)
    described = (resource.get(key) for resource in resources for key in ("schema", "dialect"))
    texts = (*_TEXTS, *(path for path in described if isinstance(path, str)))
    metadata = {*_ALWAYS, *map(_in_package, texts)}
    return {
        file.path: strictest(map(openings.of, holders[file.path])) if file.path in holders else openings.whole
        for file in manifest.files
        if file.path in holders or file.path not in metadata
    }


def _holders(manifest: Manifest, resources: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names of the resources whose data stands in a file, by its path in the release."""
    holders: dict[str, list[str]] = {}
    for table in manifest.tables:
        for path in filter(None, (table.path, table.row_store, table.keys, table.stats)):
            holders.setdefault(path, []).append(table.name)
    for resource in resources:
        inline = [DESCRIPTOR] if "data" in resource else []
        for path in map(_in_package, (*paths_of(resource), *inline)):
            holders.setdefault(path, []).append(str(resource.get("name")))
    return holders


def _in_package(path: str) -> str:
    return f"{PACKAGE}{PurePosixPath(path)}"
