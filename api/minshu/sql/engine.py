"""The second wall: a DuckDB that reads one set of releases and can do nothing else.

It is locked once its releases are attached. Everything here holds for a statement that the guard never saw.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from minshu.errors import BadParameter, SqlFailed, SqlTooLarge, StoreFailed
from minshu.formats import FORMATS, Column, columns_of, json_cells
from minshu.sql.failures import failure_of

MAIN = "release"
"""The name under which the main release is attached. Its tables are reached without it."""

MAX_COLUMNS = 2000
"""The most columns of an answer."""

BATCH = 1024
"""Rows fetched at once. A row may be large, and memory must outlast one batch."""

EXPLAIN = "EXPLAIN\n"
"""What a statement stands behind when its plan is asked for."""

_INEXACT = frozenset({"uhugeint", "bignum", "time with time zone", "variant", "geometry", "type"})


class Engine:
    """One main release, others beside it, and a connection that reads them."""

    def __init__(self, database: str, attachments: Sequence[tuple[str, str]], memory: int, threads: int) -> None:
        releases = [(MAIN, database), *attachments]
        self.paths = tuple(path for _, path in releases)
        self._connection = duckdb.connect(":memory:", config=_config(memory, threads))
        try:
            for statement in _lockdown(releases):
                self._connection.execute(statement)
            self.tables = self._tables()
        except duckdb.Error as error:
            self.close()
            raise StoreFailed(
                "The release cannot be opened for queries: its database is missing or damaged."
            ) from error

    def run(
        self, text: str, parameters: Mapping[str, str], output: str | None, limit: int, max_bytes: int
    ) -> tuple[tuple[Column, ...], bytes, int, bool]:
        """The columns, the rows rendered in a format, how many they are, and whether there were more."""
        statement = self._statement(text, parameters)
        types, reader = self._stream(text, statement, parameters, min(BATCH, limit + 1))
        table, truncated = _fetched(reader, limit, max_bytes)
        columns = columns_of(table.schema, [str(item) for item in types], table.to_batches())
        return columns, _rendered(table, columns, output, max_bytes), table.num_rows, truncated

    def explain(self, text: str, parameters: Mapping[str, str]) -> str:
        """DuckDB's plan of a statement."""
        self._statement(text, parameters)
        try:
            rows = self._connection.execute(EXPLAIN + text, dict(parameters)).fetchall()
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            raise failure_of(error, text, len(EXPLAIN)) from error
        return "\n".join(str(row[-1]) for row in rows)

    def close(self) -> None:
        """Let go of the releases and of all memory."""
        self._connection.close()

    def _tables(self) -> dict[str, list[str]]:
        """The names of the tables by alias, the main release's being the empty string."""
        tables: dict[str, list[str]] = {}
        query = "SELECT database_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
        for alias, name in self._connection.execute(query).fetchall():
            tables.setdefault("" if alias == MAIN else alias, []).append(name)
        return tables

    def _statement(self, text: str, parameters: Mapping[str, str]) -> Any:
        [statement] = self._connection.extract_statements(text)
        wanted = set(statement.named_parameters)
        if missing := sorted(wanted - set(parameters)):
            raise BadParameter(f"The statement has the parameter ${missing[0]}, and no value was given for it.")
        if unused := sorted(set(parameters) - wanted):
            raise BadParameter(f"A value was given for ${unused[0]}, and the statement has no such parameter.")
        return statement

    def _stream(
        self, text: str, statement: Any, parameters: Mapping[str, str], batch: int
    ) -> tuple[list[Any], pa.RecordBatchReader]:
        """The types and the batches of an answer, computed no further than they are read.

        DuckDB 2.0 streams Arrow only from relations, and 1.5 computes a relation with parameters to its end.
        """
        source: Any = self._connection
        if hasattr(source, "abort"):
            try:
                source = source.sql(statement, params=dict(parameters))
            except duckdb.ProgrammingError:
                self.explain(text, parameters)  # A relation forgets the place of what it cannot bind.
                raise
        else:
            source.execute(statement, dict(parameters))
        described = [(str(item[0]), item[1]) for item in source.description]
        _check_types(described)
        return [kind for _, kind in described], source.to_arrow_reader(batch)


def _config(memory: int, threads: int) -> dict[str, Any]:
    return {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": f"{memory >> 20}MiB",
        "threads": threads,
    }


def _lockdown(releases: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The statements that attach and lock, in the one order in which all of them are obeyed."""
    yield "SET temp_directory=''"
    yield "SET preserve_insertion_order=false"
    # The same answer wherever the server stands.
    yield "SET TimeZone='UTC'"
    yield "SET allow_persistent_secrets=false"
    # So that a failure tells its place in the statement.
    yield "SET errors_as_json=true"
    for alias, path in releases:
        quoted = path.replace("'", "''")
        yield f"ATTACH '{quoted}' AS \"{alias}\" (READ_ONLY)"
    yield f"USE {MAIN}"
    yield "SET python_enable_replacements=false"
    yield "SET enable_external_access=false"
    # Without this, read_blob still opens the attached files themselves.
    yield "SET disabled_filesystems='LocalFileSystem'"
    yield "SET lock_configuration=true"


def _check_types(described: Sequence[tuple[str, Any]]) -> None:
    if len(described) > MAX_COLUMNS:
        raise SqlTooLarge(f"The answer has {len(described)} columns. At most {MAX_COLUMNS} are given.")
    for name, kind in described:
        if _is_inexact(kind, nested=False):
            raise SqlFailed(
                f"The column {name!r} is of the type {kind}, whose values no format here holds exactly. "
                "Cast it, for example to VARCHAR."
            )


def _is_inexact(kind: Any, *, nested: bool) -> bool:
    """Types that Arrow has no counterpart of: it would give wrong numbers, or none."""
    if kind.id in _INEXACT or (nested and kind.id == "bit"):
        return True
    if kind.id not in ("list", "array", "struct", "map", "union"):
        return False
    return any(_is_inexact(child, nested=True) for _, child in kind.children if hasattr(child, "id"))


def _fetched(reader: pa.RecordBatchReader, limit: int, max_bytes: int) -> tuple[pa.Table, bool]:
    """At most `limit` rows, and whether there was one more."""
    batches, rows, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        # Text is never eight times shorter than Arrow; an answer far too large is stopped before it fills the memory.
        if size > 8 * max_bytes:
            raise _too_large(max_bytes)
        if rows > limit:
            break
    table = pa.Table.from_batches(batches, reader.schema)
    return (table.slice(0, limit) if rows > limit else table), rows > limit


def _rendered(table: pa.Table, columns: Sequence[Column], output: str | None, max_bytes: int) -> bytes:
    if output is not None:
        out = _Bounded(max_bytes)
        FORMATS[output].write(table.to_reader(), columns, out)
        return out.getvalue()
    body = orjson.dumps([row for batch in table.to_batches() for row in json_cells(batch, columns)])
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


class _Bounded(io.BytesIO):
    """A buffer that holds no more than one answer may."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any, /) -> int:
        if self.tell() + memoryview(data).nbytes > self._limit:
            raise _too_large(self._limit)
        return super().write(data)

    def writelines(self, lines: Iterable[Any], /) -> None:
        # BytesIO's own does not go by `write`.
        for line in lines:
            self.write(line)


def _too_large(max_bytes: int) -> SqlTooLarge:
    return SqlTooLarge(
        f"The answer is larger than {max_bytes} bytes. Ask for fewer rows or columns, or download the release."
    )
