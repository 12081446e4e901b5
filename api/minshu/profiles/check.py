"""Which version of the profiles a descriptor is held against, and what is told where it does not say."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from minshu.profiles.shapes import Fault, Shape
from minshu.profiles.standard import Version, package

DECLARE = 'Version 2 allows it: declare "$schema": "https://datapackage.org/profiles/2.0/datapackage.json".'
VERSION_1 = "/profiles/1."


def faults(descriptor: Any, limit: int) -> tuple[Fault, ...]:
    """The first faults of a package's descriptor, in the order of the standard's properties.

    It is held against the version that its `$schema` names. The standard takes a descriptor that names none for one
    of version 1; since most that are written so today use what version 2 brought, that alone is a warning.
    """
    declared = descriptor.get("$schema") if isinstance(descriptor, dict) else None
    if isinstance(declared, str):
        return tuple(islice(_shape("1.0" if VERSION_1 in declared else "2.0")(descriptor, ""), limit))
    found = list(islice(_shape("2.0")(descriptor, ""), limit))
    return (*found, *islice(_only_version_1(descriptor, found), limit - len(found)))


def _only_version_1(descriptor: Any, found: list[Fault]) -> Iterator[Fault]:
    known = {fault.pointer for fault in found}
    for fault in _shape("1.0")(descriptor, ""):
        if fault.pointer not in known:
            yield replace(fault, hint=DECLARE, severity="warning")


@cache
def _shape(version: Version) -> Shape:
    return package(version)
