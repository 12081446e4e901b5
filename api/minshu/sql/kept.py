"""Answers that are kept: the frame that the worker sent, and the seconds that it took, under all that it depends on."""

import struct
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from threading import Lock
from typing import Any, Final

import duckdb
import orjson

from minshu.filecache import FileCache, Lookups
from minshu.sql.canonical import canonical
from minshu.sql.query import SqlQuery
from minshu.workers.frames import FrameBroken, packed, unpacked
from minshu.workers.process import Reply

VERSION: Final = 1
"""Raised when the same statement is to give another answer than before."""

SUFFIX: Final = ".answer"


class KeptAnswers:
    """Answers in a cache, those of at most so many bytes. Whatever is wrong with the cache costs only time."""

    def __init__(self, cache: FileCache, max_body: int) -> None:
        self._cache, self._max_body = cache, max_body
        self._lock, self._hits, self._misses = Lock(), 0, 0

    def lookups(self) -> Lookups:
        """How many statements were answered from here, and how many had to be asked of a worker."""
        with self._lock:
            return Lookups(self._hits, self._misses)

    def count(self, *, hit: bool) -> None:
        """Count a statement whose answer may be kept."""
        with self._lock:
            self._hits += hit
            self._misses += not hit

    def key(self, query: SqlQuery, request: Mapping[str, Any]) -> str | None:
        """The name of a statement's answer; None where a release has no digest."""
        if not all(digest for _, digest in query.releases):
            return None
        statement = canonical(query.text), sorted(query.parameters.items()), query.format, request["limit"]
        question = VERSION, duckdb.__version__, self._max_body, query.releases, statement
        return sha256(orjson.dumps(question)).hexdigest()

    def find(self, key: str) -> Reply | None:
        """The answer of this name, if it is there and unharmed."""
        with suppress(OSError, FrameBroken, struct.error):
            card = self._cache.found(key)
            if card is not None:
                data = self._cache.path(card).read_bytes()
                if sha256(data).hexdigest() == card.sha256:
                    return Reply(*unpacked(BytesIO(data).read, self._max_body))
        return None

    def keep(self, key: str, reply: Reply, seconds: float) -> None:
        """Keep an answer, unless it would be another the next time."""
        if reply.header.get("ok") is True and reply.header.get("volatile") is False:
            frame = packed({**reply.header, "seconds": seconds}, reply.body)
            with suppress(OSError):  # A disk that is full is no fault of this statement.
                self._cache.make(key, SUFFIX, lambda out: out.write(frame))
