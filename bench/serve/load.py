"""What measures: wrk, which counts requests a second, and curl, which counts bytes a second."""

import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from bench.serve.servers import Asked

CONNECTIONS, THREADS = 16, 2
SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True)
class Load:
    """How long each run lasts, in seconds, and how many there are, of which the median counts."""

    seconds: float
    runs: int


def requests_per_second(
    port: int, load: Load, batches: Callable[[int], Sequence[Asked]], headers: Sequence[str] = (), expected: str = "200"
) -> float:
    """The median of some runs of wrk. Each run is given its own requests; the first of each is tried before."""
    return statistics.median(_wrk(port, load.seconds, batches(run), headers, expected) for run in range(load.runs))


def _wrk(port: int, seconds: float, asked: Sequence[Asked], headers: Sequence[str], expected: str) -> float:
    status, words = tried(port, asked[0], headers)
    if status != expected:
        sys.exit(f"{asked[0]} was answered {status}, not {expected}: {words[:1000]}")
    with NamedTemporaryFile("w", suffix=".txt") as lines:
        lines.writelines(f"{one.path}\t{one.body}\n" if one.body else f"{one.path}\n" for one in asked[1:] or asked)
        lines.flush()
        load = ["-t", str(THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds:.0f}s", "--timeout", "120s"]
        command = [
            "wrk",
            *load,
            "-s",
            str(SCRIPT),
            f"http://127.0.0.1:{port}",
            "--",
            lines.name,
            str(THREADS),
            *headers,
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if wrong or not rate:
        sys.exit(f"wrk was answered with errors after {asked[0]}: {told}")
    return float(rate[1])


def tried(port: int, asked: Asked, headers: Sequence[str] = ()) -> tuple[str, str]:
    """The status and the text of one answer."""
    posted = ["--data-binary", asked.body] if asked.body else []
    given = [word for header in headers for word in ("-H", header)]
    command = ["curl", "-s", "-w", "%{stderr}%{http_code}", *posted, *given, f"http://127.0.0.1:{port}{asked.path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr, done.stdout


def megabytes_per_second(port: int, asked: Asked, headers: Sequence[str] = (), most: float = 120.0) -> float:
    """The speed of one download, or of what of it came in the seconds that it was given."""
    posted = ["--data-binary", asked.body] if asked.body else []
    given = [word for header in headers for word in ("-H", header)]
    report = "%{http_code} %{size_download} %{time_total}"
    command = ["curl", "-s", "-o", "/dev/null", "--max-time", f"{most:.0f}", "-w", report, *posted, *given]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{asked.path}"], capture_output=True, text=True, check=False
    )
    status, size, seconds = told.stdout.split()
    if status != "200" or float(size) == 0:
        sys.exit(f"{asked} was answered {status}, with {size} bytes.")
    return float(size) / float(seconds) / 1e6


def header_of(port: int, asked: Asked, name: str) -> str:
    """A header of an answer."""
    command = ["curl", "-s", "-o", "/dev/null", "-w", f"%header{{{name}}}", f"http://127.0.0.1:{port}{asked.path}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
