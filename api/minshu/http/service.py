"""The service itself: its health, its limits, its schemas, its stylesheet, its own description."""

import os
from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from minshu.errors import StoreFailed
from minshu.http.answers import fresh, json_answer, page
from minshu.http.chinese import words_of
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.examples import Sample, example
from minshu.http.front import decoded
from minshu.http.limits import limits_of
from minshu.http.metrics import TEXT
from minshu.http.models import HELD, HealthModel, LimitsModel, answers
from minshu.http.negotiation import JSON_MEDIA, PLAIN_MEDIA
from minshu.http.openapi import described, operations
from minshu.http.problems import known_problems
from minshu.http.robots import robots_text
from minshu.http.schemas import read_schema

router = APIRouter(tags=["Service"])
figures = APIRouter(tags=["Service"])
assets = APIRouter(include_in_schema=False)

COUNTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The figures, in Prometheus's text format.", "content": {"text/plain": {}}}
}
NO_STORE = {"Cache-Control": "no-store"}
Described = Annotated[str | None, Query(description="The dataset whose tables alone are to be described.")]
TableName = Annotated[str, AfterValidator(decoded), Path(description="The table's name.", examples=["targets"])]


@router.get("/health", summary="Whether requests can be answered", responses=answers(HealthModel, held=False))
async def health(services: ServicesDep) -> Response:
    """Answers 200 when the service has started and its store can be read, else a problem."""
    return await _healthy(services)


@router.get("/health/live", summary="Whether the process runs", responses=answers(HealthModel, held=False))
async def live() -> Response:
    """Answers as long as the process does. It asks nothing of the store."""
    return json_answer({"status": "ok"}, NO_STORE)


@router.get("/health/ready", summary="Whether to send requests here", responses=answers(HealthModel, held=False))
async def ready(services: ServicesDep) -> Response:
    """The same as `/health`, by the name that orchestrators look for."""
    return await _healthy(services)


@router.get(
    "/limits", summary="What one request and one client may ask for", responses=answers(LimitsModel, held=False)
)
def limits(request: Request, services: ServicesDep) -> Response:
    """Every limit of this service, and what is left of the client's own budgets. The request itself costs nothing."""
    settings, account = services.settings, request.state.account
    return json_answer(
        {
            "client": {
                "name": account.client.name,
                "budgets": [
                    {
                        "name": item.budget.name,
                        "quota": item.quota,
                        "window": item.budget.window,
                        "left": item.left,
                        "seconds": item.seconds,
                    }
                    for item in account.left()
                ],
            },
            **limits_of(settings),
        },
        {"Cache-Control": "private, no-store"},
    )


@router.get("/schemas/{name}/{table}.json", summary="A Table Schema of the catalogue", responses=HELD)
def show_schema(request: Request, services: ServicesDep, name: Name, table: TableName) -> Response:
    """The schema of a table as it stands in the catalogue now. A release keeps the one that it was judged by."""
    return fresh(request, read_schema(services.settings.catalogue / "schemas", name, table), JSON_MEDIA)


@router.get("/openapi.json", summary="This description", responses=HELD)
def openapi(request: Request, services: ServicesDep, dataset: Described = None) -> Response:
    """The service in OpenAPI 3.1, with a model of the rows of each table: of all newest releases, or of one."""
    library = services.library
    if dataset is None:
        found = [entry.release for entry in services.directory.entries() if entry.release]
        document = services.descriptions.document(described(request.app), found)
    else:
        release = newest(library, library.dataset(dataset))
        document = services.descriptions.document(described(request.app), [release], most=None)
    return fresh(request, document, JSON_MEDIA)


@router.get("/docs", summary="This description, as a page", response_class=HTMLResponse, responses=HELD)
def docs(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """The description as a page that loads nothing from elsewhere."""
    document, sample = described(request.app), Sample.of(services.directory.entries())
    text = services.pages.render(
        "docs.html",
        request,
        api=document,
        groups=operations(document),
        example=partial(example, sample=sample, links=links),
        problems=[(problem, words_of(problem.code)) for problem in known_problems()],
    )
    return page(request, text)


@figures.get("/metrics", summary="What the service counts", response_class=PlainTextResponse, responses=COUNTED)
def metrics(services: ServicesDep) -> Response:
    """Figures for Prometheus, those of all server processes together. They are for the operator."""
    return Response(services.metrics.exposition(services.library), headers=NO_STORE, media_type=TEXT)


@router.get("/robots.txt", summary="What robots are to leave alone", response_class=PlainTextResponse, responses=HELD)
def robots(request: Request, links: LinksDep) -> Response:
    """Search engines may read the catalogue, but not rows, SQL, exports and whatever has a query."""
    return fresh(request, robots_text(links.prefix, links.to("sitemap.xml")).encode(), PLAIN_MEDIA)


@assets.get("/static/{name}")
def static(request: Request, services: ServicesDep, name: str) -> Response:
    """A file that the pages need."""
    return fresh(request, *services.pages.asset(name))


async def _healthy(services: Services) -> Response:
    await to_thread.run_sync(_look_at, services.settings.store, limiter=services.health)
    return json_answer({"status": "ok"}, NO_STORE)


def _look_at(store: os.PathLike[str]) -> None:
    try:
        os.scandir(store).close()
    except OSError as error:
        raise StoreFailed(f"Cannot read {store}: {error.strerror}.") from error
