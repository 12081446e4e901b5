"""What an address under a version stands for: a file of the release, or a table in another format."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from minshu.access import Reader
from minshu.browse import Library, Release, ReleaseFile, Table
from minshu.budgets import Account
from minshu.codings import CODINGS, LEAST, is_compressible
from minshu.errors import BadParameter, ExportsOverloaded, FileNotInRelease, ResourceNotFound
from minshu.exports import ExportedFile
from minshu.filters import RowQuery
from minshu.formats import FORMATS
from minshu.http.answers import Download, attachment, download
from minshu.http.following import Followed, Following
from minshu.http.front import decoded
from minshu.http.negotiation import preferred_coding
from minshu.making import Growing
from minshu.manifest import PACKAGE

Params = Sequence[tuple[str, str]]

HEAD_START: Final = 2.0
"""Seconds that an export may take before it is sent while it is being made, with neither length nor digest."""

BY_SUFFIX: Final[Mapping[str, str]] = {written.suffix.removeprefix("."): name for name, written in FORMATS.items()}
# What a publisher wrote is shown as nothing but a document: it runs nothing, and it is not of this site.
SANDBOX: Final = {"Content-Security-Policy": "sandbox; default-src 'none'"}
_HEADER: Final = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.-]+)*", re.ASCII)
_SHOWN: Final = ("text/plain", "text/markdown", "application/json", "image/", "application/pdf")


def file_answer(
    request: Request, library: Library, release: Release, path: str, params: Params, reader: Reader
) -> Response:
    """The answer to a request for what stands at a percent-encoded path under the release's address.

    A part of a file is one of the file as it is: parts of different codings would not fit together. Who asks for no
    part need not have the whole before the first byte of it.
    Raises what `download_at` does.
    """
    part, head = "range" in request.headers, request.scope["state"]["head"]
    head_start = None if part or head else HEAD_START
    found = download_at(release, path, params, request.state.account, reader, head_start)
    if not part:
        found = _coded(library, found, request.headers.getlist("accept-encoding"), head_start)
    return Followed(found) if isinstance(found, Following) else download(request, found)


def download_at(
    release: Release, path: str, params: Params, account: Account, reader: Reader, head_start: float | None = None
) -> Download | Following:
    """What stands at a percent-encoded path under the release's address.

    An original file hides the export of the same path, except where a query asks for some of the rows. An export that
    isn't made within `head_start` seconds is to be followed; without any it is waited for.
    Raises BudgetExceeded for an export, ResourceNotFound, FileNotInRelease, whatever is wrong with the query, and what
    the gate does where the data is not for this reader.
    """
    is_stored, name = release.has_file(path), _table(release, path)
    if name is not None and (params or not is_stored):
        table = release.table(name, reader)
        account.check()
        with account.timed():
            return _exported(release, table, decoded(path), params, head_start)
    if is_stored:
        stored = release.file(decoded(path), reader)
        _refuse_filters(release, params)
        return _as_it_is(release, stored)
    resource, _, suffix = decoded(path).rpartition(".")
    if resource and suffix in BY_SUFFIX and "/" not in path:
        raise ResourceNotFound(resource, (known.name for known in release.manifest.tables))
    raise FileNotInRelease(decoded(path))


def _refuse_filters(release: Release, params: Params) -> None:
    """A file is given as it is; one who filters it must not take the whole for a part. Raises BadParameter."""
    columns = {column.name for table in release.manifest.tables for column in table.columns}
    for name, _ in params:
        if name.startswith("_") or name in columns or name.rpartition("__")[0] in columns:
            raise BadParameter(f"{name}: a file of the package is given whole. Filter its table, as {{table}}.csv.")


def _exported(
    release: Release, table: Table, name: str, params: Params, head_start: float | None
) -> Download | Following:
    """Rows of a table as a file. `name` is what it is called, of which the suffix decides the format."""
    query = RowQuery.from_params(params, table.released_columns)
    written = FORMATS[BY_SUFFIX[name.rpartition(".")[2]]]
    made = table.export_soon(query, written.name, head_start)
    return _told(made, written.media_type, release.published, _disposition(name, written.media_type))


def _told(
    made: ExportedFile | Growing[ExportedFile], media_type: str, modified: datetime, headers: Mapping[str, str]
) -> Download | Following:
    if isinstance(made, Growing):
        return Following(made, media_type, modified, headers)
    return Download(made.path, made.bytes, made.sha256, media_type, modified, headers)


def _coded(
    library: Library, file: Download | Following, accepted: Sequence[str], head_start: float | None
) -> Download | Following:
    """The file in the coding that the client likes best, where that is worth its while."""
    if not is_compressible(file.media_type, LEAST if isinstance(file, Following) else file.bytes):
        return file
    headers = {**file.headers, "Vary": "Accept-Encoding"}
    if isinstance(file, Following):  # There is nothing to copy yet.
        return replace(file, headers=headers)
    name = preferred_coding(",".join(accepted), tuple(CODINGS))
    if name is not None:
        with suppress(ExportsOverloaded):
            made = library.coded(file.path, file.sha256, CODINGS[name], head_start)
            # A range would be one of the file as it is, so none is offered of this.
            told = {**headers, "Content-Encoding": name, "Accept-Ranges": "none"}
            return _told(made, file.media_type, file.modified, told)
    return replace(file, headers=headers)


def _table(release: Release, path: str) -> str | None:
    """The name of the table of which the path, being one segment, names an export."""
    resource, _, suffix = decoded(path).rpartition(".")
    return resource if "/" not in path and suffix in BY_SUFFIX and release.has_table(resource) else None


def _as_it_is(release: Release, found: ReleaseFile) -> Download:
    entry = found.entry
    name = decoded(release.manifest.url_path(entry.path)).rpartition("/")[2]
    headers = _disposition(name, entry.media_type)
    if entry.path.startswith(PACKAGE):
        headers |= SANDBOX
    return Download(found.path, entry.bytes, entry.sha256, _media_type(entry.media_type), release.published, headers)


def _media_type(declared: str) -> str:
    """The media type as a header can hold it: a publisher may declare any text."""
    return declared if _HEADER.fullmatch(declared) else "application/octet-stream"


def _disposition(name: str, media_type: str) -> dict[str, str]:
    """Data is saved under its name; what a browser can show is shown."""
    return {} if media_type.startswith(_SHOWN) else {"Content-Disposition": attachment(name)}
