"""Typed rows by SQL are the typed rows by Python, in value and in type."""

from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minshu.descriptors import Package
from minshu.loading import load
from minshu.structure import checked

CELLS = {
    "string": ["a", "", "甲", "a b", "'", "NA"],
    "integer": ["1", "007", "-0", "-12", "", "9" * 18, " 3", "9" * 25],
    "number": ["1", "1.10", "-0", "00.5", "007", "-0.50", "", "1e3", "123456789012345.123456789"],
    "boolean": ["true", "false", "1", "0", ""],
    "date": ["2020-01-05", "", "1999-12-31"],
    "year": ["2020", "0999", ""],
    "yearmonth": ["2020-01", "", "0999-12"],
    "time": ["10:00:00", "", "23:59:59"],
    "datetime": ["2020-01-05T10:00:00", "", "2020-01-05T10:00:00Z"],
    "any": ["a", "1", ""],
}


def loaded(folder: Path, descriptor: dict[str, Any], *, proven: bool = False) -> tuple[Any, ...]:
    with duckdb.connect() as connection:
        package = Package(folder, descriptor)
        table = load(package, connection, certain=checked(package, 10).certain if proven else ())[0]
        return table.columns, connection.execute("select columns(*)::varchar from t").fetchall()


def package(folder: Path, kinds: list[str], rows: list[tuple[str, ...]]) -> dict[str, Any]:
    names = [f"f{position}" for position in range(len(kinds))]
    lines = [",".join(names), *(",".join(row) for row in rows)]
    (folder / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    fields = [{"name": name, "type": kind} for name, kind in zip(names, kinds, strict=True)]
    schema = {"fields": fields}
    dialect = {"csv": {"delimiter": ","}}
    return {"resources": [{"name": "t", "type": "table", "path": "t.csv", "schema": schema, "dialect": dialect}]}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, ...]]]:
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=2, max_size=4))
    row = st.tuples(*(st.sampled_from(CELLS[kind]) for kind in kinds))
    return kinds, [cells for cells in draw(st.lists(row, min_size=1, max_size=6)) if any(cells)]


@given(tables())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_ways_of_loading_give_the_same_columns_and_rows(
    tmp_path: Path, table: tuple[list[str], list[tuple[str, ...]]]
) -> None:
    descriptor = package(tmp_path, *table)
    fast = loaded(tmp_path, descriptor)
    assert fast == loaded(tmp_path, descriptor, proven=True)
    with mock.patch("minshu.loading.insert_typed", return_value=None):
        assert fast == loaded(tmp_path, descriptor)


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_common_forms_of_a_type_are_loaded_by_sql_alone(tmp_path: Path, kind: str) -> None:
    descriptor = package(tmp_path, ["string", kind], [("x", CELLS[kind][0])])
    with mock.patch("minshu.structure.SourceTable.batches", side_effect=AssertionError("read by Python")):
        loaded(tmp_path, descriptor)


def test_a_cell_in_an_unusual_form_is_left_to_python(tmp_path: Path) -> None:
    descriptor = package(tmp_path, ["string", "integer"], [("x", "1"), ("y", "１２"), ("z", "1_000")])
    _, rows = loaded(tmp_path, descriptor)
    assert rows == [("2", "x", "1"), ("3", "y", "12"), ("4", "z", "1000")]


def test_columns_that_are_matched_by_name_are_loaded_under_their_own_names(tmp_path: Path) -> None:
    descriptor = package(tmp_path, ["string", "integer"], [("x", "1")])
    (tmp_path / "t.csv").write_text("f1,f0\n1,x\n", "utf-8")
    descriptor["resources"][0]["schema"]["fieldsMatch"] = "equal"
    columns, rows = loaded(tmp_path, descriptor)
    assert [column.name for column in columns] == ["f0", "f1"]
    assert rows == [("2", "x", "1")]


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_what_the_structure_proved_of_a_table_is_not_proved_again(tmp_path: Path, kind: str) -> None:
    descriptor = package(tmp_path, ["string", kind], [("x", CELLS[kind][0])])
    with mock.patch("minshu.structure.typed.scan", side_effect=AssertionError("scanned")):
        loaded(tmp_path, descriptor, proven=True)


@pytest.mark.parametrize(
    ("text", "constraints"),
    [
        ("f0,f1\nx,１２\n", {}),
        ("f0,f1\nx,12\n", {"pattern": "(?<!y)x"}),
        ("f0,f1\nx,12\r\ny,13\n", {}),
    ],
    ids=["a cell in an unusual form", "a constraint that Python judges", "lines that Python reads"],
)
def test_a_table_is_certain_only_where_sql_has_judged_all_of_it(
    tmp_path: Path, text: str, constraints: dict[str, str]
) -> None:
    descriptor = package(tmp_path, ["string", "integer"], [("x", "12")])
    assert checked(Package(tmp_path, descriptor), 10).certain == {"t"}
    (tmp_path / "t.csv").write_bytes(text.encode())
    descriptor["resources"][0]["schema"]["fields"][0]["constraints"] = constraints
    found = checked(Package(tmp_path, descriptor), 10)
    assert (found.report.valid, found.certain) == (True, frozenset())


def test_fields_named_like_the_columns_of_a_file_keep_their_own_cells(tmp_path: Path) -> None:
    descriptor = package(tmp_path, ["integer", "string", "string"], [("1", "x", "y")])
    for field, name in zip(descriptor["resources"][0]["schema"]["fields"], ["c1", "r", "c0"], strict=True):
        field["name"] = name
    (tmp_path / "t.csv").write_text("c1,r,c0\n1,x,y\n", "utf-8")
    assert loaded(tmp_path, descriptor)[1] == [("2", "1", "x", "y")]


@pytest.mark.parametrize(("cell", "json_type"), [(2**53, "number"), (-(2**53) - 1, "string")])
def test_integers_that_json_cannot_hold_are_told_by_sql_as_well(tmp_path: Path, cell: int, json_type: str) -> None:
    columns, _ = loaded(tmp_path, package(tmp_path, ["string", "integer"], [("x", str(cell)), ("y", "")]))
    assert (columns[1].type, columns[1].json_type) == ("BIGINT", json_type)
