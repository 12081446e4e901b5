"""Validation of 5 M rows: `minshu validate` beside one hand-written DuckDB query, and beside frictionless.

Run by `make bench`; `python bench/structure.py ROWS` measures fewer. Each run is a whole process, so imports count;
what is compared is CPU time (user and system), as the median of the runs' ratios. Frictionless reads a sample of the
same file, and its time is extrapolated linearly. The figures go to docs/performance.md.
"""

import json
import os
import platform
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
SAMPLE, TINY, SMALL = 50_000, 1_000, 100
GROWTH = 4
RUNS, STARTS = 3, 5
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
WRONG_DAYS, REPEATED_KEYS = 900, 100
CITIES = ("福州市", "厦门市", "莆田市", "三明市", "泉州市", "漳州市", "南平市", "龙岩市", "宁德市", "平潭综合实验区")
# Twenty columns as a register of offices has them: five of codes and numbers, three of dates, twelve of words.
CHINESE: dict[str, tuple[str, str]] = {
    "编号": ("integer", "i"),
    "行政区划代码": ("string", "(350100 + hash(i) % 900)::varchar"),
    "面积": ("number", "((hash(i * 3) % 1000000) / 100)::decimal(10, 2)::varchar"),
    "人数": ("integer", "hash(i * 5) % 10000"),
    "是否开放": ("boolean", "case when hash(i * 7) % 2 = 0 then 'true' else 'false' end"),
    "成立日期": ("date", DAY),
    "更新日期": ("date", DAY),
    "年份": ("year", "2000 + hash(i * 11) % 25"),
    "设区市": ("string", f"({list(CITIES)})[(1 + hash(i * 13) % {len(CITIES)})::int]"),
    **{
        f"{name}": ("string", f"'{words}' || hash(i * {place}) % 100000 || '{end}'")
        for place, (name, words, end) in enumerate(
            [
                ("名称", "数字福建应用平台第", "期"),
                ("地址", "鼓楼区八一七北路", "号信息大厦"),
                ("主管部门", "数据管理局", "处"),
                ("建设单位", "信息中心", "科"),
                ("承办单位", "大数据有限公司", "部"),
                ("主要内容", "汇聚政务数据并向社会开放共享，", "项"),
                ("进展情况", "已完成年度计划的百分之", "左右"),
                ("数据来源", "来源系统", "库"),
                ("更新周期", "每", "日"),
                ("联系人", "窗口", "岗"),
                ("备注", "说明文字", "条"),
            ],
            20,
        )
    },
}
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
RULES = """
import pandera.polars as pa


class Table(pa.DataFrameModel):
    \"\"\"Rules on four columns.\"\"\"

    id: int = pa.Field(ge=0, unique=True)
    name: str = pa.Field(str_length={"max_value": 20}, nullable=True)
    kind: str = pa.Field(isin=[f"kind-{number}" for number in range(5)], nullable=True)
    note: str = pa.Field(str_startswith="note", nullable=True)


MODELS = {"table": Table}
"""


@dataclass(frozen=True)
class Run:
    """What one process took: CPU and wall time in seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def main() -> None:
    """Make the files, run each side, write the page."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    clean, dirty, chinese = _package("clean", rows), _package("dirty", rows), _package("chinese", rows // 5)
    rules = BUILD / "rules.py"
    rules.write_text(RULES, "utf-8")
    minshu = [sys.executable, "-m", "minshu", "validate"]
    by_hand = [sys.executable, "-c", DUCKDB, BY_HAND + _source(clean / "table.csv")]
    with_rules = [*minshu, str(clean), "--rules", str(rules)]
    runs: dict[str, list[Run]] = {}
    for _ in range(RUNS):
        runs.setdefault("one DuckDB query", []).append(run(by_hand))
        runs.setdefault("minshu, clean", []).append(run([*minshu, str(clean)]))
        runs.setdefault("minshu, dirty", []).append(run([*minshu, str(dirty)], expected=1))
        runs.setdefault("minshu, clean, with rules on four columns", []).append(run(with_rules))
    runs[f"minshu, {GROWTH} × the rows"] = [run([*minshu, str(_package("large", rows * GROWTH))])]
    runs["frictionless, clean (extrapolated)"] = [_frictionless("sample", "tiny", rows)]
    runs[f"minshu, Chinese, {rows // 5:,} × {len(CHINESE)}"] = [run([*minshu, str(chinese)])]
    runs["frictionless, Chinese (extrapolated)"] = [_frictionless("chinese-sample", "chinese-tiny", rows // 5)]
    small = str(_package("small", SMALL))
    starts = [("no", [*minshu, small]), ("with", [*minshu, small, "--rules", str(rules)])]
    walls = {name: statistics.median(run(command).wall for _ in range(STARTS)) for name, command in starts}
    _write(runs, walls, rows)


def _frictionless(sample: str, tiny: str, rows: int) -> Run:
    """What it would take for all rows: its time for each, without its start; the peak is that of the sample."""
    packages = _package(sample, SAMPLE), _package(tiny, TINY)
    commands = ([sys.executable, "-c", FRICTIONLESS.format(path=str(p / "datapackage.json"))] for p in packages)
    long, short = map(run, commands)
    cpu = (long.cpu - short.cpu) / (SAMPLE - TINY) * rows
    return Run(cpu, cpu, long.memory)


def _package(name: str, rows: int) -> Path:
    folder = BUILD / f"{name}-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    in_chinese = name.startswith("chinese")
    if not (folder / "table.csv").exists():
        cells = _chinese(rows) if in_chinese else _cells(rows, dirty=name == "dirty")
        with duckdb.connect() as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"copy ({cells}) to '{folder / 'table.csv'}' (header true)")
    table = {"name": "table", "type": "table", "path": "table.csv", "encoding": "utf-8"}
    fields = [{"name": label, "type": kind} for label, (kind, _) in CHINESE.items()] if in_chinese else FIELDS
    schema = {"fields": fields, "primaryKey": [fields[0]["name"]]}
    whole = {"name": "bench", "resources": [{**table, "dialect": {"csv": {"delimiter": ","}}, "schema": schema}]}
    (folder / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    return folder


def _cells(rows: int, *, dirty: bool) -> str:
    if not dirty:
        return CELLS.format(id="i", day=DAY, rows=rows)
    days, keys = rows // WRONG_DAYS, rows // REPEATED_KEYS
    id_ = f"case when i % {keys} = {keys - 1} and i < {keys * REPEATED_KEYS} then i - 1 else i end"
    wrong = f"i % {days} = {days // 2} and i < {days * WRONG_DAYS}"
    return CELLS.format(id=id_, day=f"case when {wrong} then '2020-13-01' else {DAY} end", rows=rows)


def _chinese(rows: int) -> str:
    columns = ", ".join(f'{cell} as "{label}"' for label, (_, cell) in CHINESE.items())
    return f"select {columns} from range({rows}) t(i)"


def _source(file: Path) -> str:
    names = [field["name"] for field in FIELDS]
    columns = dict.fromkeys(names, "VARCHAR")
    dialect = "delim=',', quote='\"', escape='\"'"
    return f"read_csv('{file}', auto_detect=false, header=true, {dialect}, columns={columns}, force_not_null={names})"


def run(command: list[str], expected: int = 0) -> Run:
    """Run a whole process, and tell what it took. Exits where it does not end as expected."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    words = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        sys.exit(f"{command[:4]} exited with {process.returncode}: {words[-2000:]}")
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1000)


def _write(runs: dict[str, list[Run]], walls: dict[str, float], rows: int) -> None:
    """Put the figures between the marks of the page."""
    base = runs["one DuckDB query"]
    lines = ["| what | CPU, × the query | CPU, s | wall, s | peak, MB |", "| --- | --- | --- | --- | --- |"]
    for name, found in runs.items():
        ratio = statistics.median(run.cpu / other.cpu for run, other in zip(found, base, strict=False))
        cpu, wall, memory = (statistics.median(getattr(run, key) for run in found) for key in ("cpu", "wall", "memory"))
        lines.append(f"| {name} | {ratio:.2f} | {cpu:.1f} | {wall:.1f} | {memory:.0f} |")
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{MARKS[0]}\n{_words(walls, rows)}\n\n{table}\n{MARKS[1]}{after}", "utf-8")
    print(table)


def _words(walls: dict[str, float], rows: int) -> str:
    size = (BUILD / f"clean-{rows}" / "table.csv").stat().st_size / 1e6
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "frictionless", "pandera", "polars", "pyarrow")
    )
    busy = os.getloadavg()[2] / (os.cpu_count() or 1)
    return textwrap.fill(
        f"{rows:,} rows × {len(FIELDS)} columns, {size:.0f} MB, with a primary key; whole processes, imports included,"
        f" medians of {RUNS} runs side by side, of one run where rows or columns differ. Frictionless was run on"
        f" {SAMPLE:,} rows and its CPU time extrapolated linearly, its start left out; its peak is that of the sample."
        f" The dirty file has {WRONG_DAYS} wrong dates and {REPEATED_KEYS} repeated keys. A package of {SMALL} rows"
        f" takes {walls['no']:.2f} s of wall time without a rules file and {walls['with']:.2f} s with one (medians of"
        f" {STARTS}). {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), with {busy:.1f} processes"
        f" waiting for each; Python {platform.python_version()}, {packages}.",
        118,
    )


if __name__ == "__main__":
    main()
