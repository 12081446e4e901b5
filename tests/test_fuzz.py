"""Whatever bytes come, validation ends in a report or in one sentence: no other exception, no hang, no crash."""

import gzip
import io
import json
import zipfile
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minshu
from minshu.errors import MinshuError
from minshu.report import Report

# Frictionless leaves a zip open that it cannot read.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
# Each example is a whole validation.
few = settings(max_examples=40, suppress_health_check=list(HealthCheck))

FIELDS: list[dict[str, Any]] = [
    {"name": "编号", "type": "integer", "constraints": {"required": True, "minimum": 1, "unique": True}},
    {"name": "名称", "type": "string", "constraints": {"pattern": "[^a]+", "enum": ["甲", "乙"]}},
    {"name": "日", "type": "date", "format": "%Y-%m-%d"},
    {"name": "列", "type": "list", "delimiter": ";", "itemType": "integer"},
]
DESCRIPTOR: dict[str, Any] = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": "demo",
    "resources": [
        {
            "name": "t",
            "type": "table",
            "path": "t.csv",
            "encoding": "utf-8",
            "hash": "sha256:00",
            "dialect": {"delimiter": ",", "headerRows": [1], "quoteChar": '"'},
            "schema": {
                "fields": FIELDS,
                "fieldsMatch": "exact",
                "primaryKey": ["编号"],
                "foreignKeys": [{"fields": ["编号"], "reference": {"resource": "", "fields": ["编号"]}}],
                "uniqueKeys": [["名称", "日"]],
                "missingValues": ["", {"value": "-", "label": "无"}],
            },
        }
    ],
}
ROWS = '编号,名称,日,列\n1,甲,2019-03-20,1;2\n2,"乙",,\n'


def workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (["编号", "名称", "日", "列"], [1, "甲", "2019-03-20", "1;2"]):
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("t.csv", ROWS)
    return content.getvalue()


SEEDS = {
    "t.csv": ROWS.encode(),
    "t.tsv": ROWS.replace(",", "\t").encode("utf-16"),
    "t.xlsx": workbook(),
    "t.csv.gz": gzip.compress(ROWS.encode()),
    "t.csv.zip": zipped(),
    "t.json": json.dumps([{"编号": 1, "名称": "甲", "日": "2019-03-20", "列": [1.5e3, None]}]).encode(),
    "t.ndjson": b'{"a": 1}\n{"a": [true]}\n',
    "datapackage.json": json.dumps(DESCRIPTOR).encode(),
    "datapackage.yaml": b"name: demo\nresources:\n- {name: t, path: t.csv}\n- &a {name: u, data: [[a], [1]]}\n",
}
TOKENS = st.sampled_from(
    [
        *(b"\0", b'"', b"\n", b"\r", b",", b"[", b"{", b"}", b"\\"),
        *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"9" * 400, b"1e999999999"),
    ]
)
# Where to cut, how much to leave out, and what to put there.
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=8) | TOKENS.map(lambda token: token * 3)),
    min_size=1,
    max_size=4,
)
WORDS = ["t", "t.csv", "..", "http://127.0.0.1:9/x", "file:///etc/passwd", "datapackage.json", "integer", "exact"]
KEYS = ["name", "type", "path", "data", "fields", "schema", "format", "value", "$ref"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JUNK: Any = st.recursive(
    SCALARS | st.text(max_size=6) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, put in edits:
        at = int(place * len(data))
        data = data[:at] + put + data[at + length :]
    return data


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [found for key, item in keys for found in ((*path, key), *places(item, (*path, key)))]


def put(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    whole = deepcopy(whole)
    parent = whole
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return whole


def ends_well(folder: Path, name: str) -> None:
    """Validate, and hold that what comes is a report that can be written, or an error of ours with a sentence."""
    try:
        report = minshu.validate(folder / name)
    except MinshuError as error:
        assert str(error).endswith((".", "?"))  # either end is a good one
        assert "Traceback" not in str(error)
    else:
        assert isinstance(report, Report)
        assert json.loads(report.to_json())["valid"] is report.valid


def fuzz_file(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "t.csv").write_bytes(SEEDS["t.csv"])
        (Path(folder) / name).write_bytes(edited(SEEDS[name], edits))
        ends_well(Path(folder), name)


def fuzz_table(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    """The file as a table with a schema, which more readers look at."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(edited(SEEDS[name], edits))
        described = put(DESCRIPTOR, ("resources", 0, "path"), name)
        (Path(folder) / "datapackage.json").write_text(json.dumps(described), "utf-8")
        ends_well(Path(folder), "datapackage.json")


def fuzz_descriptor(path: tuple[Any, ...], junk: Any) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "t.csv").write_text(ROWS, "utf-8")
        (Path(folder) / "datapackage.json").write_text(json.dumps(put(DESCRIPTOR, path, junk)), "utf-8")
        ends_well(Path(folder), "datapackage.json")


DATA = st.sampled_from([name for name in SEEDS if not name.startswith("datapackage")])
PLACES = st.sampled_from(places(DESCRIPTOR))


@given(st.sampled_from(list(SEEDS)), EDITS)
@few
def test_a_damaged_file_ends_in_a_report_or_a_sentence(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    fuzz_file(name, edits)


@given(DATA, EDITS)
@few
def test_a_damaged_table_ends_in_a_report_or_a_sentence(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    fuzz_table(name, edits)


@given(PLACES, JUNK)
@few
def test_a_wrong_descriptor_ends_in_a_report_or_a_sentence(path: tuple[Any, ...], junk: Any) -> None:
    fuzz_descriptor(path, junk)


@pytest.mark.slow
@pytest.mark.timeout(900)
@given(st.sampled_from(list(SEEDS)), DATA, EDITS, PLACES, JUNK)
@settings(few, max_examples=500)
def test_much_that_is_damaged_ends_in_reports_or_sentences(
    name: str, table: str, edits: list[tuple[float, int, bytes]], path: tuple[Any, ...], junk: Any
) -> None:
    fuzz_file(name, edits)
    fuzz_table(table, edits)
    fuzz_descriptor(path, junk)
