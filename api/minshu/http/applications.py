"""Applications for conditional data: anybody may send one, its applicant may look after it, and who may decides it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from minshu.applications import Application, State
from minshu.browse import Release
from minshu.deadlines import deadline
from minshu.errors import ApplicationNotFound, BadParameter, NothingToApplyFor
from minshu.http.answers import json_answer, page_headers
from minshu.http.application_models import (
    APPLICATION,
    CONTACT_MAX,
    DECISION,
    PURPOSE_MAX,
    REASON_MAX,
    TERM_MAX,
    ApplicationModel,
    ApplicationsModel,
    ReceivedModel,
)
from minshu.http.dependencies import AccountDep, LinksDep, Name, PairsDep, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.identity import WRITING, IdentityDep, bearer, identity, require, shown
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.opening import Attribute
from minshu.tokens import Verb, parts_of

router = APIRouter(prefix="/datasets/{name}/applications", tags=["Applications"])

COST: Final = 20.0
"""Seconds of query time that an application costs its sender: people need few."""

PRIVATE: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}
RECEIVED: Final[dict[int | str, dict[str, Any]]] = {201: answers(ReceivedModel, page=True, held=False)[200]}

Id = Annotated[str, Path(description="The application's id.")]


async def application(
    request: Request, services: ServicesDep, account: AccountDep, name: Name, application: Id
) -> Application:
    """The application of the address, for who sent it and for who decides of it.

    Raises ApplicationNotFound, TokenMissing, TokenInvalid or ScopeMissing.
    """
    text = shown(request)
    if (parts_of(text) or ("", ""))[0] == application:
        await services.gate.proven(services.applications.prove, text, account)
    else:
        require(await identity(request, await bearer(request)), Verb.decide, name)
    return await to_thread.run_sync(_of, services, name, application)


ApplicationDep = Annotated[Application, Depends(application)]


@router.post(
    "",
    summary="Apply for conditional data",
    status_code=201,
    responses=RECEIVED,
    dependencies=[WRITING],
    openapi_extra=APPLICATION,
)
def send_application(
    request: Request, services: ServicesDep, links: LinksDep, account: AccountDep, pairs: PairsDep, name: Name
) -> Response:
    """Takes in an application, with purpose, term and contact; no login is needed.

    The answer tells a token, this once. With it the applicant sees how his application stands, and once that is
    granted, it opens the data.
    """
    _require_conditional(newest(services.library, services.library.dataset(name)))
    given = _given(pairs, {"purpose": PURPOSE_MAX, "term": TERM_MAX, "contact": CONTACT_MAX})
    account.seconds += COST
    found, token = services.applications.receive(name, **given, most=services.settings.applications)
    told = {**_told(found, services, links), "token": token}
    headers = {**PRIVATE, "Location": told["url"]}
    if negotiated(request) == JSON_MEDIA:
        answer = json_answer(told, headers)
    else:
        page = services.pages.render("application.html", request, application=told)
        told_apart = {**page_headers(request), **headers, "Vary": "Accept, Accept-Language, Authorization"}
        answer = Response(page, headers=told_apart, media_type=HTML_MEDIA)
    answer.status_code = 201
    return answer


@router.get("", summary="The applications for a dataset", responses=answers(ApplicationsModel, held=False))
def list_applications(services: ServicesDep, links: LinksDep, token: IdentityDep, name: Name) -> Response:
    """All of them, oldest first, for who decides: it needs a token of the scope `decide:NAME`."""
    require(token, Verb.decide, name)
    found = [_told(one, services, links) for one in services.applications.of(name)]
    return json_answer({"applications": found}, PRIVATE)


@router.get("/{application}", summary="An application", responses=answers(ApplicationModel, held=False))
def show_application(services: ServicesDep, links: LinksDep, application: ApplicationDep) -> Response:
    """How an application stands, for who shows its token, or one of the scope `decide:NAME`."""
    return json_answer(_told(application, services, links), PRIVATE)


@router.post(
    "/{application}",
    summary="Decide an application",
    responses=answers(ApplicationModel, held=False),
    dependencies=[WRITING],
    openapi_extra=DECISION,
)
def decide_application(
    services: ServicesDep, links: LinksDep, token: IdentityDep, pairs: PairsDep, name: Name, application: Id
) -> Response:
    """Grants or refuses an application, or revokes a grant, with a reason; it needs the scope `decide:NAME`.

    A grant holds for the term that was applied for, unless `expires` is given.
    """
    require(token, Verb.decide, name)
    known, decisions = _of(services, name, application), services.applications
    given = _given(pairs, {"state": TERM_MAX, "reason": REASON_MAX}, {"expires": TERM_MAX})
    match given["state"]:
        case State.granted:
            decided = decisions.grant(known.id, token.actor, given["reason"], given.get("expires"))
        case State.refused:
            decided = decisions.refuse(known.id, token.actor, given["reason"])
        case State.revoked:
            decided = decisions.revoke(known.id, token.actor, given["reason"])
        case other:
            raise BadParameter(f"state is {other!r}, but must be granted, refused or revoked.")
    return json_answer(_told(decided, services, links), PRIVATE)


def _of(services: Services, name: str, identifier: str) -> Application:
    """An application for a dataset. Raises ApplicationNotFound."""
    found = services.applications.application(identifier)
    if found.dataset != name:
        raise ApplicationNotFound(identifier)
    return found


def _require_conditional(release: Release) -> None:
    """Make sure that there is something to apply for. Raises NothingToApplyFor."""
    openings = release.openings
    if all(one.attribute is not Attribute.conditional for one in (openings.package, *openings.resources.values())):
        raise NothingToApplyFor(release.name, openings.whole.attribute)


def _given(
    pairs: Sequence[tuple[str, str]], required: Mapping[str, int], optional: Mapping[str, int] | None = None
) -> dict[str, str]:
    """What was sent, each by its name and within its length. Raises BadParameter."""
    given, known = dict(pairs), {**required, **(optional or {})}
    if len(given) < len(pairs) or not given.keys() <= known.keys():
        raise BadParameter(f"What may be sent, each once: {', '.join(known)}.")
    for name in required:
        if not given.get(name, "").strip():
            raise BadParameter(f"{name} is missing.")
    for name, text in given.items():
        if len(text) > known[name]:
            raise BadParameter(f"{name} is longer than {known[name]} characters.")
    return {name: text.strip() for name, text in given.items() if text.strip()}


def _told(one: Application, services: Services, links: Links) -> dict[str, Any]:
    due = deadline(one.received, services.settings.decision_days)
    return {
        "id": one.id,
        "dataset": one.dataset,
        "state": one.state,
        "holds": one.holds(datetime.now(UTC)),
        "received": one.received,
        "due": due.day,
        "due_is_exact": due.is_exact,
        "purpose": one.purpose,
        "term": one.term,
        "contact": one.contact,
        "decided": one.decided,
        "reason": one.reason,
        "expires": one.expires,
        "url": links.to("datasets", one.dataset, "applications", one.id),
    }
