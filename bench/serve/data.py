"""The one table that every server is given: a release for ours, SQLite for Datasette, Parquet for ROAPI and nginx."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
NAME, VERSION, TABLE = "bench", "1.0.0", "points"
FIELDS = {
    "id": "integer",
    "name": "string",
    "amount": "number",
    "day": "date",
    "open": "boolean",
    "kind": "string",
    "year": "integer",
    "note": "string",
}
# 200 kinds, so that grouping by them takes no shortcut through a handful of groups.
CELLS = """
    select i as id, 'name-' || hash(i) % 1000000 as name, ((hash(i * 7) % 10000000) / 100)::decimal(12, 2) as amount,
    date '2000-01-01' + (hash(i * 11) % 9000)::int as day, hash(i * 13) % 2 = 0 as open,
    'kind-' || hash(i * 17) % 200 as kind, (1950 + hash(i * 19) % 80)::int as year,
    'note ' || hash(i * 23) % 100000000 as note from range({rows}) t(i)
"""


@dataclass(frozen=True)
class Data:
    """Where the table lies, and how many rows it has: their `id` counts from 0."""

    rows: int
    folder: Path

    @property
    def store(self) -> Path:
        """Our releases."""
        return self.folder / "store"

    @property
    def parquet(self) -> Path:
        """The same rows in their order, as DuckDB writes them."""
        return self.folder / "parquet" / f"{TABLE}.parquet"

    @property
    def sqlite(self) -> Path:
        """The same rows, with `id` as their primary key."""
        return self.folder / f"{NAME}.db"

    @property
    def inspected(self) -> Path:
        """What Datasette counts of an immutable file before it serves it."""
        return self.folder / "inspected.json"

    def warm(self) -> None:
        """Read every file once, so that nobody is measured by what the disk happens to hold in memory."""
        for path in (*self.store.rglob("*"), self.parquet, self.sqlite):
            if path.is_file():
                with path.open("rb") as file:
                    while file.read(1 << 22):
                        pass


def made(rows: int, *, fresh: bool) -> Data:
    """The table in every form; what was made before is kept, but for our releases if they are to be `fresh`."""
    data = Data(rows, ROOT / "build" / "bench" / "serve" / str(rows))
    if fresh:
        shutil.rmtree(data.store, ignore_errors=True)
    _once(data.parquet, lambda target: _write(rows, target, "parquet"))
    _once(data.sqlite, lambda target: _write_sqlite(data, target))
    _once(data.inspected, lambda target: _inspect(data, target))
    if not (data.store / NAME / VERSION / "release.json").exists():
        _publish(data)
    return data


def _once(target: Path, make: Callable[[Path], None]) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        print(f"Making {target.relative_to(ROOT)}", file=sys.stderr)
        partial = target.with_name(f"{target.name}.partial")
        partial.unlink(missing_ok=True)
        make(partial)
        partial.rename(target)


def _write(rows: int, target: Path, form: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({CELLS.format(rows=rows)}) to '{target}' (format {form})")


def _write_sqlite(data: Data, target: Path) -> None:
    columns = (
        "id integer primary key, name text, amount real, day text, open integer, kind text, year integer, note text"
    )
    marks = ", ".join("?" * len(FIELDS))
    with duckdb.connect() as source, sqlite3.connect(target) as sink:
        sink.execute("pragma journal_mode = off")
        sink.execute("pragma synchronous = off")
        sink.execute(f"create table {TABLE} ({columns})")
        source.execute(f"select * replace (amount::double as amount, day::varchar as day) from '{data.parquet}'")
        while batch := source.fetchmany(100_000):
            sink.executemany(f"insert into {TABLE} values ({marks})", batch)
    sink.close()


def _inspect(data: Data, target: Path) -> None:
    datasette = ROOT / ".venv-bench/bin/datasette"
    subprocess.run([datasette, "inspect", data.sqlite, "--inspect-file", target], check=True)


def _publish(data: Data) -> None:
    print(f"Publishing {data.rows} rows", file=sys.stderr)
    package = data.folder / "package"
    package.mkdir(exist_ok=True)
    _once(package / f"{TABLE}.csv", lambda target: _write(data.rows, target, "csv"))
    schema = {"fields": [{"name": name, "type": kind} for name, kind in FIELDS.items()], "primaryKey": ["id"]}
    resource = {"name": TABLE, "type": "table", "path": f"{TABLE}.csv", "encoding": "utf-8", "schema": schema}
    descriptor = {"name": NAME, "version": VERSION, "resources": [resource]}
    (package / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    publish: list[str | Path] = [
        sys.executable,
        "-m",
        "minshu",
        "publish",
        package,
        "--store",
        data.store,
        "--catalogue",
        data.folder,
    ]
    subprocess.run(publish, check=True, stdout=subprocess.DEVNULL)
