"""What changed between two releases of a dataset."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator
from starlette.responses import Response

from minshu.access import Reader
from minshu.diff.cells import KINDS, Kind
from minshu.diff.markdown import render as as_markdown
from minshu.diff.view import View
from minshu.differences import ReleaseDifference
from minshu.errors import BadParameter
from minshu.http import describe
from minshu.http.answers import fresh, json_answer, page, pinned, validators
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, Services, ServicesDep
from minshu.http.front import decoded
from minshu.http.identity import ReaderDep
from minshu.http.language import language_of
from minshu.http.links import Links, with_query
from minshu.http.models import DifferenceModel, DifferingRowsModel, answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.http.parameters import DIFF_PARAMETERS
from minshu.http.rows import page_size
from minshu.reports import Language

router = APIRouter(tags=["Releases"])

MARKDOWN_MEDIA: Final = "text/markdown"
OWN: Final = ("kind", "_size", "_next")

Old = Annotated[str, AfterValidator(decoded), Path(description="An exact version, the older.", examples=["1.0.0"])]
New = Annotated[str, AfterValidator(decoded), Path(description="An exact version, the newer.", examples=["1.1.0"])]


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
        language = Language.en if media == MARKDOWN_MEDIA else language_of(request)
        view = View(found.difference(), language)
    if media == MARKDOWN_MEDIA:
        return fresh(request, as_markdown(view).encode(), f"{media}; charset=utf-8")
    return page(request, services.pages.render("difference.html", request, **_shown(found, view, links)))


@router.get(
    "/datasets/{name}/diff/{old}...{new}/{resource}",
    summary="The rows that differ",
    responses=answers(DifferingRowsModel),
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
    negotiated(request, (JSON_MEDIA,))
    found = _between(services, reader, name, old, new)
    own = _own(params)
    size = page_size(own.get("_size"), services.settings)
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
        "rows": {table.name: _address(found, table.name, links) for table in difference.tables},
    }


def _rows(found: ReleaseDifference, resource: str, own: dict[str, str], size: int, links: Links) -> Response:
    page = found.page(resource, cast("Kind | None", own.get("kind")), size, own.get("_next"))
    following = None
    if page.next:
        kept = [(name, value) for name, value in own.items() if name != "_next"]
        following = with_query(_address(found, resource, links), [*kept, ("_next", page.next)])
    body = {
        "rows": page.rows,
        "counts": page.table.rows.model_dump(),
        "key": page.table.key,
        "next": following,
        "old": describe.identity(found.old, links),
        "new": describe.identity(found.new, links),
    }
    return json_answer(body, {"Link": f'<{following}>; rel="next"'} if following else {})


def _address(found: ReleaseDifference, resource: str, links: Links) -> str:
    return links.to("datasets", found.new.name, "diff", f"{found.old.version}...{found.new.version}", resource)


def _shown(found: ReleaseDifference, view: View, links: Links) -> dict[str, Any]:
    return {
        "old": describe.identity(found.old, links),
        "new": describe.identity(found.new, links),
        "difference": view.difference,
        "view": view,
        "addresses": {table.name: _address(found, table.name, links) for table in view.difference.tables},
    }
