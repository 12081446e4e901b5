"""Where to go from an error: what could have been meant, and what lies around the address."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from starlette.requests import Request

from minshu.browse import Library
from minshu.errors import (
    BadFilter,
    BadKey,
    BadPage,
    BadParameter,
    ColumnNotFound,
    DatasetNotFound,
    FileNotInRelease,
    MinshuError,
    ReleaseNotFound,
    ResourceNotFound,
    RowNotFound,
)
from minshu.http.front import decoded
from minshu.http.links import Links

log = logging.getLogger(__name__)

MOST: Final = 8
"""How many names are offered."""

LIKENESS: Final = 0.5

_ADDRESS = re.compile(
    r"/datasets/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+)(?:/(?P<resource>[^/]+)/(?:rows|stats|chart)(?:/.*)?)?)?"
)
# What is put right by looking at the table as a whole.
_ROWS: Final = (BadFilter.code, BadKey.code, BadPage.code, BadParameter.code, ColumnNotFound.code, RowNotFound.code)


@dataclass(frozen=True)
class Ways:
    """Names that could have been meant, each with its address, and the addresses of what is there, by what it is."""

    meant: Sequence[tuple[str, str]] = ()
    around: Mapping[str, str] = field(default_factory=dict)


def ways_on(request: Request, code: str, data: Mapping[str, Any]) -> Ways:
    """Where to go from the problem of a request. Nothing is offered that would not be there."""
    services = getattr(request.app.state, "services", None)
    if services is None:  # The service has not started.
        return Ways()
    links, place = Links.of(request, services.settings), _place(request)
    try:
        around = _around(services.library, links, code, place)
        return Ways(_meant(services.library, links, code, data, place), around)
    except MinshuError as error:  # An error is answered, whatever state the store is in.
        log.warning("Nothing can be offered to %s: %s", request.scope["path"], error)
        return Ways()


def alike(name: str, known: Iterable[str]) -> list[str]:
    """The known names, those that are most like the given one first; only some, and none that is unlike it."""
    plain: dict[str, str] = {}
    for one in known:
        plain.setdefault(one.casefold(), one)
    wanted = name.casefold()
    parts = [one for one in plain if wanted and (wanted in one or one in wanted)]
    found = dict.fromkeys([*get_close_matches(wanted, plain, MOST, LIKENESS), *parts])
    return [plain[one] for one in found][:MOST]


def _place(request: Request) -> dict[str, str]:
    match = _ADDRESS.match(request.scope["path"])
    return {name: decoded(text) for name, text in match.groupdict().items() if text} if match else {}


def _meant(
    library: Library, links: Links, code: str, data: Mapping[str, Any], place: Mapping[str, str]
) -> list[tuple[str, str]]:
    if code == DatasetNotFound.code:
        known = alike(data["name"], (dataset.name for dataset in library.datasets()))
        return [(name, links.dataset(name)) for name in known]
    if code == ReleaseNotFound.code:
        return [(version, links.release(data["name"], version)) for version in data["known"][:MOST]]
    if code == ResourceNotFound.code and "version" in place:
        known = alike(data["name"], data["known"]) or list(data["known"][:MOST])
        return [(table, links.rows(place["name"], place["version"], table)) for table in known]
    return []


def _around(library: Library, links: Links, code: str, place: Mapping[str, str]) -> dict[str, str]:
    """The table, the release and the dataset that an address lies in, as far as these exist."""
    if "name" not in place or code == DatasetNotFound.code:
        return {}
    around: dict[str, str] = {}
    dataset = library.dataset(place["name"])
    version = place.get("version", "")
    if version in dataset.versions:
        if code in _ROWS and "resource" in place:
            around["table"] = links.rows(dataset.name, version, place["resource"])
        if code in (FileNotInRelease.code, ResourceNotFound.code, *_ROWS):
            around["release"] = links.release(dataset.name, version)
    around["dataset"] = links.dataset(dataset.name)
    return around
