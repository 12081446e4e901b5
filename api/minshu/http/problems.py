"""Errors as RFC 9457 problem documents, or as pages where a person asks.

This is the one place where an error gets its status. What a stranger may not know - paths of this machine, how the
service is configured - stays in the log.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from minshu.bilingual import TAGS
from minshu.errors import (
    ApplicationsOverloaded,
    BadRequest,
    BudgetExceeded,
    ExportsOverloaded,
    FeedbackOverloaded,
    GrantMissing,
    GrantNeeded,
    JobsOverloaded,
    MinshuError,
    NotFound,
    ScopeMissing,
    SqlOverloaded,
    TokenInvalid,
    TokenMissing,
)
from minshu.http.answers import page_headers
from minshu.http.chinese import words_of
from minshu.http.ckan_api.errors import ckan_error, is_ckan
from minshu.http.conditional import PreconditionFailed, RangeNotSatisfiable
from minshu.http.front import HEADERS, REQUEST_ID, allowed_methods
from minshu.http.language import VARY, language_of
from minshu.http.links import Links
from minshu.http.negotiation import JSON_MEDIA, PROBLEM_MEDIA, wants_page
from minshu.http.pages import Pages
from minshu.http.statuses import DISCLOSED, MET, STATUS
from minshu.http.ways import ways_on
from minshu.reports import Language
from minshu.settings import Settings

log = logging.getLogger(__name__)

# What has no error of ours: the code and the title of each. The words of `HTTPStatus` change with Python's version.
REFUSALS: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus(400): (BadRequest.code, "The request cannot be understood"),
    HTTPStatus(404): (NotFound.code, "There is nothing under this address"),
    HTTPStatus(405): ("method-not-allowed", "The address does not answer to this method"),
    HTTPStatus(412): ("precondition-failed", "The answer is no longer the one that was asked for"),
    HTTPStatus(413): ("content-too-large", "The body is too long"),
    HTTPStatus(415): ("unsupported-media-type", "The body is of a media type that is not read here"),
    HTTPStatus(416): ("range-not-satisfiable", "The range lies outside of the file"),
    HTTPStatus(422): ("invalid-request", "The request cannot be read"),
    HTTPStatus(500): ("internal-error", "The service failed"),
}
REALM: Final = 'Bearer realm="minshu"'
INTERNAL: Final = "The service failed to answer. The fault is not in your request; its id helps the operator find it."


class Refused(Exception):
    """Ends a request with a problem that is known already."""

    def __init__(self, problem: "Problem") -> None:
        self.problem = problem
        super().__init__(problem.detail)


Answer = Callable[[Request, Exception], Awaitable[Response]]
"""Answers an error."""


@dataclass(frozen=True)
class Problem:
    """One problem, before it is written as JSON or HTML."""

    status: HTTPStatus
    code: str
    title: str
    detail: str
    data: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_data(self, **more: object) -> "Problem":
        """The problem, telling more."""
        return replace(self, data={**self.data, **more})


def problem_of(error: MinshuError) -> Problem:
    """What a reader may know of an error."""
    if not isinstance(error, MET):
        return internal_problem()
    status = _status(type(error))
    if not isinstance(error, DISCLOSED):
        return internal_problem(error.code, status)
    return Problem(status, error.code, _title(type(error)), str(error), vars(error), _told(error))


def _told(error: MinshuError) -> dict[str, str]:
    """The headers that tell what to do about an error: when to come again, or which token is asked for (RFC 6750)."""
    match error:
        case (
            BudgetExceeded()
            | ExportsOverloaded()
            | ApplicationsOverloaded()
            | FeedbackOverloaded()
            | SqlOverloaded()
            | JobsOverloaded()
        ):
            return {"Retry-After": str(error.retry_after)}
        case GrantMissing():
            return {}
        case TokenMissing() | GrantNeeded():
            return {"WWW-Authenticate": REALM}
        case TokenInvalid():
            return {"WWW-Authenticate": f'{REALM}, error="invalid_token", error_description="{error}"'}
        case ScopeMissing():
            # The name is whatever stood in the address.
            return {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{quote(error.scope, ":*")}"'}
    return {}


def told_problem(code: str, detail: str, data: Mapping[str, object]) -> Problem:
    """What a reader may know of an error that was met in another process, which told its code, words and data."""
    kind = _BY_CODE.get(code, MinshuError)
    if not issubclass(kind, DISCLOSED):
        return internal_problem(kind.code, _status(kind))
    return Problem(_status(kind), code, _title(kind), detail, data)


def internal_problem(code: str | None = None, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> Problem:
    """A fault of the service, of which a stranger learns nothing but its code."""
    own, title = REFUSALS[HTTPStatus.INTERNAL_SERVER_ERROR]
    return Problem(status, code or own, title, INTERNAL)


def refusal(
    status: HTTPStatus,
    detail: str,
    data: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """A problem that no error of ours stands for."""
    code, title = REFUSALS.get(status) or REFUSALS[HTTPStatus(400 if status < 500 else 500)]
    return Problem(status, code, title, detail, data or {}, headers or {})


def framework_problem(error: HTTPException, path: str) -> Problem:
    """A refusal by the framework: no such path, no such method."""
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else status.description or status.phrase
    headers = {**(error.headers or {})}
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed_methods(path)  # The framework forgets HEAD, and the methods of other routes.
    return refusal(status, detail, headers=headers)


def validation_problem(error: RequestValidationError) -> Problem:
    """Parameters that the framework could not read."""
    faults = [{"where": list(map(str, fault["loc"])), "reason": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{'.'.join(fault['where'])}: {fault['reason']}" for fault in faults)
    return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, detail, {"faults": faults})


def range_problem(error: RangeNotSatisfiable) -> Problem:
    """A range beyond the end of a file."""
    headers = {"Content-Range": f"bytes */{error.size}", "Accept-Ranges": "bytes"}
    return refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, str(error), {"bytes": error.size}, headers)


def known_problems() -> list[Problem]:
    """Every problem that a request can meet, for the documentation: one of each code, sorted by it."""
    refusals = [Problem(status, code, title, "") for status, (code, title) in REFUSALS.items()]
    errors = [Problem(_status(kind), kind.code, _title(kind), "") for top in MET for kind in _family(top)]
    return sorted(
        {problem.code: problem for problem in (*refusals, *errors)}.values(), key=lambda problem: problem.code
    )


def answering(settings: Settings, pages: Pages) -> Answer:
    """What answers an error with a problem document or page."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = _problem(request, error)
        if is_ckan(request.scope["path"]):
            return _enveloped(request, problem, Links.of(request, settings))
        if wants_page(request):
            # What could have been meant is looked up in the store.
            return await run_in_threadpool(_page, request, problem, pages)
        return _document(request, problem, Links.of(request, settings).prefix)

    return answer


def install(app: FastAPI, answer: Answer) -> None:
    """Make the application answer every error so."""
    for kind in (
        MinshuError,
        HTTPException,
        RequestValidationError,
        RangeNotSatisfiable,
        PreconditionFailed,
        Refused,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _problem(request: Request, error: Exception) -> Problem:
    match error:
        case MinshuError():
            if not isinstance(error, DISCLOSED):
                log.error("%s %s failed", request.method, request.url.path, exc_info=error)
            return problem_of(error)
        case HTTPException():
            return framework_problem(error, request.scope["path"])
        case RequestValidationError():
            return validation_problem(error)
        case RangeNotSatisfiable():
            return range_problem(error)
        case PreconditionFailed():
            return refusal(HTTPStatus.PRECONDITION_FAILED, str(error))
        case Refused():
            return error.problem
    return internal_problem()  # The server logs it.


def _status(kind: type[MinshuError]) -> HTTPStatus:
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def _title(kind: type[MinshuError]) -> str:
    return (kind.__doc__ or "").partition("\n")[0].partition(". ")[0].rstrip(".")


def _family(kind: type[MinshuError]) -> Iterator[type[MinshuError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


_BY_CODE: Final[Mapping[str, type[MinshuError]]] = {kind.code: kind for kind in _family(MinshuError)}


def _headers(request: Request, problem: Problem) -> dict[str, str]:
    # The handler of last resort answers outside of Front, so the common headers are put on here as well.
    common = {**HEADERS, REQUEST_ID: request.state.request_id}
    return {**common, **problem.headers, "Cache-Control": "no-store", **VARY}


def document(problem: Problem, prefix: str) -> dict[str, Any]:
    """A problem as RFC 9457 has it, without what is the request's own."""
    apply = f"{prefix}/datasets/{quote(str(problem.data.get('name')))}/applications"
    return {
        **problem.data,
        **({"apply": apply} if problem.code in (GrantNeeded.code, GrantMissing.code) else {}),
        "type": f"{prefix}/docs#{problem.code}",
        "title": problem.title,
        "status": problem.status.value,
        "detail": problem.detail,
        "code": problem.code,
    }


def _document(request: Request, problem: Problem, prefix: str) -> Response:
    language = language_of(request, Language.en)
    told = in_chinese(problem) if language is Language.zh else problem
    body = {
        **document(told, prefix),
        "instance": f"{prefix}{request.scope['path']}",
        "request_id": request.state.request_id,
    }
    headers = {**_headers(request, problem), "Content-Language": TAGS[language]}
    return Response(orjson.dumps(body, default=str), problem.status, headers, media_type=PROBLEM_MEDIA)


def _enveloped(request: Request, problem: Problem, links: Links) -> Response:
    """The problem as clients of CKAN read it, who look for words of English."""
    status, told = ckan_error(problem.status, problem.code, problem.detail, problem.data)
    body = {"help": links.to("api", "3", "action", "help_show"), "success": False, "error": told}
    return Response(orjson.dumps(body, default=str), status, _headers(request, problem), media_type=JSON_MEDIA)


def in_chinese(problem: Problem) -> Problem:
    """The problem in Chinese. Words of English follow that say more than its sentence does."""
    words = words_of(problem.code)
    sentence = words.said(problem.data)
    return replace(problem, title=words.title, detail=sentence if words.whole else f"{sentence} {problem.detail}")


def _page(request: Request, problem: Problem, pages: Pages) -> Response:
    page = pages.render(
        "error.html",
        request,
        problem=problem,
        chinese=words_of(problem.code),
        ways=ways_on(request, problem.code, problem.data),
        request_id=request.state.request_id,
    )
    headers = {**_headers(request, problem), **page_headers(request)}
    return Response(page, problem.status, headers, media_type="text/html")
