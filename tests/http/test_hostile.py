"""The corpus of attacks over HTTP, several at once, with honest queries beside them."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import yaml

from minshu.settings import Settings

CORPUS = Path(__file__).parents[1] / "hostile"
PINNED = {"dataset": "odd-data", "version": "1.1.0"}
# One worker more than attackers, so that none of them waits for his turn: what is measured is the time he is given.
DEADLINE, MEMORY, ATTACKERS, WORKERS = 1.0, 256 << 20, 2, 3

pytestmark = pytest.mark.slow


def attacks() -> list[tuple[str, str]]:
    """The names and the texts of all resource attacks, and the functional ones that need no file of the test's."""
    resource = yaml.safe_load((CORPUS / "resource.yaml").read_text("utf-8"))
    functional = yaml.safe_load((CORPUS / "functional.yaml").read_text("utf-8"))
    texts = [(item["name"], item.get("sql") or "".join(a * times for a, times in item["parts"])) for item in resource]
    return texts + [(family, text) for family, items in functional.items() for text in items if "{" not in text]


def workers() -> Iterator[int]:
    """The SQL workers that are children of this process."""
    for task in Path("/proc/self/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            try:
                if b"minshu.sql.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
            except OSError:
                continue


def asking(address: str, source: str) -> httpx.Client:
    """A client of an address of its own."""
    return httpx.Client(base_url=address, transport=httpx.HTTPTransport(local_address=source), timeout=60)


class Watch:
    """Samples the resident memory of the largest worker."""

    def __init__(self) -> None:
        self.largest, self._stop = 0, Event()
        self._thread = Thread(target=self._sample)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.02):
            for pid in workers():
                try:
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                except (OSError, IndexError):
                    continue
                self.largest = max(self.largest, pages * os.sysconf("SC_PAGE_SIZE"))


def attacked(address: str, number: int, name: str, text: str) -> str | None:
    """What is wrong with how an attack ended, if anything. Each comes from an address that was not seen before."""
    end = time.monotonic() + 60
    while len(list(workers())) < WORKERS + 3 and time.monotonic() < end:
        time.sleep(0.02)
    with asking(address, f"127.1.{number // 250}.{number % 250 + 1}") as attacker:
        start = time.monotonic()
        answer = attacker.post("/sql", json={**PINNED, "q": text}, headers={"Accept": "application/json"})
        seconds = time.monotonic() - start
    told: dict[str, Any] = answer.json()
    if seconds > DEADLINE + 0.5:
        return f"{name}: {seconds:.2f} s"
    if answer.status_code == 200:
        return None if len(answer.content) < 1 << 20 else f"{name}: {len(answer.content)} bytes"
    clean = answer.headers["content-type"] == "application/problem+json" and told["code"]
    return None if clean and 400 <= answer.status_code < 504 else f"{name}: {answer.status_code} {told}"


@pytest.mark.timeout(600)
def test_every_attack_is_refused_or_stopped_in_time_within_its_memory_beside_honest_queries(
    served: Settings, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    settings = served.model_copy(
        update={"cache": None, "sql_deadline": DEADLINE, "sql_memory": MEMORY, "sql_workers": WORKERS}
    )
    done, honest = Event(), list[float]()

    def ask(address: str) -> None:
        with asking(address, "127.0.0.1") as client:
            for number in count():
                start = time.monotonic()
                found = client.get("/sql", params={**PINNED, "q": f"SELECT count(*) + {number} FROM points"})
                honest.append(time.monotonic() - start)
                assert found.json()["rows"] == [[3 + number]]
                if done.wait(0.05):
                    return

    with serving(settings) as address, Watch() as watch, ThreadPoolExecutor(ATTACKERS + 1) as threads:
        asked = threads.submit(ask, address)
        found = threads.map(lambda item: attacked(address, item[0], *item[1]), enumerate(attacks()))
        failed = [item for item, fault in zip(enumerate(attacks()), found, strict=True) if fault]
        # A machine that is busy with something else may be late once.
        wrong = [fault for number, item in failed if (fault := attacked(address, number + 1000, *item))]
        done.set()
        asked.result()
        assert httpx.get(f"{address}/health").status_code == 200
    assert wrong == []
    assert 0 < watch.largest < MEMORY + (1 << 30)
    assert sorted(honest)[len(honest) // 2] < 0.5
