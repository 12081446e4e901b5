"""Frictionless, the reference of every verdict: packages as it has them, and the typed rows of their tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from frictionless import Package as FrictionlessPackage
from frictionless.resources import TableResource

from minshu.descriptors import Descriptor, Package
from minshu.fields import JSON_TYPES
from minshu.references import self_contained
from minshu.structure.rows import rows_of, without_foreign_keys
from minshu.structure.standard import corrected
from minshu.structure.standard.dialects import with_controls

BATCH = 10_000


@dataclass(frozen=True)
class Row:
    """One typed row. `number` counts as frictionless does: the header is row 1."""

    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class SourceTable:
    """A table of a package, ready to be read: its schema - declared, or inferred where none is - and its rows."""

    name: str
    schema: Descriptor
    resource: Any

    @contextmanager
    def batches(self) -> Iterator[Iterator[list[Row]]]:
        """The typed rows in the file's order, in batches. Only a table that `check` found valid can be read whole."""
        with corrected(), without_foreign_keys(self.resource)[0] as opened:
            as_written = {field["name"] for field in self.schema["fields"] if field["type"] in JSON_TYPES}
            names = [field["name"] for field in self.schema["fields"]]
            rows = (Row(row.row_number, _cells(row, names, as_written)) for row in rows_of(opened))
            yield iter(lambda: list(islice(rows, BATCH)), [])


def _cells(row: Any, names: list[str], as_written: set[str]) -> tuple[Any, ...]:
    """The typed cells in the schema's order, which `fieldsMatch` lets differ from the file's; null where it has none.

    JSON texts are as they were written, because floats would not keep their digits.
    """
    if not as_written:
        return tuple(row.get(name) for name in names)
    texts = dict(zip(row.field_names, row.cells, strict=False))
    return tuple(_written(row.get(name), texts.get(name)) if name in as_written else row.get(name) for name in names)


def _written(value: Any, cell: Any) -> Any:
    return cell if value is not None and isinstance(cell, str) else value


def tables(package: Package) -> list[SourceTable]:
    """The tables of a package whose structure is valid, in the order of its descriptor."""
    descriptor, _ = self_contained(package)
    with corrected():
        resources = as_frictionless(package.folder, descriptor).resources
        return [_source_table(resource) for resource in resources if isinstance(resource, TableResource)]


def _source_table(resource: Any) -> SourceTable:
    probe, foreign = without_foreign_keys(resource)
    with probe as opened:
        schema: Descriptor = opened.schema.to_descriptor()
    return SourceTable(resource.name, {**schema, "foreignKeys": foreign} if foreign else schema, resource)


def as_frictionless(folder: Path, descriptor: Descriptor) -> FrictionlessPackage:
    """The package as frictionless has it. Its descriptor must be self-contained."""
    return FrictionlessPackage.from_descriptor(deepcopy(with_controls(descriptor)), basepath=str(folder))
