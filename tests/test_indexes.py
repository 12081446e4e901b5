"""Rows by position and by key: what the indexes of a release give is, in every byte, what DuckDB gives without them."""

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.databases import Databases
from minshu.errors import BadKey, RowNotFound, StoreFailed
from minshu.exports import Exports
from minshu.filters import RowQuery
from minshu.indexes import Indexes
from minshu.keys import write_keys
from minshu.manifest import Manifest, ReleasedColumn, ReleasedFile, ReleasedTable
from minshu.paging import Source
from minshu.rowstore import BATCH_ROWS, write_row_store
from minshu.store import StoredRelease
from minshu.tables import Services, Table

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["", "福州市", "a/b", "..", "NA"]
)
JSON = st.sampled_from(["[]", "[1, null]", '{"城": {"a": [9007199254740993]}}', '"x"', "1.50", "true"])
INSTANTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC))
# By name: the type in DuckDB, the one of Table Schema, how it stands in JSON, and values.
COLUMNS: dict[str, tuple[str, str, str, st.SearchStrategy[Any]]] = {
    "text": ("VARCHAR", "string", "string", TEXT),
    "同": ("VARCHAR", "string", "string", st.just("同")),
    "whole": ("BIGINT", "integer", "number", st.integers(-(2**53), 2**53)),
    "big": ("BIGINT", "integer", "string", st.integers(-(2**63), 2**63 - 1)),
    "huge": ("DECIMAL(38,0)", "integer", "string", st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal)),
    "money": ("DECIMAL(12,2)", "number", "string", st.decimals(-(10**9), 10**9, places=2)),
    "fine": ("DECIMAL(20,9)", "number", "string", st.decimals(-100, 100, places=9)),
    "double": ("DOUBLE", "number", "number", st.floats()),
    "flag": ("BOOLEAN", "boolean", "boolean", st.booleans()),
    "day": ("DATE", "date", "string", st.dates()),
    "year": ("INTEGER", "year", "number", st.integers(-9999, 9999)),
    "time": ("TIME", "time", "string", st.times()),
    "moment": ("TIMESTAMP", "datetime", "string", st.datetimes()),
    "instant": ("TIMESTAMPTZ", "datetime", "string", INSTANTS),
    "rowid": ("JSON", "object", "object", JSON),
}
KEYS = [
    ("text",),
    ("money",),
    ("day", "text"),
    ("double",),
    ("instant",),
    ("huge", "flag"),
    ("moment", "time"),
    ("rowid",),
]


@dataclass(frozen=True)
class Twins:
    """One table of a release, read by its indexes and without them."""

    indexed: Table
    plain: Table
    folder: Path


Make = Callable[..., Twins]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make a table of these columns, rows and key."""
    root = tmp_path_factory.mktemp("indexes")
    (root / "spill").mkdir()
    numbers = itertools.count()
    databases = Databases(root, root / "spill", 64 << 20)
    services = Services(databases, Indexes(2), Exports(root / "cache", root / "spill", 0), 1000)

    def run(names: Sequence[str], rows: Sequence[Sequence[Any]], key: Sequence[str] = ()) -> Twins:
        folder = root / f"r{next(numbers)}"
        (folder / "indexes").mkdir(parents=True)
        columns = [
            ReleasedColumn(name=name, type=COLUMNS[name][0], field_type=COLUMNS[name][1], json_type=COLUMNS[name][2])
            for name in names
        ]
        with duckdb.connect(folder / "made.duckdb") as database:
            database.execute("set TimeZone = 'UTC'")
            _fill(database, columns, rows)
            source = Source("made", "t", tuple(names))
            write_row_store(database, source, columns, folder / "indexes/t.rows.arrow")
            if key:
                write_keys(database, source, [column for column in columns if column.name in key], folder / KEYS_PATH)
        release = _release(folder, columns, len(rows), tuple(name for name in names if name in key))
        (entry,) = release.manifest.tables
        plain = entry.model_copy(update={"row_store": None, "keys": None})
        return Twins(Table(release, entry, services), Table(release, plain, services), folder)

    yield run
    databases.close()


KEYS_PATH = "indexes/t.keys.sqlite"


def _fill(
    database: duckdb.DuckDBPyConnection, columns: Sequence[ReleasedColumn], rows: Sequence[Sequence[Any]]
) -> None:
    typed = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    database.execute(f"CREATE TABLE t ({typed})")
    if rows:
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
        database.execute(f"INSERT INTO t VALUES {marks}", [cell for row in rows for cell in row])


def _release(folder: Path, columns: Sequence[ReleasedColumn], rows: int, key: tuple[str, ...]) -> StoredRelease:
    entry = ReleasedTable(
        name="t",
        path="tables/t.parquet",
        rows=rows,
        columns=tuple(columns),
        primary_key=key,
        row_store="indexes/t.rows.arrow",
        keys=KEYS_PATH if key else None,
    )
    paths = [path for path in (entry.row_store, entry.keys) if path]
    files = [ReleasedFile(path=path, sha256="", bytes=(folder / path).stat().st_size) for path in paths]
    manifest = Manifest(
        name="made",
        version="1.0.0",
        published=dt.datetime.now(dt.UTC),
        generator="test",
        schema_sha256="",
        tables=(entry,),
        files=tuple(files),
    )
    return StoredRelease(folder, manifest, sha256(str(folder).encode()).hexdigest())


def tables(unique: Sequence[str] = ()) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows of all columns, full of nulls and ties; `unique` together are a key, and so never null."""
    cells = st.tuples(*(kind[3] if name in unique else st.none() | kind[3] for name, kind in COLUMNS.items()))
    at = [list(COLUMNS).index(name) for name in unique]
    return st.lists(
        cells, max_size=12, unique_by=(lambda row: tuple(_plain(row[index]) for index in at)) if unique else None
    )


def _plain(value: Any) -> str:
    """Text that is equal for values that DuckDB takes for equal: zero has one sign."""
    return "0" if value == 0 else str(value)


def pages(table: Table, query: RowQuery, size: int) -> list[bytes]:
    """All pages as JSON, with the places of their rows and the tokens that lead from one to the next."""
    found, token = [], None
    while True:
        page = table.page(query, size, token)
        found.append(orjson.dumps([page.columns, page.rows, list(page.positions), page.next]))
        token = page.next
        if token is None:
            return found


@hypothesis_settings(deadline=None, max_examples=25)
@given(rows=tables(), size=st.integers(1, 13), shown=st.none() | st.permutations(list(COLUMNS)).map(lambda p: p[:4]))
def test_pages_of_the_row_store_are_those_of_duckdb(
    make: Make, rows: list[tuple[Any, ...]], size: int, shown: list[str] | None
) -> None:
    twins = make(list(COLUMNS), rows)
    query = RowQuery(columns=tuple(shown) if shown else None)
    assert pages(twins.indexed, query, size) == pages(twins.plain, query, size)
    shutil.rmtree(twins.folder)


def test_pages_across_batches_are_those_of_duckdb(make: Make) -> None:
    rows = [(number, f"第{number}") for number in range(2 * BATCH_ROWS + 3)]
    twins = make(["whole", "text"], rows)
    for size in (1000, 700):
        assert pages(twins.indexed, RowQuery(), size) == pages(twins.plain, RowQuery(), size)


def test_a_filter_or_a_sort_leaves_the_row_store_aside(make: Make) -> None:
    twins = make(["whole"], [(3,), (1,), (2,)])
    for text in ([("_sort", "whole")], [("whole__gt", "1")]):
        query = RowQuery.from_params(text, twins.indexed.released_columns)
        assert pages(twins.indexed, query, 2) == pages(twins.plain, query, 2)


# -- rows by key ----------------------------------------------------------------------------------------------------


@hypothesis_settings(deadline=None, max_examples=25)
@given(data=st.data(), key=st.sampled_from(KEYS))
def test_every_row_is_found_by_its_key(make: Make, data: st.DataObject, key: tuple[str, ...]) -> None:
    rows = data.draw(tables(key))
    twins = make(list(COLUMNS), rows, key)
    named = [name for name in COLUMNS if name in key]
    whole = twins.plain.page(RowQuery(), 1000).rows
    shown = twins.plain.page(RowQuery(columns=tuple(named)), 1000).rows
    for position, cells in enumerate(shown):
        texts = [cell if isinstance(cell, str) else orjson.dumps(cell).decode() for cell in cells]
        for table in (twins.indexed, twins.plain):
            row = table.row(texts)
            assert (row.position, orjson.dumps(row.cells)) == (position, orjson.dumps(whole[position]))
    shutil.rmtree(twins.folder)


@pytest.mark.parametrize("spelling", ["1.1", "1.10", "+1.100", "11e-1"])
def test_every_way_to_write_a_value_finds_its_row(make: Make, spelling: str) -> None:
    twins = make(["money"], [(Decimal("2.00"),), (Decimal("1.10"),)], ["money"])
    assert [table.row([spelling]).position for table in (twins.indexed, twins.plain)] == [1, 1]


@pytest.mark.parametrize("key", [["3"], ["99999999999999999999999999999999999999"], ["-1"], ["1.5"]])
def test_a_key_that_no_row_has_is_told_so(make: Make, key: list[str]) -> None:
    twins = make(["money"], [(Decimal(1),)], ["money"])
    for table in (twins.indexed, twins.plain):
        with pytest.raises(RowNotFound, match="'t' has no row"):
            table.row(key)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (["x", "a"], r"holds dates \(DATE\), and 'x' does not fit. Write for example 2019-12-31/福州市."),
        (["2019-01-01"], r"'t' is named by day/text. Write for example 2019-12-31/福州市."),
        (["2019-01-01", "a", "b"], "is named by day/text"),
    ],
)
def test_a_key_of_another_form_is_told_with_an_example(make: Make, key: list[str], words: str) -> None:
    twins = make(["day", "text"], [(dt.date(2019, 1, 1), "a")], ["day", "text"])
    for table in (twins.indexed, twins.plain):
        with pytest.raises(BadKey, match=words):
            table.row(key)


def test_a_table_without_a_key_names_its_rows_by_number(make: Make) -> None:
    twins = make(["text"], [("a",), ("b",)])
    for table in (twins.indexed, twins.plain):
        assert [table.row([number]).cells for number in ("1", "02")] == [["a"], ["b"]]
        for number in ("0", "3"):
            with pytest.raises(RowNotFound):
                table.row([number])
        for wrong in ("-1", "x", "1.0", "", "１"):
            with pytest.raises(BadKey, match="named by number, from 1"):
                table.row([wrong])


# -- what can break -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["indexes/t.rows.arrow", KEYS_PATH])
def test_an_index_that_was_cut_short_fails_with_a_sentence(make: Make, name: str) -> None:
    twins = make(["text"], [("a",), ("b",)], ["text"])
    file = twins.folder / name
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StoreFailed, match=rf"{name} has \d+ bytes, \d+ were released"):
        twins.indexed.row(["a"])


@pytest.mark.parametrize("name", ["indexes/t.rows.arrow", KEYS_PATH])
def test_an_index_of_other_bytes_fails_with_a_sentence(make: Make, name: str) -> None:
    twins = make(["text"], [("a",), ("b",)], ["text"])
    file = twins.folder / name
    file.write_bytes(bytes(len(file.read_bytes())))
    with pytest.raises(StoreFailed, match=f"Cannot read {name}"):
        twins.indexed.row(["a"])


def test_more_indexes_are_read_than_stay_open(make: Make) -> None:
    many = [make(["text"], [(f"{number}",)], ["text"]) for number in range(4)]
    for _ in range(2):
        assert [twins.indexed.row([str(number)]).position for number, twins in enumerate(many)] == [0, 0, 0, 0]
