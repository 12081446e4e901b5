"""Sides that are made in a moment: tables in a DuckDB file, without a package or a release around them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from minshu.diff import Difference, Side, SideName, compared
from minshu.fields import JsonType
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn, ReleasedForeignKey, ReleasedTable

MEMORY = 128 << 20
JSON: Mapping[str, JsonType] = {"BIGINT": "number", "DOUBLE": "number", "BOOLEAN": "boolean"}

Rows = Sequence[Sequence[Any]]
MakeSide = Callable[..., Side]


def columns_of(schema: Mapping[str, Any], types: Sequence[str]) -> tuple[ReleasedColumn, ...]:
    return tuple(
        ReleasedColumn(
            name=field["name"], type=type_, field_type=field.get("type", "string"), json_type=JSON.get(type_, "string")
        )
        for field, type_ in zip(schema["fields"], types, strict=True)
    )


def table_of(name: str, schema: Mapping[str, Any], types: Sequence[str], rows: int) -> ReleasedTable:
    keys = schema.get("primaryKey", [])
    foreign = [
        ReleasedForeignKey(
            fields=tuple(key["fields"]),
            resource=key["reference"]["resource"] or name,
            reference_fields=tuple(key["reference"]["fields"]),
        )
        for key in schema.get("foreignKeys", [])
    ]
    return ReleasedTable(
        name=name,
        path="",
        rows=rows,
        columns=columns_of(schema, types),
        primary_key=(keys,) if isinstance(keys, str) else tuple(keys),
        foreign_keys=tuple(foreign),
    )


STORED = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "year": "INTEGER", "date": "DATE"}


@pytest.fixture
def make_side(tmp_path: Path) -> MakeSide:
    """Make a side of resources, each a descriptor with `rows` in it and, where they matter, the columns' `types`."""
    numbers = count()

    def make(*resources: Mapping[str, Any], files: Mapping[str, str] | None = None, **descriptor: Any) -> Side:
        database = tmp_path / f"side-{next(numbers)}.duckdb"
        declared, tables = [], {}
        with duckdb.connect(database) as connection:
            for resource in resources:
                plain = {key: value for key, value in resource.items() if key not in ("rows", "types")}
                declared.append(plain)
                if "rows" not in resource:
                    continue
                schema, rows = plain["schema"], resource["rows"]
                stored = [STORED.get(field.get("type", "string"), "VARCHAR") for field in schema["fields"]]
                types = resource.get("types", stored)
                table = table_of(plain["name"], schema, types, len(rows))
                named = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
                connection.execute(f"create table {quoted(table.name)} ({named})")
                if rows:
                    marks = ", ".join("?" for _ in types)
                    connection.executemany(f"insert into {quoted(table.name)} values ({marks})", [*map(list, rows)])
                tables[table.name] = table
        named_files = {str(resource["path"]) for resource in declared} | {"README.md"}
        held = {path: digest for path, digest in (files or {}).items() if path in named_files}
        whole = {"name": "demo", "version": "1.0.0", **descriptor, "resources": declared}
        return Side(SideName(name="demo", version="1.0.0"), whole, tables, held, database, {})

    return make


@pytest.fixture
def difference() -> Iterator[Callable[[Side, Side], Difference]]:
    """What differs between two sides."""
    yield lambda old, new: compared(old, new, MEMORY)
