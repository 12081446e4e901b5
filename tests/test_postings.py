"""The search index: what it finds is what a scan finds, whatever the texts and the words."""

import random
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu import postings
from minshu.browse import Library, Table
from minshu.descriptors import opened
from minshu.filters import RowQuery
from minshu.paging import Source, select_all
from minshu.postings import select_candidates, write_postings
from minshu.publish import publish
from minshu.search import Search, fold, parse_search
from minshu.settings import Settings
from minshu.store import Store
from minshu.tables import Matches

CONNECTION = duckdb.connect()
LETTERS = 'aAａＡbB1１kK\u212a福建福州，,\u3000 "😀ß'
CELLS = st.none() | st.text(LETTERS, max_size=9)
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=5).map(fold), min_size=1, max_size=3)


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look every pair up, however frequent."""
    monkeypatch.setattr(postings, "RARE", 1000)


@hypothesis_settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), WORDS)
def test_the_index_finds_what_a_scan_finds(rows: list[tuple[str | None, str | None]], words: list[str]) -> None:
    with CONNECTION.cursor() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "RARE", 1000)
        connection.execute("CREATE OR REPLACE TABLE t (a VARCHAR, b VARCHAR)")
        connection.execute("DROP TABLE IF EXISTS found")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [list(row) for row in rows])
        scan = Source("memory", "t", ("a", "b"))
        write_postings(connection, scan, ("a", "b"), "found")
        among = select_candidates(connection, "found", len(rows), words)
        assert among
        query = RowQuery(search=Search(tuple(words), ("a", "b")))
        scanned, looked_up = (select_all(source, query) for source in (scan, Source("memory", "t", ("a", "b"), among)))
        found = connection.execute(looked_up.sql, looked_up.parameters).fetchall()
        assert found == connection.execute(scanned.sql, scanned.parameters).fetchall()


def test_rows_of_a_common_pair_are_not_written_in_whatever_form_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_SAMPLE", 10)
    with duckdb.connect() as connection:
        cells = "CASE i WHEN 7 THEN 'ＡＢ' WHEN 9 THEN 'xy' ELSE 'ab' END"
        connection.execute(f"CREATE TABLE t AS SELECT {cells} AS a FROM range(1000) r(i)")
        write_postings(connection, Source("memory", "t", ("a",)), ("a",), "found")
        found = connection.execute("SELECT pair, id FROM found ORDER BY id, pair").fetchall()
    pairs = [(ord(one) * postings.CODES + (ord(two) if two else 0), row) for one, two, row in COMMON_AND_RARE]
    assert found == pairs


COMMON_AND_RARE = [("a", "b", postings.COMMON), ("b", "", postings.COMMON), ("x", "y", 9), ("y", "", 9)]


def pairs_of(text: str) -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT ? AS a UNION ALL SELECT '' FROM range(99)", [text])
        write_postings(connection, Source("memory", "t", ("a",)), ("a",), "found")
        pairs = connection.execute("SELECT pair FROM found ORDER BY pair").fetchall()
    return [(chr(pair // postings.CODES), chr(pair % postings.CODES)) for (pair,) in pairs]


def test_a_text_has_the_pairs_of_its_folded_characters_and_its_last_one_alone() -> None:
    assert sorted(pairs_of("福Ａ😀")) == sorted([("福", "a"), ("a", "😀"), ("😀", "\0")])
    assert pairs_of("") == []


def test_what_is_too_frequent_is_left_to_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "RARE", 0.5)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT CASE WHEN i < 90 THEN '福建' ELSE '福州' END AS a FROM range(100) r(i)"
        )
        write_postings(connection, Source("memory", "t", ("a",)), ("a",), "found")
        assert select_candidates(connection, "found", 100, ["福建"]) is None
        test = f"pair = {ord('福') * postings.CODES + ord('州')}"
        assert select_candidates(connection, "found", 100, ["福州", "福"]) == (
            f"SELECT id FROM (SELECT id FROM found WHERE {test}) ORDER BY id LIMIT 10"
        )


def test_what_is_nowhere_is_not_looked_for() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT '福建' AS a")
        write_postings(connection, Source("memory", "t", ("a",)), ("a",), "found")
        assert select_candidates(connection, "found", 1, ["建福"]) == "SELECT id FROM found WHERE false"


# -- releases -----------------------------------------------------------------------------------------------------

BEGINNINGS, ENDS = ("福建", "福州", "Digital ", "ＤＩＧＩＴＡＬ", "数字"), ("", "省", "１", "　x")
NAMES = [f"{beginning}{letter}{end}" for beginning in BEGINNINGS for letter in "甲aＡ乙" for end in ENDS]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The same release twice: with a search index, and, being too small for one, without."""
    folder, chance = tmp_path_factory.mktemp("search"), random.Random(7)
    rows = "".join(f"{row},{chance.choice(NAMES)},{chance.choice(NAMES)}\n" for row in range(400))
    (folder / "data.csv").write_text(f"id,name,note\n{rows}", "utf-8")
    fields = [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}, {"name": "note", "type": "string"}]
    resource = {
        "name": "names",
        "type": "table",
        "path": "data.csv",
        "schema": {"fields": fields, "primaryKey": ["id"]},
    }
    (folder / "datapackage.json").write_bytes(
        orjson.dumps({"name": "searched", "version": "1.0.0", "resources": [resource]})
    )
    libraries = []
    for rows_without in (399, 400):
        options = Settings(store=folder / f"store{rows_without}", cache=folder / "cache", search_rows=rows_without)
        with opened(folder, options) as package, pytest.MonkeyPatch.context() as patch:
            patch.setattr(postings, "RARE", 1000)
            publish(package, None, Store(options.store), options)
        libraries.append(Library(Store(options.store), options))
    indexed, scanned = (library.release("searched", "1.0.0").table("names") for library in libraries)
    yield SimpleNamespace(indexed=indexed, scanned=scanned, folder=folder)
    for library in libraries:
        library.close()


def answers(table: Table, params: list[tuple[str, str]], size: int) -> dict[str, Any]:
    """All that a question is answered with: the pages, the count, the facet and the export."""
    query = RowQuery.from_params(params, table.released_columns)
    rows, token = [], None
    while True:
        page = table.page(query, size, token)
        rows += page.rows
        token = page.next
        if token is None:
            break
    export = table.export(query, "csv").path.read_text("utf-8")
    return {"rows": rows, "count": table.count(query), "facet": table.facet(query, "name"), "export": export}


@pytest.mark.usefixtures("everything")
@hypothesis_settings(deadline=None, max_examples=30)
@given(
    text=st.sampled_from([*NAMES, "福", "a", "A Ｄ", "州甲", "省 digital", "１", "nothing", '"　X"', "福建 福州"]),
    others=st.sampled_from([{}, {"_sort": "-name"}, {"id__lt": "200"}, {"name__contains": "福", "_sort": "note,-id"}]),
    size=st.sampled_from([7, 100, 1000]),
)
def test_pages_counts_facets_and_exports_are_those_of_a_scan(
    shelf: SimpleNamespace, text: str, others: dict[str, str], size: int
) -> None:
    params = [("_search", text), *others.items()]
    indexed = answers(shelf.indexed, params, size)
    assert indexed == answers(shelf.scanned, params, size)
    assert indexed["count"] == len(indexed["rows"]) == indexed["export"].count("\n") - 1
    search = parse_search([text], ["name", "note"])
    assert search
    if not others:
        whole = answers(shelf.scanned, [], 1000)["rows"]
        found = [
            row for row in whole if all(any(word in fold(cell or "") for cell in row[1:]) for word in search.words)
        ]
        assert indexed["rows"] == found
        for table in (shelf.indexed, shelf.scanned):
            matches = table.matches(search, size, time.monotonic() + 60)
            assert [row.cells for row in matches.rows] == found[:size]
            assert [whole[row.position] for row in matches.rows] == found[:size]
            assert (matches.more, matches.late) == (len(found) > size, False)


def test_rows_are_looked_through_until_the_deadline_and_no_longer(shelf: SimpleNamespace) -> None:
    search = parse_search(["福"], ["name", "note"])
    assert search
    for table in (shelf.indexed, shelf.scanned):
        assert table.matches(search, 3, time.monotonic()) == Matches(late=True)


def test_a_table_beyond_so_many_rows_has_an_index_and_one_below_has_none(shelf: SimpleNamespace) -> None:
    assert shelf.indexed.entry.search == "indexes/search.duckdb"
    assert shelf.scanned.entry.search is None
    assert not (shelf.folder / "store400/searched/1.0.0/indexes/search.duckdb").exists()
