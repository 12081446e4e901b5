"""Table Dialect 2.0 as frictionless's controls: what it keeps in an object for each format, the standard keeps flat."""

from collections.abc import Mapping
from typing import Any

# A property of the standard, and the controls of frictionless and the properties of theirs that it becomes.
CONTROLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "property": (("json", "property"),),
    "itemType": (("json", "itemType"), ("inline", "itemType")),
    "itemKeys": (("json", "keys"), ("inline", "keys")),
    "sheetNumber": (("excel", "sheet"), ("ods", "sheet")),
    "sheetName": (("excel", "sheet"), ("ods", "sheet")),
    "table": (("sql", "table"),),
}


def with_controls(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """A package's descriptor with the dialect of each resource as frictionless has it."""
    resources = [_with_controls(resource) for resource in descriptor["resources"]]
    return {**descriptor, "resources": resources}


def _with_controls(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    dialect = resource.get("dialect")
    if not isinstance(dialect, dict) or not CONTROLS.keys() & dialect.keys():
        return resource
    nested = {key: value for key, value in dialect.items() if key not in CONTROLS}
    for name, places in CONTROLS.items():
        for control, key in places if name in dialect else ():
            nested[control] = {**(nested.get(control) or {}), key: dialect[name]}
    return {**resource, "dialect": nested}
