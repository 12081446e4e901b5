"""The rows of a page as SQL."""

from collections.abc import Iterator
from urllib.parse import parse_qsl

import duckdb
import pytest

from minshu.filters import RowQuery
from minshu.http.row_sql import row_sql
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.paging import Source, select_all
from minshu.sql.guard import Guard

COLUMNS = {
    "a?column_1": "VARCHAR",
    "q\"u'o": "VARCHAR",
    "列": "BIGINT",
    "day": "DATE",
    "sum": "DECIMAL(9,2)",
    "at": "TIMESTAMP WITH TIME ZONE",
    "ratio": "DOUBLE",
    "flag": "BOOLEAN",
}
ROWS = """
    ('it''s column_2 ?', 'A', 1, DATE '2019-01-01', 1.10, TIMESTAMPTZ '2019-01-01 00:00:00+00', 0.5, true),
    ('$x', 'ｂ', -2, DATE '2020-01-01', 2, TIMESTAMPTZ '2020-01-01 00:00:00+00', 'nan', false),
    ('', NULL, 9007199254740993, NULL, NULL, NULL, NULL, NULL)
"""
TABLE = ReleasedTable(
    name='表 "?"',
    path="",
    rows=3,
    columns=tuple(
        ReleasedColumn(name=name, type=kind, field_type="any", json_type="string") for name, kind in COLUMNS.items()
    ),
)
QUERIES = [
    "",
    "a?column_1__eq=it's column_2 %3F",
    "a?column_1=$x",
    "a?column_1=",
    'a?column_1__in=["it\'s column_2 %3F",""]',
    "a?column_1__notin=$x",
    "a?column_1__in=[]",
    "a?column_1__glob=*[s-u]*",
    "a?column_1__like=%25's%25",
    "q\"u'o__ne=A",
    "q\"u'o__isnull",
    "_search=B",
    "_search=column_2 ?",
    "列__gt=-3",
    "列=9007199254740993",
    "列__lt=99999999999999999999",
    "day__between=2019-01-01,2019-12-31",
    "sum__lte=1.105",
    "at__gte=2019-06-01T00:00:00Z",
    "ratio__gt=1",
    "flag=true&ratio__notnull",
    "_sort=-q\"u'o,列&_cols=列,q\"u'o",
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    typed = ", ".join(f"{quoted(name)} {kind}" for name, kind in COLUMNS.items())
    with duckdb.connect() as connection:
        connection.execute(f"SET timezone = 'UTC'; CREATE TABLE {quoted(TABLE.name)} ({typed})")
        connection.execute(f"INSERT INTO {quoted(TABLE.name)} VALUES {ROWS}")
        yield connection


@pytest.mark.parametrize("text", QUERIES)
def test_the_sql_finds_the_rows_of_the_page(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    query = RowQuery.from_params(parse_qsl(text, keep_blank_values=True), TABLE.columns)
    statement = select_all(Source("memory", TABLE.name, tuple(COLUMNS)), query)
    paged = connection.sql(statement.sql, params=statement.parameters or None).to_arrow_table()
    assert repr(connection.sql(row_sql(TABLE, query, 10)).to_arrow_table().to_pylist()) == repr(paged.to_pylist())


@pytest.mark.parametrize("text", QUERIES)
def test_the_sql_is_allowed_to_strangers(text: str) -> None:
    query = RowQuery.from_params(parse_qsl(text, keep_blank_values=True), TABLE.columns)
    Guard(10_000).check(row_sql(TABLE, query, 10), {"": [TABLE.name]})


def test_the_sql_of_a_plain_question_is_what_a_person_would_write() -> None:
    query = RowQuery.from_params([("列__gt", "5"), ("day__lt", "2020-01-01"), ("_sort", "-列")], TABLE.columns)
    assert row_sql(TABLE, query, 100) == (
        'SELECT *\nFROM "表 ""?"""\nWHERE ("day" < DATE \'2020-01-01\') AND ("列" > 5)\n'
        'ORDER BY "列" DESC NULLS LAST\nLIMIT 100'
    )
