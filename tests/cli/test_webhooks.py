"""The commands for webhooks, as an operator runs them."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Thread
from typing import Any

import pytest

Run = Callable[..., "CompletedProcess[str]"]
ALLOWED = {"MINSHU_WEBHOOK_PRIVATE": "true"}


@pytest.fixture
def receiver() -> Iterator[Any]:
    """An address, and what was posted there; it answers with what `status` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.told.append((self.headers["webhook-id"], json.loads(body)))
            self.send_response(server.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.status = [], 204
    server.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_is_added_told_by_cron_listed_and_removed(
    minshu: Run, make_package: Callable[..., Path], receiver: Any, tmp_path: Path
) -> None:
    added = minshu("webhook", "add", receiver.url, "--dataset", "demo", "--event", "published", **ALLOWED)
    assert added.returncode == 0, added.stderr
    identifier, secret = added.stdout.strip().split("\t")
    assert secret.startswith("whsec_")
    assert "told this once" in added.stderr
    assert minshu("publish", make_package()).returncode == 0
    receiver.status = 500
    failed = minshu("webhook", "deliver", **ALLOWED)
    assert (failed.returncode, failed.stderr) == (1, "0 posted, 1 not taken, 1 waiting.\n")
    listed = minshu("webhook", "list").stdout.rstrip("\n").split("\t")
    assert listed[:9] == [identifier, "webhook", "failing", receiver.url, "demo", "published", "1", "0", "1"]
    assert listed[9].endswith(" 500")
    assert listed[10] > listed[9].split()[0]
    receiver.status = 204
    (name, _), *_ = receiver.told
    assert minshu("webhook", "redeliver", name).returncode == 0
    delivered = minshu("webhook", "deliver", **ALLOWED)
    assert (delivered.returncode, delivered.stderr) == (0, "1 posted, 0 not taken, 0 waiting.\n")
    assert {one for one, _ in receiver.told} == {name}
    assert receiver.told[-1][1]["data"]["url"] == "/datasets/demo/versions/1.0.0"
    assert minshu("webhook", "remove", identifier).returncode == 0
    assert minshu("webhook", "list").stdout == ""
    assert minshu("audit", "verify").returncode == 0


def test_a_trial_tells_whether_the_receiver_takes_it(minshu: Run, receiver: Any) -> None:
    identifier = minshu("webhook", "add", receiver.url, **ALLOWED).stdout.split("\t")[0]
    assert minshu("webhook", "test", identifier, **ALLOWED).returncode == 0
    receiver.status = 401
    refused = minshu("webhook", "test", identifier, **ALLOWED)
    assert (refused.returncode, "401" in refused.stderr) == (1, True)
    forbidden = minshu("webhook", "test", identifier)
    assert (forbidden.returncode, "public internet" in forbidden.stderr) == (1, True)
    assert [told["type"] for _, told in receiver.told] == ["webhook.test"] * 2


def test_a_secret_that_is_brought_is_not_told(minshu: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_" + "A" * 44 + "\n")
    added = minshu("webhook", "add", "https://example.org/", "--secret-file", "secret")
    assert (added.returncode, "whsec_" in added.stdout + added.stderr) == (0, False)
    (tmp_path / "secret").write_text("geheim")
    assert minshu("webhook", "add", "https://example.org/", "--secret-file", "secret").returncode == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", "密".encode()])
def test_a_file_that_holds_no_secret_is_refused_and_none_is_made_instead(
    minshu: Run, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret").write_bytes(content)
    added = minshu("webhook", "add", "https://example.org/", "--secret-file", "secret")
    assert (added.returncode, added.stdout) == (1, "")
    assert "A secret is written whsec_BASE64" in added.stderr


def test_a_private_address_and_a_hub_without_base_url_are_refused(minshu: Run) -> None:
    for words in (["http://10.0.0.1/"], ["https://example.org/", "--hub"]):
        refused = minshu("webhook", "add", *words)
        assert refused.returncode == 1, refused.stderr
        assert refused.stderr.count("\n") == 1
    assert minshu("webhook", "list").returncode == 0


def test_a_webhook_that_is_not_there_is_an_error(minshu: Run, tmp_path: Path) -> None:
    assert minshu("webhook", "list").returncode == 2
    (tmp_path / "store").mkdir()
    for command in ("remove", "test", "resume", "redeliver"):
        assert minshu("webhook", command, "0123456789ab").returncode == 2
    assert minshu("webhook", "deliver").stderr == "0 posted, 0 not taken, 0 waiting.\n"
