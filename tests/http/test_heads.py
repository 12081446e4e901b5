"""Heads of requests: bounded in bytes and in time, before anybody is asked whose they are."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from minshu.http import heads
from minshu.settings import Settings


@pytest.fixture(scope="module")
def address(served: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched, serving(served) as found:
        patched.setattr(heads, "SECONDS", 1.0)
        yield found


def connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


CHUNKED = b"POST /sql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ", b"x" * 65_536),
        (b"GET /health HTTP/1.1\r\nHost: a\r\n", b"X-Many: x\r\n" * 6_000),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-Trailer: x\r\n" * 4_000),
    ],
    ids=["a header", "headers", "trailers"],
)
def test_what_has_no_end_is_not_taken(address: str, begun: bytes, more: bytes) -> None:
    sent = 0
    with connected(address) as client, suppress(ConnectionError):
        client.sendall(begun)
        while sent < 1024 * heads.BYTES:
            client.sendall(more)
            sent += len(more)
    assert sent < 1024 * heads.BYTES


def test_requests_may_come_many_at_once(address: str) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    count = 2 * heads.BYTES // len(one)
    answers, rest, status = 0, b"", b"HTTP/1.1 200"
    with connected(address) as client:
        sender = Thread(target=client.sendall, args=(one * count,))
        sender.start()
        while answers < count and (received := client.recv(1 << 20)):
            answers += (rest + received).count(status)
            rest = (rest + received)[1 - len(status) :]
        sender.join()
    assert answers == count


def test_a_body_in_pieces_passes(address: str) -> None:
    body = json.dumps({"dataset": "odd-data", "version": "1.1.0", "q": f"SELECT 1 -- {'x' * 19_000}"}).encode()
    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    assert httpx.post(f"{address}/sql", content=pieces, headers=headers).status_code == 200


def test_a_long_statement_passes(address: str) -> None:
    query = {"dataset": "odd-data", "version": "1.1.0", "q": f"SELECT 1 -- {'数' * 7_000}"}
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=10)) as client:
        client.request("GET", f"/sql?{urlencode(query)}", headers={"Accept": "application/json"})
        assert client.getresponse().status == 200


@pytest.mark.parametrize("begun", [b"", b"GET /health HTTP/1.1\r\nHost:"])
def test_who_sends_no_whole_head_is_let_go(address: str, begun: bytes) -> None:
    with connected(address) as client:
        client.sendall(begun)
        assert client.recv(1) == b""


def test_no_later_head_of_a_connection_is_waited_for_without_end(address: str) -> None:
    with connected(address) as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost:")
        begun = time.monotonic()
        assert client.recv(1) == b""
    assert 0.8 < time.monotonic() - begun < 8


def test_a_connection_may_rest_between_requests(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        for _ in range(2):
            assert client.get("/health/live").status_code == 200
            time.sleep(1.2)
