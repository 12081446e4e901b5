"""Provenance: which tables of a package say where in a text its records stand, as its publisher declares it.

A table of spans is an ordinary table with `minshu:provenance` in its resource (docs/provenance.md). Who reads a release
takes what can be read of it; who validates a package is told what cannot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from minshu.descriptors import paths_of, resources_of
from minshu.profiles import Fault, near
from minshu.profiles.shapes import below

PROVENANCE: Final = "minshu:provenance"

MEMBERS: Final = ("document", "unit", "fields", "outline", "questions")
ROLES: Final[Mapping[str, str]] = {
    "start": "integer",
    "end": "integer",
    "table": "string",
    "key": "string",
    "quote": "string",
    "sha256": "string",
    "document": "string",
}
"""What a field of a table of spans can be, with the type that it must have for it."""

Columns = Mapping[str, Mapping[str, str]]
"""The fields of each table, with their types in Table Schema."""

_Wrong = tuple[str, str, str]
"""What is wrong with a declaration: the place in it, a note, and a hint."""


class Unit(StrEnum):
    """What offsets count: code points, bytes of the file as it lies, or code units of UTF-16, as JavaScript does."""

    characters = "characters"
    bytes = "bytes"
    utf16 = "utf-16"


@dataclass(frozen=True)
class Provenance:
    """A table of spans: the text that it is about, which column is what, and what leads through the text.

    `document` is None where a column names the text of each span. `outline` are tables of which each refers to the one
    before it: the headings of the text, and last what stands under them. `questions` are tables of doubts about it.
    """

    table: str
    document: str | None
    unit: Unit
    fields: Mapping[str, str]
    outline: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def names_records(self) -> bool:
        """Whether each span says itself, by table and key, whose it is."""
        return "table" in self.fields


def is_text(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is a text: one file of a media type `text/…` that is not read as a table."""
    is_table = resource.get("type") == "table" or "schema" in resource
    return not is_table and str(resource.get("mediatype", "")).startswith("text/") and len(paths_of(resource)) == 1


def texts_of(descriptor: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The resources of a package that are texts, by name."""
    return {str(one.get("name")): one for one in resources_of(descriptor) if is_text(one)}


def described_texts(descriptor: Mapping[str, Any]) -> list[str]:
    """The names of the texts that a table of spans may be about, whether or not its declaration can be read."""
    return list(texts_of(descriptor)) if any(PROVENANCE in one for one in resources_of(descriptor)) else []


def provenance(descriptor: Mapping[str, Any], columns: Columns) -> tuple[Provenance, ...]:
    """The tables of spans of a package, those left out whose declaration cannot be read."""
    declared = (resource for resource in resources_of(descriptor) if PROVENANCE in resource)
    return tuple(_made(descriptor, one) for one in declared if not any(_wrong(descriptor, one, columns)))


def provenance_faults(descriptor: Mapping[str, Any], columns: Columns) -> Iterator[Fault]:
    """What is wrong with the declarations: each is an error, for readers would look in vain for what it promises."""
    for position, resource in enumerate(resources_of(descriptor)):
        pointer = f"/resources/{position}"
        for key in resource:
            if key not in (PROVENANCE, "minshu:opening") and key.startswith("minshu:") and near(key, (PROVENANCE,)):
                yield Fault(below(pointer, key), "is read by nobody", f"Did you mean `{PROVENANCE}`?")
        for place, note, hint in _wrong(descriptor, resource, columns) if PROVENANCE in resource else ():
            yield Fault(f"{pointer}/{PROVENANCE}{place}", note, hint)


def _made(descriptor: Mapping[str, Any], resource: Mapping[str, Any]) -> Provenance:
    """What a resource declares, if nothing is wrong with it."""
    stated = resource[PROVENANCE]
    fields = _fields(stated)
    document = None if "document" in fields else stated.get("document") or next(iter(texts_of(descriptor)))
    lists = {key: tuple(stated.get(key, ())) for key in ("outline", "questions")}
    return Provenance(str(resource.get("name")), document, Unit(stated.get("unit", Unit.characters)), fields, **lists)


def _fields(stated: Mapping[str, Any]) -> Mapping[str, Any]:
    declared = stated.get("fields", {})
    return {"start": "start", "end": "end", **declared} if isinstance(declared, dict) else {}


def _wrong(descriptor: Mapping[str, Any], resource: Mapping[str, Any], columns: Columns) -> Iterator[_Wrong]:
    stated = resource[PROVENANCE]
    if not isinstance(stated, dict):
        yield "", "must be an object", ""
        return
    fields, texts = _fields(stated), texts_of(descriptor)
    yield from _unknown("", stated, MEMBERS)
    yield from _wrong_fields(fields, columns.get(str(resource.get("name"))))
    yield from _wrong_document(stated, fields, texts)
    yield from _wrong_tables(stated, {str(one.get("name")): one for one in resources_of(descriptor)})
    if stated.get("unit", Unit.characters) not in list(Unit):
        yield "/unit", f"must be one of {', '.join(Unit)}", ""


def _unknown(place: str, stated: Mapping[str, Any], known: Sequence[str]) -> Iterator[_Wrong]:
    for key in stated:
        if key not in known:
            meant = near(key, known)
            hint = f"Did you mean `{meant}`?" if meant else f"There are {', '.join(known)}."
            yield below(place, key), "is read by nobody", hint


def _wrong_fields(fields: Mapping[str, Any], columns: Mapping[str, str] | None) -> Iterator[_Wrong]:
    if not fields:
        yield "/fields", "must be an object: what a field is, and its name", ""
        return
    yield from _unknown("/fields", fields, tuple(ROLES))
    if ("table" in fields) != ("key" in fields):
        yield "/fields", "`table` and `key` go together: whose the span is", ""
    if columns is None:
        yield "", "needs a table with a schema", ""
        return
    for role, type_ in ROLES.items():
        if role not in fields:
            continue
        name, place = fields[role], f"/fields/{role}"
        if not isinstance(name, str) or name not in columns:
            meant = near(name, columns) if isinstance(name, str) else None
            hint = f"Did you mean {meant!r}?" if meant else ""
            yield place, f"must name a field of the table, which has no {name!r}", hint
        elif columns[name] != type_:
            yield place, f"must name a field of the type {type_}, and {name!r} is of the type {columns[name]}", ""


def _wrong_document(stated: Mapping[str, Any], fields: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[_Wrong]:
    declared = stated.get("document")
    if declared is not None and "document" in fields:
        yield "/document", "is told by a field already", ""
    elif declared is not None and (not isinstance(declared, str) or declared not in texts):
        hint = "A text has `mediatype` `text/…` and one path."
        yield "/document", f"must name a resource that is a text, not {declared!r}", hint
    elif not texts:
        yield "", "is about a text, and the package has none", "A text has `mediatype` `text/…` and one path."
    elif declared is None and "document" not in fields and len(texts) > 1:
        yield "", "must say by `document` which of the texts it is about", f"There are {', '.join(texts)}."


def _wrong_tables(stated: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]]) -> Iterator[_Wrong]:
    for key in ("outline", "questions"):
        listed = stated.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            yield f"/{key}", "must be a list of names of tables", ""
            continue
        for position, name in enumerate(listed):
            if name not in resources:
                meant = near(name, resources)
                hint = f"Did you mean {meant!r}?" if meant else ""
                yield f"/{key}/{position}", f"must name a resource of the package, not {name!r}", hint
            elif key == "outline" and position and not _refers(resources[name], listed[position - 1]):
                yield f"/{key}/{position}", f"{name!r} must have a foreign key to {listed[position - 1]!r}", ""


def _refers(resource: Mapping[str, Any], name: str) -> bool:
    """Whether a table has a foreign key to another; where its schema is not at hand, it may."""
    schema = resource.get("schema")
    keys = schema.get("foreignKeys", []) if isinstance(schema, dict) else None
    references = [key.get("reference") for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    named = [one.get("resource") for one in references if isinstance(one, dict)]
    return isinstance(schema, str) or name in named
