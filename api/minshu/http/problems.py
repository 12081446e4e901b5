"""Errors as RFC 9457 problem documents, or as pages where a person asks.

This is the one place where an error gets its status. What a stranger may not know - paths of this machine, how the
service is configured - stays in the log.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from minshu.errors import (
    BadRequest,
    MinshuError,
    NotAcceptable,
    NotFound,
    SqlError,
    SqlOverloaded,
    SqlRefused,
    SqlTimeout,
    SqlTooLarge,
    StoreError,
    StoreFailed,
)
from minshu.http.conditional import RangeNotSatisfiable
from minshu.http.front import HEADERS, REQUEST_ID, allowed_methods
from minshu.http.negotiation import PROBLEM_MEDIA, wants_page
from minshu.http.pages import Pages

log = logging.getLogger(__name__)

STATUS: Final[dict[type[MinshuError], HTTPStatus]] = {
    MinshuError: HTTPStatus.INTERNAL_SERVER_ERROR,
    NotFound: HTTPStatus.NOT_FOUND,
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    SqlError: HTTPStatus.BAD_REQUEST,
    SqlRefused: HTTPStatus.FORBIDDEN,
    # Not 504: clients and proxies repeat that by themselves, and the same query would take as long again.
    SqlTimeout: HTTPStatus.UNPROCESSABLE_ENTITY,
    SqlTooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
    SqlOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Whose words are for strangers. The others may name paths of this machine.
DISCLOSED: Final = (NotFound, BadRequest, SqlError)
INTERNAL: Final = "The service failed to answer. The fault is not in your request; its id helps the operator find it."


@dataclass(frozen=True)
class Problem:
    """One problem, before it is written as JSON or HTML."""

    status: HTTPStatus
    code: str
    title: str
    detail: str
    data: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: MinshuError) -> Problem:
    """What a reader may know of an error."""
    status = _status(type(error))
    if not isinstance(error, DISCLOSED):
        return internal_problem(error.code, status)
    retry = {"Retry-After": str(error.retry_after)} if isinstance(error, SqlOverloaded) else {}
    return Problem(status, error.code, _title(type(error)), str(error), vars(error), retry)


def internal_problem(code: str = "internal-error", status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> Problem:
    """A fault of the service, of which a stranger learns nothing but its code."""
    return Problem(status, code, "The service failed", INTERNAL)


def framework_problem(error: HTTPException, path: str) -> Problem:
    """A refusal by the framework: no such path, no such method."""
    status = HTTPStatus(error.status_code)
    code = re.sub(r"[^a-z]+", "-", status.phrase.lower())
    detail = error.detail if error.detail != status.phrase else status.description or status.phrase
    headers = {**(error.headers or {})}
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed_methods(path)  # The framework forgets HEAD, and the methods of other routes.
    return Problem(status, code, status.phrase, detail, headers=headers)


def validation_problem(error: RequestValidationError) -> Problem:
    """Parameters that the framework could not read."""
    faults = [{"where": list(map(str, fault["loc"])), "reason": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{'.'.join(fault['where'])}: {fault['reason']}" for fault in faults)
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request cannot be read",
        detail,
        {"faults": faults},
    )


def range_problem(error: RangeNotSatisfiable) -> Problem:
    """A range beyond the end of a file."""
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    headers = {"Content-Range": f"bytes */{error.size}", "Accept-Ranges": "bytes"}
    return Problem(status, "range-not-satisfiable", status.phrase, str(error), {"bytes": error.size}, headers)


def known_problems() -> list[Problem]:
    """Every problem that an error of ours can become, for the documentation: sorted by code."""
    kinds = [kind for family in (*DISCLOSED, StoreError) for kind in _family(family)]
    found = [Problem(_status(kind), kind.code, _title(kind), "") for kind in kinds]
    return sorted(found, key=lambda problem: problem.code)


def install(app: FastAPI, pages: Pages) -> None:
    """Make the application answer every error with a problem document or page."""

    def answer(request: Request, problem: Problem) -> Response:
        return _page(request, problem, pages) if wants_page(request) else _document(request, problem)

    async def on_minshu_error(request: Request, error: Exception) -> Response:
        problem = problem_of(cast("MinshuError", error))
        if not isinstance(error, DISCLOSED):
            log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(request, problem)

    async def on_framework_error(request: Request, error: Exception) -> Response:
        return answer(request, framework_problem(cast("HTTPException", error), request.scope["path"]))

    async def on_invalid_request(request: Request, error: Exception) -> Response:
        return answer(request, validation_problem(cast("RequestValidationError", error)))

    async def on_bad_range(request: Request, error: Exception) -> Response:
        return answer(request, range_problem(cast("RangeNotSatisfiable", error)))

    async def on_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001  # the server logs it
        return answer(request, internal_problem())

    app.add_exception_handler(MinshuError, on_minshu_error)
    app.add_exception_handler(HTTPException, on_framework_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(RangeNotSatisfiable, on_bad_range)
    app.add_exception_handler(Exception, on_fault)


def _status(kind: type[MinshuError]) -> HTTPStatus:
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def _title(kind: type[MinshuError]) -> str:
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")


def _family(kind: type[MinshuError]) -> Iterator[type[MinshuError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _headers(request: Request, problem: Problem) -> dict[str, str]:
    # The handler of last resort answers outside of Front, so the common headers are put on here as well.
    common = {**HEADERS, REQUEST_ID: request.state.request_id}
    return {**common, **problem.headers, "Cache-Control": "no-store", "Vary": "Accept"}


def _document(request: Request, problem: Problem) -> Response:
    body: dict[str, Any] = {
        **problem.data,
        "type": f"/docs#{problem.code}",
        "title": problem.title,
        "status": problem.status.value,
        "detail": problem.detail,
        "instance": request.scope["path"],
        "code": problem.code,
        "request_id": request.state.request_id,
    }
    return Response(
        orjson.dumps(body, default=str), problem.status, _headers(request, problem), media_type=PROBLEM_MEDIA
    )


def _page(request: Request, problem: Problem, pages: Pages) -> Response:
    page = pages.render("error.html", request, problem=problem, request_id=request.state.request_id)
    return Response(page, problem.status, _headers(request, problem), media_type="text/html")
