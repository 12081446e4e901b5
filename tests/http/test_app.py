"""The application's own life: what it opens it closes, and its health is told however busy it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import anyio
import httpx
import pytest
from anyio import to_thread
from fastapi import Request

from minshu.browse import Library
from minshu.errors import ExportsOverloaded
from minshu.exports import Exports
from minshu.http import lifetime
from minshu.http.app import create_app
from minshu.http.dependencies import cancelled
from minshu.settings import Settings

Serving = Callable[[Settings], AbstractContextManager[str]]

BASE = "/datasets/odd-data/versions/1.1.0"


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    """Settings of an empty store."""
    (tmp_path / "store").mkdir()
    return Settings(store=tmp_path / "store", cache=tmp_path / "cache", port=0)


def leftovers(cache: Path) -> set[str]:
    """What stands in a cache folder beside that which is kept from one run to the next."""
    return {path.name for path in cache.iterdir()} - {"answers", "budgets-1", "exports", "messages-1"}


@pytest.mark.parametrize("part", ["SqlService", "Services"])
def test_a_start_that_fails_leaves_nothing_open(options: Settings, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    closed: list[Library] = []
    close = Library.close

    def noted(library: Library) -> None:
        closed.append(library)
        close(library)

    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("no more memory")

    monkeypatch.setattr(Library, "close", noted)
    monkeypatch.setattr(lifetime, part, failing)

    async def start() -> None:
        app = create_app(options)
        async with app.router.lifespan_context(app):
            pytest.fail("It started.")

    with pytest.raises(RuntimeError, match="no more memory"):
        asyncio.run(start())
    assert len(closed) == 1
    assert options.cache
    assert leftovers(options.cache) == set()


def test_a_library_that_cannot_be_opened_leaves_nothing_behind(
    options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minshu.browse.Exports", failing)

    async def start() -> None:
        app = create_app(options)
        async with app.router.lifespan_context(app):
            pytest.fail("It started.")

    with pytest.raises(OSError, match="No space left"):
        asyncio.run(start())
    assert options.cache
    assert leftovers(options.cache) == set()


def test_an_error_while_the_service_runs_closes_it_as_well(options: Settings) -> None:
    async def run() -> None:
        app = create_app(options)
        async with app.router.lifespan_context(app):
            raise RuntimeError("the loop broke")

    with pytest.raises(RuntimeError, match="the loop broke"):
        asyncio.run(run())
    assert options.cache
    assert leftovers(options.cache) == set()


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live"])
def test_the_health_is_told_while_every_thread_is_busy(options: Settings, path: str) -> None:
    app, go_on = create_app(options), Event()

    @app.get("/busy")
    def wait() -> None:
        go_on.wait(20)

    async def ask() -> int:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
            anyio.create_task_group() as group,
        ):
            threads = to_thread.current_default_thread_limiter()
            for _ in range(int(threads.total_tokens) + 5):
                group.start_soon(client.get, "/busy")
            while threads.available_tokens:
                await anyio.sleep(0.01)
            try:
                with anyio.fail_after(3):
                    answer = await client.get(path)
            finally:
                go_on.set()
        return answer.status_code

    assert asyncio.run(ask()) == 200


def test_who_may_wait_for_sql_and_exports_leaves_threads_to_the_others(options: Settings) -> None:
    async def threads() -> float:
        app = create_app(options.model_copy(update={"sql_queue": 100}))
        before = to_thread.current_default_thread_limiter().total_tokens
        async with app.router.lifespan_context(app):
            return to_thread.current_default_thread_limiter().total_tokens - before

    assert asyncio.run(threads()) > 100


def test_an_export_too_many_is_told_when_to_come_again(
    served: Settings, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overloaded(*_: object) -> None:
        raise ExportsOverloaded(10)

    monkeypatch.setattr(Exports, "file", overloaded)
    with serving(served.model_copy(update={"cache": None})) as address:
        answer = httpx.get(f"{address}{BASE}/points.ndjson")
    assert (answer.status_code, answer.json()["code"]) == (503, "exports-overloaded")
    assert answer.headers["retry-after"] == "10"


def test_the_watch_over_a_client_ends_with_its_request_even_when_that_fails() -> None:
    async def watched() -> int:
        async def never() -> dict[str, str]:
            await anyio.sleep_forever()
            raise AssertionError

        before = len(asyncio.all_tasks())
        watch: AsyncIterator[Event] = cancelled(Request({"type": "http", "headers": []}, never), None)
        await anext(watch)
        with pytest.raises(RuntimeError, match="broken"):
            await watch.athrow(RuntimeError("broken"))  # type: ignore[attr-defined]
        return len(asyncio.all_tasks()) - before

    assert asyncio.run(watched()) == 0
