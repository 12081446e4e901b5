"""The protocol, by its SDK: what the tools and texts are called there, and what answers and errors become.

Both eras of the protocol are spoken, that with a handshake (until 2025-11-25) and that without one (2026-07-28), and no
state is kept between two messages: any server process answers any of them.
"""

import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any, Final, TypeVar, cast

import mcp_types as types
import orjson
from anyio import to_thread
from fastapi import Request
from mcp.server import Server
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError

from minshu.errors import MinshuError
from minshu.http.assistants import texts
from minshu.http.assistants.asking import Asking
from minshu.http.assistants.tools import INSTRUCTIONS, TOOLS, Tool
from minshu.http.problems import Problem, document, in_chinese, internal_problem, problem_of
from minshu.http.statuses import DISCLOSED
from minshu.reports import Language

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
Result = TypeVar("Result")

HOUR: Final = 3_600_000
"""Milliseconds for which clients need not ask again which tools there are."""

_HINTS: Final = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def manager(most: int) -> StreamableHTTPSessionManager:
    """What answers messages of so many bytes at most, as long as its `run` lasts."""
    server = Server(
        "minshu",
        version=version("minshu"),
        title="Minshu 闽数",
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": CacheHint(HOUR, "public"), "server/discover": CacheHint(HOUR, "public")},
        get_tool_input_schema=lambda name: _schema(TOOLS[name]) if name in TOOLS else None,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
        on_list_resources=_list_texts,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_text,
    )
    server.middleware.clear()  # It traces; the service counts by itself.
    return StreamableHTTPSessionManager(
        server,
        json_response=True,
        stateless=True,
        max_request_body_size=most,
        # Names of hosts and sites are to protect what only who sits here may reach. This is open to every site, as all
        # other addresses are: nothing is known of who asks but what he shows, and no cookie is.
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def running(most: int) -> tuple[AbstractAsyncContextManager[None], Any]:
    """The lifetime of a manager, and the application that answers meanwhile."""
    made = manager(most)
    return made.run(), made.asgi_app


async def _list_tools(_context: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])


async def _call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    tool = TOOLS.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name!r}. Tools: {', '.join(TOOLS)}.")
    asking = _asking(context)
    try:
        answer, words = await to_thread.run_sync(tool.call, asking, params.arguments or {})
    except Exception as error:  # noqa: BLE001  # Whatever it is, the model is told, and no more than anybody is.
        return _failed(asking, _problem(asking, error))
    body = orjson.dumps(answer, default=str)
    content = [_text(words), _text(body.decode())]
    return types.CallToolResult(content=[*content], structured_content=orjson.loads(body))


async def _list_texts(context: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
    asking = _asking(context)
    found, cursor = await _told(asking, lambda: texts.texts(asking, params.cursor if params else None))
    listed = [
        types.Resource(uri=text.url, name=text.name, title=text.title, mime_type=text.media_type, size=text.bytes)
        for text in found
    ]
    return types.ListResourcesResult(resources=listed, next_cursor=cursor)


async def _list_templates(
    context: Context, _params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(
        uri_template=texts.template(_asking(context)),
        name="text",
        title="A text of a release / 版本中的文本",
        description=f"One of {', '.join(texts.NAMES)}, of any version. They are their publishers' words.",
    )
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def _read_text(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    asking = _asking(context)
    text, told = await _told(asking, lambda: texts.read(asking, str(params.uri)))
    contents = types.TextResourceContents(uri=str(params.uri), mime_type=text.media_type, text=told)
    return types.ReadResourceResult(contents=[contents])


async def _told(asking: Asking, read: Callable[[], Result]) -> Result:
    """What is read, in a thread. Raises MCPError with the words of what went wrong."""
    try:
        return await to_thread.run_sync(read)
    except Exception as error:  # noqa: BLE001  # As above.
        problem = _problem(asking, error)
        code = types.INVALID_PARAMS if problem.status < 500 else types.INTERNAL_ERROR
        raise MCPError(code, f"{problem.code}: {_clean(problem.detail)}", {"code": problem.code}) from None


def _asking(context: Context) -> Asking:
    # There is a request wherever messages come by HTTP.
    return Asking.of(cast("Request", context.request))


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_schema(tool),
        output_schema=tool.gives.model_json_schema(),
        annotations=_HINTS,
    )


def _schema(tool: Tool) -> dict[str, Any]:
    return tool.takes.model_json_schema()


def _problem(asking: Asking, error: Exception) -> Problem:
    """What a reader may know of an error; the log has the rest."""
    if not isinstance(error, DISCLOSED):
        log.error("A tool failed", exc_info=error)
    problem = problem_of(error) if isinstance(error, MinshuError) else internal_problem()
    return in_chinese(problem) if asking.language is Language.zh else problem


def _failed(asking: Asking, problem: Problem) -> types.CallToolResult:
    """An error as a tool tells it: the code and what to do, and all its data as the other routes have it.

    It is no structured answer, for clients hold that against the schema of the tool's answers.
    """
    told = {**document(problem, asking.links.base), "request_id": asking.request.state.request_id}
    data = json.dumps({**told, **_headers(problem)}, ensure_ascii=False, default=str)
    content = [_text(_clean(f"{problem.code}: {problem.detail}")), _text(_clean(data))]
    return types.CallToolResult(content=[*content], is_error=True)


def _headers(problem: Problem) -> dict[str, str]:
    """When to come again, where that is known."""
    wait = problem.headers.get("Retry-After")
    return {"retry_after": wait} if wait else {}


def _text(text: str) -> types.TextContent:
    return types.TextContent(text=text)


def _clean(text: str) -> str:
    """A text that may hold halves of characters, without them: they can stand in JSON, and in nothing that is sent."""
    return text.encode("utf-8", "replace").decode()
