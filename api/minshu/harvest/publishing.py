"""Having packages published by a process that is ended where it takes too long or too much."""

import logging
from contextlib import suppress
from threading import Event
from typing import Any, Final, Self

from minshu.errors import DatasetUntaken, StoreError, StoreFailed
from minshu.harvest.worker import Task
from minshu.settings import Settings, portable
from minshu.workers.process import WorkerLate, WorkerLost, WorkerProcess

log = logging.getLogger(__name__)

MODULE: Final = "minshu.harvest.worker"
STORE: Final = tuple(kind.code for kind in StoreError.__subclasses__())
"""Errors of the store, which end the harvest."""

START: Final = 60.0
"""Seconds that it may take to begin."""


class Publisher:
    """A process that publishes one package after another. It is started when it is needed, and anew when it ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def publish(self, task: Task) -> dict[str, Any]:
        """The version of a package, whether this made it, and what was dropped. Raises DatasetUntaken, StoreFailed."""
        seconds = self._settings.publish_seconds
        try:
            answer = self._asked(task, seconds)
        except WorkerLate as error:
            self._end()
            raise DatasetUntaken(f"{task.dataset.key} was given up after {seconds:g} s.", lasting=True) from error
        except WorkerLost as error:
            self._end()
            words = f"{task.dataset.key} takes more memory than it may, or breaks what reads it."
            raise DatasetUntaken(words, lasting=True) from error
        if "version" in answer:
            return answer
        if trace := answer.get("trace"):
            log.error("%s was not taken:\n%s", task.dataset.id, trace)
            raise DatasetUntaken("a fault of Minshu; the log has it")
        if answer["code"] in STORE:
            raise StoreFailed(answer["words"])
        raise DatasetUntaken(answer["words"], answer["code"], lasting=answer["lasting"])

    def _asked(self, task: Task, seconds: float) -> dict[str, Any]:
        return self._started().ask(task.told(), seconds, lambda: None).header

    def _started(self) -> WorkerProcess:
        if self._worker is None:
            configuration = {"settings": portable(self._settings)}
            self._worker = WorkerProcess(MODULE, configuration, 0, express=False)
            try:
                self._worker.start(START, Event())
            except (WorkerLost, WorkerLate) as error:
                self._end()
                raise DatasetUntaken("The process that publishes did not begin. Is there memory for it?") from error
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker:
            with suppress(OSError):
                worker.bury()
