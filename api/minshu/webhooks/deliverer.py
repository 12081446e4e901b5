"""Delivers for all webhooks of a store: one process at a time, and a thread for each webhook that has something due."""

import logging
from contextlib import ExitStack
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Final

from minshu.errors import MinshuError, StoreFailed
from minshu.settings import Settings
from minshu.webhooks.courier import Courier, Tools
from minshu.webhooks.messages import event_of

log = logging.getLogger(__name__)

POLL: Final = 2.0
"""Seconds after which the log is looked at again."""

PARTING: Final = 2.0
"""Seconds for which the end of the service waits for the answers to messages that are under way."""


class Deliverer:
    """Knows how far each webhook is while it holds the folder's lock: nobody else changes that meanwhile."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._couriers: dict[str, Courier] = {}
        self._busy: dict[str, Thread] = {}
        self._complaints: dict[str, str] = {}

    @property
    def couriers(self) -> list[Courier]:
        """Those of the webhooks that are at home here."""
        return list(self._couriers.values())

    def look(self, stop: Flag) -> None:
        """Begin to post what is due, each webhook's by itself: a slow receiver keeps no other waiting.

        Raises StoreFailed or AuditBroken.
        """
        self._busy = {key: thread for key, thread in self._busy.items() if thread.is_alive()}
        self._follow()
        for identifier, courier in self._couriers.items():
            if identifier not in self._busy:
                self._begin(courier, stop)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until all that was begun has ended, so long at most; what is under way then is given up."""
        end = None if seconds is None else monotonic() + seconds
        for identifier, thread in self._busy.items():
            thread.join(None if end is None else max(0.0, end - monotonic()))
            if thread.is_alive() and identifier in self._couriers:
                self._couriers[identifier].is_abandoned = True

    def complain(self, error: Exception, about: str = "") -> None:
        """Log what is in the way, once until it is something else."""
        if str(error) != self._complaints.get(about):
            log.error("Webhooks are not told: %s", error)
        self._complaints[about] = str(error)

    def _follow(self) -> None:
        """Know the webhooks that the log tells of now, and forget those that were removed."""
        tools = self._tools
        # Of one whose address was erased nothing can be told.
        hooks = {hook.id: hook for hook in tools.hooks.all() if hook.url}
        for identifier in [known for known in self._couriers if known not in hooks]:
            del self._couriers[identifier]
        for identifier in tools.folder.ids() - hooks.keys() - self._busy.keys():
            if tools.hooks.was_removed(identifier):
                tools.folder.forget(identifier)
        for identifier in [known for known in hooks if known not in self._couriers]:
            try:
                state = tools.folder.state(identifier)
            except StoreFailed as error:  # The others are told all the same.
                self.complain(error, identifier)
                continue
            if state is not None:
                self._couriers[identifier] = Courier(hooks[identifier], state, tools)

    def _begin(self, courier: Courier, stop: Flag) -> None:
        """Do what is asked for of a webhook and, where it has work, begin with that."""
        try:
            self._take_asked(courier)
        except StoreFailed as error:
            self.complain(error, courier.hook.id)
        if courier.has_work:
            thread = Thread(target=self._deliver, args=(courier, stop), daemon=True)
            self._busy[courier.hook.id] = thread
            thread.start()

    def _take_asked(self, courier: Courier) -> None:
        """Do what the operator asks for of a webhook. It is written before the wish is forgotten."""
        tools = self._tools
        asked, now = tools.folder.asked(courier.hook.id), tools.clock()
        state = courier.state
        for sequence in asked:
            if sequence is None:
                state = state.resumed(now)
            elif (entry := tools.store.log.entry(sequence)) and (event := event_of(entry, tools.store)):
                state = state.again(sequence, event, now)
        if asked:
            courier.change(state)
            tools.folder.answered(courier.hook.id, asked)

    def _deliver(self, courier: Courier, stop: Flag) -> None:
        try:
            courier.deliver(stop)
        except (MinshuError, OSError) as error:
            courier.failed += 1
            self.complain(error, courier.hook.id)
        else:
            self._complaints.pop(courier.hook.id, None)


def deliver_once(settings: Settings) -> list[Courier] | None:
    """Post all that is due now, and wait for the answers; None where another process delivers already.

    Raises StoreFailed or AuditBroken.
    """
    tools = Tools.of(settings)
    if not tools.folder.path.is_dir():
        return []
    with tools.folder.delivering() as is_alone:
        if not is_alone:
            return None
        deliverer = Deliverer(tools)
        deliverer.look(Flag())
        deliverer.wait()
        return deliverer.couriers


class HookRunner:
    """A thread of the service that delivers, unless another process does: then it waits until that one is gone."""

    def __init__(self, settings: Settings, poll: float = POLL) -> None:
        self._settings, self._poll, self._stop = settings, poll, Flag()
        self._thread = Thread(target=self._run, name="minshu-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """End. What is under way and not answered soon is posted again at the next start, with the same id."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2 * PARTING)

    def _run(self) -> None:
        tools = Tools.of(self._settings)
        quiet = Deliverer(tools)
        while not self._stop.is_set():
            with ExitStack() as held:
                try:
                    if tools.folder.path.is_dir() and held.enter_context(tools.folder.delivering()):
                        self._lead(tools)
                except (MinshuError, OSError) as error:
                    quiet.complain(error)
            self._stop.wait(self._poll)

    def _lead(self, tools: Tools) -> None:
        """Deliver until the end. How far the webhooks are is read anew, for another process may have led before."""
        deliverer = Deliverer(tools)
        while not self._stop.is_set():
            try:
                deliverer.look(self._stop)
            except (MinshuError, OSError) as error:
                deliverer.complain(error)
            self._stop.wait(self._poll)
        deliverer.wait(PARTING)
