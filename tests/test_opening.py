"""The opening attribute: how it is read, and what is wrong with it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.conftest import SCHEMA, MakePackage

from minshu.descriptors import opened
from minshu.errors import InvalidPackage
from minshu.manifest import Manifest
from minshu.opening import OPENING, TERMS, Attribute, Opening, Openings, opening_faults, openings
from minshu.report import Report
from minshu.settings import Settings
from minshu.validation import validate

CONDITIONAL = {
    "openAttribute": "有条件开放",
    "conditions": "省内高校与科研机构",
    "use": "只用于研究",
    "security": "不得转交第三方",
}
CLOSED = {"openAttribute": "不予开放", "legalBasis": "《中华人民共和国保守国家秘密法》第十三条"}
DATA = {"name": "items", "path": "data/items.csv"}


def declaring(package: Any = None, *resources: Any) -> dict[str, Any]:
    """A descriptor with the opening of its package, and one resource for each opening that is given."""
    own = {OPENING: package} if package is not None else {}
    named = [{"name": f"r{at}", "path": "x.csv", **({OPENING: one} if one else {})} for at, one in enumerate(resources)]
    return {**own, "resources": named}


def found(descriptor: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault.pointer, f"{fault.note} {fault.hint}".strip()) for fault in opening_faults(descriptor)]


@pytest.mark.parametrize(
    ("term", "attribute"),
    [
        ("无条件开放", "unconditional"),
        ("普遍开放", "unconditional"),
        ("unconditional", "unconditional"),
        ("有条件开放", "conditional"),
        ("依申请开放", "conditional"),
        ("conditional", "conditional"),
        ("不予开放", "closed"),
        ("closed", "closed"),
    ],
)
def test_all_three_vocabularies_are_read(term: str, attribute: str) -> None:
    assert openings(declaring({"openAttribute": term})).package.attribute == attribute


def test_a_package_that_declares_nothing_is_open_to_all() -> None:
    assert openings(declaring(None, None)).is_open
    assert found(declaring(None, None)) == []


@pytest.mark.parametrize("declared", ["closed", [], None, {}, {"openAttribute": "也许"}, {"openAttribute": ["closed"]}])
def test_what_cannot_be_read_is_closed_and_an_error(declared: Any) -> None:
    descriptor = {OPENING: declared, "resources": []}
    assert openings(descriptor).package.attribute is Attribute.closed
    assert found(descriptor)


@pytest.mark.parametrize(
    ("package", "resource", "is_it"),
    [
        (None, None, True),
        ("无条件开放", None, True),
        ("有条件开放", None, False),
        ("有条件开放", "无条件开放", True),
        ("无条件开放", "不予开放", False),
    ],
)
def test_a_resource_has_its_own_opening_or_its_packages(package: str | None, resource: str | None, is_it: bool) -> None:
    descriptor = declaring(*({"openAttribute": one} if one else None for one in (package, resource)))
    assert openings(descriptor).of("r0").is_open == is_it


def test_what_holds_everything_is_as_shut_as_the_strictest_resource() -> None:
    assert openings(declaring(None, None, CLOSED, CONDITIONAL)).whole.attribute is Attribute.closed
    assert openings(declaring(CONDITIONAL, {"openAttribute": "普遍开放"})).whole.attribute is Attribute.conditional


def test_a_sample_is_open_to_all_and_nothing_else_is() -> None:
    declared = openings(declaring({**CONDITIONAL, "sample": "r0"}, None, None))
    assert declared.of("r0") == Opening()
    assert declared.of("r1").attribute is Attribute.conditional
    assert not declared.is_open


def test_an_opening_that_states_everything_has_no_faults() -> None:
    assert found(declaring({**CONDITIONAL, "sample": "r0"}, None, CONDITIONAL, CLOSED)) == []


@pytest.mark.parametrize("missing", ["conditions", "use", "security"])
@pytest.mark.parametrize("blank", [None, " ", 3])
def test_conditional_data_must_state_conditions_use_and_security(missing: str, blank: Any) -> None:
    ((pointer, words),) = found(declaring({**CONDITIONAL, missing: blank}))
    assert pointer == "/minshu:opening"
    assert f"`{missing}` is missing: 有条件开放 (conditional) must state" in words


def test_closed_data_must_state_its_legal_basis() -> None:
    ((pointer, words),) = found(declaring(None, {"openAttribute": "closed"}))
    assert pointer == "/resources/0/minshu:opening"
    assert words == "`legalBasis` is missing: 不予开放 (closed) must state the law or rule by which it is not opened"


def test_an_unknown_attribute_is_an_error_with_a_hint() -> None:
    ((pointer, words),) = found(declaring({**CONDITIONAL, "openAttribute": "有条件公开"}))
    assert pointer == "/minshu:opening/openAttribute"
    assert words.endswith("not '有条件公开' Did you mean `有条件开放`?")


@pytest.mark.parametrize("key", ["minshu:openning", "Minshu:Opening", "openAttribute"])
def test_a_misspelt_declaration_is_an_error_for_it_would_leave_the_data_open(key: str) -> None:
    assert [pointer for pointer, _ in found({key: CLOSED, "resources": []})] == [f"/{key}"]


@pytest.mark.parametrize(
    ("package", "resource"),
    [
        ({**CONDITIONAL, "sample": "gone"}, None),
        ({**CONDITIONAL, "sample": ["r0"]}, None),
        ({**CONDITIONAL, "sample": "r0"}, CLOSED),
        ({**CLOSED, "sample": "r0"}, None),
    ],
)
def test_a_sample_that_cannot_be_shown_is_an_error(package: Any, resource: Any) -> None:
    assert [pointer for pointer, _ in found(declaring(package, resource))] == ["/minshu:opening/sample"]


def test_shut_data_in_the_descriptor_is_an_error() -> None:
    descriptor = {OPENING: CLOSED, "resources": [{"name": "r0", "data": [["a"], ["1"]]}]}
    assert [pointer for pointer, _ in found(descriptor)] == ["/resources/0/data"]


def test_validation_tells_a_fault_with_its_pointer(make_package: MakePackage, settings: Settings) -> None:
    path = make_package(**{OPENING: {"openAttribute": "有条件公开"}})
    with opened(path, settings) as package:
        report = validate(package, None, settings)
    assert [error["pointer"] for error in report.errors] == ["/minshu:opening/openAttribute"]


def test_nothing_is_published_whose_opening_is_in_doubt(make_package: MakePackage, released: Any) -> None:
    with pytest.raises(InvalidPackage):
        released(make_package(**{OPENING: {"openAttribute": "Conditional"}}))


def test_a_manifest_tells_the_openings_that_its_descriptor_declares(make_package: MakePackage, released: Any) -> None:
    stated = {**CONDITIONAL, "sample": "items"}
    shut = released(make_package(version="2.0.0", **{OPENING: stated})).release.manifest
    assert shut.opening == openings({OPENING: stated, "resources": [DATA]})
    assert Manifest.model_validate_json(shut.dumps()) == shut
    assert released(make_package()).release.manifest.opening == Openings()


def test_the_report_of_a_release_quotes_no_cell_of_shut_data(make_package: MakePackage, released: Any) -> None:
    resource = {"name": "items", "type": "table", "path": "data/items.csv", "schema": SCHEMA}
    rows = "编号,名称,金额\n1,手机 13912345678,1.10\n"
    path = make_package({"data/items.csv": rows}, resources=[resource], **{OPENING: CONDITIONAL})
    published = released(path)
    told: Report = published.report
    assert "139" in told.tasks[0].warnings[0]
    folder: Path = published.release.folder
    written = orjson.loads((folder / "report.json").read_bytes())
    assert written["tasks"][0]["warnings"] == [
        "1 warning about data that is not open to all: only its publisher sees what."
    ]
    assert written["valid"]


def test_every_term_of_the_documentation_is_read() -> None:
    page = (Path(__file__).parents[1] / "docs/opening.md").read_text("utf-8")
    assert [term for term in TERMS if f"`{term}`" not in page] == []
