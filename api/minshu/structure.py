"""Structure: what a package's descriptor, schemas and dialects say, held against its files.

Frictionless does the work behind this interface: `check` gives the findings for each resource, `tables` the typed
rows of each table. Nothing is fetched: remote paths were refused when the package was opened, and a profile or
schema that only the network could give is reported.
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

from minshu.descriptors import SCHEME, Descriptor, Package
from minshu.errors import DescriptorInvalid
from minshu.report import Report, Task, package_error

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
        with self.resource.to_copy() as opened:
            rows = (Row(row.row_number, tuple(row.values())) for row in opened.row_stream)
            yield iter(lambda: list(islice(rows, BATCH)), [])


def check(package: Package, limit_errors: int) -> Report:
    """The package's structure, checked; at most `limit_errors` errors for each resource."""
    descriptor, warnings = _offline(package.descriptor)
    if problem := _remote_schema(descriptor):
        return Report(errors=(package_error(problem),), warnings=warnings)
    try:
        found = _frictionless(package.folder, descriptor).validate(limit_errors=limit_errors).to_descriptor()
    except FrictionlessException as error:
        reasons = error.reasons or [error.error]
        return Report(errors=tuple(reason.to_descriptor() for reason in reasons), warnings=warnings)
    tasks = tuple(_task(task) for task in found["tasks"])
    return Report(tasks, tuple(found["errors"]), (*warnings, *found["warnings"]))


def tables(package: Package) -> list[SourceTable]:
    """The tables of a package whose structure is valid, in the order of its descriptor."""
    descriptor, _ = _offline(package.descriptor)
    resources = [
        item for item in _frictionless(package.folder, descriptor).resources if isinstance(item, TableResource)
    ]
    return [_source_table(resource) for resource in resources]


def _source_table(resource: Any) -> SourceTable:
    with resource.to_copy() as opened:
        schema: Descriptor = opened.schema.to_descriptor()
    return SourceTable(resource.name, schema, resource)


def _frictionless(folder: Path, descriptor: Descriptor) -> FrictionlessPackage:
    try:
        return FrictionlessPackage.from_descriptor(deepcopy(descriptor), basepath=str(folder))
    except (TypeError, AttributeError, ValueError) as error:
        # Descriptors of absurd shapes end inside frictionless; its own verdicts are FrictionlessExceptions.
        raise DescriptorInvalid(f"The descriptor cannot be read: {error}.") from error


def _offline(descriptor: Descriptor) -> tuple[Descriptor, tuple[str, ...]]:
    """The descriptor without the profiles that frictionless would fetch, and a warning for each.

    Data Package 2.0, "$schema", and version 1's `profile` may be any URL. A profile adds rules of its own about the
    descriptor; the data can be judged without it.
    """
    remote: list[str] = []

    def strip(value: Descriptor) -> Descriptor:
        profile = value.get("profile")
        if isinstance(profile, str) and SCHEME.match(profile):
            remote.append(profile)
            return {key: item for key, item in value.items() if key != "profile"}
        return value

    copy = strip(descriptor)
    resources = [strip(item) if isinstance(item, dict) else item for item in copy["resources"]]
    return {**copy, "resources": resources}, tuple(
        f"The profile {url} was not fetched, so not checked." for url in remote
    )


def _remote_schema(descriptor: Descriptor) -> str | None:
    for position, resource in enumerate(descriptor["resources"]):
        schema = resource.get("schema")
        if isinstance(schema, str) and SCHEME.match(schema):
            return (
                f"/resources/{position}/schema is remote ({schema}), and nothing is fetched. Put it into the package."
            )
    return None


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
