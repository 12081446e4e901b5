"""Two sides, held against each other: in DuckDB, in bounded memory, with the rows left where they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from minshu.diff.cells import RowChange, RowReader
from minshu.diff.fields import changed, table_changes
from minshu.diff.model import Change, Difference, TableDifference, difference
from minshu.diff.package import file_changes, opening_changes, package_changes, resource_changes
from minshu.diff.pairing import Pairing, paired_resources
from minshu.diff.rows import first_of_each_kind
from minshu.diff.side import Side
from minshu.diff.tables import NEW, OLD, Found, TableComparison
from minshu.diff.wording import sentence
from minshu.errors import StoreFailed
from minshu.identifiers import literal, quoted
from minshu.reports.language import Language

# The beginnings of rules that tell why a file has other bytes.
_EXPLAINING = ("field", "file-format", "resource-path")


def compared(old: Side, new: Side, memory: int, scratch: Path | None = None) -> Difference:
    """What changed between two sides, and what that takes of the version. `memory`, in bytes, is DuckDB's."""
    with comparing(old, new, memory, scratch) as comparison:
        return comparison.difference()


@contextmanager
def comparing(old: Side, new: Side, memory: int, scratch: Path | None = None) -> Iterator["Comparison"]:
    """Both sides, attached where they can be compared. What does not fit into memory waits in `scratch`."""
    with (
        _failing(),
        TemporaryDirectory(prefix="minshu-", dir=scratch) as folder,
        duckdb.connect(f"{folder}/rows.duckdb") as connection,
    ):
        connection.execute(f"set memory_limit = '{memory}B'")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        for side, name in ((old, OLD), (new, NEW)):
            connection.execute(f"attach {literal(str(side.database.resolve()))} as {name} (read_only)")
        yield Comparison(old, new, connection)


@contextmanager
def _failing() -> Iterator[None]:
    """DuckDB's words for a disk or a memory that is full, and for a database that is damaged, as ours."""
    try:
        yield
    except duckdb.Error as error:
        raise StoreFailed(f"Cannot compare: {str(error).splitlines()[0]}") from error


class Comparison:
    """Two sides in one DuckDB."""

    def __init__(self, old: Side, new: Side, connection: duckdb.DuckDBPyConnection) -> None:
        self.old, self.new, self.connection = old, new, connection
        self._resources = paired_resources(old, new)

    def difference(self) -> Difference:
        """All that changed."""
        return self.summed({name: self.found(name).difference for name in self.tables()})

    def tables(self) -> list[str]:
        """The tables that both sides have, by their new names."""
        return [name for name, was in self._resources.items() if name in self.new.tables and was in self.old.tables]

    def summed(self, tables: Mapping[str, TableDifference]) -> Difference:
        """All that changed, where the rows have been compared already."""
        fields = {name: dict(zip(table.fields, table.old_fields, strict=True)) for name, table in tables.items()}
        pairing = Pairing(self._resources, fields)
        changes = [
            *package_changes(self.old.descriptor, self.new.descriptor),
            *opening_changes(self.old, self.new, pairing),
            *resource_changes(self.old, self.new, pairing),
            *(change for name in tables for change in table_changes(self.old, self.new, name, pairing)),
            *(change for table in tables.values() for change in _row_changes(table)),
        ]
        explained = {str(change.resource) for change in changes if change.rule.startswith(_EXPLAINING)}
        changes += file_changes(self.old, self.new, pairing, tables, explained)
        worded = (change.model_copy(update={"sentence": sentence(change, Language.en)}) for change in changes)
        return difference(self.old.name, self.new.name, tuple(worded), tuple(tables.values()))

    def found(self, name: str) -> Found:
        """The rows of a table that differ, by the table's new name."""
        return TableComparison(self.old, self.new, self._resources[name], name, self.connection).found()

    def changes(self, found: Found, most: int | None = None) -> Iterator[RowChange]:
        """The rows that were found, one after the other, or the first of each kind."""
        if found.pair and found.positions:
            told = found.difference
            reader = RowReader(found.pair, self.old.tables[told.old_name], self.new.tables[told.name])
            positions = quoted(found.positions) if most is None else first_of_each_kind(found.positions, most)
            yield from reader.read(self.connection, positions)


def _row_changes(table: TableDifference) -> Iterator[Change]:
    rows = table.rows
    if rows.removed:
        yield changed("rows-removed", table.name, count=rows.removed)
    if rows.added:
        yield changed("rows-added", table.name, count=rows.added)
    if rows.changed:
        yield changed("cells-changed", table.name, count=sum(table.cells.values()), new=list(table.cells))
