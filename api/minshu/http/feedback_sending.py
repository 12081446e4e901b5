"""What people say of the data, as it is sent: by a form without a script, or as JSON, and without a name."""

import os
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from minshu.budgets import Account
from minshu.errors import (
    BadRequest,
    BudgetExceeded,
    FeedbackOff,
    FeedbackOverloaded,
    Gone,
    MessagesExceeded,
    MinshuError,
    NotFound,
)
from minshu.feedback import Kind, Message
from minshu.http.answers import json_answer, page, page_headers
from minshu.http.bodies import told, validated
from minshu.http.chinese import words_of
from minshu.http.dependencies import AccountDep, LinksDep, Services, ServicesDep, pairs
from minshu.http.feedback_about import about_of, tables_of
from minshu.http.feedback_models import RECEIVED, SENT, KeyText, SentModel
from minshu.http.feedback_told import Telling
from minshu.http.links import PageLinks
from minshu.http.models import HELD
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.problems import Problem, problem_of
from minshu.remarks import KEY_MAX, KEYS_MAX, TEXT_MAX, plain_line, plain_text, refuse_persons

router = APIRouter(prefix="/feedback", tags=["Feedback"])

COST: Final = 1.0
"""Seconds of query time that a message costs its sender, whether or not it is taken in."""

FORM: Final = "application/x-www-form-urlencoded"
# What its sender can put right, or wait for. He is shown the form again, with what he wrote.
REFUSALS: Final = (BadRequest, NotFound, Gone, BudgetExceeded, FeedbackOverloaded)


@router.get("/new", summary="The form for a message", response_class=HTMLResponse, responses=HELD)
def show_form(
    request: Request,
    services: ServicesDep,
    dataset: Annotated[str | None, Query(description="The dataset that it is about.")] = None,
    version: Annotated[str | None, Query(description="A version of it; the newest if left out.")] = None,
    table: Annotated[str | None, Query(description="A table of it.")] = None,
    key: Annotated[Sequence[KeyText], Query(max_length=KEYS_MAX, description="The key of a row of the table.")] = (),
    kind: Annotated[Kind | None, Query(description="What is chosen first.")] = None,
) -> Response:
    """A page to write on, which is sent by POST. Nobody is asked who he is. Without a dataset it asks for data."""
    _require_on(services)
    row = [plain_line(value, KEY_MAX, "key") for value in key]
    sent = SentModel(kind=Kind.request, text="")
    if dataset:
        asked = {"dataset": dataset, "version": version, "table": table, "key": row if table else []}
        sent = SentModel(kind=kind or Kind.error, text="", **asked)
    about_of(services.library, sent)
    return page(request, _form(request, services, sent, None))


@router.post("", summary="Say something of the data", status_code=201, responses=RECEIVED, openapi_extra=SENT)
async def send_message(request: Request, services: ServicesDep, links: LinksDep, account: AccountDep) -> Response:
    """Takes in a message; no login is needed, and nobody is asked who he is. It is shown once it is published.

    Whoever knows the address that is answered can see there how it stands. A form is answered by the way to that page.
    """
    _require_on(services)
    account.seconds += COST
    sent = await _said(request)
    if negotiated(request) == JSON_MEDIA:
        one = await _received(services, account, sent)
        found = Telling(links, services.settings.feedback_days).message(one)
        answer = json_answer(found, {"Cache-Control": "no-store", "Location": found["url"]})
        answer.status_code = 201
        return answer
    try:
        one = await _received(services, account, sent)
    except REFUSALS as error:  # Who wrote a text is not to lose it.
        return await to_thread.run_sync(_form_again, request, services, sent, error)
    pages = PageLinks.within(links, request.scope["state"].get("language"))
    return RedirectResponse(pages.to("feedback", one.id), 303, {"Cache-Control": "no-store"})


def _require_on(services: Services) -> None:
    """Make sure that messages are taken here. Raises FeedbackOff."""
    if services.settings.feedback == "off":
        raise FeedbackOff("setting")
    folder = services.store.log.folder
    if not os.access(folder if folder.exists() else services.store.root, os.W_OK):
        raise FeedbackOff("store")


async def _said(request: Request) -> SentModel:
    """What is sent, by a form or as JSON. Raises HTTPException or RequestValidationError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, JSON_MEDIA):
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be {JSON_MEDIA} or {FORM}.")
    if kind == JSON_MEDIA:
        return await told(request, SentModel)
    # A form sends a field that is left empty as well.
    given = [(name, value) for name, value in await pairs(request, ()) if value]
    keys = [value for name, value in given if name == "key"]
    return validated(SentModel, {"text": "", **dict(given), "key": keys})


async def _received(services: Services, account: Account, sent: SentModel) -> Message:
    """The message, once it is taken in."""
    text = plain_text(sent.text)
    about = await to_thread.run_sync(about_of, services.library, sent)
    refuse_persons(text, *about.key)
    _count(services, account)
    settings, feedback = services.settings, services.feedback
    at_once = settings.feedback == "at-once"
    receive = partial(feedback.receive, sent.kind, text, about, settings.feedback_waiting, at_once=at_once)
    return await to_thread.run_sync(receive)


def _count(services: Services, account: Account) -> None:
    """Count a message of a client, on the thread of the event loop. Raises MessagesExceeded."""
    if services.message_budgets is not None:
        if used := services.message_budgets.exceeded(account.client, (0,)):
            raise MessagesExceeded(used.quota, used.budget.window, used.seconds)
        services.message_budgets.charge(account.client, (1,))


def _form(request: Request, services: Services, sent: SentModel, problem: Problem | None) -> str:
    tables = tables_of(services.library, sent)
    shown = {"sent": sent, "tables": tables, "kinds": list(Kind), "problem": problem, "most": TEXT_MAX}
    return services.pages.render(
        "feedback_new.html", request, **shown, chinese=words_of(problem.code) if problem else None
    )


def _form_again(request: Request, services: Services, sent: SentModel, error: MinshuError) -> Response:
    """The form with what was wrong."""
    problem = problem_of(error)
    headers = {**problem.headers, **page_headers(request), "Cache-Control": "no-store"}
    return HTMLResponse(_form(request, services, sent, problem), problem.status, headers)
