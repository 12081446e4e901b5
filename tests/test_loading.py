"""Typed rows: each value survives in a column whose type holds it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.descriptors import Package
from minshu.errors import UnstorableTable
from minshu.loading import LoadedTable, load


def loaded(values: list[str], field_type: str, **more: Any) -> tuple[LoadedTable, list[str | None]]:
    """One column of inline cells, loaded: the table, and the stored values as text."""
    schema = {"fields": [{"name": "v", "type": field_type, **more}]}
    data = [["v"], *([value] for value in values)]
    package = Package(Path(), {"resources": [{"name": "t", "data": data, "schema": schema}]})
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        (table,) = load(package, connection)
        rows = connection.execute("select cast(v as varchar) from t order by _row").fetchall()
    return table, [value for (value,) in rows]


@pytest.mark.parametrize(
    ("field_type", "cells", "stored_type", "stored"),
    [
        ("string", ["0350", "1.10", " x "], "VARCHAR", ["0350", "1.10", " x "]),
        ("integer", ["1", "-2"], "BIGINT", ["1", "-2"]),
        ("integer", ["9223372036854775808"], "DECIMAL(38,0)", ["9223372036854775808"]),
        ("integer", ["1" * 40], "VARCHAR", ["1" * 40]),
        ("number", ["1.10", "-22.333"], "DECIMAL(5,3)", ["1.100", "-22.333"]),
        ("number", ["1e3", "0.5"], "DECIMAL(5,1)", ["1000.0", "0.5"]),
        ("number", ["1e-30", "1e20"], "DOUBLE", ["1e-30", "1e+20"]),
        ("number", ["NaN", "-Infinity"], "DOUBLE", ["nan", "-inf"]),
        ("number", ["1e400", "5"], "VARCHAR", ["1" + "0" * 400, "5"]),
        ("number", ["1e-400", "5"], "VARCHAR", ["0." + "0" * 399 + "1", "5"]),
        ("number", ["1e999999999", "-1e-999999999"], "VARCHAR", ["1E+999999999", "-1E-999999999"]),
        ("number", ["0", "NaN"], "DOUBLE", ["0.0", "nan"]),
        ("number", ["1" * 30 + "." + "1" * 20], "VARCHAR", ["1" * 30 + "." + "1" * 20]),
        ("boolean", ["true", "false"], "BOOLEAN", ["true", "false"]),
        ("date", ["2019-12-31"], "DATE", ["2019-12-31"]),
        ("time", ["01:02:03"], "TIME", ["01:02:03"]),
        ("datetime", ["2019-12-31T01:02:03Z"], "TIMESTAMPTZ", ["2019-12-31 01:02:03+00"]),
        ("year", ["2019"], "INTEGER", ["2019"]),
        ("yearmonth", ["2019-03"], "VARCHAR", ["2019-03"]),
        ("duration", ["P1Y2M"], "VARCHAR", ["P1Y2M"]),
        ("geopoint", ["119.30, 26.08"], "VARCHAR", ["119.30, 26.08"]),
        ("object", ['{"a": "甲", "n": 1.10}'], "JSON", ['{"a": "甲", "n": 1.10}']),
        ("array", ["[1, null, 12345678901234567.5]"], "JSON", ["[1, null, 12345678901234567.5]"]),
        ("array", ["[NaN]"], "VARCHAR", ["[NaN]"]),
        ("any", ["0350"], "VARCHAR", ["0350"]),
    ],
)
def test_a_field_is_stored_in_the_first_type_that_holds_it(
    field_type: str, cells: list[str], stored_type: str, stored: list[str]
) -> None:
    table, values = loaded(cells, field_type)
    assert (table.columns[0].type, values) == (stored_type, stored)


def test_datetimes_without_a_zone_keep_none() -> None:
    table, values = loaded(["2019-12-31T01:02:03"], "datetime", format="%Y-%m-%dT%H:%M:%S")
    assert (table.columns[0].type, values) == ("TIMESTAMP", ["2019-12-31 01:02:03"])


@pytest.mark.parametrize(("largest", "json_type"), [(2**53, "number"), (2**53 + 1, "string"), (-(2**53) - 1, "string")])
def test_integers_that_a_double_cannot_hold_are_declared_strings_in_json(largest: int, json_type: str) -> None:
    assert loaded(["1", str(largest)], "integer")[0].columns[0].json_type == json_type


def test_a_column_of_nulls_has_the_first_type() -> None:
    assert [loaded([""], kind)[0].columns[0].type for kind in ("integer", "number", "datetime")] == [
        "BIGINT",
        "DECIMAL(1,0)",
        "TIMESTAMP",
    ]


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)))
def test_decimals_are_stored_exactly(numbers: list[Decimal]) -> None:
    _, values = loaded([format(number, "f") for number in numbers], "number")
    assert [Decimal(value or "") for value in values] == numbers


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-(10**50), 10**50)))
def test_integers_of_any_size_are_stored_exactly(numbers: list[int]) -> None:
    _, values = loaded([str(number) for number in numbers], "integer")
    assert [int(value or "") for value in values] == numbers


def test_inline_cells_are_stored_as_json() -> None:
    data: list[list[Any]] = [["v"], [{"k": 2**70, "text": "\ud800"}], [True], ["0350"]]
    assert loaded_inline(data, "any") == ['{"k": 1180591620717411303424, "text": "\\ud800"}', "true", "0350"]


def loaded_inline(data: list[list[Any]], field_type: str) -> list[str]:
    """One column of inline values, loaded."""
    schema = {"fields": [{"name": "v", "type": field_type}]}
    package = Package(Path(), {"resources": [{"name": "t", "data": data, "schema": schema}]})
    with duckdb.connect() as connection:
        load(package, connection)
        return [value for (value,) in connection.execute("select v from t order by _row").fetchall()]


def test_a_value_that_its_type_cannot_hold_is_said() -> None:
    schema = {"fields": [{"name": "v", "type": "yearmonth"}]}
    package = Package(Path(), {"resources": [{"name": "t", "data": [["v"], [[1500.0, None]]], "schema": schema}]})
    with duckdb.connect() as connection, pytest.raises(UnstorableTable, match="A value of 'v' is no yearmonth"):
        load(package, connection)


@pytest.mark.parametrize(
    ("schema", "resource", "title"),
    [
        ({"title": "a"}, {"title": "b"}, "a"),
        ({}, {"title": "b"}, "b"),
        ({}, {}, None),
    ],
)
def test_a_table_is_called_what_its_schema_or_else_its_resource_says(
    schema: dict[str, Any], resource: dict[str, Any], title: str | None
) -> None:
    described = {"name": "t", "data": [["v"], ["1"]], "schema": {"fields": [{"name": "v"}], **schema}, **resource}
    with duckdb.connect() as connection:
        (table,) = load(Package(Path(), {"resources": [described]}), connection)
    assert table.title == title
