"""How much has been read, for whoever shows it: counts that readers add to, for the one who asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

_Words = ParamSpec("_Words")
_Given = TypeVar("_Given")


@dataclass
class Meter:
    """The bytes and rows that were read, each as often as it was."""

    size: int = 0
    rows: int = 0


_CURRENT: ContextVar[Meter | None] = ContextVar("current", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter of what is read in this context until the block ends."""
    meter = Meter()
    token = _CURRENT.set(meter)
    try:
        yield meter
    finally:
        _CURRENT.reset(token)


def count(*, size: int = 0, rows: int = 0) -> None:
    """Count what was read, where somebody asks."""
    meter = _CURRENT.get()
    if meter is not None:
        meter.size += size
        meter.rows += rows


def in_context(run: Callable[_Words, _Given]) -> Callable[_Words, _Given]:
    """The function, to be run in another thread that counts for the same meter."""
    return partial(copy_context().run, run)
