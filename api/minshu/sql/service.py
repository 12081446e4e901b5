"""Strangers' statements, answered by worker processes that none of them can harm for the next."""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Self

from minshu.errors import (
    BadParameter,
    MinshuError,
    NotAcceptable,
    SqlError,
    SqlFailed,
    SqlRefused,
    SqlSyntaxError,
    SqlTimeout,
    SqlTooLarge,
    StoreFailed,
)
from minshu.errors.sql import Place
from minshu.filecache import FileCache, Lookups
from minshu.formats import FORMATS, Column
from minshu.machine import cores
from minshu.sql.engine import MAIN
from minshu.sql.kept import KeptAnswers
from minshu.sql.pool import Displaced, Lease, Pool
from minshu.sql.query import Asker, SqlAnswer, SqlQuery
from minshu.sql.turns import Queue, Ticket
from minshu.workers.process import AskerGone, Reply, WorkerLate, WorkerLost, WorkerProcess, stop_if

if TYPE_CHECKING:
    # A worker imports this package, and pydantic takes longer than all that it needs.
    from minshu.settings import Settings

WORKER: Final = "minshu.sql.worker"

_ERRORS: dict[str, type[MinshuError]] = {
    error.code: error
    for error in (BadParameter, NotAcceptable, SqlFailed, SqlRefused, SqlSyntaxError, SqlTooLarge, StoreFailed)
}

_RESERVED = frozenset({MAIN, "main", "memory", "system", "temp", "information_schema", "pg_catalog"})


class SqlService:
    """Runs statements, each in a worker process of its own for as long as it lasts.

    Safe to use from many threads. The first worker is started by the first statement, or by `warm`.
    """

    def __init__(self, settings: "Settings", cache: FileCache | None = None) -> None:
        self._settings = settings
        self._kept = KeptAnswers(cache, settings.sql_bytes) if cache else None
        configuration = {
            "memory": settings.sql_memory,
            "threads": max(1, cores() // (settings.sql_at_once * settings.workers)),
            "text": settings.sql_text,
            "bytes": settings.sql_bytes,
            "deadline": settings.sql_deadline,
        }
        self._pool = Pool(
            lambda express: WorkerProcess(WORKER, configuration, settings.sql_bytes, express=express),
            settings.sql_at_once,
            Queue(settings.sql_queue, settings.sql_queue_client),
            settings.sql_patience,
        )

    def warm(self) -> None:
        """Begin to start the workers, so that the first statement need not wait for one."""
        self._pool.warm()

    def run(self, query: SqlQuery, asker: Asker | None = None) -> SqlAnswer:
        """The answer to a statement. Once its asker is gone it is killed, and frees its worker.

        Raises SqlSyntaxError, SqlRefused, SqlFailed, SqlTooLarge, SqlTimeout, SqlOverloaded, BadParameter for
        parameters, formats and aliases, and NotAcceptable for a format that cannot hold the answer.
        """
        request = self._request(query, explain=False)
        key = self._kept.key(query, request) if self._kept else None
        return _answer(self._find(key) or self._asked(query, request, asker or Asker(), key))

    def explain(self, query: SqlQuery, asker: Asker | None = None) -> str:
        """DuckDB's plan of a statement, as text."""
        request = self._request(query, explain=True)
        return self._asked(query, request, asker or Asker(), None).body.decode(errors="replace")

    def pids(self) -> list[int]:
        """The process numbers of the workers, for whoever watches them."""
        return self._pool.pids()

    def running(self) -> int:
        """How many statements are being answered now."""
        return self._pool.running()

    def waiting(self) -> int:
        """How many statements wait for a worker."""
        return self._pool.waiting()

    def killed(self) -> int:
        """How many workers were killed so far: at a deadline, for their memory, or because nobody waited any more."""
        return self._pool.killed

    def begun(self) -> int:
        """How many statements got a worker so far."""
        return self._pool.begun

    def waited(self) -> float:
        """How many seconds they waited for it, all together."""
        return self._pool.waited

    def lookups(self) -> Lookups:
        """How many statements were answered from what is kept, and how many were not though they might be."""
        return self._kept.lookups() if self._kept else Lookups(0, 0)

    def close(self) -> None:
        """Kill the workers. Statements that still run end as failed ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, key: str | None) -> Reply | None:
        kept = self._kept.find(key) if self._kept and key else None
        if self._kept and kept:
            self._kept.count(hit=True)
        return kept

    def _asked(self, query: SqlQuery, request: dict[str, Any], asker: Asker, key: str | None) -> Reply:
        ticket = Ticket(asker.client, (query.database, query.attachments), key, express=True)
        deadline = self._settings.sql_deadline
        try:
            try:
                return self._answered(ticket, request, asker, deadline)
            except Displaced as displaced:
                again = replace(ticket, express=False, called=Event())
                return self._answered(again, request, asker, deadline - displaced.seconds)
        except AskerGone:
            raise SqlFailed(_GONE) from None

    def _answered(self, ticket: Ticket, request: dict[str, Any], asker: Asker, seconds: float) -> Reply:
        """A worker's answer, when it is the ticket's turn; or one that somebody else was given meanwhile."""
        lease = self._pool.acquire(ticket, asker.gone)
        healthy, answered = True, False
        try:
            if kept := self._find(ticket.flight):
                return kept
            healthy = False
            if self._kept and ticket.flight:
                self._kept.count(hit=False)
            reply = lease.worker.ask(request, seconds, lambda: self._check(lease, asker))
            healthy, answered = not reply.header.get("retire"), reply.header.get("ok") is True
            took = time.monotonic() - lease.started
            if self._kept and ticket.flight:
                self._kept.keep(ticket.flight, reply, took)
        except WorkerLate:
            raise SqlTimeout(self._settings.sql_deadline) from None
        except WorkerLost as error:
            raise SqlFailed(_LOST) from error
        finally:
            asker.account.seconds += self._pool.release(lease, healthy=healthy, answered=answered)
        if reply.header.get("ok") is not True:
            raise _error(reply.header, request["text"])
        asker.account.rows += _number(reply.header.get("rows"))
        return Reply({**reply.header, "seconds": took}, reply.body)

    def _check(self, lease: Lease, asker: Asker) -> None:
        stop_if(asker.gone)
        self._pool.check(lease)

    def _request(self, query: SqlQuery, *, explain: bool) -> dict[str, Any]:
        if query.format is not None and query.format not in FORMATS:
            raise BadParameter(f"There is no format {query.format!r}. Formats: {', '.join(FORMATS)}.")
        if query.limit is not None and query.limit < 0:
            raise BadParameter("The limit cannot be negative.")
        limit = self._settings.sql_rows if query.limit is None else min(query.limit, self._settings.sql_rows)
        if len(query.text) > self._settings.sql_text:  # rather than send it
            raise SqlRefused(f"The statement is longer than {self._settings.sql_text} characters.")
        _check_aliases([attachment.alias for attachment in query.attachments])
        return {
            "explain": explain,
            "text": query.text,
            "database": str(query.database.absolute()),
            "attachments": [[item.alias, str(item.database.absolute())] for item in query.attachments],
            "parameters": dict(query.parameters),
            "format": query.format,
            "limit": limit,
        }


_LOST = "The worker that ran the query ended without an answer: the query used more than one may, or broke DuckDB."
_GONE = "The query was stopped because nobody waits for its answer any more."


def _check_aliases(aliases: list[str]) -> None:
    for alias in aliases:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", alias) or alias.lower() in _RESERVED:
            raise BadParameter(
                f"{alias!r} cannot be the name of an attached release. Use letters, digits and _, "
                f"beginning with a letter, and none of {', '.join(sorted(_RESERVED))}."
            )
    if len({alias.lower() for alias in aliases}) < len(aliases):
        raise BadParameter("Two attached releases have the same name.")


def _answer(reply: Reply) -> SqlAnswer:
    """The answer that a worker gave, now or before. What it says is data."""
    header = reply.header
    try:
        columns = tuple(Column(str(name), str(kind), json) for name, kind, json in header["columns"])
        rows, seconds = int(header["rows"]), float(header["seconds"])
        truncated, volatile = bool(header["truncated"]), bool(header["volatile"])
    except (KeyError, TypeError, ValueError) as error:
        raise SqlFailed(_LOST) from error
    return SqlAnswer(columns, reply.body, rows, truncated, seconds, volatile)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _error(header: Mapping[str, Any], text: str) -> MinshuError:
    """The error that a worker reported. What it says is data: an unknown code is a failure."""
    message, position, meant = str(header.get("message", _LOST)), header.get("position"), header.get("meant")
    kind = _ERRORS.get(str(header.get("code")), SqlFailed)
    if not issubclass(kind, SqlError):
        return kind(message)
    place = Place.of(text, position) if isinstance(position, int) else None
    return kind(message, place, [str(name) for name in meant] if isinstance(meant, list) else ())
