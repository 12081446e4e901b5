"""Delimited files as their records: which encoding, which delimiter, and every record as a list of texts.

The records are read by Python's `csv`, as frictionless reads them, so that what is described here is what is
validated there: mixed line ends, unterminated quotes and text behind a closing quote included.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from minshu.errors import Undescribable

DELIMITERS: Final = (",", ";", "\t", "|")
SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt")
_CHUNK: Final = 1 << 20
_TRIED: Final = 1_000
_MAX_CELL: Final = 2**31 - 1


@dataclass(frozen=True)
class Form:
    """How a file is written. `encoding` is Python's and the descriptor's name of it."""

    encoding: str
    delimiter: str


def form_of(path: Path) -> Form:
    """The encoding that the whole file holds to, and the delimiter that cuts it into the most columns.

    Raises Undescribable for what is no delimited text.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise Undescribable(path.name, f"only delimited text is described ({', '.join(SUFFIXES)}); save it as CSV")
    encoding = _encoding(path)
    return Form(encoding, _delimiter(path, encoding))


def records(path: Path, form: Form) -> Iterator[list[str]]:
    """Every record of the file, the header first, blank lines included."""
    # The limit belongs to the whole process; frictionless raises it likewise.
    csv.field_size_limit(_MAX_CELL)
    with path.open(encoding=form.encoding, newline="") as lines:
        try:
            yield from csv.reader(lines, delimiter=form.delimiter)
        except csv.Error as error:
            raise Undescribable(path.name, f"it is no delimited text: {error}") from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise Undescribable(path.name, "it is empty; a table begins with a header")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        if _holds(path, encoding):
            return encoding
    raise Undescribable(path.name, f"it is not {' or '.join(candidates)} throughout; save it as UTF-8")


def _holds(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    raise Undescribable(path.name, "it holds NUL characters, so it is no text")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The one that cuts the first records into the most columns, all of them alike; a comma where none does."""
    widths = {delimiter: _width(path, Form(encoding, delimiter)) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: widths[delimiter])


def _width(path: Path, form: Form) -> float:
    """Columns of the first records. Where they differ, the header's, but less than any delimiter that fits."""
    found = [len(record) for record in islice(records(path, form), _TRIED) if record]
    if not found:
        return 0
    return float(found[0]) if found[0] > 1 and len(set(found)) == 1 else found[0] / (found[0] + 1)
