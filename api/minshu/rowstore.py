"""The row store: a table's rows in the publisher's order, found by position without a query.

It is an Arrow IPC file of small compressed batches, all of the same number of rows but the last. A planner takes longer
to think about a page of rows than it takes to read them from here. What stands as text in JSON - decimals, dates, large
numbers - is stored as that text, written once for all readers.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from threading import Lock

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from minshu.filters import RowQuery
from minshu.formats import text_values
from minshu.manifest import ReleasedColumn
from minshu.paging import Source, select_all

BATCH_ROWS = 128
"""Rows of a batch: few, for one row costs the decompression of its batch; more, for each batch costs its header."""

_READ_ROWS = 61_440
_COMPRESSION = "lz4"


def write_row_store(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[ReleasedColumn], path: Path
) -> None:
    """Write a table's rows as DuckDB streams them, in bounded memory."""
    reader = connection.sql(select_all(source, RowQuery()).sql).to_arrow_reader(_READ_ROWS)
    pairs = zip(reader.schema.types, columns, strict=True)
    types = [pa.string() if _is_written(column) else kind for kind, column in pairs]
    schema = pa.schema(list(zip(reader.schema.names, types, strict=True)))
    # The buffers of a batch are compressed sooner than threads are told of them.
    options = pa.ipc.IpcWriteOptions(compression=_COMPRESSION, use_threads=False)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema, options=options) as writer:
        for batch in _even(schema, (_written(batch, columns, schema) for batch in reader)):
            writer.write_batch(batch)


def _is_written(column: ReleasedColumn) -> bool:
    """Whether the values of a column are stored as the texts that they are in JSON."""
    return column.json_type == "string" and column.type != "VARCHAR"


def _written(batch: pa.RecordBatch, columns: Sequence[ReleasedColumn], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        pc.cast(text_values(array, column.type), pa.string()) if _is_written(column) else array
        for array, column in zip(batch.columns, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _even(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of one size, whatever sizes they come in."""
    rest = schema.empty_table()
    for batch in batches:
        rows = pa.concat_tables([rest, pa.Table.from_batches([batch])])
        whole = rows.num_rows - rows.num_rows % BATCH_ROWS
        for start in range(0, whole, BATCH_ROWS):
            yield _one(rows.slice(start, BATCH_ROWS))
        rest = rows.slice(whole)
    if rest.num_rows:
        yield _one(rest)


def _one(rows: pa.Table) -> pa.RecordBatch:
    (batch,) = rows.combine_chunks().to_batches()
    return batch


class RowStore:
    """An open row store. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or pa.ArrowException where the file cannot be read."""
        options = pa.ipc.IpcReadOptions(use_threads=False)  # A batch is read sooner than threads are told of it.
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)), options=options)
        self._lock = Lock()
        batches = self._reader.num_record_batches
        self._size = self._reader.get_batch(0).num_rows if batches else BATCH_ROWS
        self._empty = pa.RecordBatch.from_pylist([], schema=self._reader.schema)

    def rows(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows from one position up to, and without, another. Both must lie in the table."""
        batches = [self._part(at, start, stop) for at in range(start // self._size, -(-stop // self._size))]
        if len(batches) == 1:
            return batches[0]
        return pa.concat_batches(batches) if batches else self._empty

    def batches(self, holding: Iterable[int] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The batches, each with the position of its first row: all, or those that hold one of these positions."""
        every = range(self._reader.num_record_batches)
        found = every if holding is None else (at for at, _ in groupby(position // self._size for position in holding))
        for at in found:
            yield at * self._size, self._part(at, 0, (at + 1) * self._size)

    def _part(self, at: int, start: int, stop: int) -> pa.RecordBatch:
        """What of one batch lies between the two."""
        with self._lock:
            batch = self._reader.get_batch(at)
        first = max(start - at * self._size, 0)
        return batch.slice(first, stop - at * self._size - first)
