"""The verdict on a package: its structure first, then its content, in one report."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from minshu.descriptors import Package
from minshu.lines import with_lines
from minshu.loading import ROW, LoadedTable, collision, collision_words, load, load_texts
from minshu.report import Finding, Report
from minshu.rules import Rules, apply_rules, load_rules
from minshu.settings import Settings
from minshu.structure import check

VERSION_1_NAME = re.compile(r"[-a-z0-9._/]+\Z")


@dataclass(frozen=True)
class Judgement:
    """A report, and what it was judged by. `tables` are loaded in the connection that was given."""

    report: Report
    rules: Rules | None
    tables: tuple[LoadedTable, ...]


def validate(package: Package, rules_file: Path | None, settings: Settings) -> Report:
    """The report on a package: structure, and content where there is a rules file and the structure holds.

    Raises RulesError for a rules file that is itself wrong.
    """
    if rules_file is None:
        return with_lines(_structure(package, settings), package)
    with duckdb.connect() as connection:
        return judge(package, rules_file, connection, settings).report


def judge(
    package: Package, rules_file: Path | None, connection: duckdb.DuckDBPyConnection, settings: Settings
) -> Judgement:
    """Validate, and leave the typed rows of a package whose structure holds in the connection, for the release."""
    started = time.perf_counter()
    rules = load_rules(rules_file) if rules_file else None
    report = _structure(package, settings)
    if not report.valid:
        skipped = ("The rules of the dataset were not run: its structure has errors.",) if rules else ()
        told = replace(report, warnings=(*report.warnings, *skipped))
        return Judgement(with_lines(told, package), rules, ())
    tables = load(package, connection)
    if rules:
        load_texts(package, tables, connection)
        report = _with_content(report, apply_rules(rules, tables, connection, settings.limit_errors))
    report = with_lines(report, package)
    return Judgement(replace(report, seconds=time.perf_counter() - started), rules, tables)


def _structure(package: Package, settings: Settings) -> Report:
    started = time.perf_counter()
    report = check(package, settings.limit_errors)
    warnings = (*report.warnings, *_advice(package))
    return replace(report, warnings=warnings, seconds=time.perf_counter() - started)


def _with_content(report: Report, findings: Mapping[str, Sequence[Finding]]) -> Report:
    return replace(report, tasks=tuple(task.with_errors(findings.get(task.name, ())) for task in report.tasks))


def _advice(package: Package) -> tuple[str, ...]:
    """What a reader will miss in the descriptor of a package; asked for, never required."""
    if package.source is None:
        return ()
    missing = [key for key in ("title", "licenses") if not package.descriptor.get(key)]
    advice = (f"The package declares no {key}; readers look for it." for key in missing)
    untyped = (
        f"{resource.get('name')!r} declares no schema: types are inferred, and a code like 001 may become a number."
        for resource in package.resources
        if resource.get("type") == "table" and not resource.get("schema")
    )
    return (*advice, *untyped, *_unstorable(package), *_unnamed(package))


def _unnamed(package: Package) -> Iterator[str]:
    """Warn of names that only version 2 of the standard allows, where version 1 is meant by saying nothing."""
    names = [name for resource in package.resources if isinstance(name := resource.get("name"), str)]
    if "$schema" not in package.descriptor and not all(VERSION_1_NAME.match(name) for name in names):
        yield 'Names other than a-z, 0-9, ".", "_", "-" and "/" need version 2: declare "$schema" of Data Package 2.0.'


def _unstorable(package: Package) -> Iterator[str]:
    """Warn of what is valid, and yet cannot be published."""
    for resource in package.resources:
        schema = resource.get("schema")
        fields = schema.get("fields", []) if isinstance(schema, dict) else []
        names = [field["name"] for field in fields if isinstance(field, dict) and isinstance(field.get("name"), str)]
        if twice := collision([*names, ROW]):
            yield f"{resource.get('name')!r} cannot be published: {collision_words(twice)}."
