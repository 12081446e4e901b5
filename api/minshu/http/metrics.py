"""What the service counts, for Prometheus.

Each application has a registry of its own. Where several server processes serve together, prometheus-client keeps
their figures in files of a common folder, named by its own variable, and whichever process is asked adds them up.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    # The supervisor imports this module, and has no need of what a library imports.
    from minshu.browse import Library

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of prometheus-client that names the common folder of several processes."""

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
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

    def exposition(self, library: "Library") -> bytes:
        """All figures in Prometheus's text format: those of every server process, and those of the store."""
        store = CollectorRegistry()
        store.register(_Store(library))
        return generate_latest(self._all()) + generate_latest(store)

    def _all(self) -> CollectorRegistry:
        if SHARED not in os.environ:
            return self.registry
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return everyone


class _Store(Collector):
    """What the store holds, counted when it is asked for."""

    def __init__(self, library: "Library") -> None:
        self._library = library

    def collect(self) -> Iterator[GaugeMetricFamily]:
        datasets = self._library.datasets()
        yield GaugeMetricFamily("minshu_datasets", "Datasets of the store.", len(datasets))
        releases = sum(len(dataset.versions) for dataset in datasets)
        yield GaugeMetricFamily("minshu_releases", "Releases of the store.", releases)
