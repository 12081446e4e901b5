"""Several server processes on one socket."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from minshu import acts
from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from .conftest import write_package

DATABASE = "/datasets/odd-data/versions/1.0.0/odd-data.duckdb"
pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for processes in /proc")


class Service:
    """A supervisor with two server processes."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.process, self.address = process, address

    @property
    def servers(self) -> list[int]:
        """The server processes: those that hold the listening socket, unlike Python's own helper."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]

    @contextmanager
    def only(self, awake: int) -> Iterator[None]:
        """Let the other server processes sleep, so that this one takes every connection."""
        others = [pid for pid in self.servers if pid != awake]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a store with one release."""
    settings = Settings(store=tmp_path / "store", catalogue=tmp_path)
    release(settings, tmp_path, "1.0.0")
    return settings


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """The command with two server processes."""
    words = ["--workers", "2", "--port", "0", "--store", str(settings.store), "--catalogue", str(settings.catalogue)]
    with subprocess.Popen([sys.executable, "-m", "minshu", "serve", *words], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr
        found = re.search(r"http://127\.0\.0\.1:\d+", run.stderr.readline())
        try:
            assert found
            yield Service(run, found[0])
        finally:
            run.terminate()
            run.communicate(timeout=40)


def release(settings: Settings, folder: Path, version: str) -> None:
    """Publish a version while the service runs, or before."""
    with opened(write_package(folder / version, version), settings) as package:
        publish(package, None, Store(settings.store), settings)


def versions(address: str) -> list[str]:
    """The versions that the service knows."""
    answer = httpx.get(f"{address}/datasets/odd-data/versions", timeout=20)
    return [item["version"] for item in answer.json()["versions"]]


def asked(address: str) -> int:
    """How often the versions were asked for, as the figures say."""
    told = httpx.get(f"{address}/metrics", timeout=20).text
    found = re.search(r'requests_total\{method="GET",route="/datasets/\{name\}/versions",status="200"\} (\d+)', told)
    return int(found[1]) if found else 0


def until(true: Callable[[], bool]) -> None:
    """Wait for something that takes a few seconds at most."""
    end = time.monotonic() + 40
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
def test_a_killed_server_process_is_replaced_and_every_one_sees_what_is_published(
    service: Service, settings: Settings, tmp_path: Path
) -> None:
    first, second = service.servers
    os.kill(first, signal.SIGKILL)
    release(settings, tmp_path, "1.1.0")
    until(lambda: len(set(service.servers) - {first}) == 2)
    (third,) = set(service.servers) - {second}
    for pid in (second, third):
        with service.only(pid):
            assert versions(service.address) == ["1.1.0", "1.0.0"]


@pytest.mark.slow
def test_an_assistant_goes_on_at_another_server_process(service: Service) -> None:
    first, second = service.servers
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    read = {"name": "read_rows", "arguments": {"dataset": "odd-data", "table": "points", "limit": 1}}
    with service.only(first):
        begun = told(service.address, "initialize", params)
        page = told(service.address, "tools/call", read)["structuredContent"]
    with service.only(second):
        read["arguments"] = {**read["arguments"], "next": page["next"]}  # type: ignore[dict-item]
        rest = told(service.address, "tools/call", read)["structuredContent"]
    assert begun["protocolVersion"] == "2025-11-25"
    assert [page["rows"], rest["rows"]] == [[[1, "one"]], [[2, "two"]]]


def told(address: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """What an assistant is answered, on a connection of its own."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = httpx.post(f"{address}/mcp", json=message, timeout=40)
    result: dict[str, Any] = answer.json()["result"]
    return result


@pytest.mark.slow
def test_every_server_process_finishes_its_downloads_before_the_service_stops(service: Service) -> None:
    with ExitStack() as stack:
        downloads = []
        for pid in service.servers:
            with service.only(pid):
                client = stack.enter_context(httpx.Client(base_url=service.address, timeout=20))
                downloads.append(stack.enter_context(client.stream("GET", DATABASE)))
        parts = [download.iter_raw(1000) for download in downloads]
        received = [len(next(part)) for part in parts]
        service.process.terminate()
        received = [first + sum(map(len, rest)) for first, rest in zip(received, parts, strict=True)]
    assert received == [int(download.headers["content-length"]) for download in downloads]
    assert service.process.wait(40) == -signal.SIGTERM


@pytest.mark.slow
def test_a_service_that_cannot_start_says_why_and_ends(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "cache/budgets-1").mkdir(parents=True)  # Where a file is to be.
    words = ["--workers", "2", "--port", "0", "--store", str(settings.store), "--cache", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "minshu", "serve", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3
    assert "Cannot count the use of clients" in ended.stderr


@pytest.mark.slow
def test_the_server_processes_end_when_the_supervisor_was_killed(service: Service) -> None:
    servers = service.servers
    service.process.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in servers))


@pytest.mark.parametrize(("workers", "sql_workers", "each"), [(1, 4, 4), (2, 4, 2), (2, 5, 2), (4, 2, 1)])
def test_server_processes_divide_the_sql_workers_and_each_has_one_at_least(
    workers: int, sql_workers: int, each: int
) -> None:
    assert Settings(workers=workers, sql_workers=sql_workers).share().sql_workers == each


def test_server_processes_divide_memory_and_queue() -> None:
    own = Settings(workers=3, query_memory=600 << 20, sql_queue=16).share()
    assert (own.query_memory, own.sql_queue) == (200 << 20, 6)


@pytest.mark.slow
def test_figures_are_those_of_all_server_processes_the_dead_included(service: Service) -> None:
    for pid in service.servers:
        with service.only(pid):
            versions(service.address)
    first, second = service.servers
    until(lambda: asked(service.address) == 2)  # A request is counted when its answer is under way already.
    os.kill(first, signal.SIGKILL)
    until(lambda: len(set(service.servers) - {first}) == 2)
    with service.only(second):
        assert asked(service.address) == 2


@pytest.mark.slow
def test_what_is_withdrawn_is_gone_at_once_in_every_server_process(service: Service, settings: Settings) -> None:
    rows = f"{service.address}/datasets/odd-data/versions/1.0.0/points/rows"
    told = {}
    for server in service.servers:
        with service.only(server):
            told[server] = [httpx.get(rows, timeout=20).status_code for _ in range(2)]
    acts.withdraw(Store(settings.store), "odd-data", "1.0.0", "why", Actor("operator"))
    for server in service.servers:
        with service.only(server):
            told[server].append(httpx.get(rows, timeout=20).status_code)
    assert list(told.values()) == [[200, 200, 410]] * 2
