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


def loaded(folder: Path, descriptor: dict[str, Any]) -> tuple[Any, ...]:
    with duckdb.connect() as connection:
        table = load(Package(folder, descriptor), connection)[0]
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
def test_both_ways_of_loading_give_the_same_columns_and_rows(
    tmp_path: Path, table: tuple[list[str], list[tuple[str, ...]]]
) -> None:
    descriptor = package(tmp_path, *table)
    fast = loaded(tmp_path, descriptor)
    with mock.patch("minshu.loading.insert_typed", return_value=False):
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
