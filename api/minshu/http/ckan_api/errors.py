"""Errors as CKAN tells them: the statuses and types that its clients know."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from minshu.errors import ActionUnknown, BadRequest, BadSearch, ColumnNotFound

PREFIX: Final = "/api/"
"""What all addresses of CKAN's begin with."""

NOT_FOUND: Final = (HTTPStatus.NOT_FOUND, "Not Found Error")
REFUSED: Final = (HTTPStatus.FORBIDDEN, "Authorization Error")
INVALID: Final = (HTTPStatus.CONFLICT, "Validation Error")
UNREADABLE: Final = (HTTPStatus.BAD_REQUEST, "Bad Request")

_BY_CODE: Final[Mapping[str, tuple[HTTPStatus, str]]] = {
    BadSearch.code: (HTTPStatus.BAD_REQUEST, "Search Query Error"),
    ActionUnknown.code: UNREADABLE,
    BadRequest.code: UNREADABLE,
    ColumnNotFound.code: INVALID,
}
_BY_STATUS: Final[Mapping[HTTPStatus, tuple[HTTPStatus, str]]] = {
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.GONE: NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: REFUSED,
    HTTPStatus.FORBIDDEN: REFUSED,
    HTTPStatus.BAD_REQUEST: INVALID,
    HTTPStatus.NOT_ACCEPTABLE: INVALID,
    HTTPStatus.UNPROCESSABLE_ENTITY: INVALID,
}


def is_ckan(path: str) -> bool:
    """Whether a path is one of CKAN's, whose clients know no problem documents."""
    return path.startswith(PREFIX)


def ckan_error(
    status: HTTPStatus, code: str, detail: str, data: Mapping[str, object]
) -> tuple[HTTPStatus, dict[str, Any]]:
    """The status, and what stands under `error`: what is wrong with an argument under the argument's name too."""
    status, kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or (status, status.phrase)
    argument = data.get("argument")
    named = {str(argument): [data.get("reason", detail)]} if argument else {}
    told = {name: value for name, value in data.items() if name not in ("argument", "reason")} if argument else data
    return status, {**named, **told, "__type": kind, "message": detail, "code": code}
