"""The declaration of a table of spans, and the spans held against their texts."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from minshu.descriptors import opened
from minshu.errors import InvalidPackage, ReservedPath
from minshu.provenance import PROVENANCE
from minshu.report import Report
from minshu.settings import Settings
from minshu.validation import validate

TEXT = "省数字办\r\n负责。\n"
FIELDS = {"table": "of", "key": "key", "quote": "quote"}
SCHEMA = {
    "fields": [
        *({"name": name} for name in ("of", "key", "quote", "sum", "in")),
        *({"name": name, "type": "integer"} for name in ("start", "end")),
    ]
}
UNITS = {"fields": [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}], "primaryKey": ["id", "day"]}

Judge = Callable[..., Report]


def package(folder: Path, declared: Any, rows: str, **changed: Any) -> Path:
    """A package of a text, a table of units, and a table of spans with these rows."""
    for path, text in {
        "来信.txt": changed.pop("text", TEXT),
        "units.csv": "id,day\n7,2019-03-29\n8,2019-03-30\n",
        "spans.csv": f"of,key,quote,sum,in,start,end\n{rows}",
    }.items():
        (folder / path).write_bytes(
            text.encode(changed.get("encoding", "utf-8")) if path == "来信.txt" else text.encode()
        )
    spans = {"name": "places", "type": "table", "path": "spans.csv", "schema": SCHEMA, PROVENANCE: declared}
    resources = [
        {"name": "letter", "path": "来信.txt", "mediatype": "text/plain", **changed},
        {"name": "units", "type": "table", "path": "units.csv", "schema": UNITS},
        {key: value for key, value in spans.items() if value is not None},
    ]
    descriptor = {"name": "letters", "version": "1.0.0", "title": "T", "licenses": [{"name": "CC0-1.0"}]}
    schema = "https://datapackage.org/profiles/2.0/datapackage.json"
    (folder / "datapackage.json").write_text(json.dumps({"$schema": schema, **descriptor, "resources": resources}))
    return folder


@pytest.fixture
def judge(tmp_path: Path, settings: Settings) -> Judge:
    """The report on the package."""

    def run(declared: Any, rows: str = "", **changed: Any) -> Report:
        with opened(package(tmp_path, declared, rows, **changed), settings) as read:
            return validate(read, None, settings)

    return run


def notes(report: Report) -> list[tuple[int, str]]:
    """The rows that the report names, with what it says of each."""
    return [(error["rowNumber"], error["note"]) for task in report.tasks for error in task.errors]


@pytest.mark.parametrize(
    ("declared", "place", "word"),
    [
        ("notes", "", "must be an object"),
        ({"fields": FIELDS, "documents": "letter"}, "/documents", "Did you mean `document`?"),
        ({"fields": {**FIELDS, "start": "begin"}}, "/fields/start", "has no 'begin'"),
        ({"fields": {**FIELDS, "end": "quote"}}, "/fields/end", "must name a field of the type integer"),
        ({"fields": {"table": "of"}}, "/fields", "`table` and `key` go together"),
        ({"fields": {**FIELDS, "begin": "start"}}, "/fields/begin", "is read by nobody"),
        ({"fields": FIELDS, "document": "units"}, "/document", "must name a resource that is a text"),
        ({"fields": FIELDS, "document": ["letter"]}, "/document", "must name a resource that is a text"),
        ({"fields": {**FIELDS, "document": "in"}, "document": "letter"}, "/document", "is told by a field already"),
        ({"fields": FIELDS, "unit": "words"}, "/unit", "must be one of characters, bytes, utf-16"),
        ({"fields": FIELDS, "outline": ["unit"]}, "/outline/0", "Did you mean 'units'?"),
        ({"fields": FIELDS, "questions": "units"}, "/questions", "must be a list"),
        ({"fields": FIELDS, "outline": ["units", "places"]}, "/outline/1", "foreign key to 'units'"),
    ],
)
def test_a_wrong_declaration_is_an_error_at_its_place(judge: Judge, declared: Any, place: str, word: str) -> None:
    report = judge(declared)
    assert not report.valid
    assert any(
        f"/resources/2/{PROVENANCE}{place}" in error["note"] and word in error["note"] for error in report.errors
    )


def test_a_package_that_declares_nothing_is_judged_as_before(judge: Judge) -> None:
    assert judge(None, "nobody,9,words,,,5,99\n").valid


def test_spans_that_hold_their_quotations_are_valid(judge: Judge) -> None:
    digest = sha256("负责".encode()).hexdigest()
    rows = f"units,7/2019-03-29,省数字办,,,0,4\nunits,8/2019-03-30,,{digest},,6,8\n"
    assert judge({"fields": {**FIELDS, "sha256": "sum"}}, rows).valid


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("units,7/2019-03-29,省数字,,,1,4", "The text reads '数字办' there, not '省数字'."),
        ("units,7/2019-03-29,,00,,0,4", "has another SHA-256"),
        ("units,7/2019-03-29,省数字办,,,0,99", "does not begin and end at characters"),
        ("units,7/2019-03-29,省数字办,,,-4,0", "does not begin and end at characters"),
        ("units,7/2019-03-29,省数字办,,,,4", "does not begin and end at characters"),
        ("units,7/2019-03-29,,,,4,4", "does not end behind its beginning"),
        ("units,7,省数字办,,,0,4", "'units' has no record '7'"),
        ("persons,7,省数字办,,,0,4", "There is no table 'persons'"),
    ],
)
def test_a_span_that_is_wrong_is_told_by_its_row(judge: Judge, row: str, word: str) -> None:
    good = "units,8/2019-03-30,省数字办,,,0,4\n"
    found = notes(judge({"fields": {**FIELDS, "sha256": "sum"}}, f"{good}{row}\n"))
    assert [number for number, _ in found] == [3]
    assert word in found[0][1]


def test_offsets_may_count_bytes_of_the_file_as_it_lies(judge: Judge) -> None:
    declared = {"fields": FIELDS, "unit": "bytes"}
    assert judge(declared, "units,7/2019-03-29,负责,,,10,14\n", encoding="gb18030").valid
    assert notes(judge(declared, "units,7/2019-03-29,负责,,,11,14\n", encoding="gb18030"))


def test_a_column_may_name_the_text_by_its_resource_or_path(judge: Judge) -> None:
    declared = {"fields": {**FIELDS, "document": "in"}}
    rows = "units,7/2019-03-29,负责,,letter,6,8\nunits,7/2019-03-29,负责,,来信.txt,6,8\n"
    assert judge(declared, rows).valid
    ((number, note),) = notes(judge(declared, f"{rows}units,7/2019-03-29,负责,,notice,6,8\n"))
    assert (number, note) == (4, "There is no text 'notice' in the package.")


def test_who_quotes_nothing_is_warned(judge: Judge) -> None:
    report = judge({"fields": {"table": "of", "key": "key"}}, "units,7/2019-03-29,,,,0,4\n")
    assert report.valid
    assert any("nobody can tell" in warning for task in report.tasks for warning in task.warnings)


def test_no_more_errors_are_listed_than_the_limit_and_the_others_are_counted(
    tmp_path: Path, settings: Settings
) -> None:
    few = settings.model_copy(update={"limit_errors": 2})
    with opened(package(tmp_path, {"fields": FIELDS}, "units,7/2019-03-29,甲,,,0,4\n" * 5), few) as read:
        report = validate(read, None, few)
    assert len(notes(report)) == 2
    assert any(
        "5 spans are wrong, of which 2 are listed" in warning for task in report.tasks for warning in task.warnings
    )


def test_nothing_with_a_wrong_quotation_is_published(tmp_path: Path, released: Callable[..., Any]) -> None:
    with pytest.raises(InvalidPackage):
        released(package(tmp_path, {"fields": FIELDS}, "units,7/2019-03-29,甲,,,0,4\n"))


def test_the_address_of_a_text_with_its_records_is_reserved(tmp_path: Path, released: Callable[..., Any]) -> None:
    folder = package(tmp_path, {"fields": FIELDS}, "units,7/2019-03-29,省数字办,,,0,4\n")
    descriptor = json.loads((folder / "datapackage.json").read_text())
    (folder / "letter").mkdir()
    (folder / "letter/source").write_text("a file")
    descriptor["resources"].append({"name": "other", "path": "letter/source"})
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    with pytest.raises(ReservedPath):
        released(folder)
