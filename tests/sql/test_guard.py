"""What the guard lets pass, what it refuses, and in which words."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from minshu.errors import SqlError, SqlFailed, SqlRefused, SqlSyntaxError
from minshu.sql.functions import FUNCTIONS, TABLE_FUNCTIONS
from minshu.sql.guard import Guard

TABLES = {"": ["points", "units", "机构", "Mixed"], "older": ["points"]}

HONEST = """
SELECT 1
VALUES (1, 2), (3, 4)
FROM points
FROM points SELECT number WHERE number > 1
TABLE points
SELECT * FROM main.points
SELECT * FROM older.points
SELECT * FROM older.main.points
SELECT p.number, o.number FROM points p FULL JOIN older.points o USING (number)
SELECT "编号" FROM "机构" WHERE "名称" LIKE '省%'
SELECT * FROM PoInTs, mixed
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM b, a
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r
WITH points AS (SELECT * FROM points WHERE number > 1) SELECT * FROM points
SELECT (WITH q AS (SELECT 1) SELECT count(*) FROM q), (SELECT max(number) FROM units)
SELECT number, sum(amount) OVER w FROM points WINDOW w AS (PARTITION BY code ORDER BY number)
SELECT row_number() OVER (ORDER BY number), lag(number, 1) OVER (ORDER BY number) FROM points
SELECT * FROM points QUALIFY rank() OVER (ORDER BY number) = 1
SELECT code, count(*) FILTER (number > 1), string_agg(title, ', ' ORDER BY title) FROM points GROUP BY ALL
SELECT code, number, count(*) FROM points GROUP BY ROLLUP (code, number) HAVING count(*) > 1
SELECT DISTINCT ON (code) * FROM points ORDER BY ALL LIMIT 5 OFFSET 1
PIVOT points ON code IN ('a', 'b') USING sum(amount)
UNPIVOT points ON number, amount INTO NAME what VALUE much
SELECT * FROM points UNPIVOT (v FOR n IN (number, amount))
SELECT * FROM points TABLESAMPLE 10%
SELECT list_transform([1, 2], lambda x: x + 1), [x * 2 FOR x IN [1, 2] IF x > 1], list_sum([1, 2])[1]
SELECT title.upper().lower(), title[1:2], regexp_replace(title, 'a', 'b', 'g'), levenshtein(title, 'x') FROM points
SELECT {'a': 1}.a, MAP {'k': 'v'}['k'], [1, 2][1], (1, 2), row(1, 2), unnest([1, 2])
SELECT CASE WHEN number IN (1, 2) THEN 'a' ELSE 'b' END, number BETWEEN 1 AND 2, title IS NOT DISTINCT FROM 'x'
SELECT COALESCE(title, ''), NULLIF(title, ''), TRY_CAST(code AS INTEGER), code::DECIMAL(9, 2), TRY(1 // 0)
SELECT DATE '2019-12-31' - INTERVAL 1 MONTH, EXTRACT(year FROM deadline), date_trunc('month', deadline) FROM points
SELECT * EXCLUDE (code) REPLACE (number + 1 AS number), COLUMNS('num.*') FROM points
SELECT * FROM range(3) r(n), generate_series(1, 2), unnest([1, 2]) u(x)
SELECT * FROM points p, LATERAL (SELECT p.number + 1 AS next) l
SELECT number FROM points UNION ALL BY NAME SELECT number FROM older.points EXCEPT SELECT 3 ORDER BY 1
SELECT * FROM points WHERE EXISTS (FROM units WHERE true) AND number >= ALL (SELECT 1)
SELECT $name, $other
SELECT j->'$.a', j->>'b', json_extract(j, '$.a') FROM (SELECT '{"a": 1}'::JSON AS j)
SELECT * FROM json_each('[1, 2]')
SELECT quantile_cont(amount, 0.5), median(amount), arg_max(title, amount), histogram(number) FROM points
SELECT md5(title), sha256(title), hash(title), to_base64('a'::BLOB), strftime(deadline, '%Y') FROM points
SELECT 'a' || 'b', 2 ** 3, 7 // 2, 7 % 2, 5 & 1, ~1, 'a' ~ 'b', title GLOB 'x*', title SIMILAR TO 'x' FROM points
SELECT * FROM points ASOF JOIN units ON points.number >= units.number POSITIONAL JOIN points
SELECT title COLLATE NOCASE FROM points ORDER BY title COLLATE zh
"""

REFUSED = {
    "SELECT getenv('HOME')": "function getenv is not allowed",
    "SELECT list_transform([1], lambda x: getenv('HOME'))": "function getenv",
    "SELECT sum(getvariable('x')) OVER ()": "function getvariable",
    "SELECT main.current_setting('x')": "function current_setting",
    "SELECT * FROM points WHERE GetEnv('x') = ''": "function getenv",
    "FROM read_csv('x')": "read_csv is not allowed in FROM",
    "FROM range((SELECT count(*) FROM glob('*')))": "glob is not allowed in FROM",
    "FROM duckdb_tables": "Only the tables of the release",
    "FROM 'a/b.csv'": "Only the tables of the release",
    "FROM information_schema.tables": "Only the tables of the release",
    "DESCRIBE points": "DESCRIBE",
    "INSERT INTO points VALUES (1)": "Only a SELECT",
    "EXPLAIN SELECT 1": "Only a SELECT",
    "PIVOT points ON code": "PIVOT needs its columns named",
    "SELECT 1; SELECT 2": "There are 2 statements",
}


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    made = Guard(max_text=20_000)
    yield made
    made.close()


@pytest.mark.parametrize("text", HONEST.strip().splitlines())
def test_honest_statements_pass(guard: Guard, text: str) -> None:
    assert guard.check(text, TABLES)


@pytest.mark.parametrize(("text", "words"), REFUSED.items())
def test_a_refusal_says_what_is_allowed(guard: Guard, text: str, words: str) -> None:
    with pytest.raises(SqlRefused, match=re.escape(words)):
        guard.check(text, TABLES)


@pytest.mark.parametrize("text", ["FROM nope", "FROM older.units", "FROM nope.points", "SELECT (SELECT 1 FROM nope)"])
def test_an_unknown_table_is_answered_with_the_known_ones(guard: Guard, text: str) -> None:
    with pytest.raises(SqlFailed, match=r"There is no table .*Tables: .*older\.points, points, units"):
        guard.check(text, TABLES)


@pytest.mark.parametrize(
    "text",
    [
        "WITH secret AS (SELECT * FROM secret) SELECT * FROM secret",
        "WITH b AS (SELECT * FROM secret), secret AS (SELECT 1) SELECT * FROM b",
        "SELECT * FROM (WITH secret AS (SELECT 1) SELECT * FROM secret), secret",
        "SELECT (WITH secret AS (SELECT 1) SELECT 1) FROM secret",
        "WITH RECURSIVE secret AS (SELECT * FROM secret UNION ALL SELECT * FROM secret) SELECT 1",
        "WITH secret AS (SELECT 1) SELECT * FROM main.secret",
        "(WITH secret AS (SELECT 1) SELECT * FROM secret) UNION SELECT * FROM secret",
    ],
)
def test_a_common_table_expression_hides_a_name_only_where_it_is_in_scope(guard: Guard, text: str) -> None:
    with pytest.raises(SqlError, match="secret"):
        guard.check(text, TABLES)


def test_the_verdict_names_the_tables_that_are_read(guard: Guard) -> None:
    text = "WITH a AS (FROM points) SELECT * FROM a, older.POINTS, 机构"
    assert set(guard.check(text, TABLES).tables) == {("points",), ("older", "points"), ("机构",)}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT now()",
        "SELECT current_date",
        "SELECT random() FROM points",
        "FROM points USING SAMPLE 5",
        "FROM points TABLESAMPLE reservoir(5)",
        "SELECT (SELECT uuid())",
    ],
)
def test_what_asks_for_time_or_chance_is_volatile(guard: Guard, text: str) -> None:
    assert guard.check(text, TABLES).volatile


@pytest.mark.parametrize("text", ["FROM points", "SELECT number AS now, title AS uuid FROM points ORDER BY now"])
def test_what_reads_the_release_alone_is_not_volatile(guard: Guard, text: str) -> None:
    verdict = guard.check(text, TABLES)
    assert (list(verdict.tables), verdict.volatile) == ([("points",)], False)


@pytest.mark.parametrize(
    ("text", "place", "meant"),
    [
        ("SELECT '数据' FROM units, pints", (24, 1, 25), ["points", "units"]),
        ("SELECT\n  '数据',\n  cuont(number)\nFROM points", (17, 3, 3), ["count"]),
        ("SELECT '数据', (SELECT 1 FROM read_csv('a'))", (28, 1, 29), []),
    ],
)
def test_a_fault_tells_its_place_and_what_may_have_been_meant(
    guard: Guard, text: str, place: tuple[int, int, int], meant: list[str]
) -> None:
    with pytest.raises(SqlError) as caught:
        guard.check(text, TABLES)
    error = caught.value
    assert (error.position, error.line, error.column) == place
    assert all(name in error.meant for name in meant[:1])


@pytest.mark.parametrize(
    ("text", "position"),
    [("SELEC 1", 0), ("SELECT '中文', 1 fro m", 19), ("SELECT 'a", 7), ("SELECT /* x", 7)],
)
def test_a_syntax_error_tells_its_place_in_characters(guard: Guard, text: str, position: int) -> None:
    with pytest.raises(SqlSyntaxError) as caught:
        guard.check(text, TABLES)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["", "  ", ";", "-- nothing", "/* nothing */"])
def test_an_empty_text_is_a_syntax_error(guard: Guard, text: str) -> None:
    with pytest.raises(SqlSyntaxError, match="no statement"):
        guard.check(text, TABLES)


def test_a_long_text_is_refused_unread(guard: Guard) -> None:
    with pytest.raises(SqlRefused, match="20011 characters"):
        guard.check("SELECT 1 --" + "x" * 20_000, TABLES)


@pytest.mark.parametrize(
    "text",
    ["SELECT " + "abs(" * 700 + "1" + ")" * 700, "SELECT * FROM " + "(FROM " * 500 + "points" + ")" * 500],
)
def test_a_deep_statement_is_refused(guard: Guard, text: str) -> None:
    with pytest.raises(SqlError, match="nests too deeply"):
        guard.check(text, TABLES)


def test_names_are_folded_as_duckdb_folds_them(guard: Guard) -> None:
    # The Kelvin sign's lower case is an ASCII k, but to DuckDB it is another letter.
    with pytest.raises(SqlRefused, match="is not allowed"):
        guard.check("SELECT last_value(1), \u212aurtosis(1)", TABLES)


DANGEROUS = re.compile(
    r"^(read_|glob|query|duckdb_|pragma_|pg_|sniff|getenv|current_setting|getvariable|set|write_|json_.*serialize"
    r"|json_execute|pandas|arrow|python|sleep|txid|which_secret|nextval|currval|enable|disable|force|checkpoint"
    r"|finalize|combine|invoke|parquet|seq_scan|has_.*_privilege|version|__internal)"
)


def test_no_dangerous_family_is_allowed() -> None:
    harmless = {"set_bit"}
    assert not [name for name in FUNCTIONS | TABLE_FUNCTIONS if DANGEROUS.match(name) and name not in harmless]


def test_nearly_all_functions_on_values_are_allowed() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() "
            "WHERE function_type IN ('aggregate', 'window') AND regexp_matches(function_name, '^[a-z]')"
        ).fetchall()
    known = {name for (name,) in rows}
    assert len(known & FUNCTIONS) / len(known) > 0.9
