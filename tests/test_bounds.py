"""Files that would take memory or time without bound are refused with a sentence, before a reader has them."""

import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import minshu
from minshu import bounds
from minshu.bounds import CELL, DEPTH, DIGITS, Beyond, beyond, hold_tokens
from minshu.descriptors import opened
from minshu.fields import MOST_COLUMNS
from minshu.settings import Settings


def said(path: Path, settings: Settings) -> list[str]:
    with opened(path, settings) as package:
        return list(beyond(package, settings))


def one(make_package: Any, name: str, content: bytes, **resource: Any) -> Path:
    folder: Path = make_package({name: content}, resources=[{"name": "t", "type": "table", "path": name, **resource}])
    return folder


def workbook(**parts: bytes) -> bytes:
    """A workbook whose parts are changed: the sheet by `sheet`, which replaces the end of its data."""
    book, content, changed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    assert book.active is not None
    book.active.append(["a"])
    book.save(content)
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", parts["sheet"] + b"</sheetData>")
            target.writestr(name, data)
    return changed.getvalue()


def cell(text: bytes) -> bytes:
    return b'<row r="2"><c r="A2" t="inlineStr"><is><t>' + text + b"</t></is></c></row>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv.gz", gzip.compress(b"a\n" + b"x" * 20_000_000)),
        ("t.csv.xz", lzma.compress(b"a\n" + b"x" * 20_000_000)),
        ("t.csv.gz", gzip.compress(b"a\n" + b"1\n" * 10_000_000)),
        ("t.xlsx", workbook(sheet=b"".join([cell(b"x" * 20_000)] * 1_000))),
    ],
)
def test_what_unpacks_to_too_much_is_refused(make_package: Any, settings: Settings, name: str, content: bytes) -> None:
    (sentence,) = said(one(make_package, name, content), settings)
    assert sentence == f"{name}: it unpacks to more than is allowed (`archive_bytes`, `archive_ratio`)."


def test_a_cell_of_a_spreadsheet_has_a_bound(
    make_package: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CELL", 3 * bounds.CHUNK)
    fine = workbook(sheet=cell(b"x" * bounds.CHUNK) * 4)
    assert said(one(make_package, "t.xlsx", fine), settings) == []
    (sentence,) = said(one(make_package, "t.xlsx", workbook(sheet=cell(b"x" * 4 * bounds.CHUNK))), settings)
    assert "one of its cells holds more than" in sentence


@pytest.mark.parametrize("mark", [",", "\t", ";", "|", "::"])
def test_columns_have_a_bound(make_package: Any, settings: Settings, mark: str) -> None:
    dialect = {"delimiter": mark} if mark == "::" else {}
    wide = mark.join(["a"] * (MOST_COLUMNS + 1)).encode()
    assert said(one(make_package, "t.csv", mark.join(["a"] * MOST_COLUMNS).encode(), dialect=dialect), settings) == []
    for content, name in ((wide, "t.csv"), (gzip.compress(wide), "t.csv.gz")):
        (sentence,) = said(one(make_package, name, content, dialect=dialect), settings)
        assert (
            sentence == f"{name}: its first line has {MOST_COLUMNS + 1:,} columns, and {MOST_COLUMNS:,} are the most."
        )


def test_declared_fields_have_the_same_bound(make_package: Any, settings: Settings) -> None:
    schema = {"fields": [{"name": str(number)} for number in range(MOST_COLUMNS + 1)]}
    (sentence,) = said(one(make_package, "t.csv", b"0\n", schema=schema), settings)
    assert sentence == f"'t' declares {MOST_COLUMNS + 1:,} fields, and {MOST_COLUMNS:,} are the most."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"a": ' + b"9" * (DIGITS + 1) + b"}]", "more than 4,300 digits"),
        (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), "nested more than 200 deep"),
        (b'["' + b"x" * (CELL + 2 * bounds.CHUNK) + b'"]', "texts holds more than 32 MiB"),
        (b'["' + b'\\"' * (CELL // 2 + bounds.CHUNK) + b'"]', "texts holds more than 32 MiB"),
    ],
    ids=["digits", "depth", "text", "escapes"],
)
def test_json_that_its_reader_would_not_survive_is_refused(
    make_package: Any, settings: Settings, content: bytes, words: str
) -> None:
    (sentence,) = said(one(make_package, "t.json", content), settings)
    assert words in sentence


TEXTS = st.text(alphabet='a"\\[]{}9,', max_size=12)


@given(
    st.recursive(
        TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    st.integers(1, 9),
)
@example(["\\"], 3)
@example(["\\\\", '"'], 4)
def test_texts_hide_what_stands_in_them_however_json_is_cut_into_chunks(value: Any, size: int) -> None:
    data = json.dumps(value).encode()
    plain = b"".join(bounds.without_texts(data[at : at + size] for at in range(0, len(data), size)))
    assert plain == b"".join(bounds.STRING.sub(b"", data).split(b'"'))
    assert not any(mark in plain for mark in b'"a\\')


def test_marks_within_texts_do_not_count() -> None:
    hold_tokens([b'["' + b"[" * 1000 + b"9" * 5000, b'"]'])
    with pytest.raises(Beyond):
        hold_tokens([b'["' + b"[" * 1000, b'"' + b"[" * 1000])


def test_what_is_broken_is_left_to_whoever_reads_it(make_package: Any, settings: Settings) -> None:
    for name in ("t.xlsx", "t.csv.gz", "t.csv.zip", "t.csv.xz"):
        assert said(one(make_package, name, b"hello"), settings) == []


def test_a_refused_file_is_an_error_of_the_report(minshu: Any, tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(",".join(map(str, range(100_000))), "utf-8")
    done = minshu("validate", "wide.csv", "--lang", "en")
    assert (done.returncode, done.stderr) == (1, "")
    assert "wide.csv: its first line has 100,000 columns, and 4,096 are the most." in done.stdout


def test_a_row_of_a_million_cells_is_one_error(make_package: Any, settings: Settings) -> None:
    path = one(make_package, "t.csv", b"a,b\n1,2\n" + b",".join([b"x"] * 1_000_000) + b"\n")
    (error,) = minshu.validate(path, settings=settings).tasks[0].errors
    assert (error["type"], error["rowNumber"]) == ("row-error", 3)
    assert error["note"] == "the row has 1,000,000 cells, and 4,096 are the most"
