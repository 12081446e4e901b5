"""The page on which a chart is made. It works without scripts: the form's address is the chart's."""

from http import HTTPStatus
from itertools import islice, product
from typing import Any, Final, get_args

from fastapi import Request
from starlette.responses import Response

from minshu.browse import Release, Table
from minshu.charts.chart import NUMBERS, SUFFIXES, Aggregate, Mark, Order, Theme, Width
from minshu.charts.choices import AUTO, CHOICES, groups_for, limits_for
from minshu.charts.points import Points
from minshu.charts.words import axis_title, left_out, measure_title, name_of, title
from minshu.errors import MinshuError
from minshu.filters import can_be_counted, kind
from minshu.http import describe
from minshu.http.answers import page_headers
from minshu.http.chart_request import ChartRequest, Params, filters_of, names_of
from minshu.http.conditional import SHORT
from minshu.http.dependencies import Services
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.negotiation import HTML_MEDIA
from minshu.http.problems import in_chinese, problem_of
from minshu.reports import Language
from minshu.sql import Asker

ROWS_SHOWN: Final = 200
"""Points that the page lists; all of them stand in the CSV."""


def chart_page(
    request: Request, services: Services, params: Params, release: Release, table: Table, asker: Asker
) -> Response:
    """The form and, below it, the chart or what is wrong with what was asked."""
    services.renderer.warm()  # The browser asks for the picture as soon as it has the page.
    links, language = Links.of(request, services.settings), language_of(request)
    status, headers = HTTPStatus.OK, {"Cache-Control": SHORT, **page_headers(request)}
    shown = _form(params, release, table, language, links)
    try:
        asked = ChartRequest.of(params, release, table).seen_as(language=language)
        shown |= _drawn(asked, asked.points(services.sql, asker), links)
    except MinshuError as error:
        problem = problem_of(error)
        shown["problem"] = in_chinese(problem) if language is Language.zh else problem
        status = problem.status
        headers |= {"Cache-Control": "no-store", **problem.headers}
    return Response(services.pages.render("chart.html", request, **shown), status, headers, HTML_MEDIA)


def _form(params: Params, release: Release, table: Table, language: Language, links: Links) -> dict[str, Any]:
    """What there is to choose from, and what was chosen."""
    names, filters = names_of(table, language), filters_of(params)
    where = release.name, release.version, table.entry.name
    x = next((column for column in table.released_columns if column.name == dict(params).get("_x")), None)
    return {
        "release": describe.identity(release, links),
        "table": table.entry,
        "given": {name: value for name, value in params if name in CHOICES},
        "filters": filters,
        "unfiltered": links.chart(*where, [pair for pair in params if pair[0] in CHOICES]),
        "rows": links.rows(*where, filters),
        "stats": links.stats(*where),
        "form": links.chart(*where),
        "countable": [(it.name, name_of(it.name, names)) for it in table.released_columns if can_be_counted(it)],
        "numbers": [(it.name, name_of(it.name, names)) for it in table.released_columns if kind(it).name in NUMBERS],
        "marks": get_args(Mark),
        "aggregates": get_args(Aggregate),
        "orders": (AUTO, *get_args(Order)),
        "groups": (AUTO, *(groups_for(x, dict(params).get("_mark", "")) if x else ())),
    }


def _drawn(asked: ChartRequest, points: Points, links: Links) -> dict[str, Any]:
    """The chart, its data, and where each is to be had."""
    chart, names, language = asked.chart, asked.names, asked.look.language
    series = [name_of(chart.series.name, names)] if chart.series else []
    return {
        "chart": chart,
        "title": title(chart, names, language),
        "pictures": {
            f"{theme} {width}": asked.seen_as(theme=theme, width=width).url(links, ".svg")
            for theme, width in product(get_args(Theme), get_args(Width))
        },
        "files": {suffix: asked.url(links, f".{suffix}") for suffix in SUFFIXES},
        "permalink": asked.url(links),
        "statement": asked.statement,
        "sql": asked.sql_url(links),
        "heads": [axis_title(chart, names, language), *series, measure_title(chart, names, language)],
        "labels": list(islice(points.labels(language), ROWS_SHOWN)),
        "count": len(points.cells),
        "notes": left_out(points.left, language),
        "groups": (AUTO, *groups_for(chart.x, chart.mark)),
        "limits": (AUTO, *map(str, limits_for(chart.mark))),
    }
