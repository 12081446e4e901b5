"""The keys of a table: what must not repeat, what must not be missing, and what must exist elsewhere."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from frictionless import FrictionlessException
from frictionless import errors as kinds


@dataclass(frozen=True)
class Keys:
    """`fields` are those with the constraint `unique`, `unique` the schema's `uniqueKeys`."""

    fields: tuple[str, ...] = ()
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[Mapping[str, Any], ...] = ()

    @property
    def different(self) -> tuple[tuple[str, ...], ...]:
        """The keys whose values must not repeat."""
        primary = (self.primary,) if self.primary else ()
        return tuple(dict.fromkeys((*((name,) for name in self.fields), *primary, *self.unique)))


def keys_of(schema: Any, fields: Collection[Any], foreign: Collection[Mapping[str, Any]]) -> Keys:
    """The keys of an opened table whose columns are these fields; a key that names none of them is not checked.

    Raises FrictionlessException for unique keys that are none.
    """
    names = {field.name for field in fields}
    return Keys(
        tuple(field.name for field in fields if field.constraints.get("unique")),
        tuple(schema.primary_key) if set(schema.primary_key) <= names else (),
        tuple(key for key in _unique_keys(schema) if set(key) <= names),
        tuple(key for key in foreign if set(key["fields"]) <= names),
    )


def hashable(cell: Any) -> Any:
    """A cell's value as the member of a set: arrays and objects are not."""
    return json.dumps(cell, sort_keys=True, default=str) if isinstance(cell, list | dict) else cell


def _unique_keys(schema: Any) -> list[tuple[str, ...]]:
    """Frictionless keeps the property, and does not read it."""
    keys = schema.custom.get("uniqueKeys", [])
    known = set(schema.field_names)
    if not isinstance(keys, list):
        raise FrictionlessException(kinds.SchemaError(note='"uniqueKeys" must be a list of lists of fields'))
    found: dict[tuple[str, ...], None] = {}
    for key in keys:
        names = tuple(dict.fromkeys([key] if isinstance(key, str) else key if isinstance(key, list) else ()))
        if not names or not set(names) <= known:
            note = f'unique key "{key}" does not match the fields "{schema.field_names}"'
            raise FrictionlessException(kinds.SchemaError(note=note))
        found[names] = None
    return list(found)
