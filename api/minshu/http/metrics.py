"""What the service counts, for Prometheus.

Each application has a registry of its own. Where several server processes serve together, prometheus-client keeps
their figures in files of a common folder, named by its own variable, and whichever process is asked adds them up.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    # The supervisor imports this module, and has no need of what a library imports.
    from minshu.browse import Library
    from minshu.filecache import Lookups
    from minshu.sql import SqlService

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of prometheus-client that names the common folder of several processes."""

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
RUNNING: Final = "minshu_sql_queries_running"
WAITING: Final = "minshu_sql_queries_waiting"
SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


# A second series for each, of when it began, which nobody here asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "minshu_http_requests", "Requests.", ["route", "method", "status"], registry=self.registry
        )
        self._bytes = Counter("minshu_http_sent_bytes", "Bytes of bodies.", ["route"], registry=self.registry)
        self._seconds = Histogram(
            "minshu_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            registry=self.registry,
            buckets=SECONDS,
        )
        self._lookups = Counter(
            "minshu_cache_lookups", "Questions to a cache.", ["cache", "result"], registry=self.registry
        )
        self._answers = {hit: self._lookups.labels("answers", _result(hit=hit)) for hit in (True, False)}
        self._followed: list[_Followed] = []
        self._syncing = Lock()
        # Finding a counter by its labels costs more than counting.
        self._found: dict[tuple[str, str, int], tuple[Counter, Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, sent: int, seconds: float) -> None:
        """Count a request. `route` is the template of its path, so that there are as many as the service has."""
        found = self._found.get((route, method, status))
        if found is None:
            found = (
                self._requests.labels(route, method, str(status)),
                self._bytes.labels(route),
                self._seconds.labels(route),
            )
            self._found[route, method, status] = found
        requests, sent_bytes, took = found
        requests.inc()
        sent_bytes.inc(sent)
        took.observe(seconds)

    def answer(self, *, hit: bool) -> None:
        """Count a question to the cache of answers."""
        self._answers[hit].inc()

    def follow(self, sql: "SqlService", library: "Library") -> None:
        """Take over what these count for themselves, whenever `sync` is called."""
        gauges: dict[str, tuple[str, Callable[[], float]]] = {
            RUNNING: ("Queries that have a worker now.", sql.running),
            WAITING: ("Queries that wait for one.", sql.waiting),
        }
        for name, (words, read) in gauges.items():
            gauge = Gauge(name, words, registry=self.registry, multiprocess_mode="livesum")
            self._followed.append(_Followed(read, gauge.inc))
        counters: dict[str, tuple[str, Callable[[], float]]] = {
            "minshu_sql_queries": ("Queries that got a worker.", sql.begun),
            "minshu_sql_waited_seconds": ("Seconds that they waited for it.", sql.waited),
            "minshu_sql_workers_killed": ("Workers that were killed.", sql.killed),
        }
        for name, (words, read) in counters.items():
            self._followed.append(_Followed(read, Counter(name, words, registry=self.registry).inc))
        self._follow_cache("exports", library.export_lookups)
        self._follow_cache("sql", sql.lookups)

    def _follow_cache(self, cache: str, lookups: "Callable[[], Lookups]") -> None:
        hits, misses = (self._lookups.labels(cache, _result(hit=hit)).inc for hit in (True, False))
        self._followed += [_Followed(lambda: lookups().hits, hits), _Followed(lambda: lookups().misses, misses)]

    def sync(self) -> None:
        """Take over the figures that are followed, as they are now."""
        with self._syncing:
            for followed in self._followed:
                followed.sync()

    def exposition(self, library: "Library") -> bytes:
        """All figures in Prometheus's text format: those of every server process, and those of the store."""
        self.sync()
        store = CollectorRegistry()
        store.register(_Store(library))
        return generate_latest(self._all()) + generate_latest(store)

    def now(self, name: str) -> float:
        """A figure as it is now, those of every server process together; 0 where nobody counts it yet."""
        self.sync()
        return self._all().get_sample_value(name) or 0

    def _all(self) -> CollectorRegistry:
        if SHARED not in os.environ:
            return self.registry
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return everyone


@dataclass
class _Followed:
    """A figure that somebody else counts: how to read it, where to add what came, and what was read before."""

    read: Callable[[], float]
    add: Callable[[float], None]
    seen: float = 0

    def sync(self) -> None:
        """Add what came, or take off what went."""
        now = self.read()
        self.add(now - self.seen)
        self.seen = now


def _result(*, hit: bool) -> str:
    return "hit" if hit else "miss"


class _Store(Collector):
    """What the store holds, counted when it is asked for."""

    def __init__(self, library: "Library") -> None:
        self._library = library

    def collect(self) -> Iterator[GaugeMetricFamily]:
        datasets = self._library.datasets()
        yield GaugeMetricFamily("minshu_datasets", "Datasets of the store.", len(datasets))
        releases = sum(len(dataset.versions) for dataset in datasets)
        yield GaugeMetricFamily("minshu_releases", "Releases of the store.", releases)
