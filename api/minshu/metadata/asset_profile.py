"""What must be true of what a package says of itself as an asset: shapes, terms in order, and no contradiction."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from minshu.descriptors import resources_of
from minshu.metadata.asset_register import APART, ASSET, ITEMS, OPERATIONS, VALUATIONS, asset_of, property_of
from minshu.metadata.core_catalogue import mapping
from minshu.metadata.shapes import AMOUNT, FILLED, credit_code, currency, day, misnamed, own, read_day
from minshu.opening import Openings, openings
from minshu.profiles import Fault, near
from minshu.profiles.shapes import Record, Shape, items, shown

_OPERATION: Final[Shape] = own(
    Record(
        {
            "grantor": FILLED,
            "operator": FILLED,
            "operatorCode": credit_code,
            "scope": FILLED,
            "resources": items(FILLED, 1, distinct=True),
            "start": day,
            "end": day,
            "ended": day,
            "purpose": FILLED,
            "priceBasis": FILLED,
        },
        required=("grantor", "operator", "scope", "start", "end", "purpose", "priceBasis"),
    )
)
_VALUATION: Final[Shape] = own(
    Record(
        {"value": AMOUNT, "currency": currency, "date": day, "method": FILLED, "source": FILLED},
        required=("value", "currency", "date", "method", "source"),
    )
)
_ASSET: Final[Shape] = own(
    Record(
        {
            **{property_of(item.key): FILLED for item in ITEMS},
            "registrationDate": day,
            property_of(OPERATIONS.key): items(_OPERATION, distinct=True),
            property_of(VALUATIONS.key): items(_VALUATION, distinct=True),
        },
        least=1,
    )
)
# What says each part that is asked for, and what that is called.
_ASKED: Final[Mapping[str, str]] = {
    **{property_of(item.key): item.term for item in ITEMS},
    **{property_of(part.key): part.term for kind in APART for part in kind.parts},
}


def asset_faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with what a package says of itself as an asset; nothing with one that says nothing."""
    yield from misnamed(descriptor, ASSET)
    for position, resource in enumerate(resources_of(descriptor)):
        pointer = f"/resources/{position}"
        yield from misnamed(resource, ASSET, pointer)
        if ASSET in resource:
            yield Fault(f"{pointer}/{ASSET}", "is read by nobody", "It belongs to the package, not to a resource.")
    if ASSET in descriptor:
        for fault in _faults(descriptor):
            asked = _ASKED.get(fault.note.removesuffix(" is missing").strip("`"))
            yield replace(fault, hint=f"It says {asked}.") if asked and not fault.hint else fault


def _faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    pointer, asset = f"/{ASSET}", asset_of(descriptor)
    yield from _ASSET(descriptor[ASSET], pointer)
    yield from _registration_faults(asset, pointer)
    stated, declared = asset.get(property_of(OPERATIONS.key)), openings(descriptor)
    for position, one in enumerate(stated if isinstance(stated, list) else ()):
        place = f"{pointer}/{property_of(OPERATIONS.key)}/{position}"
        yield from _term_faults(mapping(one), place)
        yield from _scope_faults(mapping(one), place, declared, _names(descriptor))


def _names(descriptor: Mapping[str, Any]) -> list[str]:
    return [str(resource.get("name")) for resource in resources_of(descriptor)]


def _registration_faults(asset: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    """A number says nothing without whose register it stands in, and that nothing without a number."""
    if "registrationNumber" in asset:
        if "registrar" not in asset:
            yield Fault(pointer, "`registrar` is missing", severity="warning")
    elif asset.keys() & {"registrar", "registrationDate"}:
        yield Fault(pointer, "`registrationNumber` is missing", severity="warning")


def _term_faults(operation: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    """Days that are not in order: none of a term is before its first, and it ends no later than it was to."""
    start, end, ended = (read_day(operation.get(key)) for key in ("start", "end", "ended"))
    for key, found in (("end", end), ("ended", ended)):
        if start and found and found < start:
            yield Fault(f"{pointer}/{key}", f"is before {start}, the first day of the term")
    if end and ended and ended > end:
        yield Fault(f"{pointer}/ended", f"is after {end}, the last day of the term")


def _scope_faults(operation: Mapping[str, Any], pointer: str, declared: Openings, names: list[str]) -> Iterator[Fault]:
    """Resources that there are not, and an operation that still holds of what everybody may have anyway."""
    named = operation.get("resources")
    texts = [
        (position, name)
        for position, name in enumerate(named if isinstance(named, list) else ())
        if isinstance(name, str)
    ]
    for position, name in texts:
        if name not in names:
            meant = near(name, names)
            hint = f"Did you mean `{meant}`?" if meant else ""
            yield Fault(
                f"{pointer}/resources/{position}", f"must name a resource of the package, not {shown(name)}", hint
            )
    if "ended" in operation or not operation:
        return
    hint = "Name as `resources` what is not open, say when the operation `ended`, or leave it out."
    for position, name in texts:
        if name in names and declared.of(name).is_open:
            yield Fault(
                f"{pointer}/resources/{position}", "is open to all, which nobody needs an authorisation for", hint
            )
    if not isinstance(named, list) and names and all(declared.of(name).is_open for name in names):
        yield Fault(pointer, "is about data that is open to all, which nobody needs an authorisation for", hint)
