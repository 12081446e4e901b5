"""pandera models on tables of any size: batches flow through a model, and what needs the whole table sees it.

A model is taken apart. Checks of rows run batch by batch; uniqueness runs in DuckDB, which spills; a check that its
rules file names in `ALL_ROWS` runs once, on the columns that it declares. A check that gives one answer for many rows
and is not declared is a RulesError, for on batches it would judge something else than the table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb

from minshu.errors import RulesError
from minshu.identifiers import quoted
from minshu.loading import ROW, LoadedTable
from minshu.manifest import ReleasedRule, Severity
from minshu.report import Finding, cell_error, row_error, table_error

if TYPE_CHECKING:
    import polars as pl

BATCH = 100_000
EXAMPLES = 5
# Beside the columns of a table, whose names may be any but `_row`.
FIRST = quoted("_row of the first")

# For each check that must see all rows at once, the columns that it reads. A check of one column need name none.
Whole = Mapping[str, Sequence[str]]


@dataclass
class Outcome:
    """What checks found in one table: errors up to `limit`, and warnings as sentences."""

    limit: int
    errors: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many more errors may be listed."""
        return max(0, self.limit - len(self.errors))


@dataclass
class _Tally:
    """How often one check failed, and what is shown of it."""

    words: str
    column: str | None
    warns: bool
    count: int = 0
    listed: int = 0
    examples: list[str] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """The warning that this is, or that not all of its errors are listed."""
        where = f" in field {self.column!r}" if self.column else ""
        if self.warns:
            yield f"{self.words}{where}: {_rows(self.count)}, such as {'; '.join(self.examples)}."
        elif self.count > self.listed:
            yield f"{self.words}{where}: {_rows(self.count)}, of which {self.listed:,} are listed."


def check_model(
    model: Any, whole: Whole, table: LoadedTable, connection: duckdb.DuckDBPyConnection, limit: int
) -> Outcome:
    """The outcome of a table's model. Raises RulesError for a model, or a check of it, that cannot be run."""
    return _Run(_schema(model, table.name), whole, table, connection, limit).outcome()


class _Run:
    """One model on one table."""

    def __init__(
        self, schema: Any, whole: Whole, table: LoadedTable, connection: duckdb.DuckDBPyConnection, limit: int
    ) -> None:
        self._table, self._connection = table, connection
        self._outcome = Outcome(limit)
        self._tallies: dict[tuple[str | None, str], _Tally] = {}
        self._said: set[str] = set()
        self._single: list[str] = []
        self._names = [column.name for column in table.columns]
        for check in _checks(schema):
            # A warning is told as ours are, and not by Python's `warnings`; failures are read from the check's output.
            check.warns, check.raise_warning, check.n_failure_cases = check.raise_warning, False, 1
        self._unique = list(_taken_uniques(schema, self._names))
        self._whole = list(_taken_whole(schema, whole, table))
        for check in _checks(schema):
            self._watch(check)
        self._schema = schema

    def outcome(self) -> Outcome:
        """Run everything."""
        self._refuse_single()
        for frame in self._batches():
            self._validate(self._schema, frame)
        for keys in self._unique:
            self._check_unique(keys)
        for schema, columns in self._whole:
            self._validate(schema, self._frame(columns))
        for tally in self._tallies.values():
            self._outcome.warnings.extend(tally.sentences())
        return self._outcome

    def _watch(self, check: Any) -> None:
        """Remember a check that answers once for many rows."""
        from pandera.api.function_dispatch import Dispatcher

        if str(check.name) == "unique_values_eq":
            self._single.append(str(check.name))
        # pandera's own checks are looked up by their names when they are run; all but that one judge row by row.
        if check.element_wise or isinstance(check._check_fn, Dispatcher):
            return
        run: Callable[..., Any] = check._check_fn

        def watched(data: Any, *words: Any, **options: Any) -> Any:
            out = run(data, *words, **options)
            if isinstance(out, bool):
                if _height(data) > 1:
                    self._single.append(str(check.name))
                return out
            answers = out.collect()
            if answers.height == 1 < _height(data):
                self._single.append(str(check.name))
            return answers.lazy()

        check._check_fn = watched

    def _batches(self) -> Iterator["pl.DataFrame"]:
        import polars as pl

        # Nothing else may be asked of the connection until the last batch is read.
        reader = self._connection.sql(f"select * from {quoted(self._table.name)}").to_arrow_reader(BATCH)
        if not self._table.rows:
            yield pl.DataFrame(pl.from_arrow(reader.schema.empty_table()))
        for batch in reader:
            yield pl.DataFrame(pl.from_arrow(batch))

    def _frame(self, columns: Sequence[str]) -> "pl.DataFrame":
        import polars as pl

        names = ", ".join(map(quoted, [ROW, *columns]))
        return pl.DataFrame(self._connection.sql(f"select {names} from {quoted(self._table.name)}").to_arrow_table())

    def _validate(self, schema: Any, batch: "pl.DataFrame") -> None:
        from pandera.errors import SchemaDefinitionError, SchemaErrorReason, SchemaErrors, SchemaInitError

        frame, what = batch.drop(ROW), f"The model of {self._table.name!r} cannot be run"
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            self._refuse_single()
            for problem in error.schema_errors:
                # pandera reports a check that itself fails, for want of a column, say, as if the data were wrong.
                if problem.reason_code is SchemaErrorReason.CHECK_ERROR:
                    raise RulesError(f"{what}: {problem.failure_cases}") from error
                self._take(problem, batch)
        except (SchemaDefinitionError, SchemaInitError, NotImplementedError, AttributeError, TypeError) as error:
            raise RulesError(f"{what}: {error}") from error
        self._refuse_single()

    def _refuse_single(self) -> None:
        if self._single:
            raise RulesError(
                f"The check {self._single[0]!r} of {self._table.name!r} gives one answer for many rows, and models see "
                f'tables in batches: name it with the columns that it reads in ALL_ROWS, as {{"{self._table.name}": '
                f'{{"{self._single[0]}": ["COLUMN"]}}}}.'
            )

    def _take(self, problem: Any, batch: "pl.DataFrame") -> None:
        name, words, warns = _identified(problem.check)
        column = problem.schema.name if problem.schema.__class__.__name__ == "Column" else None
        column = column if column in batch.columns else None
        if problem.check_output is None or problem.check_output.height != batch.height:
            what = [problem.schema.name, None if problem.failure_cases is False else problem.failure_cases]
            self._say_once(": ".join([words, *(str(part) for part in what if part is not None)]), warns=warns)
            return
        failed = (~problem.check_output["check_output"].fill_null(value=False)).arg_true()
        tally = self._tallies.setdefault((column, name), _Tally(words, column, warns))
        tally.count += len(failed)
        shown = EXAMPLES - len(tally.examples) if warns else self._outcome.room
        for index in failed.head(shown).to_list():
            self._show(tally, dict(zip(batch.columns, batch.row(index), strict=True)))

    def _say_once(self, words: str, *, warns: bool) -> None:
        """What is wrong with a column as a whole is so in every batch."""
        if words not in self._said:
            self._said.add(words)
            if warns:
                self._outcome.warnings.append(words)
            elif self._outcome.room:
                self._outcome.errors.append(table_error(words))

    def _show(self, tally: _Tally, row: Mapping[str, Any]) -> None:
        number = row[ROW]
        if tally.warns:
            value = f" ({row[tally.column]!r})" if tally.column else ""
            tally.examples.append(f"row {number}{value}")
            return
        # A check of the whole sees some columns only; the reader of the report sees the row.
        cells = list(self._cells(number) if len(row) <= len(self._names) else [row[name] for name in self._names])
        tally.listed += 1
        if tally.column is None:
            self._outcome.errors.append(row_error(tally.words, number, cells))
        else:
            position = self._names.index(tally.column)
            cell = row[tally.column]
            self._outcome.errors.append(cell_error(tally.words, number, cells, cell, tally.column, position + 1))

    def _cells(self, number: int) -> Iterable[object]:
        return cells_of(self._table, number, self._connection)

    def _check_unique(self, columns: Sequence[str]) -> None:
        keys, table = ", ".join(map(quoted, columns)), quoted(self._table.name)
        given = " and ".join(f"{quoted(column)} is not null" for column in columns)
        found = self._connection.execute(
            f"with twice as (select {keys}, min({ROW}) as {FIRST} from {table} where {given} group by {keys} having"
            f" count(*) > 1), later as (select {ROW}, {FIRST} from {table} join twice using ({keys})"
            f" where {ROW} > {FIRST}) select {ROW}, {FIRST}, count(*) over () from later order by {ROW} limit ?",
            [max(1, self._outcome.room)],
        ).fetchall()
        one = columns[0] if len(columns) == 1 else None
        words = (
            "the value stands in an earlier row" if one else f"{', '.join(columns)} stand together in an earlier row"
        )
        tally = _Tally(f"unique: {words}", one, warns=False, count=found[0][2] if found else 0)
        self._tallies[one, f"unique({keys})"] = tally
        for number, first, _ in found[: self._outcome.room]:
            cells = list(self._cells(number))
            note = f"{tally.words}, {first}"
            tally.listed += 1
            if one is None:
                self._outcome.errors.append(row_error(note, number, cells))
            else:
                position = self._names.index(one)
                self._outcome.errors.append(cell_error(note, number, cells, cells[position], one, position + 1))


def declared(model: Any, table: str) -> Iterator[ReleasedRule]:
    """What the model of the table of this name checks. Raises RulesError for a model that cannot be run."""
    schema = _schema(model, table)
    for check in schema.checks:
        yield _declared(check, table, None)
    for column, held in schema.columns.items():
        if held.unique:
            yield ReleasedRule(table=table, name="unique", column=column)
        for check in held.checks:
            yield _declared(check, table, column)
    for together in _together(schema):
        yield ReleasedRule(table=table, name=f"unique: {', '.join(together)}")


def _declared(check: Any, table: str, column: str | None) -> ReleasedRule:
    name, description = _named(check)
    severity: Severity = "warning" if check.raise_warning else "error"
    return ReleasedRule(table=table, name=name, description=description, column=column, severity=severity)


def cells_of(table: LoadedTable, number: int, connection: duckdb.DuckDBPyConnection) -> Iterable[object]:
    """The cells of one row as texts."""
    columns = ", ".join(f"cast({quoted(column.name)} as varchar)" for column in table.columns)
    sql = f"select {columns} from {quoted(table.name)} where {ROW} = ?"
    return connection.execute(sql, [number]).fetchone() or ()


def _schema(model: Any, table: str) -> Any:
    """A copy of the model's schema, to be taken apart."""
    from pandera.errors import SchemaDefinitionError, SchemaInitError
    from pandera.polars import DataFrameSchema

    try:
        schema = model.to_schema() if hasattr(model, "to_schema") else model
    except (SchemaDefinitionError, SchemaInitError, AttributeError, TypeError) as error:
        raise RulesError(f"The model of {table!r} cannot be run: {error}") from error
    if not isinstance(schema, DataFrameSchema):
        raise RulesError(f"The model of {table!r} cannot be run: it is no model of pandera.polars.")
    return deepcopy(schema)


def _checks(schema: Any) -> Iterator[Any]:
    yield from schema.checks
    for column in schema.columns.values():
        yield from column.checks


def _taken_uniques(schema: Any, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The columns that must be unique, taken out of the schema."""
    import re

    for name, column in schema.columns.items():
        if column.unique:
            column.unique = False
            wanted = [one for one in names if re.match(name, one)] if column.regex else [name]
            yield from ((one,) for one in wanted if one in names)
    groups, schema.unique = list(_together(schema)), None
    yield from (group for group in (tuple(one for one in group if one in names) for group in groups) if group)


def _together(schema: Any) -> Iterator[Sequence[str]]:
    """The columns that must be unique together: one list of them, or several."""
    found = schema.unique or []
    yield from [found] if found and all(isinstance(one, str) for one in found) else found


def _taken_whole(schema: Any, whole: Whole, table: LoadedTable) -> Iterator[tuple[Any, list[str]]]:
    """A schema and its columns for each check that must see all rows, taken out of the schema."""
    from pandera.polars import Column, DataFrameSchema

    known = {column.name for column in table.columns}
    found = {str(check.name) for check in _checks(schema)}
    if missing := sorted(set(whole) - found):
        raise RulesError(f"ALL_ROWS names the check {missing[0]!r}, which the model of {table.name!r} lacks.")
    for columns in whole.values():
        if unknown := sorted(set(columns) - known):
            raise RulesError(f"ALL_ROWS names the column {unknown[0]!r}, which the table {table.name!r} lacks.")
    for check in [check for check in schema.checks if check.name in whole]:
        yield DataFrameSchema(checks=[check]), list(whole[check.name]) or sorted(known)
    for name, column in schema.columns.items():
        for check in [check for check in column.checks if check.name in whole]:
            if name in known:
                lone = Column(checks=[check], nullable=True)
                yield DataFrameSchema({name: lone}), list(dict.fromkeys([name, *whole[check.name]]))
        column.checks = [check for check in column.checks if check.name not in whole]
    schema.checks = [check for check in schema.checks if check.name not in whole]


def _identified(check: Any) -> tuple[str, str, bool]:
    """A check's name, its name behind its description, and whether it only warns."""
    if check is None or isinstance(check, str):
        return str(check), str(check), False
    name, description = _named(check)
    return name, f"{description} ({name})" if description else name, bool(getattr(check, "warns", False))


def _named(check: Any) -> tuple[str, str]:
    """A check's name and its description, on one line."""
    return str(check.error or check.name or check), " ".join(str(check.description or "").split())


def _height(data: Any) -> int:
    import polars as pl

    return int(data.lazyframe.select(pl.len()).collect().item())


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
