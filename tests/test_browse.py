"""Reading releases: what is there, which file a path names, and rows that are exact however they are asked for."""

import csv
import io
import json
import math
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import duckdb
import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu import browse, tables
from minshu.browse import Library, Release, Table
from minshu.databases import Databases
from minshu.descriptors import opened
from minshu.errors import (
    BadPage,
    BadParameter,
    DatasetNotFound,
    FileNotInRelease,
    ManifestUnreadable,
    NotAcceptable,
    ReleaseNotFound,
    ResourceNotFound,
    StoreFailed,
)
from minshu.exports import Exports
from minshu.filters import RowQuery
from minshu.formats import FORMATS
from minshu.identifiers import quoted
from minshu.manifest import Manifest, ReleasedColumn, ReleasedTable
from minshu.opening import Openings
from minshu.paging import token_for
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store, stamp_of
from minshu.tables import FACET_VALUES

ROWS = 150
FIELDS = {
    "id": "integer",
    "rowid": "string",
    "city": "string",
    "value": "number",
    "ratio": "number",
    "large": "integer",
    "huge": "integer",
    "flag": "boolean",
    "day": "date",
    "at": "time",
    "when": "datetime",
    "instant": "datetime",
    "info": "object",
}
SORTABLE = [name for name in FIELDS if name != "info"]
CELLS: dict[str, list[str | None]] = {
    "rowid": ["9", "10", None],
    "city": ["福州市", "", "a,b", "\ufffd", "𠮷", None, 'x"y'],
    "value": ["1.10", "-3", "0", "12.345", None],
    "ratio": ["NaN", "INF", "-INF", "0.1", "-0.0", "0", "1e-300", None],
    "large": ["9007199254740993", "-1", None],
    "huge": ["99999999999999999999", "-99999999999999999999", "5", None],
    "flag": ["true", "false", None],
    "day": ["2019-12-31", "0044-03-15", None],
    "at": ["08:30:00", "23:59:59", None],
    "when": ["2019-12-31T08:30:00", "1950-01-01T00:00:00", None],
    "instant": ["2019-12-31T08:30:00Z", "2019-12-31T08:30:01Z", None],
    "info": ['{"a": 1}', None],
}


def zoo() -> str:
    """A CSV file of every type, full of ties and nulls."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in range(ROWS):
        cells = [cells[row * 7919 // (index + 3) % len(cells)] for index, cells in enumerate(CELLS.values())]
        writer.writerow([row, *("NULL" if cell is None else cell for cell in cells)])
    return text.getvalue()


def publish_package(folder: Path, settings: Settings, data: str, fields: dict[str, str], **descriptor: Any) -> None:
    """Publish a package of one table, `rows` unless the descriptor says otherwise."""
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text(data, "utf-8")
    schema = {"fields": [{"name": name, "type": kind} for name, kind in fields.items()], "missingValues": ["NULL"]}
    resource = {"name": descriptor.pop("table", "rows"), "type": "table", "path": "rows.csv", "schema": schema}
    whole = {"name": "zoo", "version": "1.0.0", "resources": [resource], **descriptor}
    (folder / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    with opened(folder, settings) as package:
        publish(package, None, Store(settings.store), settings)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with the release `zoo` 1.0.0, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("shelf")
    options = Settings(store=folder / "store", cache=folder / "cache")
    publish_package(folder / "package", options, zoo(), FIELDS)
    publish_package(
        folder / "other", options, "id\n" + "1\n" * 10, {"id": "integer"}, name="other", table="folder/rows"
    )
    library = Library(Store(options.store), options)
    yield library
    library.close()


@pytest.fixture
def library(settings: Settings, store: Store) -> Iterator[Library]:
    """A library of the test's own store."""
    store.root.mkdir(exist_ok=True)
    library = Library(store, settings)
    yield library
    library.close()


def asked(table: Table, text: str) -> RowQuery:
    return RowQuery.from_params(parse_qsl(text, keep_blank_values=True), table.released_columns)


def all_pages(table: Table, query: RowQuery, size: int) -> list[list[Any]]:
    """The rows of all pages, as a reader of their JSON has them."""
    rows, token = [], None
    while True:
        page = table.page(query, size, token)
        assert len(page.rows) == size or page.next is None
        rows += orjson.loads(orjson.dumps(page.rows))
        token = page.next
        if token is None:
            return rows


def exported_rows(table: Table, query: RowQuery) -> list[list[Any]]:
    lines = table.export(query, "ndjson").path.read_bytes().splitlines()
    return [list(orjson.loads(line).values()) for line in lines]


# -- rows ---------------------------------------------------------------------------------------------------------


def order_of(value: Any) -> Any:
    """The key of a value that is no null: text by its UTF-8 bytes, NaN above all numbers."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, float):
        return (math.isnan(value), 0.0 if math.isnan(value) else value)
    return value


def in_order(columns: dict[str, list[Any]], sort: Sequence[tuple[str, bool]]) -> list[int]:
    """The rows' numbers as they must come: by the sort, nulls last, and level ones as published."""
    rows = list(range(len(next(iter(columns.values())))))
    for name, descending in reversed(sort):
        cells = columns[name]
        full = [row for row in rows if cells[row] is not None]
        full.sort(key=lambda row, cells=cells: order_of(cells[row]), reverse=descending)  # type: ignore[misc]
        rows = full + [row for row in rows if cells[row] is None]
    return rows


SORTS = st.lists(st.tuples(st.sampled_from(SORTABLE), st.booleans()), max_size=3, unique_by=lambda key: key[0])
FILTERS = [
    "",
    "city__ne=福州市",
    "value__lte=1.1",
    "ratio__gte=0",
    "flag__isnull",
    "rowid__in=9,10",
    "id__between=5,60",
    "_search=福州",
    "_search=A,Ｂ 9&flag=true",
]


@hypothesis_settings(deadline=None, max_examples=60)
@given(sort=SORTS, size=st.sampled_from([17, 60, 149, 150, 151, 1000]), filters=st.sampled_from(FILTERS))
def test_all_pages_are_the_export_are_the_parquet_in_order(
    shelf: Library, sort: list[tuple[str, bool]], size: int, filters: str
) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    keys = ",".join(f"{'-' if descending else ''}{name}" for name, descending in sort)
    query = asked(table, f"{filters}&_sort={keys}")
    pages = all_pages(table, query, size)
    assert pages == exported_rows(table, query)
    assert len(pages) == table.count(query)
    kept = {row[0] for row in exported_rows(table, asked(table, filters))}
    parquet = pq.read_table(table.export(RowQuery(), "parquet").path).to_pydict()
    assert [row[0] for row in pages] == [row for row in in_order(parquet, sort) if row in kept]


@hypothesis_settings(deadline=None, max_examples=40)
@given(sort=SORTS, skipped=st.integers(0, 200), size=st.integers(0, 170), filters=st.sampled_from(FILTERS))
def test_a_slice_is_that_part_of_the_export(
    shelf: Library, sort: list[tuple[str, bool]], skipped: int, size: int, filters: str
) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    keys = ",".join(f"{'-' if descending else ''}{name}" for name, descending in sort)
    query = asked(table, f"{filters}&_sort={keys}")
    found = table.slice(query, skipped, size)
    assert orjson.loads(orjson.dumps(found.rows)) == exported_rows(table, query)[skipped : skipped + size]
    everything = exported_rows(table, RowQuery())
    assert [everything[at] for at in found.positions] == orjson.loads(orjson.dumps(found.rows))


@hypothesis_settings(deadline=None, max_examples=25)
@given(sort=SORTS, size=st.sampled_from([7, 60, 149, 150]), filters=st.sampled_from(FILTERS))
def test_every_page_leads_back_to_the_one_before_it(
    shelf: Library, sort: list[tuple[str, bool]], size: int, filters: str
) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    keys = ",".join(f"{'-' if descending else ''}{name}" for name, descending in sort)
    query = asked(table, f"{filters}&_sort={keys}")
    before, token = None, table.page(query, size).next
    while token:
        assert table.page_before(query, size, token) == before
        before, token = token, table.page(query, size, token).next


@pytest.mark.parametrize("name", SORTABLE)
@pytest.mark.parametrize("filters", ["", "_search=福", "flag=true&ratio__gte=0"])
def test_a_facet_counts_the_rows_of_each_value(shelf: Library, name: str, filters: str) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    cells = [row[list(FIELDS).index(name)] for row in exported_rows(table, asked(table, filters))]
    facet = table.facet(asked(table, filters), name)
    counts = Counter(cells)
    assert all(counts[value] == rows for value, rows in facet.values)
    assert [rows for _, rows in facet.values] == sorted(counts.values(), reverse=True)[:FACET_VALUES]
    assert facet.more == (len(counts) > FACET_VALUES)


VALUES = {
    "DOUBLE": st.floats(),
    "VARCHAR": st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    "DECIMAL(38,10)": st.decimals(-(10**20), 10**20, allow_nan=False, places=10),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "TIMESTAMP": st.datetimes(),
    "TIME": st.times(),
    "DATE": st.dates(),
}


def write_release(
    settings: Settings, columns: dict[str, str], rows: int, fill: Callable[[Any], None], table: str = "t"
) -> None:
    """A release `made` 1.0.0 of one table, of nothing but a manifest and a database that `fill` makes the table in."""
    folder = settings.store / "made" / "1.0.0"
    folder.mkdir(parents=True)
    with duckdb.connect(folder / "made.duckdb") as connection:
        fill(connection)
    released = [ReleasedColumn(name=n, type=t, field_type="any", json_type="string") for n, t in columns.items()]
    entry = ReleasedTable(name=table, path="tables/t.parquet", rows=rows, columns=tuple(released))
    manifest = Manifest(
        name="made", version="1.0.0", published=datetime.now(UTC), generator="test", schema_sha256="", files=(),
        tables=(entry,), opening=Openings(),
    )  # fmt: skip
    (folder / "release.json").write_bytes(manifest.dumps())


@hypothesis_settings(deadline=None, max_examples=10)
@given(st.data())
def test_pages_are_complete_whatever_the_values_sorted_by(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("made")
    options = Settings(store=folder / "store", cache=folder / "cache")
    rows = data.draw(st.integers(1, 8))
    columns = {
        kind: data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows)) for kind, values in VALUES.items()
    }

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        typed = ", ".join(f'"{name}" {name}' for name in columns)
        connection.execute(f"CREATE TABLE t ({typed})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO t VALUES ({marks})", [*map(list, zip(*columns.values(), strict=True))])

    write_release(options, {name: name for name in columns}, rows, fill)
    library = Library(Store(options.store), options)
    table = library.release("made", "1.0.0").table("t")
    for name in columns:
        direction = data.draw(st.sampled_from(["asc", "desc"]))
        query = asked(table, f'_sort=["{name}__{direction}"]')
        assert all_pages(table, query, 1) == exported_rows(table, query)
    library.close()
    shutil.rmtree(folder)


def test_the_export_keeps_the_publishers_order_and_every_value(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    with table.export(RowQuery(), "csv").path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert header == list(FIELDS)
    assert [row[0] for row in rows] == [str(row) for row in range(ROWS)]
    parquet = table.export(RowQuery(), "parquet")
    assert pq.read_table(parquet.path).column("id").to_pylist() == list(range(ROWS))


def test_values_in_json_have_their_declared_types(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    page = table.page(asked(table, "_cols=value,large,huge,flag,day,instant,info&value__eq=1.1&_sort=id"), 1)
    (row,) = orjson.loads(orjson.dumps(page.rows))
    assert [column.name for column in page.columns] == ["value", "large", "huge", "flag", "day", "instant", "info"]
    by_name = {column.name: column.json for column in page.columns}
    assert row[0] == "1.100"
    assert by_name["large"] == by_name["huge"] == by_name["value"] == "string"
    assert all(cell is None or isinstance(cell, str) for cell in row[:3])


def test_a_column_named_rowid_disturbs_nothing(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    query = asked(table, "rowid=10&_cols=id,rowid")
    rows = all_pages(table, query, 3)
    assert {row[1] for row in rows} == {"10"}
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_a_table_and_its_columns_may_have_any_name(library: Library, settings: Settings) -> None:
    names = ["'; DROP TABLE t; --", 'a"b', "c0", "t", "列", "select"]
    typed = ", ".join(f"{index} AS {quoted(name)}" for index, name in enumerate(names))
    table_name = '表 "一"; --'
    sql = f"CREATE TABLE {quoted(table_name)} AS SELECT {typed}"
    write_release(settings, dict.fromkeys(names, "INTEGER"), 1, lambda database: database.execute(sql), table_name)
    table = library.release("made", "1.0.0").table(table_name)
    for index, name in enumerate(names):
        query = RowQuery.from_params([(f"{name}__eq", str(index)), ("_sort", f"{name}__desc")], table.released_columns)
        assert table.page(query, 1).rows == [["0", "1", "2", "3", "4", "5"]]


def test_an_answer_without_rows_is_an_empty_page(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    query = asked(table, "city=nowhere&_sort=-value")
    page = table.page(query, 10)
    assert (page.rows, page.next, table.count(query)) == ([], None, 0)
    assert table.export(query, "json").path.read_bytes() == b"[]\n"


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_has_a_least_and_a_most_size(shelf: Library, size: int) -> None:
    with pytest.raises(BadParameter, match="from 1 to 1000"):
        shelf.release("zoo", "1.0.0").table("rows").page(RowQuery(), size)


# -- tokens -------------------------------------------------------------------------------------------------------


def first_token(table: Table, text: str) -> str:
    token = table.page(asked(table, text), 5).next
    assert token is not None
    return token


def test_a_token_holds_while_size_and_columns_change(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    whole = [row[0] for row in exported_rows(table, asked(table, "_sort=city"))]
    page = table.page(asked(table, "_sort=city&_cols=id"), 3, first_token(table, "_sort=city"))
    assert page.rows == [[number] for number in whole[5:8]]


def test_a_token_is_accepted_by_every_replica(shelf: Library, settings: Settings) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    replica = Library(Store(shelf.release("zoo", "1.0.0").folder.parents[1]), settings)
    token = first_token(table, "_sort=-value")
    same = replica.release("zoo", "1.0.0").table("rows")
    query = asked(same, "_sort=-value")
    assert orjson.dumps(same.page(query, 5, token).rows) == orjson.dumps(table.page(query, 5, token).rows)
    replica.close()


@pytest.mark.parametrize("text", ["_sort=-city", "_sort=city&flag=true", "", "_sort=city,id"])
def test_a_token_of_another_question_is_refused(shelf: Library, text: str) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    with pytest.raises(BadPage, match="not one of this question's"):
        table.page(asked(table, text), 5, first_token(table, "_sort=city"))


def test_a_token_of_another_table_is_refused(shelf: Library) -> None:
    token = first_token(shelf.release("zoo", "1.0.0").table("rows"), "")
    with pytest.raises(BadPage):
        shelf.release("other", "1.0.0").table("folder/rows").page(RowQuery(), 5, token)


def test_a_changed_token_is_refused(shelf: Library) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    token = first_token(table, "")
    for index, letter in enumerate(token):
        with pytest.raises(BadPage):
            table.page(RowQuery(), 5, f"{token[:index]}{'B' if letter == 'A' else 'A'}{token[index + 1 :]}")


@given(st.text())
def test_a_token_of_any_text_is_refused(shelf: Library, text: str) -> None:
    with pytest.raises(BadPage):
        shelf.release("zoo", "1.0.0").table("rows").page(RowQuery(), 5, text)


@pytest.mark.parametrize("rowid", [ROWS, 2**63, 2**64 - 1])
def test_a_token_forged_beyond_the_end_is_refused(shelf: Library, rowid: int) -> None:
    release = shelf.release("zoo", "1.0.0")
    scope = "\0".join((release.sha256, "rows", RowQuery().text))
    with pytest.raises(BadPage, match="behind the end"):
        release.table("rows").page(RowQuery(), 5, token_for(scope, rowid))


# -- exports ------------------------------------------------------------------------------------------------------


def test_the_whole_parquet_is_the_releases_own_file(shelf: Library) -> None:
    release = shelf.release("zoo", "1.0.0")
    exported = release.table("rows").export(RowQuery(), "parquet")
    assert exported.path == release.folder / "tables" / "rows.parquet"
    assert exported.sha256 == sha256(exported.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_exports_the_rows_that_were_asked_for(shelf: Library, name: str) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    exported = table.export(asked(table, "id__in=7,3,11&_sort=-id&_cols=city,id"), name)
    data = exported.path.read_bytes()
    assert (exported.sha256, exported.bytes) == (sha256(data).hexdigest(), len(data))
    assert exported.media_type == FORMATS[name].media_type
    read: dict[str, Callable[[], list[Any]]] = {
        "csv": lambda: [int(row[1]) for row in [*csv.reader(io.StringIO(data.decode()))][1:]],
        "json": lambda: [row["id"] for row in orjson.loads(data)],
        "ndjson": lambda: [orjson.loads(line)["id"] for line in data.splitlines()],
        "parquet": lambda: pq.read_table(pa.BufferReader(data)).column("id").to_pylist(),
        "arrow": lambda: pa.ipc.open_stream(data).read_all().column("id").to_pylist(),
        "xlsx": lambda: [row[1] for row in [*openpyxl.load_workbook(exported.path).active.values][1:]],
    }
    assert read[name]() == [11, 7, 3]


def test_an_answer_too_long_for_its_format_is_refused_before_it_is_fetched(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shelf.release("zoo", "1.0.0").table("rows")
    small = replace(FORMATS["xlsx"], most_rows=9, write=lambda *_: pytest.fail("It was fetched."))
    monkeypatch.setattr(tables, "FORMATS", {"xlsx": small})
    with pytest.raises(NotAcceptable, match="holds 9 rows, and there are more"):
        table.export(asked(table, "id__lt=10"), "xlsx")


def test_an_unknown_format_is_refused_with_those_there_are(shelf: Library) -> None:
    with pytest.raises(NotAcceptable, match="csv, json, ndjson, parquet, arrow"):
        shelf.release("zoo", "1.0.0").table("rows").export(RowQuery(), "docx")


@pytest.mark.slow
def test_a_sorted_export_larger_than_the_memory_is_made_on_disk(tmp_path: Path) -> None:
    options = Settings(store=tmp_path / "store", cache=tmp_path / "cache", query_memory=64 << 20)
    rows = 3_000_000
    sql = f"CREATE TABLE t AS SELECT hash(i) % 1000 AS k, repeat('文', 20) || i AS s FROM range({rows}) r(i)"
    write_release(options, {"k": "BIGINT", "s": "VARCHAR"}, rows, lambda connection: connection.execute(sql))
    library = Library(Store(options.store), options)
    table = library.release("made", "1.0.0").table("t")
    assert table.export(asked(table, "_sort=-s"), "csv").bytes > 3 * options.query_memory
    library.close()
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"answers", "exports"}


# -- releases -----------------------------------------------------------------------------------------------------


def test_datasets_are_listed_with_their_versions(library: Library, settings: Settings, tmp_path: Path) -> None:
    assert library.datasets() == []
    for version in ("1.0.0", "1.2.0-beta.1", "1.1.0"):
        publish_package(tmp_path / version, settings, "id\n1\n", {"id": "integer"}, version=version)
    (dataset,) = library.datasets()
    assert dataset == library.dataset("zoo")
    assert dataset.versions == ("1.2.0-beta.1", "1.1.0", "1.0.0")
    assert dataset.latest == "1.1.0" == library.resolve("zoo", "latest") == library.release("zoo", "latest").version


def test_each_dataset_is_looked_up_once_for_the_catalogue(
    library: Library, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        publish_package(tmp_path / name, settings, "id\n1\n", {"id": "integer"}, name=name)
    asked_for: list[str] = []
    versions = Store.versions

    def counted(store: Store, name: str) -> list[str]:
        asked_for.append(name)
        return versions(store, name)

    monkeypatch.setattr(Store, "versions", counted)
    assert [dataset.name for dataset in library.datasets()] == asked_for == ["a", "b"]


def test_a_disk_that_is_slow_at_one_release_does_not_keep_readers_from_another(
    library: Library, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0.0", "2.0.0"):
        publish_package(tmp_path / version, settings, "id\n1\n", {"id": "integer"}, version=version)
        library.release("zoo", version)
    asked, stamp, reached, go_on = [], stamp_of, threading.Event(), threading.Event()

    def slow(path: str | Path) -> Any:
        if Path(path).parent.name == "2.0.0":
            reached.set()
            go_on.wait(10)
        return stamp(path)

    monkeypatch.setattr("minshu.browse.stamp_of", slow)
    held = threading.Thread(target=lambda: library.release("zoo", "2.0.0"))
    held.start()
    assert reached.wait(5)
    free = threading.Thread(target=lambda: asked.append(library.release("zoo", "1.0.0").version))
    free.start()
    free.join(2)
    told = [*asked]
    go_on.set()
    held.join()
    free.join()
    assert told == ["1.0.0"]


@pytest.mark.parametrize("name", ["a" * 300, "../zoo", "ZOO", "a\0", ""])
def test_a_name_that_no_dataset_can_have_never_reaches_the_disk(
    library: Library, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("os.scandir", lambda path: pytest.fail(f"{path} was listed"))
    for ask in (library.dataset, lambda name: library.release(name, "latest"), lambda name: library.resolve(name, "1")):
        with pytest.raises(DatasetNotFound):
            ask(name)


def test_a_dataset_of_pre_releases_has_no_latest(library: Library, settings: Settings, tmp_path: Path) -> None:
    publish_package(tmp_path / "p", settings, "id\n1\n", {"id": "integer"}, version="1.0.0-rc.1")
    assert library.dataset("zoo").latest is None
    with pytest.raises(ReleaseNotFound):
        library.release("zoo", "latest")


def test_a_release_appears_as_soon_as_it_is_published(library: Library, settings: Settings, tmp_path: Path) -> None:
    publish_package(tmp_path / "1", settings, "id\n1\n", {"id": "integer"})
    assert library.release("zoo", "latest").version == "1.0.0"
    publish_package(tmp_path / "2", settings, "id\n1\n2\n", {"id": "integer"}, version="1.1.0")
    release = library.release("zoo", "latest")
    assert (release.version, release.table("rows").count(RowQuery())) == ("1.1.0", 2)


def test_a_removed_release_is_gone_at_once(library: Library, settings: Settings, tmp_path: Path) -> None:
    publish_package(tmp_path / "1", settings, "id\n1\n", {"id": "integer"})
    held = library.release("zoo", "1.0.0")
    held.table("rows").page(RowQuery(), 1)
    shutil.rmtree(held.folder.parent)
    assert library.datasets() == []
    with pytest.raises(DatasetNotFound):
        library.release("zoo", "1.0.0")
    with pytest.raises(DatasetNotFound):
        library.dataset("zoo")


def test_a_release_whose_files_vanish_fails_with_a_sentence(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    publish_package(tmp_path / "1", settings, "id\n1\n", {"id": "integer"})
    held = library.release("zoo", "1.0.0")
    shutil.rmtree(held.folder)
    with pytest.raises(StoreFailed, match=r"Cannot read zoo.duckdb"):
        held.table("rows").page(asked(held.table("rows"), "id=1"), 1)
    with pytest.raises(StoreFailed, match=r"Cannot read indexes/rows.rows.arrow: No such file"):
        held.table("rows").page(RowQuery(), 1)
    with pytest.raises(StoreFailed, match=r"datapackage.json: No such file"):
        _ = held.descriptor


def test_a_release_that_was_replaced_is_read_anew(library: Library, settings: Settings, tmp_path: Path) -> None:
    publish_package(tmp_path / "1", settings, "id\n1\n", {"id": "integer"})
    old = library.release("zoo", "1.0.0")
    assert library.release("zoo", "1.0.0") is old
    assert old.table("rows").page(RowQuery(), 5).rows == [[1]]
    shutil.rmtree(old.folder)
    publish_package(tmp_path / "2", settings, "id\n2\n", {"id": "integer"})
    assert library.release("zoo", "1.0.0").table("rows").page(RowQuery(), 5).rows == [[2]]


def test_a_damaged_manifest_spoils_only_its_own_release(library: Library, settings: Settings, tmp_path: Path) -> None:
    publish_package(tmp_path / "1", settings, "id\n1\n", {"id": "integer"})
    publish_package(tmp_path / "2", settings, "id\n1\n", {"id": "integer"}, version="2.0.0")
    (settings.store / "zoo" / "1.0.0" / "release.json").write_text("{")
    with pytest.raises(ManifestUnreadable):
        library.release("zoo", "1.0.0")
    assert library.release("zoo", "2.0.0").table("rows").page(RowQuery(), 5).rows == [[1]]
    assert len(library.datasets()[0].versions) == 2


def test_a_damaged_database_spoils_only_its_own_release(library: Library, settings: Settings, tmp_path: Path) -> None:
    data = "id\n" + "".join(f"{number * 7919}\n" for number in range(20_000))
    publish_package(tmp_path / "1", settings, data, {"id": "integer"})
    publish_package(tmp_path / "2", settings, data, {"id": "integer"}, version="2.0.0")
    path = settings.store / "zoo" / "1.0.0" / "zoo.duckdb"
    damaged = bytearray(path.read_bytes())
    for index in range(3 * 4096 + 8, len(damaged), 512):
        damaged[index] ^= 0xFF
    path.write_bytes(damaged)
    table = library.release("zoo", "1.0.0").table("rows")
    with pytest.raises(StoreFailed, match=r"Cannot read zoo.duckdb"):
        table.page(asked(table, "_sort=-id"), 5)
    with pytest.raises(StoreFailed):
        table.export(RowQuery(), "csv")
    assert library.release("zoo", "2.0.0").table("rows").page(RowQuery(), 1).rows == [[0]]


def test_a_release_tells_its_descriptor_and_when_it_was_published(shelf: Library) -> None:
    release = shelf.release("zoo", "1.0.0")
    assert release.descriptor["resources"][0]["path"] == "rows.csv"
    assert release.published == release.manifest.published
    with pytest.raises(ResourceNotFound, match="Its tables: rows"):
        release.table("nothing")


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["zoo", "other"])
def test_every_file_of_a_release_is_found_where_its_url_says(shelf: Library, name: str) -> None:
    release = shelf.release(name, "1.0.0")
    for entry in release.manifest.files:
        found = release.file(unquote(release.manifest.url_path(entry.path)))
        assert found.entry == entry
        assert sha256(found.path.read_bytes()).hexdigest() == entry.sha256


def test_the_manifest_is_a_file_of_its_release(shelf: Library) -> None:
    release = shelf.release("zoo", "1.0.0")
    found = release.file("release.json")
    data = found.path.read_bytes()
    assert (
        (found.entry.sha256, found.entry.bytes) == (release.sha256, len(data)) == (sha256(data).hexdigest(), len(data))
    )
    assert found.entry.media_type == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "/",
        "../../other/1.0.0/release.json",
        "./release.json",
        "/release.json",
        "package/rows.csv",
        "tables/rows.parquet",
        "rows.csv/",
        "rows.csv/../release.json",
        "rows%2Ecsv",
        "%2e%2e/release.json",
        "release.json\0",
        "..\\release.json",
        "RELEASE.JSON",
        "/etc/passwd",
    ],
)
def test_no_other_path_finds_a_file(shelf: Library, path: str) -> None:
    with pytest.raises(FileNotInRelease):
        shelf.release("zoo", "1.0.0").file(path)


@pytest.mark.parametrize(
    ("name", "version"),
    [("..", "1.0.0"), ("", "1.0.0"), ("zoo/1.0.0", "latest"), ("/", "latest"), ("nothing", "1.0.0")],
)
def test_no_other_name_finds_a_dataset(shelf: Library, name: str, version: str) -> None:
    with pytest.raises(DatasetNotFound):
        shelf.release(name, version)


@pytest.mark.parametrize("version", ["", ".", "..", "1.0.0/", "../zoo/1.0.0", "1.0", "01.0.0", "2.0.0", "LATEST"])
def test_no_other_version_finds_a_release(shelf: Library, version: str) -> None:
    with pytest.raises(ReleaseNotFound):
        shelf.release("zoo", version)


# -- many readers -------------------------------------------------------------------------------------------------


def test_many_threads_read_many_releases_at_once(settings: Settings, store: Store, tmp_path: Path) -> None:
    versions = [f"{major}.0.0" for major in range(1, 5)]
    for version in versions:
        publish_package(
            tmp_path / version, settings, f'id,v\n1,"{version}"\n', {"id": "integer", "v": "string"}, version=version
        )
    library = Library(store, settings)
    found: list[tuple[str, str]] = []
    start = threading.Barrier(8)

    def read(thread: int) -> None:
        start.wait()
        for turn in range(12):
            version = versions[(thread + turn) % 4]
            table = library.release("zoo", version).table("rows")
            found.append((version, table.page(asked(table, "id=1"), 1).rows[0][1]))

    threads = [threading.Thread(target=read, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    library.close()
    assert len(found) == 96
    assert all(version == read for version, read in found)


def database_of(release: Release) -> tuple[str, Path]:
    return release.sha256, release.folder / release.manifest.database


def test_only_so_many_databases_stay_attached_and_none_that_is_read_goes(shelf: Library, tmp_path: Path) -> None:
    zoo, other = (database_of(shelf.release(name, "1.0.0")) for name in ("zoo", "other"))
    databases = Databases(zoo[1].parents[2], tmp_path, 64 << 20, capacity=1)

    def attached() -> list[str]:
        with databases.reading(*zoo) as (cursor, _):
            sql = "SELECT database_name FROM duckdb_databases() WHERE starts_with(database_name, 'release_')"
            return [name for (name,) in cursor.execute(sql).fetchall()]

    with databases.reading(*zoo) as (cursor, name), databases.reading(*other) as (_, second):
        assert cursor.execute(f"SELECT count(*) FROM {name}.rows").fetchall() == [(ROWS,)]
        assert set(attached()) == {name, second}
    with databases.reading(*other):
        pass
    assert attached() == [name]
    databases.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'elsewhere.duckdb'",
        "SET enable_external_access = true",
        "SET memory_limit = '10GB'",
        "INSTALL httpfs",
        "SELECT * FROM frame",
    ],
)
def test_the_services_own_database_is_locked(shelf: Library, tmp_path: Path, sql: str) -> None:
    frame = pa.table({"a": [1]})
    assert frame.num_rows == 1
    path = database_of(shelf.release("zoo", "1.0.0"))
    databases = Databases(path[1].parents[2], tmp_path, 64 << 20)
    with pytest.raises(StoreFailed), databases.reading(*path) as (cursor, _):
        cursor.execute(sql)
    databases.close()


def test_the_store_cannot_be_written_through_it(shelf: Library, tmp_path: Path) -> None:
    path = database_of(shelf.release("zoo", "1.0.0"))
    databases = Databases(path[1].parents[2], tmp_path, 64 << 20)
    with pytest.raises(StoreFailed, match="read-only"), databases.reading(*path) as (cursor, name):
        cursor.execute(f"DELETE FROM {name}.rows")
    databases.close()


def test_without_a_cache_folder_nothing_is_left_after_closing(shelf: Library) -> None:
    options = Settings(store=shelf.release("zoo", "1.0.0").folder.parents[1])
    library = Library(Store(options.store), options)
    exported = library.release("zoo", "1.0.0").table("rows").export(RowQuery(), "csv")
    assert exported.path.exists()
    library.close()
    assert not exported.path.parents[1].exists()


def test_a_release_without_statistics_tells_the_same_ones_when_they_are_asked_for(
    shelf: Library, settings: Settings
) -> None:
    published = shelf.release("zoo", "1.0.0")
    folder = settings.store / "zoo" / "1.0.0"
    folder.mkdir(parents=True)
    entry = published.manifest.tables[0].model_copy(update={"stats": None})
    older = published.manifest.model_copy(update={"tables": (entry,)})
    (folder / "release.json").write_bytes(older.dumps())
    shutil.copy(published.folder / "zoo.duckdb", folder)
    library = Library(Store(settings.store), settings)
    try:
        assert library.release("zoo", "1.0.0").table("rows").stats() == published.table("rows").stats()
    finally:
        library.close()


@pytest.mark.parametrize(("workers", "share"), [(1, 4), (2, 2), (8, 1)])
def test_server_processes_share_what_is_exported_at_once(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, workers: int, share: int
) -> None:
    told: list[int] = []

    def exports(*places: Any, at_once: int) -> Exports:
        told.append(at_once)
        return Exports(*places, at_once=at_once)

    monkeypatch.setattr(browse, "AT_ONCE", 4)
    monkeypatch.setattr(browse, "Exports", exports)
    Library(store, settings.model_copy(update={"workers": workers})).close()
    assert told == [share]


def test_a_mark_of_what_was_purged_that_cannot_be_read_is_none(store: Store, settings: Settings) -> None:
    assert settings.cache
    settings.cache.mkdir(parents=True)
    (settings.cache / "purged").write_text("")
    with closing(Library(store, settings)) as library, pytest.raises(DatasetNotFound):
        library.dataset("demo")
