"""What programs look for at the top of a site: a sitemap, a search description, a package of all there is."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse
from starlette.responses import Response

from minshu.errors import NotFound
from minshu.http import sitemap
from minshu.http.answers import data, fresh, page_headers
from minshu.http.dependencies import LinksDep, Services, ServicesDep
from minshu.http.directory import Entry
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.llms import Llms
from minshu.http.metadata import catalogue_metadata
from minshu.http.models import HELD
from minshu.http.negotiation import JSON_MEDIA, PLAIN_MEDIA
from minshu.manifest import DESCRIPTOR, PACKAGE
from minshu.metadata.datapackage import DescriptorFile, catalogue_package

router = APIRouter(tags=["Catalogue"])

XML_MEDIA: Final = "application/xml"
OPENSEARCH_MEDIA: Final = "application/opensearchdescription+xml"
PAGES: Final = ("about", "assets", "core-catalogue", "docs", "feedback", "scorecard", "status")
"""Pages that robots may read beside the catalogue and the datasets."""

XML: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "XML.", "content": {XML_MEDIA: {}}}, **HELD}
OPENSEARCH: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "OpenSearch 1.1.", "content": {OPENSEARCH_MEDIA: {}}},
    **HELD,
}
PACKAGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A Data Package.", "content": {JSON_MEDIA: {"schema": {"type": "object"}}}},
    **HELD,
}
Number = Annotated[int, Path(ge=1, le=100_000, description="Which part, from 1.", examples=[1])]


@router.get("/sitemap.xml", summary="The pages, for search engines", response_class=Response, responses=XML)
def show_sitemap(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """Every page that describes data, in both languages, with when it changed last; of many pages an index of parts."""
    parts = sitemap.parts(list(_pages(services)))
    made = sitemap.urlset(links.base, parts[0]) if len(parts) == 1 else sitemap.index(links.base, parts)
    return fresh(request, made, XML_MEDIA)


@router.get("/sitemap-{number}.xml", summary="A part of the sitemap", response_class=Response, responses=XML)
def show_sitemap_part(request: Request, services: ServicesDep, links: LinksDep, number: Number) -> Response:
    """One part of a sitemap that has several."""
    parts = sitemap.parts(list(_pages(services)))
    if number > len(parts):
        raise NotFound(f"There is no part {number} of the sitemap: /sitemap.xml names those there are.")
    return fresh(request, sitemap.urlset(links.base, parts[number - 1]), XML_MEDIA)


@router.get("/opensearch.xml", summary="The search, for browsers", response_class=Response, responses=OPENSEARCH)
def show_opensearch(request: Request, services: ServicesDep) -> Response:
    """How to search here from a browser's address bar, in the page's language."""
    text = services.pages.render("opensearch.xml", request)
    return fresh(request, text.encode(), OPENSEARCH_MEDIA, headers=page_headers(request))


@router.get("/llms.txt", summary="What language models are to know", response_class=PlainTextResponse, responses=HELD)
def show_llms(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """What this is, what data there is, and how to query and cite it, in Markdown (llmstxt.org)."""
    text = Llms(links, language_of(request)).text(services.directory.entries())
    return fresh(request, text.encode(), PLAIN_MEDIA, headers=page_headers(request))


@router.get("/datapackage.json", summary="The catalogue as a Data Package", responses=PACKAGED)
def show_package(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """A package with the descriptor of each dataset's newest version as a resource, as frictionless opens it."""
    standing = (entry for entry in services.directory.entries() if not entry.is_gone)
    found = filter(None, (_descriptor(entry, links) for entry in standing))
    return data(request, catalogue_package(catalogue_metadata(links, services.settings), found))


def _descriptor(entry: Entry, links: Links) -> DescriptorFile | None:
    """The descriptor of a dataset's newest version, where everybody is given it."""
    path, release = f"{PACKAGE}{DESCRIPTOR}", entry.release
    file = release.manifest.by_path.get(path) if release else None
    if release is None or file is None or not release.is_free(path):
        return None
    return DescriptorFile(
        name=release.name,
        version=release.version,
        title=entry.title,
        description=entry.told.get("description"),
        url=links.file(release.name, release.version, DESCRIPTOR),
        bytes=file.bytes,
        sha256=file.sha256,
    )


def _pages(services: Services) -> Iterator[sitemap.Page]:
    """The pages, those of datasets by name. What is gone is not to be found, and what is damaged neither."""
    standing = [entry for entry in services.directory.entries() if not entry.is_gone]
    newest = max((entry.release.modified for entry in standing if entry.release), default=None)
    yield sitemap.Page("/", newest)
    yield sitemap.Page("/datasets", newest)
    for path in PAGES:
        yield sitemap.Page(f"/{path}")
    for entry in standing:
        yield _page(entry)


def _page(entry: Entry) -> sitemap.Page:
    return sitemap.Page(Links("").dataset(entry.name), entry.release.modified if entry.release else None)
