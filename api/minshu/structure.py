"""Structure: what a package's descriptor, schemas and dialects say, held against its files.

Frictionless does the work behind this interface: `check` gives the findings for each resource, `tables` the typed
rows of each table. It is given descriptors that are self-contained, so it fetches nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from frictionless import FrictionlessException
from frictionless import Package as FrictionlessPackage
from frictionless.resources import TableResource

from minshu.descriptors import Descriptor, Package
from minshu.errors import DescriptorInvalid, PackageError, UnsafePath
from minshu.fields import JSON_TYPES
from minshu.references import self_contained
from minshu.report import Report, Task, package_error

BATCH = 10_000
# How frictionless says that a library for a format is not installed: no verdict on the package.
MISSING_READER = 'Please install "frictionless['


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
        with self.resource.to_copy() as opened:
            as_written = {field["name"] for field in self.schema["fields"] if field["type"] in JSON_TYPES}
            rows = (Row(row.row_number, _cells(row, as_written)) for row in opened.row_stream)
            yield iter(lambda: list(islice(rows, BATCH)), [])


def _cells(row: Any, as_written: set[str]) -> tuple[Any, ...]:
    """The typed cells; JSON texts as they were written, because floats would not keep their digits."""
    if not as_written:
        return tuple(row.values())
    texts = zip(row.items(), row.cells, strict=False)
    return tuple(
        cell if name in as_written and value is not None and isinstance(cell, str) else value
        for (name, value), cell in texts
    )


def check(package: Package, limit_errors: int) -> Report:
    """The package's structure, checked; at most `limit_errors` errors for each resource."""
    warnings: tuple[str, ...] = ()
    try:
        descriptor, warnings = self_contained(package)
        found = _frictionless(package.folder, descriptor).validate(limit_errors=limit_errors).to_descriptor()
    except FrictionlessException as error:
        found = {
            "tasks": [],
            "errors": [reason.to_descriptor() for reason in error.reasons or [error.error]],
            "warnings": [],
        }
    except (DescriptorInvalid, UnsafePath) as error:
        return Report(errors=(package_error(str(error)),))
    except Exception as error:  # noqa: BLE001
        # Descriptors of absurd shapes, and patterns that are no regular expressions, end inside frictionless in
        # whatever exception comes first; its own verdicts are FrictionlessExceptions.
        return Report(errors=(package_error(f"The descriptor cannot be used: {type(error).__name__}: {error}."),))
    if missing := next((note for note in _notes(found) if MISSING_READER in note), None):
        raise PackageError(f"{missing} into the environment of Minshu, to read this format.")
    found = _without(f"{package.folder}/", found)
    return Report(tuple(map(_task, found["tasks"])), tuple(found["errors"]), (*warnings, *found["warnings"]))


def _notes(report: Descriptor) -> Iterator[str]:
    for part in (report, *report["tasks"]):
        yield from (str(error.get("note", "")) for error in part["errors"])


def _without(folder: str, value: Any) -> Any:
    """A report that names files relative to the package: where it lay when it was checked is nobody's business."""
    if isinstance(value, str):
        return value.replace(folder, "")
    if isinstance(value, list):
        return [_without(folder, item) for item in value]
    if isinstance(value, dict):
        return {key: _without(folder, item) for key, item in value.items()}
    return value


def tables(package: Package) -> list[SourceTable]:
    """The tables of a package whose structure is valid, in the order of its descriptor."""
    descriptor, _ = self_contained(package)
    resources = [
        item for item in _frictionless(package.folder, descriptor).resources if isinstance(item, TableResource)
    ]
    return [_source_table(resource) for resource in resources]


def _source_table(resource: Any) -> SourceTable:
    with resource.to_copy() as opened:
        schema: Descriptor = opened.schema.to_descriptor()
    return SourceTable(resource.name, schema, resource)


def _frictionless(folder: Path, descriptor: Descriptor) -> FrictionlessPackage:
    return FrictionlessPackage.from_descriptor(deepcopy(descriptor), basepath=str(folder))


def _task(found: Descriptor) -> Task:
    return Task(
        name=found["name"],
        type=found["type"],
        place=found.get("place", ""),
        labels=tuple(found.get("labels", ())),
        stats=found["stats"],
        warnings=tuple(found["warnings"]),
        errors=tuple(found["errors"]),
    )
