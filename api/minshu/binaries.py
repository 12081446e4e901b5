"""Reads one binary file of a stranger's in a process of its own, which may be killed at any instant.

Run with the file's format, its path, and the table that is wanted. What it reads goes to its standard output as a
stream of Arrow; why it cannot, to its standard error as one sentence.
"""

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from minshu import confinement

BATCH = 2_000
MEMORY, LARGEST = 512 << 20, 32 << 20
# Seconds of the processor, and what is added for each MiB of the file: some ten times what honest files take.
SECONDS, SECONDS_PER_MIB = 60, 2


class Refused(Exception):
    """A file that is not read, and why."""


def main() -> None:
    """Confine the process, and read."""
    form, path, table = sys.argv[2:]
    confinement.confine(int(os.environ["MINSHU_PARENT"]))
    confinement.bound_memory(MEMORY)
    confinement.bound_processor(SECONDS + SECONDS_PER_MIB * (Path(path).stat().st_size >> 20))
    try:
        _write(READERS[form](path, table))
    except BrokenPipeError:
        os._exit(0)  # the parent has seen enough
    except (Refused, sqlite3.Error, pa.ArrowException, OSError, ValueError, MemoryError) as error:
        sys.stderr.write(" ".join(str(error).split()) or type(error).__name__)
        sys.exit(1)


def _write(batches: Iterator[pa.RecordBatch]) -> None:
    first = next(batches)
    with pa.ipc.new_stream(sys.stdout.buffer, first.schema) as stream:
        stream.write_batch(first)
        for batch in batches:
            for start, rows in _parts(batch):
                stream.write_batch(batch.slice(start, rows))


def _parts(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """Parts of a batch that whoever reads them has room for."""
    rows = max(1, batch.num_rows * LARGEST // max(batch.nbytes, 1))
    for start in range(0, batch.num_rows, rows):
        if batch.slice(start, 1).nbytes > LARGEST:
            raise Refused(f"a row has more than {LARGEST:,} bytes")
        yield start, rows


def parquet(path: str, _: str) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file."""
    file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
    metadata = file.metadata
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            # A fault in decoding it was found, and nothing is lost: everyone writes other codecs as well.
            if metadata.row_group(group).column(column).compression == "BROTLI":
                raise Refused("Parquet with Brotli is not read; write it with zstd or snappy")
    yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
    yield from file.iter_batches(batch_size=BATCH, use_threads=False)


def sqlite(path: str, table: str) -> Iterator[pa.RecordBatch]:
    """The rows of a table in SQLite, each cell as a text that its type stands before: a column may hold any."""
    with sqlite3.connect(f"{Path(path).as_uri()}?mode=ro&immutable=1", uri=True) as connection:
        connection.execute("pragma trusted_schema = off")
        found = connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'"
        )
        names = [name for (name,) in found]
        if table not in names and (table or len(names) != 1):
            raise Refused(f"there is no table {table!r}; the dialect's table must be one of {', '.join(names)}")
        name = (table or names[0]).replace('"', '""')
        rows = connection.execute(f'select * from "{name}"')
        labels = [column[0] for column in rows.description]
        schema = pa.schema([(label, pa.string()) for label in labels])
        yield pa.RecordBatch.from_pylist([], schema=schema)
        while batch := rows.fetchmany(BATCH):
            columns = zip(*batch, strict=True)
            yield pa.record_batch([pa.array(map(_tagged, column), pa.string()) for column in columns], schema=schema)


def _tagged(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        raise Refused("a cell holds bytes, which are no value of a table")
    return f"{type(value).__name__[0]}{value}"


READERS: dict[str, Any] = {"parquet": parquet, "sqlite": sqlite}


def untagged(cells: Iterable[str | None]) -> list[Any]:
    """The values that `sqlite` has made texts of."""
    kinds: dict[str, Any] = {"i": int, "f": float, "s": str}
    return [None if cell is None else kinds[cell[0]](cell[1:]) for cell in cells]
