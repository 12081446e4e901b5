"""The verdict on a package: its structure first, then its content, in one report."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from minshu.bounds import beyond
from minshu.conformance import declared_provenance, with_conformance
from minshu.descriptors import Package
from minshu.errors import UnstorableTable
from minshu.lines import with_lines
from minshu.loading import LoadedTable, load, load_texts
from minshu.models import Outcome
from minshu.opening import openings
from minshu.personal import Hit, may_be_found, scan
from minshu.quotations import check_quotations
from minshu.redaction import redacted_report
from minshu.report import Report, Task, package_error, table_error
from minshu.rules import Rules, apply_rules, load_rules
from minshu.settings import Settings
from minshu.structure import Checked, checked

# Of the memory for publishing, what DuckDB has for rows that only rules read: polars and pandera work beside it.
SHARE = 5 / 8


@dataclass(frozen=True)
class Judgement:
    """A report, and what it was judged by. `tables` are loaded in the connection that was given."""

    report: Report
    rules: Rules | None
    tables: tuple[LoadedTable, ...]


def validate(package: Package, rules_file: Path | None, settings: Settings) -> Report:
    """The report on a package: structure, and where it holds, content and warnings of personal data.

    Raises RulesError for a rules file that is itself wrong.
    """
    with TemporaryDirectory(prefix="minshu-") as folder, duckdb.connect(Path(folder) / "rows.duckdb") as connection:
        # The rows wait in a file, so that memory is not their limit.
        connection.execute(f"set memory_limit = '{int(settings.publish_memory * SHARE)}B'")
        # They are read once or twice and thrown away: finding how their texts would be smallest takes longer than both.
        connection.execute("set disabled_compression_methods = 'fsst,dict_fsst'")
        return judge(package, rules_file, connection, settings).report


def judge(
    package: Package,
    rules_file: Path | None,
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    release: bool = False,
) -> Judgement:
    """Validate, and leave the typed rows of a package whose structure holds in the connection, for the release.

    Personal data is an error in what is to be a `release`, else a warning.
    """
    started = time.perf_counter()
    rules = load_rules(rules_file) if rules_file else None
    found = _structure(package, settings)
    report, declared = found.report, declared_provenance(package)
    tables: tuple[LoadedTable, ...] = ()
    if not report.valid:
        skipped = ("The rules of the dataset were not run: its structure has errors.",) if rules else ()
        report = replace(report, warnings=(*report.warnings, *skipped))
    elif rules or release or declared:
        tables = load(package, connection, certain=found.certain)
    else:
        report, tables = _loaded(package, connection, found)
    if rules and tables:
        load_texts(package, tables, connection)
        report = _with_content(report, apply_rules(rules, tables, connection, settings.limit_errors))
    if declared and tables:
        told = check_quotations(package, declared, tables, connection, settings.limit_errors)
        report = _with_content(report, told)
    for table in (table for table in tables if table.name not in found.unnoticed):
        report = _with_hits(report, package, table, scan(table, connection), release=release)
    report = with_lines(redacted_report(report, package), package, found.in_lines)
    return Judgement(replace(report, seconds=time.perf_counter() - started), rules, tables)


def _loaded(
    package: Package, connection: duckdb.DuckDBPyConnection, found: Checked
) -> tuple[Report, tuple[LoadedTable, ...]]:
    """The tables of a package that no rule waits for, where there may be personal data in them.

    One that cannot be stored is valid all the same.
    """
    try:
        return found.report, load(package, connection, found.unnoticed, found.certain)
    except (UnstorableTable, duckdb.Error) as error:
        warning = f"No personal data was looked for: {str(error).splitlines()[0]}"
        return replace(found.report, warnings=(*found.report.warnings, warning)), ()


def _structure(package: Package, settings: Settings) -> Checked:
    """The report on the structure, and the tables in which nothing looks like personal data."""
    started = time.perf_counter()
    refused = tuple(package_error(sentence) for sentence in beyond(package, settings))
    if refused:
        return Checked(Report(errors=refused, seconds=time.perf_counter() - started))
    found = checked(package, settings.limit_errors, may_be_found)
    report = with_conformance(found.report, package, settings.limit_errors)
    return replace(found, report=replace(report, seconds=time.perf_counter() - started))


def _with_content(report: Report, outcomes: Mapping[str, Outcome]) -> Report:
    return replace(report, tasks=tuple(_told(task, outcomes.get(task.name, Outcome(0))) for task in report.tasks))


def _told(task: Task, outcome: Outcome) -> Task:
    return replace(task.with_errors(outcome.errors), warnings=(*task.warnings, *outcome.warnings))


def _with_hits(report: Report, package: Package, table: LoadedTable, hits: Sequence[Hit], *, release: bool) -> Report:
    """What was found of persons: errors in an open table that is to be released, warnings everywhere else."""
    gated = release and openings(package.descriptor).of(table.name).is_open
    outcome = Outcome(len(hits))
    for hit in hits:
        if gated and hit.bars:
            outcome.errors.append(table_error(hit.sentence))
        else:
            outcome.warnings.append(hit.sentence)
    return _with_content(report, {table.name: outcome})
