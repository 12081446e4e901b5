"""The page that SQL is written on. It works without scripts: the form's address is the query's.

With them it is the same page: what they show of an answer is what this makes of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import orjson
from fastapi import Request
from starlette.responses import Response

from minshu.access import Reader
from minshu.errors import AccessError, Gone, MinshuError
from minshu.formats import FORMATS
from minshu.http.answers import page_headers
from minshu.http.chinese import words_of
from minshu.http.conditional import SHORT
from minshu.http.dependencies import Services
from minshu.http.directory import Entry
from minshu.http.links import Links, with_query
from minshu.http.negotiation import HTML_MEDIA
from minshu.http.problems import Problem, problem_of
from minshu.http.sql_chinese import said_of_sql
from minshu.http.sql_examples import examples
from minshu.http.sql_form import OFFERED, PAGE, SHOWN, Fault, SqlForm, attachable
from minshu.http.sql_request import Pairs, SqlRequest
from minshu.sql import Asker, SqlAnswer

Shown = dict[str, Any]

LISTED: Final = 200
"""The most datasets to choose from in a list. Where there are more, one is named."""


def sql_page(request: Request, services: Services, pairs: Pairs, asker: Asker, reader: Reader) -> Response:
    """The form and, below it, the answer or what is wrong with the query."""
    status, headers = HTTPStatus.OK, {"Cache-Control": SHORT, **page_headers(request)}
    entries = [entry for entry in services.directory.entries() if not entry.is_gone]
    form = _with_dataset(SqlForm.of(pairs), entries)
    shown: Shown = {
        "form": form,
        "entries": entries if len(entries) <= LISTED else [],
        "dataset": next((entry.dataset for entry in entries if entry.name == form.dataset), None),
        "offered": list(islice(attachable(form.dataset, [entry.dataset for entry in entries]), OFFERED)),
        "limits": services.settings,
    }
    try:
        for part in _parts(form, services, Links.of(request, services.settings), asker, reader):
            shown |= part
        request.state.reads = shown.get("reads", [])
        if "answer" in shown and shown["answer"].volatile:
            headers |= {"Cache-Control": "no-store"}
    except MinshuError as error:
        problem = problem_of(error)
        shown |= _faulty(problem, form)
        status = problem.status
        headers |= {"Cache-Control": "no-store", **problem.headers}
    text = services.pages.render("sql.html", request, **shown)
    return Response(text, status, headers, HTML_MEDIA)


def _with_dataset(form: SqlForm, entries: list[Entry]) -> SqlForm:
    """The form with the first dataset that everybody may query, where none is chosen."""
    first = next((entry.name for entry in entries if _is_open(entry)), "")
    return form if form.dataset else replace(form, dataset=first)


def _parts(form: SqlForm, services: Services, links: Links, asker: Asker, reader: Reader) -> Iterator[Shown]:
    """What there is to show of the query as far as it is made: first what it may read, then what came of it."""
    if not form.dataset:
        return
    asked = SqlRequest.of(form.pairs, services.library, services.settings, reader)
    main = asked.releases[""]
    yield {"tables": asked.tables, "release": asked.sources(links)["release"], "examples": examples(main, reader)}
    if not form.is_ready:
        return
    if form.plan:
        yield {"plan": services.sql.explain(asked.query, asker)}
        return
    yield {"reads": asked.named, **_answered(form, asked, services.sql.run(asked.query, asker), links)}


def _answered(form: SqlForm, asked: SqlRequest, answer: SqlAnswer, links: Links) -> Shown:
    """An answer, a page of its rows, and its addresses."""
    # A file is whole or none, so that of an answer that was cut says by its limit that it is.
    written = replace(asked, limit=answer.rows) if answer.truncated and answer.rows else asked
    pages = max(1, -(-answer.rows // SHOWN))
    page = min(form.page, pages)
    return {
        "answer": answer,
        "page": page,
        "pages": {
            number: with_query(links.to("sql"), [*form.pairs, (PAGE, str(number))])
            for number in (page - 1, page + 1)
            if 0 < number <= pages
        },
        "first": (page - 1) * SHOWN,
        "rows": orjson.loads(answer.body)[(page - 1) * SHOWN : page * SHOWN],
        "pinned": asked.permalink(links),
        "following": None if asked.pinned else with_query(links.to("sql"), form.pairs),
        "files": {name: replace(written, format=name).permalink(links) for name in FORMATS},
    }


def _faulty(problem: Problem, form: SqlForm) -> Shown:
    """What is wrong with a query, and where in it."""
    position = problem.data.get("position")
    fault = Fault.at(form.text, position) if isinstance(position, int) else None
    chinese = words_of(problem.code)
    said = said_of_sql(problem.detail) or chinese.said(problem.data)
    return {"problem": problem, "chinese": chinese, "said": said, "fault": fault}


def _is_open(entry: Entry) -> bool:
    """Whether everybody may query the newest release of a dataset."""
    try:
        return entry.release is not None and bool(entry.release.database())
    except (AccessError, Gone):
        return False
