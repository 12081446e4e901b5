"""Row filters: how they are read, what they refuse, and which rows they keep."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minshu.errors import BadFilter, BadParameter, ColumnNotFound
from minshu.filters import (
    Filter,
    RowQuery,
    SortKey,
    operators_for,
    parse_columns,
    parse_facets,
    parse_filters,
    parse_sort,
)
from minshu.manifest import ReleasedColumn
from minshu.operators import OPERATORS, glob_regex, like_regex

TYPES = {
    "city": ("VARCHAR", "string"),
    "name": ("VARCHAR", "string"),
    "count": ("BIGINT", "integer"),
    "large": ("DECIMAL(38,0)", "integer"),
    "value": ("DECIMAL(9,2)", "number"),
    "ratio": ("DOUBLE", "number"),
    "flag": ("BOOLEAN", "boolean"),
    "day": ("DATE", "date"),
    "at": ("TIME", "time"),
    "when": ("TIMESTAMP", "datetime"),
    "instant": ("TIMESTAMPTZ", "datetime"),
    "info": ("JSON", "object"),
    "parts": ("VARCHAR[]", "array"),
}


def column(name: str, type_name: str = "VARCHAR", field_type: str = "string") -> ReleasedColumn:
    return ReleasedColumn(name=name, type=type_name, field_type=field_type, json_type="string")


COLUMNS = [column(name, *types) for name, types in TYPES.items()]
CONNECTION = duckdb.connect()


def one(text: str, columns: list[ReleasedColumn] = COLUMNS) -> Filter:
    """The one filter of a query string."""
    (found,) = parse_filters(parse_qsl(text, keep_blank_values=True), columns)
    return found


def kept(name: str, filter_text: str, values: list[Any]) -> list[Any]:
    """Which of the values a filter on the column `name` keeps, in DuckDB."""
    sql, parameters = one(f"{name}__{filter_text}").where_sql()
    CONNECTION.execute(f'CREATE OR REPLACE TEMP TABLE t (row INTEGER, "{name}" {TYPES[name][0]})')
    CONNECTION.executemany("INSERT INTO t VALUES (?, ?)", [*enumerate(values)])
    rows = CONNECTION.execute(f"SELECT row FROM t WHERE {sql} ORDER BY row", parameters).fetchall()
    return [values[row] for (row,) in rows]


# -- which rows are kept ------------------------------------------------------------------------------------------

CITIES = ["福州市", "厦门市", "", "Fuzhou", "fuzhou", None]
NUMBERS = [Decimal("-1.00"), Decimal("0.00"), Decimal("1.10"), Decimal("10.00"), None]


@pytest.mark.parametrize(
    ("name", "text", "values", "expected"),
    [
        ("city", "eq=福州市", CITIES, ["福州市"]),
        ("city", "eq=", CITIES, [""]),
        ("city", "ne=福州市", CITIES, ["厦门市", "", "Fuzhou", "fuzhou", None]),
        ("city", "in=福州市,厦门市", CITIES, ["福州市", "厦门市"]),
        ("city", 'in=["福州市","a,b"]', [*CITIES, "a,b"], ["福州市", "a,b"]),
        ("city", "in=[]", CITIES, []),
        ("city", "notin=[]", CITIES, CITIES),
        ("city", "notin=福州市,", CITIES, ["厦门市", "Fuzhou", "fuzhou", None]),
        ("city", "contains=州", CITIES, ["福州市"]),
        ("city", "contains=%25", [*CITIES, "50%"], ["50%"]),
        ("city", "contains=_", [*CITIES, "a_b"], ["a_b"]),
        ("city", "startswith=福", CITIES, ["福州市"]),
        ("city", "endswith=市", CITIES, ["福州市", "厦门市"]),
        ("city", "endswith=%25", [*CITIES, "50%"], ["50%"]),
        ("city", "like=%25市", CITIES, ["福州市", "厦门市"]),
        ("city", "like=__市", CITIES, ["福州市", "厦门市"]),
        ("city", "like=\\%25", [*CITIES, "%"], ["%"]),
        ("city", "glob=[Ff]uzho?", CITIES, ["Fuzhou", "fuzhou"]),
        ("city", "glob=[!F]*", CITIES, ["福州市", "厦门市", "fuzhou"]),
        ("city", "isnull", CITIES, [None]),
        ("city", "isnull=true", CITIES, [None]),
        ("city", "isnull=false", CITIES, CITIES[:-1]),
        ("city", "notnull", CITIES, CITIES[:-1]),
        ("city", "lt=a", CITIES, ["", "Fuzhou"]),
        ("value", "eq=1.1", NUMBERS, [Decimal("1.10")]),
        ("value", "eq=1.1001", NUMBERS, []),
        ("value", "lt=1.1001", NUMBERS, NUMBERS[:3]),
        ("value", "gte=1.0999", NUMBERS, NUMBERS[2:4]),
        ("value", "gt=1e1", NUMBERS, []),
        ("value", "lte=123456789012345678901234567890", NUMBERS, NUMBERS[:4]),
        ("value", "between=0,1.1", NUMBERS, NUMBERS[1:3]),
        ("value", "in=[0, 1.10, 5e-1]", NUMBERS, NUMBERS[1:3]),
        ("count", "gt=9223372036854775808", [1, 9223372036854775807], []),
        ("count", "lt=99999999999999999999999999999999999999", [1, None], [1]),
        ("count", "in=1,99999999999999999999", [1, 2], [1]),
        (
            "large",
            "eq=99999999999999999999",
            [Decimal(10**20 - 1), None],
            [Decimal(10**20 - 1)],
        ),
        ("ratio", "eq=0.1", [0.1, 0.30000000000000004, None], [0.1]),
        ("ratio", "lt=INF", [0.1, math.inf, math.nan, -math.inf], [0.1, -math.inf]),
        ("ratio", "gt=1e308", [0.1, math.inf], [math.inf]),
        ("flag", "eq=true", [True, False, None], [True]),
        ("flag", "ne=1", [True, False, None], [False, None]),
        ("day", "gte=2019-12-31", ["2019-12-30", "2019-12-31", None], ["2019-12-31"]),
        ("at", "lt=08:30", ["08:29:59.999999", "08:30:00"], ["08:29:59.999999"]),
        ("when", "eq=2019-12-31", ["2019-12-31 00:00:00", "2019-12-31 00:00:01"], ["2019-12-31 00:00:00"]),
        ("when", "gt=2019-12-31T00:00:00.5", ["2019-12-31 00:00:00", "2019-12-31 00:00:01"], ["2019-12-31 00:00:01"]),
        ("instant", "eq=2019-12-31T08:00:00%2B08:00", ["2019-12-31 00:00:00+00"], ["2019-12-31 00:00:00+00"]),
        ("instant", "eq=2019-12-31T00:00:00Z", ["2019-12-31 00:00:00+00"], ["2019-12-31 00:00:00+00"]),
        ("info", 'contains="a":', ['{"a": 1}', "[]", None], ['{"a": 1}']),
        ("info", "isnull", ['{"a": 1}', None], [None]),
        ("parts", "notnull", [["a"], None], [["a"]]),
    ],
)
def test_an_operator_keeps_these_rows(name: str, text: str, values: list[Any], expected: list[Any]) -> None:
    assert kept(name, text, values) == expected


def test_nan_equals_nan_and_is_greater_than_every_number() -> None:
    values = [1.0, math.nan, math.inf, None]
    assert [str(value) for value in kept("ratio", "eq=NaN", values)] == ["nan"]
    assert [str(value) for value in kept("ratio", "gt=INF", values)] == ["nan"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["a", "b", "", "福", None]), min_size=1), st.sampled_from(["a", "福", "x"]))
def test_every_row_is_on_exactly_one_side_of_eq_and_ne(values: list[str | None], value: str) -> None:
    sides = kept("city", f"eq={value}", values) + kept("city", f"ne={value}", values)
    assert sorted(map(repr, sides)) == sorted(map(repr, values))


TEXTS = st.text(st.sampled_from("ab[]!-^\\%_*?.+(){}|$\n 福é𠮷\0"), max_size=8)


def _matches(regex: Callable[[str], str], pattern: str, text: str) -> bool:
    sql = "SELECT regexp_full_match(CAST(? AS VARCHAR), CAST(? AS VARCHAR), 's')"
    return bool(CONNECTION.execute(sql, [text, regex(pattern)]).fetchall()[0][0])


@settings(deadline=None, max_examples=60)
@given(TEXTS, TEXTS)
def test_like_is_duckdbs_own_like(pattern: str, text: str) -> None:
    # DuckDB knows no escape unless one is named, and fails on a pattern that ends in it.
    if pattern.replace("\\\\", "").endswith("\\"):
        pattern += "\\"
    sql = r"SELECT CAST(? AS VARCHAR) LIKE CAST(? AS VARCHAR) ESCAPE '\'"
    try:
        ((expected,),) = CONNECTION.execute(sql, [text, pattern]).fetchall()
    except duckdb.Error:
        return
    assert _matches(like_regex, pattern, text) is expected


@settings(deadline=None, max_examples=60)
@given(TEXTS, TEXTS)
def test_glob_is_the_shells(pattern: str, text: str) -> None:
    try:
        found = _matches(glob_regex, pattern, text)
    except ValueError:
        assert re.search(r"\[!?\]|.-.", pattern, re.DOTALL)  # Only an empty or backward set is refused.
        return
    assert found is fnmatchcase(text, pattern)


@pytest.mark.parametrize("regex", [like_regex, glob_regex])
@pytest.mark.parametrize("length", [1, 20])
def test_a_pattern_finds_its_own_plain_text(regex: Callable[[str], str], length: int) -> None:
    assert _matches(regex, "a.b$^(福)" * length, "a.b$^(福)" * length)


@settings(deadline=None, max_examples=60)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-2, max_value=2))
def test_a_decimal_is_compared_exactly_whatever_its_places(bound: Decimal) -> None:
    values = [Decimal(n) / 100 for n in range(-200, 200, 50)]
    assert kept("value", f"lt={bound}", values) == [value for value in values if value < bound]
    assert kept("value", f"gte={bound}", values) == [value for value in values if value >= bound]


# -- how filters are read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("count=%2B007", ("7",)),
        ("count=-0", ("0",)),
        ("value=001.500", ("1.5",)),
        ("value=-0.0", ("0",)),
        ("value=1e2", ("100",)),
        ("value=.5", ("0.5",)),
        ("value=5.", ("5",)),
        ("ratio=1e3", ("1000.0",)),
        ("ratio=-inf", ("-Infinity",)),
        ("flag=TRUE", ("true",)),
        ("when=2019-12-31T08:30:00Z", ("2019-12-31 08:30:00",)),
        ("count__in=2,1,2", ("1", "2")),
        ("count__between=2,1", ("2", "1")),
        ("flag__in=[true,false]", ("false", "true")),
    ],
)
def test_equal_values_have_one_text(text: str, values: tuple[str, ...]) -> None:
    assert one(text).values == values


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", "1.5"),
        ("count", "1_000"),
        ("count", "１"),
        ("count", ""),
        ("count", " 1"),
        ("count", "0x10"),
        ("count", "9" * 39),
        ("large", "1.0"),
        ("value", "1,5"),
        ("value", "NaN"),
        ("value", "1e999"),
        ("value", "1" * 38),
        ("ratio", "1e999"),
        ("ratio", "one"),
        ("flag", "yes"),
        ("day", "2020-1-5"),
        ("day", "2020/01/05"),
        ("day", "2019-02-30"),
        ("day", "20200105"),
        ("at", "25:00"),
        ("at", "8:30"),
        ("when", "2019-12-31T08"),
        ("when", "2019-12-31T08:30:00 08:00"),
        ("instant", "0001-01-01T00:00:00%2B01:00"),
        ("city", "\ud800"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_type_and_an_example(name: str, text: str) -> None:
    with pytest.raises(BadFilter) as raised:
        parse_filters([(name, text.replace("%2B", "+"))], COLUMNS)
    message = str(raised.value)
    assert f"{name!r}" in message
    assert TYPES[name][0] in message
    (example,) = re.findall(rf"{name}=\S+(?=\.$)", message)
    assert one(example).column == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("city__is=1", "Known operators: eq, ne"),
        ("count__contains=1", "What fits: eq, ne, lt"),
        ("flag__lt=true", "What fits: eq, ne, in, notin, isnull, notnull"),
        ("info=1", "which holds JSON"),
        ("parts=a", "What fits: isnull, notnull"),
        ("count__between=1", "two values"),
        ("count__between=1,2,3", "count__between=42,42"),
        ("city__isnull=perhaps", "takes no value"),
        ("count__in=[1", "JSON array"),
        ("count__in=[null]", "JSON array"),
        ("count__in=[[1]]", "JSON array"),
        (f"count__in={'[' * 20_000}", "JSON array"),
        ("city__glob=[!]", "empty"),
        ("city__glob=[z-a]", "backwards"),
        ("city__like=" + "a" * 201, "200 characters; it has 201"),
        ("count__in=1,x", "'x' does not fit"),
    ],
)
def test_a_bad_filter_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(BadFilter, match=re.escape(says)):
        one(text)


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(BadFilter) as raised:
        one("count=" + "x" * 10_000)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("name", ["nothing", "nothing__eq", "nothing__foo", "City"])
def test_an_unknown_column_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ColumnNotFound, match="city, name, count") as raised:
        one(f"{name}=1")
    assert raised.value.name == name.removesuffix("__eq")


def test_every_column_is_reached_whatever_its_name() -> None:
    names = [
        "price",
        "price__lt",
        "price__lt__eq",
        "_sort",
        "_id",
        "__x",
        "a__b",
        "-x",
        "x",
        "a,b",
        '"; --',
        "eq",
        "rowid",
    ]
    columns = [column(name) for name in names]
    for name in names:
        assert RowQuery.from_params([(f"{name}__eq", "7")], columns).filters[0].column == name
        assert parse_sort([f"{name}__asc" if "," not in name else f'["{name}"]'], columns)[0].column == name
    assert parse_sort(["-x"], columns) == (SortKey("x", "VARCHAR", True),)
    assert parse_sort(["-x__asc"], columns) == (SortKey("-x", "VARCHAR", False),)
    assert parse_sort(["--x"], columns) == (SortKey("-x", "VARCHAR", True),)
    assert parse_columns(['["a,b","_id"]'], columns) == ("a,b", "_id")
    assert parse_filters([("price__lt", "7")], columns)[0] == Filter("price", "VARCHAR", "lt", ("7",))


def test_names_cannot_break_out_of_the_sql() -> None:
    name = '"; DROP TABLE t; --'
    sql, parameters = parse_filters([(name, "' OR 1=1")], [column(name)])[0].where_sql()
    assert sql == '"""; DROP TABLE t; --" = CAST(? AS VARCHAR)'
    assert parameters == ["' OR 1=1"]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_parameter_raises_anything_but_a_sentence(name: str, value: str) -> None:
    try:
        query = RowQuery.from_params([(name, value), ("_sort", value), ("count__in", value)], COLUMNS)
    except (BadFilter, BadParameter, ColumnNotFound):
        return
    query.where_sql()


# -- whole queries ------------------------------------------------------------------------------------------------


def query(text: str, *reserved: str) -> RowQuery:
    return RowQuery.from_params(parse_qsl(text, keep_blank_values=True), COLUMNS, reserved)


def test_equal_questions_have_one_text() -> None:
    first = query("city=福州市&value__gt=1.50&_sort=-day,city&_cols=city,day")
    second = query("value__gt=1.5&_cols=city&_sort=day__desc&city__eq=福州市&_cols=day&_sort=city&city=福州市&_sort=")
    assert first == second
    assert (
        first.text
        == second.text
        == ('[[["city","eq","福州市"],["value","gt","1.5"]],[["day","desc"],["city","asc"]],["city","day"]]')
    )


def test_a_search_is_part_of_the_question_and_looks_through_columns_of_text() -> None:
    searched = query("_search=福建 ＡＢ&city=a")
    assert searched.text == '[[["city","eq","a"]],[],null,["ab","福建"]]'
    assert searched == query("city=a&_search=ab&_search=福建") != query("city=a")
    assert searched.search
    assert searched.search.columns == ("city", "name")
    assert query("_search=") == RowQuery()


@pytest.mark.parametrize("name", ["info", "parts"])
def test_what_cannot_be_told_apart_has_no_facet(name: str) -> None:
    with pytest.raises(BadParameter, match="cannot be told apart"):
        parse_facets([name], COLUMNS)


def test_facets_stand_once_are_few_and_name_columns_that_there_are() -> None:
    assert [column.name for column in parse_facets(["day", "city", "day"], COLUMNS)] == ["day", "city"]
    with pytest.raises(BadParameter, match="10 columns, not 11"):
        parse_facets(list(TYPES)[:11], [column(name) for name in TYPES])
    with pytest.raises(ColumnNotFound):
        parse_facets(["nothing"], COLUMNS)


def test_the_whole_table_is_the_default_query() -> None:
    assert query("_cols=" + ",".join(TYPES)) == query("") == RowQuery()


def test_conditions_are_joined_by_and() -> None:
    sql, parameters = query("city=a&count__isnull&value__between=1,2").where_sql()
    assert sql == (
        '("city" = CAST(? AS VARCHAR)) AND ("count" IS NULL)'
        ' AND ("value" BETWEEN CAST(? AS DECIMAL(9,2)) AND CAST(? AS DECIMAL(9,2)))'
    )
    assert parameters == ["a", "1", "2"]


def test_names_with_an_underscore_are_the_services_own() -> None:
    assert query("_size=5&city=a", "_size").filters == (Filter("city", "VARCHAR", "eq", ("a",)),)
    with pytest.raises(BadParameter, match="There is no parameter '_size' here"):
        query("_size=5")
    with pytest.raises(BadParameter, match="Write _id__eq=… for the column '_id'"):
        RowQuery.from_params([("_id", "7")], [column("_id")])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("_sort=city,-city", "_sort names the column 'city' 2 times"),
        ("_cols=city,city", "_cols names the column 'city' 2 times"),
        ("_sort=info", "cannot be sorted"),
        ("_sort=parts", "cannot be sorted"),
    ],
)
def test_a_sort_or_a_choice_of_columns_that_makes_no_sense_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadParameter, match=says):
        query(text)


@pytest.mark.parametrize("text", ["_sort=nothing", "_sort=-nothing", "_cols=nothing", "_cols=city,,name"])
def test_a_sort_or_choice_of_unknown_columns_is_refused(text: str) -> None:
    with pytest.raises(ColumnNotFound):
        query(text)


# -- the table of operators and its page --------------------------------------------------------------------------

FITS = {"all but JSON": "flag", "text, numbers, dates, times": "day", "text, JSON": "info", "every column": "parts"}


@pytest.fixture(scope="module")
def documented(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The lines of the operators' table in docs/rows.md, by operator."""
    text = (request.config.rootpath / "docs" / "rows.md").read_text("utf-8")
    table = text.split("| operator |")[1].split("\n\n")[0].splitlines()[2:]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {cells[0].strip("`"): cells[1:] for cells in lines}


def test_every_operator_is_documented_and_every_documented_one_exists(documented: dict[str, list[str]]) -> None:
    assert list(documented) == list(OPERATORS)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_page_says_what_the_table_says(name: str, documented: dict[str, list[str]]) -> None:
    doc, fits, example = documented[name]
    assert doc == OPERATORS[name].doc
    assert example == f"`{OPERATORS[name].example}`"
    assert one(example.strip("`")).operator == name
    by_name = {item.name: item for item in COLUMNS}
    fitting = [kind for kind, probe in FITS.items() if name in operators_for(by_name[probe])]
    assert fits in fitting
    assert name in operators_for(by_name["city"])


@pytest.mark.parametrize("field_type", ["integer", "number", "datetime", "time"])
@pytest.mark.parametrize("operator", ["eq", "gt", "between", "in"])
def test_numbers_and_times_that_are_stored_as_text_are_never_compared_as_text(field_type: str, operator: str) -> None:
    columns = [column("v", "VARCHAR", field_type)]
    with pytest.raises(BadFilter, match="v"):
        parse_filters([(f"v__{operator}", "5,6" if operator in ("between", "in") else "5")], columns)
    with pytest.raises(BadParameter, match="cannot be sorted"):
        parse_sort("v", columns)
    assert parse_filters([("v__startswith", "5")], columns)
