"""Releases in Croissant, for machine learning: each at a place beside its files, and a dataset as its newest one."""

from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.bilingual import written_in
from minshu.browse import Release
from minshu.citation import bibtex
from minshu.http.answers import fresh, pinned, validators
from minshu.http.dependencies import LinksDep, Name, QueryDep, ServicesDep, Version
from minshu.http.directory import newest
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.metadata import release_metadata
from minshu.http.models import HELD
from minshu.http.works import work_of
from minshu.manifest import CROISSANT
from minshu.metadata.croissant import MEDIA_TYPE, croissant

router = APIRouter(tags=["Releases"])

DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Croissant 1.1.", "content": {MEDIA_TYPE.partition(";")[0]: {"schema": {"type": "object"}}}},
    **HELD,
}


@router.get("/datasets/{name}/croissant.json", summary="A dataset in Croissant", responses=DESCRIBED)
def show_dataset_croissant(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """The newest version for machine learning: its files, and how records stand in them."""
    release = newest(services.library, services.library.dataset(name))
    return fresh(request, _described(release, links), MEDIA_TYPE)


@router.get("/datasets/{name}/versions/{version}/croissant.json", summary="A version in Croissant", responses=DESCRIBED)
def show_release_croissant(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    query: QueryDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
) -> Response:
    """One version for machine learning: its files, and how records stand in them."""
    release = services.library.release(name, version)
    if release.has_file(CROISSANT) or release.has_table(CROISSANT.removesuffix(".json")):
        # It was published before this place was reserved, and what is published stays where it is.
        return file_answer(request, services.library, release, CROISSANT, query, reader)
    if release.status:
        return fresh(request, _described(release, links), MEDIA_TYPE)
    held = validators(request, links, MEDIA_TYPE, release)
    return pinned(request, held, lambda: Response(_described(release, links), media_type=MEDIA_TYPE))


def _described(release: Release, links: Links) -> bytes:
    told = release_metadata(release, links)
    language = written_in(told.title.partition(" / ")[0])
    work = work_of(release, links, language, release.published.date())
    return orjson.dumps(croissant(told, bibtex(work, dated=False)))
