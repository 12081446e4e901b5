"""A validation report as text for people: by table, each error with its row, field, value and what was expected."""

import re
from collections.abc import Iterator
from typing import Any

from minshu.report import Finding, Report, Task

SHOWN = 60
TYPE_NOTE = re.compile(r'type is "([^/"]+)(?:/([^"]+))?"')
CONSTRAINT_NOTE = re.compile(r'constraint "([^"]+)" is "(.*)"', re.DOTALL)


def report_text(report: Report, path: str) -> str:
    """The report in lines: the verdict last, where a terminal leaves the eye."""
    return "\n".join(_lines(report, path))


def _lines(report: Report, path: str) -> Iterator[str]:
    yield from (f"warning: {warning}" for warning in report.warnings)
    yield from (f"error: {_sentence(error)}" for error in report.errors)
    for task in report.tasks:
        if task.errors or task.warnings:
            yield from _task_lines(task)
    tables = sum(task.type == "table" for task in report.tasks)
    rows = sum(task.stats.get("rows", 0) for task in report.tasks)
    verdict = "valid" if report.valid else f"invalid, {_count(report.error_count, 'error')}"
    yield f"{path}: {verdict} ({_count(tables, 'table')}, {_count(rows, 'row')}, {report.seconds:.1f} s)"


def _task_lines(task: Task) -> Iterator[str]:
    yield f"{task.name} ({task.place}): {_count(len(task.errors), 'error')}"
    yield from (f"  warning: {warning}" for warning in task.warnings)
    rows = [_cells(error) for error in task.errors]
    widths = [max(_width(row[column]) for row in rows) for column in range(3)] if rows else []
    for row in rows:
        padded = (text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=False))
        yield ("  " + "  ".join(padded) + "  " + row[3]).rstrip()
    if rows:
        yield ""


def _cells(error: Finding) -> tuple[str, str, str, str]:
    row = f"row {error['rowNumber']}" if "rowNumber" in error else ""
    field = f"field {error['fieldNumber']} {error['fieldName']}" if "fieldNumber" in error else ""
    value = _shortened(repr(error["cell"])) if "cell" in error else ""
    return row, field or _label(error), value, _sentence(error)


def _label(error: Finding) -> str:
    labels: Any = error.get("label") or error.get("labels") or ""
    return _shortened(labels if isinstance(labels, str) else ", ".join(labels))


def _sentence(error: Finding) -> str:
    """What was expected. Frictionless says it in notes such as `type is "integer/default"`."""
    note = str(error.get("note") or error.get("message") or "")
    if match := TYPE_NOTE.fullmatch(note):
        kind, form = match.groups()
        return f"expected a value of type {kind}" + (f" in the format {form}" if form and form != "default" else "")
    if match := CONSTRAINT_NOTE.fullmatch(note):
        name, value = match.groups()
        return "a value is required" if name == "required" else f"expected {name} {value}"
    return f"{error['type']}: {note}" if note else str(error["title"])


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _width(text: str) -> int:
    """The columns that a text takes on a terminal, where Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)
