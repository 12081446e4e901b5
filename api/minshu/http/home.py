"""The way in: the home page, and the catalogue, to be filtered, sorted and paged."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from minshu.http.answers import data, page
from minshu.http.browsing import FACETS, Browsing, Sort, Value
from minshu.http.catalog import SYNTAXES
from minshu.http.dependencies import LinksDep, ServicesDep
from minshu.http.describe import Description, catalogue_entry, what_changed
from minshu.http.directory import Entry
from minshu.http.finding import newest_first
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.metadata import catalogue_metadata, release_metadata
from minshu.http.models import CatalogueModel, answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.metadata.schema_org import catalogue_node
from minshu.search import parse_words

router = APIRouter(tags=["Catalogue"])

NEWEST: Final = 10
"""How many releases the home page shows."""

USUAL: Final = 20
"""How many datasets a page of the catalogue has, where no other number is asked for."""


@router.get("/", summary="The home page", responses=answers(CatalogueModel, page=True))
def home(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """A page of what there is and what is new; for whoever asks for JSON, the same as `/datasets`."""
    entries = services.directory.entries()
    if negotiated(request, (HTML_MEDIA, JSON_MEDIA)) == JSON_MEDIA:
        return data(request, _listed(Browsing(), entries, links))
    standing = [entry for entry in entries if not entry.is_gone]
    newest = newest_first(standing)[:NEWEST]
    told = (release_metadata(entry.release, links) for entry in newest if entry.release)
    shown = {
        "datasets": len(standing),
        "tables": sum(len(entry.tables) for entry in standing),
        "rows": sum(entry.rows for entry in standing),
        "newest": [_described(entry, links) for entry in newest],
        "facets": _facets(Browsing(), standing, links, request),
        "linked": catalogue_node(catalogue_metadata(links, services.settings), told, language_of(request)),
        "alternates": [(media_type, suffix) for suffix, (media_type, _) in SYNTAXES.items()],
    }
    return page(request, services.pages.render("home.html", request, **shown))


async def asked(
    q: Annotated[str, Query(description="Words that are all said of a dataset, its tables or columns.")] = "",
    theme: Annotated[list[str] | None, Query(description="A keyword. Repeatable, as are the next three.")] = None,
    publisher: Annotated[list[str] | None, Query(description="Who publishes it, by the title.")] = None,
    format_: Annotated[
        list[str] | None, Query(alias="format", description="A format of its files, as published: `csv`.")
    ] = None,
    opening: Annotated[list[str] | None, Query(description="`unconditional`, `conditional` or `closed`.")] = None,
    sort: Annotated[Sort | None, Query(description="`best` with words, else `newest`; in JSON `name`.")] = None,
    size: Annotated[int | None, Query(ge=1, le=1000, description="Datasets on a page; JSON gives all else.")] = None,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000, description="Which page.")] = 1,
) -> Browsing:
    """What of the catalogue a request asks for. Raises BadParameter."""
    given = zip(FACETS, (theme, publisher, format_, opening), strict=True)
    chosen = dict.fromkeys((facet, value) for facet, values in given for value in values or ())
    return Browsing(q, parse_words(q, "q"), tuple(chosen), sort, number, size)


@router.get("/datasets", summary="The catalogue", responses=answers(CatalogueModel, page=True))
def list_datasets(
    request: Request, services: ServicesDep, links: LinksDep, browsing: Annotated[Browsing, Depends(asked)]
) -> Response:
    """Every dataset with its newest version, or those that have all values that are asked for."""
    entries = services.directory.entries()
    if negotiated(request) == JSON_MEDIA:
        return data(request, _listed(browsing, entries, links))
    browsing = replace(browsing, usual=USUAL)
    found = browsing.found(entries)
    shown = {
        "browsing": browsing,
        "all": len(entries),
        "count": len(found),
        "pages": browsing.pages(found),
        "datasets": [_described(entry, links) for entry in browsing.of_page(found)],
        "facets": _facets(browsing, found, links, request),
        "following": browsing.following(found),
    }
    return page(request, services.pages.render("catalogue.html", request, **shown))


def _listed(browsing: Browsing, entries: tuple[Entry, ...], links: Links) -> dict[str, Any]:
    """The catalogue in JSON: by name, where neither words nor another order are given."""
    if browsing.order == "newest" and browsing.sort is None:
        browsing = replace(browsing, sort="name")
    found = browsing.found(entries)
    following = browsing.following(found)
    return {
        "datasets": [catalogue_entry(entry.dataset, entry.release, links) for entry in browsing.of_page(found)],
        "count": len(found),
        "next": following.url(links) if following else None,
    }


def _described(entry: Entry, links: Links) -> Description:
    """A dataset for a page, with what changed in its newest release."""
    told = catalogue_entry(entry.dataset, entry.release, links)
    if entry.release is None:
        return told
    return {**told, **what_changed(entry.release, links), "publishers": entry.publishers, "warnings": entry.warnings}


def _facets(browsing: Browsing, found: list[Entry], links: Links, request: Request) -> dict[str, list[Value]]:
    language = language_of(request)
    return {facet: browsing.values(facet, found, links, language) for facet in FACETS}
