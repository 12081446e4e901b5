"""The formats, each a function that writes batches to a file."""

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from minshu.errors import NotAcceptable
from minshu.formats import xlsx
from minshu.formats.columns import Column
from minshu.formats.values import joined, joined_data, json_texts, json_values, raw_bytes, text_values
from minshu.machine import cores


@dataclass(frozen=True)
class Format:
    """A way to write rows down. `most_rows` is how many it holds, where there is such a limit."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[pa.RecordBatchReader, Sequence[Column], BinaryIO], None]
    most_rows: int | None = None


def json_cells(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[list[object]]:
    """The rows of a batch as lists of values that orjson writes down in their declared JSON types."""
    cells = [json_values(batch.column(index), column) for index, column in enumerate(columns)]
    return [list(row) for row in zip(*cells, strict=True)]


FEW = 5000
"""Rows of a batch below which another thread would not be worth its while."""

_CSV_SPECIAL = (b'"', b",", b"\r", b"\n")


def _write_csv(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    # A mark at the start of the file would be read as the encoding's.
    names = [f'"{name}"' if name.startswith("\ufeff") else name for name in _quoted([item.name for item in columns])]
    out.write(",".join(names).encode() + b"\n")
    out.writelines(
        _formed(reader, lambda batch: _lines([_csv_cells(*cells) for cells in zip(batch, columns, strict=True)]))
    )


def _formed(reader: pa.RecordBatchReader, form: Callable[[pa.RecordBatch], memoryview]) -> Iterator[memoryview]:
    """What is made of each batch, in order. Arrow lets other threads run meanwhile, so several make it at once."""
    with ThreadPoolExecutor(cores()) as pool:
        forming: deque[Future[memoryview]] = deque()
        for batch in reader:
            if 0 < batch.num_rows < FEW and not forming:
                yield form(batch)
            elif batch.num_rows:
                forming.append(pool.submit(form, batch))
            if len(forming) > cores():
                yield forming.popleft().result()
        while forming:
            yield forming.popleft().result()


def _csv_cells(array: pa.Array, column: Column) -> pa.Array:
    text = text_values(array, column.type)
    return text if pt.is_primitive(array.type) or pt.is_decimal(array.type) else _quote(text)


def _quote(text: pa.Array) -> pa.Array:
    """Strings in quotes where they need them. An empty one needs them, so that it is not taken for null."""
    # The bytes as a whole tell in no time which characters need not be looked for, string by string.
    data = raw_bytes(text)
    present = [mark for mark in _CSV_SPECIAL if mark in data]
    special = pc.equal(pc.binary_length(text), 0)
    for mark in present:
        special = pc.or_(special, pc.match_substring(text, mark.decode()))
    if not pc.any(special).as_py():
        return text
    inside = pc.replace_substring(text, '"', '""') if b'"' in present else text
    return pc.if_else(special, joined('"', inside, '"'), text)


def _quoted(texts: Sequence[str]) -> list[str]:
    return _quote(pa.array(texts, pa.large_string())).to_pylist()  # type: ignore[no-any-return]


def _lines(cells: Sequence[pa.Array]) -> memoryview:
    last = joined(cells[-1], "\n", null="")
    return joined_data(joined(*cells[:-1], last, null="", separator=","))


def _write_json(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    before = b"["
    for objects in _objects(reader, columns, ",\n"):
        out.write(before)
        out.write(objects[:-2])
        before = b",\n"
    out.write(b"[]\n" if before == b"[" else b"]\n")


def _write_ndjson(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    out.writelines(_objects(reader, columns, "\n"))


def _objects(reader: pa.RecordBatchReader, columns: Sequence[Column], end: str) -> Iterator[memoryview]:
    """Every batch as JSON objects, each followed by `end`. Joining columns is five times faster than dumping rows."""
    names = [orjson.dumps(name).decode() for name in _unique(columns, "an object")]
    keys = [f"{',' if index else '{'}{name}:" for index, name in enumerate(names)]

    def objects(batch: pa.RecordBatch) -> memoryview:
        values = [json_texts(*cells) for cells in zip(batch, columns, strict=True)]
        pairs = itertools.chain.from_iterable(zip(keys, values, strict=True))
        return joined_data(joined(*pairs, "}" + end, null="null"))

    return _formed(reader, objects)


def _unique(columns: Sequence[Column], what: str) -> list[str]:
    names = [column.name for column in columns]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise NotAcceptable(
            f"{count} columns are named {name!r}, and {what} can hold a name once. "
            "Name them apart with AS, or ask for CSV or for rows as arrays."
        )
    return names


def _write_parquet(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    import pyarrow.parquet as pq  # a tenth of a second that the other formats need not pay

    _unique(columns, "Parquet")
    schema, batches = _typed(reader, columns)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_arrow(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    _unique(columns, "Arrow")
    schema, batches = _typed(reader, columns)
    with pa.ipc.new_stream(out, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _typed(reader: pa.RecordBatchReader, columns: Sequence[Column]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The batches with Arrow's own types, but text for what Parquet cannot hold or Arrow misrepresents."""
    as_text = [
        column.type == "BIT" or _lacks_type(item.type) for item, column in zip(reader.schema, columns, strict=True)
    ]
    fields = [
        pa.field(item.name, pa.string()) if text else item for item, text in zip(reader.schema, as_text, strict=True)
    ]
    schema = pa.schema(fields)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            arrays = [
                pc.cast(text_values(array, column.type), pa.string()) if text else _checked(array, column)
                for array, column, text in zip(batch.columns, columns, as_text, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return schema, batches()


def _lacks_type(kind: pa.DataType) -> bool:
    if pt.is_interval(kind) or pt.is_union(kind):
        return True
    return pt.is_nested(kind) and any(_lacks_type(kind.field(index).type) for index in range(kind.num_fields))


def _checked(array: pa.Array, column: Column) -> pa.Array:
    """Refuse whole numbers of 39 digits: DuckDB gives them to Arrow as decimals of 38."""
    if column.type == "HUGEINT":
        extremes = pc.min_max(array).as_py().values()
        if any(value is not None and abs(value) >= 10**38 for value in extremes):
            raise NotAcceptable(
                f"The column {column.name!r} holds a number of 39 digits, which neither Arrow nor Parquet can hold. "
                "Ask for CSV or JSON, or cast it to VARCHAR."
            )
    return array


def _formats(*formats: Format) -> Mapping[str, Format]:
    return MappingProxyType({item.name: item for item in formats})


FORMATS = _formats(
    Format("csv", ".csv", "text/csv; charset=utf-8", _write_csv),
    Format("json", ".json", "application/json", _write_json),
    Format("ndjson", ".ndjson", "application/x-ndjson", _write_ndjson),
    Format("parquet", ".parquet", "application/vnd.apache.parquet", _write_parquet),
    Format("arrow", ".arrow", "application/vnd.apache.arrow.stream", _write_arrow),
    Format(
        "xlsx",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        xlsx.write_xlsx,
        xlsx.ROWS,
    ),
)
"""Every format by its name."""
