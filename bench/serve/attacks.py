"""What an honest client notices while strangers send the statements of `tests/hostile/resource.yaml`."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlencode

import yaml
from bench.serve.data import NAME, ROOT
from bench.serve.servers import Asked

ATTACKERS: Final = 8
# Requests a second of the honest client: few enough that calm is calm.
PACE: Final = 50


def latencies(port: int, asked: Sequence[Asked], seconds: float) -> list[float]:
    """The seconds that each of the requests took, asked one after the other at an even pace."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    start, found = time.perf_counter(), []
    for number, one in enumerate(itertools.cycle(asked)):
        due = start + number / PACE
        if due > start + seconds:
            break
        time.sleep(max(0.0, due - time.perf_counter()))
        # From when it was due: an answer that is late makes the next one late, and that is to be seen.
        connection.request("GET", one.path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"An honest request was answered {answer.status}: {one.path}")
        found.append(time.perf_counter() - due)
    connection.close()
    return found


@contextmanager
def attacked(port: int) -> Iterator[None]:
    """Some clients, each with an address of its own, that send one attack after the other without a pause."""
    over = Event()
    texts = _attacks()
    threads = [Thread(target=_attack, args=(port, number, texts, over)) for number in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _attack(port: int, number: int, texts: Sequence[str], over: Event) -> None:
    for text in itertools.islice(itertools.cycle(texts), number, None):
        if over.is_set():
            return
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=(f"127.0.0.{number + 2}", 0))
            body = urlencode({"dataset": NAME, "q": text})
            connection.request("POST", "/sql", body, {"Content-Type": "application/x-www-form-urlencoded"})
            connection.getresponse().read()
            connection.close()


def _attacks() -> list[str]:
    corpus: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/hostile/resource.yaml").read_text("utf-8"))
    return [one.get("sql") or "".join(text * count for text, count in one["parts"]) for one in corpus]
