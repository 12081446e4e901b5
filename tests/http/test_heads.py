"""Heads of requests: bounded in bytes and in time, before anybody is asked whose they are."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from http.client import HTTPConnection
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


def test_a_head_without_end_is_refused(address: str) -> None:
    sent = 0
    with connected(address) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ")
        try:
            while sent < 1024 * heads.BYTES:
                client.sendall(b"x" * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
    assert sent < 1024 * heads.BYTES


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
