"""The shapes that several profiles of metadata ask for: texts that say something, codes, days and sums."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from minshu.checks.codes import USCC_SHAPE, is_uscc, uscc_check_character
from minshu.metadata.currencies import CURRENCIES, MEANT
from minshu.profiles import Fault, near
from minshu.profiles.shapes import Record, Shape, below, shown, text

FILLED: Final[Shape] = text("a text that is not blank", r"\S")
AMOUNT: Final[Shape] = text(
    "an amount as text such as 1200000.00",
    r"\A(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z",
    "Write its figures alone, in quotes: no unit, no separator and no sign.",
)
_A_DAY: Final = "a day such as 2026-01-31"
_DAY: Final[Shape] = text(_A_DAY, r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CURRENCY: Final[Shape] = text("a currency code of ISO 4217 such as CNY")


def credit_code(value: Any, pointer: str) -> Iterator[Fault]:
    """A unified social credit code."""
    if not isinstance(value, str):
        yield from FILLED(value, pointer)
    elif not is_uscc(value):
        if is_uscc(value.strip().upper()):
            hint = "Write it in capitals and without blanks."
        elif re.fullmatch(USCC_SHAPE, value):
            hint = f"After its first 17 characters the last must be {uscc_check_character(value)}: one is mistyped."
        else:
            hint = "It has 18 characters: figures, and capitals without I, O, S, V and Z."
        yield Fault(pointer, f"must be a unified social credit code, not {shown(value)}", hint)


def day(value: Any, pointer: str) -> Iterator[Fault]:
    """A day that there is in the calendar."""
    faults = list(_DAY(value, pointer))
    if not faults and read_day(value) is None:
        faults = [Fault(pointer, f"must be {_A_DAY}, not {shown(value)}", "There is no such day.")]
    yield from faults


def read_day(value: object) -> date | None:
    """The day that a text names, if it is one."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-01-31") else None
    except ValueError:
        return None


def currency(value: Any, pointer: str) -> Iterator[Fault]:
    """The code of a currency."""
    if not isinstance(value, str):
        yield from _CURRENCY(value, pointer)
    elif value not in CURRENCIES:
        plain = value.strip().upper()
        meant = MEANT.get(plain, plain if plain in CURRENCIES else None)
        hint = f"Did you mean `{meant}`?" if meant else ""
        yield Fault(pointer, f"must be a currency code of ISO 4217 such as CNY, not {shown(value)}", hint)


def own(record: Record) -> Shape:
    """An object of ours. What no program reads is warned of, for whoever wrote it thinks that it is told."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        yield from record(value, pointer)
        held = value if isinstance(value, dict) else {}
        absent = [name for name in record.properties if name not in held]
        for key in held:
            if key not in record.properties and ":" not in key and not near(key, absent):
                yield Fault(below(pointer, key), "is read by nobody", severity="warning")

    return check


def misnamed(holder: Mapping[str, Any], name: str, pointer: str = "") -> Iterator[Fault]:
    """The properties that are nearly the one of this name, and would be read by nobody."""
    namespace, _, own_name = name.partition(":")
    for key in holder:
        before, _, after = key.partition(":")
        if key != name and before.casefold() == namespace and near(after, (own_name,)):
            yield Fault(below(pointer, key), "is read by nobody", f"Did you mean `{name}`?")
