"""What is described is proved by every value, and what is described is valid."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import frictionless
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.describe import described
from minshu.descriptors import Package
from minshu.errors import Undescribable
from minshu.structure import check


def resource(folder: Path, text: str | bytes, file: str = "t.csv") -> Any:
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return described([folder / file], folder)["resources"][0]


def field(folder: Path, name: str, *values: str) -> Any:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["row", name], *([f"r{i}", value] for i, value in enumerate(values))])
    return resource(folder, stream.getvalue())["schema"]["fields"][1]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("n", ["1", "-20"], "integer"),
        ("n", ["1", ""], "integer"),
        ("n", ["0350", "1234"], "string"),
        ("n", ["350112199001011234", "1"], "string"),
        ("n", ["9007199254740992"], "integer"),
        ("n", ["9007199254740993"], "string"),
        ("n", ["13800138000", "15912345678"], "string"),
        ("行政区划代码", ["350112", "350182"], "string"),
        ("n", ["1", "1.50"], "number"),
        ("n", ["1e5"], "string"),
        ("n", ["1.5e10"], "number"),
        ("n", ["90071992547409930", "1.5"], "string"),
        ("n", ["true", "FALSE"], "boolean"),
        ("n", ["0", "1"], "integer"),
        ("n", ["是", "否"], "string"),
        ("n", ["2024-02-29"], "date"),
        ("n", ["2023-02-29"], "string"),
        ("n", ["2024-2-9"], "string"),
        ("n", ["2024-02-29T10:00:00Z"], "datetime"),
        ("n", ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00"], "string"),
        ("n", ["10:00:59"], "time"),
        ("n", ["2024-12"], "yearmonth"),
        ("年份", ["2019", "2020"], "year"),
        ("n", ["2019", "2020"], "integer"),
        ("n", ["", ""], "string"),
    ],
)
def test_a_type_is_proposed_only_where_every_value_proves_it(
    tmp_path: Path, name: str, values: list[str], expected: str
) -> None:
    assert field(tmp_path, name, *values)["type"] == expected


def test_one_value_in_the_last_of_many_rows_decides(tmp_path: Path) -> None:
    assert field(tmp_path, "n", *["1"] * 30_000, "x")["type"] == "string"


def test_a_mark_of_a_missing_value_is_proposed_where_the_rest_is_stronger(tmp_path: Path) -> None:
    assert field(tmp_path, "n", "1", "-", "无")["missingValues"] == ["", "-", "无"]


def test_a_mark_among_texts_stays_a_value(tmp_path: Path) -> None:
    assert "missingValues" not in field(tmp_path, "n", "甲", "-")


def test_a_mark_that_would_leave_a_row_without_values_stays_a_value(tmp_path: Path) -> None:
    assert resource(tmp_path, "n\n1\n-\n")["schema"]["fields"][0]["type"] == "string"


def test_repeated_texts_become_an_enum(tmp_path: Path) -> None:
    assert field(tmp_path, "n", *["是", "否"] * 3)["constraints"]["enum"] == ["否", "是"]


def test_a_header_that_is_no_identifier_is_kept_and_is_the_title(tmp_path: Path) -> None:
    assert {"name": "编 号", "title": "编 号"}.items() <= field(tmp_path, "编 号", "x").items()


def test_a_column_that_is_called_an_identifier_is_the_key_before_others(tmp_path: Path) -> None:
    assert resource(tmp_path, "名称,编号\n甲,1\n乙,2\n")["schema"]["primaryKey"] == ["编号"]


def test_a_pair_is_the_key_where_no_column_is(tmp_path: Path) -> None:
    assert resource(tmp_path, "a,b\n1,1\n1,2\n2,1\n2,2\n")["schema"]["primaryKey"] == ["a", "b"]


@pytest.mark.parametrize(("cell", "expected"), [("u1", True), ("u9", False)])
def test_a_foreign_key_is_proposed_where_names_match_and_values_are_contained(
    tmp_path: Path, cell: str, expected: bool
) -> None:
    (tmp_path / "units.csv").write_text("id,x\nu1,a\nu2,a\n")
    (tmp_path / "staff.csv").write_text(f"id,unit_id\np1,u1\np2,{cell}\np3,u1\n")
    staff = described([tmp_path / "staff.csv", tmp_path / "units.csv"], tmp_path)["resources"][0]
    key = {"fields": ["unit_id"], "reference": {"resource": "units", "fields": ["id"]}}
    assert staff["schema"].get("foreignKeys", []) == ([key] if expected else [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_dialect_and_the_encoding_are_found_and_valid(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "编号|名称\n1|甲\n2|乙\n".replace("|", delimiter)
    found = resource(tmp_path, text.encode(encoding))
    assert (found["dialect"]["delimiter"], found["encoding"]) == (delimiter, encoding)
    assert check(Package(tmp_path, {"resources": [found]}), 10).valid


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"a,a\n", "two columns"),
        (b"a,\n1,2\n", "one of the names is empty"),
        (b"a,b\n1,2\n3\n", "row 3 has 1 cells"),
        (b"a,b\n\n1,2\n", "row 2 is blank"),
        (b"a\n\0\n", "NUL"),
        (b"a\n\xff\xff\n", "throughout"),
    ],
)
def test_what_no_descriptor_can_make_valid_is_refused_with_the_reason(tmp_path: Path, text: bytes, words: str) -> None:
    with pytest.raises(Undescribable, match=words):
        resource(tmp_path, text)


CELLS = st.one_of(
    st.sampled_from(["", "-", "NA", "0350", "true", "2024-02-29", "0000-01-01", "10:00:00", "-0", "1.50", "1.5e-9"]),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.datetimes().map(lambda value: value.isoformat(timespec="seconds")),
    st.dates().map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
HEADERS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    header = draw(st.lists(HEADERS, min_size=1, max_size=4, unique=True))
    row = st.lists(CELLS, min_size=len(header), max_size=len(header)).filter(any)
    return [header, *draw(st.lists(row, max_size=12))]


@hypothesis_settings(deadline=None, max_examples=60)
@given(tables(), st.sampled_from([",", ";", "\t", "|"]))
def test_whatever_is_described_is_valid_here_and_in_stock_frictionless(table: list[list[str]], delimiter: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(table)
        try:
            descriptor = described([folder / "t.csv"], folder)
        except Undescribable:
            # Headers may be cut by another delimiter; then a sentence is the answer.
            return
        assert check(Package(folder, descriptor), 10).valid
        stock = frictionless.Package.from_descriptor(descriptor, basepath=str(folder))
        assert stock.validate().valid
