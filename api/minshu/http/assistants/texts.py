"""The texts of releases - descriptor, README, changelog, licence - by their own addresses, as resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from minshu.browse import Release
from minshu.disk import failing
from minshu.errors import BadParameter, BadRequest, FileNotInRelease, NotFound
from minshu.http.assistants.asking import Asking
from minshu.http.negotiation import JSON_MEDIA
from minshu.manifest import COMPANIONS, DESCRIPTOR, PACKAGE

NAMES: Final = (DESCRIPTOR, *COMPANIONS)
PAGE: Final = 50
"""How many datasets a page of resources is of."""

TEXT_BYTES: Final = 512 * 1024
"""The most bytes of a text that is given to a model."""


@dataclass(frozen=True)
class Text:
    """A text of a release."""

    url: str
    name: str
    title: str
    media_type: str
    bytes: int


def template(asking: Asking) -> str:
    """The addresses that texts have."""
    return f"{asking.links.to('datasets')}/{{dataset}}/versions/{{version}}/{{file}}"


def texts(asking: Asking, cursor: str | None) -> tuple[list[Text], str | None]:
    """The texts of the newest releases of some datasets, and the cursor of those after. Raises BadParameter."""
    start = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    if cursor and not start:
        raise BadParameter("The cursor is none that was given out here.")
    entries = [entry for entry in asking.services.directory.entries() if not entry.is_gone]
    part = entries[start : start + PAGE]
    found = [text for entry in part if entry.release for text in _texts(entry.release, entry.title, asking)]
    return found, str(start + PAGE) if len(entries) > start + PAGE else None


def read(asking: Asking, url: str) -> tuple[Text, str]:
    """The text at this address. Raises NotFound, BadRequest for one that is too long, or what the gate does."""
    name, version, file = _place(asking, url)
    release = asking.services.library.release(name, version)
    found = release.file(file, asking.reader)
    if found.entry.bytes > TEXT_BYTES:
        raise BadRequest(f"{file} has {found.entry.bytes} bytes, of which a model is given {TEXT_BYTES}. Download it.")
    with failing("read", found.path):
        told = found.path.read_bytes().decode("utf-8", "replace")
    asking.reads(release)
    return Text(asking.links.file(release.name, release.version, file), file, "", _media(file), found.entry.bytes), told


def _place(asking: Asking, url: str) -> tuple[str, str, str]:
    """The dataset, the version and the file of an address. Raises NotFound for any that is no text's."""
    own, path = urlsplit(asking.links.to("datasets")).path, urlsplit(url).path
    parts = [unquote(part) for part in path.removeprefix(f"{own}/").split("/")]
    if not url.startswith(f"{asking.links.base}/") or len(parts) != 4 or parts[1] != "versions":
        raise NotFound(f"There is no text under this address. Texts stand at {template(asking)}.")
    name, _, version, file = parts
    if file not in NAMES:
        raise FileNotInRelease(file)
    return name, version, file


def _texts(release: Release, title: str, asking: Asking) -> Iterator[Text]:
    for name in NAMES:
        entry = release.manifest.by_path.get(f"{PACKAGE}{name}")
        if entry and release.is_free(entry.path):
            url = asking.links.file(release.name, release.version, name)
            yield Text(url, f"{release.name} {release.version} {name}", title, _media(name), entry.bytes)


def _media(name: str) -> str:
    """The media type of a text."""
    if name == DESCRIPTOR:
        return JSON_MEDIA
    return "text/markdown" if name.endswith(".md") else "text/plain"
