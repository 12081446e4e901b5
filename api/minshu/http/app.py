"""The application: everything put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from minshu.browse import Library
from minshu.http import catalogue, latest, problems, releases, rows, service, sql
from minshu.http.dependencies import Services
from minshu.http.front import Front
from minshu.http.pages import Pages
from minshu.settings import Settings
from minshu.sql import SqlService
from minshu.store import Store


def create_app(settings: Settings) -> FastAPI:
    """The service on the store that the settings name. Nothing is opened before it starts."""
    pages = Pages(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        library = await run_in_threadpool(Library, Store(settings.store), settings)
        workers = await run_in_threadpool(SqlService, settings)
        await run_in_threadpool(workers.warm)
        app.state.services = Services(settings, library, workers, pages)
        yield
        await run_in_threadpool(workers.close)
        await run_in_threadpool(library.close)

    app = FastAPI(
        lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, title="Minshu"
    )
    app.add_middleware(Front)
    problems.install(app, settings, pages)
    # The order decides: `latest` before every other version, and a table's rows before the files under a version.
    for module in (service, catalogue, latest, rows, sql, releases):
        app.include_router(module.router)
    app.include_router(service.assets)
    return app
