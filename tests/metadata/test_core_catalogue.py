"""The core catalogue: what is told of a release, what a package that claims the profile must say, and its schema."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from tests.conftest import SCHEMA, MakePackage

from minshu.descriptors import opened
from minshu.errors import InvalidPackage
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.metadata.core_catalogue import CLAIM, COLUMNS, ITEMS, TERMS, Described, cells
from minshu.metadata.core_profile import core_faults, json_schema
from minshu.metadata.items import BOM, LONGEST, count_told, harmless, table, told, words
from minshu.opening import OPENING, openings
from minshu.reports import Language
from minshu.reports.faults import in_chinese
from minshu.settings import Settings
from minshu.validation import validate

CODE = "307001000012/000001"
PROVIDER_CODE = "11350000MB0A00001N"
CORE: dict[str, Any] = {
    "classification": ["部门信息资源", "示例省", "示例厅 / Example department", "统计"],
    "code": CODE,
    "providerCode": PROVIDER_CODE,
    "related": ["101001/1"],
}
STATED: dict[str, Any] = {
    "openAttribute": "无条件开放",
    "shareAttribute": "无条件共享",
    "shareConditions": "工作参考",
    "shareMethod": "共享平台",
    "updateFrequency": "每年",
}
CLAIMING: dict[str, Any] = {
    "title": "示例统计 / Example statistics",
    "description": "每年的统计。 / Figures of each year.",
    "contributors": [{"title": "示例厅 / Example department", "roles": ["publisher"]}],
    CLAIM: CORE,
    OPENING: STATED,
    "resources": [{"name": "items", "type": "table", "path": "data/items.csv", "schema": SCHEMA}],
}
CLOSED = {
    "openAttribute": "不予开放",
    "legalBasis": "保守国家秘密法",
    "shareAttribute": "不予共享",
    "shareConditions": "保守国家秘密法",
    "updateFrequency": "不更新",
}
COLUMN = ReleasedColumn(name="id", type="BIGINT", title="编号 / Number", field_type="integer", json_type="number")


def claiming(core: Any = None, stated: Any = None, **descriptor: Any) -> dict[str, Any]:
    """A package that claims the profile, but for some properties; None leaves one out."""
    whole = {**CLAIMING, CLAIM: changed(CORE, core), OPENING: changed(STATED, stated), **descriptor}
    return {key: value for key, value in whole.items() if value is not None}


def changed(known: dict[str, Any], other: Any) -> Any:
    if not isinstance(other, dict | None):
        return other
    return {key: value for key, value in {**known, **(other or {})}.items() if value is not None}


def found(descriptor: dict[str, Any], severity: str = "error") -> list[tuple[str, str]]:
    return [(fault.pointer, fault.note) for fault in core_faults(descriptor) if fault.severity == severity]


def described(descriptor: dict[str, Any], *columns: ReleasedColumn) -> Described:
    tables = (ReleasedTable(name="items", path="tables/items.parquet", rows=1, columns=columns),) if columns else ()
    # It is the next day in China already.
    published = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
    return Described(descriptor, openings(descriptor), ["csv"], tables, published)


def test_a_package_that_says_everything_has_no_fault() -> None:
    assert list(core_faults(claiming())) == []
    assert found(claiming({}, CLOSED)) == []


@pytest.mark.parametrize("descriptor", [{}, {"minshu:opening": 5}, {"code": "x"}, {"minshu:provenance": {}}])
def test_of_a_package_that_does_not_claim_the_profile_nothing_is_asked(descriptor: dict[str, Any]) -> None:
    assert list(core_faults(descriptor)) == []


A_CODE = "a code such as 307001000012/000001"
AT, OPEN = f"/{CLAIM}", f"/{OPENING}"
FAULTS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("no title", claiming(title=None), [("", "`title` is missing")]),
    ("a blank abstract", claiming(description=" "), [("", "`description` is missing")]),
    ("a claim that is none", claiming(True), [(AT, "must be an object, not true or false")]),
    ("no code", claiming({"code": None}), [(AT, "`code` is missing")]),
    ("no classification", claiming({"classification": None}), [(AT, "`classification` is missing")]),
    (
        "two levels",
        claiming({"classification": ["部门信息资源", "省"]}),
        [(f"{AT}/classification", "must have at least 3 items")],
    ),
    (
        "another class",
        claiming({"classification": ["部门", "省", "厅"]}),
        [(f"{AT}/classification/0", "must be one of 基础信息资源, 主题信息资源, 部门信息资源, not '部门'")],
    ),
    (
        "a class that is not the code's",
        claiming({"code": "101001/1", "related": None}),
        [(f"{AT}/code", "is that of 基础信息资源, but the classification is 部门信息资源")],
    ),
    *(
        (f"the code {code}", claiming({"code": code}), [(f"{AT}/code", f"must be {A_CODE}, not {code!r}")])
        for code in ("307001000012", "407001000012/1", "30700/1", "307001-1", "307001/", "３07001/1", "307001/1\n")
    ),
    ("no provider", claiming(contributors=None), [(AT, "`provider` is missing")]),
    (
        "a blank provider",
        claiming({"provider": " "}),
        [(f"{AT}/provider", "must be a text that is not blank, not ' '")],
    ),
    (
        "a wrong check character",
        claiming({"providerCode": "11350000MB0A000011"}),
        [(f"{AT}/providerCode", "must be a unified social credit code, not '11350000MB0A000011'")],
    ),
    (
        "small letters",
        claiming({"providerCode": PROVIDER_CODE.lower()}),
        [(f"{AT}/providerCode", f"must be a unified social credit code, not {PROVIDER_CODE.lower()!r}")],
    ),
    (
        "a code that is a number",
        claiming({"providerCode": 11350000}),
        [(f"{AT}/providerCode", "must be a text that is not blank, not a whole number")],
    ),
    (
        "a related code of itself",
        claiming({"related": [CODE]}),
        [(f"{AT}/related/0", "is the code of the resource itself")],
    ),
    (
        "a related code twice",
        claiming({"related": ["101001/1"] * 2}),
        [(f"{AT}/related/1", "repeats item 0 of the list, counted from 0")],
    ),
    ("no opening at all", claiming(stated=0, **{OPENING: None}), [("", f"`{OPENING}` is missing")]),
    ("no sharing", claiming(None, {"shareAttribute": None}), [(OPEN, "`shareAttribute` is missing")]),
    (
        "another word for sharing",
        claiming(None, {"shareAttribute": "全部共享"}),
        [(f"{OPEN}/shareAttribute", "must be one of 无条件共享, 有条件共享, 不予共享, not '全部共享'")],
    ),
    ("no way of sharing", claiming(None, {"shareMethod": None}), [(OPEN, "`shareMethod` is missing")]),
    ("no period of updates", claiming(None, {"updateFrequency": None}), [(OPEN, "`updateFrequency` is missing")]),
    (
        "conditions without words",
        claiming(None, {**CLOSED, "shareConditions": None}),
        [(OPEN, "`shareConditions` is missing")],
    ),
    (
        "open to all, and shared on conditions",
        claiming(None, {"shareAttribute": "有条件共享"}),
        [(f"{OPEN}/shareAttribute", "is 有条件共享, but the data is 无条件开放")],
    ),
    (
        "open to all, and not to be disclosed",
        claiming(None, {"disclosure": "不予公开"}),
        [(f"{OPEN}/disclosure", "is 不予公开, but the data is 无条件开放")],
    ),
    (
        "one resource open that is shared with nobody",
        claiming(None, CLOSED, resources=[{"name": "a", "path": "a.csv", OPENING: {"openAttribute": "无条件开放"}}]),
        [(f"{OPEN}/shareAttribute", "is 不予共享, but the data is 无条件开放")],
    ),
    (
        "a table without fields",
        claiming(resources=[{"name": "a", "type": "table", "path": "a.csv"}]),
        [("/resources/0", "`schema` is missing")],
    ),
]


@pytest.mark.parametrize(("descriptor", "faults"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_each_fault_has_its_place(descriptor: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    assert found(descriptor) == faults


def test_each_fault_is_told_in_chinese_with_its_hint() -> None:
    for _, descriptor, _ in FAULTS:
        for fault in core_faults(descriptor):
            chinese = in_chinese(fault.sentence)
            assert chinese, fault.sentence
            assert not any(word in chinese for word in ("must", "which", "Write", "After")), chinese


def test_a_mistyped_credit_code_is_told_the_check_character_that_its_others_ask_for() -> None:
    (fault,) = core_faults(
        claiming({"providerCode": f"{PROVIDER_CODE[:17]}{'1' if PROVIDER_CODE[17] != '1' else '2'}"})
    )
    assert fault.hint == f"After its first 17 characters the last must be {PROVIDER_CODE[17]}: one is mistyped."


def test_what_is_missing_is_told_with_the_item_that_it_says() -> None:
    (fault,) = core_faults(claiming(description=None))
    assert fault.hint == "It says 信息资源摘要, which the core catalogue asks for."


def test_what_is_misspelt_is_told_with_what_was_meant() -> None:
    (fault,) = core_faults(claiming({"providerCode": None, "provider_code": PROVIDER_CODE}))
    assert fault.hint == "Did you mean `providerCode` by `provider_code`?"


def test_sharing_with_all_is_warned_of_where_its_use_is_not_told() -> None:
    descriptor = claiming(None, {"shareConditions": None})
    assert (found(descriptor), found(descriptor, "warning")) == ([], [(OPEN, "`shareConditions` is missing")])


def test_a_sample_for_all_is_no_contradiction() -> None:
    stated = {"conditions": "高校", "use": "研究", "security": "不外传", "sample": "items"}
    assert found(claiming(None, {"openAttribute": "有条件开放", "shareAttribute": "有条件共享", **stated})) == []


def test_a_claim_that_is_misspelt_is_no_silent_one() -> None:
    (fault,) = core_faults({"minshu:corecatalog": CORE})
    assert (fault.pointer, fault.hint) == ("/minshu:corecatalog", f"Did you mean `{CLAIM}`?")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    core=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(CORE, JSON)),
    stated=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*STATED, "disclosure"), JSON)),
    others=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("title", "description", "contributors", "resources"), JSON)
    ),
)
def test_any_json_is_judged_and_told(core: Any, stated: Any, others: dict[str, Any]) -> None:
    descriptor = {**others, CLAIM: core, OPENING: stated}
    assert all(fault.note for fault in core_faults(descriptor))
    values = told(ITEMS, described(descriptor))
    assert len(cells(values)) == len(COLUMNS)
    assert all(isinstance(cell, str) for cell in cells(values))


IN_THE_SCHEMA = {
    *("no title", "a blank abstract", "a claim that is none", "no code", "no classification", "two levels"),
    *("another class", "the code 307001000012", "the code 407001000012/1", "small letters", "a code that is a number"),
    *("a related code twice", "no opening at all", "no sharing", "another word for sharing", "no period of updates"),
}


def test_the_schema_for_other_tools_judges_alike_what_can_be_said_in_one() -> None:
    schema = json_schema("https://example.org/profiles/core-catalogue.json")
    Draft7Validator.check_schema(schema)
    judged = Draft7Validator(schema)
    assert judged.is_valid(claiming())
    assert judged.is_valid(claiming(None, CLOSED))
    assert {name for name, descriptor, _ in FAULTS if not judged.is_valid(descriptor)} >= IN_THE_SCHEMA


def test_the_thirteen_items_are_told_in_the_words_of_the_guide() -> None:
    values = told(ITEMS, described(claiming(), COLUMN))
    assert list(TERMS.values()) == [
        *("信息资源分类", "信息资源名称", "信息资源代码", "信息资源提供方", "信息资源提供方代码"),
        *("信息资源摘要", "信息资源格式", "信息项信息"),
        *("共享属性", "开放属性", "更新周期", "发布日期", "关联资源代码"),
    ]
    assert values == {
        "classification": ["部门信息资源", "示例省", "示例厅", "统计"],
        "title": "示例统计",
        "code": CODE,
        "provider": "示例厅",
        "provider_code": PROVIDER_CODE,
        "abstract": "每年的统计。",
        "formats": ["csv"],
        "fields": [{"table": "items", "field": "id", "name": "编号", "type": "整型I"}],
        "sharing": {"type": "无条件共享", "conditions": "工作参考", "method": "共享平台"},
        "opening": {"open": True, "attribute": "无条件开放", "conditions": None},
        "update_frequency": "每年",
        "published": "2026-12-01",
        "related": ["101001/1"],
    }
    assert count_told(values) == 13
    assert told(ITEMS, described(claiming()), Language.en)["title"] == "Example statistics"


def test_what_nobody_said_is_empty() -> None:
    values = told(ITEMS, described({"name": "demo", "resources": []}))
    assert {key for key, value in values.items() if value is not None} == {"formats", "published"}
    assert cells(values).count("") == len(COLUMNS) - 2


def test_who_is_named_as_provider_goes_before_the_publisher() -> None:
    assert told(ITEMS, described(claiming({"provider": "示例局"})))["provider"] == "示例局"
    assert told(ITEMS, described(claiming(contributors=[{"title": "甲", "roles": ["author"]}])))["provider"] is None


def test_a_table_of_items_is_one_that_spreadsheets_read_and_never_run() -> None:
    values = told(ITEMS, described(claiming(title='=HYPERLINK("x")', description="@a，“b”\n,c"), COLUMN))
    text = table(COLUMNS, [cells(values)]).decode()
    assert text.startswith(BOM)
    header, row = csv.reader(StringIO(text.removeprefix(BOM), newline=""))
    read = dict(zip(header, row, strict=True))
    assert read["信息资源名称"] == '\'=HYPERLINK("x")'
    assert read["信息资源摘要"] == "'@a，“b”\n,c"
    assert read["信息项信息"] == "编号（整型I）"
    assert (read["共享类型"], read["是否向社会开放"], read["开放条件"]) == ("无条件共享", "是", "")


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(text) in (text, f"'{text}")


def test_a_list_that_no_cell_holds_tells_how_long_it_is() -> None:
    fields = [{"name": f"列{number}", "type": "整型I"} for number in range(5000)]
    text = words(fields)
    assert len(text) < LONGEST + 30
    assert text.endswith("（整型I）；……共 5000 项")


def test_the_report_has_the_pointer_of_each_fault_and_nothing_is_published(
    make_package: MakePackage, settings: Settings, released: Callable[..., object]
) -> None:
    path = make_package(**claiming({"code": "1"}))
    with opened(path, settings) as package:
        report = validate(package, None, settings)
    (error,) = report.errors
    assert (error["type"], error["pointer"]) == ("package-error", f"{AT}/code")
    with pytest.raises(InvalidPackage):
        released(path)


def test_a_package_that_claims_everything_is_valid_and_published(
    make_package: MakePackage, settings: Settings, released: Callable[..., object]
) -> None:
    path = make_package(**claiming())
    with opened(path, settings) as package:
        report = validate(package, None, settings)
    assert (report.errors, report.warnings) == ((), ())
    released(path)
