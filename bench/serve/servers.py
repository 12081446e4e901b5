"""The servers that are measured: how each is started, and how it is asked the same questions."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from bench.serve.data import NAME, ROOT, TABLE, VERSION, Data

from minshu.browse import Library
from minshu.filters import RowQuery
from minshu.paging import token_for
from minshu.settings import Settings
from minshu.store import Store

PAGE: Final = 100
PEERS: Final = ROOT / ".venv-bench" / "bin"


@dataclass(frozen=True)
class Asked:
    """One request: its path, and what is posted where it is a POST."""

    path: str
    body: str | None = None


Question = Callable[[int], Asked]


@dataclass(frozen=True)
class Server:
    """A server: how it is started, and the address that answers once it is ready."""

    name: str
    command: Sequence[str | Path]
    ready: str


@dataclass(frozen=True)
class Queried(Server):
    """A server with its form of every question. Each takes the number of a row."""

    page: Question
    filtered: Question
    key: Question
    group: Question
    csv: Question


def grouping(table: str, number: int) -> str:
    """A statement that no cache has seen: which rows it leaves out, at most one, depends on the number."""
    columns = "kind, count(*) as n, sum(amount) as total"
    return f"select {columns} from {table} where id <> {number} group by kind order by kind"


def minshu(data: Data, port: int, workers: int) -> Queried:
    """Our service, as `minshu serve` starts it, without the budgets of clients."""
    release = f"/datasets/{NAME}/versions/{VERSION}/{TABLE}"
    token = _tokens(data)
    words: list[str | Path] = [
        "serve",
        "--store",
        data.store,
        "--port",
        str(port),
        "--catalogue",
        data.folder,
        "--workers",
        str(workers),
    ]
    return Queried(
        "Minshu",
        [sys.executable, "-m", "minshu", *words, *_without_limits()],
        "/health",
        page=lambda n: Asked(f"{release}/rows?_size={PAGE}&_next={token(n)}"),
        key=lambda n: Asked(f"{release}/rows/{n}"),
        group=lambda n: Asked("/sql?" + urlencode({"dataset": NAME, "version": VERSION, "q": grouping(TABLE, n)})),
        csv=lambda n: Asked(f"{release}.csv?id__lt={n}"),
        filtered=lambda n: Asked(f"{release}/rows?_size={PAGE}&id__gte={n}"),
    )


def datasette(data: Data, port: int) -> Queried:
    """Datasette on an immutable file, which it has counted before, without what it suggests or limits."""
    table = f"/{NAME}/{TABLE}"
    bare = f"_shape=objects&_size={PAGE}&_nocount=1&_nofacet=1&_nosuggest=1"
    settings = {"sql_time_limit_ms": 300_000, "max_csv_mb": 0, "suggest_facets": 0}
    words = [word for name, value in settings.items() for word in ("--setting", name, str(value))]
    options: list[str | Path] = ["-i", data.sqlite, "--inspect-file", data.inspected, "--port", str(port), *words]
    return Queried(
        "Datasette",
        [PEERS / "datasette", "serve", *options],
        "/-/versions.json",
        page=lambda n: Asked(f"{table}.json?{bare}&_next={n}"),
        key=lambda n: Asked(f"{table}/{n}.json?_shape=objects"),
        group=lambda n: Asked(f"/{NAME}.json?_shape=objects&sql={quote(grouping(TABLE, n))}"),
        csv=lambda n: Asked(f"{table}.csv?_stream=1&_size=max&id__lt={n}"),
        filtered=lambda n: Asked(f"{table}.json?{bare}&id__gte={n}"),
    )


def roapi(data: Data, port: int) -> Queried:
    """ROAPI on Parquet. A page is a range of keys, which its engine finds sooner than an offset."""
    query = f"select * from {TABLE} where"
    return Queried(
        "ROAPI",
        [PEERS / "roapi", "--addr-http", f"127.0.0.1:{port}", "--table", f"{TABLE}={data.parquet}"],
        "/api/schema",
        page=lambda n: Asked("/api/sql", f"{query} id >= {n} and id < {n + PAGE}"),
        key=lambda n: Asked("/api/sql", f"{query} id = {n}"),
        group=lambda n: Asked("/api/sql", grouping(TABLE, n)),
        csv=lambda n: Asked("/api/sql", f"{query} id < {n}"),
        filtered=lambda n: Asked("/api/sql", f"{query} id >= {n} limit {PAGE}"),
    )


def nginx(data: Data, port: int, workers: int, folder: Path) -> Server:
    """The release's own Parquet file by nginx, with as many workers as we have."""
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{path}_temp_path {folder}/{path};" for path in paths)
    (folder / "nginx.conf").write_text(
        f"worker_processes {workers}; daemon off; pid {folder}/pid; error_log {folder}/error;"
        f" events {{ worker_connections 1024; }} http {{ access_log off; sendfile on; {temporary}"
        f" server {{ listen 127.0.0.1:{port}; root {data.store / NAME / VERSION}; }} }}"
    )
    return Server("nginx", ["nginx", "-e", folder / "error", "-c", folder / "nginx.conf"], "/release.json")


@contextmanager
def running(server: Server, port: int) -> Iterator[int]:
    """The server, ready to answer, and its process number; stopped at the end."""
    with TemporaryDirectory(prefix="minshu-bench-") as folder:
        log = Path(folder, "log")
        environment = {**os.environ, "TMPDIR": folder}
        with log.open("wb") as out:
            command = [str(word) for word in server.command]
            process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=folder)
        try:
            _await(server, port, process, log)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(server: Server, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}{server.ready}", timeout=5).close()
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{server.name} does not answer: {log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def versions() -> dict[str, str]:
    """What was measured, by name."""
    run = subprocess.run(
        [PEERS / "python", "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    )
    found = dict(line.split("==") for line in run.stdout.splitlines() if "==" in line)
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    return {"Datasette": found["datasette"], "ROAPI": found["roapi"], "nginx": told.strip().rpartition("/")[2]}


def numbers(data: Data, count: int, seed: int) -> list[int]:
    """Numbers of rows, no two the same, none so near the end that a page would be short."""
    return random.Random(seed).sample(range(data.rows - PAGE), min(count, data.rows - PAGE))


def _without_limits() -> list[str]:
    told = subprocess.run(
        [sys.executable, "-m", "minshu", "serve", "--help"], capture_output=True, text=True, check=True
    )
    return ["--no-limits"] if "--no-limits" in told.stdout else []


def _tokens(data: Data) -> Callable[[int], str]:
    """What `_next` is after the row of a number, as the pages before it would have told."""
    with TemporaryDirectory() as cache:
        library = Library(Store(data.store), Settings(store=data.store, cache=Path(cache)))
        try:
            scope = library.release(NAME, VERSION).table(TABLE)._scope(RowQuery())
        finally:
            library.close()
    return lambda number: token_for(scope, number)
