"""One row of a table, with the rows that it names and those that name it."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.access import ANYBODY, Reader
from minshu.browse import Release, Table
from minshu.http import describe
from minshu.http.answers import json_answer, pinned, validators
from minshu.http.dependencies import AccountDep, LinksDep, Name, QueryDep, Resource, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.front import decoded
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.models import RowModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.quotations import quoted_in
from minshu.http.relations import Relations
from minshu.http.row_page import row_page

router = APIRouter(tags=["Rows"])

Key = Annotated[
    str,
    Path(
        description="The values of the primary key in its order, each percent-encoded, with `/` between them. Where "
        "the table has no primary key: the row's number, from 1.",
        examples=["1"],
    ),
]


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/rows/{key:path}",
    summary="A row of a table",
    responses=answers(RowModel, page=True),
)
def show_row(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    query: QueryDep,
    account: AccountDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
    key: Key,
) -> Response:
    """One row by its primary key, with the addresses of the rows that its foreign keys name, and of those that name it.

    A value may be written in every way that a filter takes.
    """
    release = services.library.release(name, version)
    if not release.has_table(resource):  # A package may have a folder of this name.
        path = f"{quote(resource, safe='')}/rows/{key}"
        return file_answer(request, services.library, release, path, query, reader)
    table = release.table(resource, reader)
    account.rows += 1
    texts = [decoded(part) for part in key.split("/")]
    if negotiated(request) == JSON_MEDIA:
        return row_json(request, release, table, texts, links, reader)
    return row_page(request, services, release, table, texts, reader)


def row_json(
    request: Request, release: Release, table: Table, key: Sequence[str], links: Links, reader: Reader = ANYBODY
) -> Response:
    """The row of a key, in JSON."""
    held = validators(request, links, JSON_MEDIA, release)
    return pinned(request, held, lambda: json_answer(_described(release, table, key, links, reader)))


def _described(release: Release, table: Table, key: Sequence[str], links: Links, reader: Reader) -> dict[str, Any]:
    row = table.row(key)
    relations = Relations(release, table.entry, links)
    cells = dict(zip((column.name for column in row.columns), row.cells, strict=True))
    return {
        "columns": row.columns,
        "row": cells,
        "number": row.position + 1,
        "references": relations.references(cells),
        "referenced_by": list(relations.referenced_by(cells)),
        **quoted_in(release, table, cells, row.position, links, reader),
        "links": {
            "self": relations.own(cells, row.position),
            "rows": links.rows(release.name, release.version, table.entry.name),
        },
        "release": describe.identity(release, links),
    }
