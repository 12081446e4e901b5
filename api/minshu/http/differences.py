"""What changed between two releases of a dataset."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator
from starlette.responses import RedirectResponse, Response

from minshu.access import Reader
from minshu.diff.cells import KINDS, Kind
from minshu.diff.markdown import render as as_markdown
from minshu.diff.view import View
from minshu.differences import ReleaseDifference
from minshu.errors import BadParameter
from minshu.http import describe
from minshu.http.answers import fresh, json_answer, page, pinned, validators
from minshu.http.conditional import SHORT
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, Services, ServicesDep
from minshu.http.difference_page import address, compared, overview, rows
from minshu.http.directory import newest
from minshu.http.front import decoded
from minshu.http.identity import ReaderDep
from minshu.http.language import language_of
from minshu.http.links import Links, PageLinks, with_query
from minshu.http.models import DifferenceModel, DifferingRowsModel, answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.http.parameters import DIFF_PARAMETERS
from minshu.http.rows_request import page_size
from minshu.reports import Language

router = APIRouter(tags=["Releases"])

MARKDOWN_MEDIA: Final = "text/markdown"
OWN: Final = ("kind", "_size", "_next")

OldVersion = Annotated[str | None, Query(description="The older version; the one before the newer if left out.")]
NewVersion = Annotated[str | None, Query(description="The newer version; the newest if left out.")]
Old = Annotated[str, AfterValidator(decoded), Path(description="An exact version, the older.", examples=["1.0.0"])]
New = Annotated[str, AfterValidator(decoded), Path(description="An exact version, the newer.", examples=["1.1.0"])]


@router.get(
    "/datasets/{name}/diff",
    summary="The difference of two versions that are chosen",
    status_code=307,
    response_class=RedirectResponse,
)
def choose_versions(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    name: Name,
    old: OldVersion = None,
    new: NewVersion = None,
) -> Response:
    """Redirects to the difference of two versions; of the newest and the one before it where none are named."""
    dataset = services.library.dataset(name)
    known = (old or dataset.versions[0], new or dataset.versions[0])
    for version in known:
        services.library.release(name, version)
    pair = compared(dataset.versions, newest(services.library, dataset), old, new)
    url = PageLinks.within(links, request.scope["state"]["language"]).to("datasets", name, "diff", "...".join(pair))
    return RedirectResponse(url, headers={"Cache-Control": SHORT})


@router.get(
    "/datasets/{name}/diff/{old}...{new}",
    summary="What changed between two releases",
    responses=answers(DifferenceModel, page=True),
)
def show_difference(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    reader: ReaderDep,
    name: Name,
    old: Old,
    new: New,
) -> Response:
    """Every change with the rule that it falls under, counts of rows, and which step of the version that takes.

    It can be had as Markdown as well.
    """
    found = _between(services, reader, name, old, new)
    found.admit()
    media = negotiated(request, (JSON_MEDIA, HTML_MEDIA, MARKDOWN_MEDIA))
    with account.timed():
        if media == JSON_MEDIA:
            held = validators(request, links, media, found.old, found.new)
            return pinned(request, held, lambda: json_answer(_told(found, links)))
        if media == MARKDOWN_MEDIA:
            text = as_markdown(View(found.difference(), Language.en))
            return fresh(request, text.encode(), f"{media}; charset=utf-8")
        versions = services.library.dataset(name).versions
        shown = overview(found, language_of(request), versions, links)
    return page(request, services.pages.render("difference.html", request, **shown))


@router.get(
    "/datasets/{name}/diff/{old}...{new}/{resource}",
    summary="The rows that differ",
    responses=answers(DifferingRowsModel, page=True),
    openapi_extra={"parameters": DIFF_PARAMETERS},
)
def list_differing_rows(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    params: QueryDep,
    account: AccountDep,
    reader: ReaderDep,
    name: Name,
    old: Old,
    new: New,
    resource: Resource,
) -> Response:
    """Rows of one table that are gone, new or changed, in this order. The last page has `"next": null`."""
    media = negotiated(request)
    found = _between(services, reader, name, old, new)
    own = _own(params)
    size = page_size(own.get("_size"), services.settings)
    if media == HTML_MEDIA:
        with account.timed():
            some = found.page(resource, cast("Kind | None", own.get("kind")), size, own.get("_next"))
        account.rows += size
        shown = rows(found, some, own, language_of(request), links)
        return page(request, services.pages.render("differing_rows.html", request, **shown))
    with account.timed():
        held = validators(request, links, JSON_MEDIA, found.old, found.new)
        found.require(resource)
        answer = pinned(request, held, lambda: _rows(found, resource, own, size, links))
    account.rows += size if answer.body else 0
    return answer


def _between(services: Services, reader: Reader, name: str, old: str, new: str) -> ReleaseDifference:
    library = services.library
    return ReleaseDifference(library, library.release(name, old), library.release(name, new), reader)


def _own(params: Sequence[tuple[str, str]]) -> dict[str, str]:
    own = dict(params)
    if not {*own} <= {*OWN} or len(own) < len(params):
        raise BadParameter(f"Only {', '.join(OWN)} can be asked for here, each once.")
    if own.get("kind", "added") not in KINDS:
        raise BadParameter(f"kind is {own['kind']!r}, but must be {', '.join(KINDS)}.")
    return own


def _told(found: ReleaseDifference, links: Links) -> dict[str, Any]:
    difference = found.difference()
    return {
        **difference.model_dump(mode="json", exclude_none=True, exclude={"layout"}),
        "old": describe.identity(found.old, links),
        "new": describe.identity(found.new, links),
        "rows": {table.name: address(found, table.name, links) for table in difference.tables},
    }


def _rows(found: ReleaseDifference, resource: str, own: dict[str, str], size: int, links: Links) -> Response:
    page = found.page(resource, cast("Kind | None", own.get("kind")), size, own.get("_next"))
    following = None
    if page.next:
        kept = [(name, value) for name, value in own.items() if name != "_next"]
        following = with_query(address(found, resource, links), [*kept, ("_next", page.next)])
    body = {
        "rows": page.rows,
        "counts": page.table.rows.model_dump(),
        "key": page.table.key,
        "next": following,
        "old": describe.identity(found.old, links),
        "new": describe.identity(found.new, links),
    }
    return json_answer(body, {"Link": f'<{following}>; rel="next"'} if following else {})
