"""The asset register: of a dataset, and of all, as a page, JSON and CSV; what is no open data stands apart in it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.browse import Release
from minshu.errors import NotFound
from minshu.http import describe, registers
from minshu.http.answers import data, page
from minshu.http.asset_models import FILES, RECORDS, AssetRegisterModel, AssetsModel
from minshu.http.counts import LATELY, ByFormat, all_read_lately
from minshu.http.dependencies import AccountDep, LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, negotiated
from minshu.http.registers import Asked, AskedDep, Suffix, csv_file
from minshu.metadata import asset_register as assets
from minshu.metadata.items import count_told, spoken, told
from minshu.reports import Language

router = APIRouter(tags=["Catalogue"])

ASSETS: Final = "assets"
CALLED: Final = "The asset register"
APART: Final = {kind.key.replace("_", "-"): kind for kind in assets.APART}

# What stands in the tables behind what packages say.
READ: Final = f"近{LATELY.days}天阅读次数"
ABOUT: Final = ("数据集", "版本", "状态", "网址")
COLUMNS: Final = (*assets.COLUMNS, READ, *ABOUT)

Kind = Annotated[str, Path(description=" or ".join(f"`{name}`" for name in APART), examples=["valuations"])]
Line = dict[str, Any]


@router.get("/assets", summary="The asset register", responses=answers(AssetRegisterModel, page=True))
def show_asset_register(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    asked: AskedDep,
) -> Response:
    """Every dataset as an asset, by name: what nobody said is null. Records in `apart` are no open data."""
    is_page = negotiated(request) == HTML_MEDIA
    with account.timed():
        told = _register(services, links, asked, language_of(request) if is_page else Language.zh)
    if not is_page:
        return data(request, told)
    place = asked.place(told["count"])
    return page(request, services.pages.render("asset_register.html", request, **told, **place, kinds=APART))


@router.get("/assets.{suffix}", summary="The asset register as a file", responses=FILES)
def download_asset_register(
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
            return csv_file(request, ASSETS, COLUMNS, _rows(services, links))
        return data(request, _register(services, links, asked, Language.zh, ".json"))


@router.get("/assets/{records}.csv", summary="Authorised operations, or valuations", responses=RECORDS)
def download_records(
    request: Request, services: ServicesDep, links: LinksDep, account: AccountDep, records: Kind
) -> Response:
    """The records of all datasets as CSV, a line for each. They are no open data, and open none."""
    if records not in APART:
        raise NotFound(f"Of the asset register there are {' and '.join(APART)}, not {records!r}.")
    kind = APART[records]
    with account.timed():
        columns = (*kind.columns, "性质", *ABOUT)
        return csv_file(request, f"{ASSETS}-{records}", columns, _record_rows(services, links, kind))


@router.get("/datasets/{name}/assets", summary="A dataset as an asset", responses=answers(AssetsModel, page=True))
def show_assets(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """A dataset as an asset, as its newest version says it: what nobody said is null."""
    release = newest(services.library, services.library.dataset(name))
    if negotiated(request) != HTML_MEDIA:
        return data(request, _entry(services, release, links))
    (line,) = _lines(services, [release], links, language_of(request))
    shown = services.pages.render("assets.html", request, line=line, items=assets.ITEMS, kinds=assets.APART)
    return page(request, shown)


@router.get("/datasets/{name}/assets.{suffix}", summary="A dataset as an asset, as a file", responses=FILES)
def download_assets(request: Request, services: ServicesDep, links: LinksDep, name: Name, suffix: Suffix) -> Response:
    """The same as JSON, or as CSV of one line."""
    release = newest(services.library, services.library.dataset(name))
    if registers.known(suffix, CALLED) == "csv":
        reads = all_read_lately(services, [release])
        row = _row(assets.cells(release.descriptor), release, reads, links)
        return csv_file(request, f"{name}-{ASSETS}", COLUMNS, [row])
    return data(request, _entry(services, release, links))


def _register(services: Services, links: Links, asked: Asked, language: Language, suffix: str = "") -> dict[str, Any]:
    shown = registers.shown(services, f"{links.to(ASSETS)}{suffix}", asked)
    return {
        "datasets": _lines(services, shown.releases, links, language),
        "count": shown.count,
        "next": shown.next,
        "terms": assets.TERMS,
    }


def _entry(services: Services, release: Release, links: Links) -> dict[str, Any]:
    (line,) = _lines(services, [release], links)
    return {**line, "terms": assets.TERMS}


def _lines(
    services: Services, releases: Sequence[Release], links: Links, language: Language = Language.zh
) -> list[Line]:
    reads = all_read_lately(services, releases)
    return [_line(release, reads, links, language) for release in releases]


def _line(release: Release, reads: Mapping[str, ByFormat] | None, links: Links, language: Language) -> Line:
    """A dataset as an asset, what is derived beside what was said, and what is no open data apart."""
    asset = assets.asset_of(release.descriptor)
    items = told(assets.ITEMS, asset, language)
    return {
        "name": release.name,
        "version": release.version,
        "title": spoken(describe.said(release.descriptor).get("title"), language),
        "url": _address(release, links),
        "told": count_told(items),
        **describe.status_description(release.name, release.status, links),
        "items": items,
        "licenses": describe.said(release.descriptor).get("licenses"),
        "reuse": None if reads is None else _reuse(reads[release.name], f"{links.dataset(release.name)}/counts"),
        "apart": {
            "character": assets.CHARACTER,
            **{kind.key: kind.told(asset, language) for kind in assets.APART},
        },
    }


def _reuse(reads: ByFormat, url: str) -> dict[str, Any]:
    """How often it was read lately by format, and where each day is told."""
    today = datetime.now(UTC).date()
    return {
        "since": today - LATELY,
        "until": today,
        "reads": sum(reads.values()),
        "formats": [{"format": name, "reads": number} for name, number in reads.items()],
        "by_day": url,
    }


def _rows(services: Services, links: Links) -> Iterator[Sequence[str]]:
    entries = services.directory.entries()
    reads = all_read_lately(services, [entry.release for entry in entries if entry.release])
    return (_row(entry.asset, entry.release, reads, links) for entry in entries if entry.release)


def _row(cells: Sequence[str], release: Release, reads: Mapping[str, ByFormat] | None, links: Links) -> Sequence[str]:
    number = "" if reads is None else str(sum(reads[release.name].values()))
    return (*cells, number, *_about(release, links))


def _record_rows(services: Services, links: Links, kind: assets.Records) -> Iterator[Sequence[str]]:
    for release in (entry.release for entry in services.directory.entries() if entry.release):
        for row in kind.rows(kind.told(assets.asset_of(release.descriptor))):
            yield (*row, assets.CHARACTER, *_about(release, links))


def _about(release: Release, links: Links) -> Sequence[str]:
    state = release.status.state if release.status else ""
    return (release.name, release.version, state, _address(release, links))


def _address(release: Release, links: Links) -> str:
    return f"{links.dataset(release.name)}/{ASSETS}"
