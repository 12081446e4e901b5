"""The tools that read data: rows of a table, and answers to SQL."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from minshu.errors import BadParameter, BadRequest, SqlTooLarge
from minshu.filters import COLUMNS, SORT
from minshu.http.assistants.asking import ANSWER_BYTES, Answer, Asking, fits
from minshu.http.assistants.models import FilterArgument, RowsArguments, Scalar, SqlArguments
from minshu.http.rows_request import RowsRequest
from minshu.http.sql_request import RESERVED, SqlRequest
from minshu.operators import OPERATORS
from minshu.search import SEARCH
from minshu.tables import Page, Table

Pairs = list[tuple[str, str]]


def read_rows(asking: Asking, asked: RowsArguments) -> tuple[Answer, str]:
    """Rows of a table by filters, as the route of rows gives them; fewer where they are long."""
    release = asking.services.library.release(asked.dataset, asked.version)
    table = release.table(asked.table, asking.reader)
    asking.account.check()
    with asking.account.timed():
        question = _question(asked)
        size = min(asked.limit, asking.services.settings.page_size_max)
        following = [("_next", asked.next)] if asked.next else []
        request = RowsRequest.of([*question, *following, ("_size", str(size))], table, asking.services.settings)
        page = _fitting(table, request)
        count = {"count": table.count(request.query)} if asked.count else {}
    asking.account.rows += len(page.rows)
    asking.reads(release)
    answer = {
        "release": asking.cited(release),
        "table": asked.table,
        "columns": page.columns,
        "rows": page.rows,
        "next": page.next,
        **count,
        "url": asking.links.rows(release.name, release.version, asked.table, [*question, *following]),
    }
    more = ", and there are more: call again with `next`" if page.next else ""
    return answer, f"Rows of {asked.table}: {len(page.rows)}{more}."


def query_sql(asking: Asking, asked: SqlArguments) -> tuple[Answer, str]:
    """The answer to one SELECT, behind the walls of `/sql`; the first rows of one that is long."""
    services = asking.services
    request = SqlRequest.of(
        list(_sql_pairs(asked, services.settings.sql_rows)), services.library, services.settings, asking.reader
    )
    asking.account.check()
    found = services.sql.run(request.query, asking.asker)
    rows: list[list[Any]] = orjson.loads(found.body)
    kept = _first(rows)
    if rows and not kept:
        raise SqlTooLarge(f"The first row alone is longer than {ANSWER_BYTES} bytes. Select fewer columns, or parts.")
    asking.reads(*request.releases.values())
    cited = {alias: asking.cited(release) for alias, release in request.releases.items()}
    truncated = found.truncated or len(kept) < len(rows)
    answer = {
        "release": cited.pop(""),
        "attached": cited,
        "columns": found.columns,
        "rows": kept,
        "truncated": truncated,
        "seconds": round(found.seconds, 6),
        "url": request.permalink(asking.links),
    }
    more = ", and there are more: the answer is truncated" if truncated else ""
    return answer, f"Rows: {len(kept)}{more}."


def _question(asked: RowsArguments) -> Pairs:
    """What is asked, as the query string of rows says it."""
    pairs = [(f"{one.column}__{one.operator}", _filtered(one)) for one in asked.filters]
    told = ((SEARCH, asked.search), (SORT, _listed(asked.sort)), (COLUMNS, _listed(asked.columns)))
    return [*pairs, *((name, text) for name, text in told if text)]


def _filtered(condition: FilterArgument) -> str:
    """The value of a condition, as the query string has it: a list is a JSON array of texts there."""
    value = condition.value
    known = OPERATORS.get(condition.operator)
    if isinstance(value, list) or (known and known.arity in ("many", "two")):
        return json.dumps([_text(one) for one in (value if isinstance(value, list) else [value])], ensure_ascii=False)
    return _text(value)


def _listed(names: Sequence[str]) -> str:
    return json.dumps(names, ensure_ascii=False) if names else ""


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fitting(table: Table, request: RowsRequest) -> Page:
    """The page, or a shorter one where its rows are too long; its `next` goes on behind them. Raises BadRequest."""
    page = table.page(request.query, request.size, request.token)
    kept = len(_first(page.rows))
    if kept == len(page.rows):
        return page
    if not kept:
        raise BadRequest(f"The first row alone is longer than {ANSWER_BYTES} bytes. Name fewer `columns`.")
    return table.page(request.query, kept, request.token)


def _first(rows: Sequence[list[Any]]) -> list[list[Any]]:
    """As many of the first rows as there is room for."""
    if fits(rows):
        return list(rows)
    room, kept = ANSWER_BYTES, 0
    for row in rows:
        room -= len(orjson.dumps(row)) + 1
        if room < 0:
            break
        kept += 1
    return list(rows[:kept])


def _sql_pairs(asked: SqlArguments, most: int) -> Iterator[tuple[str, str]]:
    if taken := sorted({*RESERVED} & asked.parameters.keys()):
        raise BadParameter(f"No value can be called {', '.join(taken)}: /sql means something else by that. Rename it.")
    yield from (("dataset", asked.dataset), ("version", asked.version), ("q", asked.sql))
    yield "limit", str(min(asked.limit, most))
    yield from (("attach", text) for text in asked.attach)
    yield from ((name, _text(value)) for name, value in asked.parameters.items())
