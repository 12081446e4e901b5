"""The log: one line for a request, one for an error, and nothing that is nobody's business."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from minshu.http import logs
from minshu.http.logs import JsonLines, RequestRecord, Stderr, TextLines
from minshu.settings import Settings

from .test_server import start

SECRET = "4102-geheim"


@dataclass(frozen=True)
class Service:
    """The running command, and the file that its log goes to."""

    address: str
    log: Path

    def lines(self, request_id: str) -> list[dict[str, Any]]:
        """The lines of a request, once they are written."""
        end = time.monotonic() + 10
        while not (found := [line for line in self.all() if line.get("request_id") == request_id]):
            assert time.monotonic() < end
            time.sleep(0.05)
        return found

    def all(self) -> list[dict[str, Any]]:
        """Every line that is there so far."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def service(served: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The command, its log in a file."""
    log = tmp_path_factory.mktemp("log") / "stderr"
    words = ["--port", "0", "--store", str(served.store), "--catalogue", str(served.catalogue)]
    with (
        log.open("wb") as stderr,
        subprocess.Popen([sys.executable, "-m", "minshu", "serve", *words], stderr=stderr) as run,
    ):
        try:
            end = time.monotonic() + 30
            while "Serving on" not in log.read_text():
                assert time.monotonic() < end
                time.sleep(0.05)
            yield Service(json.loads(log.read_text().splitlines()[0])["message"].split()[2], log)
        finally:
            run.terminate()
            run.wait(30)


def test_a_request_is_one_line_of_json_with_the_id_that_its_answer_carries(service: Service) -> None:
    answer = httpx.get(f"{service.address}/datasets/odd-data/versions/1.0.0/points/rows")
    (line,) = service.lines(answer.headers["X-Request-Id"])
    assert line.pop("time").endswith("Z")
    assert line.pop("seconds") > line.pop("cost")["seconds"] > 0
    assert line == {
        "level": "info",
        "message": "request",
        "request_id": answer.headers["X-Request-Id"],
        "client": "127.0.0.1",
        "method": "GET",
        "path": "/datasets/odd-data/versions/1.0.0/points/rows",
        "status": 200,
        "bytes": len(answer.content),
    }


def test_head_is_told_as_head_and_sends_no_bytes(service: Service) -> None:
    answer = httpx.head(f"{service.address}/datasets/odd-data/versions/1.0.0/points.csv")
    (line,) = service.lines(answer.headers["X-Request-Id"])
    assert (line["method"], line["status"], line["bytes"]) == ("HEAD", 200, 0)


def test_the_bytes_of_a_file_are_told_however_it_is_sent(service: Service) -> None:
    answer = httpx.get(f"{service.address}/datasets/odd-data/versions/1.0.0/odd-data.duckdb")
    (line,) = service.lines(answer.headers["X-Request-Id"])
    assert line["bytes"] == len(answer.content) > 10_000


def test_a_query_tells_what_it_cost(service: Service) -> None:
    answer = httpx.get(f"{service.address}/sql", params={"dataset": "odd-data", "q": "SELECT * FROM range(5)"})
    (line,) = service.lines(answer.headers["X-Request-Id"])
    assert line["cost"]["rows"] >= 5
    assert 0 < line["cost"]["seconds"] <= line["seconds"]


def test_a_problem_names_the_id_of_its_line(service: Service) -> None:
    problem = httpx.get(f"{service.address}/datasets/none").json()
    (line,) = service.lines(problem["request_id"])
    assert (line["status"], line["path"]) == (404, "/datasets/none")


def test_no_line_tells_what_a_client_asked_or_who_it_says_it_is(service: Service) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}", "User-Agent": SECRET}
    query = {"dataset": "odd-data", "q": f"SELECT '{SECRET}' FROM nowhere"}
    get = httpx.get(f"{service.address}/sql", params=query, headers=headers)
    post = httpx.post(f"{service.address}/sql", json=query, headers=headers)
    for answer in (get, post):
        assert service.lines(answer.headers["X-Request-Id"])
    assert SECRET not in service.log.read_text("utf-8")


def test_a_fault_of_the_service_is_logged_with_the_id_and_the_reason_that_its_problem_keeps_silent(
    service: Service, served: Settings
) -> None:
    path = served.store / "odd-data/1.0.0/package/page.html"
    moved = path.rename(path.with_suffix(".away"))
    try:
        problem = httpx.get(f"{service.address}/datasets/odd-data/versions/1.0.0/page.html").json()
    finally:
        moved.rename(path)
    fault, request = sorted(service.lines(problem["request_id"]), key=lambda line: str(line["level"]))
    assert (fault["level"], request["status"], problem["status"]) == ("error", 503, 503)
    assert "No such file" in fault["exception"]
    assert "No such file" not in json.dumps(problem)


def test_a_log_that_nobody_reads_stops_no_answer(served: Settings) -> None:
    process, address = start(served)
    with process, httpx.Client(base_url=address, timeout=10) as client:
        # A pipe holds 64 KiB, and a line of these is longer than 1,000 bytes.
        statuses = {client.get(f"/{'x' * 1000}").status_code for _ in range(150)}
        process.terminate()
    assert statuses == {404}


def handle(handler: Stderr, words: str) -> None:
    """Log some words."""
    handler.handle(logging.LogRecord("minshu", logging.INFO, "", 0, words, None, None))


def test_lines_that_come_faster_than_they_are_read_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(logs, "KEPT", 3)
    monkeypatch.setattr(logs, "_written", written.append)
    handler = Stderr()
    handler.setFormatter(JsonLines())
    for number in range(5):
        handle(handler, str(number))
    handler.close()
    messages = [json.loads(line)["message"] for line in b"".join(written).splitlines()]
    assert messages == ["0", "1", "2", "2 lines of the log are lost: they came faster than they were read."]


def test_everything_is_written_before_the_log_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(logs, "_written", written.append)
    handler = Stderr()
    handler.setFormatter(JsonLines())
    for number in range(1000):
        handle(handler, "x" * (number % 50))
    handler.close()
    assert b"".join(written).count(b"\n") == 1000
    assert max(map(len, written)) <= logs.ATOMIC


def test_a_stderr_that_is_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(logs, "STDERR", writer)
    handler = Stderr()
    handler.setFormatter(TextLines())
    handle(handler, "nobody")
    handler.close()
    os.close(writer)


def test_text_for_people_keeps_a_request_on_one_line() -> None:
    line = TextLines().format(RequestRecord({"request_id": "a", "path": "/x\nforged", "status": 200}))
    assert line.endswith("Z info request request_id=a path=/x\\nforged status=200")
    assert "\n" not in line


def test_a_traceback_stands_below_its_line_in_text_and_inside_it_in_json() -> None:
    try:
        int("of no use")
    except ValueError:
        record = logging.LogRecord("minshu", logging.ERROR, "", 0, "It failed", None, sys.exc_info())
    first, *rest = TextLines().format(record).splitlines()
    assert "error It failed" in first
    assert rest[0].startswith("Traceback")
    assert json.loads(JsonLines().format(record))["exception"].endswith("'of no use'")


@pytest.mark.parametrize(("level", "uvicorn"), [("info", logging.WARNING), ("error", logging.ERROR)])
def test_the_level_is_the_operators_and_uvicorn_warns_at_least(level: Any, uvicorn: int) -> None:
    loggers = logs.logging_config(Settings(log_level=level))["loggers"]
    assert loggers["minshu"]["level"] == logging.getLevelNamesMapping()[level.upper()]
    assert loggers["uvicorn"]["level"] == uvicorn


@pytest.mark.parametrize(
    ("told", "terminal", "lines"),
    [
        (None, True, TextLines),
        (None, False, JsonLines),
        ("text", False, TextLines),
        ("json", True, JsonLines),
    ],
)
def test_a_terminal_gets_text_unless_the_operator_says_otherwise(
    told: Any, terminal: bool, lines: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert logs.logging_config(Settings(log_format=told))["formatters"]["lines"]["()"] is lines
