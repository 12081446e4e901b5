"""Strangers' SQL over HTTP."""

from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.errors import SqlTooLarge
from minshu.formats import FORMATS
from minshu.http.answers import VARY, attachment, json_answer, pinned, validators
from minshu.http.conditional import SHORT, Validators
from minshu.http.dependencies import AskerDep, LinksDep, PairsDep, Services, ServicesDep
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.models import SqlModel, SqlPlanModel, SqlTablesModel, answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.http.parameters import SQL_ANSWER_PARAMETERS, SQL_BODY, SQL_PARAMETERS, SQL_QUERY_PARAMETERS
from minshu.http.sql_page import sql_page
from minshu.http.sql_request import SqlRequest
from minshu.sql import CALLABLE, Asker, SqlAnswer

router = APIRouter(prefix="/sql", tags=["SQL"])

TRUNCATED: Final = "Minshu-Truncated"
NO_STORE: Final = {"Cache-Control": "no-store"}
BRIEF: Final = {"Cache-Control": SHORT, **VARY}


@router.get(
    "",
    summary="Query a release with SQL",
    responses=answers(SqlModel, page=True),
    openapi_extra={"parameters": SQL_ANSWER_PARAMETERS},
)
def query(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    pairs: PairsDep,
    asker: AskerDep,
    reader: ReaderDep,
) -> Response:
    """The rows of one SELECT over the tables of a release.

    The answer is immutable where every release is named by an exact version, and its `url` always is.
    """
    if not dict(pairs).get("format") and negotiated(request) == HTML_MEDIA:
        return sql_page(request, services, pairs, asker, reader)
    asked = SqlRequest.of(pairs, services.library, services.settings, reader)
    request.state.reads = asked.named
    if not asked.pinned:
        return _answer(services, links, asked, asker, BRIEF)
    held = validators(request, links, asked.format or JSON_MEDIA, *asked.releases.values())
    # Weak, because rows that nothing orders may come in another order, and the time that they took differs.
    weak = Validators(f"W/{held.etag}")
    return pinned(request, weak, lambda: _answer(services, links, asked, asker, {}))


@router.post(
    "",
    summary="Query a release with SQL, the query in the body",
    responses=answers(SqlModel, held=False),
    openapi_extra={"requestBody": SQL_BODY},
)
def query_by_post(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    pairs: PairsDep,
    asker: AskerDep,
    reader: ReaderDep,
) -> Response:
    """The same as GET, the parameters in a JSON object or a form: for long queries."""
    asked = SqlRequest.of(pairs, services.library, services.settings, reader)
    request.state.reads = asked.named
    return _answer(services, links, asked, asker, NO_STORE)


@router.get(
    "/tables",
    summary="The tables that a query may read",
    responses=answers(SqlTablesModel, held=False),
    openapi_extra={"parameters": SQL_PARAMETERS},
)
def list_tables(services: ServicesDep, links: LinksDep, pairs: PairsDep, reader: ReaderDep) -> Response:
    """Every table of the releases that are named, as it is written in SQL, with its columns; and all functions."""
    asked = SqlRequest.of(pairs, services.library, services.settings, reader)
    return json_answer({"tables": asked.tables, "functions": CALLABLE, **asked.sources(links)}, BRIEF)


@router.get(
    "/explain",
    summary="The plan of a query",
    responses=answers(SqlPlanModel, held=False),
    openapi_extra={"parameters": SQL_QUERY_PARAMETERS},
)
def explain(services: ServicesDep, links: LinksDep, pairs: PairsDep, asker: AskerDep, reader: ReaderDep) -> Response:
    """How DuckDB would run the query. It is not run."""
    asked = SqlRequest.of(pairs, services.library, services.settings, reader)
    return json_answer({"plan": services.sql.explain(asked.query, asker), **asked.sources(links)}, BRIEF)


def _answer(services: Services, links: Links, asked: SqlRequest, asker: Asker, headers: dict[str, str]) -> Response:
    found = services.sql.run(asked.query, asker)
    if found.volatile:
        headers = NO_STORE
    if asked.format is None:
        return json_answer(_envelope(found, asked, links), headers)
    if found.truncated and asked.limit is None:
        raise SqlTooLarge(
            f"There are more than {services.settings.sql_rows} rows. A file is whole or none: "
            "give a limit to have the first ones, or download the table."
        )
    written = FORMATS[asked.format]
    told = {
        "Content-Disposition": attachment(f"{asked.releases[''].name}{written.suffix}"),
        "Link": f'<{asked.permalink(links)}>; rel="canonical"',
        TRUNCATED: "?1" if found.truncated else "?0",
    }
    return Response(found.body, headers={**headers, **told}, media_type=written.media_type)


def _envelope(found: SqlAnswer, asked: SqlRequest, links: Links) -> dict[str, Any]:
    return {
        "columns": found.columns,
        "rows": orjson.Fragment(found.body),
        "truncated": found.truncated,
        **asked.sources(links),
        "seconds": round(found.seconds, 6),
        "url": asked.permalink(links),
    }
