"""`minshu verify` beside `sha256sum` and `openssl dgst` on the same files: CPU and wall time of whole processes.

Run by `make bench`. The files lie in the system's cache. The figures go to docs/performance.md.
"""

import hashlib
import os
import platform
import statistics
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from minshu.manifest import MANIFEST, Manifest, ReleasedFile

FILES, MEGABYTES, RUNS = 4, 300, 5
ROOT = Path(__file__).parents[1]
STORE = ROOT / "build" / "bench" / "verify"
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- verify: begin -->", "<!-- verify: end -->")
MINSHU = Path(sys.executable).with_name("minshu")


class Run(NamedTuple):
    """What one process took, in seconds."""

    cpu: float
    wall: float


def main() -> None:
    """Measure the commands side by side, and write the figures to the page."""
    paths = _release(STORE / "large" / "1.0.0")
    commands = {
        "sha256sum": ["sha256sum", *paths],
        "openssl dgst -sha256": ["openssl", "dgst", "-sha256", *paths],
        "minshu verify": [str(MINSHU), "verify", "--store", str(STORE)],
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            runs[name].append(_measured(command))
    _write(runs)


def _release(folder: Path) -> list[str]:
    """A release of a few large files, made once."""
    paths = [folder / f"package/data/{number}.bin" for number in range(FILES)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.stat().st_size != MEGABYTES << 20:
            path.write_bytes(os.urandom(MEGABYTES << 20))
    files = tuple(
        ReleasedFile(
            path=path.relative_to(folder).as_posix(),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            bytes=path.stat().st_size,
        )
        for path in paths
    )
    manifest = Manifest(
        name="large",
        version="1.0.0",
        published=datetime.now(UTC),
        generator="bench",
        schema_sha256="0" * 64,
        tables=(),
        files=files,
    )
    (folder / MANIFEST).write_bytes(manifest.dumps())
    return list(map(str, paths))


def _measured(command: list[str]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} exited with {process.returncode}: run it by hand to see why.")
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)


def _write(runs: dict[str, list[Run]]) -> None:
    """Put the figures between the marks of the page."""
    base = runs["sha256sum"]
    lines = ["| what | speed by CPU, × sha256sum | CPU, s | wall, s |", "| --- | --- | --- | --- |"]
    for name, found in runs.items():
        ratio = statistics.median(other.cpu / run.cpu for run, other in zip(found, base, strict=True))
        cpu, wall = (statistics.median(getattr(run, key) for run in found) for key in ("cpu", "wall"))
        lines.append(f"| {name} | {ratio:.2f} | {cpu:.2f} | {wall:.2f} |")
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{MARKS[0]}\n{_words()}\n\n{table}\n{MARKS[1]}{after}", "utf-8")
    print(table)


def _words() -> str:
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return textwrap.fill(
        f"A release of {FILES} files of {MEGABYTES} MiB of chance; whole processes, the start of Python included,"
        f" medians of {RUNS} runs side by side. {os.cpu_count()} cores ({platform.machine()}, {platform.system()}),"
        f" with {busy:.1f} processes waiting for each; Python {platform.python_version()}.",
        120,
    )


if __name__ == "__main__":
    main()
