"""The core catalogue of government information resources: of a dataset, and of all, as a page, JSON and CSV."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from minshu.browse import Release
from minshu.errors import NotFound
from minshu.http import describe
from minshu.http.answers import VARY, attachment, data, fresh, page
from minshu.http.core_models import FILES, SCHEMA, CoreCatalogueModel, CoreEntryModel
from minshu.http.counts import CSV_MEDIA
from minshu.http.dependencies import AccountDep, LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.language import language_of
from minshu.http.links import Links, with_query
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, negotiated
from minshu.metadata import core_catalogue as core
from minshu.metadata.core_profile import json_schema
from minshu.metadata.items import count_told, table, told
from minshu.reports import Language

router = APIRouter(tags=["Catalogue"])

CORE: Final = "core-catalogue"
USUAL: Final = 20
"""Datasets on a page, where no other number is asked for."""

# What stands in a table behind the items.
ABOUT: Final = ("数据集", "版本", "状态", "声明符合核心目录", "网址")
SUFFIXES: Final = ("json", "csv")

Suffix = Annotated[str, Path(description="`json` or `csv`.", examples=["csv"])]
Size = Annotated[int, Query(ge=1, le=1000, description="Datasets on a page.")]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000, description="Which page.")]
Line = dict[str, Any]


@router.get("/core-catalogue", summary="The core catalogue", responses=answers(CoreCatalogueModel, page=True))
def show_core_catalogue(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    size: Size = USUAL,
    number: Number = 1,
) -> Response:
    """The 13 items of every dataset, by name: what nobody said is null."""
    is_page = negotiated(request) == HTML_MEDIA
    with account.timed():
        shown = _catalogue(services, links, size, number, language_of(request) if is_page else Language.zh)
    if not is_page:
        return data(request, shown)
    following = {"size": size, "number": number, "pages": max(1, -(-shown["count"] // size))}
    return page(request, services.pages.render("core_catalogue.html", request, **shown, **following))


@router.get("/core-catalogue.{suffix}", summary="The core catalogue as a file", responses=FILES)
def download_core_catalogue(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    suffix: Suffix,
    size: Size = USUAL,
    number: Number = 1,
) -> Response:
    """The same as JSON, page by page, or as CSV: one line for each dataset, all of them."""
    with account.timed():
        if _known(suffix) == "csv":
            entries = services.directory.entries()
            return _csv(request, CORE, (_row(entry.core, entry.release, links) for entry in entries if entry.release))
        return data(request, _catalogue(services, links, size, number, Language.zh, ".json"))


@router.get(
    "/datasets/{name}/core-catalogue",
    summary="A dataset in the core catalogue",
    responses=answers(CoreEntryModel, page=True),
)
def show_core_items(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """The 13 items of a dataset, as its newest version tells them: what nobody said is null."""
    release = newest(services.library, services.library.dataset(name))
    if negotiated(request) != HTML_MEDIA:
        return data(request, _entry(release, links))
    line = _line(release, links, language_of(request))
    shown = services.pages.render("core_items.html", request, line=line, items=core.ITEMS)
    return page(request, shown)


@router.get(
    "/datasets/{name}/core-catalogue.{suffix}", summary="A dataset in the core catalogue, as a file", responses=FILES
)
def download_core_items(
    request: Request, services: ServicesDep, links: LinksDep, name: Name, suffix: Suffix
) -> Response:
    """The same as JSON, or as CSV of one line."""
    release = newest(services.library, services.library.dataset(name))
    if _known(suffix) == "csv":
        cells = core.cells(told(core.ITEMS, describe.core_facts(release)))
        return _csv(request, f"{name}-{CORE}", [_row(cells, release, links)])
    return data(request, _entry(release, links))


@router.get("/profiles/core-catalogue.json", summary="The profile of the core catalogue", responses=SCHEMA)
def show_core_profile(request: Request, links: LinksDep) -> Response:
    """A JSON Schema that descriptors may be held against, of packages that claim the profile."""
    return data(request, json_schema(_profile(links)))


def _catalogue(
    services: Services, links: Links, size: int, number: int, language: Language, suffix: str = ""
) -> dict[str, Any]:
    releases = _releases(services)
    asked = [("size", str(size))] if size != USUAL else []
    following = with_query(f"{links.to(CORE)}{suffix}", [*asked, ("page", str(number + 1))])
    shown = releases[size * (number - 1) : size * number]
    return {
        "datasets": [_line(release, links, language) for release in shown],
        "count": len(releases),
        "next": following if size * number < len(releases) else None,
        **_about(links),
    }


def _entry(release: Release, links: Links) -> dict[str, Any]:
    return {**_line(release, links), **_about(links)}


def _about(links: Links) -> dict[str, Any]:
    return {"terms": core.TERMS, "profile": _profile(links)}


def _releases(services: Services) -> Sequence[Release]:
    """The release that describes each dataset, by name. What is damaged is left out."""
    return [entry.release for entry in services.directory.entries() if entry.release]


def _line(release: Release, links: Links, language: Language = Language.zh) -> Line:
    """A dataset with its items."""
    facts = describe.core_facts(release)
    values = told(core.ITEMS, facts, language)
    return {
        "name": release.name,
        "version": release.version,
        "url": _address(release, links),
        "claimed": facts.is_claimed,
        "told": count_told(values),
        **describe.status_description(release.name, release.status, links),
        "items": values,
    }


def _csv(request: Request, name: str, rows: Iterable[Sequence[str]]) -> Response:
    body = table((*core.COLUMNS, *ABOUT), rows)
    return fresh(request, body, CSV_MEDIA, headers={**VARY, "Content-Disposition": attachment(f"{name}.csv")})


def _row(cells: Sequence[str], release: Release, links: Links) -> Sequence[str]:
    """The items of a dataset, and what the table tells beside them."""
    claimed = "是" if core.CLAIM in release.descriptor else "否"
    state = release.status.state if release.status else ""
    return (*cells, release.name, release.version, state, claimed, _address(release, links))


def _address(release: Release, links: Links) -> str:
    return f"{links.dataset(release.name)}/{CORE}"


def _profile(links: Links) -> str:
    return links.to("profiles", f"{CORE}.json")


def _known(suffix: str) -> str:
    if suffix not in SUFFIXES:
        raise NotFound(f"The core catalogue is there as {' and '.join(SUFFIXES)}, not as {suffix!r}.")
    return suffix
