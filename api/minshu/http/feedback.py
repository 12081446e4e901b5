"""What people said of the data: everybody may read what is published, and who may answers it."""

from typing import Annotated, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from minshu.feedback import SHOWN, Feedback, Kind, Message, State
from minshu.http.answers import data, fresh, json_answer, page
from minshu.http.audit_words import ROLES
from minshu.http.bodies import told
from minshu.http.counts import CSV_MEDIA
from minshu.http.dependencies import LinksDep, Services, ServicesDep
from minshu.http.feedback_models import (
    ACT,
    MESSAGES_CSV,
    ActModel,
    MessageModel,
    MessagesModel,
)
from minshu.http.feedback_told import Asked, Telling
from minshu.http.identity import WRITING, BearerDep, IdentityDep, require
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.remarks import ANSWER_MAX, REASON_MAX, plain_text
from minshu.tokens import EVERY, Token, Verb

router = APIRouter(prefix="/feedback", tags=["Feedback"])

SIZE_MAX: Final = 1000
PRIVATE: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}

# Written out: FastAPI gives an enumeration that is read and written two names.
Standing = Literal["received", "published", "answered", "closed", "rejected"]
Id = Annotated[str, Path(description="The message's id.")]


async def chosen(
    dataset: Annotated[str | None, Query(description="Those about this dataset alone.")] = None,
    kind: Annotated[Kind | None, Query(description="Those of this kind alone.")] = None,
    state: Annotated[Standing | None, Query(description="Those in this state alone.")] = None,
) -> Asked:
    """Which messages a request asks for."""
    return Asked(dataset or None, kind, State(state) if state else None)


ChosenDep = Annotated[Asked, Depends(chosen)]
Before = Annotated[int | None, Query(ge=1, lt=10**12, description="The place behind which to go on, as `next` has it.")]
Size = Annotated[int, Query(ge=1, le=SIZE_MAX, description="How many are given at once.")]


@router.get("", summary="What people said of the data", responses=answers(MessagesModel, page=True))
def list_messages(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    token: BearerDep,
    asked: ChosenDep,
    before: Before = None,
    size: Size = 50,
) -> Response:
    """Messages that are published, newest first, with their answers; with a token to `answer`, the others as well."""
    asked = Asked(asked.dataset, asked.kind, asked.state, before, size)
    found = _telling(services, links, token).page(services.feedback, asked)
    if negotiated(request) == JSON_MEDIA:
        return _kept(data(request, found), token)
    shown = {**found, "asked": asked, "kinds": list(Kind), "shown": SHOWN, "roles": ROLES}
    return _kept(page(request, services.pages.render("feedback.html", request, **shown)), token)


@router.get(".csv", summary="The same as CSV", response_class=Response, responses=MESSAGES_CSV)
def download_messages(request: Request, services: ServicesDep, links: LinksDep, asked: ChosenDep) -> Response:
    """All that are published and asked for. Cells that a spreadsheet would run begin with `'`."""
    return fresh(request, _telling(services, links, None).table(services.feedback, asked), CSV_MEDIA)


@router.get("/{message}", summary="A message", responses=answers(MessageModel, page=True))
def show_message(request: Request, services: ServicesDep, links: LinksDep, token: BearerDep, message: Id) -> Response:
    """How a message stands and, where it is published, what it says and what was answered."""
    found = _telling(services, links, token).message(services.feedback.message(message))
    if negotiated(request) == JSON_MEDIA:
        return _kept(data(request, found), token)
    return _kept(page(request, services.pages.render("message.html", request, message=found, roles=ROLES)), token)


@router.post(
    "/{message}",
    summary="Publish, answer, close or reject a message",
    responses=answers(MessageModel, held=False),
    dependencies=[WRITING],
    openapi_extra=ACT,
)
async def act_on_message(
    request: Request, services: ServicesDep, links: LinksDep, token: IdentityDep, message: Id
) -> Response:
    """What is done about a message: it needs the scope `answer:NAME`, or `answer:*` where it names no dataset."""
    known = await to_thread.run_sync(services.feedback.message, message)
    require(token, Verb.answer, known.about.dataset or EVERY)
    asked = await told(request, ActModel)
    done = await to_thread.run_sync(_done, services.feedback, known.id, token, asked)
    return json_answer(_telling(services, links, token).message(done), PRIVATE)


def _done(feedback: Feedback, identifier: str, token: Token, asked: ActModel) -> Message:
    match asked.state:
        case "published":
            return feedback.publish(identifier, token.actor)
        case "answered":
            return feedback.answer(identifier, token.actor, plain_text(asked.text or "", ANSWER_MAX))
        case "closed":
            return feedback.close(identifier, token.actor, plain_text(asked.reason or "", REASON_MAX, "reason"))
    return feedback.reject(identifier, token.actor, plain_text(asked.reason or "", REASON_MAX, "reason"))


def _kept(answer: Response, token: Token | None) -> Response:
    """An answer as everybody may keep it; as nobody may, where a token shows what is for its holder alone."""
    if token is not None:
        answer.headers["Cache-Control"] = PRIVATE["Cache-Control"]
        answer.headers["Vary"] += ", Authorization"
    return answer


def _telling(services: Services, links: Links, token: Token | None) -> Telling:
    return Telling(links, services.settings.feedback_days, token)
