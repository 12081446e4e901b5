"""The asset register: what a package says of itself as an asset, what must be true of it, and how it is told."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SCHEMA, MakePackage

from minshu.descriptors import opened
from minshu.errors import InvalidPackage
from minshu.metadata.asset_profile import asset_faults
from minshu.metadata.asset_register import ASSET, COLUMNS, ITEMS, OPERATIONS, VALUATIONS, asset_of, cells, property_of
from minshu.metadata.items import count_told, told
from minshu.opening import OPENING
from minshu.reports import Language
from minshu.reports.faults import in_chinese
from minshu.settings import Settings
from minshu.validation import validate

OPERATION: dict[str, Any] = {
    "grantor": "示例省数据局 / Data office of Example",
    "operator": "示例数据运营有限公司",
    "operatorCode": "11350000MB0A00001N",
    "scope": "逐日明细，限建模使用",
    "resources": ["items"],
    "start": "2026-01-01",
    "end": "2028-12-31",
    "purpose": "信贷风险模型",
    "priceBasis": "政府指导价，示例价〔2025〕1号",
}
VALUATION: dict[str, Any] = {
    "value": "1200000.00",
    "currency": "CNY",
    "date": "2026-06-30",
    "method": "成本法",
    "source": "示例资产评估有限公司，示评报字（2026）第1号",
}
WHOLE: dict[str, Any] = {
    "owner": "示例省人民政府 / The province of Example",
    "custodian": "示例省示例厅",
    "registrationNumber": "示例登〔2026〕0001",
    "registrar": "示例省公共数据登记中心",
    "registrationDate": "2026-02-28",
    "legalBasis": "《示例省公共数据条例》",
    "useRights": "数据加工使用权归示例厅",
    "authorisedOperations": [OPERATION],
    "valuations": [VALUATION],
}
CLOSED = {"openAttribute": "不予开放", "legalBasis": "示例法"}
CONDITIONAL = {"openAttribute": "有条件开放", "conditions": "高校", "use": "研究", "security": "不外传"}
ITEMS_TABLE: dict[str, Any] = {"name": "items", "type": "table", "path": "data/items.csv", "schema": SCHEMA}
NOTES: dict[str, Any] = {"name": "notes", "path": "notes.txt"}
AT, OPERATED, VALUED = f"/{ASSET}", f"/{ASSET}/authorisedOperations/0", f"/{ASSET}/valuations/0"
NEEDLESS = "which nobody needs an authorisation for"


def without_none(known: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in known.items() if value is not None}


def package(asset: Any = None, stated: Any = CLOSED, **descriptor: Any) -> dict[str, Any]:
    """A package that says everything, but for some properties; None leaves one out."""
    said = without_none({**WHOLE, **(asset or {})}) if isinstance(asset, dict | None) else asset
    return without_none({ASSET: said, OPENING: stated, "resources": [ITEMS_TABLE], **descriptor})


def operated(stated: Any = CLOSED, listed: Any = None, **operation: Any) -> dict[str, Any]:
    one = without_none({**OPERATION, **operation})
    return package({"authorisedOperations": [one]}, stated, resources=listed or [ITEMS_TABLE])


def valued(**valuation: Any) -> dict[str, Any]:
    return package({"valuations": [without_none({**VALUATION, **valuation})]})


def found(descriptor: dict[str, Any], severity: str = "error") -> list[tuple[str, str]]:
    return [(fault.pointer, fault.note) for fault in asset_faults(descriptor) if fault.severity == severity]


def test_a_package_that_says_everything_has_no_fault() -> None:
    assert list(asset_faults(package())) == []


@pytest.mark.parametrize(
    "descriptor", [{}, {"minshu:opening": 5}, {"asset": 1}, {"minshu:harvest": {}}, {"x:asset": 1}]
)
def test_of_a_package_that_says_nothing_nothing_is_asked(descriptor: dict[str, Any]) -> None:
    assert list(asset_faults(descriptor)) == []


A_DAY, AN_AMOUNT = "a day such as 2026-01-31", "an amount as text such as 1200000.00"
A_CURRENCY = "a currency code of ISO 4217 such as CNY"
FAULTS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("a list", package([]), [(AT, "must be an object, not a list")]),
    ("nothing in it", {ASSET: {}}, [(AT, "must not be empty")]),
    ("a blank owner", package({"owner": " "}), [(f"{AT}/owner", "must be a text that is not blank, not ' '")]),
    (
        "a date of registration that there is not",
        package({"registrationDate": "2026-02-30"}),
        [(f"{AT}/registrationDate", f"must be {A_DAY}, not '2026-02-30'")],
    ),
    (
        "one operation without a list",
        package({"authorisedOperations": OPERATION}),
        [(f"{AT}/authorisedOperations", "must be a list, not an object")],
    ),
    *(
        (f"no {key}", operated(**{key: None}), [(OPERATED, f"`{key}` is missing")])
        for key in ("grantor", "operator", "scope", "start", "end", "purpose", "priceBasis")
    ),
    (
        "a wrong check character of the operator",
        operated(operatorCode="11350000MB0A000011"),
        [(f"{OPERATED}/operatorCode", "must be a unified social credit code, not '11350000MB0A000011'")],
    ),
    (
        "a term that ends before it begins",
        operated(end="2025-12-31"),
        [(f"{OPERATED}/end", "is before 2026-01-01, the first day of the term")],
    ),
    (
        "an end before the term",
        operated(ended="2025-12-31"),
        [(f"{OPERATED}/ended", "is before 2026-01-01, the first day of the term")],
    ),
    (
        "an end after the term",
        operated(ended="2029-01-01"),
        [(f"{OPERATED}/ended", "is after 2028-12-31, the last day of the term")],
    ),
    *(
        (f"the day {day}", operated(start=day), [(f"{OPERATED}/start", f"must be {A_DAY}, not {day!r}")])
        for day in ("2026-1-1", "20260101", "2026-W01-1", "2026-01-01T00:00:00", "２026-01-01", "2026-01-01\n")
    ),
    (
        "a resource that there is not",
        operated(resources=["itmes"]),
        [(f"{OPERATED}/resources/0", "must name a resource of the package, not 'itmes'")],
    ),
    (
        "the same twice",
        package({"authorisedOperations": [OPERATION, OPERATION]}),
        [(f"{AT}/authorisedOperations/1", "repeats item 0 of the list, counted from 0")],
    ),
    *((f"no {key}", valued(**{key: None}), [(VALUED, f"`{key}` is missing")]) for key in VALUATION),
    (
        "a source that is blank",
        valued(source="\t"),
        [(f"{VALUED}/source", "must be a text that is not blank, not '\\t'")],
    ),
    ("a value that is a number", valued(value=1.2), [(f"{VALUED}/value", f"must be {AN_AMOUNT}, not a number")]),
    *(
        (f"the value {value}", valued(value=value), [(f"{VALUED}/value", f"must be {AN_AMOUNT}, not {value!r}")])
        for value in ("1,200", "-1", "1e6", "120万元", "012", ".5", "1.", "NaN", "１２", "1\n", "")
    ),
    *(
        (f"the currency {code}", valued(currency=code), [(f"{VALUED}/currency", f"must be {A_CURRENCY}, not {code!r}")])
        for code in ("RMB", "cny", "XXX", "")
    ),
    (
        "a currency that is null",
        package({"valuations": [{**VALUATION, "currency": None}]}),
        [(f"{VALUED}/currency", f"must be {A_CURRENCY}, not null")],
    ),
    (
        "an asset of a resource",
        package(resources=[{**ITEMS_TABLE, ASSET: WHOLE}]),
        [(f"/resources/0/{ASSET}", "is read by nobody")],
    ),
    ("another name", {"minshu:assets": WHOLE}, [("/minshu:assets", "is read by nobody")]),
    (
        "another name, of a resource",
        {"resources": [{"minshu:Asset": {}}]},
        [("/resources/0/minshu:Asset", "is read by nobody")],
    ),
    (
        "operation of one table that is open",
        operated(None),
        [(f"{OPERATED}/resources/0", f"is open to all, {NEEDLESS}")],
    ),
    (
        "operation of the sample",
        operated({**CONDITIONAL, "sample": "items"}, [ITEMS_TABLE, NOTES]),
        [(f"{OPERATED}/resources/0", f"is open to all, {NEEDLESS}")],
    ),
    (
        "operation of all, which is open",
        package({"authorisedOperations": [without_none({**OPERATION, "resources": None})]}, None),
        [(OPERATED, f"is about data that is open to all, {NEEDLESS}")],
    ),
]


@pytest.mark.parametrize(("descriptor", "faults"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_each_fault_has_its_place(descriptor: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    assert found(descriptor) == faults


def test_each_fault_is_told_in_chinese_with_its_hint() -> None:
    for _, descriptor, _ in FAULTS:
        for fault in asset_faults(descriptor):
            chinese = in_chinese(fault.sentence)
            assert chinese, fault.sentence
            assert not any(word in chinese for word in ("must", "which", "Write", "Name ", "It ")), chinese


@pytest.mark.parametrize("stated", [CLOSED, CONDITIONAL])
def test_data_that_is_not_open_may_be_operated(stated: dict[str, Any]) -> None:
    whole = without_none({**OPERATION, "resources": None})
    assert found(operated(stated)) == found(package({"authorisedOperations": [whole]}, stated)) == []


def test_what_is_open_in_part_may_be_operated_as_a_whole() -> None:
    whole = without_none({**OPERATION, "resources": None})
    resources = [{**ITEMS_TABLE, OPENING: CLOSED}, NOTES]
    assert found(package({"authorisedOperations": [whole]}, None, resources=resources)) == []


def test_an_operation_that_has_ended_may_be_told_of_data_that_was_opened_since() -> None:
    assert found(operated(None, ended="2026-06-30")) == []


def test_open_data_may_have_been_valued() -> None:
    assert list(asset_faults({ASSET: {"valuations": [VALUATION]}, "resources": [ITEMS_TABLE]})) == []


@pytest.mark.parametrize(
    ("asset", "note"),
    [
        ({"registrar": None}, "`registrar` is missing"),
        ({"registrationNumber": None}, "`registrationNumber` is missing"),
    ],
)
def test_a_number_and_whose_register_it_stands_in_are_asked_for_together(asset: dict[str, Any], note: str) -> None:
    assert (found(package(asset)), found(package(asset), "warning")) == ([], [(AT, note)])


def test_a_property_that_no_program_reads_is_warned_of() -> None:
    descriptor = package({"ownr": "x", "owner": None, "colour": "x", "example:own": 1})
    faults = list(asset_faults(descriptor))
    assert [(fault.pointer, fault.hint, fault.severity) for fault in faults] == [
        (f"{AT}/ownr", "Did you mean `owner`?", "warning"),
        (f"{AT}/colour", "", "warning"),
    ]


@pytest.mark.parametrize(
    ("descriptor", "hint"),
    [
        (operated(grantor=None), "It says 授权主体."),
        (valued(source=None), "It says 来源."),
        (operated(grantor=None, granter="x"), "Did you mean `grantor` by `granter`?"),
        (valued(currency="人民币"), "Did you mean `CNY`?"),
        (valued(currency="usd"), "Did you mean `USD`?"),
        (operated(start="2026-02-29", end="2026-03-01"), "There is no such day."),
        (operated(resources=["itmes"]), "Did you mean `items`?"),
    ],
)
def test_a_fault_says_how_it_is_put_right(descriptor: dict[str, Any], hint: str) -> None:
    (fault,) = (fault for fault in asset_faults(descriptor) if fault.severity == "error")
    assert fault.hint == hint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ANY_OPERATION = JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*OPERATION, "ended"), JSON))
ANY_VALUATION = JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(VALUATION, JSON))
ANY_ASSET = JSON | st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(WHOLE, JSON),
        "authorisedOperations": st.lists(ANY_OPERATION, max_size=3),
        "valuations": st.lists(ANY_VALUATION, max_size=3),
    },
)


@given(asset=ANY_ASSET, stated=JSON, resources=JSON | st.lists(st.just(ITEMS_TABLE) | JSON, max_size=2))
def test_any_json_is_judged_and_told(asset: Any, stated: Any, resources: Any) -> None:
    descriptor = {ASSET: asset, OPENING: stated, "resources": resources}
    assert all(fault.note for fault in asset_faults(descriptor))
    assert len(cells(descriptor)) == len(COLUMNS)
    assert all(isinstance(cell, str) for cell in cells(descriptor))
    for kind in (OPERATIONS, VALUATIONS):
        for row in kind.rows(kind.told(asset_of(descriptor))):
            assert len(row) == len(kind.columns)


def test_what_was_said_is_told_in_the_terms_of_the_field() -> None:
    asset = asset_of(package())
    values = told(ITEMS, asset)
    assert {item.term: values[item.key] for item in ITEMS} == {
        "权属单位": "示例省人民政府",
        "管理单位": "示例省示例厅",
        "登记编号": "示例登〔2026〕0001",
        "登记机构": "示例省公共数据登记中心",
        "登记日期": "2026-02-28",
        "法律依据": "《示例省公共数据条例》",
        "使用权": "数据加工使用权归示例厅",
    }
    (operation,) = OPERATIONS.told(asset, Language.en)
    assert {property_of(key): value for key, value in operation.items() if value is not None} == {
        **OPERATION,
        "grantor": "Data office of Example",
    }
    assert VALUATIONS.told(asset) == [VALUATION]


def test_an_owner_is_never_made_of_who_contributed_nor_use_rights_of_a_licence() -> None:
    people = [{"title": "示例厅", "roles": ["publisher", "rightsHolder", "maintainer"]}]
    descriptor = {"contributors": people, "licenses": [{"name": "CC0-1.0"}], "resources": []}
    assert count_told(told(ITEMS, asset_of(descriptor))) == 0
    line = dict(zip(COLUMNS, cells(descriptor), strict=True))
    assert [line[item.term] for item in ITEMS] == [""] * len(ITEMS)
    assert line["许可"] == "CC0-1.0"


def test_the_name_of_a_resource_is_no_text_in_two_languages() -> None:
    asset = {"authorisedOperations": [{**OPERATION, "resources": ["表 一 / b"]}]}
    assert OPERATIONS.told(asset, Language.en)[0]["resources"] == ["表 一 / b"]


def test_the_report_has_the_pointer_of_each_fault_and_nothing_is_published(
    make_package: MakePackage, settings: Settings, released: Callable[..., object]
) -> None:
    path = make_package(**valued(source=None))
    with opened(path, settings) as package:
        report = validate(package, None, settings)
    (error,) = report.errors
    assert (error["type"], error["pointer"]) == ("package-error", VALUED)
    with pytest.raises(InvalidPackage):
        released(path)


def test_a_package_that_says_everything_is_valid_and_published(
    make_package: MakePackage, settings: Settings, released: Callable[..., object]
) -> None:
    path = make_package(**package())
    with opened(path, settings) as whole:
        report = validate(whole, None, settings)
    assert (report.errors, report.warnings) == ((), ())
    released(path)
