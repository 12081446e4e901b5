"""Charts of a table: the page on which one is made, and the files that come of it."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.charts.chart import SUFFIXES
from minshu.charts.renderer import PICTURES
from minshu.charts.spec import written
from minshu.formats import FORMATS
from minshu.http import describe
from minshu.http.answers import attachment, json_answer, pinned, validators
from minshu.http.chart_models import ChartModel
from minshu.http.chart_page import chart_page
from minshu.http.chart_request import ChartRequest
from minshu.http.conditional import Validators
from minshu.http.dependencies import AskerDep, LinksDep, Name, QueryDep, Resource, Services, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.links import Links
from minshu.http.models import FILE, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.parameters import CHART_PARAMETERS, PICTURE_PARAMETERS
from minshu.sql import Asker

router = APIRouter(tags=["Charts"])

CSV: Final = "csv"

Suffix = Annotated[str, Path(description="`svg`, `png`, `vl.json` or `csv`.", examples=["svg"])]


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/chart",
    summary="A chart of a table",
    responses=answers(ChartModel, page=True),
    openapi_extra={"parameters": CHART_PARAMETERS},
)
def show_chart(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    params: QueryDep,
    asker: AskerDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
) -> Response:
    """The points of a chart, the choices that were made for it, and the addresses of its picture and its data.

    What is not given is chosen by the statistics of the columns. Filters are those of `rows`.
    """
    release = services.library.release(name, version)
    if not release.has_table(resource):  # A package may have a file of this name.
        return file_answer(request, services.library, release, f"{quote(resource, safe='')}/chart", params, reader)
    table = release.table(resource, reader)
    if negotiated(request) != JSON_MEDIA:
        return chart_page(request, services, params, release, table, asker)
    asked = ChartRequest.of(params, release, table)
    return pinned(
        request,
        _held(request, links, JSON_MEDIA, asked),
        lambda: json_answer(_described(asked, services, links, asker)),
    )


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/chart.{suffix}",
    summary="A chart as a file",
    responses=FILE,
    openapi_extra={"parameters": PICTURE_PARAMETERS},
)
def draw_chart(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    params: QueryDep,
    asker: AskerDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
    suffix: Suffix,
) -> Response:
    """The picture of a chart as SVG or PNG, its specification in Vega-Lite, or its points as CSV."""
    release = services.library.release(name, version)
    if not release.has_table(resource) or suffix not in SUFFIXES:
        path = f"{quote(resource, safe='')}/chart.{quote(suffix, safe='')}"
        return file_answer(request, services.library, release, path, params, reader)
    asked = ChartRequest.of(params, release, release.table(resource, reader))
    media_type = _media_type(suffix)
    return pinned(
        request,
        _held(request, links, media_type, asked),
        lambda: Response(_file(asked, suffix, services, asker), headers=_told(asked, suffix), media_type=media_type),
    )


def _held(request: Request, links: Links, media_type: str, asked: ChartRequest) -> Validators:
    """Weak, because letters differ from one server to the next, and the last digits of sums of doubles."""
    return Validators(f"W/{validators(request, links, media_type, asked.release).etag}", asked.release.modified)


def _described(asked: ChartRequest, services: Services, links: Links, asker: Asker) -> dict[str, Any]:
    points, chart = asked.points(services.sql, asker), asked.chart
    return {
        "chart": {
            "mark": chart.mark,
            "x": chart.x.name,
            "group": chart.group,
            "y": chart.y.name if chart.y else None,
            "aggregate": None if chart.mark == "scatter" else chart.aggregate,
            "series": chart.series.name if chart.series else None,
            "order": chart.order,
            "limit": chart.limit,
        },
        "points": points.cells,
        "left_out": vars(points.left),
        "links": {
            "self": asked.url(links),
            **{suffix: asked.url(links, f".{suffix}") for suffix in SUFFIXES},
            "rows": asked.rows_url(links),
            "sql": asked.sql_url(links),
        },
        "release": describe.identity(asked.release, links),
    }


def _file(asked: ChartRequest, suffix: str, services: Services, asker: Asker) -> bytes:
    if suffix == CSV:
        return asked.csv(services.sql, asker)
    if suffix not in PICTURES:
        return written(asked.spec(asked.points(services.sql, asker)))
    picture = PICTURES[suffix]
    kept = services.library.kept(
        asked.key(picture), picture, lambda out: asked.write(services.sql, asker, services.renderer, picture, out)
    )
    return kept.path.read_bytes()


def _media_type(suffix: str) -> str:
    if suffix in PICTURES:
        return PICTURES[suffix].media_type
    return FORMATS[CSV].media_type if suffix == CSV else JSON_MEDIA


def _told(asked: ChartRequest, suffix: str) -> dict[str, str]:
    """Data is saved under its name; a picture is shown."""
    return {"Content-Disposition": attachment(f"{asked.table.entry.name}-chart.{suffix}")} if suffix == CSV else {}
