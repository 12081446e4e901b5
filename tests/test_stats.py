"""Statistics of columns: each figure is the one that a person would count."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minshu.bins import BINS, moment_edges, number_edges
from minshu.manifest import ReleasedColumn
from minshu.paging import Source
from minshu.stats import QUANTILES, TEXT_SHOWN, TOP, table_stats

CONNECTION = duckdb.connect()
CONNECTION.execute("SET TimeZone = 'UTC'")

FIELD_TYPES = {
    "BIGINT": "integer",
    "DECIMAL(9,2)": "number",
    "DECIMAL(38,0)": "integer",
    "DOUBLE": "number",
    "JSON": "object",
    "TIMESTAMPTZ": "datetime",
}
JSON_TYPES: dict[str, Any] = {"BIGINT": "number", "DOUBLE": "number", "BOOLEAN": "boolean"}
NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "BIGINT": st.integers(-(2**53), 2**53) | st.integers(-3, 3),
    "DECIMAL(9,2)": st.decimals(-(10**6), 10**6, places=2) | st.decimals(-1, 1, places=2),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False) | st.sampled_from([0.5, 1.5]),
}
MOMENTS: dict[str, st.SearchStrategy[Any]] = {
    "DATE": st.dates() | st.dates(dt.date(2019, 1, 1), dt.date(2019, 2, 1)),
    "TIMESTAMP": st.datetimes() | st.datetimes(dt.datetime(2019, 1, 1), dt.datetime(2019, 1, 2)),
}


def stats_of(kind: str, values: Sequence[Any], connection: duckdb.DuckDBPyConnection = CONNECTION) -> dict[str, Any]:
    """The statistics of a table of one column, which is asked for by a name of its own."""
    connection.execute(f'CREATE OR REPLACE TABLE "a table" ("一列" {kind})')
    connection.executemany('INSERT INTO "a table" VALUES (?)', [[value] for value in values])
    column = ReleasedColumn(
        name="一列", type=kind, field_type=FIELD_TYPES.get(kind, "string"), json_type=JSON_TYPES.get(kind, "string")
    )
    told = table_stats(connection, Source("memory", "a table", ("一列",)), [column])
    assert told["rows"] == len(values)
    [found] = told["columns"]
    assert (found["name"], found["count"] + found["nulls"]) == ("一列", len(values))
    return dict(found)


def read(kind: str, told: Any) -> Any:
    """A value of the statistics as one of Python."""
    readers: dict[str, Any] = {
        "DECIMAL(9,2)": Decimal,
        "DATE": dt.date.fromisoformat,
        "TIMESTAMP": dt.datetime.fromisoformat,
    }
    return readers.get(kind, lambda value: value)(told)


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_every_figure_is_the_one_counted_by_hand(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*NUMBERS, *MOMENTS]))
    values = data.draw(st.lists(st.none() | (NUMBERS | MOMENTS)[kind], min_size=1, max_size=40))
    told, full = stats_of(kind, values), sorted(value for value in values if value is not None)
    counts = Counter(full)
    assert (told["count"], told["distinct"]) == (len(full), len(counts))
    if not full:
        assert not {"min", "max", "mean", "quantiles", "histogram"} & set(told)
        return
    assert (read(kind, told["min"]), read(kind, told["max"])) == (full[0], full[-1])
    for share, value in told["quantiles"].items():
        assert read(kind, value) == full[max(math.ceil(Decimal(share) * len(full)), 1) - 1]
    shown = [(read(kind, item["value"]), item["count"]) for item in told["top"]]
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert shown == [item for item in expected if item[1] > 1 or len(counts) <= TOP][:TOP]
    if len(counts) > 1:
        assert_histogram(kind, told["histogram"], full)
    if kind in NUMBERS:
        mean = sum(map(Decimal, full)) / len(full)
        assert math.isclose(Decimal(told["mean"]), mean, rel_tol=1e-10, abs_tol=1e-6 * float(max(map(abs, full))))


def assert_histogram(kind: str, bins: list[dict[str, Any]], full: list[Any]) -> None:
    edges = [read(kind, item["from"]) for item in bins] + [read(kind, bins[-1]["to"])]
    assert len(bins) <= BINS + 2
    assert edges == sorted(edges)
    assert edges[0] <= full[0]
    assert edges[-1] >= full[-1]
    assert [read(kind, item["to"]) for item in bins] == edges[1:]
    counted = [sum(1 for value in full if start <= value < end) for start, end in pairwise(edges)]
    # The last bin includes its end, where a value lies on the end of all time or of all doubles.
    counted[-1] = len(full) - sum(counted[:-1])
    assert [item["count"] for item in bins] == counted


def test_the_mean_of_whole_and_decimal_numbers_is_exact_to_15_digits() -> None:
    assert stats_of("DECIMAL(9,2)", ["0.10"] * 3 + ["0.20"])["mean"] == "0.125"
    assert stats_of("BIGINT", [10**14, 10**14 + 2])["mean"] == 10**14 + 1
    assert stats_of("DECIMAL(38,0)", ["9" * 38, "9" * 38])["mean"].startswith("1000000000000")


def test_what_is_no_number_is_counted_apart() -> None:
    told = stats_of("DOUBLE", [math.nan, math.inf, -math.inf, 1.0, None])
    assert (told["count"], told["nonfinite"], told["min"], told["max"], told["mean"]) == (4, 3, 1.0, 1.0, 1.0)
    assert "mean" not in stats_of("DOUBLE", [math.nan])


def test_texts_have_extremes_and_the_most_frequent_but_no_quantiles() -> None:
    told = stats_of("VARCHAR", ["乙", "甲", "甲", "", None])
    assert (told["min"], told["max"]) == ("", "甲")
    assert told["top"] == [{"value": "甲", "count": 2}, {"value": "", "count": 1}, {"value": "乙", "count": 1}]
    assert not {"mean", "quantiles", "histogram"} & set(told)


def test_a_long_text_is_cut_and_says_so() -> None:
    told = stats_of("VARCHAR", ["福" * 500])
    assert told["max"] == told["top"][0]["value"] == "福" * TEXT_SHOWN + "…"


def test_values_that_stand_once_are_no_frequent_ones_where_there_are_many() -> None:
    assert stats_of("BIGINT", range(TOP + 1))["top"] == []
    assert len(stats_of("BIGINT", range(TOP))["top"]) == TOP


@pytest.mark.parametrize("kind", ["JSON", "VARCHAR[]"])
def test_nested_values_are_counted_and_nothing_more(kind: str) -> None:
    told = stats_of(kind, ["[1]", "[1]", None])
    assert set(told) == {"name", "type", "json", "count", "nulls"}
    assert (told["count"], told["nulls"]) == (2, 1)


@pytest.mark.parametrize("kind", ["BOOLEAN", "TIME", "TIMESTAMPTZ", "BIGINT"])
def test_a_column_of_nulls_has_no_figures(kind: str) -> None:
    told = stats_of(kind, [None, None])
    assert (told["count"], told["nulls"], told["distinct"], told["top"]) == (0, 2, 0, [])


def test_times_and_instants_are_told_in_their_own_forms() -> None:
    assert stats_of("TIME", ["08:30:00", "23:59:59"])["quantiles"]["0.95"] == "23:59:59"
    told = stats_of("TIMESTAMPTZ", ["2019-12-31T08:00:00+08:00", "2019-12-31T08:00:05Z"])
    assert told["min"] == "2019-12-31T00:00:00Z"
    assert [item["count"] for item in told["histogram"] if item["count"]] == [1, 1]
    assert told["histogram"][0]["from"].endswith("Z")


def test_quantiles_are_a_column_s_own_values() -> None:
    assert stats_of("BIGINT", [1, 2])["quantiles"] == dict(zip(QUANTILES, [1, 1, 1, 2, 2], strict=True))


def test_whole_numbers_have_whole_edges_whatever_the_step_is_made_of() -> None:
    assert [item["from"] for item in stats_of("BIGINT", range(1, 14))["histogram"]] == [*range(1, 14)]


def test_edges_are_round() -> None:
    assert number_edges(Decimal(3), Decimal(97))[:3] == [0, 5, 10]
    assert number_edges(Decimal(1), Decimal(2), Decimal(1)) == [1, 2, 3]
    days = moment_edges(dt.datetime(2019, 3, 5), dt.datetime(2023, 7, 1), days=True)
    assert [edge.date().isoformat() for edge in days[:2]] == ["2019-01-01", "2019-04-01"]
    ends = moment_edges(dt.datetime.min, dt.datetime.max, days=True)
    assert (ends[0], ends[-1]) == (dt.datetime.min, dt.datetime.max)


def test_a_table_larger_than_the_memory_is_told_on_disk(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "x.duckdb") as connection:
        connection.execute("SET memory_limit = '64MB'")
        connection.execute("SET threads = 1")
        connection.execute("CREATE TABLE t AS SELECT md5(i::VARCHAR) || md5(i::VARCHAR) AS a FROM range(900_000) r(i)")
        column = ReleasedColumn(name="a", type="VARCHAR", field_type="string", json_type="string")
        [told] = table_stats(connection, Source("x", "t", ("a",)), [column])["columns"]
    assert told["distinct"] == 900_000
