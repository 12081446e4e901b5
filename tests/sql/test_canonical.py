"""Statements that differ in white space and comments alone have one text, and others never."""

import time
from typing import Any

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.sql.canonical import canonical


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("SELECT 1", "SELECT 1"),
        ("  SELECT\n\t1  ", "SELECT 1"),
        ("SELECT 1 -- one\n", "SELECT 1"),
        ("/* a */ SELECT /* b */ 1 /**/", "SELECT 1"),
        ("SELECT/**/1", "SELECT 1"),
        ("SELECT 1 -- 'no string\r\n, 2", "SELECT 1 , 2"),
        ("SELECT 'a  b -- c', \"d  /* e\"", "SELECT 'a  b -- c', \"d  /* e\""),
        ("SELECT 'it''s  so'  AS x", "SELECT 'it''s  so' AS x"),
        ("SELECT  '数字'  FROM  \"表 一\"", "SELECT '数字' FROM \"表 一\""),
        ("SELECT 8  /  2,  3 - -1", "SELECT 8 / 2, 3 - -1"),
        ("", ""),
        (" -- nothing", ""),
    ],
)
def test_white_space_and_comments_do_not_matter(text: str, same: str) -> None:
    assert canonical(text) == same


@pytest.mark.parametrize(
    "text",
    [
        "SELECT E'a\\'  -- b'",
        "SELECT $$a  b$$",
        "SELECT $x$a  b$x$",
        "SELECT 1  -- a\r+ 1",
        "SELECT 1 /* a /* b */ c */  + 1",
        "SELECT 'a  b",
        'SELECT "a  b',
        "SELECT 1  /* a",
        "SELECT 1  +-- 1",
        "SELECT 2  */* a */ 3",
        "SELECT\0  1",
    ],
)
def test_a_text_that_is_in_doubt_stays_as_it_is(text: str) -> None:
    assert canonical(text) == text


def test_strings_on_two_lines_are_one_and_on_one_line_are_none() -> None:
    assert canonical("SELECT 'a'\n'b'") != canonical("SELECT 'a' 'b'")


WORDS = ["SELECT", "1", "a", "FROM", "t", "WHERE", "数", "''", '""', "'", '"', "-", "--", "/*", "*/", "/", "*", "="]
MARKS = ["(", ")", ",", ";", "$", "$x", "#1", "\\", "E'f'"]
SPACES = ["'d  e'", '"f  g"', "\n", " ", "  ", "\t", "\r\n", "\r", "\u00a0", "\u3000"]
PIECES = st.sampled_from(WORDS + MARKS + SPACES)


def parsed(connection: duckdb.DuckDBPyConnection, text: str) -> Any:
    """DuckDB's parse without places, or the kind of its refusal."""
    [(answer,)] = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()
    return without_places(orjson.loads(answer))


def without_places(value: Any) -> Any:
    places = ("query_location", "query_location_length", "position", "error_message", "error_subtype", "location")
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in places}
    return [without_places(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(pieces=st.lists(PIECES, max_size=14))
def test_duckdb_parses_the_canonical_text_as_the_one_that_was_written(
    parser: duckdb.DuckDBPyConnection, pieces: list[str]
) -> None:
    text = "".join(["SELECT ", *pieces])
    assert parsed(parser, canonical(text)) == parsed(parser, text)
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    "piece", ["/*", "'", '"', "--", "-", "$", "$a", " ", "/* */", "''", "\\", "*/*", "/*/", "--\n"]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    start = time.process_time()
    canonical(piece * (20_000 // len(piece)))
    canonical(f"SELECT {piece * (20_000 // len(piece))} x")
    assert time.process_time() - start < 0.5
