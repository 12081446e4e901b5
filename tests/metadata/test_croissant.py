"""Croissant names everything by an identifier of its own, and gives no file that would be refused."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metadata.test_dcat import BASE, TEXTS, release

from minshu.metadata import FieldMetadata, FileMetadata, Reference, TableMetadata
from minshu.metadata.croissant import PARQUET, croissant
from minshu.opening import Opening

# RFC 3987, 2.2: a segment of a relative IRI without a colon, of what no reader of it changes.
SEGMENT = re.compile(r"(?:[\w~-]|[\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd])+")


def field(name: str, stored: str = "VARCHAR", declared: str = "string") -> FieldMetadata:
    return FieldMetadata(name, stored, declared)


def table(
    name: str, *fields: FieldMetadata, key: tuple[str, ...] = (), to: tuple[Reference, ...] = ()
) -> TableMetadata:
    return TableMetadata(name, None, None, 1, len(fields), f"{BASE}/rows", {}, Opening(), fields, key, to)


def parquet(table: str, *, is_free: bool = True) -> FileMetadata:
    path = "tables/x.parquet"
    return FileMetadata(f"{BASE}/x", path, PARQUET, 1, "0" * 64, derived=True, table=table, is_free=is_free)


def described(*tables: TableMetadata, shut: tuple[str, ...] = (), **told: Any) -> dict[str, Any]:
    files = tuple(parquet(one.name, is_free=one.name not in shut) for one in tables)
    return croissant(release(tables=tables, files=files, **told), "")


@given(st.lists(TEXTS, min_size=2, max_size=4, unique=True), st.lists(TEXTS, min_size=1, max_size=3, unique=True))
def test_whatever_things_are_called_their_identifiers_differ_and_are_iris(
    tables: list[str], columns: list[str]
) -> None:
    told = described(*(table(name, *map(field, columns)) for name in tables))
    sets = [one["@id"] for one in told["recordSet"]]
    fields = [one["@id"] for record_set in told["recordSet"] for one in record_set["field"]]
    files = [one["@id"] for one in told["distribution"]]
    assert len({*sets, *fields, *files}) == len(sets) + len(fields) + len(files)
    for identifier in (*sets, *fields):
        assert all(SEGMENT.fullmatch(segment) for segment in identifier.split("/")), identifier


@pytest.mark.parametrize(
    ("stored", "declared", "kind"),
    [
        ("BIGINT", "integer", "sc:Integer"),
        ("DECIMAL(38,0)", "integer", "sc:Integer"),
        ("INTEGER", "year", "sc:Integer"),
        ("DECIMAL(4,2)", "number", "sc:Float"),
        ("DECIMAL(4,0)", "number", "sc:Float"),
        ("DOUBLE", "number", "sc:Float"),
        ("BOOLEAN", "boolean", "sc:Boolean"),
        ("DATE", "date", "sc:Date"),
        ("TIME", "time", "sc:Time"),
        ("TIMESTAMP WITH TIME ZONE", "datetime", "sc:DateTime"),
        ("VARCHAR", "integer", "sc:Text"),
        ("JSON", "object", "sc:Text"),
    ],
)
def test_a_field_has_the_type_in_which_its_column_is_stored(stored: str, declared: str, kind: str) -> None:
    assert described(table("t", field("a", stored, declared)))["recordSet"][0]["field"][0]["dataType"] == kind


def test_of_a_table_that_is_not_open_to_all_the_columns_are_told_and_no_file() -> None:
    told = described(table("open", field("a")), table("shut", field("b")), shut=("shut",))
    assert [one["@id"] for one in told["recordSet"]] == ["open"]
    assert [one["@id"] for one in told["distribution"]] == ["open.parquet"]
    assert told["variableMeasured"] == [{"@type": "PropertyValue", "name": "b"}]


def test_what_is_gone_has_no_file_and_says_why() -> None:
    told = described(table("t", field("a")), state="purged", reason="个人信息 / Personal data")
    assert (told["distribution"], told["recordSet"]) == ([], [])
    assert told["conditionsOfAccess"] == "已撤回：个人信息"


def test_a_key_and_a_reference_to_another_table_are_told() -> None:
    places = table("places", field("id", "BIGINT"), key=("id",))
    points = table("points", field("place", "BIGINT"), to=(Reference(("place",), "places", ("id",)),))
    first, second = described(places, points)["recordSet"]
    assert first["key"] == [{"@id": "places/id"}]
    assert second["field"][0]["references"] == {"fileObject": {"@id": "places.parquet"}, "extract": {"column": "id"}}


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(Reference(("place",), "points", ("place",)), id="to its own table"),
        pytest.param(Reference(("place",), "places", ("name",)), id="to what is not unique"),
        pytest.param(Reference(("text",), "places", ("id",)), id="to another type"),
        pytest.param(Reference(("place", "text"), "places", ("id", "name")), id="by two columns"),
        pytest.param(Reference(("place",), "shut", ("id",)), id="to a table that is not open to all"),
    ],
)
def test_what_readers_would_join_wrongly_is_no_reference(reference: Reference) -> None:
    places, shut = (table(name, field("id", "BIGINT"), field("name"), key=("id",)) for name in ("places", "shut"))
    points = table("points", field("place", "BIGINT"), field("text"), key=("place",), to=(reference,))
    sets = {one["@id"]: one for one in described(places, shut, points, shut=("shut",))["recordSet"]}
    assert [one for one in sets["points"]["field"] if "references" in one] == []


def test_texts_stand_in_both_of_their_languages() -> None:
    assert described()["name"] == {"zh-Hans": "数据", "en": "Data"}
