"""The service's description in OpenAPI, and what its page is made of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from minshu.http.models import ProblemModel
from minshu.http.negotiation import PROBLEM_MEDIA

DESCRIPTION: Final = (
    "Open data as immutable, versioned releases: download, filter, query. Every address under a version answers the "
    "same for good. HEAD is answered wherever GET is; errors are problem documents (RFC 9457) with a stable `code`."
)
GROUPS: Final = (
    "Catalogue",
    "Releases",
    "Rows",
    "Charts",
    "SQL",
    "Assistants",
    "Feeds",
    "Feedback",
    "Applications",
    "Writing",
    "Service",
)
PROBLEM: Final = {
    "description": "An error. The status and `code` tell which.",
    "content": {PROBLEM_MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="Minshu 闽数", version="1", summary="Open data, served.", description=DESCRIPTION, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        # The framework describes its own errors, which are answered as problems here.
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = ProblemModel.model_json_schema()
        for operation in _operations(document):
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = PROBLEM
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: Mapping[str, Any]) -> Mapping[str, Sequence[tuple[str, str, Mapping[str, Any]]]]:
    """The operations by their group: method, path, description."""
    groups: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {group: [] for group in GROUPS}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append((method.upper(), path, operation))
    return groups


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
