"""Whether a constraint allows all that it allowed before. What cannot be shown to is tightened."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from minshu.descriptors import Descriptor

# What says nothing: as good as absent.
_IDLE: Mapping[str, object] = {"required": False, "unique": False, "minLength": 0}
_LOWER = ("minimum", "exclusiveMinimum", "minLength")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength")
# Types whose default lexical forms sort as their values do, so long as they are written alike.
_SORTED = ("date", "time", "datetime", "yearmonth")
# From strict to lax; `subset` and `superset` cannot be compared.
_MATCHES: Mapping[str, int] = {"exact": 0, "equal": 1, "subset": 2, "superset": 2, "partial": 3}

Verdict = str
TIGHTENED, LOOSENED, METADATA = "constraint-tightened", "constraint-loosened", "metadata-changed"


def constraint_changes(old: Descriptor, new: Descriptor) -> Iterator[tuple[Verdict, str, Any, Any]]:
    """For each constraint that differs between two fields' descriptors: its rule, its name, and both values."""
    before, after = _constraints(old), _constraints(new)
    for name in sorted({*before, *after}):
        was, is_ = before.get(name), after.get(name)
        if was != is_:
            labels = name == "categories" and _only_label(before) and _only_label(after)
            yield METADATA if labels else _verdict(name, was, is_, new.get("type")), name, was, is_


def matching_verdict(old: str, new: str) -> Verdict:
    """The rule for another `fieldsMatch`."""
    return LOOSENED if _MATCHES.get(old, 9) < _MATCHES.get(new, -1) else TIGHTENED


def _constraints(field: Descriptor) -> dict[str, Any]:
    declared = field.get("constraints")
    found = dict(declared) if isinstance(declared, dict) else {}
    if isinstance(field.get("categories"), list):
        found["categories"] = field["categories"]
    return {name: value for name, value in found.items() if value is not None and _IDLE.get(name) != value}


def _only_label(constraints: Mapping[str, Any]) -> bool:
    """Whether categories, where there are any, leave out no value of the `enum` beside them, and so are its labels."""
    categories, enum = constraints.get("categories"), constraints.get("enum")
    return categories is None or (isinstance(enum, list) and _values(enum) <= _values(categories))


def _verdict(name: str, old: Any, new: Any, field_type: Any) -> Verdict:
    if old is None or new is None:
        return TIGHTENED if old is None else LOOSENED
    if name in ("enum", "categories") and isinstance(old, list) and isinstance(new, list):
        before, after = _values(old), _values(new)
        if before == after:
            return METADATA  # Another order, or other labels.
        return LOOSENED if before < after else TIGHTENED
    order = _order(old, new, field_type)
    wider = (name in _LOWER and order == 1) or (name in _UPPER and order == -1)
    same = order == 0 and name in (*_LOWER, *_UPPER)
    return METADATA if same else LOOSENED if wider else TIGHTENED


def _values(items: list[Any]) -> set[str]:
    values = (item.get("value") if isinstance(item, dict) else item for item in items)
    return {json.dumps(value, sort_keys=True) for value in values}


def _order(old: Any, new: Any, field_type: Any) -> int | None:
    """1 where the old bound is greater, -1 where it is less, 0 where they are the same number; None if unknown."""
    try:
        before, after = Decimal(str(old)), Decimal(str(new))
        return int(before.compare(after))
    except (InvalidOperation, ValueError):
        pass
    alike = isinstance(old, str) and isinstance(new, str) and len(old) == len(new)
    return (old > new) - (old < new) if alike and field_type in _SORTED else None
