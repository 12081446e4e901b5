"""Descriptors made self-contained, so that what reads them next opens no file and asks no network of its own.

Frictionless takes a string for a path or an address in more places than the standard does: as a schema, a dialect, a
single field, a profile. A stranger's descriptor must not decide what is opened.
"""

from collections.abc import Iterator
from typing import Any

from minshu.descriptors import Descriptor, Package, parse_json, paths_of, safe_file
from minshu.errors import DescriptorInvalid

# Formats, and endings of paths, of text that frictionless would guess the encoding of.
GUESSED = ("csv", "tsv", "ndjson", "jsonl")
# Names of profiles of version 1 that say nothing which the data would not show. Others would have to be fetched.
KNOWN_PROFILES = ("data-package", "tabular-data-package", "data-resource", "tabular-data-resource", "data-schema")
# Frictionless's own extensions of a resource: programs for it, which validation must not run.
PROGRAMS = ("checklist", "pipeline", "detector", "profiles")


def self_contained(package: Package) -> tuple[Descriptor, tuple[str, ...]]:
    """The package's descriptor with schemas and dialects by reference put in, and a warning for each profile left out.

    A profile adds rules of its own about the descriptor; the data can be judged without it.
    Raises DescriptorInvalid with the place, and UnsafePath.
    """
    resources = [
        _resource(package, resource, f"/resources/{position}") for position, resource in enumerate(package.resources)
    ]
    warnings = tuple(
        f"The profile {profile!r} was not fetched, so it was not checked."
        for part in (package.descriptor, *package.resources)
        for profile in _foreign_profiles(part)
    )
    return {**_plain(package.descriptor), "resources": resources}, warnings


def _resource(package: Package, resource: Descriptor, place: str) -> Descriptor:
    plain = _plain(resource)
    for key in ("schema", "dialect"):
        if isinstance(plain.get(key), str):
            plain[key] = _read(package, plain[key], f"{place}/{key}")
    if isinstance(plain.get("schema"), dict):
        plain["schema"] = _plain(plain["schema"])
        _refuse_references(plain["schema"].get("fields", []), f"{place}/schema/fields")
    if "encoding" not in plain and _is_guessed(plain):
        # The standard's default. Frictionless would guess from a sample, and publish what it guessed wrong.
        plain["encoding"] = "utf-8"
    if isinstance(plain.get("dialect"), dict):
        _refuse_references(plain["dialect"].get("controls", []), f"{place}/dialect/controls")
    return plain


def _is_guessed(resource: Descriptor) -> bool:
    """Whether a resource is of a format whose encoding would be guessed."""
    paths = paths_of(resource)
    return bool(paths) and (resource.get("format") in GUESSED or paths[0].lower().endswith(GUESSED))


def _plain(part: Descriptor) -> Descriptor:
    foreign = _foreign_profiles(part)
    return {
        key: value
        for key, value in part.items()
        if key not in PROGRAMS and not (key == "profile" and (value in foreign or not isinstance(value, str)))
    }


def _foreign_profiles(part: Descriptor) -> list[str]:
    profile = part.get("profile")
    return [profile] if isinstance(profile, str) and profile not in KNOWN_PROFILES else []


def _refuse_references(items: Any, place: str) -> None:
    if not isinstance(items, list):
        raise DescriptorInvalid(f"{place} must be a list.")
    for position in _not_objects(items):
        raise DescriptorInvalid(f"{place}/{position} must be an object.")


def _not_objects(items: list[Any]) -> Iterator[int]:
    return (position for position, item in enumerate(items) if not isinstance(item, dict))


def _read(package: Package, path: str, place: str) -> Descriptor:
    try:
        data = safe_file(package.folder, path).read_bytes()
    except OSError as error:
        raise DescriptorInvalid(f"{place}: {path!r} cannot be read: {error.strerror}.") from error
    value = parse_json(data, f"{place}: {path!r}")
    if not isinstance(value, dict):
        raise DescriptorInvalid(f"{place}: {path!r} must hold an object.")
    return value
