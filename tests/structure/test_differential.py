"""Against frictionless itself: every error equal, to its last word, but for the differences named."""

import csv
import io
import json
import warnings
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from frictionless import FrictionlessException
from frictionless import Package as FrictionlessPackage
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from minshu.descriptors import Package
from minshu.structure import check

EXAMPLES, MANY = 40, 400
NO_LIMIT = 1_000_000
CELLS = {
    "string": ["a", "b", "ab", "甲", "a b", "", "x,y", 'q"q', "l\nl", " a", "é", "NA", "-", "'"],
    "integer": [
        "1",
        "2",
        "-3",
        "007",
        "1_000",
        " 5 ",
        "１２",
        "1.5",
        "x",
        "",
        "9" * 30,
        "+4",
        "-",
        "NA",
        "0",
        "-0",
        "0x1",
    ],
    "number": [
        "1",
        "1.0",
        "1.50",
        "-2.5",
        "1e3",
        "5.",
        ".5",
        "NaN",
        "Infinity",
        "1_0",
        "x",
        "",
        "1,000.5",
        "9" * 25,
        "NA",
    ],
    "boolean": ["true", "false", "1", "0", "True", "yes", "", "TRUE", "tRUE"],
    "date": ["2020-01-05", "2020-1-5", "2020-02-30", "0000-01-01", "0001-01-01", "2020/01/05", "", "2024-02-29", "x"],
    "year": ["2020", "0999", "20", "-999", "２０２０", "", "99999", "x"],
    "yearmonth": ["2020-01", "2020-13", "2020-1", "x", "", "0001-12", "2020-00"],
    "time": ["10:00:00", "24:00:00", "10:00", "10:00:00Z", "10:00:00.5", "x", "", "23:59:60"],
    "datetime": [
        "2020-01-05T10:00:00",
        "2020-01-05T10:00:00Z",
        "2020-01-05 10:00:00",
        "2020-02-30T10:00:00",
        "2020-01-05T24:00:00",
        "",
        "x",
        "2020-01-05T10:00:00.25",
    ],
    "any": ["a", "1", ""],
    "object": ['{"a": 1}', "{}", "[]", "x", ""],
    "array": ["[1]", "[]", "{}", "x", ""],
    "list": ["a,b", "a", ""],
    "duration": ["P1Y", "PT1H", "x", ""],
    "geopoint": ["1,2", "181,2", "x", ""],
}
BOUNDS: dict[str, list[Any]] = {
    "integer": ["0", 1, 5],
    "number": ["0.5", 1, "2"],
    "date": ["2020-01-05", "2021-01-01"],
    "year": ["2020", 1000],
    "yearmonth": ["2020-01"],
    "time": ["10:00:00"],
    "datetime": ["2020-01-05T10:00:00"],
}
PROPERTIES: dict[str, list[dict[str, Any]]] = {
    "number": [{"groupChar": ","}, {"decimalChar": ","}, {"bareNumber": False}, {"floatNumber": True}],
    "integer": [{"bareNumber": False}],
    "boolean": [{"trueValues": ["yes"], "falseValues": ["", "x"]}],
    "date": [{"format": "any"}, {"format": "%Y/%m/%d"}],
    "string": [{"format": name} for name in ("email", "uri", "uuid", "binary")],
}
PATTERNS = [
    "a",
    "[a-z]+",
    "a|b",
    r"\d{2}",
    r"\w+",
    ".",
    "^a$",
    "(?i)a",
    "[^a]*",
    r"(a)\1?",
    "a?b?",
    r"\S+",
    "[一-龥]",
    "(?=a)a",
]

DIALECTS: list[dict[str, Any]] = [
    {},
    {"csv": {"delimiter": ","}},
    {"csv": {"delimiter": ";"}},
    {"csv": {"quoteChar": "'"}},
    {"header": False, "csv": {"delimiter": ","}},
    {"commentChar": "#"},
    {"csv": {"delimiter": ",", "skipInitialSpace": True}},
    {"csv": {"delimiter": ",", "escapeChar": "\\"}},
    {"headerRows": [1, 2]},
    {"headerRows": [1, 2], "headerJoin": "-"},
    {"commentRows": [2]},
    {"skipBlankRows": True},
]


@st.composite
def constraints(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        chosen["required"] = draw(st.booleans())
    if draw(st.integers(0, 5)) == 0:
        chosen["unique"] = True
    if kind in BOUNDS and draw(st.booleans()):
        bound = draw(st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]))
        chosen[bound] = draw(st.sampled_from(BOUNDS[kind]))
    if kind == "string" and draw(st.booleans()):
        chosen["pattern"] = draw(st.sampled_from(PATTERNS))
        chosen[draw(st.sampled_from(["minLength", "maxLength"]))] = draw(st.integers(0, 3))
    if kind not in ("object", "array", "list", "geopoint", "duration") and draw(st.integers(0, 3)) == 0:
        chosen["enum"] = draw(st.lists(st.sampled_from(CELLS[kind]), min_size=1, max_size=4, unique=True))
    return chosen


@st.composite
def fields(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(CELLS)))
    field = {"name": name, "type": kind, "constraints": draw(constraints(kind))}
    if kind in ("string", "integer") and draw(st.integers(0, 5)) == 0:
        field["categories"] = draw(st.lists(st.sampled_from(["1", "2", "a", "甲"]), min_size=1, unique=True))
    if draw(st.integers(0, 3)) == 0:
        field.update(draw(st.sampled_from(PROPERTIES.get(kind, [{}]))))
    if draw(st.integers(0, 8)) == 0:
        field["missingValues"] = draw(st.sampled_from([["NA"], ["", "-"], [], [{"value": "x"}]]))
    return field


@st.composite
def schemas(draw: st.DrawFn, tidy: bool) -> dict[str, Any]:
    names = ["a", "b", "c", "d"][: draw(st.integers(1, 4))]
    schema: dict[str, Any] = {"fields": [draw(fields(name)) for name in names]}
    if draw(st.integers(0, 2)) == 0:
        schema["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 2)) == 0:
        schema["uniqueKeys"] = [draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))]
    if draw(st.integers(0, 3)) == 0:
        schema["missingValues"] = draw(st.sampled_from([["", "NA"], ["-"], []]))
    if draw(st.integers(0, 2)) == 0:
        here = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        there = draw(st.lists(st.sampled_from(names), min_size=len(here), max_size=len(here), unique=True))
        there = here if draw(st.booleans()) else there
        target = draw(st.sampled_from(["", "other"] if tidy else ["", "other", "absent"]))
        schema["foreignKeys"] = [{"fields": here, "reference": {"resource": target, "fields": there}}]
    if draw(st.integers(0, 4)) == 0:
        schema["fieldsMatch"] = draw(st.sampled_from(["exact", "equal", "subset", "superset", "partial"]))
    return schema


@st.composite
def files(draw: st.DrawFn, schema: dict[str, Any], dialect: dict[str, Any], tidy: bool, encoding: str) -> bytes:
    names = [field["name"] for field in schema["fields"]]
    header = names if tidy or draw(st.integers(0, 5)) else draw(st.permutations([*names[1:], "zz"]))
    columns = [st.sampled_from(CELLS[field["type"]]) for field in schema["fields"]]
    rows = draw(st.lists(st.tuples(*columns), max_size=8))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=dialect.get("delimiter", ","),
        quotechar=dialect.get("quoteChar", '"'),
        lineterminator=end,
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerows([header, *rows])
    whole = text.getvalue()
    if not tidy and draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(whole)))
        mess = draw(
            st.sampled_from(["\n", "\n\n", "\r", '"', ",", ' "', '" ', "\0", ";", "#", "\\", "\t", ",,x\n", '"a"b'])
        )
        whole = whole[:place] + mess + whole[place:]
    if encoding == "utf-8":
        encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"]))
    data = whole.encode(encoding)
    return data if tidy or draw(st.integers(0, 20)) < 20 else data + b"\xff\xfe\n"


@st.composite
def packages(draw: st.DrawFn, tidy: bool = False) -> tuple[dict[str, Any], dict[str, bytes]]:
    resources, contents = [], {}
    for name in ("items", "other"):
        dialect = draw(st.sampled_from(DIALECTS[1:4] if tidy else DIALECTS))
        schema = draw(schemas(tidy))
        encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "gb18030", "utf-16"]))
        contents[f"{name}.csv"] = draw(files(schema, dialect.get("csv", {}), tidy, encoding))
        resource: dict[str, Any] = {"name": name, "type": "table", "path": f"{name}.csv", "schema": schema}
        if dialect:
            resource["dialect"] = dialect
        if encoding != "utf-8" or draw(st.integers(0, 2)):
            resource["encoding"] = encoding
        if draw(st.integers(0, 8)) == 0:
            resource.update(draw(st.sampled_from([{"bytes": 7}, {"hash": "md5:0"}, {"hash": "sha1:00"}, {"rows": 3}])))
        resources.append(resource)
    return {"name": "demo", "resources": resources}, contents


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    report = json.loads(json.dumps(report, default=str))
    report["stats"] = {"errors": report["stats"]["errors"]}  # ours counts the warnings of tasks as well
    for task in report["tasks"]:
        task["stats"].pop("seconds", None)
    return report


def theirs(folder: Path, descriptor: dict[str, Any]) -> dict[str, Any] | None:
    """Frictionless's report; None where it ends in an exception of Python's."""
    try:
        package = FrictionlessPackage.from_descriptor(deepcopy(descriptor), basepath=str(folder))
        return without_times(package.validate(limit_errors=NO_LIMIT).to_descriptor())
    except FrictionlessException:
        raise
    except Exception:  # noqa: BLE001  # whatever comes first inside frictionless
        return None


def without(report: dict[str, Any], explained: set[tuple[Any, ...]]) -> dict[str, Any]:
    """The report without the errors at these places, and without what counts them."""
    for task in report["tasks"]:
        kept = [error for error in task["errors"] if place(task, error) not in explained]
        task["errors"] = sorted(kept, key=str)
        task["valid"] = not task["errors"]
        task["stats"] |= {"errors": len(task["errors"]), "warnings": 0}
        task["warnings"] = [text for text in task["warnings"] if not text.startswith("hash is ignored")]
    report["stats"] = {"errors": len(report["errors"]) + sum(len(task["errors"]) for task in report["tasks"])}
    report["valid"] = not report["stats"]["errors"]
    return report


def place(task: dict[str, Any], error: dict[str, Any]) -> tuple[Any, ...]:
    return task["name"], error.get("rowNumber"), error.get("fieldNumber"), error["type"]


def compare(descriptor: dict[str, Any], contents: dict[str, bytes], limit: int, differences: Any) -> None:
    with TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        for path, data in contents.items():
            (folder / path).write_bytes(data)
        # Where none is declared, frictionless guesses an encoding and we do not (docs/validation.md).
        for resource in descriptor["resources"]:
            resource.setdefault("encoding", "utf-8")
        with suppress(FrictionlessException):
            expected = theirs(folder, descriptor)
            ours = without_times(check(Package(folder, deepcopy(descriptor)), NO_LIMIT).to_dict())
            limited = without_times(check(Package(folder, deepcopy(descriptor)), limit).to_dict())
            assert limited["stats"] == ours["stats"]  # the errors of the package, whatever the limit
            for some, every in zip(limited["tasks"], ours["tasks"], strict=True):
                assert some["stats"] | {"warnings": 0} == every["stats"] | {"warnings": 0}
                assert some["errors"][:limit] == every["errors"][:limit]
            found = [
                (place(task, error), one)
                for task in ({"name": None, "errors": ours["errors"]}, *ours["tasks"])
                for error in task["errors"]
                for one in differences
                if one.explains(error)
            ]
            explained = {where for where, _ in found}
            if expected is not None and all(one.comparable for _, one in found):
                assert without(ours, explained)["tasks"] == without(expected, explained)["tasks"]
                assert ours == expected


def example_of(field: dict[str, Any], data: bytes, **resource: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    schema = {"fields": [{"name": "a", **field}], **resource.pop("schema", {})}
    one = {"name": "other", "type": "table", "path": "other.csv", "schema": schema, **resource}
    return {"name": "demo", "resources": [one]}, {"other.csv": data}


NOWHERE = {"foreignKeys": [{"fields": ["a"], "reference": {"resource": "absent", "fields": ["a"]}}]}


# A file that stops within a character, and a pattern that frictionless does not come to.
@example(example_of({"type": "any"}, b"\xff\xfe\n\x00z\x00z\x00\n\x00\xff\xfe\n", encoding="utf-16"), 1)
@example(example_of({"type": "string", "constraints": {"pattern": "(?i)a"}}, b"a\n", schema=NOWHERE), 1)
@given(packages(), st.sampled_from([1, 2, 5, 1000]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_say_the_same_of_any_package(
    differences: Any, package: tuple[dict[str, Any], dict[str, bytes]], limit: int
) -> None:
    compare(*package, limit, differences)


@given(packages(tidy=True), st.sampled_from([1, 5, 1000]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_say_the_same_of_files_without_faults_of_form(
    differences: Any, package: tuple[dict[str, Any], dict[str, bytes]], limit: int
) -> None:
    compare(*package, limit, differences)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(packages(), st.sampled_from([1, 2, 5, 1000]))
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_say_the_same_of_many_packages(
    differences: Any, package: tuple[dict[str, Any], dict[str, bytes]], limit: int
) -> None:
    compare(*package, limit, differences)
