"""The gate for personal data. Every number here was made for it, with right check digits, and is nobody's."""

import csv
import json
import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.checks.codes import identity_check_character, luhn_total
from minshu.descriptors import Package, opened
from minshu.errors import InvalidPackage
from minshu.identifiers import literal
from minshu.loading import LoadedTable
from minshu.manifest import ReleasedColumn
from minshu.personal import Hit, may_hold, scan
from minshu.report import Report
from minshu.settings import Settings
from minshu.structure.tabulated import all_cells
from minshu.traces import CANDIDATE, child_birthdate, masked, redacted
from minshu.validation import validate

TODAY = date(2026, 1, 1)
CHILDS = (date.today() - timedelta(days=3000)).isoformat()


def identity(serial: int = 0, division: str = "350000") -> str:
    start = f"{division}19900101{serial:03d}"
    return start + identity_check_character(start)


def card(serial: int = 0) -> str:
    start = f"622600{serial:09d}"
    return start + str(-luhn_total(start + "0") % 10)


SECRETS = {
    "identity": identity(1),
    "mobile": "13800000000",
    "card": card(1),
    "plate": "闽A00000",
    "email": "zhang@example.org",
}


def table_of(connection: duckdb.DuckDBPyConnection, type_: str, values: list[Any], **field: Any) -> LoadedTable:
    described = {"name": "备注", "type": "string", **field}
    name = str(described["name"]).replace('"', '""')
    connection.execute(f'create or replace table t (_row bigint, "{name}" {type_})')
    if values:
        rows = [[row, value] for row, value in enumerate(values, 2)]
        connection.executemany("insert into t values (?, ?)", rows)
    column = ReleasedColumn(
        name=str(described["name"]), type=type_, field_type="string", json_type="string", title=None, description=None
    )
    return LoadedTable("t", {"fields": [described]}, (column,), len(values))


def hits(values: list[Any], type_: str = "VARCHAR", **field: Any) -> list[Hit]:
    with duckdb.connect() as connection:
        return scan(table_of(connection, type_, values, **field), connection, TODAY)


def kinds(values: list[Any], type_: str = "VARCHAR", **field: Any) -> dict[str, int]:
    return {hit.kind: hit.count for hit in hits(values, type_, **field)}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("around", ["{}", "联系人：张某，{}。", "a {} b", "({})", "{}\n"])
def test_a_secret_is_found_wherever_it_stands(kind: str, around: str) -> None:
    assert kinds([around.format(SECRETS[kind])]) == {kind: 1}


@pytest.mark.parametrize(
    "written",
    ["138-0000-0000", "138 0000 0000", "+8613800000000", "１３８００００００００", "8613800000000"],
)
def test_phones_are_found_as_people_write_them(written: str) -> None:
    found = kinds([written])
    assert found == ({} if written.startswith("86") else {"mobile": 1})


def test_identity_numbers_are_found_in_full_width_and_with_a_small_x() -> None:
    number = next(number for number in map(identity, range(100)) if number.endswith("X"))
    wide = number.translate({ord(digit): ord("０") + int(digit) for digit in "0123456789"})
    assert kinds([number.lower(), wide]) == {"identity": 2}


def test_a_card_in_groups_of_four_is_found() -> None:
    number = card(7)
    assert kinds([" ".join(number[place : place + 4] for place in range(0, 16, 4))]) == {"card": 1}


@pytest.mark.parametrize(
    "text",
    [
        identity(1)[:-1] + ("0" if identity(1)[-1] != "0" else "1"),
        card(1)[:-1] + str((int(card(1)[-1]) + 1) % 10),
        f"1{identity(1)}",
        f"{card(1)}0000",
        "12800000000",
        "0.13800000000",
        "13800000000.5",
        "138000000001",
        "a13800000000",
        "3f2504e0-4f89-11d3-9a0c-013800000000",
        "闽A000",
        "91350100M000100Y43",
        "福建省人民政府 @ 2019",
        "闽政办〔2019〕20号",
    ],
)
def test_what_only_looks_like_a_secret_is_no_hit(text: str) -> None:
    assert kinds([text]) == {}


def test_serial_numbers_do_not_bar_a_release_by_chance() -> None:
    chance = random.Random(7)
    numbers = [f"35010020190{chance.randrange(1, 10)}0{chance.randrange(1, 10)}{n:04d}" for n in range(2000)]
    found = hits(numbers)
    assert {hit.kind for hit in found} <= {"identity"}
    assert not any(hit.bars for hit in found)


def test_a_column_of_persons_bars_a_release() -> None:
    (hit,) = hits([identity(serial) for serial in range(100)])
    assert (hit.kind, hit.count, hit.rows, hit.bars) == ("identity", 100, (2, 3, 4), True)


def test_addresses_never_bar() -> None:
    (hit,) = hits(["zhang@example.org"])
    assert not hit.bars


def test_an_identity_number_is_found_among_whole_numbers() -> None:
    numbers = [number for number in map(identity, range(30)) if number.isdigit()]
    assert kinds([int(number) for number in numbers], "BIGINT") == {"identity": len(numbers)}


def test_whole_numbers_are_phones_only_where_their_field_says_so() -> None:
    assert kinds([13800000000], "BIGINT", name="金额") == {}
    assert kinds([13800000000], "BIGINT", name="手机号") == {"mobile": 1}
    assert kinds([int(card(1))], "BIGINT", name="n", title="银行卡号") == {"card": 1}


def test_secrets_within_json_are_found() -> None:
    assert kinds([json.dumps({"tel": "13800000000"})], "JSON") == {"mobile": 1}


@pytest.mark.parametrize(("type_", "make"), [("DATE", date.fromisoformat), ("VARCHAR", str)])
def test_birthdates_count_below_fourteen_and_where_the_field_is_one_of_birth(type_: str, make: Any) -> None:
    dates = [make(text) for text in ("2012-01-01", "2012-01-02", "2025-12-31", "2026-01-02", "1980-01-01")]
    assert kinds(dates, type_, name="出生日期") == {"child": 2}
    assert kinds(dates, type_, name="d", title="Date of birth") == {"child": 2}
    assert kinds(dates, type_, name="办理日期") == {}


@given(st.dates(date(1900, 1, 1), date(2025, 12, 31)))
def test_a_child_is_one_who_has_not_had_the_fourteenth_birthday(born: date) -> None:
    try:
        fourteenth = born.replace(year=born.year + 14)
    except ValueError:
        fourteenth = date(born.year + 14, 3, 1)
    assert child_birthdate(born.isoformat(), TODAY) == (fourteenth > TODAY)
    assert child_birthdate(f"{born.year}年{born.month}月{born.day}日", TODAY) == (fourteenth > TODAY)


@pytest.mark.parametrize(("reason", "found"), [("公职人员联系方式，依法公开", 0), (" ", 1), (True, 1), ("", 1)])
def test_a_field_declares_by_a_reason_only(reason: object, found: int) -> None:
    declared: Any = {"minshu:personal": reason}
    assert len(hits(["13800000000"], **declared)) == found


@pytest.mark.parametrize("kind", SECRETS)
def test_no_sentence_repeats_the_secret(kind: str) -> None:
    (hit,) = hits([SECRETS[kind]])
    assert SECRETS[kind] not in hit.sentence
    assert masked(SECRETS[kind], kind) in hit.sentence
    assert "in row 2." in hit.sentence


@given(st.text(), st.sampled_from(sorted(SECRETS)), st.text())
def test_a_text_is_redacted_of_every_secret(before: str, kind: str, after: str) -> None:
    text = f"{before} {SECRETS[kind]} {SECRETS[kind]} {after}"
    assert SECRETS[kind] not in redacted(text, TODAY)
    assert len(redacted(text, TODAY)) == len(text) or kind == "email"


@given(st.text())
def test_a_text_without_traces_is_left_as_it_is(text: str) -> None:
    if not any(character.isalnum() for character in text):
        assert redacted(text, TODAY) == text


def planted(make_package: Any, text: str, opening: str | None = None, **field: Any) -> Path:
    schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "备注", "type": "string", **field}]}
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": schema}
    stated = dict.fromkeys(("conditions", "use", "security"), "说明")
    extra = {"minshu:opening": {"openAttribute": opening, **stated}} if opening else {}
    folder: Path = make_package({"t.csv": f'id,备注\n1,无\n2,"{text}"\n'}, resources=[resource], **extra)
    return folder


def judged(path: Path, settings: Settings, rules: Path | None = None) -> Report:
    with opened(path, settings) as package:
        return validate(package, rules, settings)


@pytest.mark.parametrize("kind", SECRETS)
def test_in_validate_a_secret_is_a_warning(make_package: Any, settings: Settings, kind: str) -> None:
    report = judged(planted(make_package, SECRETS[kind]), settings)
    assert report.valid
    assert masked(SECRETS[kind], kind) in report.tasks[0].warnings[0]


@pytest.mark.parametrize("kind", [kind for kind in SECRETS if kind != "email"])
def test_a_release_with_a_secret_is_refused_without_repeating_it(make_package: Any, released: Any, kind: str) -> None:
    with pytest.raises(InvalidPackage) as refused:
        released(planted(make_package, SECRETS[kind]))
    report = refused.value.report
    assert isinstance(report, Report)
    assert masked(SECRETS[kind], kind) in report.tasks[0].errors[0]["note"]
    assert SECRETS[kind] not in report.to_json().decode()


@pytest.mark.parametrize(
    ("options", "field"),
    [({"opening": "有条件开放"}, {}), ({}, {"minshu:personal": "依法公开的窗口电话"})],
)
def test_a_release_may_hold_what_it_declares(make_package: Any, released: Any, options: Any, field: Any) -> None:
    assert released(planted(make_package, SECRETS["mobile"], **options, **field)).created


def test_a_release_with_an_address_has_a_warning(make_package: Any, released: Any) -> None:
    published = released(planted(make_package, SECRETS["email"]))
    assert published.created
    assert "1 e-mail address, such as z***@***.org" in published.report.tasks[0].warnings[0]


def test_the_command_publish_refuses_an_identity_number_and_masks_it(make_package: Any, minshu: Any) -> None:
    done = minshu("publish", planted(make_package, SECRETS["identity"]), "--store", "store")
    assert done.returncode == 1
    assert masked(SECRETS["identity"], "identity") in done.stdout
    assert SECRETS["identity"] not in done.stdout + done.stderr


def test_errors_of_the_structure_do_not_repeat_a_secret(make_package: Any, settings: Settings) -> None:
    folder = planted(make_package, f"{SECRETS['identity']} {SECRETS['mobile']}", constraints={"maxLength": 5})
    report = judged(folder, settings)
    text = report.to_json().decode()
    assert not report.valid
    assert SECRETS["identity"] not in text
    assert SECRETS["mobile"] not in text


def test_errors_of_rules_do_not_repeat_a_secret(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules.py"
    rules.write_text(
        "import pandera.polars as pa\nfrom minshu.checks import Rule\n"
        "class T(pa.DataFrameModel):\n    备注: str = pa.Field(str_length={'max_value': 3})\nMODELS = {'t': T}\n"
        "RULES = (Rule(name='r', table='t', description='D.', sql='select _row, 备注 from t'),"
        " Rule(name='w', table='t', description='D.', sql='select _row, 备注 from t', severity='warning'))\n",
        "utf-8",
    )
    report = judged(planted(make_package, SECRETS["identity"]), settings, rules)
    assert {error["type"] for error in report.tasks[0].errors} == {"cell-error", "row-error"}
    assert SECRETS["identity"] not in report.to_json().decode()


def test_errors_do_not_repeat_the_birthdate_of_a_child(make_package: Any, settings: Settings) -> None:
    fields = [{"name": "id", "type": "integer"}, {"name": "出生日期", "type": "date"}]
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields}}
    report = judged(make_package({"t.csv": f"id,出生日期\nx,{CHILDS}\n"}, resources=[resource]), settings)
    assert not report.valid
    assert CHILDS not in report.to_json().decode()


def test_a_table_that_cannot_be_stored_is_valid_and_said_not_to_be_looked_through(
    make_package: Any, settings: Settings
) -> None:
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "a"}, {"name": "A"}]}}
    report = judged(make_package({"t.csv": f"a,A\n1,{SECRETS['mobile']}\n"}, resources=[resource]), settings)
    assert report.valid
    assert any(warning.startswith("No personal data was looked for") for warning in report.warnings)


TYPED = {
    "string": [*SECRETS.values(), "a", "", "13800000000，13900000000", "138-0000-0000", "１３８００００００００", "@"],
    "integer": [SECRETS["mobile"], SECRETS["card"], identity(2), "1", "", "0138_0000_0000", "１３８００００００００"],
    "number": [SECRETS["mobile"], SECRETS["card"], "1.5", "", "1.38e10", "13,800,000,000"],
    "date": [CHILDS, "1950-01-01", ""],
    "year": ["2020", ""],
    "object": ['{"tel": "13800000000"}', "{}", ""],
    "list": ["13800000000,2", "a", ""],
    "geopoint": ["119.3, 26.1", ""],
    "any": [SECRETS["email"], "x"],
}
NAMES = ("a", "手机", "卡号", "出生日期", "born")


@st.composite
def personal_tables(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    fields: list[dict[str, Any]] = [{"name": "id", "type": "string"}]
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        field: dict[str, Any] = {"name": name, "type": draw(st.sampled_from(sorted(TYPED)))}
        if field["type"] == "string" and draw(st.booleans()):
            field["constraints"] = {"enum": draw(st.lists(st.sampled_from(TYPED["string"][:6]), min_size=1))}
        if field["type"] == "number" and draw(st.booleans()):
            field["groupChar"] = ","
        if draw(st.integers(0, 3)) == 0:
            field["minshu:personal"] = "依法公开"
        fields.append(field)
    columns = [field.get("constraints", {}).get("enum", TYPED[field["type"]]) for field in fields[1:]]
    rows = st.tuples(st.just("x"), *map(st.sampled_from, columns))
    return fields, draw(st.lists(rows, min_size=1, max_size=9))


@given(personal_tables())
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_noticed_in_the_cells_as_written_is_not_in_the_values(
    tmp_path: Path, settings: Settings, table: tuple[list[dict[str, Any]], list[tuple[str, ...]]]
) -> None:
    fields, rows = table
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[field["name"] for field in fields], *rows])
    dialect = {"csv": {"delimiter": ","}}
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": fields}, "dialect": dialect, "encoding": "utf-8"}
    package = Package(tmp_path, {"resources": [resource]})
    in_passing = [task.warnings for task in validate(package, None, settings).tasks]
    with mock.patch("minshu.validation.may_be_found", all_cells):
        assert in_passing == [task.warnings for task in validate(package, None, settings).tasks]


MARKS = "0123456789 -+.@Xx京A８＠a,"
NUMBERS = ("13812345678", "138 1234 5678", "6222 0212 3456 7890 128", "11010119900307002X", "京A12345", "a@b.cc")
AROUND = st.text(MARKS, max_size=16)
TEXTS = st.builds("{}{}{}".format, AROUND, st.sampled_from(["", *NUMBERS]), AROUND)


@given(st.lists(TEXTS, min_size=50, max_size=200))
@hypothesis_settings(max_examples=20, deadline=None)
def test_what_spares_the_expression_passes_whatever_it_matches(texts: list[str]) -> None:
    matched = f"regexp_matches(t, {literal(CANDIDATE)})"
    with duckdb.connect() as connection:
        missed = connection.execute(
            f"select t from (select unnest(?) as t) where {matched} is distinct from {may_hold('t')}", [texts]
        ).fetchall()
    assert missed == []


def test_a_table_without_anything_like_personal_data_is_not_loaded(make_package: Any, settings: Settings) -> None:
    fields = [{"name": "编号", "type": "integer"}, {"name": "名称"}, {"name": "类别", "constraints": {"enum": ["甲"]}}]
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields}}
    package = make_package({"t.csv": "编号,名称,类别\n10000000,八一七北路12345678号,甲\n"}, resources=[resource])
    with mock.patch("minshu.loading._load_table", side_effect=AssertionError("loaded")):
        assert judged(package, settings).valid


def test_one_statement_reads_a_table_of_many_columns() -> None:
    class Counting:
        """A connection that keeps what it was asked."""

        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self._connection, self.asked = connection, 0

        def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
            self.asked += 1
            return self._connection.execute(sql)

    names = [f"c{place}" for place in range(50)]
    with duckdb.connect() as connection:
        connection.execute(f"create table t as select 2 as _row, {', '.join(f'{name!r} as {name}' for name in names)}")
        columns = tuple(
            ReleasedColumn(
                name=n, type="VARCHAR", field_type="string", json_type="string", title=None, description=None
            )
            for n in names
        )
        counting: Any = Counting(connection)
        assert scan(LoadedTable("t", {"fields": []}, columns, 1), counting, TODAY) == []
        assert counting.asked == 1


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    started = time.perf_counter()
    redacted("a" * 300_000 + "@" + "1 " * 100_000, TODAY)
    assert time.perf_counter() - started < 20
