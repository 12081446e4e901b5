"""The statistics of a table."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.http import describe
from minshu.http.answers import json_answer, pinned, validators
from minshu.http.dependencies import LinksDep, Name, QueryDep, Resource, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.models import StatsModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.stats_page import stats_page

router = APIRouter(tags=["Rows"])


@router.get(
    "/datasets/{name}/versions/{version}/{resource}/stats",
    summary="Statistics of a table",
    responses=answers(StatsModel, page=True),
)
def show_stats(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    query: QueryDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
    resource: Resource,
) -> Response:
    """For each column how many values, nulls and different values it has, and its extremes.

    What can be put in order has quantiles, numbers a mean, numbers and dates a histogram. The most frequent values are
    listed.
    """
    release = services.library.release(name, version)
    if not release.has_table(resource):  # A package may have a file of this name.
        return file_answer(request, services.library, release, f"{quote(resource, safe='')}/stats", query, reader)
    table = release.table(resource, reader)
    if negotiated(request) == JSON_MEDIA:
        held = validators(request, links, JSON_MEDIA, release)
        return pinned(
            request, held, lambda: json_answer({**table.stats(), "release": describe.identity(release, links)})
        )
    return stats_page(request, services, release, table)
