"""CKAN's Action API, as far as it reads: for ckanapi and for harvesters that know it.

https://docs.ckan.org/en/2.11/api/ tells the form of the answers.
"""

from collections.abc import AsyncIterator
from threading import Event
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AfterValidator
from starlette.responses import Response

from minshu.http.answers import data, json_answer
from minshu.http.ckan_api.actions import ACTIONS, Call, called, datastore_search_sql
from minshu.http.ckan_api.arguments import ArgumentsDep
from minshu.http.ckan_api.errors import INVALID, NOT_FOUND, REFUSED, UNREADABLE
from minshu.http.ckan_api.models import BODY, PARAMETERS, CkanErrorModel, CkanModel
from minshu.http.dependencies import AccountDep, LinksDep, ServicesDep, watching
from minshu.http.front import decoded
from minshu.http.identity import ReaderDep
from minshu.http.links import with_query
from minshu.http.models import HELD
from minshu.sql import Asker

router = APIRouter(prefix="/api", tags=["Catalogue"])

NO_STORE: Final = {"Cache-Control": "no-store"}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": CkanModel, "description": "What the action gives, under `result`."},
    **{
        status.value: {"model": CkanErrorModel, "description": f"{kind}, under `error`."}
        for status, kind in (UNREADABLE, REFUSED, NOT_FOUND, INVALID)
    },
}
Name = Annotated[
    str,
    AfterValidator(decoded),
    Path(description="The action.", json_schema_extra={"enum": list(ACTIONS)}, examples=["package_list"]),
]


async def gone(request: Request, action: Name, _: ArgumentsDep) -> AsyncIterator[Event | None]:
    """Set when the client goes away, for what may take long; the body is read by then."""
    if action != datastore_search_sql.__name__:
        yield None
        return
    async with watching(request) as event:
        yield event


GoneDep = Annotated[Event | None, Depends(gone)]


@router.get(
    "/3/action/{action}",
    summary="Ask as of a CKAN",
    responses={**ANSWERS, **HELD},
    openapi_extra={"parameters": PARAMETERS},
)
@router.get(
    "/action/{action}",
    summary="The same, where ckanapi asks",
    responses={**ANSWERS, **HELD},
    openapi_extra={"parameters": PARAMETERS},
)
def act(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    reader: ReaderDep,
    arguments: ArgumentsDep,
    gone: GoneDep,
    action: Name,
) -> Response:
    """An action of CKAN's API that reads. `help_show` tells what each takes."""
    call = Call(arguments, services, links, reader, Asker(account, gone), [])
    result = called(action, call)
    request.state.reads = call.reads
    help_url = with_query(links.to("api", "3", "action", "help_show"), [("name", action)])
    body = {"help": help_url, "success": True, "result": result}
    return json_answer(body, NO_STORE) if request.method == "POST" else data(request, body)


for _path in ("/3/action/{action}", "/action/{action}"):
    router.post(
        _path,
        summary="The same, the arguments in the body",
        responses=ANSWERS,
        openapi_extra={"requestBody": BODY},
    )(act)
