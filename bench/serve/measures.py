"""What is measured of each server. A figure stands under the name of the server and that of the measure."""

import re
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.serve import servers
from bench.serve.attacks import attacked, latencies
from bench.serve.data import NAME, TABLE, VERSION, Data
from bench.serve.load import Load, header_of, megabytes_per_second, requests_per_second
from bench.serve.servers import Asked, Queried, Question, free_port, numbers, running

Figures = dict[tuple[str, str], float]

NEW, SEEN, HELD, KEY, FILTER = (
    "page, never seen before",
    "page, seen before",
    "page, 304",
    "row by key",
    "filtered page",
)
GROUP, CSV, FILE, CALM, ATTACKED = "group-by", "CSV", "complete file", "p99 in calm", "p99 under attack"
EXPORTS: Final = ("csv", "json", "ndjson", "parquet", "arrow")
MEMORY: Final = "memory above idle while all rows are exported as {}, MB"
# As many of a kind as no run can use up, and the tenth of the table that is exported.
MANY: Final = 200_000
EXPORTED: Final = 10
# What a server that takes seconds for an answer is given, for one run: an export is cut off then.
LONG: Final = Load(60, 1)
ENOUGH: Final = 15.0


@dataclass(frozen=True)
class Bench:
    """The table, how many server processes ours has, and how long and often everything is measured."""

    data: Data
    workers: int
    load: Load
    figures: Figures

    def minshu(self) -> None:
        """Everything that is asked of all, and what only caches know."""
        with self._served(lambda port: servers.minshu(self.data, port, self.workers)) as (server, port, _):
            self._rows(server, port)
            seen = server.page(0)
            tag = [f"If-None-Match: {header_of(port, seen, 'etag')}"]
            self._note(server.name, HELD, requests_per_second(port, self.load, lambda _: [seen], tag, "304"))
            self._note(server.name, GROUP, requests_per_second(port, self.load, self._new(server.group)))
            self._csv(server, port)

    def datasette(self) -> None:
        """It takes seconds for a group and minutes for the export."""
        with self._served(lambda port: servers.datasette(self.data, port)) as (server, port, _):
            self._rows(server, port)
            # The export first: it would wait for groups that nobody waits for any more.
            self._note(server.name, CSV, megabytes_per_second(port, server.csv(self._exported), most=ENOUGH))
            self._note(server.name, GROUP, requests_per_second(port, LONG, self._new(server.group)))

    def roapi(self) -> None:
        """It keeps the table in memory."""
        with self._served(lambda port: servers.roapi(self.data, port)) as (server, port, _):
            self._rows(server, port)
            self._note(server.name, GROUP, requests_per_second(port, self.load, self._new(server.group)))
            self._csv(server, port, ["Accept: application/csv"])

    def files(self) -> None:
        """A complete file, by ours and by nginx in turns."""
        speeds: dict[str, list[float]] = {}
        self.data.warm()
        with TemporaryDirectory() as folder:
            port, other = free_port(), free_port()
            ours = servers.minshu(self.data, port, self.workers)
            theirs = servers.nginx(self.data, other, self.workers, Path(folder))
            paths = {port: f"/datasets/{NAME}/versions/{VERSION}/{TABLE}.parquet", other: f"/tables/{TABLE}.parquet"}
            with running(ours, port), running(theirs, other):
                for _ in range(10 * self.load.runs):
                    for server, place in ((ours, port), (theirs, other)):
                        speed = megabytes_per_second(place, Asked(paths[place]))
                        speeds.setdefault(server.name, []).append(speed)
        for name, found in speeds.items():
            self._note(name, FILE, statistics.median(found[1:]))

    def attacks(self) -> None:
        """An honest client, alone and beside attackers."""
        with self._served(lambda port: servers.minshu(self.data, port, self.workers)) as (server, port, _):
            calm, hot = (self._mixed(server, seed) for seed in (71, 72))
            seconds = 4 * self.load.seconds
            latencies(port, calm[:100], 2)
            self._note(server.name, CALM, _p99(latencies(port, calm, seconds)))
            with attacked(port):
                self._note(server.name, ATTACKED, _p99(latencies(port, hot, seconds)))

    def memory(self) -> None:
        """What the export of the whole table takes of memory, above what the idle service takes."""
        for suffix in EXPORTS:
            with self._served(lambda port: servers.minshu(self.data, port, 1)) as (_, port, pid):
                path = f"/datasets/{NAME}/versions/{VERSION}/{TABLE}.{suffix}"
                megabytes_per_second(port, Asked(f"{path}?id=1"))
                idle = resident(pid)
                # Of the whole there may be a file already.
                megabytes_per_second(port, Asked(f"{path}?id__gte=0"))
                self._note("Minshu", MEMORY.format(suffix), resident(pid, peak=True) - idle)

    def _note(self, server: str, measure: str, figure: float) -> None:
        self.figures[server, measure] = figure
        print(f"{server}, {measure}: {figure:.5g}", file=sys.stderr, flush=True)

    @contextmanager
    def _served(self, made: Callable[[int], Queried]) -> Iterator[tuple[Queried, int, int]]:
        self.data.warm()
        port = free_port()
        server = made(port)
        with running(server, port) as pid:
            yield server, port, pid

    def _rows(self, server: Queried, port: int) -> None:
        seen = server.page(0)
        measures: dict[str, Callable[[int], Sequence[Asked]]] = {
            NEW: self._new(server.page),
            SEEN: lambda _: [seen],
            KEY: self._new(server.key),
            FILTER: self._new(server.filtered),
        }
        for name, batches in measures.items():
            self._note(server.name, name, requests_per_second(port, self.load, batches))

    def _new(self, question: Question) -> Callable[[int], Sequence[Asked]]:
        """For each run, questions that were not asked before."""
        return lambda run: [question(number) for number in numbers(self.data, MANY, run)]

    @property
    def _exported(self) -> int:
        return self.data.rows // EXPORTED

    def _csv(self, server: Queried, port: int, headers: Sequence[str] = ()) -> None:
        speeds = [
            megabytes_per_second(port, server.csv(self._exported + run), headers) for run in range(2 * self.load.runs)
        ]
        self._note(server.name, CSV, statistics.median(speeds))

    def _mixed(self, server: Queried, seed: int) -> list[Asked]:
        return [
            question(number) for number in numbers(self.data, 5_000, seed) for question in (server.page, server.key)
        ]


def resident(pid: int, *, peak: bool = False) -> float:
    """The MB of a process in memory, now or at most since it began."""
    told = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", told, re.MULTILINE)
    assert found
    return int(found[1]) / 1000


def _p99(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return statistics.quantiles(seconds, n=100)[98] * 1000
