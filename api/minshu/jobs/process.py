"""A process that works on what a stranger sent, with limits, and is killed when it is late or not wanted any more."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Any, Final, cast

import orjson

import minshu
from minshu import confinement
from minshu.errors import JobKilled, JobLate

# -I: nothing of the environment, of the user's site or of the working directory decides what is imported.
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from minshu.jobs.worker import main; main()"

GLANCE: Final = 0.1
"""How often a waiting parent looks whether to go on, in seconds."""

LONGEST: Final = 1 << 22
"""Bytes of a line that a worker may write."""


class Stopped(Exception):
    """Nobody waits for the outcome any more, or the service ends."""


@dataclass(frozen=True)
class Limits:
    """What a worker may use: memory beyond what its libraries have reserved, bytes of one file, seconds."""

    memory: int
    file_bytes: int
    seconds: float


Line = dict[str, Any]


def work(
    task: Mapping[str, Any], limits: Limits, folder: Path, stop: Event, tell: Callable[[Line], object] = lambda _: None
) -> Line:
    """What comes of a task. `tell` is given each line that the worker writes until then.

    Raises JobLate, JobKilled for a worker that died, or Stopped.
    """
    process = subprocess.Popen(  # noqa: S603  # our own interpreter, and no word of a stranger
        [sys.executable, "-I", "-B", "-c", _START, str(Path(minshu.__file__).parents[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "TMPDIR": str(folder),
        },
        start_new_session=True,
    )
    to, source = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
    try:
        confinement.stand_back(process.pid)
        given = {"parent": os.getpid(), "memory": limits.memory, "file_bytes": limits.file_bytes, **task}
        given["seconds"] = limits.seconds
        _hand_over(to, orjson.dumps(given, default=str))
        for line in _lines(source.fileno(), limits.seconds, stop):
            if "outcome" in line:
                return line
            tell(line)
        raise JobKilled
    finally:
        process.kill()
        process.wait()
        source.close()


def _hand_over(to: IO[bytes], data: bytes) -> None:
    try:
        with to:
            to.write(data)
    except BrokenPipeError as error:
        raise JobKilled from error


def _lines(descriptor: int, seconds: float, stop: Event) -> Iterator[Line]:
    end, rest = time.monotonic() + seconds, b""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        if stop.is_set():
            raise Stopped
        if time.monotonic() > end:
            raise JobLate(seconds)
        if not poll.poll(1000 * GLANCE):
            continue
        data = os.read(descriptor, 1 << 16)
        *whole, rest = (rest + data).split(b"\n")
        if not data or len(rest) > LONGEST:
            return
        yield from (orjson.loads(line) for line in whole)
