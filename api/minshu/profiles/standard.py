"""The profiles of Data Package 1.0 and 2.0, as shapes. What is patched, and why, stands at each place.

Facts are those of datapackage.org/profiles; titles, examples and formats of display are left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from minshu.profiles.shapes import (
    Fault,
    Record,
    Shape,
    alike,
    anything,
    by_type,
    choice,
    expression,
    flag,
    items,
    number,
    text,
    whole,
)

Version = Literal["1.0", "2.0"]

# Relative, and neither hidden nor leading upwards; or an address. `safe_file` decides what may be read.
_PATH = text(
    "a path relative to the descriptor, without `..` and not hidden",
    r"\A(?:(?=[^./~])(?!file:)(?:(?!/\.\./)(?!\\)(?!://).)*|(?:http|ftp)s?://.*)\Z",
    "Name the file relative to the descriptor, without `./` in front.",
)
_NAME_1 = text("a name of a-z, 0-9, `.`, `_`, `-` and `/`", r"\A[-a-z0-9._/]+\Z")
_EMAIL = text("an e-mail address")
_TYPES = (
    *("string", "number", "integer", "date", "time", "datetime", "year", "yearmonth", "boolean", "object", "geopoint"),
    # The profile of 2.0 leaves out `list`, which the prose defines.
    *("geojson", "array", "duration", "list", "any"),
)
_FORMATS: Mapping[str, Shape] = {
    "string": choice("default", "email", "uri", "binary", "uuid"),
    "geopoint": choice("default", "array", "object"),
    "geojson": choice("default", "topojson"),
    # A pattern of the field's own.
    **dict.fromkeys(("date", "time", "datetime", "any"), text()),
}
_PROPERTIES: Mapping[str, Mapping[str, Shape]] = {
    "number": {"bareNumber": flag, "groupChar": text(), "decimalChar": text()},
    "integer": {"bareNumber": flag, "groupChar": text()},
    "boolean": {"trueValues": items(text(), 1), "falseValues": items(text(), 1)},
    "list": {
        "delimiter": text(),
        "itemType": choice("string", "integer", "boolean", "number", "datetime", "date", "time"),
    },
}
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NUMBER = by_type("a number or a text", {str: anything, int: anything, float: anything})
_WHOLE = by_type("a whole number or a text", {str: anything, int: anything, float: whole()})
_LENGTHS = {"minLength": whole(), "maxLength": whole()}
_ORDERED = ("date", "time", "datetime", "yearmonth", "duration")
# The profile wants booleans in an `enum` of booleans; the prose allows them as they are written, as all types do.
_CONSTRAINTS: Mapping[str, Mapping[str, Shape]] = {
    "string": {"pattern": expression, **_LENGTHS},
    "number": dict.fromkeys(_BOUNDS, _NUMBER),
    **dict.fromkeys(("integer", "year"), dict.fromkeys(_BOUNDS, _WHOLE)),
    **dict.fromkeys(_ORDERED, dict.fromkeys(_BOUNDS, text())),
    **dict.fromkeys(("object", "array", "geojson", "list"), _LENGTHS),
}


def package(version: Version) -> Shape:
    """The shape of `datapackage.json`."""
    name = _NAME_1 if version == "1.0" else text()
    properties = {"name": name, **_described(version), "id": text(), "created": text(), "version": text()}
    properties |= {"contributors": items(_contributor(version), 1), "keywords": items(text(), 1), "image": text()}
    return Record({**properties, "resources": items(resource(version), 1)}, ["resources"])


def resource(version: Version) -> Shape:
    """The shape of a resource. `data` may be null."""
    properties = {
        # Frictionless's own, which no one means to be `schema` or a neighbour of it.
        **dict.fromkeys(("scheme", "compression", "innerpath", "extrapaths", "control"), anything),
        "name": _NAME_1 if version == "1.0" else text(),
        "path": by_type("a path or a list of paths", {str: _PATH, list: items(_PATH, 1)}),
        "data": anything,
        **_described(version),
        "format": text(),
        "mediatype": text("a media type such as text/csv", r"\A.+/.+\Z"),
        "encoding": text(),
        "bytes": whole(),
        "hash": text("a digest such as sha256:…", r"\A(?:[^:]+:[a-fA-F0-9]+|[a-fA-F0-9]{32}|)\Z"),
        # The profile of 2.0 wants an object; the prose allows a path to one, as for the schema.
        "dialect": by_type("an object or a path to one", {str: anything, dict: dialect()}),
        "schema": by_type("an object or a path to one", {str: anything, dict: schema(version)}),
    }
    return Record(properties, ["name"], one_of=["path", "data"])


def schema(version: Version) -> Shape:
    """The shape of a Table Schema."""
    one_or_more = by_type(
        "the name of a field or a list of them", {str: anything, list: items(text(), 1, distinct=True)}
    )
    far = ["resource", "fields"] if version == "1.0" else ["fields"]
    reference = Record({"resource": text(), "fields": one_or_more}, far)
    foreign = Record({"fields": one_or_more, "reference": reference}, ["fields", "reference"])
    properties: dict[str, Shape] = {
        "fields": items(_field(version), 1),
        "primaryKey": one_or_more,
        "foreignKeys": items(foreign, 1),
        "missingValues": _missing_values(version),
    }
    if version == "2.0":
        properties["uniqueKeys"] = items(items(text(), 1, distinct=True), 1, distinct=True)
        # The profile types it as an array of these; the prose, and every example, has one text.
        properties["fieldsMatch"] = choice("exact", "equal", "subset", "superset", "partial")
    return Record(properties, ["fields"])


def dialect() -> Shape:
    """The shape of a dialect. The profile of 1.0 requires `delimiter` and `doubleQuote`; its prose has defaults."""
    texts = ("headerJoin", "commentChar", "delimiter", "lineTerminator", "quoteChar", "escapeChar", "nullSequence")
    properties: dict[str, Shape] = dict.fromkeys((*texts, "property", "sheetName", "table"), text())
    properties |= dict.fromkeys(("header", "doubleQuote", "skipInitialSpace", "caseSensitiveHeader"), flag)
    properties |= dict.fromkeys(("headerRows", "commentRows"), items(whole(1)))
    properties |= {"itemType": choice("array", "object"), "itemKeys": items(text()), "sheetNumber": whole(1)}
    return Record({**properties, "csvddfVersion": number})


def _described(version: Version) -> dict[str, Shape]:
    """What a package and a resource have in common."""
    license_ = Record(
        {
            "name": text("a name of letters, digits, `.`, `_` and `-`", r"\A[-a-zA-Z0-9._]+\Z"),
            "path": _PATH,
            "title": text(),
        },
        any_of=["name", "path"],
    )
    source = Record(
        {"title": text(), "path": _PATH, "email": _EMAIL, "version": text()},
        ["title"] if version == "1.0" else [],
        least=1,
    )
    named = {name: text() for name in ("$schema", "profile", "title", "description", "homepage")}
    return {**named, "licenses": items(license_, 1), "sources": items(source)}


def _contributor(version: Version) -> Shape:
    texts = ("title", "givenName", "familyName", "organization", "role")
    properties: dict[str, Shape] = {**dict.fromkeys(texts, text()), "path": _PATH, "email": _EMAIL}
    return Record({**properties, "roles": items(text(), 1)}, ["title"] if version == "1.0" else [], least=1)


def _missing_values(version: Version) -> Shape:
    if version == "1.0":
        return items(text())
    return alike(items(_labelled(str)))


def _labelled(kind: type) -> Shape:
    """A value, or an object of a value and its label."""
    value = text() if kind is str else whole()
    labelled = Record({"value": value, "label": text()}, ["value"])
    return by_type("a value or an object with `value` and `label`", {kind: value, dict: labelled})


def _field(version: Version) -> Shape:
    shapes = {name: _field_of(name, version) for name in _TYPES}
    kind = choice(*_TYPES)

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        name = value.get("type", "string") if isinstance(value, dict) else "string"
        if isinstance(name, str) and name in shapes:
            yield from shapes[name](value, pointer)
        else:
            yield from kind(name, f"{pointer}/type")

    return check


def _field_of(name: str, version: Version) -> Shape:
    constraints: dict[str, Shape] = {"required": flag, "unique": flag, "enum": items(anything, 1, distinct=True)}
    constraints |= _CONSTRAINTS.get(name, {})
    properties: dict[str, Shape] = dict.fromkeys(("name", "type", "title", "description", "rdfType"), text())
    # The profile wants `example` as a text; the prose, an example value of the field.
    properties |= {"example": anything, "format": _FORMATS.get(name, choice("default")), **_PROPERTIES.get(name, {})}
    if version == "2.0":
        properties["missingValues"] = _missing_values(version)
        if name in ("string", "integer"):
            properties |= {
                "categories": alike(items(_labelled(str if name == "string" else int))),
                "categoriesOrdered": flag,
            }
        if name in ("object", "array"):
            constraints["jsonSchema"] = Record({})
    return Record({**properties, "constraints": Record(constraints)}, ["name"])
