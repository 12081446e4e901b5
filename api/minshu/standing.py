"""What stands now: which releases are withdrawn, yanked or purged, as the log of the store tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from minshu.audit import AuditLog, Entry, Follower

PUBLISHED: Final = "published"
FETCHED: Final = "fetched"
RESTORED: Final = "restored"

State = Literal["yanked", "withdrawn", "purged"]
STATES: Final = frozenset[str](get_args(State))


@dataclass(frozen=True)
class Status:
    """What was said of a release: yanked, so that it is found by its version alone; withdrawn; or purged.

    `sequence` is the entry of the log that says so.
    """

    state: State
    reason: str
    since: datetime
    successor: str | None
    sequence: int

    @property
    def is_gone(self) -> bool:
        """Whether nobody is given its data any more."""
        return self.state != "yanked"


class Standing(Follower):
    """The status of each release, always as the log has it now."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._statuses: dict[tuple[str, str], Status] = {}
        self._recorded: dict[tuple[str, str], str] = {}

    def status(self, name: str, version: str) -> Status | None:
        """What was said of a release last; None of one that stands as it was published.

        Raises AuditBroken or StoreFailed, as do all that follow.
        """
        self.refresh()
        return self._statuses.get((name, version))

    def eligible(self, name: str, versions: Iterable[str]) -> list[str]:
        """Those of the versions that `latest` may stand for."""
        self.refresh()
        return [version for version in versions if (name, version) not in self._statuses]

    def recorded(self) -> dict[tuple[str, str], str]:
        """The digest of each release that ever came into the store, by name and version."""
        self.refresh()
        return dict(self._recorded)

    def apply(self, entry: Entry) -> None:
        """Take in one entry; those of other acts, and of a newer Minshu, change nothing here."""
        if entry.dataset is None or entry.version is None:
            return
        release, details = (entry.dataset, entry.version), entry.details
        if entry.act in (PUBLISHED, FETCHED):
            self._recorded[release] = details.get("sha256", "")
        elif entry.act == RESTORED:
            self._statuses.pop(release, None)
        elif entry.act in STATES:
            self._statuses[release] = Status(
                entry.act,  # type: ignore[arg-type]  # It is one of them.
                details.get("reason", ""),
                entry.time,
                details.get("successor"),
                entry.sequence,
            )
