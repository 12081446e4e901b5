"""OpenDocument spreadsheets, row by row, in bounded memory."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, ParseError, iterparse

import isodate
from frictionless import FrictionlessException, Parser
from frictionless import errors as kinds
from frictionless.formats.ods import OdsControl

from minshu.fields import MOST_COLUMNS

OFFICE, TABLE, TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text"))
MOST_BYTES, MOST_ELEMENTS = 1 << 28, 1 << 20
MOST_ROWS = 1 << 20
# A number stands for blanks, so that a few bytes may mean any amount of memory.
MOST_BLANKS = 1 << 20
BLANKS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}


class OdsParser(Parser):
    """One sheet; rows are as wide as the first."""

    requires_loader: ClassVar[bool] = True

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The rows. Raises FrictionlessException."""
        sheet = OdsControl.from_dialect(self.resource.dialect).sheet
        try:
            with zipfile.ZipFile(self.loader.byte_stream) as archive:
                if archive.getinfo("content.xml").file_size > MOST_BYTES:
                    raise _refused("the document is too large")
                with archive.open("content.xml") as content:
                    yield from _rows(content, sheet)
        except (KeyError, zipfile.BadZipFile, ParseError) as error:
            raise _refused(f'invalid OpenDocument file "{self.resource.path}"') from error


def _refused(note: str) -> FrictionlessException:
    return FrictionlessException(kinds.FormatError(note=note))


def _rows(content: Any, sheet: str | int) -> Iterator[list[Any]]:
    """The rows of a sheet, as wide as the first. Those without a value count only where one with values follows."""
    blank, total, width = 0, 0, 0
    for cells, times in _runs(content, sheet):
        if not cells:
            blank += times
            continue
        total += blank + times
        if total > MOST_ROWS:
            raise _refused(f"the sheet has more than {MOST_ROWS:,} rows")
        width = width or len(cells)
        yield from ([None] * width for _ in range(blank))
        yield from ([*cells, *[None] * (width - len(cells))] for _ in range(times))
        blank = 0


def _runs(content: Any, sheet: str | int) -> Iterator[tuple[list[Any], int]]:
    """The different rows of a sheet, and how often each is repeated."""
    number, inside, alive = 0, False, 0
    parents: list[Element] = []
    # expat expands no entities without bound, and opens no external ones.
    for event, element in iterparse(content, ("start", "end")):  # noqa: S314
        if event == "start":
            parents.append(element)
            alive += 1
            if alive > MOST_ELEMENTS:
                raise _refused("a row of the document is too large")
            if element.tag == f"{TABLE}table":
                number += 1
                inside = sheet in (number, element.get(f"{TABLE}name"))
            continue
        parents.pop()
        if element.tag == f"{TABLE}table-row":
            if inside:
                yield _cells(element), int(element.get(f"{TABLE}number-rows-repeated", 1))
            parents[-1].clear()
            alive = len(parents)
        elif element.tag == f"{TABLE}table" and inside:
            return
    raise _refused(f'the document has no sheet "{sheet}"')


def _cells(row: Element) -> list[Any]:
    """The values of a row, without the empty ones at its end."""
    if sum(int(blanks.get(f"{TEXT}c", 1)) for blanks in row.iter(f"{TEXT}s")) > MOST_BLANKS:
        raise _refused(f"a row has more than {MOST_BLANKS:,} blanks")
    cells: list[Any] = []
    empty = 0
    for element in row:
        value, times = _value(element), int(element.get(f"{TABLE}number-columns-repeated", 1))
        if value is None:
            empty += times
        elif len(cells) + empty + times > MOST_COLUMNS:
            raise _refused(f"the sheet has more than {MOST_COLUMNS:,} columns")
        else:
            cells += [None] * empty + [value] * times
            empty = 0
    return cells


def _value(cell: Element) -> Any:
    kind = cell.get(f"{OFFICE}value-type")
    try:
        if kind in ("float", "currency", "percentage"):
            number = float(cell.get(f"{OFFICE}value", ""))
            return int(number) if number.is_integer() else number
        if kind == "date":
            text = cell.get(f"{OFFICE}date-value", "")
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        if kind == "time":
            since = isodate.parse_duration(cell.get(f"{OFFICE}time-value", ""))
            return (datetime.min + since).time() if timedelta() <= since < timedelta(days=1) else since
    except ValueError:
        return "\n".join(_text(part) for part in cell.iter(f"{TEXT}p")) or None
    if kind == "boolean":
        return cell.get(f"{OFFICE}boolean-value") == "true"
    text = cell.get(f"{OFFICE}string-value") or "\n".join(_text(part) for part in cell.iter(f"{TEXT}p"))
    return text or None


def _text(part: Element) -> str:
    """The text of a paragraph, whose blanks and breaks are elements."""
    inner = part.text or ""
    for child in part:
        blanks = " " * int(child.get(f"{TEXT}c", 1)) if child.tag == f"{TEXT}s" else BLANKS.get(child.tag)
        inner += (_text(child) if blanks is None else blanks) + (child.tail or "")
    return inner
