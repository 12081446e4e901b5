"""The page that SQL is written on. It works without scripts: the form's address is the query's."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from minshu.access import Reader
from minshu.browse import Dataset, Library
from minshu.errors import AccessError, Gone, MinshuError
from minshu.formats import FORMATS
from minshu.http.answers import page_headers
from minshu.http.conditional import SHORT
from minshu.http.dependencies import Services
from minshu.http.directory import newest_readable
from minshu.http.links import Links
from minshu.http.negotiation import HTML_MEDIA
from minshu.http.problems import problem_of
from minshu.http.sql_request import Pairs, SqlRequest
from minshu.sql import Asker


def sql_page(request: Request, services: Services, pairs: Pairs, asker: Asker, reader: Reader) -> Response:
    """The form and, below it, the answer or what is wrong with the query."""
    status, headers = HTTPStatus.OK, {"Cache-Control": SHORT, **page_headers(request)}
    shown: dict[str, Any] = {
        "given": dict(pairs),
        "attached": [value for name, value in pairs if name == "attach"],
        "datasets": services.library.datasets(),
        "limits": services.settings,
    }
    try:
        shown |= _answered(pairs, services, Links.of(request, services.settings), asker, reader)
        request.state.reads = shown.get("read", []) if "answer" in shown else []
    except MinshuError as error:
        shown["problem"] = problem_of(error)
        status = shown["problem"].status
        headers |= {"Cache-Control": "no-store", **shown["problem"].headers}
    text = services.pages.render("sql.html", request, **shown)
    return Response(text, status, headers, HTML_MEDIA)


def _answered(pairs: Pairs, services: Services, links: Links, asker: Asker, reader: Reader) -> dict[str, Any]:
    """What there is to show of the request as far as it is made."""
    given, known = dict(pairs), services.library.datasets()
    if not given.get("dataset"):
        first = next((one.name for one in known if _is_open(services.library, one)), None)
        if first is None:
            return {}
        pairs = [*(pair for pair in pairs if pair[0] != "dataset"), ("dataset", first)]
    asked = SqlRequest.of(pairs, services.library, services.settings, reader)
    shown: dict[str, Any] = {"read": asked.named, "tables": asked.tables, "release": asked.sources(links)["release"]}
    if asked.tables:
        shown["suggestion"] = f"SELECT *\nFROM {asked.tables[0]['sql']}\nLIMIT 10"
    if not given.get("q"):
        return shown
    answer = services.sql.run(asked.query, asker)
    url = asked.permalink(links)
    files = {name: replace(asked, format=name).permalink(links) for name in FORMATS if name != "json"}
    return {
        **shown,
        "answer": answer,
        "rows": orjson.loads(answer.body),
        "url": url,
        "files": files,
        "read": asked.named,
    }


def _is_open(library: Library, dataset: Dataset) -> bool:
    """Whether everybody may query the newest release of a dataset."""
    release = newest_readable(library, dataset)
    try:
        return release is not None and bool(release.database())
    except (AccessError, Gone):
        return False
