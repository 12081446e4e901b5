"""Publishing and comparing 5 M rows, beside DuckDB alone: `make bench-publish`. It takes some minutes and 4 GB of disk.

What is compared is the CPU time (user and system) of whole processes, imports included, as the median of the runs'
ratios. The figures go to docs/performance.md.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import textwrap
from importlib.metadata import version
from pathlib import Path
from typing import Final

import duckdb
from bench.structure import BUILD, CELLS, DAY, FIELDS, PAGE, ROWS, Run, run

CHANGED: Final = 100
"""One row of so many has another note in the second release."""

MARKS: Final = ("<!-- publish: begin -->", "<!-- publish: end -->")

TYPES: Final = ("BIGINT", "VARCHAR", "DECIMAL(12, 2)", "DATE", "BOOLEAN", "VARCHAR", "SMALLINT", "VARCHAR")
# The same rows read once into a table of their types, which is a file, and written as Parquet.
WRITE: Final = """
import duckdb, sys
file, folder, columns = sys.argv[1:]
with duckdb.connect(folder + "/t.duckdb") as connection:
    connection.execute("create table t as select * from "
        f"read_csv('{file}', auto_detect=false, header=true, delim=',', quote='\\"', columns={columns})")
    connection.execute(f"copy t to '{folder}/t.parquet' (format parquet, compression zstd)")
"""
# One full join of both releases that counts what differs in any column.
JOIN: Final = """
import duckdb, sys
old, new, differs = sys.argv[1:]
with duckdb.connect() as connection:
    connection.execute(f"attach '{old}' as old (read_only); attach '{new}' as new (read_only)")
    print(connection.sql("select count_if(a.id is null), count_if(b.id is null), "
        f"count_if(a.id is not null and b.id is not null and ({differs})) "
        "from old.table a full join new.table b on a.id = b.id").fetchall())
"""


def main() -> None:
    """Make the packages, run each side, write the page where all rows were measured."""
    options = argparse.ArgumentParser(prog="bench-publish", description=__doc__)
    options.add_argument("--rows", type=int, default=ROWS, help="the rows of the table")
    options.add_argument("--runs", type=int, default=3, help="how many runs there are, of which the median counts")
    asked = options.parse_args()
    first, second = _package(asked.rows, "1.0.0", "i"), _package(asked.rows, "1.0.1", f"i + (i % {CHANGED} = 7)::int")
    runs: dict[str, list[Run]] = {}
    for _ in range(asked.runs):
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            for name, found in _once(first, second, Path(folder)).items():
                runs.setdefault(name, []).append(found)
    table = _table(runs)
    print(table)
    if asked.rows == ROWS:
        _write(table, asked.runs, first / "table.csv")


def _package(rows: int, number: str, seed: str) -> Path:
    folder = BUILD / f"publish-{number}-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "table.csv").exists():
        cells = CELLS.replace("hash(i * 23)", f"hash(({seed}) * 23)").format(id="i", day=DAY, rows=rows)
        with duckdb.connect() as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"copy ({cells}) to '{folder / 'table.csv'}' (header true)")
    schema = {"fields": FIELDS, "primaryKey": ["id"]}
    table = {"name": "table", "type": "table", "path": "table.csv", "encoding": "utf-8", "schema": schema}
    table["dialect"] = {"csv": {"delimiter": ","}}
    whole = {"name": "bench", "version": number, "title": "Bench", "resources": [table]}
    (folder / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    return folder


def _once(first: Path, second: Path, folder: Path) -> dict[str, Run]:
    names = [str(field["name"]) for field in FIELDS]
    columns = str(dict(zip(names, TYPES, strict=True)))
    minshu, store = [sys.executable, "-m", "minshu"], folder / "store"
    publish = [*minshu, "publish", "--store", str(store)]
    differs = " or ".join(f"a.{name} is distinct from b.{name}" for name in names[1:])
    databases = [str(store / "bench" / number / "bench.duckdb") for number in ("1.0.0", "1.0.1")]
    diff = [*minshu, "diff", "bench@1.0.0", "bench@1.0.1", "--store", str(store), "--format", "json"]
    return {
        "DuckDB alone: CSV to .duckdb and Parquet": run(
            [sys.executable, "-c", WRITE, str(first / "table.csv"), str(folder), columns]
        ),
        "minshu publish": run([*publish, str(first)]),
        "minshu publish of the next version": run([*publish, str(second)]),
        "DuckDB alone: one full join": run([sys.executable, "-c", JOIN, *databases, differs]),
        "minshu diff": run(diff, expected=1),
    }


def _table(runs: dict[str, list[Run]]) -> str:
    """Each figure of ours beside that of the peer above it."""
    lines = ["| what | CPU, × DuckDB alone | CPU, s | wall, s | peak, MB |", "| --- | --- | --- | --- | --- |"]
    base: list[Run] = []
    for name, found in runs.items():
        base = found if name.startswith("DuckDB") else base
        ratio = statistics.median(run.cpu / other.cpu for run, other in zip(found, base, strict=True))
        cpu, wall, memory = (statistics.median(getattr(run, key) for run in found) for key in ("cpu", "wall", "memory"))
        lines.append(f"| {name} | {ratio:.2f} | {cpu:.1f} | {wall:.1f} | {memory:.0f} |")
    return "\n".join(lines)


def _write(table: str, runs: int, file: Path) -> None:
    """Put the figures between the marks of the page."""
    busy = os.getloadavg()[2] / (os.cpu_count() or 1)
    size, counted = file.stat().st_size / 1e6, f"medians of {runs} runs" if runs > 1 else "one run"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow"))
    words = textwrap.fill(
        f"{ROWS:,} rows × {len(FIELDS)} columns, {size:.0f} MB, with a primary key; whole processes, imports included,"
        f" {counted} side by side. {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), with {busy:.1f}"
        f" processes waiting for each; Python {platform.python_version()}, {libraries}.",
        118,
    )
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    PAGE.write_text(f"{before}{MARKS[0]}\n{words}\n\n{table}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", "utf-8")


if __name__ == "__main__":
    main()
