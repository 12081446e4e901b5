"""The search over all there is: datasets, tables, columns and rows."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from minshu.http.answers import data, page
from minshu.http.dependencies import AccountDep, LinksDep, Services, ServicesDep
from minshu.http.finding import find
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.results import Question, group, rows_group
from minshu.http.row_search import Position
from minshu.http.search_models import SearchModel
from minshu.search import parse_words

router = APIRouter(tags=["Catalogue"])

Kind = Literal["datasets", "tables", "columns", "rows"]
ROWS: Final = "rows"
FEW, MANY = 5, 20
"""How many finds of a kind are told beside those of others, and alone; of rows, how many tables with finds."""

ROWS_EACH: Final = 3
"""How many rows of a table are told."""

Text = Annotated[str, Query(description='Words that must all occur; a "phrase of several" is one.')]
Only = Annotated[Kind | None, Query(description="Only finds of this kind, and more of them.")]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000, description="Which page of datasets, tables or columns.")]
After = Annotated[str | None, Query(description="Behind which table to go on in rows, as `next` tells it.")]


@router.get("/search", summary="Search everything", responses=answers(SearchModel, page=True))
def search(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    q: Text = "",
    kind: Only = None,
    number: Number = 1,
    after: After = None,
) -> Response:
    """Datasets, tables and columns by what is said of them, and rows by what stands in them, where that is open to all.

    Words are found wherever they stand, whatever their width and case. The search in rows ends in time, and tells what
    it did not look at.
    """
    media_type = negotiated(request)
    question = Question(q, parse_words(q, "q"), links)
    with account.timed():
        found = _found(services, question, kind, number, after)
    if media_type == JSON_MEDIA:
        return data(request, {"q": q, "words": question.words, **found})
    return page(request, services.pages.render("search.html", request, question=question, kind=kind, found=found))


def _found(services: Services, question: Question, kind: Kind | None, number: int, after: str | None) -> dict[str, Any]:
    """The groups that are asked for, by kind."""
    entries = [entry for entry in services.directory.entries() if not entry.is_gone]
    size, alone = (MANY, number) if kind else (FEW, None)
    told: dict[str, Any] = {}
    if kind != ROWS:
        kinds = find(entries, question.words).items()
        told |= {name: group(question, name, finds, size, alone) for name, finds in kinds if kind in (None, name)}
    if kind in (None, ROWS):
        behind = Position.parse(after) if after else None
        in_rows = services.row_search.find(entries, question.words, size, ROWS_EACH, behind)
        told[ROWS] = rows_group(question, in_rows)
    return told
