"""The physical line of each error: where an editor has to go.

Rows are counted as records, the header being 1; a record over several lines is one. Editors, SARIF and annotations
count lines. Whether a line break ends a record is decided by quotes and escapes, so the records are read by the very
reader that frictionless reads them with, which tells the lines it has taken.
"""

import csv
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from minshu.descriptors import Descriptor, Package, paths_of, safe_file
from minshu.errors import DescriptorInvalid, UnsafePath
from minshu.references import self_contained
from minshu.report import Finding, Report, Task

DELIMITED = (".csv", ".tsv")
# The most characters of one record. Past it the rest of the file has no lines told, rather than memory without bound.
RECORD = 32 << 20
# How many lines frictionless guesses an undeclared dialect from, and between which delimiters.
SAMPLE = 100
GUESSED = ",\t;|"


def with_lines(report: Report, package: Package) -> Report:
    """The report with `lineNumber` in every error that has a row in an uncompressed, local, delimited text.

    Lines are counted from 1 and end as Python's universal newlines do: LF, CR LF or CR. Other errors stay as they are,
    and a file that can't be read to the end tells the lines up to there.
    """
    if report.valid:
        return report
    try:
        resources = {resource.get("name"): resource for resource in self_contained(package)[0]["resources"]}
    except (DescriptorInvalid, UnsafePath):
        return report
    tasks = (_located(task, resources.get(task.name), package.folder) for task in report.tasks)
    return replace(report, tasks=tuple(tasks))


def line_numbers(stream: TextIO, dialect: "csv.Dialect | type[csv.Dialect]", wanted: Set[int]) -> dict[int, int]:
    """The line, counted from 1, at which each wanted record begins; records are counted from 1, blank lines included.

    `stream` must not translate line ends (`newline=""`). Reads no further than the last wanted record.
    """
    found: dict[int, int] = {}
    lines = _Lines(stream)
    reader = csv.reader(lines, dialect)
    last = max(wanted, default=0)
    line, number = 1, 1
    while number <= last:
        try:
            next(reader)
        except (StopIteration, csv.Error):
            break
        if number in wanted:
            found[number] = line
        line, number = reader.line_num + 1, number + 1
        lines.taken = 0
    return found


class _Lines:
    """The lines of a text, until one record takes too many characters: `taken` counts them, its user resets it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.taken = stream, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(RECORD)
        self.taken += len(line)
        if not line or self.taken >= RECORD:
            raise StopIteration
        return line


def _located(task: Task, resource: Descriptor | None, folder: Path) -> Task:
    wanted = {row for error in task.errors if (row := _row(error)) is not None}
    file = _delimited_file(resource, folder) if wanted and resource else None
    if file is None or resource is None:
        return task
    try:
        found = _file_lines(file, resource, wanted)
    except (OSError, LookupError, UnicodeError, csv.Error, TypeError, ValueError):
        # An unknown encoding, a dialect that says nonsense: the report tells of those itself, and needs no lines.
        return task
    return replace(task, errors=tuple(_with_line(error, found) for error in task.errors))


def _row(error: Finding) -> int | None:
    """The row that an error is about; of an error in the header, its first."""
    rows = (error.get("rowNumber"), *(error.get("rowNumbers") or ()))
    return next((row for row in rows if isinstance(row, int)), None)


def _with_line(error: Finding, found: Mapping[int, int]) -> Finding:
    line = found.get(_row(error) or 0)
    return error if line is None else {**error, "lineNumber": line}


def _delimited_file(resource: Descriptor, folder: Path) -> Path | None:
    paths = paths_of(resource)
    form = resource.get("format")
    suffix = f".{form}".lower() if isinstance(form, str) else Path(paths[0] if paths else "").suffix.lower()
    if len(paths) != 1 or suffix not in DELIMITED or resource.get("compression") not in (None, "", "no"):
        return None
    if Path(paths[0]).suffix.lower() in (".gz", ".zip"):
        return None
    try:
        return safe_file(folder, paths[0])
    except UnsafePath:
        return None


def _file_lines(file: Path, resource: Descriptor, wanted: Set[int]) -> dict[int, int]:
    # Its limit is the process's; frictionless lifts it as well, when it is imported.
    csv.field_size_limit(max(csv.field_size_limit(), RECORD))
    with file.open("rb") as raw, TextIOWrapper(raw, _encoding(resource), errors="replace", newline="") as text:
        sample = "".join(islice(iter(lambda: text.readline(RECORD), ""), SAMPLE))
        text.seek(0)
        return line_numbers(text, csv_dialect(resource, sample), wanted)


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
