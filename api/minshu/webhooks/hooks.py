"""The webhooks of a store: which there are, as its log tells.

Where one posts to stands in the private part of the log, for an address may hold a secret. What it signs with and how
far it is stand in files beside the log (`folder`), which no backup holds: a copy of a store posts to nobody.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from minshu.audit import ERASED, Actor, AuditLog, Entry, Follower
from minshu.errors import WebhookNotFound
from minshu.webhooks.events import Event

ADDED: Final = "webhook-added"
REMOVED: Final = "webhook-removed"


@dataclass(frozen=True)
class Hook:
    """An address that is told of releases: of some datasets and events, or of all where none is named.

    A WebSub hub is told which feeds are others, and tells its own subscribers. `url` is None where it was erased.
    """

    id: str
    url: str | None
    is_hub: bool
    datasets: tuple[str, ...]
    events: tuple[str, ...]
    added: datetime
    sequence: int

    def is_about(self, dataset: str | None) -> bool:
        """Whether it is told of this dataset."""
        return not self.datasets or dataset in self.datasets

    def wants(self, event: Event) -> bool:
        """Whether it is told of this event."""
        return not self.events or event in self.events


class Hooks(Follower):
    """The webhooks of a store, always as its log has them now. Safe to use from many threads."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self._hooks: dict[str, Hook] = {}
        self._removed: set[str] = set()

    def all(self) -> list[Hook]:
        """Those that there are, in the order in which they came. Raises StoreFailed or AuditBroken."""
        self.refresh()
        return list(self._hooks.values())

    def hook(self, identifier: str) -> Hook:
        """The webhook of an id. Raises WebhookNotFound."""
        self.refresh()
        if identifier not in self._hooks:
            raise WebhookNotFound(identifier)
        return self._hooks[identifier]

    def hubs(self, dataset: str | None) -> list[str]:
        """The hubs that are told when the feed of a dataset is another, or the one of all where none is named."""
        hubs = (hook for hook in self.all() if hook.is_hub and hook.url)
        found = (hook.url for hook in hubs if hook.is_about(dataset) and (dataset or not hook.datasets))
        return list(dict.fromkeys(url for url in found if url))

    def was_removed(self, identifier: str) -> bool:
        """Whether there was a webhook of this id."""
        self.refresh()
        return identifier in self._removed

    def add(
        self,
        identifier: str,
        url: str,
        actor: Actor,
        datasets: Collection[str] = (),
        events: Iterable[Event] = (),
        *,
        is_hub: bool = False,
    ) -> Hook:
        """Tell an address of what happens from now on. Raises StoreFailed."""
        details = {
            "id": identifier,
            "kind": "hub" if is_hub else "webhook",
            "datasets": sorted(set(datasets)),
            "events": sorted(set(events)),
        }
        self.log.append(ADDED, actor, details=details, private={"url": url})
        return self.hook(identifier)

    def remove(self, identifier: str, actor: Actor) -> Hook:
        """Tell an address nothing more. Raises WebhookNotFound."""
        hook = self.hook(identifier)
        self.log.append(REMOVED, actor, details={"id": identifier})
        return hook

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the log."""
        identifier = str(entry.details.get("id", ""))
        if entry.act == ADDED:
            details, told = entry.details, self.log.private(entry) or {}
            self._hooks[identifier] = Hook(
                identifier,
                told.get("url"),
                details.get("kind") == "hub",
                tuple(details.get("datasets", ())),
                tuple(details.get("events", ())),
                entry.time,
                entry.sequence,
            )
        elif entry.act == REMOVED:
            self._hooks.pop(identifier, None)
            self._removed.add(identifier)
        elif entry.act == ERASED:
            for hook in [one for one in self._hooks.values() if one.sequence == entry.details.get("entry")]:
                self._hooks[hook.id] = replace(hook, url=None)
