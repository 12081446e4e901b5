"""A table opened for judging: its fields in SQL, its source, and what one aggregate query tells of all its rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import duckdb

from minshu.descriptors import Descriptor
from minshu.identifiers import literal
from minshu.meter import in_context
from minshu.structure.compile import Compiled, NotCompiled, compiled, python_only
from minshu.structure.keys import Keys, keys_of
from minshu.structure.rows import without_foreign_keys
from minshu.structure.scan import Scan, scan
from minshu.structure.sources import DELIMITED, Source, direct, staged

DISTINCT_BATCH = 20_000
# Past it, a statement takes DuckDB longer to plan than rows take Python to read.
MOST_FIELDS = 2_000
# Keys of whole numbers below this are told apart by one bit each, 4 MiB for each thread: a third of what hashing costs.
BITS = 1 << 25
# Conditions that share a place in a whole number of DuckDB's are looked at together.
PLACES = 62


# SQL that is true of the cells which somebody wants to look at, by the field's descriptor and the cell's name.
Notice = Callable[[Descriptor, str], str]


def all_cells(_field: Descriptor, _cell: str) -> str:
    """The notice of whoever says nothing."""
    return "true"


@dataclass(frozen=True)
class Totals:
    """Counts over all rows: `suspects` are the rows that are not certainly fine, `doubles` the keys that repeat.

    `failed` has a bit for each condition that some row fails. `noticed` are the rows with a cell of which the table's
    notice is true.
    """

    rows: int
    suspects: int
    doubles: frozenset[tuple[str, ...]]
    failed: int = 0
    noticed: int = 0


# Of a table that was not counted yet, any condition may fail.
UNCOUNTED = Totals(0, 0, frozenset(), failed=-1)


@dataclass
class Tabulated:
    """A resource's copy, opened by frictionless without its foreign keys, and its rows as DuckDB reads them."""

    name: str
    probe: Any
    fields: tuple[Compiled, ...]
    connection: duckdb.DuckDBPyConnection
    keys: Keys
    references: frozenset[str]
    source: Source
    totals: Totals
    notice: Notice
    bad: dict[str, str] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Compiled]:
        """The fields by their names."""
        return {item.field.name: item for item in self.fields}

    def key(self, names: Sequence[str]) -> str:
        """SQL: the value of a key, null where one of its cells has none. Raises NotCompiled."""
        keys = [self._known(self.by_name[name]).key for name in names]
        if len(keys) == 1:
            return keys[0]
        unknown = " or ".join(f"{key} is null" for key in keys)
        return f"(case when {unknown} then null else row({', '.join(keys)}) end)"

    def conditions(self, values: Mapping[str, str] | None = None) -> list[str]:
        """SQL: one condition for each field, and some for the row. Where all are true, it has certainly no error.

        `values` names the columns that hold the values of some fields.
        """
        values = values or {}
        fields = [item.over(values[item.field.name]) if item.field.name in values else item for item in self.fields]
        conditions = [item.fine(self.bad.get(item.cell)) for item in fields]
        conditions += [f"not {self.by_name[name].missing}" for name in self.keys.primary]
        if not self.keys.primary and not any(item.required for item in self.fields):
            conditions.append(f"({' or '.join(f'not {item.missing}' for item in self.fields)})")
        if self.source.staged:
            conditions.append(f"n = {self.source.width}")
        return conditions

    @property
    def suspect(self) -> str:
        """SQL: the row is not certainly fine, by the conditions that some row was found to fail."""
        failed = [condition for place, condition in enumerate(self.conditions()) if self.fails(place)]
        return f"(case when {' and '.join(failed)} then false else true end)" if failed else "false"

    def fails(self, place: int) -> bool:
        """Whether some row may fail a condition."""
        return bool(self.totals.failed & _bit(place))

    def may_err(self, item: Compiled) -> bool:
        """Whether some cell of a field may have an error of its own."""
        return self.fails(self.fields.index(item))

    def _known(self, item: Compiled) -> Compiled:
        """The field, whose cells need not be judged again for their values where none of them may have an error."""
        return item if self.may_err(item) or item.cell in self.bad else item.proven

    @property
    def blank(self) -> str:
        """SQL: no cell of the row has a value, which is one error instead of those of its cells."""
        return f"({' and '.join(item.missing for item in self.fields)})"

    @property
    def noticed(self) -> str:
        """SQL: the row has a cell that `notice` is true of, or values that SQL does not know."""
        known = (item for item in self.fields if item.cell not in self.bad or item.field.type == "string")
        conditions = [self.notice(item.field.to_descriptor(), item.cell) for item in known]
        conditions += ["true"] * (len(conditions) < len(self.fields))
        return f"(case when {' or '.join(conditions)} then true else false end)"

    def run(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run a query. Raises NotCompiled for what SQL cannot say, and duckdb.Error."""
        if "\0" in sql:
            raise NotCompiled
        return self.connection.execute(sql)


def _bit(place: int) -> int:
    return 1 << place % PLACES


def _failed(conditions: Sequence[str]) -> str:
    """SQL: the bits of the conditions that a row fails.

    DuckDB evaluates all of a conjunction, except where it is a condition: there, the rest only where it matters.
    """
    bits = [f"(case when {text} then 0 else {_bit(place)} end)" for place, text in enumerate(conditions)]
    return f"(case when {' and '.join(conditions)} then 0::bigint else {_together(bits)} end)"


def _together(bits: Sequence[str]) -> str:
    """SQL: the bits of all, in halves: DuckDB nests what it is given in a row, and only a thousand deep."""
    half = len(bits) // 2
    return f"({_together(bits[:half])} | {_together(bits[half:])})" if half else bits[0]


def tabulated(
    resource: Any, name: str, references: frozenset[str], connection: duckdb.DuckDBPyConnection, notice: Notice
) -> Tabulated:
    """Open a resource, and count. `references` are the fields that foreign keys read or point at.

    Raises NotCompiled where SQL cannot judge the table, FrictionlessException and duckdb.Error.
    """
    if resource.format not in DELIMITED:
        raise NotCompiled
    probe, foreign = without_foreign_keys(resource)
    with probe:
        expected = probe.header.get_expected_fields()
        names = [item.name for item in expected]
        if not 0 < len(names) <= MOST_FIELDS or len(set(names)) < len(names) or not probe.dialect.header_case:
            raise NotCompiled
        table = Tabulated(
            name,
            probe,
            tuple(compiled(item, f"c{position}") for position, item in enumerate(expected)),
            connection,
            keys_of(probe.schema, expected, foreign),
            references & set(names),
            Source("", "", 0, staged=True),
            UNCOUNTED,
            notice,
        )
        if not _read_directly(table):
            _read_staged(table)
    return table


def _read_directly(table: Tabulated) -> bool:
    """Count in the file itself, its bytes being scanned meanwhile; whether DuckDB has read it as Python would."""
    found = direct(table.probe, len(table.fields))
    if found is None:
        return False
    table.source, file, quote, end = found
    with ThreadPoolExecutor(1) as pool:
        scanned = pool.submit(in_context(scan), file, quote, end)
        try:
            _count(table)
        except duckdb.Error:
            return False
        result = scanned.result()
    header = 1 if table.probe.dialect.header else 0
    if not result.regular or result.records != table.totals.rows + header:
        return False
    if result.quoted:
        table.source = replace(table.source, lines=None)
    _note(table.probe.stats, result)
    return True


def _note(stats: Any, result: Scan) -> None:
    stats.md5, stats.sha256, stats.bytes = result.md5, result.sha256, result.size


def _read_staged(table: Tabulated) -> None:
    source = staged(table.probe, len(table.fields), table.name, table.connection)
    if source is None:
        raise NotCompiled
    table.source = source
    _count(table)


def _count(table: Tabulated) -> None:
    for position, item in enumerate(table.fields):
        if python_only(item):
            table.bad[item.cell] = _read_by_python(table, item, f"{table.name}_bad{position}")
    keys = {f"k{position}": key for position, key in enumerate(table.keys.different)}
    failed = _failed(table.conditions({key[0]: k for k, key in keys.items() if len(key) == 1}))
    counts = ["count(*)", "count_if(failed <> 0)", "coalesce(bit_or(failed), 0)", f"count_if({table.noticed})"]
    for k, key in keys.items():
        counts += [f"count({k})", _different(k, [table.by_name[name] for name in key])]
    values = "".join(f", {table.key(key)} as {k}" for k, key in keys.items())
    relation = f"(select *, {failed} as failed from (select *{values} from {table.source.relation}))"
    rows, suspects, bits, noticed, *rest = table.run(f"select {', '.join(counts)} from {relation}").fetchall()[0]
    pairs = zip(keys.values(), rest[::2], rest[1::2], strict=True)
    doubles = frozenset(key for key, some, different in pairs if some != different)
    table.totals = Totals(rows, suspects, doubles, bits, noticed)
    _refuse_odd_values(table)


def _different(key: str, fields: Sequence[Compiled]) -> str:
    """SQL: how many different values a key has. Those of most whole numbers are bits in a string, the rest hashed."""
    if [item.form and item.form.kind for item in fields] != ["integer"]:
        return f"count(distinct {key})"
    small = f"{key} between 0 and {BITS - 1}"
    bits = f"coalesce(bit_count(bitstring_agg(case when {small} then {key} end, 0, {BITS - 1})), 0)"
    return f"{bits} + count(distinct case when {small} then null else {key} end)"


def _refuse_odd_values(table: Tabulated) -> None:
    """A key's cells whose value SQL does not know must have none, else keys are compared by frictionless."""
    keyed = {name for key in table.keys.different for name in key} | table.references
    # A cell that is certainly fine has a value that SQL knows, unless Python read it.
    names = sorted(name for name in keyed if (item := table.by_name[name]).cell in table.bad or table.may_err(item))
    if not names:
        return
    counts = ", ".join(f"count_if({table.by_name[name].odd})" for name in names)
    found = table.run(f"select {counts} from {table.source.relation}").fetchall()[0]
    for item in (table.by_name[name] for name, count in zip(names, found, strict=True) if count):
        read = item.field.create_cell_reader()
        if any(read(cell)[0] is not None for cell in _distinct(table, item, item.odd)):
            raise NotCompiled


def _read_by_python(table: Tabulated, item: Compiled, name: str) -> str:
    """SQL: a value is none of those in which Python finds an error. They are put into a table of this name."""
    read = item.field.create_cell_reader()
    bad = [cell for cell in _distinct(table, item, f"not {item.missing}") if read(cell)[1]]
    if not bad:
        return "true"
    if any("\0" in cell for cell in bad):
        raise NotCompiled
    table.run(f"create or replace temp table {name} (v varchar)")
    for start in range(0, len(bad), DISTINCT_BATCH):
        values = ", ".join(f"({literal(cell)})" for cell in bad[start : start + DISTINCT_BATCH])
        table.run(f"insert into {name} values {values}")
    return f"{item.cell} not in (select v from {name})"


def _distinct(table: Tabulated, item: Compiled, where: str) -> Iterator[str]:
    found = table.run(f"select distinct {item.cell} from {table.source.relation} where {where}")
    fetch: Callable[[], list[Any]] = lambda: found.fetchmany(DISTINCT_BATCH)  # noqa: E731
    for batch in iter(fetch, []):
        yield from (cell for (cell,) in batch)
