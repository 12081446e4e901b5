"""The application: everything put together."""

from asyncio import create_task, sleep
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from minshu.applications import Applications
from minshu.browse import Library
from minshu.budgets import Budgets, budgets
from minshu.counts import Counts, Tally
from minshu.exports import AT_ONCE, QUEUE
from minshu.http import (
    applications,
    audit,
    catalogue,
    counting,
    differences,
    feeds,
    jobs,
    keys,
    latest,
    problems,
    publishing,
    releases,
    row,
    rows,
    service,
    sql,
    standing,
    stats,
    tokens,
    validating,
)
from minshu.http.access import Access
from minshu.http.answer_cache import AnswerCache
from minshu.http.budgets import Budgeted
from minshu.http.dependencies import Services
from minshu.http.direct import Direct
from minshu.http.front import Front
from minshu.http.identity import Gate
from minshu.http.keeping import Keeper
from minshu.http.logs import flush
from minshu.http.metrics import Metrics
from minshu.http.pages import Pages
from minshu.http.reading import Reader
from minshu.http.typed import Descriptions
from minshu.jobs import Jobs, Runner, Validations
from minshu.jobs.validations import WAITING
from minshu.keyring import Keyring
from minshu.oidc import Issuers
from minshu.scratch import Scratch
from minshu.settings import Settings
from minshu.sql import SqlService
from minshu.sql.pool import EXPRESS
from minshu.store import Store
from minshu.tokens import Tokens

# Threads of their own for those who ask after the health: they are answered however busy the others are.
HEALTH_THREADS: Final = 2
# The file of the cache folder in which clients' budgets stand. The number is that of its layout.
BUDGETS: Final = "budgets-1"
# Seconds after which other server processes know the figures that somebody else counts.
SYNC: Final = 1


def create_app(settings: Settings) -> FastAPI:
    """One process of the service on the store that the settings name.

    Before it starts, nothing is opened but the file in which clients' budgets stand. Raises StoreFailed for that.
    """
    pages, own, metrics, store = Pages(settings), settings.share(), Metrics(), Store(settings.store)
    answer = problems.answering(settings, pages)
    tally, counts = Tally(), Counts(settings.counts_folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Requests that wait their turn hold a thread each, and must leave as many to the others as those had before.
        to_thread.current_default_thread_limiter().total_tokens += _waiting(own)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(run_in_threadpool, flush)
            library = await run_in_threadpool(Library, store, own)
            opened.push_async_callback(run_in_threadpool, library.close)
            workers = await run_in_threadpool(SqlService, own, library.answers)
            opened.push_async_callback(run_in_threadpool, workers.close)
            await run_in_threadpool(workers.warm)
            metrics.follow(workers, library)
            if settings.workers > 1:
                syncing = create_task(_sync(metrics))
                opened.callback(syncing.cancel)
            health = CapacityLimiter(HEALTH_THREADS)
            gate, keyring = Gate(Tokens(store.log), Issuers(settings)), Keyring(store.log)
            scratch = opened.enter_context(Scratch(settings.cache or Path(gettempdir())))
            validations = Validations(own, scratch.path)
            runner = Runner(Jobs(settings.store, settings.publish_queue, settings.upload_bytes), settings)
            if settings.writing:
                runner.start()
                opened.push_async_callback(run_in_threadpool, runner.close)
            keeper = Keeper(tally, counts)
            opened.push_async_callback(keeper.keep)
            opened.callback(create_task(keeper.run()).cancel)
            app.state.services = Services(
                settings,
                library,
                workers,
                pages,
                metrics,
                Descriptions(),
                health,
                gate,
                keyring,
                counts,
                runner,
                store,
                validations,
                Applications(store.log),
            )
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
    app.add_middleware(Access, metrics=metrics, reader=Reader(tally))
    app.add_middleware(Front)
    problems.install(app, answer)
    # The order decides: `latest` before every other version, and a table's rows before the files under a version.
    for module in (
        service,
        audit,
        catalogue,
        counting,
        standing,
        feeds,
        latest,
        rows,
        row,
        stats,
        differences,
        sql,
        tokens,
        keys,
        jobs,
        publishing,
        validating,
        applications,
        releases,
    ):
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


async def _sync(metrics: Metrics) -> None:
    """Let the other server processes know what is counted here, as it is now and then."""
    while True:
        await sleep(SYNC)
        metrics.sync()


def _waiting(settings: Settings) -> int:
    """The most requests that wait for SQL or exports, or are being answered, at once."""
    return AT_ONCE + QUEUE + WAITING + settings.sql_at_once + EXPRESS + settings.sql_queue
