"""Starting and stopping."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from minshu.errors import SettingsError
from minshu.http.server import listening, run
from minshu.settings import Settings


def start(settings: Settings) -> tuple[subprocess.Popen[str], str]:
    """The command as an operator runs it, and the address that it says."""
    words = ["serve", "--port", "0", "--store", str(settings.store), "--catalogue", str(settings.catalogue)]
    process = subprocess.Popen([sys.executable, "-m", "minshu", *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr
    found = re.search(r"Serving on (http://127\.0\.0\.1:\d+) ", process.stderr.readline())
    if found is None:
        process.kill()
        process.wait()
        pytest.fail("The service said no address.")
    return process, found[1]


def renamed(release: Path, folder: Path) -> None:
    """A copy of a release under another name and version, as far as its manifest and descriptor tell."""
    (folder / "package").mkdir(parents=True)
    manifest = json.loads((release / "release.json").read_text("utf-8"))
    told = {**manifest, "name": folder.parent.name, "version": folder.name}
    (folder / "release.json").write_text(json.dumps(told), "utf-8")
    shutil.copy(release / "package/datapackage.json", folder / "package")


def processor_seconds(pid: int) -> float:
    """The time of the processor that a process has used; its children's apart. The machine may be busy with others."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_running_download_is_finished_before_the_service_stops(served: Settings, how: signal.Signals) -> None:
    process, address = start(served)
    with process, httpx.Client(base_url=address) as client:
        with client.stream("GET", "/datasets/odd-data/versions/1.1.0/odd-data.duckdb") as answer:
            parts = answer.iter_raw(1000)
            received = len(next(parts))
            process.send_signal(how)
            received += sum(map(len, parts))
        assert received == int(answer.headers["content-length"])
        process.wait(10)


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingsError, match=f"Cannot listen on 127.0.0.1, port {port}: Address already in use\\. Choose others"
        ):
            run(Settings(store=tmp_path, port=port))


def test_an_address_that_is_none_is_said_in_a_sentence() -> None:
    with pytest.raises(SettingsError, match=r"Cannot listen on not-a-host\.invalid"):
        listening(Settings(host="not-a-host.invalid", port=0))


@pytest.mark.slow
def test_a_hundred_releases_cost_the_start_less_than_two_seconds_of_the_processor(
    served: Settings, tmp_path: Path
) -> None:
    for number in range(100):
        name, version = f"data-{number % 25}", f"1.{number // 25}.0"
        renamed(served.store / "odd-data/1.0.0", tmp_path / "store" / name / version)
    process, address = start(Settings(store=tmp_path / "store", catalogue=tmp_path))
    with process:
        assert len(httpx.get(f"{address}/datasets", timeout=20).json()["datasets"]) == 25
        spent = processor_seconds(process.pid)
        process.terminate()
    assert spent < 2


def test_a_store_that_is_gone_makes_the_service_unready_but_not_dead(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "gone", port=0)
    settings.store.mkdir()
    process, address = start(settings)
    settings.store.rmdir()
    with process:
        answers = {path: httpx.get(f"{address}/health{path}").status_code for path in ("", "/ready", "/live")}
        process.terminate()
    assert answers == {"": 503, "/ready": 503, "/live": 200}
