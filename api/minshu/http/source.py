"""A text of a release with the records that were made of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.browse import Release
from minshu.citations import Named
from minshu.errors import BadParameter
from minshu.http import describe
from minshu.http.answers import json_answer, page, pinned, validators
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.parameters import parameter
from minshu.http.source_models import SourceModel
from minshu.http.source_page import outline_page, text_page
from minshu.outline import Node, Outline
from minshu.sources import Source, sources_of

router = APIRouter(tags=["Rows"])

Description = dict[str, Any]

ORDER: Final = "order"
PAGE: Final = "page"
PARAMETERS: Final = [
    parameter(
        ORDER,
        "`outline`: as the tables that its publisher names lead through the text, `text`: as it stands. Pages are by "
        "outline where there is one, JSON as the text stands.",
        {"enum": ["outline", "text"]},
    ),
    parameter(PAGE, "The page of a long text, from 1.", {"type": "integer", "minimum": 1, "default": 1}),
]


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/source",
    summary="A text with the records that were made of it",
    responses=answers(SourceModel, page=True),
    openapi_extra={"parameters": PARAMETERS},
)
def show_source(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    query: QueryDep,
    account: AccountDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
) -> Response:
    """A text of the package, its passages with the records that say they stand there, and the passages that none names.

    Only for packages that declare where their records stand (docs/provenance.md).
    """
    release = services.library.release(name, version)
    path = f"{quote(resource, safe='')}/source"
    if release.has_file(path) or resource not in sources_of(release):  # A package may have a file of this name.
        return file_answer(request, services.library, release, path, query, reader)
    order, number = _asked(query)
    source = Source(release, resource, reader)
    if not 1 <= number <= len(source.cut):
        raise BadParameter(f"{PAGE} is from 1 to {len(source.cut)}, not {number}.")
    with account.timed():
        if negotiated(request) == JSON_MEDIA:
            held = validators(request, links, JSON_MEDIA, release)
            return pinned(request, held, lambda: json_answer(_described(source, order, number, links)))
        outline = None if order == "text" or number > 1 else Outline.of(source)
        if outline is None:
            return page(request, services.pages.render("source.html", request, **text_page(source, number - 1, links)))
        return page(request, services.pages.render("outline.html", request, **outline_page(outline, links)))


def _asked(query: Sequence[tuple[str, str]]) -> tuple[str | None, int]:
    """The order and the page that are asked for. Raises BadParameter."""
    asked = dict(query)
    for name in asked:
        if name not in (ORDER, PAGE):
            raise BadParameter(f"There is no parameter {name!r}. There are {ORDER} and {PAGE}.")
    order, number = asked.get(ORDER), asked.get(PAGE, "1")
    if order not in (None, "text", "outline"):
        raise BadParameter(f"{ORDER} is text or outline, not {order!r}.")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadParameter(f"{PAGE} is a number from 1, not {number!r}.")
    return order, int(number)


def _described(source: Source, order: str | None, number: int, links: Links) -> Description:
    """A page of a text, in JSON."""
    release, (start, end) = source.release, source.cut[number - 1]
    places, more = source.places((start, end))
    coverage = source.coverage
    known = source.records.of(named for place in places for named in place.records)
    outline = Outline.of(source) if order == "outline" else None
    query = [(ORDER, order), (PAGE, str(number + 1))] if order else [(PAGE, str(number + 1))]
    after = links.source(release.name, release.version, source.document, query)
    return {
        "document": source.document,
        "title": source.title,
        "length": len(source.text),
        "start": start,
        "end": end,
        "text": source.text[start:end],
        "spans": [
            {
                "start": place.span[0],
                "end": place.span[1],
                "records": [_record(release, named, known[named].title, links) for named in place.records],
            }
            for place in places
        ],
        "more": more,
        "coverage": coverage and {"letters": coverage.letters, "cited": coverage.cited},
        "uncited": [{"start": a, "end": b} for a, b in (coverage.uncited if coverage else ()) if a < end and b > start],
        **({"outline": _nodes(release, outline.nodes, links)} if outline else {}),
        "page": number,
        "pages": len(source.cut),
        "next": after if number < len(source.cut) else None,
        "file": links.file(release.name, release.version, source.path),
        "release": describe.identity(release, links),
    }


def _record(release: Release, named: Named, title: str | None, links: Links) -> Description:
    url = links.row(release.name, release.version, named.table, named.key) if release.has_table(named.table) else None
    return {"table": named.table, "key": list(named.key), "title": title, "url": url}


def _nodes(release: Release, nodes: Iterable[Node], links: Links) -> list[Description]:
    return [
        {
            **_record(release, node.record.named, node.record.title, links),
            "absent": node.is_absent,
            "spans": [{"start": start, "end": end} for start, end in node.spans],
            "groups": {
                group.table: [_record(release, record.named, title, links) for record, title in group.records]
                for group in node.groups
            },
            "questions": [_record(release, named, None, links) for named in node.questions],
            "children": _nodes(release, node.children, links),
        }
        for node in nodes
    ]
