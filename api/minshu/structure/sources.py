"""A table of text as DuckDB sees it: the file itself, or the cells that frictionless read from it, staged.

DuckDB's reader is used where it was found to equal Python's. Everything else - ragged and blank rows, mixed line ends,
other encodings, compressed files, comments, escapes - is read by frictionless's own reader, cells and row numbers
alike, and only judged in DuckDB.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from frictionless.formats.csv import CsvControl

from minshu.identifiers import literal
from minshu.meter import count
from minshu.structure.scan import line_end_of
from minshu.structure.standard.delimited import is_plain

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 20_000
BLOCK = 1 << 16
# The formats that are judged in DuckDB.
DELIMITED = ("csv", "tsv")


@dataclass(frozen=True)
class Lines:
    """A file of UTF-8 without quotes, each line of which is a row; the number of the first that is not its header."""

    file: Path
    delimiter: str
    first: int

    def rows(self, numbers: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
        """The numbers of some rows, which ascend, with the cells of each. Reads no further than the last."""
        wanted = iter(numbers)
        number, line = next(wanted, None), 1
        with self.file.open("rb") as stream:
            while number is not None and (block := stream.read(BLOCK)):
                block += stream.readline()
                following = line + block.count(b"\n") + (not block.endswith(b"\n"))
                texts = block.split(b"\n") if number < following else []
                while number is not None and number < following:
                    yield number, self._cells(texts[number - line])
                    number = next(wanted, None)
                line = following

    def _cells(self, line: bytes) -> list[str]:
        return line.removesuffix(b"\r").decode("utf-8-sig").split(self.delimiter)


@dataclass(frozen=True)
class Source:
    """A relation with the columns c0, c1, … of text. `numbered` is the same with the row's number, `r`.

    A `staged` one has also `n`, how many cells a row has, and `extra`, the cells beyond the fields. `lines` are those
    of a file whose lines are its rows.
    """

    relation: str
    numbered: str
    width: int
    staged: bool
    lines: Lines | None = None

    def cell(self, position: int) -> str:
        """The column of a field, counted from 0."""
        return f"c{position}"


def direct(resource: Any, width: int) -> tuple[Source, Path, str, str] | None:
    """The file of an opened resource, read by DuckDB; with its path, its quote character and its line end.

    Its rows are its lines where it turns out to have no quotes. None where DuckDB is known to read such a file
    differently, or not at all.
    """
    control = CsvControl.from_dialect(resource.dialect)
    dialect = control.to_python()
    if not (is_plain(control) and _is_plain_file(resource) and _is_plain_dialect(resource, dialect) and width > 1):
        return None
    file = Path(resource.normpath)
    end = line_end_of(file)
    if resource.format == "tsv" and end != "\\n":
        return None
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(width))
    names = ", ".join(f"'c{position}'" for position in range(width))
    # strict_mode is its default; saying so makes DuckDB 1.5 and 2.0 read no row at all where lines end in CR LF.
    first = 2 if resource.dialect.header else 1
    relation = (
        f"read_csv({literal(str(file))}, auto_detect=false, header={str(first == 2).lower()},"
        f" columns={{{columns}}}, force_not_null=[{names}], delim={literal(dialect.delimiter)},"
        f" quote={literal(dialect.quotechar)}, escape={literal(dialect.quotechar)}, comment='',"
        f" new_line='{end}', null_padding=false, encoding='utf-8')"
    )
    numbered = f"(select row_number() over () + {first - 1} as r, * from {relation})"
    source = Source(relation, numbered, width, staged=False, lines=Lines(file, dialect.delimiter, first))
    return source, file, dialect.quotechar, end


def _is_plain_file(resource: Any) -> bool:
    return (
        resource.format in DELIMITED
        and resource.scheme == "file"
        and not resource.multipart
        and not resource.compression
        and resource.encoding in ("utf-8", "utf-8-sig")
        and not any(character in resource.normpath for character in "*?[]{}\0")
    )


def _is_plain_dialect(resource: Any, dialect: Any) -> bool:
    known = resource.dialect
    return (
        (known.header_rows == [1] if known.header else resource.encoding == "utf-8")
        and not (known.comment_char or known.comment_rows or known.skip_blank_rows)
        and not (dialect.escapechar or dialect.skipinitialspace)
        and _is_mark(dialect.delimiter)
        and _is_mark(dialect.quotechar)
        and dialect.delimiter not in (" ", dialect.quotechar)
    )


def _is_mark(character: str) -> bool:
    return len(character) == 1 and character.isascii() and character not in "\0\r\n"


def staged(resource: Any, width: int, name: str, connection: duckdb.DuckDBPyConnection) -> Source | None:
    """The cells of an opened resource, staged in a table; None where some of them are no text.

    Raises FrictionlessException where the file cannot be read to its end.
    """
    columns = "".join(f", c{position} varchar" for position in range(width))
    connection.execute(f"create or replace table {name} (r bigint, n integer, extra varchar[]{columns})")
    rows = resource.dialect.read_enumerated_content_stream(resource.cell_stream)
    while batch := list(islice(rows, BATCH)):
        table = _arrow(batch, width)
        if table is None:
            return None
        connection.from_arrow(table).insert_into(name)
        count(rows=len(batch))
    return Source(name, name, width, staged=True)


def _arrow(batch: list[tuple[int, list[Any]]], width: int) -> "pa.Table | None":
    import pyarrow as pa

    cells = [row for _, row in batch]
    padded: Iterable[list[Any]] = (
        row if len(row) == width else [*row[:width], *[None] * (width - len(row))] for row in cells
    )
    columns = list(zip(*padded, strict=True))
    try:
        arrays = [
            pa.array([number for number, _ in batch], pa.int64()),
            pa.array([len(row) for row in cells], pa.int32()),
            pa.array([row[width:] for row in cells], pa.list_(pa.string())),
            *(pa.array(column, pa.string()) for column in columns),
        ]
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None
    if any("\0" in cell for row in cells for cell in row if cell):
        return None
    return pa.table(arrays, names=["r", "n", "extra", *(f"c{position}" for position in range(width))])
