"""`minshu harvest` as its users run it: exit codes, and what goes to stdout and stderr."""

import json
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<http://example.org/good> a dcat:Dataset ; dct:title "Good" ; dct:issued "yesterday"^^xsd:date ;
    dcat:distribution [ dcat:downloadURL <HOST/good.csv> ; dcat:byteSize "many"^^xsd:decimal ] .
"""
BAD = """
<http://example.org/bad> a dcat:Dataset ; dct:title "B\\u001b[2J" ; dcat:distribution [ dcat:downloadURL <HOST/no> ] .
"""


@pytest.fixture
def pages() -> Iterator[dict[str, Any]]:
    """What a server has at its paths; its address is `url`."""
    pages: dict[str, Any] = {"/good.csv": b"a,b\n1,x\n2,y\n"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    pages["url"] = f"http://127.0.0.1:{server.server_port}"
    pages["/c.ttl"] = TURTLE.replace("HOST", pages["url"]).encode()
    yield pages
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_harvest_prints_a_line_for_each_dataset_and_exits_0_if_all_is_well(minshu: Run, pages: Any) -> None:
    command = ("harvest", f"{pages['url']}/c.ttl", "--prefix", "fuzhou-", "--store", "s")
    done = minshu(*command)
    assert (done.returncode, done.stdout) == (0, "published\tfuzhou-good\t1.0.0\thttp://example.org/good\n")
    assert done.stderr == "1 dataset: 1 published.\n"
    again = minshu(*command, "--format", "json")
    told = json.loads(again.stdout)
    assert (again.returncode, told["kind"], told["counts"]) == (0, "dcat", {"unchanged": 1})
    assert told["datasets"][0]["name"] == "fuzhou-good"


def test_what_was_not_taken_exits_1_and_commands_no_terminal(minshu: Run, pages: Any) -> None:
    pages["/c.ttl"] = pages["/c.ttl"] + BAD.replace("HOST", pages["url"]).encode()
    done = minshu("harvest", f"{pages['url']}/c.ttl", "--store", "s")
    assert done.returncode == 1
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["refused", "published"]
    assert "\x1b" not in done.stdout + done.stderr


def test_a_catalogue_that_does_not_answer_exits_2(minshu: Run) -> None:
    done = minshu("harvest", "http://127.0.0.1:9/", "--kind", "dcat", "--format", "json")
    assert done.returncode == 2
    assert "does not answer" in done.stderr
    assert json.loads(done.stdout)["datasets"] == []


def test_what_is_no_address_is_told_so(minshu: Run) -> None:
    done = minshu("harvest", "file:///etc/passwd")
    assert done.returncode == 2
    assert done.stderr == "minshu: 'file:///etc/passwd' is not an address that begins with https:// or http://.\n"


def test_a_prefix_that_no_name_can_have_is_refused(minshu: Run) -> None:
    done = minshu("harvest", "http://127.0.0.1:9/", "--prefix", "福州-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--prefix begins with" in " ".join(done.stderr.split())
