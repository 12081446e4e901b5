"""Carries the messages of one webhook: takes them from the log, posts what is due, and writes how far it is."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from threading import Event as Flag
from typing import Final

import httpx

from minshu.audit import Entry
from minshu.errors import WebhookNotFound
from minshu.settings import Settings
from minshu.store import Store
from minshu.webhooks.events import Event
from minshu.webhooks.folder import HookFolder
from minshu.webhooks.hooks import Hook, Hooks
from minshu.webhooks.messages import event_of, message_id, message_of, topics
from minshu.webhooks.posting import client, ping, post
from minshu.webhooks.state import Answer, State, Waiting

log = logging.getLogger(__name__)

UNWRITTEN: Final = 100
"""Entries that tell the receiver nothing, and may be looked at again after a crash."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tools:
    """What deliveries are made with. Time and chance are given, so that tests need not wait for them."""

    settings: Settings
    store: Store
    hooks: Hooks
    folder: HookFolder
    clock: Callable[[], datetime] = utc_now
    chance: Callable[[], float] = SystemRandom().random

    @classmethod
    def of(cls, settings: Settings) -> "Tools":
        """The tools for the store that the settings name."""
        store = Store(settings.store)
        return cls(settings, store, Hooks(store.log), HookFolder(settings.store))


class Courier:
    """Carries what one webhook is told. One thread at a time may `deliver`; whoever runs it holds the folder's lock.

    Once it `is_abandoned` it writes nothing any more: another process may deliver.
    """

    def __init__(self, hook: Hook, state: State, tools: Tools) -> None:
        self.hook, self.state, self.failed, self.posted = hook, state, 0, 0
        self._tools, self._written, self.is_abandoned = tools, state, False

    @property
    def has_work(self) -> bool:
        """Whether something is due, or happened since it looked last."""
        tools = self._tools
        is_behind = self.state.may_take and self.state.cursor < tools.store.log.head()
        return is_behind or self._is_unwritten or self.state.next(tools.clock()) is not None

    @property
    def _is_unwritten(self) -> bool:
        """Whether it stands otherwise than its file says, in more than entries that tell the receiver nothing."""
        passed = self.state.cursor - self._written.cursor
        return passed >= UNWRITTEN or self.state != self._written.model_copy(update={"cursor": self.state.cursor})

    def deliver(self, stop: Flag) -> None:
        """Post all that is due, one after the other, until it is told to stop.

        How it stands is written before anything is posted: on a disk that is full, nothing is posted twice.

        Raises StoreFailed or AuditBroken.
        """
        tools, sender = self._tools, None
        with ExitStack() as opened:
            while not stop.is_set() and self._is_there():
                self._take()
                self._keep()
                one = self.state.next(tools.clock())
                if one is None:
                    return
                sender = sender or opened.enter_context(client(private=tools.settings.webhook_private))
                answer = self._post(sender, one)
                if self.is_abandoned:
                    return
                self._answered(one, answer)
                self._keep()

    def change(self, state: State) -> None:
        """Let it stand otherwise, and write that. Raises StoreFailed."""
        self.state = state
        self._keep()

    def _is_there(self) -> bool:
        try:
            return self._tools.hooks.hook(self.hook.id).url is not None
        except WebhookNotFound:
            return False

    def _take(self) -> None:
        """Take from the log what is to be told."""
        tools = self._tools
        self.state = self.state.take(tools.store.log.entries(self.state.cursor), self._event_of, tools.clock())

    def _keep(self) -> None:
        """Write how it stands, where that is to be known after a crash."""
        if self._is_unwritten:
            state = self.state
            self._tools.folder.write(self.hook.id, state)
            self._written = state

    def _event_of(self, entry: Entry) -> Event | None:
        if entry.sequence <= self.hook.sequence or not self.hook.is_about(entry.dataset):
            return None
        event = event_of(entry, self._tools.store)
        return event if event and self.hook.wants(event) else None

    def _post(self, sender: httpx.Client, one: Waiting) -> Answer:
        tools, hook, base_url = self._tools, self.hook, self._tools.settings.base_url
        entry, url = tools.store.log.entry(one.sequence), hook.url or ""
        if entry is None:
            return Answer(None, f"entry {one.sequence} of the log is missing")
        if hook.is_hub:
            found = topics(base_url, entry.dataset, of_all=not hook.datasets) if base_url else []
            return ping(sender, url, found)
        secret = tools.folder.secret(hook.id)
        if secret is None:
            return Answer(None, "its secret is not here any more: remove the webhook, and add it again")
        message = message_of(hook.id, entry, one.event, tools.store, base_url)
        return post(sender, url, message, secret, tools.clock())

    def _answered(self, one: Waiting, answer: Answer) -> None:
        tools, name = self._tools, message_id(self.hook.id, one.sequence)
        before = self.state
        self.state = before.answered(one, answer, tools.clock(), tools.chance())
        if answer.is_good:
            self.posted += 1
            log.info("%s is posted: %s", name, answer.words)
            return
        self.failed += 1
        log.info("%s is not posted: %s", name, answer.words)
        if self.state.is_paused:
            log.warning("Webhook %s is paused: its receiver is gone for good (410).", self.hook.id)
        elif self.state.given_up != before.given_up:
            log.warning("%s is given up after %d attempts: %s", name, one.attempts + 1, answer.words)
