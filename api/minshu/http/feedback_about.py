"""What a message is about: a dataset that is there, and perhaps a table and a row of one of its releases."""

from contextlib import suppress

from minshu.browse import Library, Release
from minshu.errors import BadParameter, MinshuError, ReleasePurged, ResourceNotFound
from minshu.feedback import About, Kind
from minshu.http.directory import newest
from minshu.http.feedback_models import SentModel
from minshu.remarks import KEY_MAX, plain_line


def about_of(library: Library, sent: SentModel) -> About:
    """What a message is about. Whether there is a row of its key is not looked up: the data may be closed.

    Raises DatasetNotFound, ReleaseNotFound, ReleasePurged, ResourceNotFound or BadParameter.
    """
    if sent.dataset is None:
        if sent.kind is not Kind.request:
            raise BadParameter(f"dataset is missing: what is a message of the kind {sent.kind} about?")
        if sent.version or sent.table or sent.key:
            raise BadParameter("version, table and key are those of a dataset, which is missing.")
        return About()
    release = _release(library, sent.dataset, sent.version)
    known = [table.name for table in release.manifest.tables]
    if sent.table is not None and sent.table not in known:
        raise ResourceNotFound(sent.table, known)
    if sent.key and sent.table is None:
        raise BadParameter("key is that of a row of a table, which is missing.")
    return About(release.name, release.version, sent.table, tuple(plain_line(it, KEY_MAX, "key") for it in sent.key))


def tables_of(library: Library, sent: SentModel) -> list[tuple[str, str]]:
    """The tables that a message may name, each with what people call it; none where there is no such dataset."""
    with suppress(MinshuError):
        if sent.dataset is not None:
            tables = _release(library, sent.dataset, sent.version).manifest.tables
            return [(table.name, table.title or table.name) for table in tables]
    return []


def _release(library: Library, name: str, version: str | None) -> Release:
    """The release of this version, or the newest. Raises as `about_of`."""
    release = library.release(name, version) if version is not None else newest(library, library.dataset(name))
    status = release.status
    if status and status.state == "purged":
        raise ReleasePurged(name, release.version, status.reason, status.successor, status.since)
    return release
