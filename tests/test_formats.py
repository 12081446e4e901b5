"""Rows written in every format and read back: the same values, in the forms that were promised."""

import csv
import datetime as dt
import io
import itertools
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minshu.errors import NotAcceptable
from minshu.formats import FORMATS, Column, as_strings, columns_of, json_cells
from minshu.formats.writers import FEW

HARD_TEXT = [
    "",
    "0350",
    "1.10",
    "\ufeffa",
    'a"b',
    "a,b",
    "a\nb",
    "a\r\nb",
    "\r",
    " a ",
    "NULL",
    "省数字办",
    "\\",
    "\t",
    "\x00",
]


def answered(sql: str) -> tuple[pa.Table, tuple[Column, ...]]:
    """The rows of a statement as Arrow, and its columns."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='Asia/Shanghai'")
        relation = connection.sql(sql)
        types = [str(kind) for kind in relation.types]
        table = relation.to_arrow_table()
    return table, columns_of(table.schema, types, table.to_batches())


def written(table: pa.Table, columns: Sequence[Column], name: str) -> bytes:
    """The rows in a format."""
    out = io.BytesIO()
    FORMATS[name].write(table.to_reader(), columns, out)
    return out.getvalue()


def forms(expression: str) -> tuple[str, Any]:
    """A value's form in CSV and in JSON."""
    table, columns = answered(f"SELECT {expression} AS x")
    text = written(table, columns, "csv").decode()
    [value] = orjson.loads(written(table, columns, "json"))
    [[cell]] = orjson.loads(orjson.dumps(json_cells(table.to_batches()[0], columns)))
    [line] = written(table, columns, "ndjson").splitlines()
    assert value == {"x": cell} == orjson.loads(line)
    assert text.startswith("x\n")
    assert text.endswith("\n")
    return text[2:-1], cell


@pytest.mark.parametrize(
    ("expression", "text", "cell"),
    [
        ("true", "true", True),
        ("42", "42", 42),
        ("9007199254740992", "9007199254740992", 2**53),
        ("9007199254740993", "9007199254740993", "9007199254740993"),
        ("-9007199254740993", "-9007199254740993", "-9007199254740993"),
        ("18446744073709551615::UBIGINT", "18446744073709551615", "18446744073709551615"),
        ("sum(1)", "1", "1"),
        ("'-170141183460469231731687303715884105728'::HUGEINT", str(-(2**127)), str(-(2**127))),
        ("1.10::DECIMAL(18,2)", "1.10", "1.10"),
        ("0.00000001::DECIMAL(18,8)", "0.00000001", "0.00000001"),
        ("0::DECIMAL(38,38)", "0." + "0" * 38, "0." + "0" * 38),
        ("0.1::FLOAT", "0.1", 0.1),
        ("0.1::DOUBLE", "0.1", 0.1),
        ("1e300::DOUBLE", "1e+300", 1e300),
        ("'nan'::DOUBLE", "NaN", "NaN"),
        ("'inf'::DOUBLE", "INF", "INF"),
        ("'-inf'::FLOAT", "-INF", "-INF"),
        ("5::DOUBLE", "5.0", 5.0),
        ("-5::FLOAT", "-5.0", -5.0),
        ("DATE '2019-12-31'", "2019-12-31", "2019-12-31"),
        ("'infinity'::DATE", "infinity", "infinity"),
        ("'-infinity'::TIMESTAMP", "-infinity", "-infinity"),
        ("TIME '12:00:01.5'", "12:00:01.5", "12:00:01.5"),
        ("TIMESTAMP '2019-12-31 10:00:00'", "2019-12-31T10:00:00", "2019-12-31T10:00:00"),
        ("TIMESTAMP '1960-01-01 00:00:00.000001'", "1960-01-01T00:00:00.000001", "1960-01-01T00:00:00.000001"),
        ("TIMESTAMP_S '2019-12-31 10:00:00'", "2019-12-31T10:00:00", "2019-12-31T10:00:00"),
        ("TIMESTAMP_NS '2019-12-31 00:00:00.000000001'",) + ("2019-12-31T00:00:00.000000001",) * 2,
        ("TIMESTAMPTZ '2020-01-01 08:00:00+08'", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("INTERVAL '1 year 2 month 3 day 4 hour 5 minute 6.7 second'", "P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S"),
        ("INTERVAL '-1 month'", "-P1M", "-P1M"),
        ("INTERVAL '1 month -3 day'", "P1M-3D", "P1M-3D"),
        ("INTERVAL '-0.5 second'", "-PT0.5S", "-PT0.5S"),
        ("INTERVAL '0 day'", "PT0S", "PT0S"),
        ("'\\xAA\\x00'::BLOB", "qgA=", "qgA="),
        ("'0101'::BIT", "0101", "0101"),
        ("'010101010'::BIT", "010101010", "010101010"),
        ("'eeccb8c5-9943-b2bb-bb5e-222f4e14b687'::UUID",) + ("eeccb8c5-9943-b2bb-bb5e-222f4e14b687",) * 2,
        ("'b'::ENUM('a', 'b')", "b", "b"),
        ("'x,y'::ENUM('a', 'x,y')", '"x,y"', "x,y"),
        ("[1, NULL, 9007199254740993]", '"[1,null,""9007199254740993""]"', [1, None, "9007199254740993"]),
        ("[DATE '2019-12-31']", '"[""2019-12-31""]"', ["2019-12-31"]),
        ("array_value(1, 2)", '"[1,2]"', [1, 2]),
        ("{'a': 1.5::DECIMAL(9,2), 'b': NULL}", '"{""a"":""1.50"",""b"":null}"', {"a": "1.50", "b": None}),
        ("MAP {1: 'a', 2: NULL}", '"{""1"":""a"",""2"":null}"', {"1": "a", "2": None}),
        ("MAP {DATE '2019-12-31': [1]}", '"{""2019-12-31"":[1]}"', {"2019-12-31": [1]}),
        ("union_value(n := 1)", "1", 1),
        ("""'{"a": [1, 1.10]}'::JSON""", '"{""a"": [1, 1.10]}"', {"a": [1, 1.1]}),
        ("""['[1,2]'::JSON]""", '"[[1,2]]"', [[1, 2]]),
        ("'NaN'::JSON", "NaN", "NaN"),
        ("NULL", "", None),
        ("''", '""', ""),
        ("'0350'", "0350", "0350"),
        ("'1.10'", "1.10", "1.10"),
    ],
)  # fmt: skip
def test_a_value_has_one_form(expression: str, text: str, cell: Any) -> None:
    assert forms(expression) == (text, cell)


def test_zero_keeps_its_sign() -> None:
    text, cell = forms("'-0'::DOUBLE")
    assert text == "-0.0"
    assert math.copysign(1, cell) == -1


@pytest.mark.parametrize(
    "values",
    [
        "DATE '0987-01-02', NULL, DATE '9999-12-31'",
        "DATE 'infinity', DATE '-infinity', DATE '2019-01-01', DATE '12019-01-01'",
        "0.0000001::DECIMAL(10,7), -0.5, 0, NULL",
        "0.10::DECIMAL(10,2), -0.05, 0",
        "99999999999999999999999999999999999999::DECIMAL(38,0), -1, NULL",
        "9223372036854775807, -1, NULL",
        "'a', '', NULL, '省数字办'",
    ],
)
def test_a_few_values_have_the_forms_of_many(values: str) -> None:
    table, columns = answered(f"SELECT unnest([{values}]) AS x FROM range(10)")
    (batch,) = table.combine_chunks().to_batches()
    shown = [as_strings(column) if column.type == "BIGINT" else column for column in columns]
    many = json_cells(batch, shown)
    assert [json_cells(batch.slice(row, 1), shown)[0] for row in range(batch.num_rows)] == many


def test_json_keeps_the_digits_of_its_source() -> None:
    table, columns = answered("""SELECT '{"a": 12345678901234567890.10}'::JSON AS x""")
    assert written(table, columns, "json") == b'[{"x":{"a": 12345678901234567890.10}}]\n'


def test_json_over_several_lines_is_one_line_of_ndjson() -> None:
    table, columns = answered("""SELECT e'{\\n"a":\\r\\n1}'::JSON AS x""")
    assert written(table, columns, "ndjson").count(b"\n") == 1


def test_columns_tell_how_their_values_stand_in_json() -> None:
    _, columns = answered(
        "SELECT 1 AS a, 1::BIGINT AS b, 1.5 AS c, 1::DOUBLE AS d, true AS e, '1'::JSON AS f, [1] AS g, {'x': 1} AS h, "
        "MAP {1: 2} AS i, DATE '2020-01-01' AS j, 'x'::BLOB AS k, sum(1) AS l"
    )
    kinds = [column.json for column in columns]
    numbers = ["number", "number", "string", "number"]
    assert kinds == [*numbers, "boolean", "any", "array", "object", "object", "string", "string", "string"]
    assert columns[2].type == "DECIMAL(2,1)"


def test_a_column_can_be_declared_a_string_before_its_rows_are_seen() -> None:
    table, columns = answered("SELECT 1::BIGINT AS x")
    assert written(table, [as_strings(columns[0])], "json") == b'[{"x":"1"}]\n'


@pytest.mark.parametrize(
    ("name", "empty"), [("csv", b"a,b\n"), ("json", b"[]\n"), ("ndjson", b""), ("parquet", None), ("arrow", None)]
)
def test_no_rows_are_still_a_file(name: str, empty: bytes | None) -> None:
    table, columns = answered("SELECT 1 AS a, 'x' AS b WHERE false")
    body = written(table, columns, name)
    if empty is not None:
        assert body == empty
    elif name == "parquet":
        assert pq.read_table(io.BytesIO(body)).num_rows == 0
    else:
        assert pa.ipc.open_stream(body).read_all().column_names == ["a", "b"]


def test_batches_are_joined_without_a_seam() -> None:
    table, columns = answered("SELECT range AS a, 'x' || range AS b FROM range(10)")
    pieces = pa.Table.from_batches([batch for start in range(0, 10, 3) for batch in table.slice(start, 3).to_batches()])
    for name in ("csv", "json", "ndjson"):
        assert written(pieces, columns, name) == written(table, columns, name)


def test_nested_values_of_a_slice_are_those_of_its_rows() -> None:
    table, columns = answered(
        "SELECT [range, NULL] AS a, MAP {range: 'x'} AS b, {'c': range} AS c, array_value(range, 0) AS d, "
        "union_value(n := range) AS e FROM range(4) UNION ALL SELECT NULL, NULL, NULL, NULL, NULL"
    )
    rows = orjson.loads(written(table, columns, "json"))
    assert orjson.loads(written(table.slice(2, 2), columns, "json")) == rows[2:4]
    assert rows[3] == {"a": [3, None], "b": {"3": "x"}, "c": {"c": 3}, "d": [3, 0], "e": 3}
    assert rows[4] == dict.fromkeys("abcde")


@pytest.mark.parametrize("name", ["json", "ndjson", "parquet", "arrow"])
def test_columns_of_one_name_are_refused_where_names_are_keys(name: str) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    columns = [Column("a", "BIGINT", "number")] * 2
    with pytest.raises(NotAcceptable, match="2 columns are named 'a'"):
        written(table, columns, name)
    assert written(table, columns, "csv") == b"a,a\n1,2\n"


def test_headers_are_quoted_like_values() -> None:
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["\ufeff编号", 'a"b,c', ""])
    columns = [Column(name, "BIGINT", "number") for name in table.column_names]
    body = written(table, columns, "csv")
    assert body == '"\ufeff编号","a""b,c",""\n1,2,3\n'.encode()
    assert next(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))) == table.column_names


def test_parquet_holds_as_text_what_it_has_no_type_for() -> None:
    table, columns = answered(
        "SELECT INTERVAL 1 DAY AS a, '01'::BIT AS b, [INTERVAL 1 DAY] AS c, union_value(n := 1) AS d"
    )
    [row] = pq.read_table(io.BytesIO(written(table, columns, "parquet"))).to_pylist()
    assert row == {"a": "P1D", "b": "01", "c": '["P1D"]', "d": "1"}


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_a_number_of_39_digits_is_refused_where_it_has_no_type(name: str) -> None:
    table, columns = answered("SELECT 170141183460469231731687303715884105727::HUGEINT AS x")
    with pytest.raises(NotAcceptable, match="39 digits"):
        written(table, columns, name)


# -- everything that a release may hold, in every format ---------------------------------------------------------

SCHEMA = pa.schema(
    [
        ("编号", pa.int64()),
        ("text", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("small", pa.decimal128(38, 12)),
        ("float", pa.float64()),
        ("flag", pa.bool_()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us")),
        ("instant", pa.timestamp("us", "UTC")),
    ]
)
TYPES = ["BIGINT", "VARCHAR", "DECIMAL(18,2)", "DECIMAL(38,12)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"]
TYPES.append("TIMESTAMP WITH TIME ZONE")


def nullable(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


TEXT = st.sampled_from(HARD_TEXT) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROW = st.tuples(
    nullable(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1])),
    nullable(TEXT),
    nullable(st.decimals(-(10**15), 10**15, places=2)),
    nullable(st.decimals(-(10**20), 10**20, places=12)),
    nullable(st.floats(allow_nan=False)),
    nullable(st.booleans()),
    nullable(st.dates()),
    nullable(st.datetimes()),
    nullable(st.datetimes(timezones=st.just(dt.UTC))),
)
READERS: dict[str, Any] = {
    "BIGINT": int,
    "VARCHAR": str,
    "DECIMAL(18,2)": Decimal,
    "DECIMAL(38,12)": Decimal,
    "DOUBLE": lambda form: {"INF": math.inf, "-INF": -math.inf}.get(form, form) if isinstance(form, str) else form,
    "BOOLEAN": bool,
    "DATE": dt.date.fromisoformat,
    "TIMESTAMP": dt.datetime.fromisoformat,
    "TIMESTAMP WITH TIME ZONE": dt.datetime.fromisoformat,
}


def exact(value: Any) -> Any:
    """A value that equals another only if nothing of it was lost: the zeros of a decimal, the sign of zero."""
    return (type(value), str(value)) if isinstance(value, (Decimal, float)) else value


def from_objects(objects: list[dict[str, Any]]) -> list[list[Any]]:
    names = zip(SCHEMA.names, TYPES, strict=True)
    forms = [(name, READERS[kind]) for name, kind in names]
    return [[None if item[name] is None else read(item[name]) for name, read in forms] for item in objects]


def from_arrow(table: pa.Table) -> list[list[Any]]:
    assert table.schema.equals(SCHEMA)
    return [list(row.values()) for row in table.to_pylist()]


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_every_format_holds_the_same_values(rows: list[tuple[Any, ...]]) -> None:
    arrays = [pa.array(column, item.type) for column, item in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
    table = pa.table(arrays, SCHEMA)
    columns = columns_of(SCHEMA, TYPES, table.to_batches())
    bodies = {name: written(table, columns, name) for name in FORMATS}
    expected = [[exact(value) for value in row] for row in rows]
    read = {
        "json": from_objects(orjson.loads(bodies["json"])),
        "ndjson": from_objects([orjson.loads(line) for line in bodies["ndjson"].split(b"\n")[:-1]]),
        "parquet": from_arrow(pq.read_table(io.BytesIO(bodies["parquet"]))),
        "arrow": from_arrow(pa.ipc.open_stream(bodies["arrow"]).read_all()),
    }
    for name, found in read.items():
        assert [[exact(value) for value in row] for row in found] == expected, name
    cells = [row for batch in table.to_batches() for row in json_cells(batch, columns)]
    assert orjson.loads(orjson.dumps(cells)) == [list(item.values()) for item in orjson.loads(bodies["json"])]
    assert_csv_holds(bodies["csv"], cells)


def assert_csv_holds(body: bytes, cells: list[list[Any]]) -> None:
    """Each cell is the JSON form's text, by a reader that tells an empty string from nothing."""
    records = quoted_records(body.decode())
    assert [cell for cell, _ in records[0]] == SCHEMA.names
    for record, row in zip(records[1:], cells, strict=True):
        for (text, quoted), value in zip(record, row, strict=True):
            if value is None:
                assert (text, quoted) == ("", False)
            elif isinstance(value, bool):
                assert text == str(value).lower()
            elif isinstance(value, float):
                assert exact(float(text)) == exact(value)
            else:
                assert text == str(value)
                assert quoted == (text == "" or any(mark in text for mark in '",\r\n'))


def quoted_records(text: str) -> list[list[tuple[str, bool]]]:
    """RFC 4180 by hand: the cells of each record, and whether they stood in quotes."""
    records: list[list[tuple[str, bool]]] = [[]]
    place = 0
    while place < len(text):
        if text[place] == '"':
            end = place + 1
            while text[end] != '"' or text[end + 1 : end + 2] == '"':
                end += 2 if text[end] == '"' else 1
            records[-1].append((text[place + 1 : end].replace('""', '"'), True))
            place = end + 1
        else:
            end = min(text.find(mark, place) for mark in ",\n" if text.find(mark, place) >= 0)
            records[-1].append((text[place:end], False))
            place = end
        if text[place] == "\n":
            records.append([])
        elif text[place + 1 : place + 2] == "":
            records[-1].append(("", False))
        place += 1
    return records[:-1]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(nullable(TEXT), nullable(TEXT)), min_size=1, max_size=6))
def test_duckdb_reads_the_csv_back(rows: list[tuple[str | None, str | None]], tmp_path_factory: Any) -> None:
    # DuckDB's reader takes NUL for the end of the file.
    rows = [tuple(None if cell is None else cell.replace("\0", "") for cell in row) for row in rows]  # type: ignore[misc]
    table = pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=["a", "b"])
    columns = [Column("a", "VARCHAR", "string"), Column("b", "VARCHAR", "string")]
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(written(table, columns, "csv"))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"FROM read_csv('{path}', auto_detect=false, header=true, all_varchar=true, delim=',', quote='\"', "
            "escape='\"', new_line='\\n', allow_quoted_nulls=false, "
            "columns={'a': 'VARCHAR', 'b': 'VARCHAR'})"
        ).fetchall()
    assert found == rows


@pytest.mark.parametrize("name", ["csv", "json", "ndjson"])
@given(sizes=st.lists(st.sampled_from([0, 1, FEW - 1, FEW, FEW + 1, 3 * FEW]), max_size=12))
def test_rows_stay_in_order_though_batches_are_formed_at_once(name: str, sizes: list[int]) -> None:
    starts = [0, *itertools.accumulate(sizes)]
    schema = pa.schema([("n", pa.int64())])
    batches = [
        pa.record_batch([pa.array(range(start, start + size), pa.int64())], schema=schema)
        for start, size in zip(starts, sizes, strict=False)
    ]
    out = io.BytesIO()
    FORMATS[name].write(pa.RecordBatchReader.from_batches(schema, batches), [Column("n", "BIGINT", "number")], out)
    found = re.findall(rb"\d+", out.getvalue())
    assert found == [str(number).encode() for number in range(starts[-1])]
