"""Which requests are readings of a release, and in which format: what is counted, and of whom nothing is kept."""

from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from starlette.types import Message, Scope

from minshu.counts import Readings, Tally
from minshu.formats import FORMATS
from minshu.manifest import DESCRIPTOR, DIFF, INDEXES, MANIFEST, REPORT, SIGNATURE

SQL: Final = "sql"
ASSISTANT: Final = "mcp"
PAGE: Final = "page"
METADATA: Final = "metadata"
ORIGINAL: Final = "file"
INDEX: Final = "index"

# Whose routes tell themselves what they read.
_TELLING: Final = {"/sql": SQL, "/mcp": ASSISTANT, "/api/3/action/{action}": "rows", "/api/action/{action}": "rows"}
_RELEASE: Final = "/datasets/{name}/versions/{version}"
_ROWS: Final = f"{_RELEASE}/{{resource}}/rows"
# What the routes give, where that does not hang on the address.
_GIVEN: Final = {
    _RELEASE: METADATA,
    _ROWS: "rows",
    f"{_ROWS}/{{key:path}}": "rows",
    f"{_RELEASE}/{{resource}}/stats": "stats",
    f"{_RELEASE}/{{resource}}/chart": "chart",
    f"{_RELEASE}/{{resource}}/chart.{{suffix}}": "chart",
}
_FILES: Final = (f"{_RELEASE}/{{path:path}}", f"{_RELEASE}/{{resource}}.{{suffix}}")
_OF_RELEASE: Final = (DESCRIPTOR, MANIFEST, SIGNATURE, REPORT, DIFF)
_SUFFIXES: Final = frozenset({"zip", "duckdb", *(written.suffix.lstrip(".") for written in FORMATS.values())})

Read = tuple[str, str, str]


class Counter:
    """Counts the readings of one server process."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def note(self, scope: Scope, route: str, status: int, start: Message | None) -> None:
        """Count a request that was answered, if it was one for what a release holds."""
        if status not in (200, 206, 304):
            return
        if format_ := _TELLING.get(route):
            for name, version in scope["state"].get("reads", ()):
                _count(self._tally.readings(name, version, format_), scope, status)
        elif read := _read_of(route, scope["path"]):
            name, version, format_ = read
            shown = PAGE if route in _GIVEN and start and _is_page(start) else format_
            _count(self._tally.readings(name, version, shown), scope, status)


def _count(readings: Readings, scope: Scope, status: int) -> None:
    if status == 304:
        readings.unchanged += 1
    elif status == 206 and not _from_the_beginning(scope):
        readings.parts += 1
    else:
        readings.reads += 1


@lru_cache(4096)
def _read_of(route: str, path: str) -> Read | None:
    """What a request for this address reads; None for what is no part of one release."""
    given = _GIVEN.get(route)
    if given is None and route not in _FILES:
        return None
    _, _, name, _, version, *rest = path.split("/", 5)
    return unquote(name), unquote(version), given or _format_of(unquote(rest[0]))


def _format_of(path: str) -> str:
    """What a file is counted as: by how its name ends, as far as that is one of a few."""
    if path in _OF_RELEASE:
        return METADATA
    if path.startswith(INDEXES):
        return INDEX
    suffix = path.rpartition(".")[2].lower()
    return suffix if suffix in _SUFFIXES else ORIGINAL


def _is_page(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])


def _from_the_beginning(scope: Scope) -> bool:
    ranges = (value for name, value in scope["headers"] if name == b"range")
    return any(value.replace(b" ", b"").startswith(b"bytes=0-") for value in ranges)
