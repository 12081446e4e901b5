"""Files of strangers in binary formats: what is in them arrives, and what they do to their reader does not."""

import sqlite3
import subprocess
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minshu.descriptors import Package
from minshu.loading import load
from minshu.structure import check


def package(folder: Path, path: str, **resource: Any) -> Package:
    return Package(folder, {"resources": [{"name": "t", "type": "table", "path": path, **resource}]})


def notes(folder: Path, path: str, **resource: Any) -> list[str]:
    report = check(package(folder, path, **resource), 10)
    return [str(error["note"]) for task in report.tasks for error in task.errors]


def test_values_of_parquet_are_those_that_are_loaded(tmp_path: Path) -> None:
    values = [1, "x", Decimal("1.10"), date(2020, 1, 2), datetime(2020, 1, 2, 10), time(10, 30), True, "", 0.5]
    columns = {f"c{position}": [value, None] for position, value in enumerate(values)} | {"list": [[1, 2, 3], None]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    with duckdb.connect() as connection:
        load(package(tmp_path, "t.parquet"), connection)
        rows = connection.execute("select * exclude (_row) from t").fetchall()
    assert rows[0] == (*values[:7], None, Decimal("0.5"), "[1,2,3]")
    assert set(rows[1]) == {None}


def test_values_of_sqlite_keep_their_types(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as file, file:
        file.execute('create table "甲" (a, b)')
        file.executemany('insert into "甲" values (?, ?)', [(1, "001"), (2.5, None), ("x", "")])
    schema = {"fields": [{"name": "a", "type": "any"}, {"name": "b", "type": "string"}]}
    with duckdb.connect() as connection:
        load(package(tmp_path, "t.sqlite", schema=schema), connection)
        assert connection.execute("select a, b from t").fetchall() == [("1", "001"), ("2.5", None), ("x", None)]


def test_a_table_that_sqlite_does_not_have_is_named_beside_those_it_has(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as file, file:
        file.execute("create table one (a)")
        file.execute("create table two (a)")
        # A view is a program.
        file.execute("create view three as select 1 as a")
    for table in ("three", ""):
        (note,) = notes(tmp_path, "t.sqlite", dialect={"table": table})
        assert "one of one, two" in note


def test_parquet_with_brotli_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet", compression="brotli")
    (note,) = notes(tmp_path, "t.parquet")
    assert "Brotli" in note


@pytest.mark.parametrize("data", [b"", b"PAR1" * 30, b"SQLite format 3\0" + b"\xff" * 500])
@pytest.mark.parametrize("path", ["t.parquet", "t.sqlite"])
def test_what_is_no_such_file_is_one_error(tmp_path: Path, path: str, data: bytes) -> None:
    (tmp_path / path).write_bytes(data)
    assert len(notes(tmp_path, path)) == 1


def test_a_file_that_unpacks_to_more_than_the_worker_may_use_is_one_error(tmp_path: Path) -> None:
    # 3 GB of text in some kilobytes.
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), pa.array(["x" * 1_500_000]))
    pq.write_table(pa.table({"a": column}), tmp_path / "t.parquet", store_schema=False)
    assert (tmp_path / "t.parquet").stat().st_size < 1 << 20
    assert len(notes(tmp_path, "t.parquet")) == 1


def test_no_worker_outlives_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    start = subprocess.Popen

    def noted(*args: Any, **options: Any) -> Any:
        started.append(start(*args, **options))
        return started[-1]

    pq.write_table(pa.table({"a": ["x"] * 50_000}), tmp_path / "t.parquet")
    monkeypatch.setattr(subprocess, "Popen", noted)
    assert len(notes(tmp_path, "t.parquet", schema={"fields": [{"name": "b", "type": "integer"}]})) == 10
    assert started
    assert all(process.poll() is not None for process in started)
