"""What the routes are given: the services of the application, and the parts of an address."""

import json
from asyncio import CancelledError, create_task
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Annotated, Final, cast
from urllib.parse import parse_qsl

from anyio import CapacityLimiter
from fastapi import Depends, HTTPException, Path, Request
from pydantic import AfterValidator
from starlette.requests import ClientDisconnect

from minshu.applications import Applications
from minshu.browse import Library
from minshu.budgets import Account, Budgets
from minshu.charts.renderer import Renderer
from minshu.counts import Counts
from minshu.errors import BadParameter
from minshu.feedback import Feedback
from minshu.http.assistants.endpoint import Endpoint
from minshu.http.ckan_api.catalogue import CkanCatalogue
from minshu.http.directory import Directory
from minshu.http.front import decoded
from minshu.http.identity import Gate
from minshu.http.links import Links
from minshu.http.metrics import Metrics
from minshu.http.pages import Pages
from minshu.http.row_search import RowSearch
from minshu.http.typed import Descriptions
from minshu.jobs import Jobs, Runner, Validations
from minshu.keyring import Keyring
from minshu.scorecard import Scorecards
from minshu.settings import Settings
from minshu.sql import Asker, SqlService
from minshu.store import Store
from minshu.webhooks.hooks import Hooks


@dataclass(frozen=True)
class Services:
    """All that the routes work with; made when the application starts."""

    settings: Settings
    library: Library
    directory: Directory
    packages: CkanCatalogue
    row_search: RowSearch
    sql: SqlService
    pages: Pages
    metrics: Metrics
    descriptions: Descriptions
    health: CapacityLimiter
    gate: Gate
    keyring: Keyring
    counts: Counts
    runner: Runner
    store: Store
    validations: Validations
    applications: Applications
    hooks: Hooks
    feedback: Feedback
    message_budgets: Budgets | None
    began: datetime
    renderer: Renderer
    assistants: Endpoint
    scorecards: Scorecards

    @property
    def jobs(self) -> Jobs:
        """The jobs that the runner works on."""
        return self.runner.jobs


# Coroutines, though they wait for nothing: a plain function would cost a trip to the thread pool each.
async def services(request: Request) -> Services:
    """The application's services."""
    return cast("Services", request.app.state.services)


async def links(request: Request) -> Links:
    """The addresses as this client is to see them."""
    return Links.of(request, request.app.state.services.settings)


async def query(request: Request) -> Sequence[tuple[str, str]]:
    """The query string's parameters, in order."""
    return parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def account(request: Request) -> Account:
    """The account that rows and query time are charged to. Raises BudgetExceeded when its client has none left."""
    found: Account = request.state.account
    found.check()
    return found


ServicesDep = Annotated[Services, Depends(services)]
LinksDep = Annotated[Links, Depends(links)]
AccountDep = Annotated[Account, Depends(account)]
QueryDep = Annotated[Sequence[tuple[str, str]], Depends(query)]

Name = Annotated[str, AfterValidator(decoded), Path(description="The dataset's name.", examples=["work-points-2019"])]
Version = Annotated[str, AfterValidator(decoded), Path(description="An exact version.", examples=["1.0.0"])]
FilePath = Annotated[str, Path(description="The path in the release, percent-encoded.", examples=["data/targets.csv"])]
Resource = Annotated[
    str,
    AfterValidator(decoded),
    Path(description="The table's name, percent-encoded; a slash in it is `%2F`.", examples=["targets"]),
]


async def pairs(request: Request, given: QueryDep) -> Sequence[tuple[str, str]]:
    """The parameters of the query string, and those of the body where there is one: JSON, or a form.

    Raises BadParameter.
    """
    if request.method != "POST":
        return given
    body = await read_body(request, longest(request.app.state.services.settings))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in BODIES:
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be {' or '.join(BODIES)}.")
    return [*given, *BODIES[kind](body)]


@asynccontextmanager
async def watching(request: Request) -> AsyncIterator[Event]:
    """An event, set when the client goes away. It reads on from the connection, so the body has to be read before."""
    gone = Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    task = create_task(watch())
    try:
        yield gone
    finally:
        task.cancel()
        with suppress(CancelledError):
            await task


async def cancelled(request: Request, _: Annotated[object, Depends(pairs)]) -> AsyncIterator[Event]:
    """Set when the client goes away."""
    async with watching(request) as gone:
        yield gone


async def asker(account: AccountDep, cancelled: Annotated[Event, Depends(cancelled)]) -> Asker:
    """Whoever asks in SQL."""
    return Asker(account, cancelled)


def longest(settings: Settings) -> int:
    """The bytes that a body may have in which there is a statement, however its characters are written."""
    return 16 * settings.sql_text + 65_536


async def read_body(request: Request, most: int) -> bytes:
    """The body, which may be of so many bytes. Raises HTTPException."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise HTTPException(413, f"The body is longer than {most} bytes.")
    except ClientDisconnect as error:
        # Nobody will read this; but it is no fault of ours, and so nothing for the log.
        raise HTTPException(400, "The body broke off.") from error
    return body


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _json_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        # Numbers stay as they were written: they are bound as text, and a double would round the large ones.
        told = json.loads(body.decode(), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"The body is not JSON: {error}.") from error
    if not isinstance(told, dict):
        raise BadParameter("The body must be a JSON object.")
    parameters = told.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise BadParameter("parameters must be a JSON object.")
    return [pair for name, value in [*told.items(), *parameters.items()] for pair in _texts(name, value)]


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """A member of the body as the query string would give it. Only `attach` may be a list."""
    values = value if name == "attach" and isinstance(value, list) else [value]
    for item in values:
        if isinstance(item, bool):
            yield name, str(item).lower()
        elif isinstance(item, str):
            yield name, item
        else:
            raise BadParameter(f"{name} must be a text, a number or a truth value. For null, write NULL into q.")


BODIES: Final[Mapping[str, Callable[[bytes], list[tuple[str, str]]]]] = {
    "application/json": _json_pairs,
    "application/x-www-form-urlencoded": _form_pairs,
}

PairsDep = Annotated[Sequence[tuple[str, str]], Depends(pairs)]
AskerDep = Annotated[Asker, Depends(asker)]
