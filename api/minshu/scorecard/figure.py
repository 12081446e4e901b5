"""A figure, and the numbers that went into it, so that anybody can compute it again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["share", "cells", "count"]
Status = Literal[
    "known",
    "pending",
    "not-stated",
    "not-applicable",
    "not-open",
    "not-kept",
    "nothing-asked",
    "unreadable",
    "withdrawn",
]
"""Whether a figure is known, else why it is not. What is not known is never told as 0."""


@dataclass(frozen=True)
class Input:
    """What one subject - a format, a table, a field, a dataset - adds to a figure. Counts are out of nothing."""

    subject: str
    numerator: int
    denominator: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Counted:
    """What a measure found: the numbers, or why there are none. `note` is the word that this hangs on."""

    inputs: tuple[Input, ...] = ()
    status: Status = "known"
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """One measure of one dataset, or of the catalogue: numerator and denominator are the sums of the inputs.

    `left_out` says of a figure of the catalogue how many datasets are not in it, and why.
    """

    name: str
    unit: Unit
    status: Status
    inputs: tuple[Input, ...] = ()
    note: str = ""
    left_out: Mapping[Status, int] = field(default_factory=dict)

    @property
    def numerator(self) -> int | None:
        """What was counted."""
        return sum(one.numerator for one in self.inputs) if self.status == "known" else None

    @property
    def denominator(self) -> int | None:
        """Out of how many; None where the figure is a count."""
        if self.status != "known" or self.unit != "share":
            return None
        return sum(one.denominator or 0 for one in self.inputs)

    @property
    def value(self) -> int | float | None:
        """The count, or the share as a number from 0 to 1; None where it is not known."""
        if self.numerator is None or self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator


def figure(name: str, unit: Unit, counted: Counted) -> Figure:
    """The figure of what was counted. A share of nothing is none."""
    status = counted.status
    if status == "known" and unit == "share" and not sum(one.denominator or 0 for one in counted.inputs):
        status = "not-applicable"
    return Figure(name, unit, status, counted.inputs if status == "known" else (), counted.note)


def pooled(name: str, unit: Unit, figures: Iterable[tuple[str, Figure]]) -> Figure:
    """The figure of a catalogue: all that was counted in its datasets, each of which weighs what it counts.

    Where no dataset has a figure it says why, if those that are not withdrawn agree on that.
    """
    found = list(figures)
    known = tuple(
        Input(dataset, one.numerator or 0, one.denominator) for dataset, one in found if one.status == "known"
    )
    left_out: dict[Status, int] = dict(Counter(one.status for _, one in found if one.status != "known"))
    if known:
        return Figure(name, unit, "known", known, left_out=left_out)
    every = list(left_out)
    reasons = [status for status in every if status != "withdrawn"] or every
    return Figure(name, unit, reasons[0] if len(reasons) == 1 else "not-applicable", left_out=left_out)
