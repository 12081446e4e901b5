"""Files sent by the operating system: whole and in order, or else the connection breaks; slow clients cost nothing."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from minshu.http import sendfile
from minshu.http.answers import SENDFILE, FileSlice
from minshu.http.sendfile import SendfileProtocol

SIZES = {"empty": 0, "small": 10, "steps": 3 * sendfile.STEP + 1, "big": 40 << 20}
Loop = Literal["uvloop", "asyncio"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, size in SIZES.items():
        (folder / name).write_bytes(os.urandom(size))
    return folder


def application(folder: Path) -> Any:
    """Files by their names; `?offset=1` and `?text` ask for parts of them, and for a text after them."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        offset = int(query.removeprefix("offset=")) if query.startswith("offset=") else 0
        tail = query.encode() if query == "text" else b""
        with (folder / scope["path"][1:]).open("rb") as file:
            length = os.fstat(file.fileno()).st_size - offset + len(tail)
            headers = [(b"content-length", str(length).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            part = {"offset": offset} if offset else {}
            await send({"type": SENDFILE, "file": file, **part, "more_body": bool(tail)})
            if tail:
                await send({"type": "http.response.body", "body": tail})

    return app


@contextmanager
def serving(app: Any, loop: Loop) -> Iterator[int]:
    """A server of the application, and its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        config = uvicorn.Config(app, http=SendfileProtocol, loop=loop, lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def port(request: pytest.FixtureRequest, files: Path) -> Iterator[int]:
    with serving(application(files), request.param) as port:
        yield port


def asked(port: int, *paths: str) -> socket.socket:
    """A connection on which these were asked for, all at once. It takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.settimeout(20)
    for path in paths:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def descriptors(folder: Path | None = None) -> int:
    """How many files of a folder this process holds open; or how many of everything."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # That of the folder itself is listed too, and closed by now.
            target = str(entry.readlink())
            count += folder is None or target.startswith(str(folder))
    return count


def test_files_of_any_size_arrive_whole_one_after_the_other_on_one_connection(port: int, files: Path) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for name in [*SIZES, *reversed(SIZES)]:
            assert client.get(name).content == (files / name).read_bytes(), name


@pytest.mark.parametrize("offset", [1, sendfile.STEP, SIZES["steps"] - 1])
def test_a_part_of_a_file_is_that_part(port: int, files: Path, offset: int) -> None:
    found = httpx.get(f"http://127.0.0.1:{port}/steps?offset={offset}").content
    assert found == (files / "steps").read_bytes()[offset:]


def test_what_follows_a_file_comes_after_it(port: int, files: Path) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/steps?text").content == (files / "steps").read_bytes() + b"text"


def test_head_is_answered_without_the_file(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        answer = client.head("steps")
        assert (answer.headers["content-length"], answer.content) == (str(SIZES["steps"]), b"")
        assert len(client.get("small").content) == SIZES["small"]


def test_requests_that_come_together_are_answered_in_their_order(port: int, files: Path) -> None:
    with asked(port, "/steps", "/small", "/steps") as connection, connection.makefile("rb") as stream:
        for name in ("steps", "small", "steps"):
            while stream.readline().strip():
                pass
            assert stream.read(SIZES[name]) == (files / name).read_bytes()


def test_slow_clients_hold_neither_threads_nor_the_others_and_get_everything(port: int, files: Path) -> None:
    before = threading.active_count()
    slow = [asked(port, "/big") for _ in range(60)]
    until(lambda: descriptors(files) == len(slow))
    assert httpx.get(f"http://127.0.0.1:{port}/small", timeout=5).content == (files / "small").read_bytes()
    assert threading.active_count() == before
    for connection in slow[1:]:
        connection.close()
    with slow[0] as connection, connection.makefile("rb") as stream:
        while stream.readline().strip():
            pass
        assert sha256(stream.read(SIZES["big"])).digest() == sha256((files / "big").read_bytes()).digest()


@pytest.mark.parametrize("leave", ["close", "reset", "shutdown"])
def test_a_client_that_goes_away_leaves_nothing_behind(port: int, files: Path, leave: str) -> None:
    until(lambda: descriptors(files) == 0)
    sockets = descriptors()
    connection = asked(port, "/big")
    until(lambda: descriptors(files) == 1)
    if leave == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    if leave == "shutdown":
        connection.shutdown(socket.SHUT_WR)
        until(lambda: descriptors(files) == 0)
    connection.close()
    until(lambda: descriptors(files) == 0 and descriptors() <= sockets)


def test_a_file_that_was_cut_meanwhile_breaks_the_connection(files: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes((files / "big").read_bytes())
    with serving(application(tmp_path), "uvloop") as port, asked(port, "/cut") as connection:
        until(lambda: descriptors(tmp_path) == 1)
        os.truncate(tmp_path / "cut", 100)
        with connection.makefile("rb") as stream:
            while stream.readline().strip():
                pass
            assert len(stream.read()) < SIZES["big"]


def test_what_is_not_in_memory_is_read_first(port: int, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def cold(file: int, offset: int) -> bool:
        read.append(offset)
        return False

    monkeypatch.setattr(sendfile, "_is_cached", cold)
    assert httpx.get(f"http://127.0.0.1:{port}/steps").content == (files / "steps").read_bytes()
    assert read[0] == sendfile.STEP - 1
    assert read[-1] == SIZES["steps"] - 1


def test_a_file_beyond_the_length_that_was_told_is_refused(files: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        with (files / "small").open("rb") as file:
            await send({"type": SENDFILE, "file": file})

    with serving(app, "uvloop") as port, closing(HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", "/")
        with pytest.raises(IncompleteRead):
            connection.getresponse().read()


def test_a_server_without_the_extension_is_given_chunks(files: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"head": False}
        body = FileSlice((files / "steps").open("rb"), 1, 100, 206, {})
        await body(scope, receive, send)

    async def ask() -> bytes:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return (await client.get("/")).content

    assert asyncio.run(ask()) == (files / "steps").read_bytes()[1:100]


class Transport(asyncio.Transport):
    """A connection that writes nowhere, encrypted or not."""

    def __init__(self, *, encrypted: bool) -> None:
        super().__init__({"sslcontext": encrypted})

    def write(self, data: Any) -> None:
        pass

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return True


@pytest.mark.parametrize("encrypted", [True, False])
def test_what_is_encrypted_is_not_for_the_operating_system_to_send(encrypted: bool) -> None:
    offered: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        offered.append(SENDFILE in scope.get("extensions", {}))
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def ask() -> None:
        protocol = SendfileProtocol(uvicorn.Config(app, log_level="critical"), ServerState(), {})
        protocol.connection_made(Transport(encrypted=encrypted))
        protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*protocol.tasks)

    asyncio.run(ask())
    assert offered == [not encrypted]
