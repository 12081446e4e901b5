"""Excel workbooks of one sheet, written by Arrow a batch at a time, straight into the zip.

The libraries for workbooks write cell by cell and through temporary files: ten times slower, and not to be had in a
process that may write none. A sheet is one XML document, so it is joined from columns as CSV is.

A value stands as a number, a date, a time or a truth value where Excel holds exactly this value: it keeps 15 digits,
milliseconds, and days from 1900-03-01 on. Everything else stands as text, and text is never read as a formula.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from minshu.errors import NotAcceptable
from minshu.formats.columns import Column
from minshu.formats.values import joined, joined_data, raw_bytes, text_values
from minshu.formats.workbook import (
    DATE,
    DATETIME,
    HEADER,
    SHEET,
    SHEET_END,
    TIME,
    WHOLE,
    column_letters,
    parts,
    sheet_start,
    styles_of,
)

ROWS: Final = 1_048_575
"""The rows of a sheet below its header."""

COLUMNS: Final = 16_384
CHARACTERS: Final = 32_767
BYTES: Final = (1 << 31) - 1
"""The most bytes of a sheet: beyond, the zip takes a form that Excel offers to repair."""

_LEVEL: Final = 4
_SAMPLE: Final = 1000  # The rows that tell how wide the columns are.
_NARROW, _WIDE = 8, 60

_DIGITS: Final = 15
_LEAST, _MOST = 2.2250738585072014e-308, 9.99999999999999e307  # Excel has no smaller numbers and no larger ones.
_DAY_0: Final = 25_569  # 1970-01-01, as Excel counts days.
_FIRST_DAY, _LAST_DAY = 61, 2_958_465  # To Excel 1900 was a leap year: it is right from 1900-03-01 to 9999-12-31.
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS: Final = 86_400

# What XML cannot hold stands as `_xHHHH_`; so where a text has that itself, its first character does.
_ESCAPED: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MAY_BE_ESCAPED: Final = re.compile(rb"[\x00-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]|_x")
_MARKUP: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


@dataclass(frozen=True)
class _Numbers:
    """An array as Excel's numbers, which of them are exact, and the style that shows them."""

    text: pa.Array
    exact: pa.Array
    style: int


def write_xlsx(reader: pa.RecordBatchReader, columns: Sequence[Column], out: BinaryIO) -> None:
    """Write a workbook. Raises NotAcceptable for what no sheet holds."""
    if len(columns) > COLUMNS:
        raise NotAcceptable(f"A sheet of Excel has {COLUMNS} columns, and there are {len(columns)}. Choose some.")
    styles = styles_of({item.type.scale for item in reader.schema if pt.is_decimal(item.type)})
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as zipped:
        for name, text in parts(styles):
            zipped.writestr(name, text)
        size = 0
        with zipped.open(SHEET, "w") as sheet:
            for piece in _sheet(reader, columns, styles):
                size += len(piece)
                if size > BYTES:
                    raise NotAcceptable("The rows are too much for a workbook of Excel. Filter them, or ask for CSV.")
                sheet.write(piece)


def _sheet(
    reader: pa.RecordBatchReader, columns: Sequence[Column], styles: Mapping[int, int]
) -> Iterator[bytes | memoryview]:
    names = [pa.array([column.name], pa.large_string()) for column in columns]
    letters = [column_letters(number) for number in range(1, len(columns) + 1)]
    batches = iter(reader)
    first = next(batches, None)
    yield sheet_start(_widths(names, first, columns)).encode()
    header = _row_numbers(1, 1)
    yield _rows(header, [_strings(name, _place(at, header), HEADER) for name, at in zip(names, letters, strict=True)])
    above = 1
    for batch in batches if first is None else itertools.chain([first], batches):
        if above - 1 + batch.num_rows > ROWS:
            raise NotAcceptable(f"A sheet of Excel has {ROWS} rows, and there are more. Filter them, or ask for CSV.")
        if batch.num_rows:
            rows = _row_numbers(above + 1, batch.num_rows)
            cells = zip(batch.columns, columns, letters, strict=True)
            yield _rows(rows, [_cells(array, column, _place(at, rows), styles) for array, column, at in cells])
        above += batch.num_rows
    yield SHEET_END.encode()


def _row_numbers(first: int, count: int) -> pa.Array:
    return pc.cast(pa.array(range(first, first + count), pa.int32()), pa.large_string())


def _place(letters: str, rows: pa.Array) -> pa.Array:
    return joined(f'<c r="{letters}', rows)


def _rows(rows: pa.Array, cells: Sequence[pa.Array]) -> memoryview:
    return joined_data(joined('<row r="', rows, '">', *cells, "</row>", null=""))


def _widths(names: Sequence[pa.Array], first: pa.RecordBatch | None, columns: Sequence[Column]) -> Iterator[int]:
    """How wide the columns are, by names and first rows. A Chinese letter has three bytes, and the width of two."""
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        sample = [] if first is None else [text_values(first.column(index).slice(0, _SAMPLE), column.type)]
        widths = [
            pc.max(pc.divide(pc.add(pc.binary_length(text), pc.cast(pc.utf8_length(text), pa.int64())), 2)).as_py()
            for text in (name, *sample)
        ]
        yield min(max(_NARROW, *(width + 2 for width in widths if width is not None)), _WIDE)


# -- cells --------------------------------------------------------------------------------------------------------


def _cells(array: pa.Array, column: Column, place: pa.Array, styles: Mapping[int, int]) -> pa.Array:
    """The cells of a column; none where the value is null."""
    if pt.is_boolean(array.type):
        return joined(place, '" t="b"><v>', pc.if_else(array, _string("1"), _string("0")), "</v></c>")
    numbers = _numbers(array, column, styles)
    if numbers is None:
        return _strings(text_values(array, column.type), place)
    cells = joined(place, f'" s="{numbers.style}"><v>', numbers.text, "</v></c>")
    if pc.all(numbers.exact).as_py() is not False:
        return cells
    return pc.if_else(numbers.exact, cells, _strings(text_values(array, column.type), place))


def _numbers(array: pa.Array, column: Column, styles: Mapping[int, int]) -> _Numbers | None:
    """An array as numbers; None where its values are none to Excel."""
    kind = array.type
    if pt.is_integer(kind) or pt.is_decimal(kind):
        text = text_values(array, column.type)
        return _Numbers(text, _is_short(text), styles[kind.scale] if pt.is_decimal(kind) else WHOLE)
    if pt.is_floating(kind):
        size = pc.abs(pc.cast(array, pa.float64()))
        exact = pc.or_(_between(size, _LEAST, _MOST), pc.equal(size, 0.0))
        return _Numbers(text_values(array, column.type), exact, 0)
    if pt.is_date32(kind):
        days = pc.add(pc.cast(array.view(pa.int32()), pa.int64()), _DAY_0)
        return _Numbers(_string_array(days), _between(days, _FIRST_DAY, _LAST_DAY), DATE)
    if pt.is_timestamp(kind) and kind.tz is None:
        days = pc.add(_days(array.view(pa.int64()), kind.unit), float(_DAY_0))
        exact = pc.and_(_between(days, _FIRST_DAY, _LAST_DAY + 1 - 1e-8), _is_whole(array.view(pa.int64()), kind.unit))
        return _Numbers(_string_array(days), exact, DATETIME)
    if pt.is_time(kind):
        count = pc.cast(array.view(pa.int64() if kind.bit_width == 64 else pa.int32()), pa.int64())
        days = _days(count, kind.unit)
        return _Numbers(_string_array(days), pc.and_(pc.less(days, 1.0), _is_whole(count, kind.unit)), TIME)
    return None


def _is_short(text: pa.Array) -> pa.Array:
    """Which numbers in plain digits have so few that Excel keeps them all."""
    digits = pc.utf8_ltrim(pc.replace_substring(text, ".", ""), "-0")
    return pc.less_equal(pc.utf8_length(digits), _DIGITS)


def _between(array: pa.Array, least: float, most: float) -> pa.Array:
    return pc.and_(pc.greater_equal(array, least), pc.less_equal(array, most))


def _days(count: pa.Array, unit: str) -> pa.Array:
    """A count of such units in days, to some microseconds."""
    return pc.divide(pc.cast(count, pa.float64(), safe=False), float(_SECONDS * _PER_SECOND[unit]))


def _is_whole(count: pa.Array, unit: str) -> pa.Array:
    """Which counts of such units are of whole milliseconds."""
    parts = max(_PER_SECOND[unit] // 1000, 1)
    return pc.equal(pc.multiply(pc.divide(count, parts), parts), count)


def _strings(text: pa.Array, place: pa.Array, style: int = 0) -> pa.Array:
    """Cells of text as it is. Raises NotAcceptable for what is too long for a cell."""
    _check_lengths(text)
    data = raw_bytes(text)
    for mark, entity in _MARKUP:
        if mark.encode() in data:
            text = pc.replace_substring(text, mark, entity)
    if _MAY_BE_ESCAPED.search(data):
        special = pc.fill_null(pc.match_substring_regex(text, r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x"), False)
        escaped = [_ESCAPED.sub(_escape, value) for value in text.filter(special).to_pylist()]
        text = pc.replace_with_mask(text, special, pa.array(escaped, pa.large_string()))
    start = _string("<t>")
    padded = pc.match_substring_regex(text, r"^\s|\s$")
    if pc.any(padded).as_py():
        start = pc.if_else(padded, _string('<t xml:space="preserve">'), start)
    return joined(
        place, f'" s="{style}" t="inlineStr"><is>' if style else '" t="inlineStr"><is>', start, text, "</t></is></c>"
    )


def _check_lengths(text: pa.Array) -> None:
    """Excel counts a letter beyond the basic plane twice."""
    longest = text.filter(pc.fill_null(pc.greater(pc.utf8_length(text), CHARACTERS // 2), False)).to_pylist()
    if any(len(value) + sum(letter > "\uffff" for letter in value) > CHARACTERS for value in longest):
        raise NotAcceptable(f"A cell of Excel holds {CHARACTERS} characters, and there is a longer one. Ask for CSV.")


def _escape(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _string(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _string_array(array: pa.Array) -> pa.Array:
    return pc.cast(array, pa.large_string())
