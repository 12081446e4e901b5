"""What one process of the service opens when it starts, and closes when it ends."""

from asyncio import create_task, sleep, wait
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool

from minshu.applications import Applications
from minshu.browse import Library
from minshu.budgets import Budget, Budgets
from minshu.charts.renderer import Renderer
from minshu.counts import Counts, Tally
from minshu.errors import StoreError
from minshu.exports import AT_ONCE, QUEUE
from minshu.feedback import Feedback
from minshu.http.assistants.endpoint import Endpoint
from minshu.http.ckan_api.catalogue import CkanCatalogue
from minshu.http.counts_keeper import CountsKeeper
from minshu.http.dependencies import Services, longest
from minshu.http.directory import Directory
from minshu.http.identity import Gate
from minshu.http.links import Links
from minshu.http.logs import flush
from minshu.http.metrics import Metrics
from minshu.http.pages import Pages
from minshu.http.row_search import RowSearch
from minshu.http.typed import Descriptions
from minshu.jobs import Jobs, Runner, Validations
from minshu.jobs.validations import WAITING
from minshu.keyring import Keyring
from minshu.oidc import Issuers
from minshu.scorecard import AskedOf, Scorecards
from minshu.scratch import Scratch
from minshu.settings import Settings
from minshu.sql import SqlService
from minshu.sql.pool import EXPRESS
from minshu.store import Store
from minshu.tokens import Tokens
from minshu.webhooks.deliverer import HookRunner
from minshu.webhooks.hooks import Hooks

# Threads of their own for those who ask after the health: they are answered however busy the others are.
HEALTH_THREADS: Final = 2
# Seconds after which other server processes know the figures that somebody else counts.
SYNC: Final = 1
# The file of the cache folder in which it stands how many messages clients sent. The number is that of its layout.
MESSAGES: Final = "messages-1"
HOUR: Final = 3600


async def started(
    opened: AsyncExitStack, settings: Settings, store: Store, pages: Pages, metrics: Metrics, tally: Tally
) -> Services:
    """All that the routes work with. What of it is to be closed is, in the reverse order, with the stack `opened`."""
    own = settings.share()
    # Requests that wait their turn hold a thread each, and must leave as many to the others as those had before.
    to_thread.current_default_thread_limiter().total_tokens += _waiting(own)
    opened.push_async_callback(run_in_threadpool, flush)
    library = await run_in_threadpool(Library, store, own)
    opened.push_async_callback(run_in_threadpool, library.close)
    workers = await _started_workers(opened, own, library)
    _follow(opened, settings, metrics, workers, library)
    _start_telling(opened, settings)
    directory = Directory(library)
    packages = CkanCatalogue(library, directory)
    opened.push_async_callback(wait, {create_task(_warm(directory, packages, settings.base_url))})
    scratch = opened.enter_context(Scratch(settings.cache or Path(gettempdir())))
    feedback = Feedback(store.log)
    return Services(
        settings=settings,
        library=library,
        directory=directory,
        packages=packages,
        row_search=RowSearch(own.search_seconds),
        sql=workers,
        pages=pages,
        metrics=metrics,
        descriptions=Descriptions(),
        health=CapacityLimiter(HEALTH_THREADS),
        gate=Gate(Tokens(store.log), Issuers(settings)),
        keyring=Keyring(store.log),
        runner=_started_runner(opened, settings),
        counts=_kept_counts(opened, settings, tally),
        store=store,
        validations=Validations(own, scratch.path),
        applications=Applications(store.log),
        hooks=Hooks(store.log),
        feedback=feedback,
        message_budgets=_opened_message_budgets(opened, settings),
        began=datetime.now(UTC),
        renderer=_opened_renderer(opened),
        assistants=_offered(opened, settings),
        scorecards=_opened_scorecards(opened, library, AskedOf(feedback, is_taken=settings.feedback != "off")),
    )


async def _started_workers(opened: AsyncExitStack, own: Settings, library: Library) -> SqlService:
    workers = await run_in_threadpool(SqlService, own, library.answers)
    opened.push_async_callback(run_in_threadpool, workers.close)
    await run_in_threadpool(workers.warm)
    return workers


async def _warm(directory: Directory, packages: CkanCatalogue, base_url: str | None) -> None:
    """Read the catalogue before anybody asks for it. Whoever does is told if it cannot be read."""
    with suppress(StoreError):
        await run_in_threadpool(directory.warm)
        if base_url:  # Else nobody knows yet under which addresses it will be asked for.
            await run_in_threadpool(packages.warm, Links(base_url.rstrip("/")))


def _follow(
    opened: AsyncExitStack, settings: Settings, metrics: Metrics, workers: SqlService, library: Library
) -> None:
    metrics.follow(workers, library)
    if settings.workers > 1:
        opened.callback(create_task(_sync(metrics)).cancel)


def _opened_renderer(opened: AsyncExitStack) -> Renderer:
    renderer = Renderer()
    opened.push_async_callback(run_in_threadpool, renderer.close)
    return renderer


def _offered(opened: AsyncExitStack, settings: Settings) -> Endpoint:
    assistants = Endpoint(longest(settings))
    opened.push_async_callback(assistants.close)
    return assistants


def _opened_scorecards(opened: AsyncExitStack, library: Library, asked: AskedOf) -> Scorecards:
    scorecards = Scorecards(library, asked)
    opened.push_async_callback(run_in_threadpool, scorecards.close)
    return scorecards


def _started_runner(opened: AsyncExitStack, settings: Settings) -> Runner:
    runner = Runner(Jobs(settings.store, settings.publish_queue, settings.upload_bytes), settings)
    if settings.writing:
        runner.start()
        opened.push_async_callback(run_in_threadpool, runner.close)
    return runner


def _start_telling(opened: AsyncExitStack, settings: Settings) -> None:
    """Let webhooks be told, in a thread of their own."""
    if settings.webhooks:
        runner = HookRunner(settings)
        runner.start()
        opened.push_async_callback(run_in_threadpool, runner.close)


def _opened_message_budgets(opened: AsyncExitStack, settings: Settings) -> Budgets | None:
    """What each client may still send of messages, counted by all server processes together."""
    if not settings.limits:
        return None
    quota = Budget("messages", settings.limit_feedback, HOUR)
    budgets = Budgets([quota], settings.cache / MESSAGES if settings.cache else None)
    opened.callback(budgets.close)
    return budgets


def _kept_counts(opened: AsyncExitStack, settings: Settings, tally: Tally) -> Counts:
    counts = Counts(settings.counts_folder)
    keeper = CountsKeeper(tally, counts)
    opened.push_async_callback(keeper.keep)
    opened.callback(create_task(keeper.run()).cancel)
    return counts


async def _sync(metrics: Metrics) -> None:
    """Let the other server processes know what is counted here, as it is now and then."""
    while True:
        await sleep(SYNC)
        metrics.sync()


def _waiting(settings: Settings) -> int:
    """The most requests that wait for SQL or exports, or are being answered, at once."""
    return AT_ONCE + QUEUE + WAITING + settings.sql_at_once + EXPRESS + settings.sql_queue
