"""What is known of releases, put together for the standards of catalogues."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from minshu.browse import Dataset, Library, Release
from minshu.descriptors import paths_of
from minshu.formats import FORMATS
from minshu.http.describe import said
from minshu.http.links import Links
from minshu.manifest import PACKAGE
from minshu.metadata import (
    CatalogueMetadata,
    DatasetMetadata,
    FieldMetadata,
    FileMetadata,
    Licence,
    Party,
    Period,
    Reference,
    ReleaseMetadata,
    Source,
    TableMetadata,
)
from minshu.opening import OPENING
from minshu.settings import Settings

TITLE = "闽数开放数据目录 / Minshu open data catalogue"
ABOUT = (
    "经过校验、按版本发布、可核对来源的开放数据：可下载，可按行取用，可用 SQL 查询。"
    " / Open data that is checked, versioned and traced to its source: to download, to read by rows, to query in SQL."
)
_WEB: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+")


def catalogue_metadata(links: Links, settings: Settings) -> CatalogueMetadata:
    """The catalogue itself, with who runs it."""
    return CatalogueMetadata(
        url=links.to("catalog"),
        home=f"{links.base}/",
        title=TITLE,
        description=ABOUT,
        operator=Party(settings.operator or "闽数 / Minshu", f"{links.base}/#operator"),
        sql_url=links.to("sql"),
        openapi_url=links.to("openapi.json"),
        search_url=links.to("search"),
    )


def dataset_metadata(library: Library, dataset: Dataset, current: Release, links: Links) -> DatasetMetadata:
    """A dataset, as a release of it describes it. Raises what reading its first release does."""
    first = library.release(dataset.name, dataset.versions[-1])
    versions = tuple(links.release(dataset.name, version) for version in dataset.versions)
    return DatasetMetadata(release_metadata(current, links), versions, min(first.published, current.published))


def release_metadata(release: Release, links: Links) -> ReleaseMetadata:
    """One release."""
    manifest, told = release.manifest, said(release.descriptor)
    opening = _mapping(release.descriptor.get(OPENING))
    previous = manifest.previous
    return ReleaseMetadata(
        name=release.name,
        version=release.version,
        url=links.release(release.name, release.version),
        dataset_url=links.dataset(release.name),
        published=release.published,
        modified=release.modified,
        sha256=release.sha256,
        opening=release.openings.whole,
        title=told.get("title", release.name),
        description=told.get("description"),
        keywords=tuple(told.get("keywords", ())),
        licences=tuple(_licence(item, release, links) for item in told.get("licenses", ())),
        parties=tuple(
            Party(item["title"], _web(item.get("path")), tuple(item.get("roles", ())), item.get("organization"))
            for item in told.get("contributors", ())
            if "title" in item
        ),
        sources=tuple(
            Source(item["title"], _address(item.get("path"), release, links))
            for item in told.get("sources", ())
            if "title" in item
        ),
        homepage=_web(told.get("homepage")),
        period=_period(opening.get("dataPeriod")),
        frequency=str(opening["updateFrequency"]) if opening.get("updateFrequency") else None,
        previous_url=links.release(release.name, previous.version) if previous else None,
        notes=release.notes,
        state=release.status.state if release.status else None,
        reason=release.status.reason if release.status else None,
        files=tuple(_files(release, links)),
        tables=tuple(_tables(release, links)),
    )


def _files(release: Release, links: Links) -> Iterator[FileMetadata]:
    """The files that hold data or describe it, but not what only the service needs."""
    manifest, holders = release.manifest, _holders(release)
    for file in manifest.files:
        if not file.path.startswith("indexes/"):
            url = links.file(release.name, release.version, manifest.url_path(file.path))
            path = file.path.removeprefix(PACKAGE)
            yield FileMetadata(
                url=url,
                path=path,
                media_type=file.media_type.partition(";")[0],
                bytes=file.bytes,
                sha256=file.sha256,
                derived=not file.path.startswith(PACKAGE),
                table=holders.get(file.path),
                is_free=release.is_free(file.path),
            )


def _holders(release: Release) -> dict[str, str]:
    """The table that a file holds, and alone, by the path of each such file in the release."""
    found = {table.path: table.name for table in release.manifest.tables}
    resources = release.descriptor.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        paths = paths_of(resource) if isinstance(resource, dict) else ()
        if len(paths) == 1 and release.has_table(name := str(resource.get("name"))):
            found.setdefault(f"{PACKAGE}{paths[0]}", name)
    return found


def _tables(release: Release, links: Links) -> Iterator[TableMetadata]:
    for table in release.manifest.tables:
        yield TableMetadata(
            name=table.name,
            title=table.title,
            description=table.description,
            rows=table.rows,
            columns=len(table.columns),
            rows_url=links.rows(release.name, release.version, table.name),
            exports={
                name: links.table(release.name, release.version, table.name, written.suffix.lstrip("."))
                for name, written in FORMATS.items()
            },
            opening=release.openings.of(table.name),
            fields=tuple(
                FieldMetadata(column.name, column.type, column.field_type, column.title, column.description)
                for column in table.columns
            ),
            key=table.primary_key,
            references=tuple(Reference(key.fields, key.resource, key.reference_fields) for key in table.foreign_keys),
        )


def _licence(item: Mapping[str, Any], release: Release, links: Links) -> Licence:
    return Licence(item.get("name"), item.get("title"), _address(item.get("path"), release, links))


def _address(path: str | None, release: Release, links: Links) -> str | None:
    """Where something is that a descriptor names: elsewhere in the web, or among the files of the release."""
    if path and PACKAGE + path in release.manifest.by_path:
        return links.file(release.name, release.version, quote(path))
    return _web(path)


def _web(path: str | None) -> str | None:
    """The address, if it is one of the web and of no character that an IRI may not have (RFC 3987)."""
    return path if path and _WEB.fullmatch(path) else None


def _period(value: object) -> Period | None:
    """The time that the publisher says the data is about; days that are none are passed over."""
    told = _mapping(value)
    start, end = _day(told.get("start")), _day(told.get("end"))
    return Period(start, end) if start or end else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
