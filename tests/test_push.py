"""Pushing: what is sent arrives once and whole, however often the connection breaks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from minshu import push as module
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.errors import PushFailed, PushRefused
from minshu.publish import pack
from minshu.push import Pushed, Pusher
from minshu.report import Report
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Tokens, parse_scopes

from .conftest import MakePackage
from .serving import serving


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, and small parts."""
    monkeypatch.setattr(module, "PAUSE", 0.01)
    monkeypatch.setattr(module, "LOOK", 0.1)
    monkeypatch.setattr(module, "PART", 100)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("pushed")
    (root / "store").mkdir()
    return Settings(
        store=root / "store",
        catalogue=root,
        cache=root / "cache",
        port=0,
        writing=True,
        limits=False,
        log_level="warning",
    )


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(settings) as address:
        yield address


@pytest.fixture(scope="module")
def token(settings: Settings) -> str:
    tokens = Tokens(AuditLog(settings.store))
    return tokens.create(parse_scopes(["publish:demo"]), datetime.now(UTC) + timedelta(days=1), Actor("operator"))[1]


@pytest.fixture
def packed(make_package: MakePackage, tmp_path: Path) -> Callable[..., Path]:
    """Make a package and zip it as `minshu push` does."""

    def run(files: dict[str, str] | None = None, **descriptor: Any) -> Path:
        with opened(make_package(files, **descriptor), Settings()) as package:
            pack(package, tmp_path / "packed", tmp_path / "package.zip")
        return tmp_path / "package.zip"

    return run


def pushed(address: str, token: str, archive: Path, version: str) -> Pushed:
    with Pusher(address, token) as pusher:
        known = pusher.send(archive, "demo", version, lambda _done, _all: None)
        return known if isinstance(known, Pushed) else pusher.outcome(known, lambda _: None)


class Breaking:
    """A proxy that breaks every third connection in which bytes are sent, before or after they were passed on."""

    def __init__(self, address: str) -> None:
        self.broken = 0
        outer, count, lock = self, iter(range(10_000)), threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    number = next(count) if self.command == "PATCH" else 2
                outer.broken += number % 3 != 2
                if number % 3 == 0:
                    self.connection.close()  # Nothing of it arrives.
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = httpx.request(self.command, f"{address}{self.path}", content=body, headers=headers, timeout=60)
                if number % 3 == 1:
                    self.connection.close()  # It arrived, and nobody is told.
                    return
                self.send_response(answer.status_code)
                for name in ("content-type", "upload-offset", "location"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_PUT = do_PATCH = _pass  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_package_is_published_once_though_connections_break(
    address: str, token: str, packed: Callable[..., Path], settings: Settings
) -> None:
    archive = packed()
    with closing(Breaking(address)) as proxy:
        first = pushed(proxy.address, token, archive, "1.0.0")
        assert proxy.broken > 4
    assert (first.created, first.url.endswith("/datasets/demo/versions/1.0.0")) == (True, True)
    assert Store(settings.store).versions("demo") == ["1.0.0"]
    jobs = len(list((settings.store / ".jobs").iterdir()))
    again = pushed(address, token, archive, "1.0.0")
    assert (again.created, len(list((settings.store / ".jobs").iterdir()))) == (False, jobs)


def test_a_package_that_is_refused_is_told_of_with_its_report(
    address: str, token: str, packed: Callable[..., Path]
) -> None:
    archive = packed({"data/items.csv": "编号,名称,金额\nx,甲,1\n"}, version="1.1.0")
    with pytest.raises(PushRefused) as refused:
        pushed(address, token, archive, "1.1.0")
    assert refused.value.reason == "invalid-package"
    assert isinstance(refused.value.report, Report)
    assert refused.value.report.tasks[0].errors[0]["rowNumber"] == 2


@pytest.mark.parametrize(
    ("token_text", "where", "words"),
    [
        ("minshu_wrong", None, "answered 401"),
        ("no\ntoken", None, "is none"),
        (None, "ftp://data.example.org", "https://"),
        (None, "http://127.0.0.1:1", "does not answer"),
    ],
)
def test_a_service_that_cannot_be_asked_is_said_so(
    address: str, token: str, packed: Callable[..., Path], token_text: str | None, where: str | None, words: str
) -> None:
    with pytest.raises(PushFailed, match=words):
        pushed(where or address, token_text or token, packed(version="2.0.0"), "2.0.0")


def test_a_report_is_the_same_after_its_way_over_the_wire() -> None:
    told = {
        "valid": False,
        "stats": {"tasks": 1, "errors": 5, "warnings": 2, "seconds": 0.1},
        "warnings": ["w"],
        "errors": [],
        "tasks": [
            {
                "name": "a",
                "type": "table",
                "valid": False,
                "place": "a.csv",
                "labels": ["x"],
                "stats": {"rows": 3, "errors": 5, "warnings": 1},
                "warnings": ["v"],
                "errors": [{"type": "type-error"}],
            }
        ],
    }
    assert Report.from_dict(told).to_dict() == told
