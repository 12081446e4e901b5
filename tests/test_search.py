"""The words of a search: how they are told apart, and that width and case do not matter."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.errors import BadParameter
from minshu.scan import rows_with
from minshu.search import TEXT_MAX, WORDS_MAX, Search, Searches, fold, fold_character, forms, parse_search

CONNECTION = duckdb.connect()
# Letters whose forms are many, and Chinese that has one, with what quotes and blanks mean.
LETTERS = "aAａＡ1１kK\u212aＫsSſσΣς福建，,《 \u3000\"＂'%[\\😀\n"


def words(*texts: str) -> tuple[str, ...]:
    found = parse_search(texts, ["name"])
    return found.words if found else ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("数字 福建", ("数字", "福建")),
        ("数字\u3000福建\t数字", ("数字", "福建")),
        ('"数字 福建"', ("数字 福建",)),
        ("＂数字\u3000福建＂ ＡＢ", ("ab", "数字 福建")),
        ('5" a', ('5"', "a")),
        ('"a b', ('"a', "b")),
        ('a"b c"d', ('a"b', 'c"d')),
        ("“数字”", ("“数字”",)),
        ("  ", ()),
        ("", ()),
    ],
)
def test_words_are_apart_where_white_space_is(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


def test_a_repeated_parameter_asks_for_more_words() -> None:
    assert words("b", "a b") == ("a", "b")


def test_every_character_folds_to_one_that_folds_to_itself() -> None:
    every = {chr(code) for code in range(0x110000)}
    changed = {character: folded for character in every if (folded := fold_character(character)) != character}
    assert {fold_character(folded) for folded in changed.values()} == set(changed.values())
    assert {(form, folded) for folded, known in forms().items() for form in known if form != folded} == set(
        changed.items()
    )


@pytest.mark.parametrize("text", ["x" * (TEXT_MAX + 1), " ".join(map(str, range(WORDS_MAX + 1))), "\ud800"])
def test_a_search_that_is_no_text_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="_search"):
        parse_search([text], ["name"])


def test_a_table_without_text_cannot_be_searched_but_read() -> None:
    assert parse_search([""], []) is None
    with pytest.raises(BadParameter, match="no column of text"):
        parse_search(["a"], [])


def found(search: Search, rows: list[tuple[str | None, str | None]]) -> list[int]:
    """The rows that SQL finds."""
    sql, parameters = search.where_sql(lambda name: f"t.{name}")
    CONNECTION.execute("CREATE OR REPLACE TEMP TABLE t (row INTEGER, a VARCHAR, b VARCHAR)")
    CONNECTION.executemany("INSERT INTO t VALUES (?, ?, ?)", [(row, *cells) for row, cells in enumerate(rows)])
    answer: list[Any] = CONNECTION.execute(f"SELECT row FROM t WHERE {sql} ORDER BY row", parameters).fetchall()
    return [row for (row,) in answer]


CELLS = st.none() | st.text(LETTERS, max_size=12)


@hypothesis_settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.text(LETTERS, min_size=1, max_size=4))
def test_a_row_is_found_if_each_word_is_in_one_of_its_cells(
    rows: list[tuple[str | None, str | None]], text: str
) -> None:
    search = parse_search([text], ["a", "b"])
    if search:
        expected = [
            row
            for row, cells in enumerate(rows)
            if all(any(cell is not None and word in fold(cell) for cell in cells) for word in search.words)
        ]
        assert found(search, rows) == expected
        columns = list(zip(*rows, strict=True))
        batch = pa.RecordBatch.from_arrays([pa.array(cells, pa.string()) for cells in columns], ["a", "b"])
        assert rows_with(batch, search) == expected


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), *[st.text(LETTERS, min_size=1, max_size=3)] * 2)
def test_searches_of_columns_find_what_each_of_them_does(
    rows: list[tuple[str | None, str | None]], one: str, other: str
) -> None:
    parts = [search for search in (parse_search([one], ["a"]), parse_search([other], ["b"])) if search]
    if parts:
        every = set.intersection(*(set(found(part, rows)) for part in parts))
        assert found(Searches.of(parts), rows) == sorted(every)


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_every_text_finds_itself(text: str) -> None:
    assert fold(text) == "".join(map(fold_character, text))
    search = Search((fold(text),), ("a", "b"))
    assert found(search, [(text, None), (None, f"x{text}y"), (None, None)]) == [0, 1]
