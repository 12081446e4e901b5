"""Workbooks, read back by openpyxl: every value is the one of the CSV, and a sheet is what people expect."""

import csv
import datetime as dt
import io
import re
import resource
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minshu.errors import NotAcceptable
from minshu.formats import FORMATS, Column, columns_of, xlsx
from minshu.formats.workbook import column_letters

HARD = ["", "=1+1", "+1", "@x", " a ", "\r\n", "_x0041_", "_x005F_", "a\x00b", "<&>", '"', "福建\t", "1.10"]
TYPES = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([10**15 - 1, 10**15, -(10**15)]),
    "VARCHAR": st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(HARD),
    "DECIMAL(9,2)": st.decimals(-(10**6), 10**6, places=2),
    "DECIMAL(38,12)": st.decimals(-(10**20), 10**20, places=12) | st.decimals(-99, 99, places=12),
    "DOUBLE": st.floats(allow_nan=False),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates() | st.dates(dt.date(1900, 2, 25), dt.date(1900, 3, 5)),
    "TIME": st.times() | st.times().map(lambda time: time.replace(microsecond=0)),
    "TIMESTAMP": st.datetimes() | st.datetimes().map(lambda moment: moment.replace(microsecond=123_000)),
    "TIMESTAMP WITH TIME ZONE": st.datetimes(timezones=st.just(dt.UTC)),
    "VARCHAR[]": st.lists(st.text("ab,\"", max_size=2), max_size=2),
}  # fmt: skip
ARROW = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "DECIMAL(9,2)": pa.decimal128(9, 2),
    "DECIMAL(38,12)": pa.decimal128(38, 12),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    "VARCHAR[]": pa.list_(pa.string()),
}
SCHEMA = pa.schema(list(ARROW.items()))


def written(table: pa.Table, columns: Sequence[Column], name: str = "xlsx") -> bytes:
    out = io.BytesIO()
    FORMATS[name].write(table.to_reader(), columns, out)
    return out.getvalue()


def columns(table: pa.Table) -> tuple[Column, ...]:
    return columns_of(table.schema, table.schema.names, table.to_batches())


def texts(values: Sequence[str | None]) -> pa.Table:
    return pa.table([pa.array(values, pa.string())], names=["VARCHAR"])


def sheet(body: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(body)).active


def cells(body: bytes, rows: int | None = None) -> list[list[Any]]:
    """The cells of a sheet; of so many rows, where the last may be empty."""
    return [list(row) for row in sheet(body).iter_rows(max_row=rows)]


def unescaped(text: str) -> str:
    """Excel's reading of a text."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def assert_is(cell: Any, kind: str, form: str) -> None:
    """A cell holds the value whose form in CSV this is."""
    value = cell.value
    if cell.data_type == "s":
        assert unescaped(value) == form
    elif kind == "BOOLEAN":
        assert form == str(value).lower()
    elif kind in ("DATE", "TIMESTAMP"):
        assert value == dt.datetime.fromisoformat(form)
        assert cell.is_date
    elif kind == "TIME":
        assert value == dt.time.fromisoformat(form)
    elif kind == "DOUBLE":
        assert value == float(form)
    else:
        assert Decimal(repr(value)) == Decimal(form)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*(st.none() | values for values in TYPES.values())), min_size=1, max_size=6))
def test_every_value_is_the_one_of_the_csv(rows: list[tuple[Any, ...]]) -> None:
    arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), ARROW.values(), strict=True)]
    table = pa.table(arrays, SCHEMA)
    expected = csv.reader(io.StringIO(written(table, columns(table), "csv").decode(), newline=""))
    header, *found = cells(written(table, columns(table)), len(rows) + 1)
    assert [cell.value for cell in header] == next(expected) == SCHEMA.names
    for row, record, given_row in zip(found, expected, rows, strict=True):
        for cell, kind, form, value in zip(row, ARROW, record, given_row, strict=True):
            if value is None:
                assert cell.value is None
            else:
                assert_is(cell, kind, form)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("999999999999999", "n"),
        ("1000000000000000", "s"),
        ("-1.50::DECIMAL(38,2)", "n"),
        ("1234567890123456.5::DECIMAL(38,1)", "s"),
        ("0.000000000000001::DECIMAL(38,30)", "s"),
        ("170141183460469231731687303715884105727::HUGEINT", "s"),
        ("1e307::DOUBLE", "n"),
        ("1.7e308::DOUBLE", "s"),
        ("5e-324::DOUBLE", "s"),
        ("'nan'::DOUBLE", "s"),
        ("0.1::FLOAT", "n"),
        ("DATE '1900-03-01'", "d"),
        ("DATE '1900-02-28'", "s"),
        ("DATE '9999-12-31'", "d"),
        ("'infinity'::DATE", "s"),
        ("TIMESTAMP '9999-12-31 23:59:59.999'", "d"),
        ("TIMESTAMP '2019-12-31 00:00:00.000001'", "s"),
        ("TIMESTAMP_S '2019-12-31 10:00:00'", "d"),
        ("TIMESTAMP_NS '2019-12-31 10:00:00.000000001'", "s"),
        ("TIMESTAMPTZ '2019-12-31 10:00:00Z'", "s"),
        ("TIME '23:59:59.999'", "d"),
        ("TIME '24:00:00'", "s"),
        ("true", "b"),
        ("'=HYPERLINK(1)'", "s"),
        ("''", "s"),
        ("[1]", "s"),
        ("INTERVAL '1 day'", "s"),
    ],
)
def test_what_excel_would_not_hold_exactly_is_text(expression: str, kind: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        relation = connection.sql(f"SELECT {expression} AS x")
        types, table = [str(item) for item in relation.types], relation.to_arrow_table()
    [[_], [cell]] = cells(written(table, columns_of(table.schema, types, table.to_batches())))
    assert cell.data_type == kind


def test_the_header_is_frozen_bold_and_columns_are_as_wide_as_their_values() -> None:
    table = pa.table({"a": ["x" * 20], "一二三四五六": ["b"], "c": ["y" * 500]})
    found = sheet(written(table, columns(table)))
    assert found.freeze_panes == "A2"
    assert found["A1"].font.bold
    assert not found["A2"].font.bold
    assert [found.column_dimensions[letter].width for letter in "ABC"] == [22, 14, 60]


def test_decimals_show_all_of_their_places() -> None:
    table = pa.table([pa.array([Decimal("1.10")], pa.decimal128(9, 2))], names=["DECIMAL(9,2)"])
    [_, [cell]] = cells(written(table, columns(table)))
    assert (cell.value, cell.number_format) == (1.1, "0.00")


def test_the_same_rows_give_the_same_bytes() -> None:
    assert written(texts(["a"]), columns(texts([]))) == written(texts(["a"]), columns(texts([])))


@pytest.mark.parametrize("table", [texts([]), pa.Table.from_batches([], pa.schema([("VARCHAR", pa.string())]))])
def test_no_rows_are_a_header(table: pa.Table) -> None:
    assert [[cell.value for cell in row] for row in cells(written(table, columns(table)))] == [["VARCHAR"]]


def test_batches_are_joined_without_a_seam() -> None:
    table = pa.concat_tables([texts(["a", None]), texts([]), texts(["b"])])
    assert [row[0].value for row in cells(written(table, columns(table)))] == ["VARCHAR", "a", None, "b"]


@pytest.mark.parametrize("text", ["x" * 32_768, "𠮷" * 16_384, "x" * 32_767 + "𠮷"])
def test_a_text_too_long_for_a_cell_is_refused(text: str) -> None:
    with pytest.raises(NotAcceptable, match="32767 characters"):
        written(texts(["a", text]), columns(texts([])))


@pytest.mark.parametrize("text", ["x" * 32_767, "福" * 32_767, "𠮷" * 16_383, "\x00" * 32_767])
def test_a_text_that_just_fits_is_whole(text: str) -> None:
    assert unescaped(cells(written(texts([text]), columns(texts([]))))[1][0].value) == text


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    table = pa.table([[1]] * 16_385, names=list(map(str, range(16_385))))
    with pytest.raises(NotAcceptable, match="16384 columns, and there are 16385"):
        written(table, [Column(name, "BIGINT", "number") for name in table.schema.names])


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 2)
    written(texts(["a"] * 2), columns(texts([])))
    with pytest.raises(NotAcceptable, match="2 rows, and there are more"):
        written(pa.concat_tables([texts(["a"] * 2), texts(["b"])]), columns(texts([])))


def test_a_sheet_larger_than_a_zip_of_the_old_form_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "BYTES", 1000)
    with pytest.raises(NotAcceptable, match="too much for a workbook"):
        written(texts(["a" * 1000]), columns(texts([])))


def test_a_workbook_is_written_where_no_file_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        body = written(texts(["a"] * 10_000), columns(texts([])))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16_384, "XFD")]
)
def test_columns_are_called_as_excel_does(number: int, letters: str) -> None:
    assert column_letters(number) == letters
