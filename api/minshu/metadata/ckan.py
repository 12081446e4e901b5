"""What is known of a dataset, as CKAN says it: the package of its Action API, version 3, with its resources.

https://docs.ckan.org/en/2.11/api/ names the members; those that nobody can tell here are empty, and not left out, for
harvesters look for them. A dataset is one package, described as its newest release is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from minshu.bilingual import texts
from minshu.metadata.model import FileMetadata, Licence, Party, ReleaseMetadata, TableMetadata
from minshu.reports import Language

Package = dict[str, Any]

LOCALES: Final = {Language.zh: "zh_Hans_CN", Language.en: "en"}
"""What CKAN calls the two languages."""

NO_LICENCE: Final = "notspecified"
"""CKAN's own word for a package of which nobody says on what terms it may be used."""

CSV: Final = "text/csv"
NAME_MAX: Final = 100
TAG: Final = range(2, 101)
"""How many characters CKAN lets a tag have."""

_TEXTS: Final = ("README.md", "README.zh.md", "CHANGELOG.md", "LICENSE", "datapackage.json")
_OPEN: Final = re.compile(r"(CC0|CC-BY(-SA)?|ODbL|ODC-By|PDDL|OGL-UK|etalab|MIT|Apache)-?[0-9.]*")
_FORMATS: Final = {
    CSV: "CSV",
    "application/vnd.apache.parquet": "Parquet",
    "application/vnd.duckdb": "DuckDB",
    "application/zip": "ZIP",
    "text/plain": "TXT",
    "text/markdown": "MD",
    "text/html": "HTML",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}


def package(release: ReleaseMetadata, issued: datetime) -> Package:
    """The package of a dataset that this release describes, and of which the first was published then."""
    resources = _resources(release)
    publisher = next(iter(release.parties_as("publisher")), None)
    owner = organization(publisher, issued) if publisher else None
    labels = tags(release.keywords)
    return {
        "id": package_id(release.dataset_url),
        "name": release.name,
        "title": release.title,
        "title_translated": translated(release.title),
        "notes": release.description or "",
        "notes_translated": translated(release.description or ""),
        "type": "dataset",
        "state": "deleted" if release.is_gone else "active",
        "private": False,
        "url": release.homepage or release.dataset_url,
        "version": release.version,
        "metadata_created": moment(issued),
        "metadata_modified": moment(release.modified),
        "author": _names(release, "author", "creator"),
        "author_email": "",
        "maintainer": _names(release, "maintainer", "contact"),
        "maintainer_email": "",
        "creator_user_id": None,
        **_licence(next(iter(release.licences), None)),
        "owner_org": owner["id"] if owner else None,
        "organization": owner,
        "groups": [],
        "tags": labels,
        "num_tags": len(labels),
        "extras": [{"key": key, "value": value} for key, value in _extras(release, issued) if value],
        "resources": resources,
        "num_resources": len(resources),
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


# -- names --------------------------------------------------------------------------------------------------------


@lru_cache(1024)
def package_id(dataset_url: str) -> str:
    """The id of a package: the same for all releases of a dataset, and of no other catalogue's."""
    return str(uuid5(NAMESPACE_URL, dataset_url))


def resource_id(dataset_url: str, kind: str, name: str) -> str:
    """The id of a resource: the same in every release."""
    return str(uuid5(NAMESPACE_URL, f"{dataset_url}#{kind}/{quote(name, safe='')}"))


def table_id(dataset_url: str, table: str) -> str:
    """The id of the resource by which the rows of a table are asked for."""
    return resource_id(dataset_url, "table", table)


def slug(text: str) -> str:
    """The name of an organisation, of the letters that CKAN allows: the English one, where there is one."""
    english = next((part for language, part in texts(text) if language is Language.en), "")
    plain = re.sub(r"[^a-z0-9]+", "-", english.lower()).strip("-")[:NAME_MAX]
    return plain if len(plain) > 1 else f"org-{uuid5(NAMESPACE_URL, text).hex[:12]}"


def moment(time: datetime) -> str:
    """A time as CKAN writes it: UTC, which it does not say."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@lru_cache(4096)  # Each table is told twice, and its title each time that a package is made.
def translated(text: str) -> Mapping[str, str]:
    """A text in each language that it is written in, as ckanext-fluent has it."""
    return {LOCALES[language]: part for language, part in texts(text) if language}


# -- parts --------------------------------------------------------------------------------------------------------


def organization(party: Party, issued: datetime) -> Package:
    """A publisher, and when the first was published of what it is told with."""
    name = slug(party.name)
    return {
        "id": str(uuid5(NAMESPACE_URL, f"organization/{name}")),
        "name": name,
        "title": party.name,
        "title_translated": translated(party.name),
        "description": party.url or "",
        "type": "organization",
        "is_organization": True,
        "state": "active",
        "approval_status": "approved",
        "image_url": "",
        "created": moment(issued),
        # Older harvesters ask for both.
        "revision_id": "",
        "revision_timestamp": moment(issued),
    }


def tags(keywords: tuple[str, ...]) -> list[Package]:
    """The keywords, each language of one apart, of the characters that CKAN lets tags have."""
    words = (re.sub(r"[^\w .-]+", "-", part).strip(" -") for keyword in keywords for _, part in texts(keyword))
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, f"tag/{word}")),
            "name": word,
            "display_name": word,
            "state": "active",
            "vocabulary_id": None,
        }
        for word in dict.fromkeys(word[: TAG.stop - 1] for word in words)
        if len(word) in TAG
    ]


def is_open(name: str) -> bool:
    """Whether a licence is one of those that the Open Definition knows, by what SPDX calls it."""
    return _OPEN.fullmatch(name) is not None


def _licence(licence: Licence | None) -> Package:
    """The licence. A package has one; where there are several, the first is the one that is meant."""
    if licence is None:
        return {"license_id": NO_LICENCE, "license_title": "License not specified", "license_url": "", "isopen": False}
    name = licence.name or licence.title or licence.url or NO_LICENCE
    known = licence.name is not None and not licence.name.startswith("LicenseRef-")
    return {
        "license_id": name,
        "license_title": licence.title or name,
        "license_url": licence.url or (f"https://spdx.org/licenses/{quote(name, safe='')}" if known else ""),
        "isopen": is_open(name),
    }


def _names(release: ReleaseMetadata, *roles: str) -> str:
    return ", ".join(party.name for party in release.parties_as(*roles))


def _extras(release: ReleaseMetadata, issued: datetime) -> Iterator[tuple[str, str]]:
    """What CKAN has no member for, by the names of ckanext-dcat where it has one."""
    opening, period = release.opening, release.period
    publisher = next(iter(release.parties_as("publisher")), None)
    yield "uri", release.dataset_url
    yield "identifier", release.dataset_url
    yield "issued", issued.isoformat()
    yield "modified", release.modified.isoformat()
    yield "publisher_name", publisher.name if publisher else ""
    yield "temporal_start", period.start.isoformat() if period and period.start else ""
    yield "temporal_end", period.end.isoformat() if period and period.end else ""
    yield "frequency", release.frequency or ""
    yield "version_notes", release.notes or ""
    sources = [{"title": source.title, "url": source.url or ""} for source in release.sources]
    yield "provenance", json.dumps(sources, ensure_ascii=False) if sources else ""
    yield "open_attribute", opening.attribute
    yield "open_attribute_term", opening.attribute.term
    yield "open_conditions", opening.conditions or ""
    yield "open_legal_basis", opening.legal_basis or ""
    yield "release", release.url
    yield "release_sha256", release.sha256
    yield "release_state", release.state or ""


# -- resources ----------------------------------------------------------------------------------------------------


def _resources(release: ReleaseMetadata) -> list[Package]:
    """Each table as CSV, which is the one with rows to ask for, and as Parquet; then the whole, and all other files."""
    if release.is_gone:
        return []
    taken = [_csv_file(release, table) for table in release.tables]
    found = [
        *(
            one
            for table, file in zip(release.tables, taken, strict=True)
            for one in (_csv(release, table, file), *_parquet(release, table))
        ),
        *(_file(release, file) for file in release.files if _is_shown(release, file) and file not in taken),
    ]
    return [{**resource, "position": position} for position, resource in enumerate(found)]


def _csv_file(release: ReleaseMetadata, table: TableMetadata) -> FileMetadata | None:
    """The file of CSV that a table was published as."""
    files = (file for file in release.files if file.table == table.name and not file.derived)
    return next((file for file in files if file.media_type == CSV), None)


def _csv(release: ReleaseMetadata, table: TableMetadata, file: FileMetadata | None) -> Package:
    return {
        **_resource(release, table_id(release.dataset_url, table.name), file),
        **_told(table),
        "format": "CSV",
        "mimetype": CSV,
        "url": file.url if file else table.exports["csv"],
        "datastore_active": table.opening.is_open,
    }


def _parquet(release: ReleaseMetadata, table: TableMetadata) -> Iterator[Package]:
    for file in release.files:
        if file.derived and file.table == table.name:
            own = _resource(release, resource_id(release.dataset_url, "parquet", table.name), file)
            yield {**own, **_told(table)}


def _file(release: ReleaseMetadata, file: FileMetadata) -> Package:
    own = _resource(release, resource_id(release.dataset_url, "file", file.path), file)
    return {**own, "name": file.path, "description": "", "open_attribute": release.opening.attribute}


def _is_shown(release: ReleaseMetadata, file: FileMetadata) -> bool:
    """Whether a file is one that people look for, and stands for no table that is there already."""
    if file.derived:
        return file.path in (f"{release.name}.zip", f"{release.name}.duckdb")
    return file.path not in _TEXTS


def _told(table: TableMetadata) -> Package:
    title = table.title or table.name
    return {
        "name": title,
        "name_translated": translated(table.title or ""),
        "description": table.description or "",
        "description_translated": translated(table.description or ""),
        "open_attribute": table.opening.attribute,
        "table": table.name,
        "rows": table.rows,
        "rows_url": table.rows_url,
    }


def _resource(release: ReleaseMetadata, own: str, file: FileMetadata | None) -> Package:
    """What every resource has. Of a file that is only made when it is asked for, size and hash are not known."""
    published = moment(release.published)
    return {
        "id": own,
        "package_id": package_id(release.dataset_url),
        "format": _format(file) if file else "",
        "mimetype": file.media_type if file else None,
        "mimetype_inner": None,
        "url": file.url if file else "",
        "url_type": None,
        "resource_type": "file",
        "size": file.bytes if file else None,
        "hash": file.sha256 if file else "",
        "created": published,
        "last_modified": published,
        "metadata_modified": moment(release.modified),
        "cache_url": None,
        "cache_last_updated": None,
        "datastore_active": False,
        "state": "active",
    }


def _format(file: FileMetadata) -> str:
    suffix = file.path.rpartition("/")[2].rpartition(".")[2]
    return _FORMATS.get(file.media_type) or (suffix.upper() if suffix.isalnum() and len(suffix) < 10 else "")
