"""What is to be said of a descriptor itself: faults by the standard's profiles, and advice that no profile gives.

Frictionless holds descriptors against profiles of its own, and speaks of `'fields' is a required property`. Where ours
has found the fault, which it tells with its place and a hint, frictionless's words for it are left out.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from minshu.descriptors import Descriptor, Package, fields_of, resources_of
from minshu.errors import DescriptorInvalid, UnsafePath
from minshu.loading import ROW, collision, collision_words
from minshu.metadata.asset_profile import asset_faults
from minshu.metadata.core_profile import core_faults
from minshu.opening import opening_faults
from minshu.profiles import faults
from minshu.provenance import Provenance, provenance, provenance_faults
from minshu.references import self_contained
from minshu.report import Report, descriptor_error


def with_conformance(report: Report, package: Package, limit: int) -> Report:
    """The report with what is wrong with the descriptor, and with what its readers will miss in it.

    A descriptor that was made here, for a single file, is not judged.
    """
    if package.source is None:
        return report
    described = _described(package)
    found = (
        *faults(described, limit),
        *opening_faults(package.descriptor),
        *islice(core_faults(described), limit),
        *islice(asset_faults(package.descriptor), limit),
        *provenance_faults(described, _fields(described)),
    )
    errors = tuple(
        descriptor_error(fault.pointer, fault.note, fault.hint) for fault in found if fault.severity == "error"
    )
    warnings = (fault.sentence for fault in found if fault.severity == "warning")
    # Without a task, frictionless has refused the descriptor, and its reasons are among ours.
    theirs = () if errors and not report.tasks else report.errors
    return replace(report, errors=(*errors, *theirs), warnings=(*report.warnings, *warnings, *_advice(package)))


def declared_provenance(package: Package) -> tuple[Provenance, ...]:
    """The tables of spans of a package, those left out whose declaration is a fault."""
    described = _described(package)
    return provenance(described, _fields(described))


def _described(package: Package) -> Descriptor:
    """The descriptor with schemas by reference put in, for they are held against the standard too, where it can be."""
    try:
        return self_contained(package)[0]
    except (DescriptorInvalid, UnsafePath):
        return package.descriptor


def _fields(described: Descriptor) -> dict[str, dict[str, str]]:
    """The fields of each resource that declares a schema, with their types."""
    return {
        str(resource.get("name")): {name: str(field.get("type", "string")) for name, field in fields.items()}
        for resource in resources_of(described)
        if (fields := fields_of(resource))
    }


def _advice(package: Package) -> Iterator[str]:
    """What a reader will miss; asked for, never required."""
    yield from (
        f"The package declares no {key}; readers look for it."
        for key in ("title", "licenses")
        if not package.descriptor.get(key)
    )
    yield from (
        f"{resource.get('name')!r} declares no schema: types are inferred, and a code like 001 may become a number."
        for resource in package.resources
        if resource.get("type") == "table" and not resource.get("schema")
    )
    yield from _unstorable(package)


def _unstorable(package: Package) -> Iterator[str]:
    """Warn of what is valid, and yet cannot be published."""
    for resource in package.resources:
        schema = resource.get("schema")
        told = schema.get("fields") if isinstance(schema, dict) else None
        fields = told if isinstance(told, list) else []
        names = [field["name"] for field in fields if isinstance(field, dict) and isinstance(field.get("name"), str)]
        if twice := collision([*names, ROW]):
            yield f"{resource.get('name')!r} cannot be published: {collision_words(twice)}."
