"""A dataset of this repository with its rules, to be broken at one place and looked at by one rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from minshu.descriptors import read_package
from minshu.loading import LoadedTable, load, load_texts
from minshu.rules import Rules, apply_rules, load_rules

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Loaded:
    """The package in DuckDB, and its rules."""

    connection: duckdb.DuckDBPyConnection
    tables: tuple[LoadedTable, ...]
    rules: Rules

    def found(self, rule: str, change: str | None = None, values: list[object] | None = None) -> list[int]:
        """The numbers of the rows that one rule finds after a change, which is then undone."""
        only = tuple(known for known in self.rules.rules if known.name == rule)
        (table,) = (known.table for known in only)
        return self._found(Rules({}, only, ""), table, change, values)

    def found_by_model(self, table: str, change: str | None = None) -> list[int]:
        """The numbers of the rows that a table's model finds after a change, which is then undone."""
        return self._found(Rules({table: self.rules.models[table]}, (), ""), table, change, None)

    def _found(self, rules: Rules, table: str, change: str | None, values: list[object] | None) -> list[int]:
        self.connection.execute("begin")
        try:
            if change:
                self.connection.execute(change, values)
            outcome = apply_rules(rules, self.tables, self.connection, 1000).get(table)
        finally:
            self.connection.execute("rollback")
        return [finding["rowNumber"] for finding in (outcome.errors if outcome else [])]


@contextmanager
def dataset_loaded(name: str) -> Iterator[Loaded]:
    """A dataset in DuckDB, by its name."""
    with duckdb.connect() as connection:
        package = read_package(ROOT / "datasets" / name)
        tables = load(package, connection)
        load_texts(package, tables, connection)
        yield Loaded(connection, tables, load_rules(ROOT / "validators" / f"{name.replace('-', '_')}.py"))
