"""A small language for the shape of JSON: each shape is a function that tells the faults of a value at a pointer."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Fault:
    """What is wrong with the value at a JSON pointer (RFC 6901), in a sentence, and perhaps how to put it right.

    A `warning` is about what is allowed and yet hardly meant.
    """

    pointer: str
    note: str
    hint: str = ""
    severity: Severity = "error"

    @property
    def sentence(self) -> str:
        """Place, note and hint, for people."""
        return " ".join(filter(None, (f"{self.pointer or '/'}: {self.note}.", self.hint)))


Shape = Callable[[Any, str], Iterator[Fault]]

# What JSON calls the types of Python's values.
_NAMES: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
# Names are compared without case and marks, so that `primary_key` is near `primaryKey`.
_MARKS = re.compile(r"[-_\s]")
_NEAR = 0.75


def anything(_value: Any, _pointer: str) -> Iterator[Fault]:
    """Any value."""
    return iter(())


def text(what: str = "a text", pattern: str | None = None, hint: str = "") -> Shape:
    """A text, perhaps of a form that `what` puts into words."""
    form = re.compile(pattern) if pattern else None

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield _wrong(value, pointer, what)
        elif form and not form.search(value):
            yield Fault(pointer, f"must be {what}, not {shown(value)}", hint)

    return check


def expression(value: Any, pointer: str) -> Iterator[Fault]:
    """A regular expression."""
    if not isinstance(value, str):
        yield _wrong(value, pointer, "a text")
        return
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        yield Fault(pointer, f"is no regular expression: {error}")


def whole(least: int | None = None) -> Shape:
    """A whole number. In JSON, 1.0 is one."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            yield _wrong(value, pointer, "a whole number")
        elif least is not None and value < least:
            yield Fault(pointer, f"must be at least {least}, not {value}")

    return check


def number(value: Any, pointer: str) -> Iterator[Fault]:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _wrong(value, pointer, "a number")


def flag(value: Any, pointer: str) -> Iterator[Fault]:
    """True or false."""
    if not isinstance(value, bool):
        hint = f"Write {value.lower()} without quotes." if value in ("true", "false", "True", "False") else ""
        yield _wrong(value, pointer, "true or false", hint)


def choice(*names: str) -> Shape:
    """One of some texts."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            hint = f"Write {value[0]!r} without brackets." if _is_single(value, names) else ""
            yield _wrong(value, pointer, f"one of {', '.join(names)}", hint)
        elif value not in names:
            yield Fault(pointer, f"must be one of {', '.join(names)}, not {shown(value)}", _meant(value, names))

    return check


def items(shape: Shape, least: int = 0, *, distinct: bool = False) -> Shape:
    """A list whose items have a shape, and perhaps differ from each other."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield _wrong(value, pointer, "a list")
            return
        if len(value) < least:
            yield Fault(pointer, f"must have at least {least} item{'' if least == 1 else 's'}")
        seen: dict[str, int] = {}
        for position, item in enumerate(value):
            yield from shape(item, f"{pointer}/{position}")
            if distinct and (first := seen.setdefault(json.dumps(item, sort_keys=True), position)) != position:
                yield Fault(f"{pointer}/{position}", f"repeats item {first} of the list, counted from 0")

    return check


def alike(shape: Shape) -> Shape:
    """A list of a shape whose items are either all objects, or none is."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, list) and len({isinstance(item, dict) for item in value}) > 1:
            yield Fault(pointer, "must hold either values or objects with `value`, not both")
        yield from shape(value, pointer)

    return check


def by_type(what: str, shapes: Mapping[type, Shape]) -> Shape:
    """A value that is held against the shape for its type."""

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        shape = shapes.get(type(value))
        if shape is None:
            yield _wrong(value, pointer, what)
        else:
            yield from shape(value, pointer)

    return check


@dataclass(frozen=True)
class Record:
    """An object. Properties that the standard does not know are kept; one that is nearly its own is warned of.

    Of `one_of`, exactly one must be there, of `any_of`, one at least; and `least` properties of any name.
    """

    properties: Mapping[str, Shape]
    required: Sequence[str] = ()
    one_of: Sequence[str] = ()
    any_of: Sequence[str] = ()
    least: int = 0

    def __call__(self, value: Any, pointer: str) -> Iterator[Fault]:
        """The faults of a value."""
        if not isinstance(value, dict):
            yield _wrong(value, pointer, "an object")
            return
        yield from self._absent(value, pointer)
        for key, item in value.items():
            if key in self.properties:
                yield from self.properties[key](item, below(pointer, key))

    def _absent(self, value: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
        meant = dict(self._misspelt(value))
        for name in (name for name in self.required if name not in value):
            key = next((key for key, known in meant.items() if known == name), None)
            yield Fault(pointer, f"`{name}` is missing", f"Did you mean `{name}` by `{key}`?" if key else "")
        for key, known in meant.items():
            if known not in self.required:
                yield Fault(below(pointer, key), "is no property of the standard", _did_you_mean(known), "warning")
        for names in filter(None, (self.one_of, self.any_of)):
            if not any(name in value for name in names):
                yield Fault(pointer, f"{_listed(names, 'or')} is missing")
        if sum(name in value for name in self.one_of) > 1:
            yield Fault(pointer, f"{_listed(self.one_of, 'and')} exclude each other")
        if len(value) < self.least:
            yield Fault(pointer, "must not be empty")

    def _misspelt(self, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        absent = [name for name in self.properties if name not in value]
        # A namespace says that a property is somebody's own.
        for key in (key for key in value if key not in self.properties and ":" not in key):
            if known := near(key, absent):
                yield key, known


def below(pointer: str, key: str) -> str:
    """The pointer to a property, its name escaped as RFC 6901 asks."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _did_you_mean(name: str) -> str:
    """The hint that a name was meant."""
    return f"Did you mean `{name}`?"


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that a name is nearly, if there is one."""
    plain = {_plain(one): one for one in known}
    found = get_close_matches(_plain(name), plain, 1, _NEAR)
    return plain[found[0]] if found else None


def _meant(value: str, names: Sequence[str]) -> str:
    known = near(value, names)
    return _did_you_mean(known) if known else ""


def _listed(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(f"`{name}`" for name in names)


def _plain(name: str) -> str:
    return _MARKS.sub("", name).lower()


def _is_single(value: Any, names: Sequence[str]) -> bool:
    return isinstance(value, list) and len(value) == 1 and value[0] in names


def _wrong(value: Any, pointer: str, what: str, hint: str = "") -> Fault:
    return Fault(pointer, f"must be {what}, not {_NAMES[type(value)]}", hint)


def shown(value: str) -> str:
    """A text as a fault quotes it, as far as it is worth showing."""
    return repr(value if len(value) <= 100 else f"{value[:99]}…")
