"""Which change falls under which rule. Each case is one change to the same table, and what must be said of it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from minshu.diff import Bump, Difference, Side
from minshu.diff.rules import RULES

FIELDS: list[dict[str, Any]] = [
    {"name": "code", "type": "string", "title": "Code"},
    {"name": "name", "type": "string", "constraints": {"maxLength": 20, "enum": ["a", "b", "c"]}},
    {"name": "year", "type": "integer", "constraints": {"minimum": 2000}},
]
ROWS = [("1", "a", 2001), ("2", "b", 2002), ("3", "c", 2003)]
OTHER = {"name": "other", "path": "data/other.csv", "schema": {"fields": [{"name": "code"}]}, "rows": [("1",), ("2",)]}
NOTE = {"name": "note", "path": "note.txt"}
FILES = {"data/items.csv": "1" * 64, "data/other.csv": "2" * 64, "note.txt": "3" * 64, "README.md": "4" * 64}

Make = Callable[..., Side]
Compare = Callable[[Side, Side], Difference]


def items(**changes: Any) -> dict[str, Any]:
    """The table of every case; keywords are properties of its schema, or `rows`, or of the resource by `resource_…`."""
    of_resource = {key.removeprefix("resource_"): changes.pop(key) for key in [*changes] if key.startswith("resource_")}
    rows = changes.pop("rows", ROWS)
    schema = {"fields": deepcopy(FIELDS), "primaryKey": ["code"], **changes}
    return {"name": "items", "path": "data/items.csv", "rows": rows, "schema": schema, **of_resource}


def fields(position: int, **properties: Any) -> list[dict[str, Any]]:
    """The fields, one of them with other properties."""
    changed = deepcopy(FIELDS)
    changed[position] = {**changed[position], **properties}
    return changed


def constrained(position: int, **constraints: Any) -> list[dict[str, Any]]:
    """The fields, one of them with other constraints; None leaves one out."""
    changed = deepcopy(FIELDS)
    both = {**changed[position].get("constraints", {}), **constraints}
    changed[position]["constraints"] = {key: value for key, value in both.items() if value is not None}
    return changed


def said(difference: Difference) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(change.rule, change.resource, change.field, change.property) for change in difference.changes]


KEY = {"fields": ["code"], "reference": {"resource": "other", "fields": ["code"]}}
CASES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], tuple[str, str | None, str | None]]] = [
    ("rows-removed", {}, {"rows": ROWS[:2]}, ("items", None, None)),
    ("rows-added", {}, {"rows": [*ROWS, ("4", "a", 2000)]}, ("items", None, None)),
    ("cells-changed", {}, {"rows": [("1", "b", 2001), *ROWS[1:]]}, ("items", None, None)),
    ("field-type-widened", {}, {"fields": fields(2, type="number")}, ("items", "year", "type")),
    ("field-type-widened", {}, {"fields": fields(2, type="string")}, ("items", "year", "type")),
    ("field-type-narrowed", {"fields": fields(2, type="number")}, {}, ("items", "year", "type")),
    ("field-type-narrowed", {"fields": fields(2, type="any")}, {}, ("items", "year", "type")),
    ("field-type-changed", {"fields": fields(2, type="date"), "rows": []}, {"rows": []}, ("items", "year", "type")),
    ("field-format-changed", {}, {"fields": fields(0, format="email")}, ("items", "code", "format")),
    ("field-format-changed", {}, {"fields": fields(2, groupChar=",")}, ("items", "year", "groupChar")),
    ("field-format-changed", {}, {"missingValues": ["", "-"]}, ("items", None, "missingValues")),
    ("metadata-changed", {}, {"fields": fields(0, title="编号")}, ("items", "code", "title")),
    ("metadata-changed", {}, {"resource_title": "Items"}, ("items", None, "title")),
    ("metadata-changed", {}, {"resource_mediatype": "text/csv"}, ("items", None, "mediatype")),
    ("constraint-tightened", {}, {"fields": constrained(0, required=True)}, ("items", "code", "required")),
    ("constraint-loosened", {"fields": constrained(0, required=True)}, {}, ("items", "code", "required")),
    ("constraint-tightened", {}, {"fields": constrained(1, maxLength=9)}, ("items", "name", "maxLength")),
    ("constraint-loosened", {}, {"fields": constrained(1, maxLength=100)}, ("items", "name", "maxLength")),
    ("constraint-loosened", {}, {"fields": constrained(1, maxLength=None)}, ("items", "name", "maxLength")),
    ("constraint-tightened", {}, {"fields": constrained(2, minimum=2001)}, ("items", "year", "minimum")),
    ("constraint-loosened", {}, {"fields": constrained(2, minimum="1999")}, ("items", "year", "minimum")),
    ("metadata-changed", {}, {"fields": constrained(2, minimum="2000")}, ("items", "year", "minimum")),
    ("constraint-loosened", {}, {"fields": constrained(1, enum=["a", "b", "c", "d"])}, ("items", "name", "enum")),
    ("constraint-tightened", {}, {"fields": constrained(1, enum=["a", "b", "d"])}, ("items", "name", "enum")),
    ("metadata-changed", {}, {"fields": constrained(1, enum=["c", "b", "a"])}, ("items", "name", "enum")),
    ("constraint-tightened", {}, {"fields": constrained(0, pattern="[0-9]+")}, ("items", "code", "pattern")),
    (
        "constraint-tightened",
        {"fields": constrained(0, pattern="[0-9]")},
        {"fields": constrained(0, pattern=".")},
        ("items", "code", "pattern"),
    ),
    (
        "constraint-loosened",
        {"fields": fields(1, categories=["a", "b", "c"], constraints={})},
        {"fields": fields(1, categories=[{"value": value, "label": value} for value in "abcd"], constraints={})},
        ("items", "name", "categories"),
    ),
    (
        "metadata-changed",  # They are all that `enum` allows, and so its labels.
        {},
        {"fields": fields(1, categories=[{"value": value, "label": value} for value in "abc"])},
        ("items", "name", "categories"),
    ),
    ("constraint-tightened", {}, {"fields": fields(1, categories=["a", "b"])}, ("items", "name", "categories")),
    ("constraint-loosened", {}, {"fieldsMatch": ["equal"]}, ("items", None, "fieldsMatch")),
    ("constraint-tightened", {"fieldsMatch": "partial"}, {"fieldsMatch": "subset"}, ("items", None, "fieldsMatch")),
    ("constraint-tightened", {"fieldsMatch": "superset"}, {"fieldsMatch": "subset"}, ("items", None, "fieldsMatch")),
    ("primary-key-changed", {}, {"primaryKey": ["code", "name"]}, ("items", None, None)),
    ("primary-key-changed", {}, {"primaryKey": []}, ("items", None, None)),
    ("key-added", {}, {"uniqueKeys": [["name"]]}, ("items", None, "uniqueKeys")),
    ("key-removed", {"uniqueKeys": [["name"]]}, {}, ("items", None, "uniqueKeys")),
    ("key-added", {}, {"foreignKeys": [KEY]}, ("items", None, "foreignKeys")),
    ("key-removed", {"foreignKeys": [KEY]}, {}, ("items", None, "foreignKeys")),
    (
        "foreign-key-redirected",
        {"foreignKeys": [KEY]},
        {"foreignKeys": [{**KEY, "reference": {"resource": "", "fields": ["code"]}}]},
        ("items", None, "foreignKeys"),
    ),
    ("resource-path-changed", {}, {"resource_path": "other/items.csv"}, ("items", None, "path")),
    ("file-format-changed", {}, {"resource_encoding": "gb18030"}, ("items", None, "encoding")),
    ("file-format-changed", {}, {"resource_dialect": {"delimiter": ";"}}, ("items", None, "dialect.delimiter")),
    ("licence-changed", {}, {"resource_licenses": [{"name": "CC0-1.0"}]}, ("items", None, "licenses")),
]


@pytest.mark.parametrize(
    ("rule", "old", "new", "place"), CASES, ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)]
)
def test_a_change_falls_under_its_rule_and_no_other(
    rule: str, old: Any, new: Any, place: Any, make_side: Make, difference: Compare
) -> None:
    files = {**FILES, "data/items.csv": "9" * 64} if "rows" in new else FILES
    found = difference(make_side(items(**old), OTHER, files=FILES), make_side(items(**new), OTHER, files=files))
    assert said(found) == [(rule, *place)]
    assert found.verdict == RULES[rule].bump


@pytest.mark.parametrize(
    "new",
    [
        {"resource_dialect": {"delimiter": ",", "header": True}},
        {"resource_format": "csv"},
        {"resource_encoding": "UTF-8"},
        {"fields": constrained(0, required=False)},
        {"fields": fields(0, format="default")},
        {"primaryKey": "code"},
        {"missingValues": [""]},
        {"fieldsMatch": "exact"},
    ],
)
def test_to_say_what_went_without_saying_is_no_change(new: Any, make_side: Make, difference: Compare) -> None:
    found = difference(make_side(items(), files=FILES), make_side(items(**new), files=FILES))
    assert (found.verdict, said(found)) == (Bump.none, [])


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ({}, {"name": "other"}, "package-renamed"),
        ({}, {"id": "x"}, "package-renamed"),
        ({}, {"title": "Demo"}, "metadata-changed"),
        ({}, {"licenses": [{"name": "CC0-1.0"}]}, "licence-changed"),
        ({"licenses": [{"name": "a"}]}, {"licenses": [{"name": "a", "title": "A"}]}, "metadata-changed"),
        ({}, {"minshu:opening": {"openAttribute": "不予开放", "legalBasis": "x"}}, "opening-narrowed"),
        ({"minshu:opening": {"openAttribute": "closed"}}, {}, "opening-widened"),
    ],
)
def test_a_change_of_the_package_falls_under_its_rule(
    old: Any, new: Any, rule: str, make_side: Make, difference: Compare
) -> None:
    found = difference(make_side(items(), **old), make_side(items(), **new))
    assert [change.rule for change in found.changes] == [rule]


def test_a_version_is_no_change_for_it_follows_from_the_changes(make_side: Make, difference: Compare) -> None:
    assert difference(make_side(items()), make_side(items(), version="7.0.0")).verdict is Bump.none


def test_resources_come_and_go(make_side: Make, difference: Compare) -> None:
    found = difference(make_side(items(), NOTE, files=FILES), make_side(items(), OTHER, files=FILES))
    assert [(change.rule, change.resource) for change in found.changes] == [
        ("resource-removed", "note"),
        ("resource-added", "other"),
    ]


def test_a_resource_is_renamed_where_its_files_are_the_same_and_nobody_elses(
    make_side: Make, difference: Compare
) -> None:
    renamed = {**OTHER, "name": "towns"}
    found = difference(make_side(items(), OTHER, files=FILES), make_side(items(), renamed, files=FILES))
    assert said(found) == [("resource-renamed", "towns", None, None)]
    twice = make_side(items(), renamed, {**OTHER, "name": "twins"}, files=FILES)
    found = difference(make_side(items(), OTHER, files=FILES), twice)
    assert [change.rule for change in found.changes] == ["resource-removed", "resource-added", "resource-added"]


def test_resources_in_another_order_are_told(make_side: Make, difference: Compare) -> None:
    found = difference(make_side(items(), OTHER), make_side(OTHER, items()))
    assert [change.rule for change in found.changes] == ["resources-reordered"]


@pytest.mark.parametrize(
    ("path", "rule"),
    [("data/items.csv", "file-rewritten"), ("note.txt", "file-changed"), ("README.md", "file-changed")],
)
def test_no_byte_changes_in_silence(path: str, rule: str, make_side: Make, difference: Compare) -> None:
    old = make_side(items(), NOTE, files=FILES)
    found = difference(old, make_side(items(), NOTE, files={**FILES, path: "9" * 64}))
    assert [(change.rule, change.property, change.bump) for change in found.changes] == [(rule, path, "patch")]


def test_other_bytes_are_not_told_of_where_other_rows_are(make_side: Make, difference: Compare) -> None:
    new = make_side(items(rows=ROWS[:2]), files={**FILES, "data/items.csv": "9" * 64})
    assert [change.rule for change in difference(make_side(items(), files=FILES), new).changes] == ["rows-removed"]


def test_the_changes_come_by_their_weight_and_the_heaviest_are_the_causes(make_side: Make, difference: Compare) -> None:
    new = items(rows=[("1", "b", 2001), ("2", "b", 2002), ("4", "c", 2003)], resource_title="Items")
    found = difference(make_side(items()), make_side(new))
    assert [change.bump for change in found.changes] == ["major", "minor", "patch", "patch"]
    assert [change.rule for change in found.causes] == ["rows-removed"]


def test_a_sentence_says_each_change_in_english(make_side: Make, difference: Compare) -> None:
    new = items(rows=[("1", "b", 2001), *ROWS[1:]], fields=fields(2, type="number"))
    sentences = [change.sentence for change in difference(make_side(items()), make_side(new)).changes]
    assert sentences == [
        "The type was widened from integer to number.",
        "1 cell has another value, in name.",
    ]
