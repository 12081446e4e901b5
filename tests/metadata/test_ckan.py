"""A package is one that CKAN and its harvesters take, whatever a publisher may write."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from minshu.metadata import FileMetadata, Licence, Party, Period, ReleaseMetadata, Source, TableMetadata
from minshu.metadata.ckan import is_open, package, slug, tags
from minshu.metadata.ckan_fields import FIELDS, fields
from minshu.opening import Attribute, Opening

BASE = "https://data.example.org/datasets/demo"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TEXTS = st.text(min_size=1, max_size=30)
FORMATS = ("csv", "json", "parquet")


def table(name: str, **told: Any) -> TableMetadata:
    exports = {suffix: f"{BASE}/versions/1.0.0/{name}.{suffix}" for suffix in FORMATS}
    known = {"title": None, "description": None, "rows": 3, "columns": 2, "rows_url": "x", "opening": Opening()}
    return TableMetadata(name=name, exports=exports, **{**known, **told})


def file(path: str, media_type: str, **told: Any) -> FileMetadata:
    return FileMetadata(f"{BASE}/versions/1.0.0/{path}", path, media_type, 7, "ab" * 32, **{"derived": False, **told})


def release(**told: Any) -> ReleaseMetadata:
    base = {
        "name": "demo",
        "version": "1.0.0",
        "url": f"{BASE}/versions/1.0.0",
        "dataset_url": BASE,
        "published": NOW,
        "modified": NOW,
        "sha256": "0" * 64,
        "opening": Opening(),
        "title": "数据 / Data",
    }
    return ReleaseMetadata(**{**base, **told})


def of(**told: Any) -> dict[str, Any]:
    return package(release(**told), NOW)


def test_each_table_is_one_resource_of_csv_with_rows_and_one_of_parquet_and_other_files_follow() -> None:
    found = of(
        tables=(table("a", title="甲 / A"), table("b")),
        files=(
            file("a.csv", "text/csv", table="a"),
            file("both.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", table="b"),
            file("tables/a.parquet", "application/vnd.apache.parquet", table="a", derived=True),
            file("demo.zip", "application/zip", derived=True),
            file("report.json", "application/json", derived=True),
            file("datapackage.json", "application/json"),
            file("来源/说明.txt", "text/plain"),
        ),
    )["resources"]
    assert [(one["name"], one["format"], one["datastore_active"]) for one in found] == [
        ("甲 / A", "CSV", True),
        ("甲 / A", "Parquet", False),
        ("b", "CSV", True),
        ("both.xlsx", "XLSX", False),
        ("demo.zip", "ZIP", False),
        ("来源/说明.txt", "TXT", False),
    ]
    assert [one["position"] for one in found] == list(range(6))
    assert (found[0]["size"], found[0]["hash"]) == (7, "ab" * 32)
    assert (found[2]["url"], found[2]["size"], found[2]["hash"]) == (f"{BASE}/versions/1.0.0/b.csv", None, "")


def test_ids_stay_the_same_from_release_to_release_and_differ_between_catalogues() -> None:
    first = of(tables=(table("a"),))
    second = of(tables=(table("a"),), version="2.0.0", url=f"{BASE}/versions/2.0.0")
    elsewhere = of(tables=(table("a"),), dataset_url="https://other.example.org/datasets/demo")
    assert first["id"] == second["id"] != elsewhere["id"]
    assert first["resources"][0]["id"] == second["resources"][0]["id"] != elsewhere["resources"][0]["id"]
    assert UUID(first["id"])


def test_conditional_tables_are_told_of_and_have_no_datastore() -> None:
    (one,) = of(tables=(table("a", opening=Opening(attribute=Attribute.conditional)),))["resources"]
    assert (one["open_attribute"], one["datastore_active"]) == ("conditional", False)


def test_what_is_withdrawn_is_deleted_and_has_no_resource() -> None:
    found = of(state="withdrawn", tables=(table("a"),))
    assert (found["state"], found["resources"]) == ("deleted", [])


def test_times_are_those_of_ckan() -> None:
    assert of()["metadata_modified"] == "2026-11-25T08:00:00.000000"


def test_a_text_in_two_languages_is_told_whole_and_in_each() -> None:
    found = of()
    assert (found["title"], found["title_translated"]) == ("数据 / Data", {"zh_Hans_CN": "数据", "en": "Data"})


def test_an_organisation_is_named_by_its_english_name_else_by_what_stands_for_it() -> None:
    assert slug("数字办 / Digital Fujian Office") == "digital-fujian-office"
    assert slug("Digital Fujian Office") == "digital-fujian-office"
    assert re.fullmatch(r"org-[0-9a-f]{12}", slug("数字办"))


def test_keywords_are_tags_in_each_language_of_characters_that_ckan_allows() -> None:
    found = tags(("开放数据 / Open data", "A/B (c)", "x", "开放数据"))
    assert [one["name"] for one in found] == ["开放数据", "Open data", "A-B -c"]


def test_a_licence_is_open_where_the_open_definition_says_so() -> None:
    assert [is_open(name) for name in ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0")] == [True] * 4
    assert [is_open(name) for name in ("CC-BY-NC-4.0", "CC-BY-ND-4.0", "LicenseRef-x", "")] == [False] * 4
    assert of()["license_id"] == "notspecified"


@given(
    title=TEXTS,
    description=st.none() | TEXTS,
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
    licences=st.lists(st.builds(Licence, st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS), max_size=2).map(
        tuple
    ),
    parties=st.lists(st.builds(Party, TEXTS, st.none(), st.just(("publisher", "author"))), max_size=2).map(tuple),
    sources=st.lists(st.builds(Source, TEXTS, st.none() | TEXTS), max_size=2).map(tuple),
    period=st.none() | st.builds(Period, st.dates() | st.none(), st.just(date(2026, 1, 1))),
    tables=st.lists(TEXTS.map(table), max_size=2, unique_by=lambda one: one.name).map(tuple),
)
def test_whatever_is_written_makes_a_package_of_ckan(**told: Any) -> None:
    found = of(**told)
    assert json.loads(json.dumps(found)) == found
    assert all(re.fullmatch(r"[\w .-]{2,100}", tag["name"]) for tag in found["tags"])
    assert all(isinstance(one["value"], str) for one in found["extras"])
    ids = [one["id"] for one in found["resources"]]
    assert len(set(ids)) == len(ids) == found["num_resources"]
    owner = found["organization"]
    assert owner is None or (re.fullmatch(r"[a-z0-9-]{2,100}", owner["name"]) and found["owner_org"] == owner["id"])
    assert all(name in FIELDS or name.startswith("extras_") for name in fields(found))
