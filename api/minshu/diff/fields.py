"""What changed in the fields and keys of one table. Pure: descriptors in, changes out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minshu.descriptors import Descriptor
from minshu.diff.bump import Bump
from minshu.diff.constraints import METADATA, constraint_changes, matching_verdict
from minshu.diff.model import Change
from minshu.diff.pairing import Pairing
from minshu.diff.rules import RULES
from minshu.diff.side import Side
from minshu.manifest import ReleasedForeignKey, ReleasedTable

# Every value of the first, written in the default way, is one of the second.
_WIDER = {
    ("integer", "number"),
    ("year", "integer"),
    ("year", "number"),
    ("geojson", "object"),
}
_ANYTHING = ("string", "any")
# How values are written, with what stands where nothing is declared.
_FORMATS: Mapping[str, object] = {
    "format": "default",
    "decimalChar": ".",
    "groupChar": None,
    "bareNumber": True,
    "trueValues": ["true", "True", "TRUE", "1"],
    "falseValues": ["false", "False", "FALSE", "0"],
    "missingValues": None,
    "delimiter": ",",
    "itemType": "string",
}
_JUDGED = ("name", "type", "constraints", "categories", *_FORMATS)
_SCHEMA = ("fields", "fieldsMatch", "primaryKey", "uniqueKeys", "foreignKeys", "missingValues", "$schema", "profile")


def changed(rule: str, resource: str | None = None, **details: Any) -> Change:
    """A change under a rule, with the rule's bump."""
    return Change(rule=rule, bump=Bump(RULES[rule].bump), resource=resource, **details)


def table_changes(old: Side, new: Side, name: str, pairing: Pairing) -> Iterator[Change]:
    """The changes of fields and keys of the table that has this name now."""
    was = pairing.resources[name]
    before, after = old.tables[was], new.tables[name]
    schemas = _schema(old.resources[was]), _schema(new.resources[name])
    pairs = pairing.fields[name]
    yield from _members(before, after, pairs, name)
    described = _described(before, schemas[0]), _described(after, schemas[1])
    for now, then in pairs.items():
        yield from _field_changes(described[0][then], described[1][now], name, now)
    yield from _schema_changes(*schemas, name)
    yield from _key_changes(before, after, schemas, name, pairing)


def _schema(resource: Descriptor) -> Descriptor:
    schema = resource.get("schema")
    return schema if isinstance(schema, dict) else {}


def _described(table: ReleasedTable, schema: Descriptor) -> dict[str, Descriptor]:
    """What is declared of each column, its type being the one that it was read as."""
    fields = schema.get("fields", [])
    declared = {field.get("name"): field for field in fields if isinstance(field, dict)}
    return {column.name: {**declared.get(column.name, {}), "type": column.field_type} for column in table.columns}


def _members(old: ReleasedTable, new: ReleasedTable, pairs: Mapping[str, str], resource: str) -> Iterator[Change]:
    for column in old.columns:
        if column.name not in pairs.values():
            yield changed("field-removed", resource, field=column.name, old=column.field_type)
    for column in new.columns:
        then = pairs.get(column.name)
        if then is None:
            yield changed("field-added", resource, field=column.name, new=column.field_type)
        elif then != column.name:
            yield changed("field-renamed", resource, field=column.name, old=then, new=column.name)
    now_of = {then: now for now, then in pairs.items()}
    before = [now_of[column.name] for column in old.columns if column.name in now_of]
    after = [column.name for column in new.columns if column.name in pairs]
    if before != after:
        yield changed("fields-reordered", resource, old=before, new=after)


def _field_changes(old: Descriptor, new: Descriptor, resource: str, field: str) -> Iterator[Change]:
    if old["type"] != new["type"]:
        yield changed(_type_rule(old, new), resource, field=field, property="type", old=old["type"], new=new["type"])
    else:
        for key, default in _FORMATS.items():
            before, after = old.get(key, default), new.get(key, default)
            if before != after:
                yield changed("field-format-changed", resource, field=field, property=key, old=before, new=after)
    for rule, name, before, after in constraint_changes(old, new):
        yield changed(rule, resource, field=field, property=name, old=before, new=after)
    yield from metadata_changes(old, new, _JUDGED, resource, field)


def _type_rule(old: Descriptor, new: Descriptor) -> str:
    if _is_wider(old, new):
        return "field-type-widened"
    return "field-type-narrowed" if _is_wider(new, old) else "field-type-changed"


def _is_wider(narrow: Descriptor, wide: Descriptor) -> bool:
    """Whether a field takes all that another takes, as it was written."""
    if wide.get("format", "default") != "default":
        return False
    if wide["type"] in _ANYTHING:
        return bool(narrow["type"] != "any" or wide["type"] == "any")
    written = ("groupChar", "bareNumber", "decimalChar")
    types = str(narrow["type"]), str(wide["type"])
    return types in _WIDER and [narrow.get(key) for key in written] == [wide.get(key) for key in written]


def _schema_changes(old: Descriptor, new: Descriptor, resource: str) -> Iterator[Change]:
    before, after = old.get("missingValues", [""]), new.get("missingValues", [""])
    if before != after:
        yield changed("field-format-changed", resource, property="missingValues", old=before, new=after)
    before, after = _matching(old), _matching(new)
    if before != after:
        yield changed(matching_verdict(before, after), resource, property="fieldsMatch", old=before, new=after)
    yield from metadata_changes(old, new, _SCHEMA, resource)


def _matching(schema: Descriptor) -> str:
    value = schema.get("fieldsMatch", "exact")
    # The official profile says that it is an array.
    return str(value[0] if isinstance(value, list) and value else value)


def _key_changes(
    old: ReleasedTable,
    new: ReleasedTable,
    schemas: tuple[Descriptor, Descriptor],
    resource: str,
    pairing: Pairing,
) -> Iterator[Change]:
    now_of = {then: now for now, then in pairing.fields[resource].items()}
    before = tuple(now_of.get(name, name) for name in old.primary_key)
    if before != new.primary_key:
        yield changed("primary-key-changed", resource, old=list(before) or None, new=list(new.primary_key) or None)
    unique = [{tuple(now_of.get(name, name) for name in key) for key in _unique(schemas[0])}, {*_unique(schemas[1])}]
    yield from _set_changes(unique[0], unique[1], "uniqueKeys", resource)
    yield from _foreign_changes([_now(key, now_of, pairing) for key in old.foreign_keys], new.foreign_keys, resource)


def _unique(schema: Descriptor) -> list[tuple[str, ...]]:
    keys = schema.get("uniqueKeys") or []
    return [(key,) if isinstance(key, str) else tuple(key) for key in keys]


def _set_changes(
    old: set[tuple[str, ...]], new: set[tuple[str, ...]], property_: str, resource: str
) -> Iterator[Change]:
    for key in sorted(old - new):
        yield changed("key-removed", resource, property=property_, old=list(key))
    for key in sorted(new - old):
        yield changed("key-added", resource, property=property_, new=list(key))


def _now(key: ReleasedForeignKey, now_of: Mapping[str, str], pairing: Pairing) -> ReleasedForeignKey:
    """An old foreign key in the names of today."""
    target = next((now for now, then in pairing.resources.items() if then == key.resource), key.resource)
    there = {then: now for now, then in pairing.fields.get(target, {}).items()}
    return ReleasedForeignKey(
        fields=tuple(now_of.get(name, name) for name in key.fields),
        resource=target,
        reference_fields=tuple(there.get(name, name) for name in key.reference_fields),
    )


def _foreign_changes(
    old: Sequence[ReleasedForeignKey], new: Sequence[ReleasedForeignKey], resource: str
) -> Iterator[Change]:
    gone = [key for key in old if key not in new]
    come = [key for key in new if key not in old]
    for key in gone:
        target = next((other for other in come if other.fields == key.fields), None)
        if target:
            come.remove(target)
            yield changed(
                "foreign-key-redirected", resource, property="foreignKeys", old=_words(key), new=_words(target)
            )
        else:
            yield changed("key-removed", resource, property="foreignKeys", old=_words(key))
    for key in come:
        yield changed("key-added", resource, property="foreignKeys", new=_words(key))


def _words(key: ReleasedForeignKey) -> str:
    return f"{', '.join(key.fields)} → {key.resource} ({', '.join(key.reference_fields)})"


def metadata_changes(
    old: Descriptor, new: Descriptor, judged: Sequence[str], resource: str | None = None, field: str | None = None
) -> Iterator[Change]:
    """The properties that differ, but for those that other rules judge."""
    for key in sorted({*old, *new} - {*judged}):
        if old.get(key) != new.get(key):
            yield changed(METADATA, resource, field=field, property=key, old=old.get(key), new=new.get(key))
