"""Reports without secrets: what they quote of cells is masked or left out where it is not for every reader."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from minshu.descriptors import Package
from minshu.opening import openings
from minshu.personal import declares, is_birthdate_field
from minshu.report import Finding, Report, Task
from minshu.traces import child_birthdate, masked, redacted


def redacted_report(report: Report, package: Package) -> Report:
    """The report with identity, phone, card and plate numbers, addresses and children's birthdates masked."""
    fields = {str(resource.get("name")): _fields(resource) for resource in package.resources}
    return replace(
        report,
        errors=tuple(_redacted(error, []) for error in report.errors),
        tasks=tuple(_redacted_task(task, fields.get(task.name, [])) for task in report.tasks),
    )


def disclosed_report(report: Report, package: Package) -> Report:
    """The report as a release shows it to all: warnings quote cells, and not every table is open."""
    opening = openings(package.descriptor)
    return replace(
        report, tasks=tuple(task if opening.of(task.name).is_open else _untold(task) for task in report.tasks)
    )


def _untold(task: Task) -> Task:
    count = len(task.warnings)
    words = (
        f"{count} warning{'' if count == 1 else 's'} about data that is not open to all: only its publisher sees what."
    )
    return replace(task, warnings=(words,) if count else ())


def _fields(resource: Mapping[str, Any]) -> list[Any]:
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return fields if isinstance(fields, list) else []


def _redacted_task(task: Task, fields: list[Any]) -> Task:
    errors = tuple(_redacted(error, fields) for error in task.errors)
    return replace(task, errors=errors, warnings=tuple(map(redacted, task.warnings)))


def _redacted(error: Finding, fields: list[Any]) -> Finding:
    """An error without the secrets of its row. Birthdates are known by their fields, the rest by its form."""
    cells = error.get("cells")
    born = {
        cell: masked(cell, "child")
        for cell, described in zip(cells if isinstance(cells, list) else [], fields, strict=False)
        if isinstance(described, dict) and is_birthdate_field(described) and not declares(described)
        if isinstance(cell, str) and child_birthdate(cell)
    }
    return {key: value if key in STANDING else _masked(value, born) for key, value in error.items()}


# The words of the format, and the names of the schema: they are not data.
STANDING = frozenset({"type", "title", "description", "tags", "fieldName", "fieldNames", "rowNumber", "fieldNumber"})


def _masked(value: Any, born: Mapping[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_masked(one, born) for one in value]
    if not isinstance(value, str):
        return value
    for secret, mask in born.items():
        value = value.replace(secret, mask)
    return redacted(value)
