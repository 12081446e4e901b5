"""The findings about a package's structure, by whichever engine can tell them exactly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from frictionless import FrictionlessException
from frictionless import Report as FrictionlessReport

from minshu.descriptors import Descriptor, Package
from minshu.errors import DescriptorInvalid, PackageError, UnsafePath
from minshu.references import self_contained
from minshu.report import Report, Task, package_error
from minshu.structure import rows
from minshu.structure.engine import Engine, fast_or, workspace
from minshu.structure.reference import as_frictionless
from minshu.structure.standard import corrected
from minshu.structure.tabulated import Notice, all_cells

# How frictionless says that a library for a format is not installed: no verdict on the package.
MISSING_READER = 'Please install "frictionless['


@dataclass(frozen=True)
class Checked:
    """The findings, and the tables of which more is proven.

    A notice is true of none of the cells of those `unnoticed`; SQL alone tells the typed rows of those `certain`; each
    row of those `in_lines` is the line of its number.
    """

    report: Report
    unnoticed: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    in_lines: frozenset[str] = frozenset()


def check(package: Package, limit_errors: int) -> Report:
    """The package's structure, checked; at most `limit_errors` errors for each resource."""
    return checked(package, limit_errors).report


def checked(package: Package, limit_errors: int, notice: Notice = all_cells) -> Checked:
    """The same, with `notice` held against all cells in passing."""
    warnings: tuple[str, ...] = ()
    proven: tuple[frozenset[str], ...] = ()
    try:
        descriptor, warnings = self_contained(package)
        with corrected():
            report, proven = _validated(as_frictionless(package.folder, descriptor), limit_errors, notice)
        found = report.to_descriptor()
    except FrictionlessException as error:
        reasons = [reason.to_descriptor() for reason in error.reasons or [error.error]]
        found = {"tasks": [], "errors": reasons, "warnings": []}
    except (DescriptorInvalid, UnsafePath) as error:
        return Checked(Report(errors=(package_error(str(error)),)))
    except Exception as error:  # noqa: BLE001
        # Descriptors of absurd shapes, and patterns that are no regular expressions, end inside frictionless in
        # whatever exception comes first; its own verdicts are FrictionlessExceptions.
        words = f"The descriptor cannot be used: {type(error).__name__}: {error}."
        return Checked(Report(errors=(package_error(words),)))
    if missing := next((note for note in _notes(found) if MISSING_READER in note), None):
        raise PackageError(f"{missing} into the environment of Minshu, to read this format.")
    found = _without(f"{package.folder}/", found)
    tasks = tuple(map(_task, found["tasks"]))
    return Checked(Report(tasks, tuple(found["errors"]), (*warnings, *found["warnings"])), *proven)


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


def _validated(package: Any, limit: int, notice: Notice) -> tuple[Any, tuple[frozenset[str], ...]]:
    """As frictionless's own `Package.validate` does, each resource by the faster engine that can judge it.

    With the tables of which more is proven, as `Checked` has them.
    """
    try:
        package.to_descriptor(validate=True)
    except FrictionlessException as error:
        return FrictionlessReport.from_validation(errors=error.to_errors()), ()
    with workspace() as connection:
        engine = Engine(package.resources, connection, notice)
        reports = list(_reports(package.resources, engine, limit))
    proven = (engine.unnoticed, engine.certain, engine.in_lines)
    return FrictionlessReport.from_validation_reports(time=0, reports=reports), proven


def _reports(resources: Iterable[Any], engine: Engine, limit: int) -> Iterable[Any]:
    for resource in resources:
        fast = partial(engine.validate, resource, limit)
        yield fast_or(resource, fast, partial(rows.validate, resource, limit))


def _task(found: Descriptor) -> Task:
    return Task(
        name=found["name"],
        type=found["type"],
        place=found.get("place", ""),
        labels=tuple(found.get("labels", ())),
        stats=found["stats"],
        warnings=tuple(found["warnings"]),
        errors=tuple(found["errors"]),
        unlisted=found["stats"]["errors"] - len(found["errors"]),
    )
