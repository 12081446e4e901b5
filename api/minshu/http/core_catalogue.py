"""The core catalogue of government information resources: of a dataset, and of all, as a page, JSON and CSV."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.browse import Release
from minshu.http import describe, registers
from minshu.http.answers import data, page
from minshu.http.core_models import FILES, SCHEMA, CoreCatalogueModel, CoreEntryModel
from minshu.http.dependencies import AccountDep, LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, negotiated
from minshu.http.registers import Asked, AskedDep, Suffix, csv_file
from minshu.metadata import core_catalogue as core
from minshu.metadata.core_profile import json_schema
from minshu.metadata.items import count_told, told
from minshu.reports import Language

router = APIRouter(tags=["Catalogue"])

CORE: Final = "core-catalogue"
# What stands in a table behind the items.
ABOUT: Final = ("数据集", "版本", "状态", "声明符合核心目录", "网址")
COLUMNS: Final = (*core.COLUMNS, *ABOUT)
CALLED: Final = "The core catalogue"

Line = dict[str, Any]


@router.get("/core-catalogue", summary="The core catalogue", responses=answers(CoreCatalogueModel, page=True))
def show_core_catalogue(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    asked: AskedDep,
) -> Response:
    """The 13 items of every dataset, by name: what nobody said is null."""
    is_page = negotiated(request) == HTML_MEDIA
    with account.timed():
        shown = _catalogue(services, links, asked, language_of(request) if is_page else Language.zh)
    if not is_page:
        return data(request, shown)
    place = asked.place(shown["count"])
    return page(request, services.pages.render("core_catalogue.html", request, **shown, **place))


@router.get("/core-catalogue.{suffix}", summary="The core catalogue as a file", responses=FILES)
def download_core_catalogue(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    asked: AskedDep,
    suffix: Suffix,
) -> Response:
    """The same as JSON, page by page, or as CSV: one line for each dataset, all of them."""
    with account.timed():
        if registers.known(suffix, CALLED) == "csv":
            entries = services.directory.entries()
            rows = (_row(entry.core, entry.release, links) for entry in entries if entry.release)
            return csv_file(request, CORE, COLUMNS, rows)
        return data(request, _catalogue(services, links, asked, Language.zh, ".json"))


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
    if registers.known(suffix, CALLED) == "csv":
        cells = core.cells(told(core.ITEMS, describe.core_facts(release)))
        return csv_file(request, f"{name}-{CORE}", COLUMNS, [_row(cells, release, links)])
    return data(request, _entry(release, links))


@router.get("/profiles/core-catalogue.json", summary="The profile of the core catalogue", responses=SCHEMA)
def show_core_profile(request: Request, links: LinksDep) -> Response:
    """A JSON Schema that descriptors may be held against, of packages that claim the profile."""
    return data(request, json_schema(_profile(links)))


def _catalogue(services: Services, links: Links, asked: Asked, language: Language, suffix: str = "") -> dict[str, Any]:
    shown = registers.shown(services, f"{links.to(CORE)}{suffix}", asked)
    return {
        "datasets": [_line(release, links, language) for release in shown.releases],
        "count": shown.count,
        "next": shown.next,
        **_about(links),
    }


def _entry(release: Release, links: Links) -> dict[str, Any]:
    return {**_line(release, links), **_about(links)}


def _about(links: Links) -> dict[str, Any]:
    return {"terms": core.TERMS, "profile": _profile(links)}


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


def _row(cells: Sequence[str], release: Release, links: Links) -> Sequence[str]:
    """The items of a dataset, and what the table tells beside them."""
    claimed = "是" if core.CLAIM in release.descriptor else "否"
    state = release.status.state if release.status else ""
    return (*cells, release.name, release.version, state, claimed, _address(release, links))


def _address(release: Release, links: Links) -> str:
    return f"{links.dataset(release.name)}/{CORE}"


def _profile(links: Links) -> str:
    return links.to("profiles", f"{CORE}.json")
