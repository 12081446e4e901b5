"""Content: what a dataset's own rules file says, held against its typed rows.

A rules file declares pandera (polars) models for single tables, `MODELS`, what of them must see a table whole,
`ALL_ROWS`, and SQL rules across tables, `RULES` (see `minshu.checks`). It is code and is run: only a catalogue's own
files, or those that an operator names, are loaded.
"""

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import duckdb

from minshu import models
from minshu.checks import Rule
from minshu.errors import RulesError
from minshu.loading import ROW, LoadedTable
from minshu.manifest import ReleasedRule
from minshu.models import BATCH, EXAMPLES, Outcome, Whole, cells_of, check_model
from minshu.report import row_error, table_error


@dataclass(frozen=True)
class Rules:
    """A loaded rules file: models by table, rules across tables, and the digest of the file."""

    models: Mapping[str, Any]
    rules: tuple[Rule, ...]
    sha256: str
    whole: Mapping[str, Whole] = field(default_factory=dict)

    def declared(self) -> Iterator[ReleasedRule]:
        """What the file holds tables against, in words. Raises RulesError for a model that cannot be run."""
        for table, model in self.models.items():
            yield from models.declared(model, table)
        for rule in self.rules:
            described = " ".join(rule.description.split())
            yield ReleasedRule(table=rule.table, name=rule.name, description=described, severity=rule.severity)


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
    return Rules(models, rules, sha256(source).hexdigest(), _whole(getattr(module, "ALL_ROWS", {}), path))


def _whole(declared: object, path: Path) -> Mapping[str, Whole]:
    """What `ALL_ROWS` declares: table → check → columns."""
    checks: list[Any] = list(declared.values()) if isinstance(declared, Mapping) else [None]
    if not all(isinstance(check, Mapping) and all(map(_is_list, check.values())) for check in checks):
        raise RulesError(f"{path.name}: ALL_ROWS must map table names to checks, and those to lists of their columns.")
    return cast("Mapping[str, Whole]", declared)


def _is_list(columns: object) -> bool:
    return isinstance(columns, Sequence) and not isinstance(columns, str)


def apply_rules(
    rules: Rules, tables: Sequence[LoadedTable], connection: duckdb.DuckDBPyConnection, limit: int
) -> dict[str, Outcome]:
    """What each table that breaks a rule is told, at most `limit` errors for each rule or model.

    Raises RulesError for a rule that names no table there is, or whose SQL fails.
    """
    by_name = {table.name: table for table in tables}
    if strangers := set(rules.whole) - set(rules.models):
        raise RulesError(f"ALL_ROWS names the table {min(strangers)!r}, for which MODELS has no model.")
    outcomes: dict[str, list[Outcome]] = {}
    for name, model in rules.models.items():
        table = _known(by_name, name, "MODELS")
        outcomes.setdefault(name, []).append(check_model(model, rules.whole.get(name, {}), table, connection, limit))
    for rule in rules.rules:
        table = _known(by_name, rule.table, f"The rule {rule.name!r}")
        outcomes.setdefault(rule.table, []).append(_check_rule(rule, table, connection, limit))
    return {name: told for name, found in outcomes.items() if (told := _merged(found)).errors or told.warnings}


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    errors = [error for outcome in outcomes for error in outcome.errors]
    return Outcome(len(errors), errors, [warning for outcome in outcomes for warning in outcome.warnings])


def _check_rule(rule: Rule, table: LoadedTable, connection: duckdb.DuckDBPyConnection, limit: int) -> Outcome:
    note = f"{rule.description} ({rule.name})"
    outcome = Outcome(limit)
    names, rows, total = _offending(rule, connection, EXAMPLES if rule.severity == "warning" else limit)
    if rule.severity == "warning":
        shown = (_with_values("the table" if row[0] is None else f"row {row[0]}", names, row[1:]) for row in rows)
        outcome.warnings.extend([f"{note}: {_rows(total)}, such as {'; '.join(shown)}."] if rows else [])
        return outcome
    for number, *values in rows:
        told = _with_values(note, names, values)
        if number is None:
            outcome.errors.append(table_error(told))
        else:
            outcome.errors.append(row_error(told, number, cells_of(table, number, connection)))
    if total > len(rows):
        outcome.warnings.append(f"{note}: {_rows(total)}, of which {len(rows):,} are listed.")
    return outcome


def _offending(
    rule: Rule, connection: duckdb.DuckDBPyConnection, limit: int
) -> tuple[list[str], list[tuple[Any, ...]], int]:
    """The names of what a rule shows, its first rows, and how many rows it returns."""
    try:
        cursor = connection.execute(rule.sql)
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(limit)
        total = len(rows)
        while more := len(cursor.fetchmany(BATCH)):
            total += more
    except duckdb.Error as error:
        raise RulesError(f"The rule {rule.name!r} cannot be run: {error}") from error
    if not names or names[0] != ROW:
        raise RulesError(f"The rule {rule.name!r} must return {ROW} as its first column.")
    return names[1:], rows, total


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


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
