"""Delimited text by the whole of Table Dialect, on Python's own CSV reader.

What frictionless guesses where a dialect declares nothing is guessed here by its own sniffer, in its own way.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from frictionless import FrictionlessException
from frictionless import errors as kinds
from frictionless.formats.csv import CsvControl, CsvParser
from frictionless.resources import TableResource

from minshu.fields import MOST_COLUMNS
from minshu.structure.standard.text import LONGEST, lines_of

SAMPLE = 100
GUESSED = ",\t;|"
NEWLINES = ("\n", "\r\n", "\r")
# Characters that Unicode keeps free for use within a program: the end of the file, and what stands for line feeds,
# carriage returns and delimiters while Python's reader has other ideas of those.
END, LINE_FEED, RETURN, DELIMITER = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"


class DelimitedParser(CsvParser):
    """Frictionless's parser, with line terminators, delimiters of several characters, nulls and unclosed quotes."""

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The records. Raises FrictionlessException."""
        if self.resource.extrapaths:
            yield from _of_parts(self.resource)
            return
        control = CsvControl.from_dialect(self.resource.dialect)
        lines = lines_of(self.loader, self.resource.encoding)
        texts: dict[str, str] = {}  # what marks stand for within cells
        if control.has_defined("line_terminator") and control.line_terminator not in NEWLINES:
            texts = {"\n": control.line_terminator, LINE_FEED: "\n", RETURN: "\r"}
            lines = _split(lines, control.line_terminator)
        sample = list(islice(lines, SAMPLE))
        _guess(control, "".join(sample), is_tabs=self.resource.format == "tsv")
        dialect: Any = control.to_python()
        if control.has_defined("double_quote"):
            dialect.doublequote = control.double_quote
        source: Iterable[str] = chain(sample, lines)
        if len(delimiter := control.delimiter) > 1:
            texts[DELIMITER] = delimiter
            source = (line.replace(delimiter, DELIMITER) for line in source)
            dialect.delimiter = DELIMITER
        records: Iterator[list[Any]] = _records(source, dialect)
        if texts:
            records = ([_restored(cell, texts) for cell in record] for record in records)
        if (null := control.null_sequence) is not None:
            records = ([None if cell == null else cell for cell in record] for record in records)
        yield from records


def _of_parts(resource: Any) -> Iterator[list[Any]]:
    """The records of several files, each with the header of the first, which is told once."""
    last = max(resource.dialect.header_rows, default=0) if resource.dialect.header else 0
    header: list[list[Any]] = []
    for path in resource.paths:
        part = TableResource(path=path, format=resource.format, encoding=resource.encoding, basepath=resource.basepath)
        part.dialect = resource.dialect
        with DelimitedParser(part) as parser:
            records = parser.cell_stream
            found = list(islice(records, last))
            if path != resource.path and found != header:
                note = f'the header of "{path}" is not that of "{resource.path}"'
                raise FrictionlessException(kinds.SourceError(note=note))
            if path == resource.path:
                header = found
                yield from header
            yield from records
    resource.stats.bytes = sum(Path(path).stat().st_size for path in resource.normpaths)


def is_plain(control: CsvControl) -> bool:
    """Whether a control asks for nothing that Python's reader does not do by itself."""
    return (
        (not control.has_defined("line_terminator") or control.line_terminator in NEWLINES)
        and control.null_sequence is None
        and (control.double_quote or bool(control.escape_char))
    )


def _guess(control: CsvControl, sample: str, *, is_tabs: bool) -> None:
    if is_tabs:
        control.set_not_defined("delimiter", "\t")
    declared = control.get_defined("delimiter", default=GUESSED)
    try:
        guessed: Any = csv.Sniffer().sniff(sample, declared)
    except csv.Error:
        guessed = csv.excel
    # As in frictionless: an apostrophe is more often JSON within a cell.
    quote = '"' if guessed.quotechar == "'" else guessed.quotechar
    control.set_not_defined("delimiter", guessed.delimiter, distinct=True)
    control.set_not_defined("line_terminator", guessed.lineterminator, distinct=True)
    control.set_not_defined("escape_char", guessed.escapechar, distinct=True)
    control.set_not_defined("quote_char", quote, distinct=True)
    control.set_not_defined("skip_initial_space", guessed.skipinitialspace, distinct=True)


def _records(lines: Iterable[str], dialect: Any) -> Iterator[list[str]]:
    """The records of Python's reader.

    Two marks stand behind the last line. A quote that never closes takes in both, an escaped line end only the first.
    """
    number, taken, ended = 1, 0, False

    def marked() -> Iterator[str]:
        nonlocal taken, ended
        for line in lines:
            taken += len(line)
            if taken > LONGEST:
                raise FrictionlessException(_unclosed(number, f"within {LONGEST:,} characters"))
            yield line
        ended = True
        yield from (END + "\n", END + "\n")

    for record in _bounded(csv.reader(marked(), dialect)):
        if not ended:
            yield record
            number, taken = number + 1, 0
        elif record[-1].endswith(f"{END}\n{END}\n"):
            raise FrictionlessException(_unclosed(number, "before the end of the file"))
        elif record != [END]:
            yield [*record[:-1], record[-1].removesuffix(END)]


def _bounded(records: Iterable[list[str]]) -> Iterator[list[str]]:
    """The records, up to one that is too wide: each cell too many would be an error that repeats the whole row."""
    for number, record in enumerate(records, start=1):
        if len(record) > MOST_COLUMNS:
            note = f"the row has {len(record):,} cells, and {MOST_COLUMNS:,} are the most"
            raise FrictionlessException(kinds.RowError(note=note, cells=[], row_number=number))
        yield record


def _unclosed(number: int, where: str) -> kinds.RowError:
    return kinds.RowError(note=f"a quote that opens in this row is not closed {where}", cells=[], row_number=number)


def _split(lines: Iterator[str], terminator: str) -> Iterator[str]:
    """Lines that end where the dialect says. Line ends of Python's are no more than characters then."""
    rest = ""
    for line in lines:
        *whole, rest = (rest + line.replace("\n", LINE_FEED).replace("\r", RETURN)).split(terminator)
        yield from (part + "\n" for part in whole)
    # What stands behind the last terminator is no record where it is only the line end of an editor.
    if rest.strip(LINE_FEED + RETURN):
        yield rest + "\n"


def _restored(cell: str, replaced: dict[str, str]) -> str:
    for mark, text in replaced.items():
        cell = cell.replace(mark, text)
    return cell
