"""Catalogues of others, on real sockets: what they answer is a test's to say, and what they were asked is kept."""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from minshu.harvest import Fetcher, Harvest, Kind, Outcome, Wishes, catalogue_at
from minshu.harvest.publishing import Publisher
from minshu.harvest.worker import Task, answered
from minshu.settings import Settings

Take = Callable[..., dict[str, Outcome]]


@dataclass
class Page:
    """What stands at an address. One with validators is sent only where it has changed."""

    body: bytes = b""
    media_type: str = "text/csv"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    validators: bool = True

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:12]}"'


class Portal(ThreadingHTTPServer):
    """A server whose pages a test puts there. `asked` are the paths that it was asked for, `sent` those it gave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.packages: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.sent: list[str] = []
        self.agents: set[str | None] = set()
        # How often a path answers that it is too busy before it answers.
        self.busy: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, body: str | bytes, media_type: str = "text/csv", **more: Any) -> str:
        """Put a page at a path, and give its address."""
        data = body if isinstance(body, bytes) else body.encode()
        self.pages[path] = Page(data, media_type, **more)
        return f"{self.url}{path}"

    def forget(self) -> None:
        """Begin to count anew."""
        self.asked, self.sent = [], []

    def answer(self, action: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        """What CKAN 2.11 answers to an action (docs.ckan.org, "API guide")."""
        if action == "package_search":
            start, rows = (int(query.get(key, [default])[0]) for key, default in (("start", "0"), ("rows", "10")))
            found = sorted(self.packages, key=lambda one: str(one.get("name")))
            result = {"count": len(found), "sort": "name asc", "results": found[start : start + rows], "facets": {}}
        elif action == "package_show":
            named = [one for one in self.packages if query["id"][0] in (one["name"], one["id"])]
            if not named:
                return 404, {"success": False, "error": {"__type": "Not Found Error", "message": "Not found"}}
            (result,) = named
        else:
            return 400, "Bad request - Action name not known"
        return 200, {"help": f"{self.url}/api/3/action/help_show?name={action}", "success": True, "result": result}


class _Handler(BaseHTTPRequestHandler):
    server: Portal

    def do_GET(self) -> None:
        portal, parts = self.server, urlsplit(self.path)
        portal.asked.append(self.path)
        portal.agents.add(self.headers["User-Agent"])
        if portal.busy.get(parts.path, 0) > 0:
            portal.busy[parts.path] -= 1
            self._send(503, b"", {"Retry-After": "0"})
        elif parts.path.startswith("/api/3/action/") and portal.packages:
            status, answer = portal.answer(parts.path.rpartition("/")[2], parse_qs(parts.query))
            self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json;charset=utf-8"})
        elif page := portal.pages.get(unquote(self.path)):
            self._page(page)
        else:
            self._send(404, b"<html>Not here</html>", {"Content-Type": "text/html"})

    def _page(self, page: Page) -> None:
        headers = {"Content-Type": page.media_type, **page.headers}
        if page.validators:
            headers |= {"ETag": page.etag, "Last-Modified": formatdate(1_700_000_000, usegmt=True)}
            if self.headers["If-None-Match"] == page.etag:
                self._send(304, b"", headers)
                return
        self.server.sent.append(self.path)
        self._send(page.status, page.body, headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def start() -> Iterator[Callable[[], Portal]]:
    """Start portals."""
    running: list[tuple[Portal, threading.Thread]] = []

    def begin() -> Portal:
        portal = Portal()
        thread = threading.Thread(target=portal.serve_forever)
        thread.start()
        running.append((portal, thread))
        return portal

    yield begin
    for portal, thread in running:
        portal.shutdown()
        portal.server_close()
        thread.join()


@pytest.fixture
def portal(start: Callable[[], Portal]) -> Portal:
    """One portal."""
    return start()


class HereAndNow(Publisher):
    """Publishes in this process, for to start one takes longer than all else; test_publishing.py has those."""

    def _asked(self, task: Task, seconds: float) -> dict[str, Any]:
        before = tempfile.tempdir
        try:
            told = json.loads(json.dumps(answered(Task.read(task.told()), self._settings)))
            return dict(told)
        finally:
            tempfile.tempdir = before


@pytest.fixture
def take(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Take:
    """Harvest an address into the store, and give what became of each dataset by its id there."""
    monkeypatch.setattr("minshu.harvest.run.Publisher", HereAndNow)

    def run(url: str, kind: Kind = Kind.auto, settings: Settings = settings, **wishes: Any) -> dict[str, Outcome]:
        with Fetcher(url, pause=0.0) as fetcher:
            harvest = Harvest(catalogue_at(url, kind, fetcher), fetcher, settings, Wishes(**wishes))
            return {outcome.id: outcome for outcome in harvest.run()}

    return run


@pytest.fixture
def package(portal: Portal) -> Callable[..., dict[str, Any]]:
    """Put a dataset of CKAN into the portal: resources by their names, each with a content or what it is."""

    def put(name: str, resources: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        told = []
        for file, what in resources.items():
            own = what if isinstance(what, dict) else {"url": portal.put(f"/files/{name}/{file}", what)}
            format_ = file.rpartition(".")[2].upper()
            told.append({"id": f"r-{name}-{file}", "name": file, "format": format_, "state": "active", **own})
        known = {
            "id": f"id-{name}",
            "name": name,
            "title": f"标题 {name}",
            "notes": "说明 / Notes",
            "license_id": "cc-by",
            "license_title": "Creative Commons Attribution",
            "license_url": "http://www.opendefinition.org/licenses/cc-by",
            "organization": {"name": "fuzhou", "title": "福州市统计局"},
            "author": None,
            "maintainer_email": "person@example.org",
            "tags": [{"name": "budget", "display_name": "预算"}],
            "metadata_modified": "2026-11-01T00:00:00.000000",
            "private": False,
            "state": "active",
            "resources": told,
            **more,
        }
        portal.packages = [one for one in portal.packages if one["name"] != name] + [known]
        return known

    return put
