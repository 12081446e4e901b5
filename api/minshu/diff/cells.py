"""The rows that differ, ready for JSON: read from both sides by their positions, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import pyarrow as pa

from minshu.diff.rows import ADDED, CHANGED, REMOVED, TablePair
from minshu.formats import Column, json_cells
from minshu.manifest import ReleasedTable

BATCH = 10_000

Kind = Literal["removed", "added", "changed"]
KINDS: dict[Kind, int] = {"removed": REMOVED, "added": ADDED, "changed": CHANGED}
_NAMES: dict[int, Kind] = {number: name for name, number in KINDS.items()}


@dataclass(frozen=True)
class RowChange:
    """A row that differs. `old` and `new` are all its values on each side; `fields` those that differ, by new name."""

    kind: Kind
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None
    fields: tuple[str, ...] = ()


class RowReader:
    """Reads the rows of a pair of tables: those of the whole difference, or of a page of it."""

    def __init__(self, pair: TablePair, old: ReleasedTable, new: ReleasedTable) -> None:
        self._pair = pair
        self._old = [Column(column.name, column.type, column.json_type) for column in old.columns]
        self._new = [Column(column.name, column.type, column.json_type) for column in new.columns]

    def read(self, connection: duckdb.DuckDBPyConnection, positions: str) -> Iterator[RowChange]:
        """The rows at the positions of a relation: by kind, each kind as it stands in its table."""
        reader = connection.sql(self._select(positions)).to_arrow_reader(BATCH)
        for batch in reader:
            yield from self._rows(batch)

    def _select(self, positions: str) -> str:
        old = "".join(f", o.c{position} as o{position}" for position in range(len(self._old)))
        new = "".join(f", n.c{position} as n{position}" for position in range(len(self._new)))
        same = "".join(f", not ({item.same}) as d{position}" for position, item in enumerate(self._pair.values))
        return (
            f"select p.kind{old}{new}{same} from {positions} as p left join {self._pair.old} on o.rowid = p.old_row"
            f" left join {self._pair.new} on n.rowid = p.new_row order by p.kind, coalesce(p.new_row, p.old_row)"
        )

    def _rows(self, batch: pa.RecordBatch) -> Iterator[RowChange]:
        kinds = batch.column(0).to_pylist()
        width = 1 + len(self._old)
        old = json_cells(batch.select(range(1, width)), self._old)
        new = json_cells(batch.select(range(width, width + len(self._new))), self._new)
        flags = [column.to_pylist() for column in batch.columns[width + len(self._new) :]]
        for position, kind in enumerate(kinds):
            fields = zip(self._pair.values, flags, strict=True) if kind == CHANGED else ()
            yield RowChange(
                _NAMES[kind],
                None if kind == ADDED else _named(self._old, old[position]),
                None if kind == REMOVED else _named(self._new, new[position]),
                tuple(field.name for field, differs in fields if differs[position]),
            )


def _named(columns: list[Column], cells: list[Any]) -> dict[str, Any]:
    return {column.name: cell for column, cell in zip(columns, cells, strict=True)}
