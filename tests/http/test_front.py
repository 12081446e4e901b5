"""What holds for every request: HEAD, CORS, security headers, request ids, paths."""

import re
import socket
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from minshu.http.app import create_app
from minshu.http.front import canonical_path
from minshu.http.openapi import described
from minshu.http.scorecard import SOON
from minshu.settings import Settings

BASE = "/datasets/odd-data/versions/1.1.0"
# What is streamed says so only where it is sent.
VARYING = ("date", "x-request-id", "repr-digest", "transfer-encoding")
ADDRESSES = {
    "/": "/",
    "/health": "/health",
    "/health/live": "/health/live",
    "/health/ready": "/health/ready",
    "/limits": "/limits",
    "/metrics": "/metrics",
    "/robots.txt": "/robots.txt",
    "/schemas/{name}/{table}.json": "/schemas/odd-data/points.json",
    "/openapi.json": "/openapi.json",
    "/docs": "/docs",
    "/datasets": "/datasets",
    "/datasets/{name}": "/datasets/odd-data",
    "/datasets/{name}/diff": "/datasets/odd-data/diff",
    "/datasets/{name}/diff/{old}...{new}": "/datasets/odd-data/diff/1.0.0...1.1.0",
    "/datasets/{name}/diff/{old}...{new}/{resource}": "/datasets/odd-data/diff/1.0.0...1.1.0/points",
    "/datasets/{name}/versions": "/datasets/odd-data/versions",
    "/datasets/{name}/versions/latest": "/datasets/odd-data/versions/latest",
    "/datasets/{name}/versions/latest/{path}": "/datasets/odd-data/versions/latest/points.csv",
    "/datasets/{name}/versions/{version}": BASE,
    "/datasets/{name}/versions/{version}/{resource}/rows": f"{BASE}/points/rows?_size=2",
    "/datasets/{name}/versions/{version}/{resource}/rows/{key}": f"{BASE}/points/rows/1",
    "/datasets/{name}/versions/{version}/{resource}/stats": f"{BASE}/points/stats",
    "/datasets/{name}/versions/{version}/{resource}/source": f"{BASE}/points/source",
    "/datasets/{name}/versions/{version}/{resource}/chart": f"{BASE}/points/chart",
    "/datasets/{name}/versions/{version}/{resource}/chart.{suffix}": f"{BASE}/points/chart.svg",
    "/datasets/{name}/versions/{version}/{resource}.{suffix}": f"{BASE}/points.csv?id=1",
    "/datasets/{name}/versions/{version}/report": f"{BASE}/report",
    "/datasets/{name}/versions/{version}/{path}": f"{BASE}/data/{quote('甲')}.csv",
    "/datasets/{name}/croissant.json": "/datasets/odd-data/croissant.json",
    "/datasets/{name}/versions/{version}/croissant.json": f"{BASE}/croissant.json",
    "/sitemap.xml": "/sitemap.xml",
    "/sitemap-{number}.xml": "/sitemap-1.xml",
    "/opensearch.xml": "/opensearch.xml",
    "/llms.txt": "/llms.txt",
    "/datapackage.json": "/datapackage.json",
    "/catalog": "/catalog",
    "/catalog.{suffix}": "/catalog.jsonld",
    "/catalog/{name}.{suffix}": "/catalog/odd-data.ttl",
    "/catalog/{name}/{version}.{suffix}": "/catalog/odd-data/1.1.0.rdf",
    "/core-catalogue": "/core-catalogue",
    "/core-catalogue.{suffix}": "/core-catalogue.csv",
    "/datasets/{name}/core-catalogue": "/datasets/odd-data/core-catalogue",
    "/datasets/{name}/core-catalogue.{suffix}": "/datasets/odd-data/core-catalogue.csv",
    "/assets": "/assets",
    "/assets.{suffix}": "/assets.csv",
    "/assets/{records}.csv": "/assets/valuations.csv",
    "/datasets/{name}/assets": "/datasets/odd-data/assets",
    "/datasets/{name}/assets.{suffix}": "/datasets/odd-data/assets.csv",
    "/profiles/core-catalogue.json": "/profiles/core-catalogue.json",
    "/api/3/action/{action}": "/api/3/action/package_show?id=odd-data",
    "/api/action/{action}": "/api/action/datastore_search?resource_id=odd-data%2Fpoints",
    "/feed.atom": "/feed.atom",
    "/feed.json": "/feed.json",
    "/datasets/{name}/feed.atom": "/datasets/odd-data/feed.atom",
    "/datasets/{name}/feed.json": "/datasets/odd-data/feed.json",
    "/datasets/{name}/citation/{version}.{suffix}": "/datasets/odd-data/citation/1.1.0.bib",
    "/datasets/{name}/counts": "/datasets/odd-data/counts",
    "/datasets/{name}/counts.csv": "/datasets/odd-data/counts.csv",
    "/scorecard": "/scorecard",
    "/scorecard.csv": "/scorecard.csv",
    "/datasets/{name}/scorecard": "/datasets/odd-data/scorecard",
    "/datasets/{name}/scorecard.csv": "/datasets/odd-data/scorecard.csv",
    "/feedback": "/feedback",
    "/feedback.csv": "/feedback.csv",
    "/feedback/new": "/feedback/new?dataset=odd-data",
    "/feedback/{message}": "/feedback/none",
    "/audit": "/audit",
    "/audit.ndjson": "/audit.ndjson",
    "/keys": "/keys",
    "/keys/{fingerprint}.pem": "/keys/none.pem",
    "/token": "/token",
    "/datasets/{name}/applications": "/datasets/odd-data/applications",
    "/datasets/{name}/applications/{application}": "/datasets/odd-data/applications/none",
    "/jobs/{job}": "/jobs/none",
    "/jobs/{job}/events": "/jobs/none/events",
    "/validate": "/validate",
    "/status": "/status",
    "/about": "/about",
    "/accessibility": "/accessibility",
    "/privacy": "/privacy",
    "/search": "/search?q=two",
    "/sql": "/sql?dataset=odd-data&version=1.1.0&q=select+count(*)+from+points",
    "/sql/tables": "/sql/tables?dataset=odd-data",
    "/sql/explain": "/sql/explain?dataset=odd-data&q=select+count(*)+from+points",
}


@pytest.fixture(scope="session")
def app(served: Settings) -> FastAPI:
    return create_app(served)


def test_an_address_stands_here_for_every_route(app: FastAPI) -> None:
    paths = described(app)["paths"]
    assert {path for path, methods in paths.items() if "get" in methods} == set(ADDRESSES)


def lasting(headers: httpx.Headers) -> dict[str, str]:
    """The headers but those that differ from one request to the next, as the time that a query takes may."""
    return {name: value for name, value in headers.items() if name not in VARYING}


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
def test_head_has_the_headers_of_get_and_no_body(client: httpx.Client, url: str) -> None:
    # A scorecard grows while rows are compared.
    while "scorecard" in url and client.head(url).headers["cache-control"] == SOON:
        pass
    get, head = client.get(url), client.head(url)
    # The length of an answer from `/sql` varies with the digits of its seconds, and that of the figures as they grow.
    for answer in (get, head) if url.startswith(("/sql?", "/metrics")) else ():
        answer.headers.pop("content-length")
    assert (head.status_code, lasting(head.headers), head.content) == (get.status_code, lasting(get.headers), b"")


@pytest.mark.parametrize("url", [*ADDRESSES.values(), "/nothing", f"{BASE}/nothing.csv"])
def test_every_answer_may_be_read_from_any_site_and_is_fenced(client: httpx.Client, url: str) -> None:
    headers = client.get(url).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_preflight_is_allowed_the_methods_and_headers_of_readers(client: httpx.Client) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/sql", headers={**asked, "Access-Control-Request-Headers": "content-type"})
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Content-Type" in answer.headers["access-control-allow-headers"]
    assert "Range" in answer.headers["access-control-allow-headers"]


def test_a_preflight_is_allowed_the_methods_and_headers_of_publishers(client: httpx.Client) -> None:
    told = {
        BASE: "GET, HEAD, PUT",
        "/validate": "GET, HEAD, POST",
        "/token": "GET, HEAD, POST",
        "/jobs/a": "GET, HEAD, PATCH, DELETE",
    }
    for path, methods in told.items():
        answer = client.options(path)
        assert answer.headers["access-control-allow-methods"] == f"{methods}, OPTIONS"
        assert "Upload-Offset" in answer.headers["access-control-allow-headers"]


def test_scripts_of_other_sites_may_read_the_headers_that_matter(client: httpx.Client) -> None:
    exposed = client.get("/datasets").headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Link", "Repr-Digest", "Content-Range", "Retry-After", "X-Request-Id"} <= set(exposed)


def test_a_request_keeps_the_id_that_its_client_gave_it(client: httpx.Client) -> None:
    answer = client.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == ("abc-1", "abc-1")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>"])
def test_an_id_that_could_do_harm_is_replaced(client: httpx.Client, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", client.get("/health", headers={"X-Request-Id": given}).headers["x-request-id"])


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("/a%2Fb/c", "/a%2Fb/c"),
        ("/%61", "/a"),
        ("/甲", "/%E7%94%B2"),
        ("/a+b", "/a%2Bb"),
        ("/%2e%2e/x", "/../x"),
        ("/%", "/%25"),
    ],
)
def test_a_path_has_one_spelling(raw: str, canonical: str) -> None:
    assert canonical_path(raw) == canonical


def raw_request(address: str, target: bytes) -> bytes:
    """What the server answers to a request line that no client library would send."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


ABOVE = [
    b"../" * 9 + b"etc/passwd",
    b"%2e%2e/" * 9 + b"etc/passwd",
    b"..%2f" * 9 + b"etc/passwd",
    b"..%5c..%5c",
    b"%00",
]
PLACES = [
    b"/",
    b"/datasets/",
    b"/datasets/odd-data/versions/",
    b"/datasets/odd-data/versions/1.1.0/",
    b"/schemas/",
    b"/static/",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ABOVE)
def test_no_path_leaves_its_place(address: str, place: bytes, path: bytes) -> None:
    answer = raw_request(address, place + path)
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"root:" not in answer


@pytest.mark.parametrize(
    "target", [b"/schemas/../secret.txt", b"/schemas/odd-data/..%2f..%2fsecret.json", b"/schemas/%2e%2e/secret.json"]
)
def test_schemas_lead_to_nothing_else(address: str, target: bytes) -> None:
    assert b"secret" not in raw_request(address, target).partition(b"\r\n\r\n")[2].replace(target, b"").replace(
        b"secret.", b""
    )


@pytest.mark.parametrize("target", ["/datasets/甲", "/datasets?甲=乙"])
def test_an_address_that_is_not_percent_encoded_is_refused_rather_than_misread(address: str, target: str) -> None:
    assert raw_request(address, target.encode()).startswith(b"HTTP/1.1 400")


def test_a_client_that_leaves_in_the_middle_does_no_harm(address: str, client: httpx.Client) -> None:
    for _ in range(20):
        with client.stream("GET", f"{BASE}/odd-data.duckdb") as answer:
            next(answer.iter_raw(1000))
    assert client.get("/health").status_code == 200


def test_the_schemas_of_the_catalogue_are_served(client: httpx.Client) -> None:
    assert client.get("/schemas/odd-data/points.json").json() == {"fields": []}
