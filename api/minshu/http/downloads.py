"""What an address under a version stands for: a file of the release, or a table in another format."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from minshu.browse import Release, ReleaseFile, Table
from minshu.errors import BadParameter, FileNotInRelease, ResourceNotFound
from minshu.filters import RowQuery
from minshu.formats import FORMATS
from minshu.http.answers import Download, attachment
from minshu.http.front import decoded
from minshu.manifest import PACKAGE

BY_SUFFIX: Final[Mapping[str, str]] = {written.suffix.removeprefix("."): name for name, written in FORMATS.items()}
# What a publisher wrote is shown as nothing but a document: it runs nothing, and it is not of this site.
SANDBOX: Final = {"Content-Security-Policy": "sandbox; default-src 'none'"}
_HEADER: Final = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.-]+)*", re.ASCII)
_SHOWN: Final = ("text/plain", "text/markdown", "application/json", "image/", "application/pdf")


def download_at(release: Release, path: str, params: Sequence[tuple[str, str]]) -> Download:
    """What stands at a percent-encoded path under the release's address.

    An original file hides the export of the same path, except where a query asks for some of the rows.
    Raises ResourceNotFound, FileNotInRelease, and whatever is wrong with the query.
    """
    stored, table = _stored(release, path), _table(release, path)
    if table is not None and (params or stored is None):
        return exported(release, table, decoded(path), params)
    if stored is not None:
        _refuse_filters(release, params)
        return _as_it_is(release, stored)
    resource, _, suffix = decoded(path).rpartition(".")
    if resource and suffix in BY_SUFFIX and "/" not in path:
        raise ResourceNotFound(resource, (known.name for known in release.manifest.tables))
    raise FileNotInRelease(decoded(path))


def _refuse_filters(release: Release, params: Sequence[tuple[str, str]]) -> None:
    """A file is given as it is; one who filters it must not take the whole for a part. Raises BadParameter."""
    columns = {column.name for table in release.manifest.tables for column in table.columns}
    for name, _ in params:
        if name.startswith("_") or name in columns or name.rpartition("__")[0] in columns:
            raise BadParameter(f"{name}: a file of the package is given whole. Filter its table, as {{table}}.csv.")


def exported(release: Release, table: Table, name: str, params: Sequence[tuple[str, str]]) -> Download:
    """Rows of a table as a file. `name` is what it is called, of which the suffix decides the format."""
    query = RowQuery.from_params(params, table.released_columns)
    made = table.export(query, BY_SUFFIX[name.rpartition(".")[2]])
    headers = _disposition(name, made.media_type)
    return Download(made.path, made.bytes, made.sha256, made.media_type, release.published, headers)


def _stored(release: Release, path: str) -> ReleaseFile | None:
    with suppress(FileNotInRelease):
        found = release.file(decoded(path))
        # `a%2Fb.parquet` is the table `a/b`, and `a/b.parquet` a file in the folder `a`.
        return found if release.manifest.url_path(found.entry.path) == path else None
    return None


def _table(release: Release, path: str) -> Table | None:
    """The table of which the path, being one segment, names an export."""
    resource, _, suffix = decoded(path).rpartition(".")
    if "/" in path or suffix not in BY_SUFFIX:
        return None
    with suppress(ResourceNotFound):
        return release.table(resource)
    return None


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
