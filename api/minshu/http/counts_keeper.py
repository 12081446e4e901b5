"""What one server process counts of readings, kept: written now and then, and when it stops."""

import logging
from asyncio import sleep
from datetime import UTC, date, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool

from minshu.counts import Counted, Counts, Tally
from minshu.errors import StoreFailed

INTERVAL: Final = 15.0
"""Seconds between two writings: what a killed process loses."""

log = logging.getLogger(__name__)


class CountsKeeper:
    """Hands over what is counted. A store that cannot be written to is served all the same, and uncounted."""

    def __init__(self, tally: Tally, counts: Counts) -> None:
        self._tally, self._counts = tally, counts
        self._failing, self._merged = False, date.min

    async def run(self) -> None:
        """Keep what is counted, until cancelled."""
        while True:
            await self.keep()
            await sleep(INTERVAL)

    async def keep(self) -> None:
        """Keep what was counted since the last time."""
        await run_in_threadpool(self._keep, self._tally.take())

    def _keep(self, counted: Counted) -> None:
        try:
            self._counts.keep(counted)
            today = datetime.now(UTC).date()
            if self._merged != today:
                self._counts.merge(today)
                self._merged = today
        except StoreFailed as error:
            if not self._failing:
                log.warning("Readings are not counted: %s Name a folder for them in the setting `counts`.", error)
            self._failing = True
        else:
            self._failing = False
