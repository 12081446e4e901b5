"""Who judges which file: DuckDB itself, DuckDB over cells that frictionless read, or frictionless."""

import gzip
import re
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minshu.descriptors import Package
from minshu.structure import check
from minshu.structure.engine import Engine, workspace
from minshu.structure.patterns import as_re2
from minshu.structure.reference import as_frictionless
from minshu.structure.scan import scan
from minshu.structure.sources import Lines
from minshu.structure.standard import corrected
from minshu.structure.tabulated import BITS

SCHEMA: dict[str, Any] = {"fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]}
DIALECT = {"csv": {"delimiter": ","}}


def package(folder: Path, data: bytes, **resource: Any) -> Package:
    path = resource.get("path", "t.csv")
    (folder / path).write_bytes(data)
    whole = {"name": "t", "type": "table", "path": path, "schema": SCHEMA, "dialect": DIALECT, **resource}
    return Package(folder, {"name": "p", "resources": [whole]})


def read_by(folder: Path, data: bytes, **resource: Any) -> str:
    """How the rows came to DuckDB; fails where they did not."""
    with corrected(), workspace() as connection:
        whole = as_frictionless(folder, package(folder, data, **resource).descriptor)
        engine = Engine(whole.resources, connection)
        engine.validate(whole.resources[0], 10)
        return "staged" if engine._table("t").source.staged else "direct"


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n",
        b"a,b\r\n1,x\r\n",
        b"a,b\n1,x",
        b'a,b\n1,"x\ny"\n2,"q""q"\n',
        b"\xef\xbb\xbfa,b\n1,x\n",
        b"a,b\nx,1\n,\n",
        "a,b\n1,甲\n".encode(),
    ],
)
def test_duckdb_reads_files_without_faults_of_form_itself(tmp_path: Path, data: bytes) -> None:
    assert read_by(tmp_path, data, encoding="utf-8") == "direct"


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n\n2,y\n",
        b"a,b\n1\n2,y,z\n",
        b"a,b\r\n1,x\n",
        b'a,b\n1, "x"\n',
        b'a,b\n1,"x" \n',
        b'a,b\n1,"x"y\n',
    ],
)
def test_what_the_two_readers_read_differently_is_read_by_frictionless(tmp_path: Path, data: bytes) -> None:
    assert read_by(tmp_path, data, encoding="utf-8") == "staged"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5", "latin-1"])
def test_other_encodings_are_judged_in_duckdb(tmp_path: Path, encoding: str) -> None:
    text = "a,b\n1,x\n" if encoding == "latin-1" else "a,b\n1,甲\n"
    assert read_by(tmp_path, text.encode(encoding), encoding=encoding) == "staged"


# Frictionless leaves the file below the gzip reader to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_compressed_files_are_judged_in_duckdb(tmp_path: Path) -> None:
    assert read_by(tmp_path, gzip.compress(b"a,b\n1,x\n"), path="t.csv.gz") == "staged"


def test_the_path_of_a_file_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "t1.csv").write_bytes(b"a,b\nwrong,x\n")
    assert check(package(tmp_path, b"a,b\n1,x\n", path="t[1].csv"), 10).valid


def test_statistics_are_whole_where_the_error_limit_was_reached(tmp_path: Path) -> None:
    stats = check(package(tmp_path, b"a,b\nx,\ny,\nz,\n", encoding="utf-8"), 1).tasks[0].stats
    assert (stats["rows"], stats["bytes"]) == (3, 13)
    assert stats["sha256"]


def test_the_warnings_of_tables_are_counted_in_the_report(tmp_path: Path) -> None:
    report = check(package(tmp_path, b"a,b\nx,\ny,\n"), 1)
    assert report.to_dict()["stats"]["warnings"] == 1


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    check(package(tmp_path, b"a,b\n1,x\n\n"), 10)
    assert list(temporary.iterdir()) == []


def test_positions_are_found_far_into_a_file(tmp_path: Path) -> None:
    lines = [f"{number},x" for number in range(300_000)]
    lines[250_000] = "wrong,x"
    errors = (
        check(package(tmp_path, ("a,b\n" + "\n".join(lines) + "\n").encode(), encoding="utf-8"), 10).tasks[0].errors
    )
    assert [(error["rowNumber"], error["fieldName"], error["cell"]) for error in errors] == [(250_002, "a", "wrong")]


@given(
    st.lists(st.tuples(st.sampled_from(["1", "2", "-7", "x", ""]), st.sampled_from(["甲", "1.5", ""])), max_size=9),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["", "\ufeff"]),
)
@settings(max_examples=60, deadline=None)
def test_the_lines_of_a_file_without_quotes_tell_what_duckdb_tells(
    rows: list[tuple[str, str]], end: str, ended: bool, mark: str
) -> None:
    schema = {"fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "number"}], "primaryKey": ["a"]}
    body = end.join(["", *map(",".join, rows)]) + (end if ended else "")
    found = []
    for header in ("a,b", '"a",b'):
        with tempfile.TemporaryDirectory() as folder:
            data = f"{mark}{header}{body}".encode()
            task = check(package(Path(folder), data, encoding="utf-8", schema=schema), 5).tasks[0]
            found.append((task.errors, task.unlisted))
    assert found[0] == found[1]


def test_rows_are_found_in_blocks_of_any_length(tmp_path: Path) -> None:
    texts = ["x" * (number * 7_919 % 90_000) for number in range(40)]
    file = tmp_path / "t.csv"
    file.write_text("\n".join(f"{text};{number}" for number, text in enumerate(texts, 1)), "utf-8")
    for wanted in ([1, 2, 3], [7], [40], list(range(1, 41)), []):
        found = list(Lines(file, ";", 1).rows(wanted))
        assert found == [(number, [texts[number - 1], str(number)]) for number in wanted]


@pytest.mark.parametrize(
    ("keys", "repeated"),
    [
        ([0, BITS - 1, BITS, -1, 2**62], []),
        ([5, BITS, 5], [4]),
        ([BITS - 1, 1, BITS - 1], [4]),
        ([BITS, 1, BITS], [4]),
        ([-1, 2**62, -1, 2**62], [4, 5]),
    ],
)
def test_keys_of_any_size_are_told_apart(tmp_path: Path, keys: list[int], repeated: list[int]) -> None:
    text = "a,b\n" + "".join(f"{key},x\n" for key in keys)
    errors = check(package(tmp_path, text.encode(), schema={**SCHEMA, "primaryKey": ["a"]}), 10).tasks[0].errors
    assert [(error["type"], error["rowNumber"]) for error in errors] == [("primary-key", row) for row in repeated]


def test_values_in_unusual_forms_are_no_errors_however_many(tmp_path: Path) -> None:
    text = "a,b\n" + "１,x\n" * 500 + "wrong,x\n"
    errors = check(package(tmp_path, text.encode(), encoding="utf-8"), 10).tasks[0].errors
    assert [error["rowNumber"] for error in errors] == [502]


PATTERNS = st.sampled_from(
    [
        "a|b",
        "[a-c]+",
        r"\d{1,2}",
        r"\w*",
        r"\s?a",
        "^a$",
        ".",
        "[^a]",
        "(ab)*c?",
        "a{2}",
        "[一-龥]",
        r"\.",
        "a*?",
        r"[\d.-]+",
    ]
)


@settings(deadline=None)
@given(PATTERNS, st.text("abc12._- \n甲é１", max_size=4))
def test_what_re2_matches_python_matches(pattern: str, text: str) -> None:
    translated = as_re2(pattern)
    assert translated is not None
    matched = duckdb.execute("select regexp_full_match(?, ?)", [text, translated]).fetchall()[0][0]
    assert not matched or re.match(f"^{pattern}$", text)


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", r"\bword", r"[^\d]", r"\D", "(?i)a", "a{2000}", "["])
def test_what_re2_cannot_say_is_left_to_python(pattern: str) -> None:
    assert as_re2(pattern) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", '"x\ny"', '"q""q"', ""]), min_size=1, max_size=9))
def test_records_are_counted_by_the_line_ends_outside_quotes(cells: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_text("".join(f"1,{cell}\n" for cell in cells), "utf-8")
        assert scan(file, '"', "\\n").records == len(cells)
