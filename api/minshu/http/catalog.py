"""The catalogue for harvesters: DCAT-AP in three syntaxes, page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from rdflib import Graph
from starlette.responses import Response

from minshu.browse import Dataset, Release
from minshu.errors import BadParameter, NotFound
from minshu.http.answers import fresh
from minshu.http.dependencies import AccountDep, LinksDep, Name, Services, ServicesDep, Version
from minshu.http.directory import Directory, newest
from minshu.http.links import Links, with_query
from minshu.http.metadata import catalogue_metadata, dataset_metadata, release_metadata
from minshu.http.models import HELD
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.metadata.dcat import PageOfCatalogue, catalogue_graph, dataset_graph, release_graph

router = APIRouter(tags=["Catalogue"])

LENGTH: Final = 20
"""Datasets on a page of the catalogue."""

# Each syntax of RDF: its media type, and what rdflib calls it.
SYNTAXES: Final[Mapping[str, tuple[str, str]]] = {
    "ttl": ("text/turtle", "turtle"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "pretty-xml"),
}
# JSON-LD is JSON, for those who ask for no more.
BY_MEDIA_TYPE: Final = {**{media_type: suffix for suffix, (media_type, _) in SYNTAXES.items()}, JSON_MEDIA: "jsonld"}
RDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "RDF.", "content": {media_type: {} for media_type, _ in SYNTAXES.values()}},
    **HELD,
}
Suffix = Annotated[str, Path(description="The syntax: `ttl`, `jsonld` or `rdf`.", examples=["ttl"])]
PageNumber = Annotated[int, Query(ge=1, le=100_000, description="Which page.")]
Since = Annotated[
    str | None,
    Query(
        description="Only datasets of which anything was said since this day or time.",
        json_schema_extra={"anyOf": [{"type": "string", "format": form} for form in ("date", "date-time")]},
    ),
]


@router.get("/catalog", summary="The catalogue in DCAT-AP", responses=RDF)
def show_catalog(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    page: PageNumber = 1,
    modified_since: Since = None,
) -> Response:
    """Every dataset with its versions and files, as Turtle, JSON-LD or RDF/XML by `Accept`, 20 datasets a page."""
    suffix = BY_MEDIA_TYPE[negotiated(request, tuple(BY_MEDIA_TYPE))]
    with account.timed():
        return _rdf(request, _catalogue(services, links, "", page, modified_since), suffix)


@router.get("/catalog.{suffix}", summary="The catalogue in one syntax", responses=RDF)
def show_catalog_file(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    suffix: Suffix,
    page: PageNumber = 1,
    modified_since: Since = None,
) -> Response:
    """The same, in the syntax of the suffix."""
    with account.timed():
        return _rdf(request, _catalogue(services, links, f".{_known(suffix)}", page, modified_since), suffix)


@router.get("/catalog/{name}.{suffix}", summary="A dataset in DCAT-AP", responses=RDF)
def show_dataset_file(request: Request, services: ServicesDep, links: LinksDep, name: Name, suffix: Suffix) -> Response:
    """A dataset as its newest version describes it, with the addresses of all its versions."""
    known = services.library.dataset(name)
    told = dataset_metadata(services.library, known, newest(services.library, known), links)
    return _rdf(request, dataset_graph(catalogue_metadata(links, services.settings), told), _known(suffix))


@router.get("/catalog/{name}/{version}.{suffix}", summary="A version in DCAT-AP", responses=RDF)
def show_release_file(
    request: Request, services: ServicesDep, links: LinksDep, name: Name, version: Version, suffix: Suffix
) -> Response:
    """One version of a dataset."""
    release = services.library.release(name, version)
    about = catalogue_metadata(links, services.settings)
    return _rdf(request, release_graph(about, release_metadata(release, links)), _known(suffix))


def _catalogue(services: Services, links: Links, suffix: str, number: int, modified_since: str | None) -> Graph:
    since = _moment(modified_since)
    found = [(dataset, release) for dataset, release in _described(services.directory) if release.modified >= since]
    about, address = catalogue_metadata(links, services.settings), f"{links.to('catalog')}{suffix}"

    def url(at: int) -> str:
        asked = [("page", str(at))] if at > 1 else []
        return with_query(address, [*asked, *([("modified_since", modified_since)] if modified_since else [])])

    view = PageOfCatalogue(
        url=url(number),
        total=len(found),
        first=url(1),
        next=url(number + 1) if number * LENGTH < len(found) else None,
        previous=url(number - 1) if number > 1 else None,
    )
    shown = found[(number - 1) * LENGTH : number * LENGTH]
    return catalogue_graph(about, [dataset_metadata(services.library, *one, links) for one in shown], view)


def _described(directory: Directory) -> list[tuple[Dataset, Release]]:
    """Every dataset with the release that describes it. What is damaged is left out, as in the catalogue."""
    return [(entry.dataset, entry.release) for entry in directory.entries() if entry.release]


def _rdf(request: Request, graph: Graph, suffix: str) -> Response:
    media_type, syntax = SYNTAXES[suffix]
    prefixes = {prefix: str(namespace) for prefix, namespace in graph.namespaces()}
    options: dict[str, Any] = {"context": prefixes, "auto_compact": True} if syntax == "json-ld" else {}
    text = graph.serialize(None, syntax, None, "utf-8", **options)
    return fresh(request, text, media_type)


def _known(suffix: str) -> str:
    if suffix not in SYNTAXES:
        raise NotFound(f"The catalogue is there as {', '.join(SYNTAXES)}, not as {suffix!r}.")
    return suffix


def _moment(text: str | None) -> datetime:
    """The time that is asked for; a day means its beginning, and a time without a zone is UTC."""
    if text is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadParameter(f"modified_since is {text!r}, but must be a day or a time, as 2026-11-25 is.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
