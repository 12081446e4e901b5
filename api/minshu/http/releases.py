"""Versions of a dataset, and everything that stands under one."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.http import describe
from minshu.http.answers import data, json_answer, pinned, validators
from minshu.http.dependencies import FilePath, LinksDep, Name, QueryDep, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.models import FILE, ReleaseModel, VersionsModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.release_page import release_page

router = APIRouter(prefix="/datasets/{name}/versions", tags=["Releases"])

Stem = Annotated[str, Path(description="The table's name, percent-encoded; a slash in it is `%2F`.")]
Suffix = Annotated[str, Path(description="`csv`, `json`, `ndjson`, `parquet`, `arrow` or `xlsx`.", examples=["csv"])]


@router.get("", summary="The versions of a dataset", responses=answers(VersionsModel))
def list_versions(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """Newest first, by the precedence of Semantic Versioning."""
    negotiated(request, (JSON_MEDIA,))
    dataset = services.library.dataset(name)
    return data(request, {"name": dataset.name, "versions": describe.version_list(dataset, links)})


@router.get("/{version}", summary="A release", responses=answers(ReleaseModel, page=True))
def show_release(request: Request, services: ServicesDep, links: LinksDep, name: Name, version: Version) -> Response:
    """The manifest of a release, what its publisher says of it, and the address of everything in it."""
    release = services.library.release(name, version)
    if negotiated(request) == JSON_MEDIA:
        description = describe.release_description(release, links)
        if release.status:  # What is said of it may be put right.
            return data(request, description)
        return pinned(request, validators(request, links, JSON_MEDIA, release), lambda: json_answer(description))
    return release_page(request, services, links, services.library.dataset(name), release)


@router.get("/{version}/{resource}.{suffix}", summary="A table as a file", responses=FILE)
def download_table(
    request: Request,
    services: ServicesDep,
    query: QueryDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Stem,
    suffix: Suffix,
) -> Response:
    """A whole table, or the rows that filters leave of it, as CSV, JSON, NDJSON, Parquet, Arrow or XLSX.

    Filters are those of `rows`. Where the package has a file of this very path, that one answers if there is no query.
    """
    release = services.library.release(name, version)
    return file_answer(request, services.library, release, f"{resource}.{suffix}", query, reader)


@router.get("/{version}/{path:path}", summary="A file of a release", responses=FILE)
def download_file(
    request: Request,
    services: ServicesDep,
    query: QueryDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    path: FilePath,
) -> Response:
    """A file of the package at its own path, byte for byte as its publisher wrote it.

    So are `datapackage.json`, `{name}.zip`, `{name}.duckdb`, `report.json` and the manifest, `release.json`.
    """
    release = services.library.release(name, version)
    return file_answer(request, services.library, release, path, query, reader)
