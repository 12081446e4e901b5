"""A receiver on a real socket, a webhook that posts to it, and a clock that is moved by hand."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Flag
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest

from minshu.audit import Actor
from minshu.settings import Settings
from minshu.store import Store
from minshu.webhooks.courier import Tools
from minshu.webhooks.deliverer import Deliverer
from minshu.webhooks.folder import HookFolder
from minshu.webhooks.hooks import Hook, Hooks
from minshu.webhooks.registration import Wanted, add


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    def is_signed_with(self, secret: str) -> bool:
        """What the standard says, written again: HMAC-SHA256 over id, timestamp and body, joined by dots."""
        stamp = self.headers["webhook-timestamp"]
        text = b".".join((self.id.encode(), stamp.encode(), self.body))
        digest = hmac.new(base64.b64decode(secret[len("whsec_") :]), text, hashlib.sha256).digest()
        return self.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


@dataclass
class Receiver:
    """Takes what is posted, and answers as it is told: first by `answers`, then by 204."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    hold: Flag | None = None
    came: Flag = field(default_factory=Flag)

    def answer(self, *statuses: int, **headers: str) -> None:
        """Answer the next requests so."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers += [(status, named) for status in statuses]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            receiver.came.set()
            if receiver.hold:
                receiver.hold.wait(30)
            status, told = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # The sender was killed.

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/in?key=geheim"
    try:
        yield receiver
    finally:
        if receiver.hold:
            receiver.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def another() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hook_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_private": True, "base_url": "https://data.example.org/"})


class Post:
    """Adds webhooks, and delivers: each time with new objects, as a process does that was restarted."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self._clock = settings, clock
        self.settings.store.mkdir(exist_ok=True)

    @property
    def tools(self) -> Tools:
        store = Store(self.settings.store)
        hooks, folder = Hooks(store.log), HookFolder(self.settings.store)
        return Tools(self.settings, store, hooks, folder, self._clock, lambda: 0.0)

    def add(self, url: str, **wanted: Any) -> tuple[Hook, str]:
        hook, secret = add(self.tools, Wanted(url, **wanted), Actor("operator"))
        return hook, secret or ""

    def deliver(self) -> None:
        deliverer = Deliverer(self.tools)
        deliverer.look(Flag())
        deliverer.wait()

    def state(self, hook: Hook) -> Any:
        return self.tools.folder.state(hook.id)


@pytest.fixture
def post(hook_settings: Settings, clock: Clock) -> Post:
    return Post(hook_settings, clock)


@pytest.fixture
def release(released: Callable[..., Any], make_package: Callable[..., Any]) -> Callable[..., None]:
    """Publish a version of a dataset, with rows of one's own."""

    def run(version: str = "1.0.0", name: str = "demo", rows: str = "编号,名称,金额\n1,甲,1\n2,乙,2\n") -> None:
        released(make_package({"data/items.csv": rows}, folder=f"{name}-{version}", name=name, version=version))

    return run
