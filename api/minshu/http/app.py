"""The application: everything put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import FastAPI

from minshu.budgets import Budgets, budgets
from minshu.counts import Tally
from minshu.http import (
    applications,
    asset_register,
    audit,
    catalog,
    catalogue,
    chart,
    citations,
    ckan,
    core_catalogue,
    counts,
    croissant,
    differences,
    discovery,
    feedback,
    feedback_sending,
    feeds,
    home,
    jobs,
    keys,
    latest,
    mcp,
    problems,
    publishing,
    releases,
    report,
    row,
    rows,
    scorecard,
    search,
    service,
    source,
    sql,
    standing,
    statements,
    stats,
    status,
    tokens,
    validating,
)
from minshu.http.access_log import AccessLog
from minshu.http.answer_cache import AnswerCache
from minshu.http.budgets import Budgeted
from minshu.http.counter import Counter
from minshu.http.direct import Direct
from minshu.http.front import Front
from minshu.http.lifetime import started
from minshu.http.metrics import Metrics
from minshu.http.pages import Pages
from minshu.settings import Settings
from minshu.store import Store

# The file of the cache folder in which clients' budgets stand. The number is that of its layout.
BUDGETS: Final = "budgets-1"
# The order decides: `latest` before every other version, and a table's rows before the files under a version.
ROUTES: Final = (
    service,
    status,
    statements,
    audit,
    catalog,
    discovery,
    ckan,
    home,
    catalogue,
    core_catalogue,
    asset_register,
    citations,
    search,
    counts,
    scorecard,
    standing,
    feeds,
    latest,
    croissant,
    rows,
    row,
    source,
    stats,
    chart,
    differences,
    sql,
    mcp,
    tokens,
    keys,
    jobs,
    publishing,
    validating,
    applications,
    feedback_sending,
    feedback,
    report,
    releases,
)


def create_app(settings: Settings) -> FastAPI:
    """One process of the service on the store that the settings name.

    Before it starts, nothing is opened but the file in which clients' budgets stand. Raises StoreFailed for that.
    """
    pages, own, metrics, store = Pages(settings), settings.share(), Metrics(), Store(settings.store)
    answer, tally = problems.answering(settings, pages), Tally()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            app.state.services = await started(opened, settings, store, pages, metrics, tally)
            yield

    app = FastAPI(
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        title="Minshu",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # The service counts by itself, and cheaper.
    )
    # The last one is the outermost.
    app.add_middleware(Direct)
    app.add_middleware(AnswerCache, settings=own, store=store)
    app.add_middleware(Budgeted, settings=settings, budgets=_budgets(settings), answer=answer)
    app.add_middleware(AccessLog, metrics=metrics, counter=Counter(tally))
    app.add_middleware(Front)
    problems.install(app, answer)
    for module in ROUTES:
        app.include_router(module.router)
    if settings.metrics:
        app.include_router(service.figures)
    app.include_router(service.assets)
    return app


def _budgets(settings: Settings) -> Budgets | None:
    """The budgets of clients, in a file where there may be other server processes."""
    if not settings.limits:
        return None
    quotas = (settings.limit_requests, settings.limit_rows, settings.limit_seconds)
    path = settings.cache / BUDGETS if settings.cache else None
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
    return Budgets(budgets(*quotas, settings.limit_window), path)
