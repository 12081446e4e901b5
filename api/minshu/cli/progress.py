"""Progress: on stderr, only on a terminal, and only for what takes longer than a second."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from minshu.meter import Meter, metered

PATIENCE = 1.0


@contextmanager
def progress(words: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the words of the step under way, which the function given changes, and how fast data is read."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """What was read so far."""

        def render(self, task: Task) -> Text:
            return Text(speed(meter, task.elapsed or 0.0))

    columns = (SpinnerColumn(), TextColumn("{task.description}"), Speed(), TimeElapsedColumn())
    with metered() as meter, Progress(*columns, console=Console(stderr=True), transient=True, disable=False) as bar:
        task = bar.add_task(words, visible=False)
        with _after_patience(lambda: bar.update(task, visible=True)):
            yield lambda step: bar.update(task, description=step)


def speed(meter: Meter, seconds: float) -> str:
    """What was read, in words, and how much of it in a second."""
    if not (meter.rows or meter.size) or not seconds:
        return ""
    rows = f"{meter.rows:,} rows, {meter.rows / seconds:,.0f}/s"
    return f"{rows}, {meter.size / seconds / 1e6:,.1f} MB/s" if meter.size else rows


@contextmanager
def bytes_progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of bytes with speed and time left. The function given is told the bytes done, and all."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, visible=False)
        with _after_patience(lambda: bar.update(task, visible=True)):
            yield lambda done, whole: bar.update(task, completed=done, total=whole)


@contextmanager
def _after_patience(show: Callable[[], None]) -> Iterator[None]:
    from threading import Timer

    timer = Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
