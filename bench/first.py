"""How long the commands take on the shipped dataset: wall time and peak memory, the median of five runs each.

Run by `make bench`. The figures are of this machine, with a warm disk cache; each run is a new process, as a person
starts it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 5
ROOT = Path(__file__).parents[1]
MINSHU = Path(sys.executable).with_name("minshu")


def measured(command: Sequence[str | Path]) -> tuple[float, float]:
    """The seconds that a command takes and the MB that it holds at most."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} exited with {process.returncode}: run it by hand to see why.")
    return seconds, usage.ru_maxrss / 1000


def commands(package: Path, scratch: Path, run: int) -> dict[str, list[str | Path]]:
    """What is measured, by name. Each run publishes into a store of its own."""
    store = scratch / str(run)
    return {
        "--version": [MINSHU, "--version"],
        "validate": [MINSHU, "validate", package],
        "publish": [MINSHU, "publish", package, "--store", store],
        "publish again": [MINSHU, "publish", package, "--store", store],
        "verify": [MINSHU, "verify", "--store", store],
    }


def main() -> None:
    """Print one line for each command and dataset."""
    print(f"{'dataset':24} {'command':14} {'seconds':>8} {'MB':>6}")
    for descriptor in sorted(ROOT.glob("datasets/*/datapackage.json")):
        figures: dict[str, list[tuple[float, float]]] = {}
        with tempfile.TemporaryDirectory() as scratch:
            for run in range(RUNS):
                for name, command in commands(descriptor.parent, Path(scratch), run).items():
                    figures.setdefault(name, []).append(measured(command))
        for name, rows in figures.items():
            seconds, memory = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{descriptor.parent.name:24} {name:14} {seconds:8.2f} {memory:6.0f}")


if __name__ == "__main__":
    main()
