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
from minshu.errors import AccessError, Gone, StoreError
from minshu.filters import RowQuery
from minshu.formats import FORMATS
from minshu.http.links import Links
from minshu.http.negotiation import JSON_MEDIA
from minshu.http.openapi import PROBLEM
from minshu.http.parameters import parameter
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
    """What is said of the tables of a release: their addresses, and the models of their rows."""

    paths: Mapping[str, Part]
    schemas: Mapping[str, Part]


class Descriptions:
    """What is said of releases, kept while they are asked for."""

    def __init__(self) -> None:
        self._of: Callable[[Release], Typed] = lru_cache(KEPT)(typed)

    def document(self, generic: Mapping[str, Any], releases: Sequence[Release], most: int | None = COLUMNS) -> bytes:
        """The generic description with the tables of releases, in their order, until there are `most` columns.

        A release is described whole or not at all, and it is said how many are not.
        """
        shown: list[Typed] = []
        columns = 0
        for release in releases:
            own = sum(len(table.columns) for table in release.manifest.tables)
            if most is None or columns + own <= most:
                with suppress(StoreError):  # A damaged release is left out, as in the catalogue.
                    shown.append(self._of(release))
                    columns += own
        return orjson.dumps(_joined(generic, shown, len(releases)))


def _joined(generic: Mapping[str, Any], shown: Sequence[Typed], datasets: int) -> Part:
    components, schemas = generic["components"], dict(generic["components"]["schemas"])
    paths = dict(generic["paths"])
    for item in shown:
        paths |= item.paths
        schemas |= item.schemas
    info = dict(generic["info"])
    if len(shown) < datasets:
        info["description"] += (
            f" The tables of {len(shown)} of {datasets} datasets are described here: `/openapi.json?dataset=NAME` "
            "describes those of another."
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
        cells = schemas[component]["properties"]
        paths |= dict(_Described(release, table, component, cells, example or {}).paths())
    return Typed(paths, schemas)


def _component(dataset: str, table: str, index: int) -> str:
    """The name of a model. A dataset's name has no capital, so no two tables get the same one."""
    return f"{dataset}.Row.{table}" if _PLAIN.fullmatch(table) else f"{dataset}.Row-{index + 1}"


def _example(release: Release, table: ReleasedTable) -> dict[str, Any] | None:
    """The first row; none where the table is empty, is not open to all, or cannot be read."""
    with suppress(StoreError, Gone, AccessError):
        page = release.table(table.name).page(RowQuery(), 1)
        if page.rows:
            row = dict(zip((column.name for column in page.columns), page.rows[0], strict=True))
            return orjson.loads(orjson.dumps(row))  # type: ignore[no-any-return]  # JSON cells stand as text in it
    return None


@dataclass(frozen=True)
class _Described:
    """A table, the name of its rows' model, the models of its cells, and a row."""

    release: Release
    table: ReleasedTable
    component: str
    cells: Mapping[str, Part]
    example: Part

    def paths(self) -> Iterator[tuple[str, Part]]:
        """What is said of each of the table's addresses."""
        rows = Links("").rows(self.release.name, self.release.version, self.table.name)
        yield rows, self._rows()
        key = list(self._key())
        yield "/".join([rows, *(f"{{{part['name']}}}" for part in key)]), self._row(key)
        yield f"{rows.removesuffix('/rows')}.{{suffix}}", self._file()

    def _rows(self) -> Part:
        said = "Filters by other operators, order, columns and counts are asked for as of every table."
        size = parameter("_size", "The rows of a page; `next` is the address of the page after.", SIZE)
        rows = {"type": "array", "items": self._model}
        return self._operation(
            "rows", "Rows of", said, [*self._filters(), size], _json(_with("RowsModel", "rows", rows))
        )

    def _row(self, key: list[Part]) -> Part:
        said = "One row, with the rows that it names and those that name it."
        return self._operation("row", "A row of", said, key, _json(_with("RowModel", "row", self._model)))

    def _file(self) -> Part:
        said = "The whole table, or the rows that filters leave of it."
        content = {
            written.media_type: {"schema": {"type": "array", "items": self._model}} if name == "json" else {}
            for name, written in FORMATS.items()
        }
        return self._operation("file", "A file of", said, [_suffix(), *self._filters()], content)

    @property
    def _model(self) -> Part:
        return {"$ref": f"#/components/schemas/{self.component}"}

    def _operation(self, name: str, what: str, said: str, parameters: list[Part], content: Part) -> Part:
        return {
            "get": {
                "tags": ["Rows"],
                "operationId": f"{self.component}.{name}",
                "summary": f"{what} {self.release.name} {self.release.version}, {self.table.title or self.table.name}",
                "description": said,
                "parameters": parameters,
                "responses": {"200": {"description": "Rows.", "content": content}, "default": PROBLEM},
            }
        }

    def _filters(self) -> list[Part]:
        """The parameters that ask for rows with a value of a column."""
        told = []
        for name, cell in self.cells.items():
            words = cell.get("title") or cell.get("description") or f"The value of `{name}`."
            asked = name if not name.startswith("_") else f"{name}__eq"
            told.append(_exemplified(parameter(asked, words, _asked(cell)), self.example.get(name)))
        return told

    def _key(self) -> Iterator[Part]:
        """The parameters of a row's address: the values of its key, or its number."""
        for at, name in enumerate(self.table.primary_key):
            told = {"name": f"key{at + 1}", "in": "path", "required": True, "description": f"The value of `{name}`."}
            yield _exemplified({**told, "schema": {"minLength": 1, **_asked(self.cells[name])}}, self.example.get(name))
        if not self.table.primary_key:
            told = {"name": "number", "in": "path", "required": True, "description": "The row's number, from 1."}
            yield {**told, "schema": {"type": "integer", "minimum": 1}, "example": 1}


def _asked(cell: Part) -> Part:
    """The schema of a value that is asked for, made of that of a column's cells."""
    kinds = cell["type"] if isinstance(cell["type"], list) else [cell["type"]]
    kind = next(kind for kind in kinds if kind != "null")
    if kind in ("array", "object"):
        return {"type": "string"}
    return {**{key: value for key, value in cell.items() if key in ("pattern", "format")}, "type": kind}


def _exemplified(told: Part, value: object) -> Part:
    return {**told, "example": value} if isinstance(value, str | int | float) and value != "" else told


def _with(model: str, member: str, schema: Part) -> Part:
    """The schema of a model of which a member is known better."""
    own = {"type": "object", "properties": {member: schema}}
    return {"allOf": [{"$ref": f"#/components/schemas/{model}"}, own]}


def _json(schema: Part) -> Part:
    return {JSON_MEDIA: {"schema": schema}}


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
