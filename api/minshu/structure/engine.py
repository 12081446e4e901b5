"""Frictionless's verdict at DuckDB's speed.

SQL counts the rows that are not certainly fine, and the keys that repeat or point nowhere; where a count is not zero,
those rows alone are looked up and judged by frictionless's own row, so that every error reads as it says it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from frictionless.table.row import Row, create_cell_handlers

from minshu.structure.compile import NotCompiled
from minshu.structure.findings import Judge, Marks, start_errors
from minshu.structure.lookup import Lookup
from minshu.structure.outcome import Outcome
from minshu.structure.tabulated import Notice, Tabulated, all_cells, tabulated
from minshu.structure.totals import row_errors

MEMORY = "384MiB"


class Engine:
    """Judges the tables of one package. Those that foreign keys point at are read once."""

    def __init__(self, resources: list[Any], connection: duckdb.DuckDBPyConnection, notice: Notice = all_cells) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._connection, self._notice = connection, notice
        self._tables: dict[str, Tabulated] = {}
        self._references = _referenced(resources)

    def validate(self, resource: Any, limit: int) -> Any:
        """The report of frictionless's on one table. Raises NotCompiled, FrictionlessException or duckdb.Error."""
        outcome = Outcome(limit)
        table = self._table(resource.name)
        for key in resource.schema.foreign_keys if resource.schema else ():
            self._table(key["reference"]["resource"] or resource.name)
        outcome.add(*start_errors(table.probe))
        before = outcome.total
        for error in islice(self._row_errors(table, limit + 1), limit + 1):
            outcome.add(error)
        if outcome.full:
            broken = [self._broken(table, key).count() for key in table.keys.foreign]
            outcome.total = before + row_errors(table) + sum(broken)
        table.probe.stats.rows = table.totals.rows
        return outcome.report(table.probe, table.probe.labels)

    @property
    def unnoticed(self) -> frozenset[str]:
        """The tables judged so far in which SQL knows every cell, and the notice is true of none."""
        totals = ((name, table.totals) for name, table in self._tables.items())
        return frozenset(name for name, counts in totals if not counts.suspects and not counts.noticed)

    @property
    def certain(self) -> frozenset[str]:
        """The tables judged so far whose files DuckDB reads as Python does, and of which SQL knows every cell."""
        tables = self._tables.items()
        return frozenset(
            name for name, table in tables if not (table.totals.suspects or table.source.staged or table.bad)
        )

    @property
    def in_lines(self) -> frozenset[str]:
        """The tables judged so far each of whose rows is the line of its number."""
        return frozenset(name for name, table in self._tables.items() if table.source.lines)

    def _table(self, name: str) -> Tabulated:
        if name not in self._resources or not self._resources[name].tabular:
            raise NotCompiled
        if name not in self._tables:
            resource, number = self._resources[name], len(self._tables)
            references = self._references.get(name, frozenset())
            self._tables[name] = tabulated(resource, f"_t{number}", references, self._connection, self._notice)
        return self._tables[name]

    def _row_errors(self, table: Tabulated, limit: int) -> Iterator[Any]:
        lookup = Lookup(table)
        marks = Marks({key: lookup.repeated(key, limit) for key in table.keys.different})
        for position, key in enumerate(table.keys.foreign):
            marks.foreign[position] = self._broken(table, key).rows(limit)
        judge = Judge(table.keys, marks)
        handlers = create_cell_handlers([item.field for item in table.fields])
        for number, cells in lookup.suspects(marks.rows, limit):
            yield from judge.errors(Row(cells, handlers=handlers, row_number=number))

    def _broken(self, table: Tabulated, key: Mapping[str, Any]) -> "Broken":
        return Broken(table, self._table(key["reference"]["resource"] or table.probe.name), key)


@contextmanager
def workspace() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, bounded in memory; what does not fit is spilled into a folder that vanishes with it."""
    with TemporaryDirectory(prefix="minshu-") as folder, duckdb.connect(f"{folder}/cells.duckdb") as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute("set enable_progress_bar = false")
        yield connection


def fast_or(resource: Any, judge: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """What `judge` gives, or `otherwise` where it cannot judge this resource exactly."""
    if not resource.tabular:
        return otherwise()
    try:
        return judge()
    except Exception:  # noqa: BLE001
        # Besides NotCompiled, whatever frictionless's readers raise in cells that it would not have come to, or would
        # have: a time with a zone compared to one without. What it makes of that is the verdict.
        return otherwise()


def _referenced(resources: list[Any]) -> dict[str, frozenset[str]]:
    """The fields of each table that foreign keys read or point at."""
    found: dict[str, set[str]] = {}
    for resource in resources:
        for key in resource.schema.foreign_keys if resource.tabular and resource.schema else ():
            found.setdefault(resource.name, set()).update(key["fields"])
            target = key["reference"]["resource"] or resource.name
            found.setdefault(target, set()).update(key["reference"]["fields"])
    return {name: frozenset(fields) for name, fields in found.items()}


@dataclass(frozen=True)
class Broken:
    """The rows of a table whose foreign key points at no row of the target. Raises NotCompiled."""

    table: Tabulated
    target: Tabulated
    key: Mapping[str, Any]

    def count(self) -> int:
        """How many there are."""
        here, anti = self._join()
        rows = f"with here as (select {here} from {self.table.source.relation}) select count(*) {anti}"
        return int(self.table.run(rows).fetchall()[0][0])

    def rows(self, limit: int) -> set[int]:
        """The numbers of the first of them."""
        if not self.count():
            return set()
        here, anti = self._join()
        rows = f"with here as (select r, {here} from {self.table.source.numbered}) select r {anti}"
        return {row for (row,) in self.table.run(f"{rows} order by r limit {limit}").fetchall()}

    def _join(self) -> tuple[str, str]:
        """The columns of the key, and the join that finds the rows without a partner."""
        there = self.key["reference"]["fields"]
        if not set(there) <= set(self.target.by_name) or len(there) != len(self.key["fields"]):
            raise NotCompiled
        names = zip(self.key["fields"], there, strict=True)
        pairs = [(self.table.by_name[name], self.target.by_name[other]) for name, other in names]
        if any(here.form is None or far.form is None or here.form.kind != far.form.kind for here, far in pairs):
            raise NotCompiled
        equal = "=" if len(pairs) == 1 else "is not distinct from"
        here = ", ".join(f"{pair[0].key} as k{position}" for position, pair in enumerate(pairs))
        far = ", ".join(f"{pair[1].key} as f{position}" for position, pair in enumerate(pairs))
        some = " or ".join(f"k{position} is not null" for position in range(len(pairs)))
        joined = " and ".join(f"k{position} {equal} f{position}" for position in range(len(pairs)))
        distinct = f"(select distinct {far} from {self.target.source.relation})"
        return here, f"from here anti join {distinct} as far on {joined} where {some}"
