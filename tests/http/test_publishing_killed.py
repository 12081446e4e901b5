"""A service that is killed while it publishes: what was sent to it is published by the one that is started next."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.store import Store
from minshu.tokens import Tokens, parse_scopes
from minshu.verify import verify_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for processes in /proc"),
]
SCHEMA = {"fields": [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}], "primaryKey": ["id"]}


def package() -> bytes:
    """A zip of which the table takes some seconds."""
    descriptor = {
        "name": "demo",
        "version": "1.0.0",
        "resources": [{"name": "items", "type": "table", "path": "items.csv", "schema": SCHEMA}],
    }
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", json.dumps(descriptor))
        archive.writestr("items.csv", "id,name\n" + "".join(f"{n},name {n * 7919 % 99991}\n" for n in range(400_000)))
    return buffer.getvalue()


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The command with two server processes that may be written to."""
    words = ["--workers", "2", "--port", "0", "--store", str(root / "store"), "--catalogue", str(root)]
    command = [sys.executable, "-m", "minshu", "serve", "--no-limits", *words]
    environment = {**os.environ, "MINSHU_WRITING": "true"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stderr
        found = re.search(r"http://127\.0\.0\.1:\d+", run.stderr.readline())
        try:
            assert found
            yield found[0], run
        finally:
            run.terminate()
            run.communicate(timeout=40)


def below(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # What ended meanwhile.
            found += [other for child in task.read_text().split() for other in below(int(child))]
    return found


def test_a_service_that_is_killed_while_it_publishes_goes_on_when_it_is_started_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.root.mkdir()
    tokens = Tokens(AuditLog(store.root))
    _, token = tokens.create(parse_scopes(["publish:demo"]), datetime.now(UTC) + timedelta(days=1), Actor("operator"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/zip"}
    with serving(tmp_path) as (address, run):
        job = httpx.put(f"{address}/datasets/demo/versions/1.0.0", content=package(), headers=headers, timeout=60)
        path = httpx.URL(job.headers["location"]).path
        step = None
        while step != "Validating":
            time.sleep(0.05)
            told = httpx.get(f"{address}{path}", headers=headers).json()
            step = told["progress"]["step"]
        assert told["state"] == "running"
        processes = below(run.pid)
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.wait(20)
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/exe").exists() for pid in processes) and time.monotonic() < end:
        time.sleep(0.05)
    assert store.releases() == {}

    with serving(tmp_path) as (address, _):
        end = time.monotonic() + 60
        while (told := httpx.get(f"{address}{path}", headers=headers).json())["state"] != "published":
            assert told["state"] in ("waiting", "running"), told
            assert time.monotonic() < end
            time.sleep(0.2)
        assert httpx.get(f"{address}/datasets/demo/versions/1.0.0/items.csv", headers=headers).status_code == 200
    assert len(list(verify_store(store))) == 1
    assert [path.name for path in (store.root / "demo").iterdir()] == ["1.0.0"]
