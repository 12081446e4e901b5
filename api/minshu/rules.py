"""Content: what a dataset's own rules file says, held against its typed rows.

A rules file declares pandera (polars) models for single tables, `MODELS`, and SQL rules across tables, `RULES` (see
`minshu.checks`). It is code and is run: only a catalogue's own files, or those that an operator names, are loaded.
"""

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb

from minshu.checks import Rule
from minshu.errors import RulesError
from minshu.identifiers import quoted
from minshu.loading import ROW, LoadedTable
from minshu.report import Finding, cell_error, row_error, table_error

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Rules:
    """A loaded rules file: models by table, rules across tables, and the digest of the file."""

    models: Mapping[str, Any]
    rules: tuple[Rule, ...]
    sha256: str


def load_rules(path: Path) -> Rules:
    """Run a rules file and take what it declares. Raises RulesError, with the line at fault."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise RulesError(f"The rules file {path} cannot be read: {error.strerror}.") from error
    module = ModuleType(f"minshu_rules_{path.stem}")
    module.__file__ = str(path)
    # pandera resolves string annotations through sys.modules, so register before executing.
    sys.modules[module.__name__] = module
    try:
        # Not by importlib: its cache of bytecode may be older than the text whose digest is kept.
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102  # a catalogue's rules are trusted
    except Exception as error:
        raise RulesError(f"{path.name} does not load: {_where(error, path)}{type(error).__name__}: {error}") from error
    models, rules = getattr(module, "MODELS", {}), tuple(getattr(module, "RULES", ()))
    if not isinstance(models, Mapping) or not all(isinstance(rule, Rule) for rule in rules):
        raise RulesError(f"{path.name}: MODELS must map table names to pandera models, RULES be a tuple of Rule.")
    return Rules(models, rules, sha256(source).hexdigest())


def apply_rules(
    rules: Rules, tables: Sequence[LoadedTable], connection: duckdb.DuckDBPyConnection, limit: int
) -> dict[str, list[Finding]]:
    """The findings for each table that breaks a rule, at most `limit` for each rule or model.

    Raises RulesError for a rule that names no table there is, or whose SQL fails.
    """
    by_name = {table.name: table for table in tables}
    findings: dict[str, list[Finding]] = {}
    for name, model in rules.models.items():
        found = _check_model(model, _known(by_name, name, "MODELS"), connection)
        findings.setdefault(name, []).extend(islice(found, limit))
    for rule in rules.rules:
        found = _check_rule(rule, _known(by_name, rule.table, f"The rule {rule.name!r}"), connection, limit)
        findings.setdefault(rule.table, []).extend(found)
    return {name: found for name, found in findings.items() if found}


def _check_rule(rule: Rule, table: LoadedTable, connection: duckdb.DuckDBPyConnection, limit: int) -> Iterator[Finding]:
    try:
        cursor = connection.execute(rule.sql)
        rows = cursor.fetchmany(limit)
    except duckdb.Error as error:
        raise RulesError(f"The rule {rule.name!r} cannot be run: {error}") from error
    names = [column[0] for column in cursor.description or ()]
    if not names or names[0] != ROW:
        raise RulesError(f"The rule {rule.name!r} must return {ROW} as its first column.")
    for number, *shown in rows:
        note = f"{rule.description} ({rule.name})"
        if number is None:
            yield table_error(_with_values(note, names[1:], shown))
        else:
            yield row_error(_with_values(note, names[1:], shown), number, _cells(table, number, connection))


def _check_model(model: Any, table: LoadedTable, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    import polars as pl
    from pandera.errors import SchemaDefinitionError, SchemaErrorReason, SchemaErrors, SchemaInitError

    frame = pl.DataFrame(connection.sql(f"select * from {quoted(table.name)}").to_arrow_table())
    numbers = frame[ROW]
    frame = frame.drop(ROW)
    try:
        model.validate(frame, lazy=True)
    except SchemaErrors as error:
        # pandera reports a check that itself fails, for a column that is not there, say, as if the data were wrong.
        broken = (problem for problem in error.schema_errors if problem.reason_code is SchemaErrorReason.CHECK_ERROR)
        for problem in broken:
            raise RulesError(f"The model of {table.name!r} cannot be run: {problem}") from error
        yield from _model_findings(error.failure_cases, frame, numbers)
    except (SchemaDefinitionError, SchemaInitError, AttributeError, TypeError) as error:
        raise RulesError(f"The model of {table.name!r} cannot be run: {error}") from error


def _model_findings(failures: "pl.DataFrame", frame: "pl.DataFrame", numbers: "pl.Series") -> Iterator[Finding]:
    """A finding for each failure case; a check over a whole row fails once, however many columns pandera lists."""
    seen: set[tuple[object, ...]] = set()
    for case in failures.iter_rows(named=True):
        index, column, check = case["index"], case["column"], str(case["check"])
        if case["schema_context"] != "Column" or column not in frame.columns:
            column = None
        if (index, column, check) in seen:
            continue
        seen.add((index, column, check))
        if index is None:
            yield table_error(f"{check}: {column or ''} {case['failure_case']}".strip())
        elif column is None:
            yield row_error(check, numbers[index], frame.row(index))
        else:
            row, field = frame.row(index), frame.columns.index(column)
            yield cell_error(check, numbers[index], row, row[field], column, field + 1)


def _cells(table: LoadedTable, number: int, connection: duckdb.DuckDBPyConnection) -> Iterable[object]:
    columns = ", ".join(f"cast({quoted(column.name)} as varchar)" for column in table.columns)
    found = connection.execute(f"select {columns} from {quoted(table.name)} where {ROW} = ?", [number]).fetchone()
    return found or ()


def _with_values(note: str, names: Iterable[str], values: Iterable[object]) -> str:
    shown = ", ".join(f"{name} = {value!r}" for name, value in zip(names, values, strict=True))
    return f"{note}: {shown}" if shown else note


def _known(tables: Mapping[str, LoadedTable], name: str, what: str) -> LoadedTable:
    if name not in tables:
        raise RulesError(f"{what} names the table {name!r}, which the package lacks. Its tables: {', '.join(tables)}.")
    return tables[name]


def _where(error: BaseException, path: Path) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {lines[-1]}: " if lines else ""
