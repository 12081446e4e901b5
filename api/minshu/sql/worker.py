"""The third wall, from inside: a process that answers statements and that may be killed at any instant.

Run as `python -m minshu.sql.worker`. It reads frames from its standard input and writes frames to what was its
standard output; the first frame it reads is its configuration, the first that it writes says that it is ready.
It imports nothing of the service, so that it starts fast and holds no secret.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minshu import confinement
from minshu.errors import MinshuError, SqlError, SqlFailed
from minshu.sql.engine import Engine
from minshu.sql.failures import failure_of
from minshu.sql.guard import Guard
from minshu.workers.frames import MAX_HEADER, PREFIX, packed, talk, unpacked

ENGINES = 4
"""How many sets of releases a worker keeps open."""


@dataclass(frozen=True)
class Configuration:
    """What the parent decides for a worker's whole life."""

    parent: int
    memory: int
    threads: int
    text: int
    bytes: int
    deadline: float


@dataclass
class Worker:
    """Answers requests, one at a time."""

    configuration: Configuration
    engines: OrderedDict[str, Engine] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.guard = Guard(self.configuration.text)

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The header and the body that answer a request; every failure is an answer, too."""
        header, body = self._attempt(request)
        # What the other releases keep in memory is not this query's fault.
        if header.pop("memory", False) and self._close_others(request):
            header, body = self._attempt(request)
        # A heap that stays full or torn would fail the next query, so that one gets a fresh worker.
        if confinement.room() < self.configuration.memory:
            header["retire"] = True
        return header, body

    def _attempt(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            return self._run(request)
        except MinshuError as error:
            return self._failure(error, request)
        except (duckdb.FatalException, duckdb.InternalException):
            header, body = self._failure(SqlFailed("DuckDB failed inside itself on this statement."), request)
            return {**header, "retire": True}, body
        except (duckdb.Error, pa.ArrowException, MemoryError, OSError, OverflowError, ValueError) as error:
            if isinstance(error, MemoryError) or any(sign in str(error) for sign in _MEMORY):
                allowed = self.configuration.memory >> 20
                sentence = f"The query needs more memory than one may use ({allowed} MiB). Ask for less at once."
                header, body = self._failure(SqlFailed(sentence), request)
                return {**header, "memory": True}, body
            return self._failure(failure_of(error, request["text"]), request)

    def _run(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        text, parameters = request["text"], request["parameters"]
        engine = self._engine(request)
        verdict = self.guard.check(text, engine.tables)
        if request["explain"]:
            return {"ok": True}, engine.explain(text, parameters).encode()
        columns, body, rows, truncated = engine.run(
            text, parameters, request["format"], request["limit"], self.configuration.bytes
        )
        described = [[column.name, column.type, column.json] for column in columns]
        return {
            "ok": True,
            "columns": described,
            "rows": rows,
            "truncated": truncated,
            "volatile": verdict.volatile,
        }, body

    def _engine(self, request: dict[str, Any]) -> Engine:
        key = _key(request)
        if key not in self.engines:
            while len(self.engines) >= ENGINES:
                self.engines.popitem(last=False)[1].close()
            self.engines[key] = Engine(
                request["database"],
                [(alias, path) for alias, path in request["attachments"]],
                self.configuration.memory,
                self.configuration.threads,
            )
        self.engines.move_to_end(key)
        return self.engines[key]

    def _close_others(self, request: dict[str, Any]) -> bool:
        others = [key for key in self.engines if key != _key(request)]
        for key in others:
            self.engines.pop(key).close()
        return bool(others)

    def _failure(self, error: MinshuError, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        header = {"ok": False, "code": error.code, "message": _redacted(str(error), request)}
        if isinstance(error, SqlError):
            header |= {"position": error.position, "meant": error.meant}
        return header, b""


# DuckDB reports memory used up in errors of several classes, some of which pass through Arrow.
_MEMORY = ("Out of Memory", "bad allocation", "bad_alloc", "malloc of size", "realloc of size")


def _key(request: dict[str, Any]) -> str:
    return repr((request["database"], request["attachments"]))


def _redacted(message: str, request: dict[str, Any]) -> str:
    """A message that tells no place of the server, nor whether a place that the stranger guessed is one."""
    paths = [request["database"], *(path for _, path in request["attachments"])]
    secrets = {*paths, *(str(Path(path).parent) for path in paths), sys.prefix, sys.base_prefix} - {"/"}
    known = [request["text"], *request["parameters"].values()]
    for secret in sorted(secrets, key=len, reverse=True):
        if not any(secret in text for text in known):
            message = message.replace(secret, "…")
    return message


def serve(read: Callable[[int], bytes], write: Callable[[bytes], None]) -> None:
    """Answer requests until there is nothing to read."""
    header, _ = unpacked(read, 0)
    configuration = Configuration(**header)
    confinement.confine(configuration.parent)
    worker = Worker(configuration)
    worker.guard.check("SELECT 1", {})
    confinement.bound_memory(configuration.memory)
    write(packed({"ready": True}))
    while True:
        request, _ = unpacked(read, 0)
        confinement.watch(configuration.deadline, configuration.threads)
        answer, body = worker.answer(request)
        frame = packed(answer, body)
        if len(frame) - len(body) > MAX_HEADER + PREFIX.size:
            answer = {"ok": False, "code": "sql-too-large", "message": "The names of the columns are too long."}
            frame = packed(answer)
        confinement.unwatch()
        write(frame)


def main() -> None:
    """Serve the parent."""
    talk(serve)


if __name__ == "__main__":
    main()
