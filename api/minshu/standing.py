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
STATES: Final[tuple[str, ...]] = get_args(State)
"""Each is more than the one before it."""

GONE: Final = STATES[1:]
"""Those in which nobody is given the data any more."""


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
        return self.state in GONE


class Standing(Follower):
    """The status of each release, always as the log has it now."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._statuses: dict[tuple[str, str], Status] = {}
        self._recorded: dict[tuple[str, str], str] = {}
        self._last_purge = 0

    def status(self, name: str, version: str) -> Status | None:
        """What was said of a release last; None of one that stands as it was published.

        Raises AuditBroken or StoreFailed, as do all that follow.
        """
        self.refresh()
        return self._statuses.get((name, version))

    def position(self) -> int:
        """The number of the last entry: while it is the same, so is everything that stands."""
        self.refresh()
        return self._read

    def eligible(self, name: str, versions: Iterable[str]) -> list[str]:
        """Those of the versions that `latest` may stand for."""
        self.refresh()
        return [version for version in versions if (name, version) not in self._statuses]

    def purged(self) -> list[tuple[str, str]]:
        """The releases whose data was deleted for good, or is to be."""
        self.refresh()
        return [release for release, status in self._statuses.items() if status.state == "purged"]

    def last_purge(self) -> int:
        """The number of the newest entry that says that a release is purged; 0 where none does."""
        self.refresh()
        return self._last_purge

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
            self._say(release, None)
        elif entry.act in STATES:
            status = Status(
                entry.act,  # type: ignore[arg-type]  # It is one of them.
                details.get("reason", ""),
                entry.time,
                details.get("successor"),
                entry.sequence,
            )
            self._say(release, status)
            if status.state == "purged":
                self._last_purge = entry.sequence

    def _say(self, release: tuple[str, str], status: Status | None) -> None:
        """Whatever is said of a release that is gone, at the same moment or later, never brings it back."""
        known = self._statuses.get(release)
        if known and known.is_gone and (status is None or STATES.index(status.state) < STATES.index(known.state)):
            return
        if status is None:
            self._statuses.pop(release, None)
        else:
            self._statuses[release] = status
