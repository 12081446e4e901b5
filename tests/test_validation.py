"""Verdicts: frictionless's own on structure, and those of a dataset's rules on content."""

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from frictionless import Package as FrictionlessPackage
from frictionless import Report as FrictionlessReport

from minshu.descriptors import opened
from minshu.errors import PackageError, RulesError, UnsafePath, UnstorableTable
from minshu.report import Report
from minshu.settings import Settings
from minshu.validation import validate

Found = set[tuple[str, int | None, int | None, str]]

SCHEMA = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True}},
        {"name": "day", "type": "date"},
        {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b"]}},
        {"name": "parent", "type": "integer"},
    ],
    "primaryKey": ["id"],
    "foreignKeys": [{"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}],
}

HEADER = "id,day,kind,parent\n"
FILES = {
    "valid": HEADER + "1,2020-01-05,a,\n2,,b,1\n",
    "wrong-type": HEADER + "x,2020-13-01,a,\n",
    "constraint": HEADER + "1,,c,\n,,a,\n",
    "ragged": HEADER + "1,,a\n2,,a,,extra\n",
    "duplicate-key": HEADER + "1,,a,\n1,,b,\n",
    "broken-foreign-key": HEADER + "1,,a,7\n",
    "blank-row": HEADER + "1,,a,\n\n2,,a,\n",
    "wrong-header": "id,jour,kind,parent\n1,,a,\n",
    "missing-column": "id,day,kind\n1,,a\n",
    "empty": "",
    "header-only": HEADER,
    "quoted-newline": HEADER + '1,,"a\nb",\n2,x,a,\n',
}


def found(report: dict[str, Any]) -> Found:
    """Resource, row, field and type of every error: what two validators must agree on."""
    errors = [("", error) for error in report["errors"]]
    errors += [(task["name"], error) for task in report["tasks"] for error in task["errors"]]
    return {(name, e.get("rowNumber"), e.get("fieldNumber"), e["type"]) for name, e in errors}


def judged(path: Path, settings: Settings, rules: Path | None = None) -> Report:
    with opened(path, settings) as package:
        return validate(package, rules, settings)


def write_rules(path: Path, text: str) -> Path:
    path.write_text(f"import pandera.polars as pa\nfrom minshu.checks import Rule\n{text}", "utf-8")
    return path


@pytest.mark.parametrize("case", FILES)
def test_the_verdict_is_that_of_frictionless(make_package: Any, settings: Settings, case: str) -> None:
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": SCHEMA}
    folder = make_package({"t.csv": FILES[case]}, resources=[resource])
    theirs = FrictionlessPackage(str(folder / "datapackage.json")).validate().to_descriptor()
    ours = judged(folder, settings).to_dict()
    assert (ours["valid"], found(ours)) == (theirs["valid"], found(theirs))


def test_a_missing_data_file_is_a_scheme_error(make_package: Any, settings: Settings) -> None:
    folder = make_package()
    (folder / "data/items.csv").unlink()
    assert {error[3] for error in found(judged(folder, settings).to_dict())} == {"scheme-error"}


@pytest.mark.parametrize("case", FILES)
def test_frictionless_reads_our_reports(make_package: Any, settings: Settings, case: str, tmp_path: Path) -> None:
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": SCHEMA}
    rules = write_rules(
        tmp_path / "rules.py",
        "class T(pa.DataFrameModel):\n    id: int = pa.Field(ge=2)\n"
        "MODELS = {'t': T}\n"
        "RULES = (Rule(name='r', table='t', description='d', sql='select _row, kind from t'),"
        " Rule(name='s', table='t', description='d', sql='select null as _row'))\n",
    )
    report = judged(make_package({"t.csv": FILES[case]}, resources=[resource]), settings, rules)
    read = FrictionlessReport.from_descriptor(json.loads(report.to_json()))
    assert read.valid == report.valid
    assert read.stats["errors"] == report.error_count
    assert read.flatten(["type"]) == [[e["type"]] for e in report.errors] + [
        [e["type"]] for task in report.tasks for e in task.errors
    ]


def test_the_network_is_not_needed_for_local_data(make_package: Any, settings: Settings) -> None:
    report = judged(make_package(profile="https://example.org/profile.json"), settings)
    assert report.valid
    assert "'https://example.org/profile.json' was not fetched" in report.warnings[0]


def test_advice_is_a_warning_and_never_an_error(make_package: Any, settings: Settings) -> None:
    report = judged(make_package(title=None, licenses=None), settings)
    assert report.valid
    assert [word for word in ("title", "licenses") if any(word in line for line in report.warnings)] == [
        "title",
        "licenses",
    ]


def test_a_model_failure_carries_row_field_and_value(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path / "rules.py",
        "class Items(pa.DataFrameModel):\n    编号: int = pa.Field(le=2)\nMODELS = {'items': Items}\n",
    )
    (error,) = judged(make_package(), settings, rules).tasks[0].errors
    assert (error["rowNumber"], error["fieldName"], error["fieldNumber"], error["cell"]) == (4, "编号", 1, "3")
    assert error["cells"] == ["3", "", ""]


def test_a_model_check_over_rows_is_found_once_a_row(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path / "rules.py",
        "import polars as pl\nclass Items(pa.DataFrameModel):\n"
        "    编号: int\n    名称: str = pa.Field(nullable=True)\n"
        "    @pa.dataframe_check\n    def named(cls, data):\n"
        "        return data.lazyframe.select(pl.col('名称').is_not_null())\n"
        "MODELS = {'items': Items}\n",
    )
    errors = judged(make_package(), settings, rules).tasks[0].errors
    assert [(error["type"], error["rowNumber"]) for error in errors] == [("row-error", 4)]


def test_a_rule_across_tables_names_the_row_and_shows_its_columns(
    make_package: Any, settings: Settings, tmp_path: Path
) -> None:
    rules = write_rules(
        tmp_path / "rules.py",
        "RULES = (Rule(name='named', table='items', description='Every item has a name.', "
        "sql='select _row, 编号 from items where 名称 is null'),)\n",
    )
    (error,) = judged(make_package(), settings, rules).tasks[0].errors
    assert (error["type"], error["rowNumber"], error["cells"]) == ("row-error", 4, ["3", "", ""])
    assert "Every item has a name. (named): 编号 = 3" in error["note"]


def test_a_rule_sees_text_resources(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path / "rules.py",
        "RULES = (Rule(name='quoted', table='items', description='In the source.', "
        "sql='select _row from items, notice where not contains(notice.text, 名称)'),)\n",
    )
    table = {"name": "items", "type": "table", "path": "items.csv"}
    notice = {"name": "notice", "path": "notice.txt", "mediatype": "text/plain", "encoding": "gb18030"}
    files = {"items.csv": "名称\n甲\n丁\n", "notice.txt": "甲乙丙".encode("gb18030")}
    (task, _) = judged(make_package(files, resources=[table, notice]), settings, rules).tasks
    assert [error["rowNumber"] for error in task.errors] == [3]


def test_rules_wait_until_the_structure_holds(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path / "rules.py",
        "RULES = (Rule(name='all', table='items', description='d', sql='select _row from items'),)\n",
    )
    report = judged(make_package({"data/items.csv": "编号,名称,金额\n1,,x\n"}), settings, rules)
    assert {error[3] for error in found(report.to_dict())} == {"type-error"}
    assert any("were not run" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "RULES = (Rule(name='r', table='absent', description='d', sql='select 1'),)\n",
            "'absent', which the package lacks",
        ),
        ("RULES = (Rule(name='r', table='items', description='d', sql='select 1'),)\n", "must return _row"),
        ("RULES = (Rule(name='r', table='items', description='d', sql='selec'),)\n", "'r' cannot be run"),
        ("RULES = ('select 1',)\n", "RULES be a tuple of Rule"),
        ("MODELS = []\n", "MODELS must map"),
        ("MODELS = {'absent': None}\n", "'absent', which the package lacks"),
        ("MODELS = {'items': None}\n", "The model of 'items' cannot be run"),
        ("def broken(:\n", "SyntaxError"),
        (
            "import polars as pl\nclass Items(pa.DataFrameModel):\n    编号: int\n    @pa.dataframe_check\n"
            "    def broken(cls, data):\n        return data.lazyframe.select(pl.col('absent') > 1)\n"
            "MODELS = {'items': Items}\n",
            "The model of 'items' cannot be run",
        ),
    ],
)
def test_a_wrong_rules_file_is_told_from_wrong_data(
    make_package: Any, settings: Settings, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(RulesError, match=words):
        judged(make_package(), settings, write_rules(tmp_path / "rules.py", text))


def test_postponed_annotations_work_in_a_rules_file(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_text(
        "from __future__ import annotations\nfrom typing import Annotated\nimport pandera.polars as pa\n"
        "class Items(pa.DataFrameModel):\n    编号: int = pa.Field(gt=0)\nMODELS = {'items': Items}\n",
        "utf-8",
    )
    assert judged(make_package(), settings, path).valid


def test_an_email_cell_is_checked_though_the_catalogue_has_validators(
    make_package: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "validators").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    schema = {"fields": [{"name": "mail", "type": "string", "format": "email"}]}
    resource = {"name": "t", "path": "t.csv", "schema": schema}
    report = judged(make_package({"t.csv": "mail\na@example.org\nno\n"}, resources=[resource]), settings)
    assert found(report.to_dict()) == {("t", 3, 1, "type-error")}


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that nothing should ask, and what it was asked all the same."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.parametrize(
    "resource",
    [
        {"path": "http://HOST/t.csv"},
        {"path": "HOST/t.csv", "scheme": "http"},
        {"path": ["t.csv", "http://HOST/t.csv"]},
        {"path": "t.csv", "extrapaths": ["http://HOST/t.csv"]},
        {"path": "t.csv", "schema": "http://HOST/s.json"},
        {"path": "t.csv", "schema": {"fields": ["http://HOST/f.json"]}},
        {"path": "t.csv", "schema": {"fields": [{"name": "a"}], "profile": "http://HOST/p.json"}},
        {"path": "t.csv", "schema": {"fields": [{"name": "a"}], "$schema": "http://HOST/p.json"}},
        {"path": "t.csv", "dialect": "http://HOST/d.json"},
        {"path": "t.csv", "dialect": {"controls": ["http://HOST/c.json"]}},
        {"path": "t.csv", "profile": "http://HOST/p.json"},
        {"path": "t.csv", "profile": ["http://HOST/p.json"]},
        {"path": "t.csv", "profiles": ["http://HOST/p.json"]},
        {"path": "t.csv", "checklist": "http://HOST/c.json"},
        {"path": "t.csv", "pipeline": "http://HOST/p.json"},
    ],
)
def test_no_descriptor_makes_us_ask_the_network(
    make_package: Any, settings: Settings, canary: tuple[str, list[str]], resource: dict[str, Any]
) -> None:
    host, asked = canary
    whole = json.loads(json.dumps({"name": "t", **resource}).replace("HOST", host))
    profile = f"http://{host}/package.json"
    with suppress(UnsafePath):
        judged(make_package({"t.csv": "a\n1\n"}, resources=[whole], profile=profile), settings)
    assert asked == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"fields": ["id.json"]}, "/resources/0/schema/fields/0: must be an object"),
        ({"fields": {"a": 1}}, "/resources/0/schema/fields: must be a list"),
        ({"fields": None}, "/resources/0/schema/fields: must be a list"),
        (
            {"fields": [{"name": "a", "constraints": {"pattern": "["}}]},
            "/resources/0/schema/fields/0/constraints/pattern: is no regular expression",
        ),
        ("absent.json", "/resources/0/schema: 'absent.json' cannot be read"),
        ("list.json", "/resources/0/schema: 'list.json' must hold an object"),
        ("t.csv", "/resources/0/schema: 't.csv' cannot be parsed"),
    ],
)
def test_a_schema_that_is_none_is_an_error_with_its_place(
    make_package: Any, settings: Settings, schema: Any, words: str
) -> None:
    files = {"t.csv": "a\n1\n", "list.json": "[]"}
    report = judged(make_package(files, resources=[{"name": "t", "path": "t.csv", "schema": schema}]), settings)
    assert words in report.errors[0]["note"]


def test_a_schema_by_reference_is_read_from_the_package(make_package: Any, settings: Settings) -> None:
    files = {"t.csv": "a\nx\n", "schemas/t.json": '{"fields": [{"name": "a", "type": "integer"}]}'}
    resource = {"name": "t", "path": "t.csv", "schema": "schemas/t.json"}
    assert found(judged(make_package(files, resources=[resource]), settings).to_dict()) == {("t", 2, 1, "type-error")}


def test_a_rules_file_that_is_not_there_is_said(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"absent\.py cannot be read"):
        judged(make_package(), settings, tmp_path / "absent.py")


def test_rules_that_changed_within_a_second_are_read_anew(
    make_package: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    rule = "RULES = (Rule(name='r', table='items', description='d', sql='select _row from items where 编号 = {}'),)\n"
    path = tmp_path / "rules.py"
    for number in (1, 2, 3):
        report = judged(make_package(), settings, write_rules(path, rule.format(number)))
        os.utime(path, (0, 0))
        assert [error["rowNumber"] for error in report.tasks[0].errors] == [number + 1]


def test_a_text_that_is_not_in_its_encoding_is_said_only_where_rules_need_it(
    make_package: Any, settings: Settings, tmp_path: Path
) -> None:
    notice = {"name": "notice", "path": "notice.txt", "mediatype": "text/plain"}
    items = {"name": "items", "type": "table", "path": "items.csv"}
    package = make_package({"items.csv": "a\n1\n", "notice.txt": "甲".encode("gbk")}, resources=[items, notice])
    assert judged(package, settings).valid
    with pytest.raises(UnstorableTable, match="not in utf-8"):
        judged(package, settings, write_rules(tmp_path / "rules.py", "RULES = ()\n"))


def test_what_is_valid_but_cannot_be_published_is_warned_of(make_package: Any, settings: Settings) -> None:
    schema = {"fields": [{"name": "a"}, {"name": "A"}]}
    report = judged(
        make_package({"t.csv": "a,A\n1,2\n"}, resources=[{"name": "t", "path": "t.csv", "schema": schema}]), settings
    )
    assert report.valid
    assert any("cannot be published: 'a' stands twice" in warning for warning in report.warnings)


def test_an_undeclared_encoding_is_utf_8_and_never_guessed(make_package: Any, settings: Settings) -> None:
    resource = {"name": "t", "path": "t.csv"}
    content = "id,名称\n1,福州市\n".encode("gb18030")
    (task,) = judged(make_package({"t.csv": content}, resources=[resource]), settings).tasks
    assert [error["type"] for error in task.errors] == ["encoding-error"]
    declared = make_package({"t.csv": content}, resources=[{**resource, "encoding": "gb18030"}])
    assert judged(declared, settings).valid


def test_a_byte_order_mark_is_not_part_of_the_first_label(make_package: Any, settings: Settings) -> None:
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "id", "type": "integer"}]}}
    assert judged(make_package({"t.csv": b"\xef\xbb\xbfid\n1\n"}, resources=[resource]), settings).valid


def test_a_report_names_files_relative_to_the_package(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    report = judged(make_package(resources=[{"name": "t", "path": "absent.csv"}]), settings)
    assert report.tasks[0].place == "absent.csv"
    assert str(tmp_path) not in report.to_json().decode()


def test_excel_and_json_are_read(make_package: Any, settings: Settings) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["id", "名称"])
    book.active.append([1, "甲"])
    content = io.BytesIO()
    book.save(content)
    files = {"t.xlsx": content.getvalue(), "j.json": '[{"id": 1}]', "n.ndjson": '{"id": 1}\n{"id": 2}\n'}
    resources = [{"name": path[0], "type": "table", "path": path} for path in files]
    report = judged(make_package(files, resources=resources), settings)
    assert (report.valid, [task.stats["rows"] for task in report.tasks]) == (True, [1, 1, 2])


def test_a_format_whose_reader_is_not_installed_is_no_verdict(make_package: Any, settings: Settings) -> None:
    with pytest.raises(PackageError, match=r"frictionless\[excel\]"):
        judged(make_package({"t.xls": "x"}, resources=[{"name": "t", "path": "t.xls"}]), settings)


def test_names_that_need_version_2_are_said_to(make_package: Any, settings: Settings) -> None:
    package = make_package({"t.csv": "a\n1\n"}, resources=[{"name": "表", "path": "t.csv"}], **{"$schema": None})
    assert any("Version 2 allows it" in warning for warning in judged(package, settings).warnings)


def test_a_wrong_descriptor_is_told_by_pointers_and_hints_beside_the_errors_of_its_data(
    make_package: Any, settings: Settings
) -> None:
    schema = {"fields": [{"name": "a", "type": "integer", "example": 1}], "primary_key": "a"}
    package = make_package(
        {"t.csv": "a\nx\n"}, resources=[{"name": "t", "path": "t.csv", "schema": schema}], licenses=[]
    )
    report = judged(package, settings)
    assert [(error["type"], error["pointer"]) for error in report.errors] == [("package-error", "/licenses")]
    assert any("Did you mean `primaryKey`?" in warning for warning in report.warnings)
    assert [error["type"] for error in report.tasks[0].errors] == ["type-error"]


def test_a_descriptor_that_frictionless_refuses_is_told_in_our_words_alone(
    make_package: Any, settings: Settings
) -> None:
    schema = {"fields": [{"name": "a", "type": "strng"}]}
    report = judged(
        make_package({"t.csv": "a\n"}, resources=[{"name": "t", "path": "t.csv", "schema": schema}]), settings
    )
    (error,) = report.errors
    assert (error["type"], error["pointer"]) == ("field-error", "/resources/0/schema/fields/0/type")
    assert error["hint"] == "Did you mean `string`?"


def test_unknown_properties_are_kept(make_package: Any, settings: Settings, released: Any) -> None:
    path = make_package(**{"minshu:note": {"甲": [1]}, "custom": 1.50})
    assert judged(path, settings).valid
    kept = released(path).release.folder / "package" / "datapackage.json"
    assert kept.read_bytes() == (path / "datapackage.json").read_bytes()
