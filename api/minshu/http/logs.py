"""What the service says of itself: one line for a request, one for an error, as JSON or as text, to stderr.

Lines never hold a query string, a body or a header: those may tell more than their sender would want to be kept.
"""

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, Final

import orjson

from minshu.settings import Settings

REQUEST: Final[ContextVar[str | None]] = ContextVar("request", default=None)
"""The id of the request that is being answered, for whatever is logged meanwhile."""

KEPT: Final = 20_000
"""Lines that wait for a slow reader before new ones are dropped: a log that nobody reads is to stop no answer."""

PAUSE: Final = 0.05
"""Seconds for which lines are gathered, so that many are written at once."""

ATOMIC: Final = 4096
"""Bytes that a pipe takes in one piece, though several processes write to it."""

STDERR: Final = 2
OURS: Final = "minshu"


def logging_config(settings: Settings) -> dict[str, Any]:
    """The lines of Minshu and of uvicorn, for `logging.config.dictConfig`."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    lines = settings.log_format or ("text" if sys.stderr.isatty() else "json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": {"json": JsonLines, "text": TextLines}[lines]}},
        "handlers": {"stderr": {"()": Stderr, "formatter": "lines"}},
        "loggers": {
            OURS: {"handlers": ["stderr"], "level": level},
            # What uvicorn has to say below a warning is of interest to its own developers.
            "uvicorn": {"handlers": ["stderr"], "level": max(level, logging.WARNING)},
            # It warns of what strangers send, who are told of it themselves.
            "mcp": {"handlers": ["stderr"], "level": max(level, logging.ERROR)},
        },
    }


def announce(words: str) -> None:
    """Say what the operator is to know at any level."""
    told = logging.LogRecord(OURS, logging.INFO, __file__, 0, words, None, None)
    logging.getLogger(OURS).handle(told)


def flush() -> None:
    """Wait until every line is written, or for a second where nobody reads."""
    for handler in logging.getLogger(OURS).handlers:
        handler.flush()


_REQUEST: Final = logging.LogRecord(f"{OURS}.http.access_log", logging.INFO, "", 0, "request", None, None).__dict__


class RequestRecord(logging.LogRecord):
    """One request. To make a record anew, with its place in the code, would cost more than to write it."""

    def __init__(self, told: Mapping[str, object]) -> None:
        self.__dict__.update(_REQUEST)
        self.told, self.created = told, time.time()


def told(record: logging.LogRecord) -> dict[str, Any]:
    """What a record tells, by name."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC),
        "level": record.levelname.lower(),
        "message": record.getMessage(),
    }
    if isinstance(record, RequestRecord):
        return {**line, **record.told}
    line |= {"logger": record.name, "process": record.process}
    if request := REQUEST.get():
        line["request_id"] = request
    if record.exc_info:
        line["exception"] = logging.Formatter().formatException(record.exc_info)
    return line


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return orjson.dumps(told(record), default=str, option=orjson.OPT_UTC_Z).decode()


class TextLines(logging.Formatter):
    """A record as a line for people; a traceback stands below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        known = told(record)
        moment, level, message = known.pop("time"), known.pop("level"), known.pop("message")
        trace = known.pop("exception", None)
        words = " ".join(f"{name}={value}" for name, value in known.items())
        line = f"{moment:%Y-%m-%dT%H:%M:%S}Z {level} {message} {words}".replace("\n", "\\n")
        return f"{line}\n{trace}" if trace else line


class Stderr(logging.Handler):
    """Writes lines to stderr in a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[bytes] = deque()
        self._there, self._closing = Event(), Event()
        self._dropped = 0
        self._writer: Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line."""
        if len(self._lines) >= KEPT:
            self._dropped += 1
            return
        self._lines.append(self.format(record).encode("utf-8", "backslashreplace") + b"\n")
        if self._writer is None:
            self._writer = Thread(target=self._write_on, name="minshu-log", daemon=True)
            self._writer.start()
        if not self._there.is_set():
            self._there.set()

    def flush(self) -> None:
        """Wait until the lines are written, or for a second."""
        end = time.monotonic() + 1
        while self._there.is_set() and time.monotonic() < end:
            time.sleep(PAUSE / 5)

    def close(self) -> None:
        """Write what is left, and stop."""
        self._closing.set()
        self._there.set()
        if self._writer:
            self._writer.join(1)
        super().close()

    def _write_on(self) -> None:
        while True:
            self._there.wait()
            self._closing.wait(PAUSE)
            while self._lines:
                _written(self._batch())
            self._there.clear()
            if self._lines:
                self._there.set()  # It came between the last look and the clearing.
            elif self._closing.is_set():
                return

    def _batch(self) -> bytes:
        """Some whole lines. Those that were dropped are counted in a line of their own."""
        batch = self._lines.popleft()
        while self._lines and len(batch) + len(self._lines[0]) <= ATOMIC:
            batch += self._lines.popleft()
        if self._dropped:
            lost, self._dropped = self._dropped, 0
            words = f"{lost} lines of the log are lost: they came faster than they were read."
            record = logging.LogRecord(OURS, logging.WARNING, __file__, 0, words, None, None)
            batch += self.format(record).encode() + b"\n"
        return batch


def _written(data: bytes) -> None:
    """Write all of it. Where stderr is gone there is nobody to tell."""
    view = memoryview(data)
    with suppress(OSError):
        while view:
            view = view[os.write(STDERR, view) :]
