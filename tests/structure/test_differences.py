"""Each deliberate difference from frictionless: what it says, and what is said here."""

import hashlib
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Package as FrictionlessPackage

from minshu.descriptors import Package
from minshu.structure import check

ROOT = Path(__file__).parents[2]
Errors = list[tuple[Any, ...]]


@pytest.fixture
def both(tmp_path: Path) -> Callable[..., tuple[Errors | None, Errors]]:
    """The errors of frictionless and ours: their row, field and type. None where it ends in an exception."""

    def judge(
        data: bytes | str, schema: Any = None, limit: int = 1000, **resource: Any
    ) -> tuple[Errors | None, Errors]:
        path = resource.setdefault("path", "t.csv")
        (tmp_path / path).write_bytes(data.encode() if isinstance(data, str) else data)
        whole = {"name": "t", "type": "table", "encoding": "utf-8", **resource}
        if schema:
            whole["schema"] = schema
        descriptor = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": "p",
            "resources": [whole],
        }
        return _theirs(tmp_path, descriptor, limit), _places(check(Package(tmp_path, descriptor), limit).to_dict())

    return judge


def _theirs(folder: Path, descriptor: dict[str, Any], limit: int) -> Errors | None:
    try:
        package = FrictionlessPackage.from_descriptor(descriptor, basepath=str(folder))
        return _places(package.validate(limit_errors=limit).to_descriptor())
    except Exception:  # noqa: BLE001
        return None


def _places(report: dict[str, Any]) -> Errors:
    errors = [*report["errors"], *(error for task in report["tasks"] for error in task["errors"])]
    return [(error.get("rowNumber"), error.get("fieldNumber"), error["type"]) for error in errors]


def ods(rows: list[list[Any]]) -> str:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    cells = {
        int: '<table:table-cell office:value-type="float" office:value="{}"/>',
        str: '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>',
        type(None): "<table:table-cell/>",
    }
    lines = "".join(
        f"<table:table-row>{''.join(cells[type(cell)].format(cell) for cell in row)}</table:table-row>" for row in rows
    )
    table = f'<table:table table:name="t">{lines}</table:table>'
    return (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{table}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )


def schema_of(*kinds: str, **properties: Any) -> dict[str, Any]:
    fields = [{"name": name, "type": kind} for name, kind in zip("abcd", kinds, strict=False)]
    return {"fields": fields, **properties}


def test_every_difference_has_a_test_and_a_row_in_the_documentation(differences: Any) -> None:
    names = [difference.name for difference in differences]
    assert [name for name in names if f"test_{name}" not in globals()] == []
    documented = re.findall(
        r"^\| (.+) \| (.+) \| (.+) \|$", (ROOT / "docs" / "validation.md").read_text(), re.MULTILINE
    )
    rows = [(difference.where, difference.theirs, difference.ours) for difference in differences]
    assert [row for row in rows if row not in documented] == []


def test_a_key_with_one_null(both: Any) -> None:
    schema = schema_of("string", "string", primaryKey=["a", "b"])
    assert both("a,b\n1,x\n2,\n", schema) == ([], [(3, None, "primary-key")])


def test_unique_keys(both: Any) -> None:
    schema = schema_of("string", "string", uniqueKeys=[["a", "b"]])
    assert both("a,b\n1,x\n1,x\n1,\n1,\n", schema) == ([], [(3, None, "row-error")])
    schema = schema_of("string", "string", uniqueKeys=[["a"]])
    assert both("a,b\n1,x\n1,y\n", schema) == ([], [(3, None, "row-error")])


def test_unhashable_keys(both: Any) -> None:
    schema = schema_of("array", "string", primaryKey=["a"])
    assert both('a,b\n"[1, 2]",x\n"[1,2]",y\n', schema) == (None, [(3, None, "primary-key")])


def test_broken_pattern(both: Any) -> None:
    schema = constrained("string", pattern="(?i)a")
    broken = [(None, None, "package-error")]
    assert both("a,b\n1,a\n", schema) == (None, broken)
    absent = {"foreignKeys": [{"fields": ["a"], "reference": {"resource": "absent", "fields": ["a"]}}]}
    theirs, ours = both("a,b\n1,a\n", schema | absent)
    assert (theirs, ours) == ([(None, None, "resource-error")], broken)


def field(kind: str, **properties: Any) -> dict[str, Any]:
    return {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": kind, **properties}]}


def constrained(kind: str, **constraints: Any) -> dict[str, Any]:
    return field(kind, constraints=constraints)


def test_categories(both: Any) -> None:
    wrong = [(4, 2, "constraint-error")]
    assert both("a,b\n1,x\n2,\n3,z\n", field("string", categories=["x", "y"])) == ([], wrong)
    labelled = [{"value": 0, "label": "no"}, {"value": 1, "label": "yes"}]
    assert both("a,b\n1,1\n2,\n3,2\n", field("integer", categories=labelled)) == ([], wrong)
    for nonsense in ([], [1.5], ["x", "x"], [{"label": "x"}]):
        assert both("a,b\n1,x\n", field("string", categories=nonsense))[1] == [(None, None, "field-error")]


def test_json_schema(both: Any) -> None:
    schema = constrained("object", jsonSchema={"required": ["n"], "properties": {"n": {"type": "integer"}}})
    theirs, ours = both('a,b\n1,"{""n"": 1}"\n2,{}\n3,\n4,x\n', schema)
    assert theirs is None
    assert ours == [(3, 2, "constraint-error"), (5, 2, "type-error")]
    for nonsense in (1, {"type": 1}, {"items": {"$ref": "http://127.0.0.1/x"}}):
        assert both("a,b\n1,{}\n", constrained("object", jsonSchema=nonsense))[1] == [(None, None, "field-error")]
    code = constrained("array", jsonSchema={"items": {"pattern": "^(b|c)+$"}})
    assert both('a,b\n1,"[""bcb""]"\n2,"[""bad""]"\n', code)[1] == [(3, 2, "constraint-error")]
    bomb = constrained("array", jsonSchema={"items": {"pattern": "^(a+)+$"}})
    assert both(f'a,b\n1,"[""{"a" * 40}b""]"\n', bomb)[1] == [(2, 2, "constraint-error")]  # in less than a year
    assert both("a,b\n1,[1]\n", constrained("array", jsonSchema={"$ref": "#"}))[1] == [(2, 2, "constraint-error")]


def test_bounds_of_durations(both: Any) -> None:
    wrong = [(4, 2, "constraint-error")]
    assert both("a,b\n1,P27D\n2,PT5H\n3,P30D\n", constrained("duration", maximum="P1M"))[1] == wrong
    assert both("a,b\n1,P1Y\n2,P13M\n3,P365D\n", constrained("duration", minimum="P1Y"))[1] == wrong
    assert both("a,b\n1,P1D\n", constrained("duration", minimum="long"))[1] == [(None, None, "field-error")]
    assert both('a,b\n1,"x,y"\n2,z\n3,y\n', constrained("list", enum=["x,y", "z"]))[1] == wrong


def test_group_char_of_integers(both: Any) -> None:
    data = 'a,b\n1,"1,234"\n2,1234\n3,"1,2,3"\n4,x\n'
    schema = field("integer", groupChar=",", constraints={"minimum": 2})
    theirs, ours = both(data, schema)
    assert theirs == [(2, 2, "type-error"), (4, 2, "type-error"), (5, 2, "type-error")]
    assert ours == [(5, 2, "type-error")]


def test_bounds(both: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # For each cell too many, frictionless copies all of the row.
    monkeypatch.setattr("minshu.structure.standard.delimited.MOST_COLUMNS", 300)
    theirs, ours = both("a,b\n1,2\n" + "x," * 300 + "\n", schema_of("string", "string"), **dialect())
    assert len(theirs) > 1
    assert ours == [(3, None, "row-error")]


def test_counts_past_the_limit(both: Any) -> None:
    wrong = {"bytes": 7, "hash": "md5:0", "rows": 1}
    theirs, ours = both("a,b\nx,1\ny,2\n", schema_of("integer", "integer"), limit=1, **wrong)
    assert theirs == [(2, 1, "type-error")]
    assert [kind for _, _, kind in ours] == ["type-error", "hash-count", "byte-count", "row-count"]
    digest = hashlib.sha512(b"a,b\n1,2\n").hexdigest()
    assert both("a,b\n1,2\n", hash=f"sha512:{digest}") == ([], [])
    assert both("a,b\n1,2\n", hash="sha512:00") == ([], [(None, None, "hash-count")])


def test_totals_past_the_limit(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "x,\n" * 5, "utf-8")
    resource = {"name": "t", "path": "t.csv", "schema": schema_of("integer", "integer"), "encoding": "utf-8"}
    report = check(Package(tmp_path, {"resources": [resource]}), 2).to_dict()
    stats = report["tasks"][0]["stats"]
    assert (len(report["tasks"][0]["errors"]), stats["errors"], stats["rows"], stats["bytes"]) == (2, 5, 5, 19)
    assert report["stats"]["errors"] == 5
    assert stats["sha256"]


def dialect(**properties: Any) -> dict[str, Any]:
    return {"dialect": {"delimiter": ",", **properties}}


def test_unclosed_quote(both: Any) -> None:
    data = 'a,b\n1,"x\ny"\n2,"z\n3,w\n'
    assert both(data, schema_of("integer", "string"), **dialect()) == ([], [(3, None, "row-error")])
    assert both('a,b\n1,"x', schema_of("integer", "string"), **dialect()) == ([], [(2, None, "row-error")])
    escaped = dialect(escapeChar="\\")
    assert both('a,b\n1,"x\\\n', schema_of("integer", "string"), **escaped)[1] == [(2, None, "row-error")]
    assert both("a,b\n1,x\\\n", schema_of("integer", "string"), **escaped) == ([], [])


def test_null_sequence(both: Any) -> None:
    schema = constrained("integer", required=True)
    theirs, ours = both("a,b\n1,\\N\n2,3\n", schema, **dialect(nullSequence="\\N"))
    assert (theirs, ours) == ([(2, 2, "type-error")], [(2, 2, "constraint-error")])


def test_line_terminator(both: Any) -> None:
    schema = schema_of("integer", "string")
    assert both("a,b|1,x|2,y|", schema, **dialect(lineTerminator="|"))[1] == []
    assert both('a,b|1,x\ny|z,"|"|', schema, **dialect(lineTerminator="|"))[1] == [(3, 1, "type-error")]
    assert both("a,b@@1,x@y@@z,\n", schema, **dialect(lineTerminator="@@"))[1] == [(3, 1, "type-error")]
    assert both("a,b\n1,x\n", schema, **dialect(lineTerminator="\r\n")) == ([], [])


def test_long_delimiter(both: Any) -> None:
    theirs, ours = both('a||b\n1||"x||y"\nz||w\n', schema_of("integer", "string"), **dialect(delimiter="||"))
    assert theirs == [(None, None, "source-error")]
    assert ours == [(3, 1, "type-error")]


def test_double_quote(both: Any) -> None:
    schema = constrained("string", enum=['x"y"', "z"])
    theirs, ours = both('a,b\n1,"x""y"""\n', schema, **dialect(doubleQuote=False))
    assert theirs == []
    assert ours == [(2, 2, "constraint-error")]


def test_position_of_a_bad_byte(tmp_path: Path) -> None:
    rows = "".join(f"{number},一\n" for number in range(30_000))
    for encoding in ("utf-8", "gb18030", "big5", "utf-16-le"):
        data = ("a,b\n" + rows).encode(encoding) + (b"\x00\xd8" if encoding == "utf-16-le" else b"1,\xff\n")
        (tmp_path / "t.csv").write_bytes(data)
        resource = {"name": "t", "path": "t.csv", "schema": schema_of("integer", "string"), "encoding": encoding}
        errors = check(Package(tmp_path, {"resources": [resource]}), 10).to_dict()["tasks"][0]["errors"]
        assert [error["type"] for error in errors] == ["encoding-error"]
        assert f"in position {len(data) - 2}:" in errors[0]["note"]


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", b"\xe4"), ("utf-16", b"\n"), ("gb18030", b"\xb8")])
def test_position_of_a_bad_byte_at_the_end(tmp_path: Path, encoding: str, end: bytes) -> None:
    data = "a,b\n1,一\n".encode(encoding) + end
    (tmp_path / "t.csv").write_bytes(data)
    resource = {"name": "t", "path": "t.csv", "schema": schema_of("integer", "string"), "encoding": encoding}
    reports = (
        FrictionlessPackage.from_descriptor({"resources": [resource]}, basepath=str(tmp_path))
        .validate()
        .to_descriptor(),
        check(Package(tmp_path, {"resources": [resource]}), 10).to_dict(),
    )
    theirs, ours = (report["tasks"][0]["errors"][0] for report in reports)
    assert (theirs["type"], ours["type"]) == ("encoding-error", "encoding-error")
    assert "in position 0:" in theirs["note"]
    assert f"in position {len(data) - 1}:" in ours["note"]


def test_several_files(both: Any, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("a,b\nz,y\n", "utf-8")
    (tmp_path / "other.csv").write_text("b,a\nx,1\n", "utf-8")
    schema = schema_of("integer", "string")
    theirs, ours = both("a,b\n1,x", schema, **dialect(), extrapaths=["more.csv"])
    assert (theirs, ours) == ([(2, 3, "extra-cell")], [(3, 1, "type-error")])
    assert both("a,b\n1,x\n", schema, **dialect(), extrapaths=["other.csv"])[1] == [(None, None, "source-error")]


def test_formats(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as file, file:
        file.execute("create table t (a integer, b text)")
        file.executemany("insert into t values (?, ?)", [(1, "x"), ("z", None)])
    # Parquet columns have one type each.
    pq.write_table(pa.table({"a": ["1", "z"], "b": ["x", None]}), tmp_path / "t.parquet")
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("content.xml", ods([["a", "b"], [1, "x"], ["z", None]]))
    for path in ("t.sqlite", "t.parquet", "t.ods"):
        resource = {"name": "t", "path": path, "schema": schema_of("integer", "string"), "dialect": {"table": "t"}}
        assert _places(check(Package(tmp_path, {"resources": [resource]}), 10).to_dict()) == [(3, 1, "type-error")]


@pytest.mark.parametrize(("times", "errors"), [(1, []), (1 << 20, [(None, None, "format-error")])])
def test_blanks_of_a_sheet_take_no_memory_without_bound(tmp_path: Path, times: int, errors: Errors) -> None:
    cell = f'x<text:s text:c="{1 << 10}"/>' * (times >> 10) + 'x<text:s text:c="1"/>'
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("content.xml", ods([["a"], [cell]]))
    resource = {"name": "t", "path": "t.ods", "schema": schema_of("string")}
    assert _places(check(Package(tmp_path, {"resources": [resource]}), 10).to_dict()) == errors


def test_item_keys(both: Any) -> None:
    data, path = '{"rows": [{"b": "x", "a": 1}, {"b": "y", "a": "z"}]}', "t.json"
    flat = {"dialect": {"property": "rows", "itemType": "object", "itemKeys": ["a", "b"]}}
    assert both(data, schema_of("integer", "string"), path=path, **flat)[1] == [(3, 1, "type-error")]
    swapped = {"dialect": {"property": "rows", "itemKeys": ["b", "a"]}}
    labels = [error for error in both(data, schema_of("integer", "string"), path=path, **swapped)[1] if not error[0]]
    assert labels == [(None, 1, "incorrect-label"), (None, 2, "incorrect-label")]
    arrays = {"dialect": {"property": "rows", "itemType": "array"}}
    assert both(data, schema_of("integer", "string"), path=path, **arrays)[1] == [(None, None, "source-error")]
    lines = '{"b": "x", "a": 1}\n{"b": "y", "a": "z"}\n'
    assert both(lines, schema_of("integer", "string"), path="t.jsonl", dialect={"itemKeys": ["a", "b"]})[1] == [
        (3, 1, "type-error")
    ]
