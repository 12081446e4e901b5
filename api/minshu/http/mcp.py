"""The Model Context Protocol: one address that assistants send their messages to."""

from typing import Any, Final

from anyio import sleep_forever
from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minshu.http.dependencies import ServicesDep, read_body, watching
from minshu.http.identity import reader
from minshu.http.negotiation import JSON_MEDIA

router = APIRouter(tags=["Assistants"])

_NO_STORE: Final = (b"cache-control", b"no-store")

_MESSAGE: Final = {
    "type": "object",
    "required": ["jsonrpc", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"description": "A text or a whole number; what has another or none is a notification."},
        "method": {"type": "string"},
        "params": {"type": ["object", "null"]},
    },
}
BODY: Final = {"required": True, "content": {JSON_MEDIA: {"schema": _MESSAGE}}}
_ERROR: Final = {"content": {JSON_MEDIA: {"schema": {"type": "object"}}}}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The answer to a message, a result or an error.", **_ERROR},
    202: {"description": "A notification was taken."},
    400: {"description": "The message is none, or of no version that is spoken here.", **_ERROR},
    404: {"description": "There is no such method.", **_ERROR},
    406: {"description": "The client does not take JSON.", **_ERROR},
}


@router.post(
    "/mcp",
    summary="A message of the Model Context Protocol",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={"requestBody": BODY},
    dependencies=[Depends(reader)],
)
async def exchange(request: Request, services: ServicesDep) -> Response:
    """One message of JSON-RPC, and its answer as JSON: tools that search, describe and query, and texts of releases.

    Streamable HTTP without sessions; `docs/mcp.md` tells the tools. What goes wrong in a tool is told in its answer.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON_MEDIA:
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be {JSON_MEDIA}.")
    message = await read_body(request, services.assistants.most)
    return Exchange(await services.assistants.app(), message)


class Exchange(Response):
    """One message and its answer, with what tells the tools that nobody waits for it any more."""

    def __init__(self, app: ASGIApp, message: bytes) -> None:
        super().__init__()
        self._app, self._message = app, message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the SDK. What it makes of a message is for its sender alone, so nobody is to keep it."""
        waiting = [{"type": "http.request", "body": self._message, "more_body": False}]

        async def receive_again() -> Message:
            if not waiting:
                await sleep_forever()  # Whether the client is still there is watched here.
            return waiting.pop()

        async def send_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], _NO_STORE]}
            await send(message)

        async with watching(Request(scope, receive)) as gone:
            scope["state"]["gone"] = gone
            await self._app(scope, receive_again, send_once)
