"""Descriptors against the standard's profiles: the verdict of the official ones, patches aside, in helpful words."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.profiles import Fault, faults
from minshu.profiles.shapes import Record, flag
from minshu.reports.faults import in_chinese

ROOT = Path(__file__).parents[2]
URL = "https://datapackage.org/profiles"
DATASETS = sorted(ROOT.glob("datasets/*/datapackage.json"))

FIELDS: list[dict[str, Any]] = [
    {"name": "a", "type": "string", "format": "email", "constraints": {"pattern": "a+", "minLength": 1}},
    {"name": "b", "type": "number", "decimalChar": ",", "bareNumber": False, "constraints": {"minimum": 1.5}},
    {"name": "c", "type": "integer", "constraints": {"maximum": 9, "enum": [1, 2]}},
    {"name": "d", "type": "date", "format": "%Y", "constraints": {"minimum": "2019"}},
    {"name": "e", "type": "boolean", "trueValues": ["是"], "falseValues": ["否"]},
    {"name": "f", "type": "geopoint", "format": "array", "constraints": {"unique": True}},
    {"name": "g", "constraints": {"required": True}},
    {"name": "h", "type": "year", "constraints": {"minimum": "2000"}},
]
PACKAGE: dict[str, Any] = {
    "name": "demo",
    "title": "示例",
    "homepage": "https://example.org",
    "contributors": [{"title": "甲", "email": "a@example.org", "path": "a/b"}],
    "keywords": ["a"],
    "licenses": [{"name": "CC0-1.0", "path": "https://example.org/l", "title": "t"}],
    "sources": [{"title": "来源", "path": "source/a.txt"}],
    "resources": [
        {
            "name": "t",
            "path": "data/t.csv",
            "title": "表",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": 1,
            "hash": "sha256:0af1",
            "dialect": {"delimiter": ";", "doubleQuote": True, "header": True, "quoteChar": "'"},
            "schema": {
                "fields": FIELDS,
                "primaryKey": ["a"],
                "foreignKeys": [{"fields": ["a"], "reference": {"resource": "u", "fields": ["b"]}}],
                "missingValues": ["", "-"],
            },
        },
        {"name": "u", "path": ["a.csv", "b.csv"], "schema": {"fields": [{"name": "b"}], "primaryKey": "b"}},
        {"name": "v", "data": [{"a": 1}]},
    ],
}
# What stands only in version 2, by the pointer that it is put at.
VERSION_2: dict[str, Any] = {
    "/resources/0/type": "table",
    "/contributors/0/roles": ["author"],
    "/resources/0/schema/uniqueKeys": [["a", "b"]],
    "/resources/0/schema/fields/0/missingValues": [{"value": "x", "label": "y"}],
    "/resources/0/schema/fields/0/categories": ["a", "b"],
    "/resources/0/schema/fields/2/categories": [{"value": 1, "label": "y"}],
    "/resources/0/dialect/headerRows": [1, 2],
    "/resources/0/dialect/sheetNumber": 1,
    "/resources/0/dialect/itemType": "array",
}
# Where ours differs from the official profiles on purpose, by the pointers that it is about: docs/validation.md.
PATCHED = tuple(
    re.compile(pattern)
    for pattern in (
        r"/resources/\d+/schema/fieldsMatch",
        r"/resources/\d+/dialect(/delimiter|/doubleQuote)?",
        r"/resources/\d+/type",
        r"/resources/\d+/schema/fields/\d+/(type|example|format)",
        r"/resources/\d+/schema/fields/\d+/constraints/(enum.*|pattern)",
        r"/resources/\d+/schema/foreignKeys.*",
        r"/contributors/\d+",
        r".*/path(/\d+)?",
    )
)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.sampled_from(["", "a", "A b", "/x", "table"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "value", "fields"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def pointers(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place in a value, the value itself apart."""
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in keys:
        yield f"{pointer}/{key}"
        yield from pointers(item, f"{pointer}/{key}")


def changed(descriptor: dict[str, Any], pointer: str, value: Any, *, remove: bool = False) -> dict[str, Any]:
    """A copy with a value put at a pointer, or what stands there taken away."""
    whole: Any = deepcopy(descriptor)
    *folders, last = pointer.split("/")[1:]
    parent = whole
    for key in folders:
        parent = parent[int(key) if isinstance(parent, list) else key]
    place = int(last) if isinstance(parent, list) else last
    if remove:
        del parent[place]
    else:
        parent[place] = value
    return dict(whole)


def versioned(version: str) -> dict[str, Any]:
    whole: dict[str, Any] = {"$schema": f"{URL}/{version}/datapackage.json", **PACKAGE}
    if version == "2.0":
        for pointer, value in VERSION_2.items():
            whole = changed(whole, pointer, value)
    return whole


@cache
def official(version: str) -> Any:
    found = next(ROOT.glob(f".venv-clients/lib/*/site-packages/dplib/profiles/{version}/datapackage.json"))
    return jsonschema.Draft7Validator(json.loads(found.read_text("utf-8")))


def is_patched(pointer: str, version: str) -> bool:
    # The profile of version 1 knows little of dialects, and requires what its prose has defaults for.
    unknown = version == "1.0" and "/dialect" in pointer
    return unknown or any(place.fullmatch(pointer) for place in PATCHED)


def errors(descriptor: Any) -> list[Fault]:
    return [fault for fault in faults(descriptor, 100) if fault.severity == "error"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@given(data=st.data())
def test_the_verdict_is_that_of_the_official_profile_but_for_the_patches(version: str, data: st.DataObject) -> None:
    descriptor = versioned(version)
    pointer = data.draw(st.sampled_from([*pointers(descriptor)][1:]))
    remove = data.draw(st.booleans())
    value = None if remove else data.draw(JSON_VALUES)
    descriptor = changed(descriptor, pointer, value, remove=remove)
    ours = [fault.pointer for fault in errors(descriptor)]
    theirs = ["".join(f"/{key}" for key in error.absolute_path) for error in official(version).iter_errors(descriptor)]
    if not any(is_patched(place, version) for place in (pointer, *ours)):
        assert bool(ours) == bool(theirs), (pointer, value, ours, theirs)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_what_the_differential_test_starts_from_is_valid(version: str) -> None:
    assert faults(versioned(version), 100) == ()
    assert list(official(version).iter_errors(versioned(version))) == []


@pytest.mark.parametrize("path", DATASETS, ids=lambda path: path.parent.name)
def test_our_own_datasets_have_no_fault(path: Path) -> None:
    assert faults(json.loads(path.read_text("utf-8")), 100) == ()


@pytest.mark.parametrize(
    ("pointer", "value", "sentence"),
    [
        ("/licenses", "MIT", "/licenses: must be a list, not a text."),
        ("/resources/0/path", "./a.csv", "/resources/0/path: must be a path relative"),
        ("/resources/0/path", 5, "/resources/0/path: must be a path or a list of paths, not a whole number."),
        ("/resources/2/path", "a.csv", "/resources/2: `path` and `data` exclude each other."),
        ("/resources/0/schema/fields/0/type", "strng", "Did you mean `string`?"),
        ("/resources/0/schema/fields/0/constraints/required", "true", "Write true without quotes."),
        ("/resources/0/schema/fields/0/constraints/pattern", "(", "constraints/pattern: is no regular expression"),
        ("/resources/0/schema/fields/0", {"nmae": "x"}, "`name` is missing. Did you mean `name` by `nmae`?"),
        ("/resources/0/schema/fieldsMatch", ["subset"], "Write 'subset' without brackets."),
        ("/resources/0/schema/primaryKey", ["a", "a"], "/primaryKey/1: repeats item 0 of the list"),
    ],
)
def test_a_fault_has_its_place_and_a_hint(pointer: str, value: Any, sentence: str) -> None:
    (fault,) = errors(changed(versioned("2.0"), pointer, value))
    assert sentence in fault.sentence
    chinese = in_chinese(fault.sentence)
    assert chinese
    assert all(re.search("[\u4e00-\u9fff]", part) for part in chinese.removesuffix("。").split("。"))


def test_pointers_are_escaped() -> None:
    (fault,) = Record({"a~b/c": flag})({"a~b/c": 1}, "")
    assert fault.pointer == "/a~0b~1c"


def test_the_patches_allow_what_the_prose_does() -> None:
    allowed = {
        "/resources/0/schema/fieldsMatch": "subset",
        "/resources/0/schema/fields/0": {"name": "a", "type": "list", "itemType": "integer"},
        "/resources/0/schema/fields/4/constraints": {"enum": ["是"]},
        "/resources/0/dialect": "dialect.json",
    }
    for pointer, value in allowed.items():
        descriptor = changed(versioned("2.0"), pointer, value)
        assert errors(descriptor) == []
        assert list(official("2.0").iter_errors(descriptor)), f"{pointer} needs no patch any more"


def test_a_property_that_is_nearly_the_standards_is_warned_of_and_others_are_not() -> None:
    descriptor = changed(versioned("2.0"), "/resources/0/schema/primary_key", "a", remove=False)
    del descriptor["resources"][0]["schema"]["primaryKey"]
    descriptor |= {"minshu:title": "x", "custom": 1}
    (fault,) = faults(descriptor, 100)
    assert (fault.pointer, fault.severity) == ("/resources/0/schema/primary_key", "warning")
    assert fault.hint == "Did you mean `primaryKey`?"


def test_without_a_version_what_only_version_1_forbids_is_a_warning() -> None:
    (fault,) = faults({"resources": [{"name": "表", "path": "t.csv"}]}, 100)
    assert fault.severity == "warning"
    assert "Version 2 allows it" in fault.hint
    assert errors({"$schema": f"{URL}/1.0/datapackage.json", "resources": [{"name": "表", "path": "t.csv"}]})


@given(JSON_VALUES)
def test_any_json_ends_in_faults_or_none(value: Any) -> None:
    for descriptor in (value, {"resources": value}, {"resources": [{"schema": value, "dialect": value}]}):
        assert all(fault.note for fault in faults(descriptor, 100))


def test_faults_stop_at_the_limit() -> None:
    assert len(faults({"resources": [5] * 1000}, 10)) == 10
