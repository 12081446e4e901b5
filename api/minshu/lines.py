"""The physical line of each error: where an editor has to go.

Rows are counted as records, the header being 1; a record over several lines is one. Editors, SARIF and annotations
count lines. Whether a line break ends a record is decided by quotes and escapes, so the records are read by the very
reader that frictionless reads them with, which tells the lines it has taken.
"""

import csv
from codecs import lookup
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from io import SEEK_CUR, StringIO, TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from minshu.descriptors import Descriptor, Package, paths_of, safe_file
from minshu.errors import DescriptorInvalid, UnsafePath
from minshu.references import self_contained
from minshu.report import Finding, Report, Task

DELIMITED = (".csv", ".tsv")
JSON_LINES = (".ndjson", ".jsonl")
# The most characters of one line or cell. Past it, no lines are told of the rest, rather than memory without bound.
RECORD = 32 << 20
BLOCK = 1 << 20
# How many lines frictionless guesses an undeclared dialect from, and between which delimiters.
SAMPLE, SAMPLE_TEXT = 100, 1 << 16
GUESSED = ",\t;|"
# Encodings in which line ends and quotes are the bytes that they are in ASCII, and no other character has those.
ASCII_BASED = ("ascii", "utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "big5", "iso8859-1")


def with_lines(report: Report, package: Package, in_lines: Set[str] = frozenset()) -> Report:
    """The report with `lineNumber` in every error that has a row in an uncompressed, local text: CSV, TSV, NDJSON.

    Lines are counted from 1 and end as Python's universal newlines do: LF, CR LF or CR. Other errors stay as they are,
    and a file that can't be read to the end tells the lines up to there. The tables `in_lines` are known to have each
    row at the line of its number, and are not read.
    """
    if report.valid:
        return report
    try:
        resources = {str(resource.get("name")): resource for resource in self_contained(package)[0]["resources"]}
    except (DescriptorInvalid, UnsafePath):
        return report
    tasks = (_located(task, resources.get(task.name), package.folder, in_lines) for task in report.tasks)
    return replace(report, tasks=tuple(tasks))


def line_numbers(stream: TextIO, dialect: "csv.Dialect | type[csv.Dialect]", wanted: Set[int]) -> dict[int, int]:
    """The line, counted from 1, at which each wanted record begins; records are counted from 1, blank lines included.

    `stream` must not translate line ends (`newline=""`). Reads little further than the last wanted record.
    """
    found: dict[int, int] = {}
    last = max(wanted, default=0)
    record, line = 1, 1
    blocks = _blocks(stream)
    for block in blocks:
        if record > last:
            break
        if _is_plain(block, dialect):
            # Each line is a record, so they are counted rather than read: some twenty times faster.
            count = block.count("\n") + (not block.endswith("\n"))
            found |= {number: line + number - record for number in wanted if record <= number < record + count}
            taken = count
        else:
            starts, taken = _read(block, blocks, dialect, last - record + 1)
            found |= {record + place: line + start for place, start in enumerate(starts) if record + place in wanted}
            count = len(starts)
        record, line = record + count, line + taken
    return found


def _read(
    block: str, following: Iterator[str], dialect: "csv.Dialect | type[csv.Dialect]", most: int
) -> tuple[list[int], int]:
    """The lines before each record that begins in the block, and all lines taken: the last record may go on and on."""
    sizes = [0]

    def lines() -> Iterator[str]:
        for text in chain((block,), following):
            split = list(StringIO(text, newline=""))
            sizes.append(sizes[-1] + len(split))
            yield from split

    reader = csv.reader(lines(), dialect)
    starts: list[int] = []
    before = 0
    while len(starts) < most and (before == 0 or before < sizes[-1]):
        try:
            next(reader)
        except (StopIteration, csv.Error):
            break
        starts.append(before)
        before = reader.line_num
    return starts, before


def _blocks(stream: TextIO) -> Iterator[str]:
    """A text in blocks of whole lines. Ends early before a line that is longer than a record may be."""
    rest = ""
    while chunk := stream.read(BLOCK):
        # A CR at the end may be half of a CR LF.
        whole, end, rest = (rest + chunk).rpartition("\n")
        if end:
            yield whole + end
        if len(rest) > RECORD:
            return
    if rest:
        yield rest


def _is_plain(block: str, dialect: "csv.Dialect | type[csv.Dialect]") -> bool:
    """Whether nothing in a block can make a record of two lines, nor a line end be other than LF or CR LF."""
    special = (mark for mark in (dialect.quotechar, dialect.escapechar) if mark)
    return not any(mark in block for mark in special) and block.count("\r") == block.count("\r\n")


def _located(task: Task, resource: Descriptor | None, folder: Path, in_lines: Set[str]) -> Task:
    wanted = {row for error in task.errors if (row := _row(error)) is not None}
    file = _text_file(resource, folder) if wanted and resource else None
    if file is None or resource is None:
        return task
    try:
        found = {row: row for row in wanted} if task.name in in_lines else _lines_in(file, resource, wanted)
    except (OSError, LookupError, UnicodeError, csv.Error, TypeError, ValueError):
        # An unknown encoding, a dialect that says nonsense: the report tells of those itself, and needs no lines.
        return task
    return replace(task, errors=tuple(_with_line(error, found) for error in task.errors))


def _lines_in(file: Path, resource: Descriptor, wanted: Set[int]) -> dict[int, int]:
    is_json = _suffix(resource) in JSON_LINES
    return _json_lines(file, resource, wanted) if is_json else _file_lines(file, resource, wanted)


def _row(error: Finding) -> int | None:
    """The row that an error is about; of an error in the header, its first."""
    rows = (error.get("rowNumber"), *(error.get("rowNumbers") or ()))
    return next((row for row in rows if isinstance(row, int)), None)


def _with_line(error: Finding, found: Mapping[int, int]) -> Finding:
    line = found.get(_row(error) or 0)
    return error if line is None else {**error, "lineNumber": line}


def _text_file(resource: Descriptor, folder: Path) -> Path | None:
    paths = paths_of(resource)
    if len(paths) != 1 or _suffix(resource) not in (*DELIMITED, *JSON_LINES):
        return None
    if resource.get("compression") not in (None, "", "no"):
        return None
    if Path(paths[0]).suffix.lower() in (".gz", ".zip") or not _in_lines(resource):
        return None
    try:
        return safe_file(folder, paths[0])
    except UnsafePath:
        return None


def _suffix(resource: Descriptor) -> str:
    """The ending that a resource's format has, whatever its path."""
    form, paths = resource.get("format"), paths_of(resource)
    return f".{form}".lower() if isinstance(form, str) else Path(paths[0] if paths else "").suffix.lower()


def _in_lines(resource: Descriptor) -> bool:
    """Whether the records end with lines, rather than with a terminator of the dialect's own."""
    return _declared(resource.get("dialect")).get("lineTerminator", "\n") in ("\n", "\r\n", "\r")


def _json_lines(file: Path, resource: Descriptor, wanted: Set[int]) -> dict[int, int]:
    """The lines of rows in JSON. The keys of objects are a header, row 1, that has none; blank lines are no rows."""
    found: dict[int, int] = {}
    row, last = 1, max(wanted)
    with file.open(encoding=_encoding(resource), errors="replace") as text:
        for number, line in enumerate(text, 1):
            if row > last:
                break
            if line.strip():
                row += row == 1 and line.lstrip().startswith("{")
                found[row] = number
                row += 1
    return found


def _file_lines(file: Path, resource: Descriptor, wanted: Set[int]) -> dict[int, int]:
    encoding = _encoding(resource)
    with file.open(encoding=encoding, errors="replace", newline="") as text:
        sample = "".join(islice(StringIO(text.read(SAMPLE_TEXT), newline=""), SAMPLE))
    # The limit is the process's. An unterminated quote would else take the rest of the file for one cell.
    limit = csv.field_size_limit(RECORD)
    try:
        return lines_in_file(file, encoding, csv_dialect(resource, sample), wanted)
    finally:
        csv.field_size_limit(limit)


def lines_in_file(
    file: Path, encoding: str, dialect: "csv.Dialect | type[csv.Dialect]", wanted: Set[int]
) -> dict[int, int]:
    """What `line_numbers` tells of the text in a file, whose beginning is counted as bytes where that is the same."""
    with file.open("rb") as raw:
        plain = _plain_lines(raw, dialect, max(wanted, default=0)) if lookup(encoding).name in ASCII_BASED else 0
        with TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
            rest = line_numbers(text, dialect, {row - plain for row in wanted if row > plain})
    return {row: row for row in wanted if row <= plain} | {row + plain: line + plain for row, line in rest.items()}


def _plain_lines(raw: BinaryIO, dialect: "csv.Dialect | type[csv.Dialect]", last: int) -> int:
    """How many lines a file begins with that are a record each, the last wanted one included. What follows is left.

    Bytes are counted five times as fast as characters.
    """
    marks = [mark.encode() for mark in (dialect.quotechar, dialect.escapechar) if mark]
    lines = 0
    while lines < last:
        block = raw.read(BLOCK)
        whole = block[: block.rfind(b"\n") + 1]
        plain = whole and not any(mark in whole for mark in marks) and _ends_plainly(whole)
        raw.seek((len(whole) if plain else 0) - len(block), SEEK_CUR)
        if not plain:
            break
        lines += whole.count(b"\n")
    return lines


def _ends_plainly(block: bytes) -> bool:
    return b"\r" not in block or block.count(b"\r") == block.count(b"\r\n")


def _encoding(resource: Descriptor) -> str:
    declared = str(resource.get("encoding") or "utf-8")
    # A byte order mark would hide the quote at the beginning of the first label.
    return "utf-8-sig" if declared.lower().replace("_", "-") in ("utf-8", "utf8") else declared


def csv_dialect(resource: Descriptor, sample: str) -> type[csv.Dialect]:
    """A resource's dialect as frictionless takes it: what is declared, and for the rest what its sniffer guesses."""
    declared = _declared(resource.get("dialect"))
    is_tabs = resource.get("format") == "tsv" or paths_of(resource)[0].lower().endswith(".tsv")
    guessed = _guessed(sample, declared.get("delimiter") or ("\t" if is_tabs else GUESSED))
    quote = declared.get("quoteChar", guessed.quotechar if guessed.quotechar != "'" else '"')
    escape = declared.get("escapeChar", guessed.escapechar)

    class Declared(csv.excel):
        delimiter = declared.get("delimiter", "\t" if is_tabs else guessed.delimiter)
        quotechar = quote or None
        quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
        escapechar = escape
        doublequote = declared.get("doubleQuote", True) if escape else True
        skipinitialspace = declared.get("skipInitialSpace", guessed.skipinitialspace)

    return Declared


def _declared(dialect: object) -> Mapping[str, Any]:
    """The properties of a dialect, of the standard's flat form and of frictionless's nested one."""
    if not isinstance(dialect, dict):
        return {}
    nested = dialect.get("csv")
    return {**dialect, **nested} if isinstance(nested, dict) else dialect


def _guessed(sample: str, delimiters: str) -> "type[csv.Dialect]":
    try:
        return csv.Sniffer().sniff(sample, delimiters)
    except csv.Error:
        return csv.excel
