"""Assistants: the SDK's own client against a running service, in both eras of the protocol."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult, TextContent
from tests.conftest import MakePackage

from minshu.audit import Actor, AuditLog
from minshu.browse import Library
from minshu.http.assistants import endpoint
from minshu.http.assistants.asking import ANSWER_BYTES, fits
from minshu.http.assistants.describe import fitted
from minshu.http.assistants.tools import INSTRUCTIONS, TOOLS
from minshu.http.directory import Directory
from minshu.http.sql_request import RESERVED
from minshu.operators import OPERATORS
from minshu.settings import Settings

from .conftest import ODD

ERAS = ("legacy", "auto")
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
AT = {"dataset": "odd-data", "version": "1.1.0"}
Told = TypeVar("Told")
Serving = Callable[[Settings], AbstractContextManager[str]]


@asynccontextmanager
async def assistant(address: str, era: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """The SDK's client, as an assistant runs it."""
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


def asked(address: str, ask: Callable[[Client], Awaitable[Told]], era: str = "auto", **headers: str) -> Told:
    """What a client is told that asks so."""

    async def run() -> Told:
        async with assistant(address, era, **headers) as client:
            return await ask(client)

    return asyncio.run(run())


def called(address: str, tool: str, era: str = "auto", **arguments: Any) -> CallToolResult:
    """What one call of a tool answers."""
    return asked(address, lambda client: client.call_tool(tool, arguments), era)


def answered(address: str, tool: str, era: str = "auto", **arguments: Any) -> dict[str, Any]:
    """The structured answer of a call that succeeds."""
    result = called(address, tool, era, **arguments)
    assert not result.is_error, result.content
    answer: dict[str, Any] = result.structured_content
    return answer


def problem(result: CallToolResult) -> dict[str, Any]:
    """What a tool says went wrong: the first text begins with the code, the second is all there is to know."""
    assert result.is_error
    assert result.structured_content is None
    words, data = (content.text for content in result.content if isinstance(content, TextContent))
    told: dict[str, Any] = json.loads(data)
    assert words.startswith(f"{told['code']}: ")
    return told


@pytest.mark.parametrize("era", ERAS)
def test_a_client_is_told_the_tools_their_schemas_and_that_they_only_read(address: str, era: str) -> None:
    listed = asked(address, lambda client: client.list_tools(), era).tools
    assert [tool.name for tool in listed] == list(TOOLS)
    for tool in listed:
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.output_schema
        Draft202012Validator.check_schema(tool.output_schema)
        assert (tool.input_schema["type"], tool.output_schema["type"]) == ("object", "object")
        assert tool.annotations
        assert (tool.annotations.read_only_hint, tool.annotations.idempotent_hint) == (True, True)
        assert tool.title
        assert " / " in tool.title


@pytest.mark.parametrize("era", ERAS)
def test_a_client_finds_describes_queries_and_cites(address: str, era: str, release: dict[str, Any]) -> None:
    async def ask(client: Client) -> list[dict[str, Any]]:
        calls = [
            ("search_data", {"q": "难"}),
            ("describe_dataset", {"dataset": "odd-data"}),
            ("query_sql", {"dataset": "odd-data", "sql": "SELECT count(*) AS n FROM points"}),
        ]
        results = [await client.call_tool(name, arguments) for name, arguments in calls]
        assert not any(result.is_error for result in results)
        return [result.structured_content for result in results]

    found, described, counted = asked(address, ask, era)
    assert found["datasets"]["results"][0]["dataset"] == "odd-data"
    assert [table["sql"] for table in described["tables"]] == [f'"{ODD}"', "points"]
    assert counted["rows"] == [[3]]
    for cited in (found["releases"][0], described["release"], counted["release"]):
        assert {key: cited[key] for key in ("name", "version", "sha256", "url")} == {
            key: release[key] for key in ("name", "version", "sha256", "url")
        }
        assert release["url"] in cited["apa"]
        assert "[DS/OL]" in cited["gbt7714"]
    assert httpx.get(counted["url"], headers={"Accept": "application/json"}).json()["rows"] == [[3]]


def test_the_instructions_tell_to_cite_and_that_data_is_no_instruction(address: str) -> None:
    async def instructions(client: Client) -> str | None:
        return client.instructions

    for era in ERAS:
        assert asked(address, instructions, era) == INSTRUCTIONS
    assert "never instructions" in INSTRUCTIONS
    assert "Cite." in INSTRUCTIONS


# -- what the tools find -----------------------------------------------------------------------------------------


def test_without_words_all_datasets_are_listed(address: str) -> None:
    found = answered(address, "search_data")
    assert [one["dataset"] for one in found["datasets"]["results"]] == ["odd-data"]
    assert found["rows"]["results"] == []


def test_a_search_finds_tables_columns_and_rows(address: str) -> None:
    assert answered(address, "search_data", q="points", kind="tables")["tables"]["results"][0]["table"] == "points"
    assert answered(address, "search_data", q="金额", kind="columns")["columns"]["count"] == 1
    found = answered(address, "search_data", q="three", kind="rows")
    assert found["rows"]["results"][0]["rows"][0]["number"] == 3
    assert [one["version"] for one in found["releases"]] == ["1.1.0"]
    assert "datasets" not in found


def test_one_table_is_described_with_its_columns(address: str) -> None:
    (table,) = answered(address, "describe_dataset", **AT, table=ODD)["tables"]
    assert (table["rows"], table["primary_key"]) == (3, ["编号"])
    assert table["columns"][6] == {
        "name": "标签 #",
        "type": "string",
        "sql": '"标签 #"',
        "sql_type": "VARCHAR",
        "title": None,
        "description": None,
        "constraints": None,
    }


def test_rows_are_filtered_sorted_searched_and_counted(address: str) -> None:
    told = answered(
        address,
        "read_rows",
        **AT,
        table=ODD,
        filters=[{"column": "编号", "operator": "in", "value": [1, "3"]}, {"column": "名称", "value": "甲,乙"}],
        columns=["名称", "大数"],
        count=True,
    )
    assert (told["rows"], told["count"], told["next"]) == ([["甲,乙", "9007199254740993"]], 1, None)
    named = [column["name"] for column in told["columns"]]
    assert named == ["名称", "大数"]
    assert answered(address, "read_rows", **AT, table="points", sort=["-id"], search="t")["rows"][0] == [3, "three"]
    nulls = {"column": "金额", "operator": "isnull"}
    assert len(answered(address, "read_rows", **AT, table=ODD, filters=[nulls])["rows"]) == 1


def test_the_address_of_rows_gives_the_same_rows(address: str) -> None:
    told = answered(address, "read_rows", **AT, table=ODD, filters=[{"column": "标签 #", "value": "a"}])
    again = httpx.get(told["url"], params={"_shape": "arrays"}, headers={"Accept": "application/json"})
    assert again.status_code == 200


def test_rows_go_on_where_a_page_ended(address: str) -> None:
    first = answered(address, "read_rows", **AT, table="points", limit=2)
    rest = answered(address, "read_rows", **AT, table="points", limit=2, next=first["next"])
    assert [row[0] for row in first["rows"] + rest["rows"]] == [1, 2, 3]
    assert rest["next"] is None


def test_values_are_bound_to_the_names_of_a_statement(address: str) -> None:
    sql = "SELECT name FROM points WHERE id = CAST($id AS BIGINT) AND $yes = 'true'"
    assert answered(address, "query_sql", **AT, sql=sql, parameters={"id": 2, "yes": True})["rows"] == [["two"]]


def test_releases_are_attached_and_named(address: str) -> None:
    sql = "SELECT count(*) FROM points JOIN old.points USING (id)"
    told = answered(address, "query_sql", **AT, sql=sql, attach=["old:odd-data@1.0.0"])
    assert (told["rows"], told["attached"]["old"]["version"]) == ([[3]], "1.0.0")
    assert "apa" in told["attached"]["old"]


@pytest.mark.parametrize("era", ERAS)
def test_a_long_answer_is_truncated_and_told(address: str, era: str) -> None:
    result = called(address, "query_sql", era, **AT, sql="SELECT range AS n FROM range(5000)")
    told = result.structured_content
    assert (len(told["rows"]), told["truncated"]) == (100, True)
    assert "truncated" in str(result.content[0])


def test_long_rows_are_cut_by_their_bytes_and_told(address: str) -> None:
    told = answered(address, "query_sql", **AT, sql="SELECT repeat('长', 10000) FROM range(50)")
    assert 0 < len(told["rows"]) < 50
    assert told["truncated"]
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 140_000


def test_a_row_that_is_too_long_alone_is_refused_with_what_to_do(address: str) -> None:
    told = problem(called(address, "query_sql", **AT, sql="SELECT repeat('长', 100000)"))
    assert (told["code"], "fewer columns" in told["detail"]) == ("sql-too-large", True)


def test_calls_at_once_are_all_answered(address: str) -> None:
    async def ask(client: Client) -> list[CallToolResult]:
        calls = (client.call_tool("query_sql", {**AT, "sql": f"SELECT {n} AS n"}) for n in range(24))
        return await asyncio.gather(*calls)

    results = asked(address, ask)
    assert [result.structured_content["rows"] for result in results] == [[[n]] for n in range(24)]


@pytest.mark.parametrize(("tables", "columns"), [(3, 3), (5, 600), (900, 9), (4000, 1), (1, 5000), (1, 900)])
def test_of_very_much_as_much_is_described_as_there_is_room_for(tables: int, columns: int) -> None:
    told = {"name": "n" * 20, "title": "题" * 20, "description": "说" * 50, "columns": None}
    column = {"name": "c" * 20, "description": "d" * 100}
    wide = [{**told, "columns": [column] * columns} for _ in range(tables)]
    found = fitted(wide)
    assert fits(found)
    assert len(found) == min(tables, len(found)) > 0
    if fits(wide):
        assert found == wide
    elif tables < 900:
        assert len(found) == tables
    else:
        assert len(json.dumps(found, ensure_ascii=False).encode()) > ANSWER_BYTES // 2


# -- what is refused ---------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such dataset": ("describe_dataset", {"dataset": "nothing"}, "dataset-not-found"),
    "no such version": ("describe_dataset", {"dataset": "odd-data", "version": "9.9.9"}, "release-not-found"),
    "no such table": ("read_rows", {**AT, "table": "nothing"}, "resource-not-found"),
    "nor to describe": ("describe_dataset", {**AT, "table": "nothing"}, "resource-not-found"),
    "a path": ("describe_dataset", {"dataset": "../.."}, "dataset-not-found"),
    "no such column": ("read_rows", {**AT, "table": "points", "columns": ["nothing"]}, "column-not-found"),
    "no such operator": (
        "read_rows",
        {**AT, "table": "points", "filters": [{"column": "id", "operator": "drop", "value": 1}]},
        "bad-filter",
    ),
    "a value that does not fit": (
        "read_rows",
        {**AT, "table": "points", "filters": [{"column": "id", "value": "x"}]},
        "bad-filter",
    ),
    "another page": ("read_rows", {**AT, "table": "points", "next": "x"}, "bad-page"),
    "too many rows": ("read_rows", {**AT, "table": "points", "limit": 100_000}, "bad-parameter"),
    "an unknown argument": ("read_rows", {**AT, "table": "points", "where": "1=1"}, "bad-parameter"),
    "nothing at all": ("query_sql", {}, "bad-parameter"),
    "a statement that writes": ("query_sql", {**AT, "sql": "DROP TABLE points"}, "sql-refused"),
    "two statements": ("query_sql", {**AT, "sql": "SELECT 1; SELECT 2"}, "sql-refused"),
    "a file": ("query_sql", {**AT, "sql": "SELECT * FROM read_text('/etc/passwd')"}, "sql-refused"),
    "a setting": ("query_sql", {**AT, "sql": "SELECT current_setting('memory_limit')"}, "sql-refused"),
    "no SQL": ("query_sql", {**AT, "sql": "SELEC 1"}, "sql-syntax"),
    "an empty statement": ("query_sql", {**AT, "sql": " "}, "bad-parameter"),
    "a bad attachment": ("query_sql", {**AT, "sql": "SELECT 1", "attach": ["x"]}, "bad-parameter"),
    **{
        f"a value called {name}": ("query_sql", {**AT, "sql": "SELECT 1", "parameters": {name: "csv"}}, "bad-parameter")
        for name in RESERVED
    },
    "a page of all kinds": ("search_data", {"page": 2}, "bad-parameter"),
    "a place in rows for tables": ("search_data", {"kind": "tables", "after": "1/a/b"}, "bad-parameter"),
    "no place in rows": ("search_data", {"q": "a", "after": "x"}, "bad-parameter"),
    "too many words": ("search_data", {"q": "a b c d e f g h i j k l"}, "bad-parameter"),
    "a query without end": ("query_sql", {**AT, "sql": ENDLESS}, "sql-timeout"),
}


@pytest.mark.parametrize(("tool", "arguments", "code"), REFUSED.values(), ids=REFUSED)
def test_a_tool_tells_what_is_wrong_by_its_code(address: str, tool: str, arguments: dict[str, Any], code: str) -> None:
    told = problem(called(address, tool, **arguments))
    assert (told["code"], told["type"]) == (code, f"{address}/docs#{code}")
    assert told["detail"]
    assert told["request_id"]


texts = st.sampled_from(
    ["", "points", ODD, "id", "名称", "odd-data", "1.1.0", "latest", "-id", "1", "[", "%", "a b", "\ud800"]
)
numbers = st.integers() | st.floats() | st.integers(-(2**70), 2**70)
values = st.recursive(texts | numbers | st.booleans() | st.none(), lambda one: st.lists(one, max_size=3), max_leaves=4)
conditions = st.fixed_dictionaries({"column": texts, "operator": st.sampled_from([*OPERATORS, "x"]), "value": values})
calls = st.one_of(
    st.tuples(
        st.just("read_rows"),
        st.fixed_dictionaries(
            {"dataset": st.just("odd-data"), "table": st.sampled_from(["points", ODD])},
            optional={
                "filters": st.lists(conditions, max_size=3),
                "sort": st.lists(texts, max_size=2),
                "columns": st.lists(texts, max_size=2),
                **dict.fromkeys(("search", "next", "version"), texts),
                "limit": values,
                "count": values,
            },
        ),
    ),
    st.tuples(
        st.just("query_sql"),
        st.fixed_dictionaries(
            {"dataset": st.just("odd-data"), "sql": st.sampled_from(["SELECT $a", "SELECT * FROM points", "x", ""])},
            optional={
                "parameters": st.dictionaries(st.sampled_from(["a", "b", "format", ""]), values, max_size=2),
                "attach": st.lists(texts, max_size=2),
                "limit": values,
            },
        ),
    ),
    st.tuples(
        st.sampled_from(list(TOOLS)),
        st.dictionaries(st.sampled_from(["dataset", "version", "table", "q", "kind", "page", "after"]), values),
    ),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=calls, era=st.sampled_from(["2025-03-26", "2025-11-25"]))
def test_whatever_a_tool_is_given_it_answers_by_its_schema_or_tells_what_is_wrong(
    address: str, call: tuple[str, dict[str, Any]], era: str
) -> None:
    tool, arguments = call
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    # Infinities are no JSON, and the SDK refuses them with halves of characters.
    headers = {"Accept": "application/json", "Content-Type": "application/json", "Mcp-Protocol-Version": era}
    answer = httpx.post(f"{address}/mcp", content=json.dumps(message), headers=headers, timeout=20)
    if answer.status_code == 400 or "error" in answer.json():
        assert "internal" not in answer.text.lower()
        return
    result = answer.json()["result"]
    if result.get("isError"):
        assert not result["content"][0]["text"].startswith("internal-error")
    else:
        Draft202012Validator(TOOLS[tool].gives.model_json_schema()).validate(result["structuredContent"])


def test_arguments_that_are_null_are_left_out(address: str) -> None:
    assert answered(address, "read_rows", **AT, table="points", next=None, filters=None)["rows"]


def test_a_fault_of_the_service_is_told_without_what_it_was(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the service")

    monkeypatch.setattr(Library, "release", broken)
    for era in ERAS:
        result = called(address, "describe_dataset", era, dataset="odd-data")
        assert problem(result)["code"] == "internal-error"
        assert "secret" not in str(result)


def test_errors_are_chinese_to_who_asks_in_chinese(address: str) -> None:
    call = {"name": "describe_dataset", "arguments": {"dataset": "nothing"}}
    for url, headers in ((f"{address}/zh/mcp", {}), (f"{address}/mcp", {"Accept-Language": "zh-CN"})):
        answer = sent(url, "tools/call", call, **headers).json()["result"]
        assert answer["content"][0]["text"] == "dataset-not-found: 没有名为“nothing”的数据集。"


# -- HTTP --------------------------------------------------------------------------------------------------------


def sent(url: str, method: str, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    """The answer to a message as it is sent without the SDK: JSON-RPC, no session."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    return httpx.post(url, json=message, headers={"Accept": "application/json", **headers}, timeout=20)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT"])
def test_only_post_is_answered(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/mcp", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_any_site_may_call(client: httpx.Client) -> None:
    asking = {"Origin": "https://assistant.example", "Access-Control-Request-Method": "POST"}
    allowed = client.options("/mcp", headers=asking).headers
    assert allowed["access-control-allow-methods"] == "POST, OPTIONS"
    for name in ("Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Authorization", "Content-Type"):
        assert name in allowed["access-control-allow-headers"]
    answer = sent(
        f"{str(client.base_url).rstrip('/')}/mcp", "tools/list", Origin="https://assistant.example", Host="data.example"
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert len(answer.json()["result"]["tools"]) == len(TOOLS)


def test_no_session_is_kept_and_no_answer_is(address: str) -> None:
    answer = sent(f"{address}/mcp", "tools/list", None, **{"Mcp-Session-Id": "made-up"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "mcp-session-id" not in answer.headers


BAD: dict[str, tuple[bytes, dict[str, str], int]] = {
    "no JSON": (b"{", {}, 400),
    "no JSON, newer": (b"{", {"Mcp-Protocol-Version": "2026-07-28"}, 400),
    "nested too deep": (b"[" * 100_000, {}, 400),
    "nested too deep, newer": (b"[" * 100_000, {"Mcp-Protocol-Version": "2026-07-28"}, 400),
    "no message": (b'{"a": 1}', {}, 400),
    "a batch": (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', {}, 400),
    "nothing": (b"", {}, 400),
    "an unknown version": (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
        {"Mcp-Protocol-Version": "2999-01-01"},
        400,
    ),
    "another type": (b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    "no answer in JSON": (b'{"jsonrpc":"2.0","id":1,"method":"ping"}', {"Accept": "text/html"}, 406),
    "too long": (b" " * 500_000, {}, 413),
}


@pytest.mark.parametrize(("body", "headers", "status"), BAD.values(), ids=BAD)
def test_a_bad_message_is_told(client: httpx.Client, body: bytes, headers: dict[str, str], status: int) -> None:
    usual = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = client.post("/mcp", content=body, headers={**usual, **headers})
    assert answer.status_code == status
    assert "json" in answer.headers["content-type"]


def test_halves_of_characters_break_nothing(client: httpx.Client) -> None:
    for call in (
        r'{"name": "\ud800", "arguments": {}}',
        r'{"name": "describe_dataset", "arguments": {"dataset": "\ud800"}}',
        r'{"name": "describe_dataset", "arguments": {"\ud800": 1}}',
    ):
        for more in ({}, {"Mcp-Protocol-Version": "2025-11-25"}):
            body = f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{call}}}'
            headers = {"Content-Type": "application/json", **more}
            answer = client.post("/mcp", content=body.encode(), headers=headers)
            assert answer.status_code in (200, 400), answer.text
            assert "error" in answer.json() or answer.json()["result"]["isError"]


def test_a_client_that_goes_away_frees_its_worker(served: Settings, serving: Serving) -> None:
    def figure(name: str) -> float:
        lines = httpx.get(f"{address}/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def until(name: str, value: float) -> None:
        began = time.monotonic()
        while figure(name) != value:
            assert time.monotonic() - began < 40
            time.sleep(0.1)

    params = {"name": "query_sql", "arguments": {**AT, "sql": ENDLESS}}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    head = "POST /mcp HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
    with serving(served.model_copy(update={"sql_deadline": 100.0, "cache": None})) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{head}Content-Length: {len(message)}\r\n\r\n{message}".encode())
            until("minshu_sql_queries_running", 1)
        until("minshu_sql_queries_running", 0)


def test_requests_rows_and_seconds_are_budgeted(served: Settings, serving: Serving) -> None:
    small = {"cache": None, "limits": True, "limit_requests": 8, "limit_rows": 3, "limit_seconds": 1000}
    call = {"name": "read_rows", "arguments": {**AT, "table": "points"}}
    with serving(served.model_copy(update=small)) as address:
        first = sent(f"{address}/mcp", "tools/call", call)
        assert first.json()["result"]["isError"] is False
        assert '"rows";r=0' in first.headers["ratelimit"]
        told = json.loads(sent(f"{address}/mcp", "tools/call", call).json()["result"]["content"][1]["text"])
        assert (told["code"], told["budget"]) == ("budget-exceeded", "rows")
        assert int(told["retry_after"]) > 0
        answers = [sent(f"{address}/mcp", "tools/list") for _ in range(10)]
        assert answers[0].status_code == 200
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "budget-exceeded")
        assert int(answers[-1].headers["retry-after"]) > 0


def test_addresses_begin_with_the_public_one(served: Settings, serving: Serving) -> None:
    base = "https://data.example/minshu"
    with serving(served.model_copy(update={"base_url": base, "cache": None})) as address:
        told = answered(address, "describe_dataset", dataset="odd-data")
        assert told["release"]["url"] == f"{base}/datasets/odd-data/versions/1.1.0"
        listed = asked(address, lambda client: client.list_resources()).resources
        assert all(one.uri.startswith(f"{base}/datasets/") for one in listed)
        read = asked(address, lambda client: client.read_resource(listed[0].uri))
        assert read.contents
        assert problem(called(address, "read_rows", **AT, table="x"))["type"] == f"{base}/docs#resource-not-found"


def reading(uri: str) -> Callable[[Client], Awaitable[Any]]:
    """What asks for a resource."""
    return lambda client: client.read_resource(uri)


# -- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
def test_texts_of_releases_are_resources_by_their_own_addresses(address: str, era: str) -> None:
    listed = asked(address, lambda client: client.list_resources(), era).resources
    assert [one.uri.rpartition("/")[2] for one in listed] == ["datapackage.json", "CHANGELOG.md"]
    for one in listed:
        (content,) = asked(address, reading(one.uri), era).contents
        assert getattr(content, "text", None) == httpx.get(one.uri, headers={"Accept": "*/*"}).text
    (template,) = asked(address, lambda client: client.list_resource_templates(), era).resource_templates
    older = template.uri_template.replace("{dataset}", "odd-data").replace("{version}", "1.0.0")
    read = asked(address, lambda client: client.read_resource(older.replace("{file}", "CHANGELOG.md")), era)
    assert "1.0.0" in str(read.contents)


@pytest.mark.parametrize(
    "path",
    [
        "datasets/odd-data/versions/1.1.0/points.csv",
        "datasets/odd-data/versions/1.1.0/release.json",
        "datasets/odd-data/versions/1.1.0/LICENSE",
        "datasets/nothing/versions/1.1.0/README.md",
        "datasets/odd-data/versions/1.1.0/..%2F..%2Fsecret",
        "limits",
        "",
    ],
)
def test_nothing_else_is_a_resource(address: str, path: str) -> None:
    for base in (address, "https://other.example", "file://"):
        answer = sent(f"{address}/mcp", "resources/read", {"uri": f"{base}/{path}"}).json()
        assert answer["error"]["code"] == -32602
        assert "-not-found" in answer["error"]["data"]["code"] or answer["error"]["data"]["code"] == "not-found"


def test_many_datasets_are_listed_page_by_page(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Directory.entries
    monkeypatch.setattr(Directory, "entries", lambda self: one(self) * 120)

    async def ask(client: Client) -> list[int]:
        listed: list[int] = []
        cursor = None
        while cursor is not None or not listed:
            page = await client.list_resources(cursor=cursor)
            listed.append(len(page.resources))
            cursor = page.next_cursor
        return listed

    assert asked(address, ask) == [100, 100, 40]
    pages = [answered(address, "search_data", kind="datasets", page=page)["datasets"] for page in (1, 6, 7)]
    assert [(page["count"], len(page["results"])) for page in pages] == [(120, 20), (120, 20), (120, 0)]


def test_a_cursor_that_was_never_given_is_refused(address: str) -> None:
    assert sent(f"{address}/mcp", "resources/list", {"cursor": "x"}).json()["error"]["data"]["code"] == "bad-parameter"


# -- the process -------------------------------------------------------------------------------------------------


def test_the_sdk_is_imported_by_the_first_message_and_no_sooner() -> None:
    program = (
        "import sys, minshu.cli.app, minshu.http.app\n"
        "from minshu.settings import Settings\n"
        "minshu.http.app.create_app(Settings())\n"
        "print([name for name in ('mcp', 'mcp_types', 'sse_starlette') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_what_became_of_a_dataset_is_told_where_nothing_of_it_stands_any_more(
    make_package: MakePackage, released: Callable[..., Any], settings: Settings, serving: Serving
) -> None:
    released(make_package(folder="gone", name="gone"))
    withdrawn = Actor("operator"), "gone", "1.0.0", {"reason": "错行"}
    AuditLog(settings.store).append("withdrawn", *withdrawn)
    with serving(settings.model_copy(update={"port": 0, "log_level": "error", "limits": False})) as address:
        answer = answered(address, "describe_dataset", dataset="gone")
        assert (answer["release"]["version"], answer["status"]["reason"]) == ("1.0.0", "错行")
        table = answer["tables"][0]["name"]
        refused = problem(called(address, "read_rows", dataset="gone", version="1.0.0", table=table))
        assert refused["code"] == "release-withdrawn"


def test_a_start_that_fails_is_told_and_tried_again_with_the_next_message(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        async def __aenter__(self) -> None:
            raise OSError("no room")

        async def __aexit__(self, *_: object) -> None: ...

    app = object()
    starts = iter([(Failing(), app), (nullcontext(), app)])
    monkeypatch.setattr(endpoint, "_imported", lambda _most: next(starts))

    async def run() -> None:
        begun = endpoint.Endpoint(1)
        with pytest.raises(OSError, match="no room"):
            await asyncio.wait_for(begun.app(), 5)
        assert await asyncio.wait_for(begun.app(), 5) is app
        await begun.close()

    asyncio.run(run())
