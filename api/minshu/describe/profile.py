"""What a whole file proves about its columns: every record is loaded as text, and counted by DuckDB.

No sample decides anything. The texts lie in a file of DuckDB's own, so memory stays bounded whatever the file's size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb

from minshu.describe.text import Form, form_of, records
from minshu.describe.types import FORMS, HINTS, MISSING, chosen
from minshu.errors import Undescribable
from minshu.identifiers import literal, quoted

BATCH: Final = 10_000
MOST_ENUM: Final = 12
ENUM_REPEATS: Final = 3
ENUM_LETTERS: Final = 50
# Pairs are looked for among so many columns, from the left: at most 28 pairs.
PAIRED: Final = 8
_KEYS: Final = ("string", "integer", "date", "year", "yearmonth")


@dataclass(frozen=True)
class Column:
    """What all values of one column prove. `values` are those that are there, `distinct` how many differ."""

    name: str
    type: str
    missing: tuple[str, ...]
    values: int
    distinct: int
    enum: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What one file proves. `table` is its name in the connection, with columns `c0` and on."""

    path: Path
    form: Form
    table: str
    rows: int
    columns: tuple[Column, ...]

    def complete(self, position: int) -> bool:
        """Whether every row has a value in a column."""
        return self.rows > 0 and self.columns[position].values == self.rows

    def unique(self, position: int) -> bool:
        """Whether a column is of a kind that identifies rows, and does so: two rows at least, no value twice."""
        column = self.columns[position]
        return self.rows > 1 and column.type in _KEYS and self.complete(position) and column.distinct == self.rows


def profile(path: Path, table: str, connection: duckdb.DuckDBPyConnection) -> Profile:
    """Load a file as texts into `table`, and tell what they prove.

    Raises Undescribable for a file that no descriptor could make valid.
    """
    form = form_of(path)
    rows = records(path, form)
    header = _header(path, next(rows, []))
    _load(_checked(path, rows, len(header)), len(header), table, connection)
    count = _number(connection, f"select count(*) from {quoted(table)}")
    columns = tuple(_column(name, position, table, connection) for position, name in enumerate(header))
    if any(column.missing for column in columns) and _blank_rows(columns, table, connection):
        # A row without any value is an error, so these marks had better stay values.
        columns = tuple(_column(name, position, table, connection, marks=()) for position, name in enumerate(header))
    found = Profile(path, form, table, count, columns)
    return replace(found, columns=tuple(_with_enum(column, i, table, connection) for i, column in enumerate(columns)))


def unique_pair(found: Profile, connection: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """The leftmost pair of columns whose values no two rows share; None where the first columns have none."""
    able = [i for i, column in enumerate(found.columns) if found.complete(i) and column.type in _KEYS][:PAIRED]
    if found.rows < 2:
        return None
    for left, right in ((a, b) for a in able for b in able if a < b):
        if found.columns[left].distinct * found.columns[right].distinct < found.rows:
            continue
        pairs = f"select count(*) from (select distinct c{left}, c{right} from {quoted(found.table)})"
        if _number(connection, pairs) == found.rows:
            return left, right
    return None


def contained(child: Profile, at: int, parent: Profile, key: int, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every value of a column stands in the other table's key."""
    marks = _texts(("", *child.columns[at].missing))
    orphans = f"""
        select count(*) from {quoted(child.table)} c anti join {quoted(parent.table)} p on c.c{at} = p.c{key}
        where c.c{at} not in {marks}"""
    return child.columns[at].values > 0 and _number(connection, orphans) == 0


def _header(path: Path, header: list[str]) -> list[str]:
    if not header or any(not name.strip() for name in header):
        raise Undescribable(path.name, "its first row must name every column, and one of the names is empty")
    if twice := next((name for i, name in enumerate(header) if name in header[:i]), None):
        raise Undescribable(path.name, f"two columns are called {twice!r}")
    return header


def _checked(path: Path, rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=2):
        if not any(row):
            raise Undescribable(path.name, f"row {number} is blank (the header is row 1)")
        if len(row) != width:
            raise Undescribable(path.name, f"row {number} has {len(row)} cells, and the header {width}")
        yield row


def _load(rows: Iterator[list[str]], width: int, table: str, connection: duckdb.DuckDBPyConnection) -> None:
    import pyarrow as pa

    names = [f"c{position}" for position in range(width)]
    connection.execute(f"create table {quoted(table)} ({', '.join(f'{name} varchar' for name in names)})")
    while batch := list(islice(rows, BATCH)):
        columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
        arrow = pa.Table.from_arrays(columns, names)
        connection.register("batch", arrow)
        connection.execute(f"insert into {quoted(table)} select * from batch")
        connection.unregister("batch")


def _column(
    name: str, position: int, table: str, connection: duckdb.DuckDBPyConnection, marks: Sequence[str] = MISSING
) -> Column:
    """A column by its values; with marks of missing values where the others then prove more than a string."""
    plain = _counted(name, position, table, connection, ())
    if plain.type != "string" or not marks or not plain.values:
        return plain
    used = connection.execute(
        f"select distinct c{position} from {quoted(table)} where c{position} in {_texts(marks)}"
    ).fetchall()
    found = tuple(mark for mark in marks if (mark,) in used)
    if not found:
        return plain
    stronger = _counted(name, position, table, connection, found)
    return stronger if stronger.type != "string" else plain


def _counted(
    name: str, position: int, table: str, connection: duckdb.DuckDBPyConnection, missing: tuple[str, ...]
) -> Column:
    forms = {**FORMS, **HINTS}
    counts = ", ".join(f"count(*) filter ({form})" for form in forms.values())
    row = connection.execute(f"""
        select count(*), count(distinct value), {counts} from (
            select c{position} as value from {quoted(table)} where c{position} not in {_texts(("", *missing))})
        """).fetchone()
    values, distinct, *fits = row or (0, 0)
    type_ = chosen(name, values, dict(zip(forms, fits, strict=True)))
    return Column(name, type_, missing, values, distinct)


def _blank_rows(columns: Sequence[Column], table: str, connection: duckdb.DuckDBPyConnection) -> bool:
    blank = " and ".join(f"c{i} in {_texts(('', *column.missing))}" for i, column in enumerate(columns))
    return _number(connection, f"select count(*) from {quoted(table)} where {blank}") > 0


def _with_enum(column: Column, position: int, table: str, connection: duckdb.DuckDBPyConnection) -> Column:
    """The column with its values, where they are few texts that repeat: a list of kinds rather than of names."""
    few = 2 <= column.distinct <= MOST_ENUM and column.values >= ENUM_REPEATS * column.distinct
    if column.type != "string" or not few:
        return column
    found = connection.execute(
        f"select distinct c{position} from {quoted(table)} where c{position} <> '' order by all"
    ).fetchall()
    values = tuple(str(value) for (value,) in found)
    return replace(column, enum=values) if max(map(len, values)) <= ENUM_LETTERS else column


def _texts(texts: Sequence[str]) -> str:
    return f"({', '.join(map(literal, texts))})"


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
