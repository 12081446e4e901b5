"""The description of the tables that the newest releases hold: each a model of its rows, with addresses and examples.

What is said of a release is made once, since releases never change; which releases there are is asked each time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from minshu.browse import Release
from minshu.errors import StoreError
from minshu.filters import RowQuery
from minshu.formats import FORMATS
from minshu.http.links import Links
from minshu.http.models import parameter
from minshu.http.openapi import PROBLEM
from minshu.http.row_schemas import row_schema
from minshu.manifest import ReleasedTable

Part = dict[str, Any]

COLUMNS: Final = 1000
"""How many columns the description of the whole catalogue tells of, so that it stays readable however much there is."""

KEPT: Final = 256
"""Releases of which what is said is kept."""

SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 1000}
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Typed:
    """What is said of some tables: their addresses, the models of their rows, and the groups that they stand in."""

    paths: Mapping[str, Part]
    schemas: Mapping[str, Part]
    columns: int


class Descriptions:
    """What is said of releases, kept while they are asked for."""

    def __init__(self) -> None:
        self._of: Callable[[Release], Typed] = lru_cache(KEPT)(typed)

    def document(self, generic: Mapping[str, Any], releases: Sequence[Release], most: int | None = COLUMNS) -> bytes:
        """The generic description with the tables of releases, in their order, until there are `most` columns.

        A release is described whole or not at all, and those that are left out are named.
        """
        shown: dict[str, Typed] = {}
        for release in releases:
            with suppress(StoreError):  # A damaged release is left out, as in the catalogue.
                found = self._of(release)
                if most is None or found.columns + sum(item.columns for item in shown.values()) <= most:
                    shown[release.name] = found
        left = [release.name for release in releases if release.name not in shown]
        return orjson.dumps(_joined(generic, shown, left))


def _joined(generic: Mapping[str, Any], shown: Mapping[str, Typed], left: Sequence[str]) -> Part:
    components, schemas = generic["components"], dict(generic["components"]["schemas"])
    paths = dict(generic["paths"])
    for item in shown.values():
        paths |= item.paths
        schemas |= item.schemas
    info = dict(generic["info"])
    if left:
        info["description"] += (
            f" The tables of {len(left)} datasets are left out here for their number: `/openapi.json?dataset=NAME` has "
            "those of one."
        )
    return {**generic, "info": info, "paths": paths, "components": {**components, "schemas": schemas}}


def typed(release: Release) -> Typed:
    """What is said of a release's tables."""
    paths: Part = {}
    schemas: Part = {}
    for index, table in enumerate(release.manifest.tables):
        component = _component(release.name, table.name, index)
        example = _example(release, table)
        schemas[component] = row_schema(table, release.descriptor, example)
        paths |= dict(_paths(release, table, component, example or {}, schemas[component]["properties"]))
    return Typed(paths, schemas, sum(len(table.columns) for table in release.manifest.tables))


def _component(dataset: str, table: str, index: int) -> str:
    """The name of a model. A dataset's name has no capital, so no two tables get the same one."""
    return f"{dataset}.Row.{table}" if _PLAIN.fullmatch(table) else f"{dataset}.Row-{index + 1}"


def _example(release: Release, table: ReleasedTable) -> dict[str, Any] | None:
    """The first row; none where the table is empty or cannot be read, which is told to who asks for rows."""
    with suppress(StoreError):
        page = release.table(table.name).page(RowQuery(), 1)
        if page.rows:
            row = dict(zip((column.name for column in page.columns), page.rows[0], strict=True))
            return orjson.loads(orjson.dumps(row))  # type: ignore[no-any-return]  # JSON cells stand as text in it
    return None


def _paths(
    release: Release, table: ReleasedTable, component: str, example: Part, cells: Mapping[str, Part]
) -> Iterator[tuple[str, Part]]:
    base = Links("").rows(release.name, release.version, table.name).removesuffix("/rows")
    row, columns = (
        {"$ref": f"#/components/schemas/{component}"},
        [_filter(name, cells[name], example) for name in cells],
    )
    said = f"{release.name} {release.version}, {table.title or table.name}"
    yield (
        f"{base}/rows",
        _operation(
            f"{component}.rows",
            f"Rows of {said}",
            "Filters by other operators, order, columns and counts are asked for as of every table.",
            [
                *columns,
                parameter("_size", "The rows of a page; `next` is the address of the page after.", SIZE),
            ],
            {"application/json": {"schema": _page_of(row)}},
        ),
    )
    yield (
        f"{base}.{{suffix}}",
        _operation(
            f"{component}.file",
            f"A file of {said}",
            "The whole table, or the rows that filters leave of it.",
            [_suffix(), *columns],
            {written.media_type: _written(name, row) for name, written in FORMATS.items()},
        ),
    )


def _operation(name: str, summary: str, description: str, parameters: list[Part], content: Part) -> Part:
    return {
        "get": {
            "tags": ["Rows"],
            "operationId": name,
            "summary": summary,
            "description": description,
            "parameters": parameters,
            "responses": {"200": {"description": "Rows.", "content": content}, "default": PROBLEM},
        }
    }


def _filter(name: str, cell: Part, example: Part) -> Part:
    """The parameter that asks for rows with a value of a column."""
    kinds = cell["type"] if isinstance(cell["type"], list) else [cell["type"]]
    own = {key: value for key, value in cell.items() if key in ("pattern", "format")}
    schema = {**own, "type": next(kind for kind in kinds if kind != "null")}
    if schema["type"] in ("array", "object"):
        schema = {"type": "string"}
    asked = name if not name.startswith("_") else f"{name}__eq"
    told = parameter(asked, cell.get("title") or cell.get("description") or f"The value of `{name}`.", schema)
    value = example.get(name)
    return {**told, "example": value} if isinstance(value, str | int | float) and value != "" else told


def _page_of(row: Part) -> Part:
    rows = {"type": "object", "properties": {"rows": {"type": "array", "items": row}}}
    return {"allOf": [{"$ref": "#/components/schemas/RowsModel"}, rows]}


def _written(name: str, row: Part) -> Part:
    return {"schema": {"type": "array", "items": row}} if name == "json" else {}


def _suffix() -> Part:
    suffixes = [written.suffix.removeprefix(".") for written in FORMATS.values()]
    return {
        "name": "suffix",
        "in": "path",
        "required": True,
        "description": "The format.",
        "schema": {"enum": suffixes},
        "example": suffixes[0],
    }
