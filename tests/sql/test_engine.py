"""The second wall alone: a locked DuckDB, in this process, without the guard."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from minshu.errors import BadParameter, SqlFailed, SqlTooLarge, StoreFailed
from minshu.sql.engine import Engine

MEGABYTE = 1 << 20


@pytest.fixture
def engine(release: Path, other: Path) -> Iterator[Engine]:
    made = Engine(str(release), [("older", str(other))], 256 * MEGABYTE, 2)
    yield made
    made.close()


def body(engine: Engine, text: str, **parameters: str) -> bytes:
    return engine.run(text, parameters, None, 1000, MEGABYTE)[1]


def test_it_knows_the_tables_of_each_release(engine: Engine) -> None:
    assert engine.tables == {"": ["big", "points", "机构"], "older": ["points"]}


@pytest.mark.parametrize(
    "text",
    [
        "FROM read_text('/etc/passwd')",
        "FROM glob('/*')",
        "FROM read_csv('https://127.0.0.1:1/x')",
        "FROM 'x.csv'",
        "ATTACH '/tmp/minshu-test.duckdb'",
        "COPY (SELECT 1) TO '/tmp/minshu-test.csv'",
        "EXPORT DATABASE '/tmp/minshu-test'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access=true",
        "SET lock_configuration=false",
        "SET memory_limit='1TB'",
        "RESET memory_limit",
        "INSERT INTO points VALUES (1)",
        "CREATE TABLE release.x AS SELECT 1",
        "DROP TABLE points",
    ],
)
def test_the_lock_holds_without_the_guard(engine: Engine, text: str) -> None:
    with pytest.raises(duckdb.Error):
        engine._connection.execute(text)


def test_not_even_the_file_of_the_release_is_readable(engine: Engine, release: Path) -> None:
    with pytest.raises(duckdb.Error):
        engine._connection.execute(f"FROM read_blob('{release}')")


def test_python_variables_are_not_tables(engine: Engine) -> None:
    rows = [(1,)]  # noqa: F841  # DuckDB would find it by its name
    with pytest.raises(duckdb.Error, match="does not exist"):
        engine._connection.execute("FROM rows")


def test_an_endless_answer_is_read_only_as_far_as_the_limit(engine: Engine) -> None:
    for parameters in ({}, {"from": "0"}):
        start = "$from::BIGINT" if parameters else "0"
        text = f"SELECT range FROM range({start}, 100000000000)"
        _, _, rows, truncated = engine.run(text, parameters, None, 10, MEGABYTE)
        assert (rows, truncated) == (10, True)


@pytest.mark.parametrize(("limit", "rows", "truncated"), [(2, 2, True), (3, 3, False), (4, 3, False), (0, 0, True)])
def test_truncation_is_told(engine: Engine, limit: int, rows: int, truncated: bool) -> None:
    assert engine.run("FROM points", {}, "csv", limit, MEGABYTE)[2:] == (rows, truncated)


def test_an_order_is_kept(engine: Engine) -> None:
    answer = engine.run("SELECT id FROM big ORDER BY id DESC", {}, "csv", 5000, MEGABYTE)[1]
    assert answer.decode().split() == ["id", *map(str, range(199_999, 194_999, -1))]


@pytest.mark.parametrize("output", [None, "csv", "json", "ndjson", "arrow"])
def test_an_answer_too_large_is_refused_in_every_format(engine: Engine, output: str | None) -> None:
    with pytest.raises(SqlTooLarge, match="larger than 1024 bytes"):
        engine.run("SELECT repeat('x', 100) AS x FROM range(100)", {}, output, 1000, 1024)


def test_an_answer_far_too_large_is_refused_before_it_is_whole(engine: Engine) -> None:
    with pytest.raises(SqlTooLarge):
        engine.run("SELECT repeat('x', 10000) AS x FROM range(100000000)", {}, None, 100_000_000, 1 << 16)


def test_too_many_columns_are_refused(engine: Engine) -> None:
    with pytest.raises(SqlTooLarge, match="2001 columns"):
        body(engine, "SELECT " + ",".join("1" for _ in range(2001)))


def test_parameters_take_the_type_that_the_statement_needs(engine: Engine) -> None:
    assert body(engine, "SELECT number FROM points WHERE number < $n ORDER BY 1", n="10") == b"[[1],[2],[3]]"
    assert body(engine, "SELECT number FROM points WHERE deadline < $d", d="2019-07-01") == b"[[3]]"
    assert body(engine, "SELECT number FROM points WHERE amount = $a", a="1.1") == b"[[1]]"
    assert body(engine, "SELECT number FROM points WHERE code = $c", c="0350") == b"[[1]]"
    assert body(engine, "SELECT number FROM points ORDER BY 1 LIMIT $n", n="1") == b"[[1]]"


def test_a_parameter_is_never_sql(engine: Engine) -> None:
    assert body(engine, "SELECT $x", x="1'; DROP TABLE points; --") == b'[["1\'; DROP TABLE points; --"]]'


def test_parameters_missing_or_left_over_are_named(engine: Engine) -> None:
    with pytest.raises(BadParameter, match=r"\$m, and no value"):
        body(engine, "SELECT $n, $m", n="1")
    with pytest.raises(BadParameter, match=r"\$z, and the statement has no"):
        body(engine, "SELECT $n", n="1", z="2")


@pytest.mark.parametrize(
    "text", ["1::UHUGEINT", "'12:00:00+08'::TIMETZ", "[1::UHUGEINT]", "{'a': '01'::BIT}", "1::BIGNUM"]
)
def test_a_type_that_cannot_be_given_exactly_is_refused_with_advice(engine: Engine, text: str) -> None:
    with pytest.raises(SqlFailed, match="Cast it"):
        body(engine, f"SELECT {text} AS x")
    assert body(engine, f"SELECT ({text})::VARCHAR AS x")


def test_a_column_is_text_in_json_from_the_first_number_beyond_what_json_holds(engine: Engine) -> None:
    columns, answer, *_ = engine.run("SELECT x FROM (VALUES (1), (9007199254740993)) t(x) ORDER BY x", {}, None, 9, 999)
    assert (columns[0].type, columns[0].json, answer) == ("BIGINT", "string", b'[["1"],["9007199254740993"]]')
    columns, answer, *_ = engine.run("SELECT x FROM (VALUES (1), (9007199254740992)) t(x) ORDER BY x", {}, None, 9, 999)
    assert (columns[0].json, answer) == ("number", b"[[1],[9007199254740992]]")


def test_two_columns_of_one_name_are_rows_but_no_objects(engine: Engine) -> None:
    assert body(engine, "SELECT 1 AS a, 2 AS a") == b"[[1,2]]"


def test_a_plan_is_text(engine: Engine) -> None:
    plan = engine.explain("SELECT * FROM points WHERE number > $n", {"n": "1"})
    assert "points" in plan
    assert "1" in plan


def test_a_release_that_is_not_there_is_an_error_without_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed) as caught:
        Engine(str(tmp_path / "no.duckdb"), [], MEGABYTE * 64, 1)
    assert str(tmp_path) not in str(caught.value)


def test_a_path_with_a_quote_is_attached(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    engine = Engine(str(path), [("select", str(path))], MEGABYTE * 64, 1)
    assert body(engine, 'SELECT t.x + o.x FROM t, "select".t o') == b"[[2]]"
    engine.close()
