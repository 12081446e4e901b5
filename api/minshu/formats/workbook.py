"""The parts of an Excel workbook around its one sheet, and the sheet's start: ECMA-376, as little of it as will do."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

HEADER, DATE, DATETIME, TIME, WHOLE = 1, 2, 3, 4, 5
"""The styles of cells, by their place in the workbook's list; 0 is none. Those of decimals come behind."""

SHEET: Final = "xl/worksheets/sheet1.xml"
SHEET_END: Final = "</sheetData></worksheet>"

_CODES: Final = ("General", "General", "yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd hh:mm:ss", "hh:mm:ss", "0")
_OWN: Final = 164  # The first number of a format that Excel does not know by itself.

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def styles_of(scales: Iterable[int]) -> Mapping[int, int]:
    """The style of decimals by their scale."""
    return {scale: len(_CODES) + index for index, scale in enumerate(sorted(scales))}


def parts(styles: Mapping[int, int]) -> Iterator[tuple[str, str]]:
    """The path and the text of every part but the sheet."""
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    )
    yield "_rels/.rels", _relationships(("officeDocument", "xl/workbook.xml"))
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>',
    )
    yield "xl/_rels/workbook.xml.rels", _relationships(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"))
    yield "xl/styles.xml", _styles([*_CODES, *(f"0.{'0' * scale}" if scale else "0" for scale in styles)])


def sheet_start(widths: Iterable[int]) -> str:
    """The sheet up to its rows: the first stays in sight, and the columns are as wide as this, in letters."""
    columns = (
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{''.join(columns)}</cols><sheetData>"
    )


def column_letters(number: int) -> str:
    """What Excel calls a column, counted from 1."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _relationships(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _styles(codes: list[str]) -> str:
    formats = "".join(f'<numFmt numFmtId="{_OWN + index}" formatCode="{code}"/>' for index, code in enumerate(codes))
    cells = "".join(
        f'<xf numFmtId="{_OWN + index}" fontId="{int(index == HEADER)}" fillId="0" borderId="0" xfId="0"'
        ' applyNumberFormat="1" applyFont="1"/>'
        for index in range(len(codes))
    )
    font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(codes)}">{formats}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(codes)}">{cells}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
