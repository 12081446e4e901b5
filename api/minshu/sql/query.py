"""What is asked of the SQL service, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from minshu.budgets import Account, Client
from minshu.formats import Column


@dataclass(frozen=True)
class Attachment:
    """A further release that a statement may read, as `alias.table`. Its digest is that of `SqlQuery`."""

    alias: str
    database: Path
    sha256: str = ""


@dataclass(frozen=True)
class SqlQuery:
    """One stranger's statement, and the releases that it may read.

    `format` is a name in `formats.FORMATS`; None asks for a JSON array of row arrays, to be put in an envelope.
    `limit` can only lower the service's own limit of rows. `parameters` are bound to `$name`. An answer is kept for who
    asks the same of releases of the same digests (`sha256`), if all have one.
    """

    text: str
    database: Path
    attachments: tuple[Attachment, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    limit: int | None = None
    sha256: str = ""

    @property
    def releases(self) -> tuple[tuple[str, str], ...]:
        """The digests of all releases that the statement may read, by their aliases."""
        return ("", self.sha256), *((item.alias, item.sha256) for item in self.attachments)


@dataclass(frozen=True)
class Asker:
    """Whoever asks: the account that rows and time are charged to, and an event that tells that nobody waits any more.

    The event may be set from another thread.
    """

    account: Account = field(default_factory=lambda: Account(Client("")))
    gone: Event | None = None

    @property
    def client(self) -> str:
        """The name of the client."""
        return self.account.client.name


@dataclass(frozen=True)
class SqlAnswer:
    """The rows, rendered in the format that was asked for.

    `truncated` says that there were more rows than the limit. `volatile` says that the statement asks for the time
    or for chance, so that its answer must not be kept.
    """

    columns: tuple[Column, ...]
    body: bytes
    rows: int
    truncated: bool
    seconds: float
    volatile: bool = False
