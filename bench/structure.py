"""Structure of 5 M rows × 8 columns: `minshu validate` beside one hand-written DuckDB query, and beside frictionless.

Run by `make bench`. Each run is a whole process, so imports count; what is compared is CPU time (user and system), as
the median of the runs' ratios. Frictionless reads a sample of the same file, and its time is extrapolated linearly.
The figures go to docs/performance.md.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

ROWS = 5_000_000
SAMPLE = 50_000
RUNS = 3
ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- structure: begin -->", "<!-- structure: end -->")

KINDS = [f"kind-{number}" for number in range(5)]
FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 0}},
    {"name": "name", "type": "string", "constraints": {"pattern": "name-[0-9]+", "maxLength": 20}},
    {"name": "amount", "type": "number", "constraints": {"minimum": 0}},
    {"name": "day", "type": "date"},
    {"name": "open", "type": "boolean"},
    {"name": "kind", "type": "string", "constraints": {"enum": KINDS}},
    {"name": "year", "type": "year"},
    {"name": "note", "type": "string", "constraints": {"maxLength": 40}},
]
CELLS = """
    select {id} as id, 'name-' || hash(i) % 1000000 as name,
    ((hash(i * 7) % 10000000) / 100)::decimal(12, 2)::varchar as amount,
    {day} as day, case when hash(i * 13) % 2 = 0 then 'true' else 'false' end as open,
    'kind-' || hash(i * 17) % 5 as kind, 1950 + hash(i * 19) % 80 as year, 'note ' || hash(i * 23) % 100000000 as note
    from range({rows}) t(i)
"""
DAY = "(date '2000-01-01' + (hash(i * 11) % 9000)::int)::varchar"
# What a person would write, who knows this file: the same types, constraints and key, counted in one query.
BY_HAND = """
    select count(*),
      count_if(not (regexp_full_match(id, '-?[0-9]+') and try_cast(id as bigint) >= 0)),
      count_if(not (name = '' or (regexp_full_match(name, 'name-[0-9]+') and length(name) <= 20))),
      count_if(not (amount = '' or
        (regexp_full_match(amount, '-?[0-9]+([.][0-9]+)?') and try_cast(amount as decimal(38, 15)) >= 0))),
      count_if(not (day = '' or
        (regexp_full_match(day, '[0-9]{4}-[0-9]{2}-[0-9]{2}') and try_cast(day as date) is not null))),
      count_if(not (open = '' or open in ('true', 'True', 'TRUE', '1', 'false', 'False', 'FALSE', '0'))),
      count_if(not (kind = '' or kind in ('kind-0', 'kind-1', 'kind-2', 'kind-3', 'kind-4'))),
      count_if(not (year = '' or regexp_full_match(year, '[0-9]{4}'))),
      count_if(length(note) > 40),
      count(distinct try_cast(id as bigint))
    from """
DUCKDB = "import duckdb, sys; print(duckdb.sql(sys.argv[1]).fetchall())"
FRICTIONLESS = "from frictionless import Package; print(Package({path!r}).validate(limit_errors=1000).stats)"


@dataclass(frozen=True)
class Run:
    """What one process took: CPU and wall time in seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def main() -> None:
    """Make the files, run each side, write the page."""
    packages = {name: _package(name, ROWS) for name in ("clean", "dirty")}
    sample = _package("sample", SAMPLE)
    tiny = _package("tiny", 1_000)
    minshu = [sys.executable, "-m", "minshu", "validate"]
    by_hand = [sys.executable, "-c", DUCKDB, BY_HAND + _source(packages["clean"] / "table.csv")]
    runs: dict[str, list[Run]] = {"one DuckDB query": [], "minshu, clean": [], "minshu, dirty": []}
    for _ in range(RUNS):
        runs["one DuckDB query"].append(_run(by_hand))
        runs["minshu, clean"].append(_run([*minshu, str(packages["clean"])]))
        runs["minshu, dirty"].append(_run([*minshu, str(packages["dirty"])], expected=1))
    theirs = [
        _run([sys.executable, "-c", FRICTIONLESS.format(path=str(p / "datapackage.json"))]) for p in (sample, tiny)
    ]
    per_row = (theirs[0].cpu - theirs[1].cpu) / (SAMPLE - 1_000)
    runs["frictionless, clean (extrapolated)"] = [Run(per_row * ROWS, per_row * ROWS, theirs[0].memory)]
    _write(runs)


def _package(name: str, rows: int) -> Path:
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "table.csv").exists():
        dirty = name == "dirty"
        id_ = "case when i % 50000 = 49999 then i - 1 else i end" if dirty else "i"
        day = f"case when i % 10000 = 5000 then '2020-13-01' else {DAY} end" if dirty else DAY
        cells = CELLS.format(id=id_, day=day, rows=rows)
        with duckdb.connect() as connection:
            connection.execute(f"copy ({cells}) to '{folder / 'table.csv'}' (header true)")
    table = {"name": "table", "type": "table", "path": "table.csv", "encoding": "utf-8"}
    schema = {"fields": FIELDS, "primaryKey": ["id"]}
    whole = {"name": "bench", "resources": [{**table, "dialect": {"csv": {"delimiter": ","}}, "schema": schema}]}
    (folder / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    return folder


def _source(file: Path) -> str:
    names = [field["name"] for field in FIELDS]
    columns = dict.fromkeys(names, "VARCHAR")
    dialect = "delim=',', quote='\"', escape='\"'"
    return f"read_csv('{file}', auto_detect=false, header=true, {dialect}, columns={columns}, force_not_null={names})"


def _run(command: list[str], expected: int = 0) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    words = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        sys.exit(f"{command[:4]} exited with {process.returncode}: {words[-2000:]}")
    return Run(_cpu(usage), time.perf_counter() - start, usage.ru_maxrss / 1000)


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _write(runs: dict[str, list[Run]]) -> None:
    """Put the figures between the marks of the page, which is made where it is missing."""
    base = runs["one DuckDB query"]
    lines = ["| what | CPU, × the query | CPU, s | wall, s | peak, MB |", "| --- | --- | --- | --- | --- |"]
    for name, found in runs.items():
        ratio = statistics.median(run.cpu / other.cpu for run, other in zip(found, base, strict=False))
        cpu, wall, memory = (statistics.median(getattr(run, key) for run in found) for key in ("cpu", "wall", "memory"))
        lines.append(f"| {name} | {ratio:.1f} | {cpu:.1f} | {wall:.1f} | {memory:.0f} |")
    size = (BUILD / "clean" / "table.csv").stat().st_size / 1e6
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "frictionless", "pyarrow"))
    words = textwrap.fill(
        f"{ROWS:,} rows × {len(FIELDS)} columns, {size:.0f} MB, with a primary key; whole processes, imports included,"
        f" medians of {RUNS} runs side by side. Frictionless was run on {SAMPLE:,} rows and its CPU time extrapolated"
        " linearly, its start left out; its peak is that of the sample. The dirty file has 500 wrong dates and 100"
        f" repeated keys. {os.cpu_count()} cores ({platform.machine()}, {platform.system()}),"
        f" Python {platform.python_version()}, {packages}.",
        118,
    )
    text = PAGE.read_text("utf-8") if PAGE.exists() else f"# Performance\n\n{MARKS[0]}\n{MARKS[1]}\n"
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{MARKS[0]}\n{words}\n\n{table}\n{MARKS[1]}{after}", "utf-8")
    print(table)


if __name__ == "__main__":
    main()
