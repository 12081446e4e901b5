"""Validation reports in frictionless's own format, so that every tool that reads those reads ours.

The shape is that of frictionless 5 `Report.to_descriptor()`: `valid`, `stats`, `warnings`, `errors`, and one task for
each resource. This module only builds it; it does not import frictionless.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import orjson

# One error: `type`, `title`, `description`, `message`, `tags`, `note`, and by type `rowNumber`, `cells`, `cell`,
# `fieldName`, `fieldNumber`, …
Finding = Mapping[str, Any]


# Frictionless's types of errors in a descriptor, by the part that they are about.
_PARTS = tuple(
    (
        re.compile(place),
        {"type": f"{name.lower()}-error", "title": f"{name} Error", "description": f"{words} against the standard."},
    )
    for place, name, words in (
        ("/resources/[0-9]+/schema/fields/[0-9]+", "Field", "A field is described"),
        ("/resources/[0-9]+/schema", "Schema", "A table's schema is written"),
        ("/resources/[0-9]+/dialect", "Dialect", "A table's dialect is written"),
        ("/resources/[0-9]+", "Resource", "A resource is described"),
        ("", "Package", "The package is described"),
    )
)


@dataclass(frozen=True)
class Task:
    """The findings about one resource. `place` is its path, `stats` counts its fields, rows and bytes.

    `unlisted` is how many errors there are beyond those that the limit let into the list.
    """

    name: str
    type: str
    place: str
    labels: tuple[str, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    errors: tuple[Finding, ...] = ()
    unlisted: int = 0

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """The task that `to_dict` gave."""
        stats = {name: value for name, value in told["stats"].items() if name not in ("errors", "warnings")}
        return cls(
            told["name"],
            told["type"],
            told["place"],
            tuple(told["labels"]),
            stats,
            tuple(told["warnings"]),
            tuple(told["errors"]),
            unlisted=told["stats"]["errors"] - len(told["errors"]),
        )

    @property
    def error_count(self) -> int:
        """All errors, the unlisted ones included."""
        return len(self.errors) + self.unlisted

    def with_errors(self, errors: Iterable[Finding]) -> "Task":
        """The task with further errors after those it has."""
        return replace(self, errors=(*self.errors, *errors))

    def to_dict(self) -> dict[str, Any]:
        """The task as frictionless's ReportTask."""
        return {
            "name": self.name,
            "type": self.type,
            "valid": not self.errors,
            "place": self.place,
            "labels": list(self.labels),
            "stats": {**self.stats, "errors": self.error_count, "warnings": len(self.warnings)},
            "warnings": list(self.warnings),
            "errors": list(self.errors),
        }


@dataclass(frozen=True)
class Report:
    """What was found about a package: errors of its own, and those of each resource. `seconds` is wall time."""

    tasks: tuple[Task, ...] = ()
    errors: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """The report that `to_dict` gave."""
        return cls(
            tuple(map(Task.from_dict, told["tasks"])),
            tuple(told["errors"]),
            tuple(told["warnings"]),
            told["stats"]["seconds"],
        )

    @property
    def error_count(self) -> int:
        """All errors, those of the package and those of its resources."""
        return len(self.errors) + sum(task.error_count for task in self.tasks)

    @property
    def valid(self) -> bool:
        """Whether there is no error. Warnings don't count."""
        return self.error_count == 0

    def with_warning(self, warning: str) -> "Report":
        """The report with one more warning."""
        return replace(self, warnings=(*self.warnings, warning))

    def to_dict(self) -> dict[str, Any]:
        """The report as frictionless's Report."""
        return {
            "valid": self.valid,
            "stats": {
                "tasks": len(self.tasks),
                "errors": self.error_count,
                "warnings": len(self.warnings) + sum(len(task.warnings) for task in self.tasks),
                "seconds": round(self.seconds, 3),
            },
            "warnings": list(self.warnings),
            "errors": list(self.errors),
            "tasks": [task.to_dict() for task in self.tasks],
        }

    def to_json(self) -> bytes:
        """The report as JSON, indented, with a final newline."""
        return orjson.dumps(self.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def package_error(note: str) -> Finding:
    """An error about the package as a whole: its descriptor, its archive, a path in it."""
    return {
        "type": "package-error",
        "title": "Package Error",
        "description": "The data package cannot be used as it is.",
        "message": note,
        "tags": [],
        "note": note,
    }


def descriptor_error(pointer: str, note: str, hint: str) -> Finding:
    """A fault of a descriptor at a JSON pointer (RFC 6901), with a hint how to put it right, or an empty one."""
    return {
        **package_error(f"{pointer or '/'}: {note}.{hint and f' {hint}'}"),
        **next(kind for place, kind in _PARTS if place.match(pointer)),
        "pointer": pointer,
        "hint": hint,
    }


def table_error(note: str) -> Finding:
    """A rule about a table that does not hold, where no row is at fault more than another."""
    return {
        "type": "table-error",
        "title": "Table Error",
        "description": "The table breaks a rule of its dataset.",
        "message": note,
        "tags": ["#table"],
        "note": note,
    }


def row_error(note: str, row_number: int, cells: Iterable[object]) -> Finding:
    """A rule that a row breaks. Rows are counted as frictionless does: the header is 1."""
    return {
        "type": "row-error",
        "title": "Row Error",
        "description": "The row breaks a rule of its dataset.",
        "message": f"The row at position {row_number}: {note}",
        "tags": ["#table", "#row"],
        "note": note,
        "cells": [_text(cell) for cell in cells],
        "rowNumber": row_number,
    }


def cell_error(
    note: str, row_number: int, cells: Iterable[object], cell: object, field_name: str, field_number: int
) -> Finding:
    """A rule that one cell breaks. Fields are counted from 1."""
    where = f'The cell "{_text(cell)}" in row at position {row_number} and field "{field_name}"'
    return {
        **row_error(note, row_number, cells),
        "type": "cell-error",
        "title": "Cell Error",
        "description": "The cell breaks a rule of its dataset.",
        "message": f"{where} at position {field_number}: {note}",
        "tags": ["#table", "#row", "#cell"],
        "cell": _text(cell),
        "fieldName": field_name,
        "fieldNumber": field_number,
    }


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
