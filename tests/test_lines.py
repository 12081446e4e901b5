"""The physical line of each row: exact whatever quotes, escapes and line ends a file has."""

import csv
import gzip
import json
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from frictionless import Report as FrictionlessReport
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import minshu
from minshu import lines
from minshu.descriptors import Package
from minshu.lines import line_numbers, lines_in_file, with_lines
from minshu.report import Report
from minshu.settings import Settings
from minshu.structure import checked

TEXT = st.text(alphabet='ab",\n\r\\甲 ', max_size=40)
FIELD = {"name": "n", "type": "integer"}


class Escaped(csv.excel):
    """A dialect that escapes rather than doubles."""

    escapechar = "\\"
    doublequote = False


def reference(text: str, dialect: Any) -> dict[int, int]:
    """Record by record: the line after all that Python's reader has taken for the records before."""
    reader = csv.reader(StringIO(text, newline=""), dialect)
    found, line = {}, 1
    for number, _ in enumerate(reader, 1):
        found[number], line = line, reader.line_num + 1
    return found


@given(text=TEXT, dialect=st.sampled_from([csv.excel, Escaped]), block=st.integers(1, 12), data=st.data())
@hypothesis_settings(max_examples=600, deadline=None)
def test_lines_are_those_that_pythons_reader_counts_however_the_text_is_cut_into_blocks(
    text: str, dialect: Any, block: int, data: st.DataObject
) -> None:
    every = reference(text, dialect)
    wanted = data.draw(st.sets(st.sampled_from(sorted(every)))) if every else set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        found = line_numbers(StringIO(text, newline=""), dialect, wanted)
    assert found == {number: every[number] for number in wanted}


@given(
    text=TEXT,
    dialect=st.sampled_from([csv.excel, Escaped]),
    block=st.integers(1, 40),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_file_has_the_lines_of_its_text_though_its_beginning_is_counted_as_bytes(
    tmp_path_factory: pytest.TempPathFactory, text: str, dialect: Any, block: int, encoding: str
) -> None:
    every = reference(text, dialect)
    file = tmp_path_factory.getbasetemp() / "text.csv"
    file.write_bytes(text.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        assert lines_in_file(file, encoding, dialect, set(every)) == every


@given(rows=st.lists(st.lists(st.text(alphabet='a"\n\r,', max_size=6), min_size=1, max_size=3), max_size=12))
@hypothesis_settings(max_examples=200, deadline=None)
def test_a_rows_line_is_one_more_than_the_line_breaks_written_before_it(rows: list[list[str]]) -> None:
    sink, expected = StringIO(newline=""), {}
    for number, row in enumerate(rows, 1):
        expected[number] = 1 + sum(1 for line in StringIO(sink.getvalue(), newline="") if line)
        csv.writer(sink, quoting=csv.QUOTE_ALL).writerow(row)
    assert line_numbers(StringIO(sink.getvalue(), newline=""), csv.excel, set(expected)) == expected


def test_an_endless_line_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "RECORD", 100)
    monkeypatch.setattr(lines, "BLOCK", 10)
    stream = StringIO("a\n" + "b" * 10_000)
    assert line_numbers(stream, csv.excel, {1, 2}) == {1: 1}
    assert stream.tell() < 200


def judged(folder: Path, content: bytes, path: str = "t.csv", **resource: Any) -> Report:
    """The report on a table of one integer and a text."""
    schema = {"fields": [FIELD, {"name": "t", "type": "string"}]}
    (folder / path).write_bytes(content)
    package = {"resources": [{"name": "t", "path": path, "schema": schema, **resource}]}
    descriptor = folder / "datapackage.json"
    descriptor.write_text(json.dumps(package), "utf-8")
    return minshu.validate(descriptor, settings=Settings(catalogue=folder))


def places(report: Report) -> list[tuple[int | None, int | None]]:
    """Row and line of each error."""
    return [(error.get("rowNumber"), error.get("lineNumber")) for task in report.tasks for error in task.errors]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_an_error_tells_its_row_and_its_line(tmp_path: Path, end: str, encoding: str) -> None:
    content = end.join(["n,t", '1,"甲', '乙"', "x,丙", ""]).encode(encoding)
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    assert places(judged(tmp_path, content, encoding=declared)) == [(3, 4)]


def test_the_declared_quote_and_delimiter_decide_what_a_record_is(tmp_path: Path) -> None:
    dialect = {"delimiter": ";", "quoteChar": "|"}
    assert places(judged(tmp_path, b'n;t\n1;|a\nb|\nx;"\n', dialect=dialect)) == [(3, 4)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"n": 1, "t": "a"}\n\n{"n": "x", "t": "b"}\n', [(3, 3)]),
        (b'["n", "t"]\n[1, "a"]\n\n["x", "b"]\n', [(3, 4)]),
        (b'\n["n", "wrong"]\n[1, "a"]\n', [(None, 2)]),
    ],
)
def test_rows_in_json_lines_have_their_lines(tmp_path: Path, content: bytes, expected: list[Any]) -> None:
    assert places(judged(tmp_path, content, "t.ndjson")) == expected


def test_an_error_of_the_header_is_on_the_headers_line(tmp_path: Path) -> None:
    report = judged(tmp_path, b'n,"wro\nng"\n1,a\n')
    assert [(error["type"], error["lineNumber"]) for error in report.tasks[0].errors] == [("incorrect-label", 1)]


def test_rules_tell_lines_too(tmp_path: Path) -> None:
    rules = tmp_path / "rules.py"
    rules.write_text(
        "from minshu.checks import Rule\n"
        "RULES = (Rule(name='r', table='t', description='No.', sql='select _row from t where n = 2'),)\n",
        "utf-8",
    )
    judged(tmp_path, b'n,t\n1,"a\nb"\n2,c\n')
    report = minshu.validate(tmp_path, rules=rules, settings=Settings(catalogue=tmp_path))
    assert places(report) == [(3, 4)]


# Frictionless leaves the compressed file open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_compressed_file_has_rows_and_no_lines(tmp_path: Path) -> None:
    report = judged(tmp_path, gzip.compress(b"n,t\nx,a\n"), "t.csv.gz", format="csv", compression="gz")
    assert places(report) == [(2, None)]


@given(
    cells=st.lists(st.sampled_from(["1", "x", "", '"1"', '"x\n"', "1\n", "2,3"]), max_size=9),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_rows_known_to_be_lines_are_those_that_reading_finds(cells: list[str], end: str, mark: str) -> None:
    schema = {"fields": [FIELD, {"name": "m"}], "primaryKey": ["n"]}
    table = {"name": "t", "type": "table", "path": "t.csv", "encoding": "utf-8", "schema": schema}
    with TemporaryDirectory() as folder:
        text = mark + end.join(["n,m", *(f"{cell},甲" for cell in cells), ""])
        (Path(folder) / "t.csv").write_bytes(text.encode())
        package = Package(Path(folder), {"resources": [{**table, "dialect": {"delimiter": ","}}]})
        found = checked(package, 5)
        assert found.in_lines or not set('"\n').isdisjoint("".join(cells)) or any("," in cell for cell in cells)
        assert with_lines(found.report, package, found.in_lines) == with_lines(found.report, package)


def test_frictionless_reads_reports_with_lines(tmp_path: Path) -> None:
    report = judged(tmp_path, b"n,t\nx,a\n")
    read = FrictionlessReport.from_descriptor(report.to_dict())
    assert places(report) == [(2, 2)]
    assert read.flatten(["rowNumber", "type"]) == [[2, "type-error"]]


def test_the_limit_of_pythons_csv_reader_is_left_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    judged(tmp_path, b"n,t\nx,a\n")
    assert csv.field_size_limit() == before


def test_a_name_that_is_none_leaves_the_report_as_it_is(make_package: Any, settings: Settings) -> None:
    report = minshu.validate(make_package(resources=[{"name": ["t"], "path": "data/items.csv"}]), settings=settings)
    assert [error["type"] for error in report.errors] == ["resource-error"]
