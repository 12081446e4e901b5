"""docs/http.md tells what the service does, and the description holds together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from minshu.http.app import create_app
from minshu.http.openapi import described
from minshu.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "http.md").read_text("utf-8")


@pytest.fixture(scope="session")
def document(served: Settings) -> dict[str, Any]:
    return described(create_app(served))


def test_every_address_is_documented_and_every_documented_address_exists(document: dict[str, Any]) -> None:
    section = PAGE.partition("## Addresses")[2].partition("\n\nUnder a version")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == set(document["paths"])


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def test_every_parameter_of_sql_is_documented(document: dict[str, Any]) -> None:
    for parameter in document["paths"]["/sql"]["get"]["parameters"]:
        assert f"`{parameter['name']}`" in PAGE


def test_every_parameter_of_rows_is_documented(document: dict[str, Any]) -> None:
    page = (DOCS / "rows.md").read_text("utf-8")
    rows = document["paths"]["/datasets/{name}/versions/{version}/{resource}/rows"]["get"]["parameters"]
    for parameter in rows:
        if parameter["in"] == "query" and parameter["name"].startswith("_"):
            assert f"`{parameter['name']}" in page


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    told = [parameter for operation in operations(document) for parameter in operation.get("parameters", ())]
    assert [parameter["name"] for parameter in told if not parameter.get("description")] == []


def test_every_operation_tells_its_summary_description_answers_and_problems(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert {"summary", "description", "operationId", "tags"} <= set(operation)
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_reference_of_the_description_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from [part["$ref"]] if "$ref" in part else []
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    schemas = document["components"]["schemas"]
    assert {name.removeprefix("#/components/schemas/") for name in references(document)} <= set(schemas)


def test_the_description_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")


def test_the_page_of_the_description_shows_every_operation(client: httpx.Client, document: dict[str, Any]) -> None:
    page = client.get("/docs").text
    assert [path for path in document["paths"] if f"</span>{path}</p>" not in page] == []


def test_every_header_that_is_documented_is_sent_or_read(client: httpx.Client) -> None:
    exposed = client.get("/datasets").headers["access-control-expose-headers"]
    for name in ("ETag", "Repr-Digest", "Retry-After", "X-Request-Id", "Minshu-Truncated"):
        assert f"`{name}" in PAGE
        assert name in exposed
