"""Figures in words and numbers, as people read them."""

from collections.abc import Mapping
from typing import Final

from minshu.reports import Language
from minshu.scorecard.figure import Figure, Status
from minshu.scorecard.measures import Text

STATUS: Final[Mapping[Status, Text]] = {
    "known": Text("已知", "known"),
    "pending": Text("统计中", "being counted"),
    "not-stated": Text("未声明", "not stated"),
    "not-applicable": Text("不适用", "not applicable"),
    "not-open": Text("未无条件开放", "not open to all"),
    "not-kept": Text("未收集", "none kept"),
    "nothing-asked": Text("无人提出", "nothing asked"),
    "unreadable": Text("无法读取", "cannot be read"),
    "withdrawn": Text("已撤回", "withdrawn"),
}


def shown(figure: Figure, language: Language) -> str:
    """The value, a share in per cent; else why there is none."""
    if figure.value is None:
        return STATUS[figure.status].in_(language)
    return f"{figure.value:,}" if figure.unit != "share" else percent(figure.numerator or 0, figure.denominator or 1)


def percent(numerator: int, denominator: int) -> str:
    """A share in per cent, rounded to a tenth; but nothing is called all or none unless it is."""
    if numerator in (0, denominator):
        return f"{100 * numerator // denominator}%"
    return f"{min(max(100 * numerator / denominator, 0.1), 99.9):.1f}%"


def fraction(figure: Figure) -> str:
    """Out of how many how many, where it is a share that is known."""
    return f"{figure.numerator:,} / {figure.denominator:,}" if figure.denominator else ""


def left_out(figure: Figure, language: Language) -> str:
    """Of a figure of a catalogue: how many datasets are not in it, and why. Those that are withdrawn are in none."""
    between = "、" if language is Language.zh else ", "
    return between.join(
        f"{count:,} {STATUS[status].in_(language)}"
        for status, count in sorted(figure.left_out.items())
        if status != "withdrawn"
    )
