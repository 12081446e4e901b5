"""No way leads around the gate: every route of the service is walked, by a reader with a grant and by one without.

A route that is new fails here until somebody has said what it gives.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from fastapi.routing import APIRoute

from minshu.audit import Actor, AuditLog
from minshu.charts.chart import SUFFIXES
from minshu.citation import WRITERS
from minshu.descriptors import opened
from minshu.http.app import create_app
from minshu.http.assistants.tools import TOOLS as OFFERED
from minshu.http.downloads import BY_SUFFIX
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Scope, Tokens

WHO = Actor("operator", "张三")
STATED = {"conditions": "高校", "use": "研究", "security": "不外传"}
OPENINGS = {
    "free": None,
    "asked": {"openAttribute": "有条件开放", **STATED, "sample": "sample"},
    "shut": {"openAttribute": "不予开放", "legalBasis": "保守国家秘密法"},
    "gone": None,
}
# How data of each is refused to whoever has no grant.
REFUSED = {"asked": (401, "grant-needed"), "shut": (403, "data-closed"), "gone": (410, "release-withdrawn")}
# The same in CKAN's interface, which has its own statuses.
AS_CKAN = {"asked": 403, "shut": 403, "gone": 404}
ROWS_OF_CKAN = ("resource_id={name}%2Fpoints", "resource_id={name}%2Fpoints&version=1.0.0&q=mark&records_format=csv")
VERSIONS = ("1.0.0", "1.1.0")
QUERY = quote_plus("select * from points")
FILES = (
    *("data/points.csv", "notes.txt", "{name}.zip", "{name}.duckdb", "points.parquet"),
    *("indexes/points.rows.arrow", "indexes/points.keys.sqlite", "indexes/points.stats.json", "indexes/search.duckdb"),
)
# By the path of a route, what it gives of the data of a dataset: addresses below it, with what is to be asked there.
# `{at}` stands for the address of a release. None says that the route gives no data of any.
ROWS = ("", "?_size=1", "?_sort=-id", "?_search=mark", "?_facet=text", "?_count=exact", "?id__gt=1&_shape=arrays")
DATA: dict[str, tuple[str, ...]] = {
    "/datasets/{name}/versions/{version}/{resource}/rows": tuple(f"{{at}}/points/rows{query}" for query in ROWS),
    "/datasets/{name}/versions/{version}/{resource}/rows/{key}": ("{at}/points/rows/1",),
    "/datasets/{name}/versions/{version}/{resource}/stats": ("{at}/points/stats",),
    "/datasets/{name}/versions/{version}/{resource}/source": ("{at}/notes/source", "{at}/notes/source?order=outline"),
    "/datasets/{name}/versions/{version}/{resource}/chart": ("{at}/points/chart?_x=text",),
    "/datasets/{name}/versions/{version}/{resource}/chart.{suffix}": tuple(
        f"{{at}}/points/chart.{suffix}?_x=text" for suffix in SUFFIXES
    ),
    "/datasets/{name}/versions/{version}/{resource}.{suffix}": tuple(
        f"{{at}}/points.{suffix}{query}" for suffix, query in product(BY_SUFFIX, ("", "?id=1", "?_search=mark"))
    ),
    "/datasets/{name}/versions/{version}/{path}": tuple(f"{{at}}/{path}" for path in FILES),
    "/datasets/{name}/diff/{old}...{new}": ("/datasets/{name}/diff/1.1.0...1.0.0",),
    "/datasets/{name}/diff/{old}...{new}/{resource}": tuple(
        f"/datasets/{{name}}/diff/1.0.0...1.1.0/points{query}" for query in ("", "?kind=changed", "?_size=1")
    ),
    "/api/3/action/{action}": tuple(f"/api/3/action/datastore_search?{asked}" for asked in ROWS_OF_CKAN),
    "/api/action/{action}": (
        *(f"/api/action/datastore_search?{asked}" for asked in ROWS_OF_CKAN),
        "/api/action/datastore_search_sql?sql=select+*+from+%22{name}/points%22",
        "/api/action/datastore_search_sql?sql=select+b.*+from+%22free/points%22+a+join+%22{name}/points%22+b+using+(id)",
    ),
    "/sql": (
        f"/sql?dataset={{name}}&version=1.0.0&q={QUERY}",
        f"/sql?dataset={{name}}&version=1.0.0&q={QUERY}&format=csv",
        f"/sql?dataset={{name}}&version=1.0.0&q={QUERY}&format=parquet",
        f"/sql?dataset=free&version=1.0.0&attach=a:{{name}}@1.0.0&q={QUERY.replace('points', 'a.points')}",
    ),
    "/sql/explain": (f"/sql/explain?dataset={{name}}&version=1.0.0&q={QUERY}",),
    "/sql/tables": ("/sql/tables?dataset={name}&version=1.0.0",),
}
METADATA: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/catalog": ("/catalog",),
    "/catalog.{suffix}": ("/catalog.ttl",),
    "/catalog/{name}.{suffix}": ("/catalog/{name}.ttl",),
    "/catalog/{name}/{version}.{suffix}": ("/catalog/{name}/1.0.0.jsonld",),
    "/core-catalogue": ("/core-catalogue",),
    "/core-catalogue.{suffix}": ("/core-catalogue.json", "/core-catalogue.csv"),
    "/datasets/{name}/core-catalogue": ("/datasets/{name}/core-catalogue",),
    "/datasets/{name}/core-catalogue.{suffix}": tuple(
        f"/datasets/{{name}}/core-catalogue.{suffix}" for suffix in ("json", "csv")
    ),
    "/datapackage.json": ("/datapackage.json",),
    "/llms.txt": ("/llms.txt", "/en/llms.txt"),
    "/sitemap.xml": ("/sitemap.xml",),
    "/sitemap-{number}.xml": ("/sitemap-1.xml",),
    "/datasets/{name}/croissant.json": ("/datasets/{name}/croissant.json",),
    "/datasets/{name}/versions/{version}/croissant.json": ("{at}/croissant.json",),
    "/api/3/action/{action}": (
        *("/api/3/action/package_show?id={name}", "/api/3/action/datastore_info?id={name}%2Fpoints"),
        *("/api/3/action/package_search?q=mark&facet.field=tags", "/api/3/action/current_package_list_with_resources"),
    ),
    "/api/action/{action}": ("/api/action/package_list", "/api/action/package_search?fq=extras_release:*"),
    "/assets": ("/assets",),
    "/assets.{suffix}": ("/assets.json", "/assets.csv"),
    "/assets/{records}.csv": ("/assets/authorised-operations.csv", "/assets/valuations.csv"),
    "/datasets/{name}/assets": ("/datasets/{name}/assets",),
    "/datasets/{name}/assets.{suffix}": tuple(f"/datasets/{{name}}/assets.{suffix}" for suffix in ("json", "csv")),
    "/datasets": ("/datasets",),
    "/datasets/{name}": ("/datasets/{name}",),
    "/datasets/{name}/versions": ("/datasets/{name}/versions",),
    "/datasets/{name}/versions/{version}": ("{at}",),
    "/datasets/{name}/versions/{version}/report": ("{at}/report",),
    "/datasets/{name}/versions/{version}/{path}": (
        "/datasets/{name}/versions/1.1.0/diff.json",
        *("{at}/release.json", "{at}/report.json", "{at}/datapackage.json", "{at}/README.md", "{at}/CHANGELOG.md"),
        "{at}/schemas/points.json",
    ),
    "/datasets/{name}/diff/{old}...{new}": ("/datasets/{name}/diff/1.0.0...1.1.0",),
    "/datasets/{name}/feed.atom": ("/datasets/{name}/feed.atom",),
    "/datasets/{name}/feed.json": ("/datasets/{name}/feed.json",),
    "/datasets/{name}/citation/{version}.{suffix}": tuple(
        f"/datasets/{{name}}/citation/1.0.0.{suffix}" for suffix in WRITERS
    ),
    "/datasets/{name}/counts": ("/datasets/{name}/counts",),
    "/datasets/{name}/counts.csv": ("/datasets/{name}/counts.csv",),
    "/datasets/{name}/scorecard": ("/datasets/{name}/scorecard",),
    "/datasets/{name}/scorecard.csv": ("/datasets/{name}/scorecard.csv",),
    "/scorecard": ("/scorecard",),
    "/scorecard.csv": ("/scorecard.csv",),
    "/feedback": ("/feedback", "/feedback?dataset={name}"),
    "/feedback.csv": ("/feedback.csv",),
    "/feedback/new": ("/feedback/new?dataset={name}&table=points&key=1",),
    "/feed.atom": ("/feed.atom",),
    "/feed.json": ("/feed.json",),
    "/search": ("/search?q=mark", "/search?q=mark+data&kind=rows", "/search?q=points", "/search?q=text&kind=columns"),
    "/openapi.json": ("/openapi.json", "/openapi.json?dataset={name}"),
    "/sql": ("/sql",),
    "/metrics": ("/metrics",),
    "/audit": ("/audit",),
    "/audit.ndjson": ("/audit.ndjson",),
    "/docs": ("/docs",),
    "/status": ("/status",),
}
# What redirects; it gives nothing by itself, and where it leads is walked.
ELSEWHERE = {"/datasets/{name}/diff", "/datasets/{name}/versions/latest", "/datasets/{name}/versions/latest/{path}"}
# What knows nothing of datasets.
APART = {
    *("/health", "/health/live", "/health/ready", "/limits", "/robots.txt", "/static/{name}", "/token", "/validate"),
    "/opensearch.xml",
    *("/about", "/accessibility", "/privacy", "/feedback/{message}"),
    *("/profiles/core-catalogue.json", "/schemas/{name}/{table}.json", "/keys", "/keys/{fingerprint}.pem"),
}
# What is told only to who began it, by the token that he began it with.
OWN = {
    *("/jobs/{job}", "/jobs/{job}/events"),
    *("/datasets/{name}/applications", "/datasets/{name}/applications/{application}"),
}
# The tools of assistants that give data. Their answers are 200 whatever they say, so they are walked by themselves.
TOOLS: dict[str, Any] = {
    "read_rows": {"table": "points"},
    "query_sql": {"sql": "select * from points"},
}
# What changes something, or reads what is sent with it; it gives no data. `/sql` and `/mcp` by POST are walked.
WRITING = {
    *(("PUT", "/datasets/{name}/versions/{version}"), ("PATCH", "/jobs/{job}"), ("DELETE", "/jobs/{job}")),
    *(("POST", "/datasets/{name}/applications"), ("POST", "/datasets/{name}/applications/{application}")),
    *(("POST", f"/datasets/{{name}}/versions/{{version}}/{act}") for act in ("withdraw", "yank", "unyank")),
    *(("POST", "/validate"), ("POST", "/token"), ("POST", "/feedback"), ("POST", "/feedback/{message}")),
}
# What reads by POST as well as by GET; it is walked.
READING = {("POST", "/sql"), ("POST", "/mcp"), ("POST", "/api/3/action/{action}"), ("POST", "/api/action/{action}")}
MARKS = [{"name": name} for name in ("of", "key", "quote")] + [
    {"name": name, "type": "integer"} for name in ("start", "end")
]
WAYS: list[dict[str, str]] = [
    {"Accept": "application/json, */*;q=0.5"},
    {"Accept": "text/html, */*;q=0.5", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Accept": "*/*", "Range": "bytes=0-99999"},
]


@dataclass(frozen=True)
class World:
    """A running service, and the two readers that walk it."""

    anybody: httpx.Client
    granted: httpx.Client
    warm: dict[str, httpx.Response]


def write(folder: Path, name: str, version: str) -> Path:
    """A package whose every cell tells whose it is."""
    (folder / "data").mkdir(parents=True)
    (folder / "schemas").mkdir()
    changed = "" if version == VERSIONS[0] else " changed"
    rows = "".join(f"{at},{mark(name)} {at}{changed if at == 2 else ''}\n" for at in range(1, 5))
    (folder / "data/points.csv").write_text(f"id,text\n{rows}")
    (folder / "data/sample.csv").write_text("id,text\n1,a sample\n")
    (folder / "notes.txt").write_text(f"{mark(name)}\n" * 100)
    (folder / "data/marks.csv").write_text(f"of,key,quote,start,end\npoints,1,{mark(name)},0,{len(mark(name))}\n")
    (folder / "README.md").write_text("# Points\n")
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## {version}\n\n- Points.\n")
    fields = [{"name": "id", "type": "integer"}, {"name": "text", "type": "string"}]
    (folder / "schemas/points.json").write_text(json.dumps({"fields": fields, "primaryKey": ["id"]}))
    descriptor: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "version": version,
        "title": "Points",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [
            {"name": "points", "type": "table", "path": "data/points.csv", "schema": "schemas/points.json"},
            {"name": "sample", "type": "table", "path": "data/sample.csv", "schema": {"fields": fields}},
            {"name": "notes", "path": "notes.txt", "mediatype": "text/plain"},
            {
                "name": "marks",
                "type": "table",
                "path": "data/marks.csv",
                "schema": {"fields": MARKS},
                "minshu:provenance": {"fields": {"table": "of", "key": "key", "quote": "quote"}, "outline": ["points"]},
            },
        ],
    }
    if opening := OPENINGS[name]:
        descriptor["minshu:opening"] = {**STATED, **opening}
    (folder / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False))
    return folder


def mark(name: str) -> str:
    return f"mark-of-{name}-data"


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[World]:
    """The service, after whoever may had everything once: its caches are warm. Then `gone` was withdrawn."""
    root = tmp_path_factory.mktemp("walk")
    settings = Settings(
        store=root / "store",
        catalogue=root,
        cache=root / "cache",
        port=0,
        log_level="error",
        limits=False,
        search_rows=1,
    )
    for name, version in product(OPENINGS, VERSIONS):
        with opened(write(root / f"{name}-{version}", name, version), settings) as package:
            publish(package, None, Store(settings.store), settings)
    log = AuditLog(settings.store)
    end = datetime.now(UTC) + timedelta(days=1)
    _, token = Tokens(log).create([Scope.parse("read:*")], end, WHO)
    shown = {"Authorization": f"Bearer {token}"}
    with (
        serving(settings) as address,
        httpx.Client(base_url=address, timeout=20) as anybody,
        httpx.Client(base_url=address, timeout=20, headers=shown) as granted,
    ):
        warm = {
            f"{method} {url} {body} {way}": granted.request(method, url, headers=way, json=body)
            for name in OPENINGS
            for (method, url, body), way in product(asked(name), WAYS)
        }
        for version in VERSIONS:
            log.append("withdrawn", WHO, "gone", version, {"reason": "Rows were wrong."})
        yield World(anybody, granted, warm)


def addresses(table: dict[str, tuple[str, ...]], name: str) -> Iterator[str]:
    """Every address of a table of routes, filled in for a dataset."""
    for url in (url for urls in table.values() for url in urls):
        yield url.replace("{at}", f"/datasets/{name}/versions/1.0.0").replace("{name}", name)


def asked(name: str) -> Iterator[tuple[str, str, Any]]:
    """Every request for data of a dataset: method, address, body."""
    for url in addresses(DATA, name):
        yield "GET", url, None
    yield "POST", "/sql", {"dataset": name, "version": "1.0.0", "q": "select * from points"}
    yield "POST", "/api/3/action/datastore_search", {"resource_id": f"{name}/points"}
    yield "POST", "/api/action/datastore_search", {"resource_id": f"{name}/points", "filters": {"id": [1, 2]}}


def routes(router: Any) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes(route.original_router)


def told(answer: httpx.Response) -> str:
    """All that an answer says to who reads it: headers, and the body as text."""
    return f"{answer.headers} {answer.content.decode('latin-1')} {answer.text}"


def test_every_route_is_walked() -> None:
    known = {*DATA, *METADATA, *ELSEWHERE, *APART, *OWN}
    read = [
        route for route in routes(create_app(Settings(store=Path("store"))).router) if "GET" in (route.methods or ())
    ]
    assert {route.path_format for route in read} == known


def test_every_route_that_is_not_a_get_is_walked_or_writes() -> None:
    app = create_app(Settings(store=Path("store")))
    others = {(method, route.path_format) for route in routes(app.router) for method in route.methods or ()}
    assert {pair for pair in others if pair[0] != "GET"} == {*READING, *WRITING}


@pytest.mark.parametrize("name", ["free", "asked", "gone"])
def test_whoever_may_have_the_data_gets_it(world: World, name: str) -> None:
    """Without this, the walk would prove nothing."""
    for method, url, body in asked(name):
        answer = world.warm[f"{method} {url} {body} {WAYS[0]}"]
        assert answer.status_code == 200, url
        if "stats" not in url and "html" not in answer.headers["content-type"] and is_text(answer):
            assert mark(name) in told(answer) or "/sql/" in url or "/diff/1.1.0...1.0.0" in url, url
        assert body is None or mark(name) in told(answer)


def is_text(answer: httpx.Response) -> bool:
    kind = answer.headers["content-type"]
    return kind.startswith("text/") or "json" in kind


@pytest.mark.parametrize("name", ["free", "gone"])
def test_what_is_open_to_all_may_be_kept_though_a_token_is_shown(world: World, name: str) -> None:
    for url in (f"/datasets/{name}/versions/1.0.0/points/rows", f"/datasets/{name}/versions/1.0.0/points.csv"):
        assert "immutable" in world.warm[f"GET {url} None {WAYS[0]}"].headers["cache-control"]


def test_what_a_grant_opens_is_kept_by_nobody(world: World) -> None:
    for method, url, body in asked("asked"):
        for way in WAYS:
            answer = world.warm[f"{method} {url} {body} {way}"]
            assert answer.headers["cache-control"] == "private, no-store", url
            assert "Authorization" in answer.headers["vary"]
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("name", REFUSED)
def test_whoever_may_not_have_the_data_is_refused_on_every_way(world: World, name: str) -> None:
    status, code = REFUSED[name]
    for (method, url, body), way in product(asked(name), WAYS):
        tags = world.warm[f"{method} {url} {body} {way}"].headers.get("etag", '"x"')
        for headers in (way, {**way, "If-None-Match": tags}):
            answer = world.anybody.request(method, url, headers=headers, json=body)
            assert answer.status_code == (AS_CKAN[name] if url.startswith("/api/") else status), (url, headers)
            assert mark(name) not in told(answer)
            assert answer.headers["cache-control"] == "no-store"
            assert code in answer.text
        if method == "GET" and way is WAYS[0]:
            assert world.anybody.head(url, headers=way).status_code == answer.status_code


@pytest.mark.parametrize("name", OPENINGS)
def test_metadata_are_told_to_all_and_hold_no_cell(world: World, name: str) -> None:
    for url, way in product(addresses(METADATA, name), WAYS):
        answer = world.anybody.get(url, headers=way)
        assert answer.status_code in (200, 206, 304, 400, 406), url
        assert all(mark(other) not in told(answer) for other in REFUSED), url


def test_a_sample_is_open_to_all(world: World) -> None:
    for path in (
        "sample/rows",
        "sample/rows/1",
        "sample/stats",
        "sample/chart.svg",
        "sample.csv",
        "sample.xlsx",
        "data/sample.csv",
    ):
        answer = world.anybody.get(f"/datasets/asked/versions/1.0.0/{path}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_a_token_that_does_not_hold_is_no_hindrance_to_open_data(world: World) -> None:
    text = f"minshu_{'a' * 12}_{'b' * 43}"
    for name, status in (("free", 200), ("asked", 401), ("shut", 403)):
        url = f"/datasets/{name}/versions/1.0.0/points/rows"
        assert world.anybody.get(url, headers={"Authorization": f"Bearer {text}"}).status_code == status


def test_a_refusal_tells_the_conditions_and_where_to_apply(world: World) -> None:
    answer = world.anybody.get("/datasets/asked/versions/1.0.0/points/rows")
    said = answer.json()
    assert {key: said[key] for key in STATED} == STATED
    assert (said["code"], said["attribute"]) == ("grant-needed", "有条件开放")
    assert answer.headers["www-authenticate"] == 'Bearer realm="minshu"'


def test_the_refusal_of_closed_data_tells_its_legal_basis(world: World) -> None:
    said = world.granted.get("/datasets/shut/versions/1.0.0/points/rows").json()
    assert (said["code"], said["legal_basis"]) == ("data-closed", "保守国家秘密法")


def test_the_catalogue_tells_to_whom_each_dataset_is_open(world: World) -> None:
    listed = world.anybody.get("/datasets", headers={"Accept": "application/json"}).json()["datasets"]
    found = {item["name"]: item["open_attribute"] for item in listed}
    assert found == {
        "asked": "conditional",
        "free": "unconditional",
        "gone": "unconditional",
        "shut": "closed",
    }


def test_sql_offers_a_dataset_that_everybody_may_query(world: World) -> None:
    page = world.anybody.get("/sql", headers={"Accept": "text/html"}).text
    assert quote("free") in page


def called(client: httpx.Client, tool: str, arguments: dict[str, Any]) -> httpx.Response:
    """A tool of assistants, called without any."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    answer = client.post("/mcp", json=call)
    assert answer.status_code == 200
    return answer


def calls(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call for data of a dataset."""
    for tool, arguments in TOOLS.items():
        yield tool, {"dataset": name, "version": "1.0.0", **arguments}
    attached = {"attach": [f"a:{name}@1.0.0"], "sql": "select * from a.points"}
    yield "query_sql", {"dataset": "free", "version": "1.0.0", **attached}


def test_every_tool_is_walked() -> None:
    assert set(OFFERED) == {*TOOLS, "search_data", "describe_dataset"}


@pytest.mark.parametrize("name", ["free", "asked"])
def test_a_tool_gives_data_to_whoever_may_have_it(world: World, name: str) -> None:
    for tool, arguments in calls(name):
        answer = called(world.granted, tool, arguments)
        assert mark(name) in told(answer), tool
        private = name == "asked"
        assert answer.headers["cache-control"] == ("private, no-store" if private else "no-store")


@pytest.mark.parametrize("name", REFUSED)
def test_no_tool_leads_around_the_gate(world: World, name: str) -> None:
    _, code = REFUSED[name]
    for tool, arguments in calls(name):
        answer = called(world.anybody, tool, arguments)
        assert mark(name) not in told(answer), tool
        said = answer.json()["result"]
        assert said["isError"]
        assert said["content"][0]["text"].startswith(f"{code}: ")
        assert "www-authenticate" not in answer.headers


def test_a_tool_tells_where_to_apply(world: World) -> None:
    answer = called(world.anybody, *next(calls("asked"))).json()["result"]
    said = json.loads(answer["content"][1]["text"])
    assert {key: said[key] for key in STATED} == STATED
    assert said["apply"] == f"{world.anybody.base_url}".rstrip("/") + "/datasets/asked/applications"


@pytest.mark.parametrize("name", OPENINGS)
def test_what_tools_say_of_data_holds_no_cell(world: World, name: str) -> None:
    described = {"dataset": name, "version": "1.0.0"}
    shown = (
        ("describe_dataset", described),
        ("describe_dataset", {**described, "table": "points"}),
        *(("search_data", {"q": "mark", "kind": kind}) for kind in ("all", "datasets", "columns", "rows")),
        *(("search_data", {"q": q}) for q in ("", name, "points")),
    )
    for tool, arguments in shown:
        answer = called(world.anybody, tool, arguments)
        assert not answer.json()["result"]["isError"]
        assert all(mark(other) not in told(answer) for other in REFUSED), arguments


@pytest.mark.parametrize("name", OPENINGS)
def test_texts_that_are_read_as_resources_hold_no_cell(world: World, name: str) -> None:
    at = f"{world.anybody.base_url}".rstrip("/") + f"/datasets/{name}/versions/1.0.0"
    for path in ("README.md", "datapackage.json", "CHANGELOG.md", "data/points.csv", "points.csv", "notes.txt"):
        read = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": f"{at}/{path}"}}
        answer = world.anybody.post("/mcp", json=read)
        assert mark(name) not in told(answer)
        assert ("error" in answer.json()) == (path not in ("README.md", "datapackage.json", "CHANGELOG.md"))
