"""The figures as a table of docs/performance.md."""

import os
import platform
import textwrap
from importlib.metadata import version
from typing import Final

from bench.serve.data import ROOT
from bench.serve.load import CONNECTIONS
from bench.serve.measures import (
    ATTACKED,
    CALM,
    CSV,
    EXPORTED,
    EXPORTS,
    FILE,
    FILTER,
    GROUP,
    HELD,
    KEY,
    MEMORY,
    NEW,
    SEEN,
    Bench,
    Figures,
)
from bench.serve.servers import versions

PAGE: Final = ROOT / "docs" / "performance.md"
MARKS: Final = ("<!-- serve: begin -->", "<!-- serve: end -->")
# What each measure is compared with, by the server: the measure of theirs that it is held against.
RATES: Final = {
    NEW: ("100 rows, never seen before", NEW),
    SEEN: ("100 rows, seen before", NEW),
    HELD: ("100 rows that the client holds (304)", NEW),
    FILTER: ("100 rows from a condition on", FILTER),
    KEY: ("one row by its key", KEY),
    GROUP: ("group-by over all rows", GROUP),
}

WORDS: Final = """
{bench.data.rows:,} rows × 8 columns. Each server ran alone, with a copy of them, on the machine of the client:
{machine}. wrk with {connections} connections, medians of {load.runs} runs of {load.seconds:.0f} s each; Datasette's
group-by and CSV are one run. Ours had {bench.workers} server process(es) and no budgets. In brackets: ours ÷ theirs;
a page that was seen before is compared with any page of theirs, for they keep none. Datasette read an immutable SQLite
file, without counting and without facets; ROAPI held the rows in memory; nginx sent the same file as ours, with as many
workers. {packages}; {peers}.
"""


def table(figures: Figures) -> str:
    """The figures that there are, beside those of the others."""
    lines = ["| what | Minshu | Datasette | ROAPI | nginx |", "| --- | --- | --- | --- | --- |"]
    for name, (words, other) in RATES.items():
        lines.append(_row(f"{words}, requests/s", figures, name, other))
    lines.append(_row(f"CSV of {100 // EXPORTED} % of the rows, MB/s", figures, CSV, CSV))
    lines.append(_row("a complete file, MB/s", figures, FILE, FILE))
    if ("Minshu", CALM) in figures:
        calm, hot = figures["Minshu", CALM], figures["Minshu", ATTACKED]
        lines.append(f"| p99 of an honest client, alone: ms | {calm:.1f} | | | |")
        lines.append(f"| the same beside 8 attackers: ms | {hot:.1f} (× {hot / calm:.1f}) | | | |")
    names = [MEMORY.format(suffix) for suffix in EXPORTS if ("Minshu", MEMORY.format(suffix)) in figures]
    lines += [f"| {name} | {figures['Minshu', name]:.0f} | | | |" for name in names]
    return "\n".join(lines)


def _row(words: str, figures: Figures, name: str, other: str) -> str:
    ours = figures.get(("Minshu", name))
    cells = [_number(ours)]
    for server in ("Datasette", "ROAPI", "nginx"):
        theirs = figures.get((server, other))
        ratio = f" (× {_number(ours / theirs)})" if ours and theirs else ""
        cells.append(f"{_number(theirs)}{ratio}")
    return f"| {words} | {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def publish(bench: Bench) -> None:
    """Put the figures, and how they came to be, between the marks of the page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "uvicorn", "pyarrow"))
    peers = ", ".join(f"{name} {found}" for name, found in versions().items())
    load = bench.load
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    words = WORDS.format(
        bench=bench, load=load, connections=CONNECTIONS, machine=machine, packages=packages, peers=peers
    )
    text = PAGE.read_text("utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    PAGE.write_text(
        f"{before}{MARKS[0]}\n{textwrap.fill(words, 118)}\n\n{table(bench.figures)}\n{MARKS[1]}{after}", "utf-8"
    )
