"""Search engines are told what is known of data, whatever a publisher may write, and nothing that is not so."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metadata.test_dcat import ABOUT, BASE, NOW, TEXTS, release

from minshu.metadata import FieldMetadata, FileMetadata, Licence, Party, Period, ReleaseMetadata, Source, TableMetadata
from minshu.metadata.schema_org import COLUMNS, FILES, TEXT, catalogue_node, dataset_node
from minshu.opening import Attribute, Opening
from minshu.reports import Language

URL = f"{BASE}/datasets/demo"
ASKED = Opening(attribute=Attribute.conditional, conditions="高校 / Universities", use="研究 / Research")
SHUT = Opening(attribute=Attribute.closed, legal_basis="保密法 / The law on secrets")


def node(told: ReleaseMetadata, language: Language = Language.en, url: str = URL) -> dict[str, object]:
    return dataset_node(ABOUT, told, url, language)


def file(path: str, table: str | None = None, *, is_free: bool = True) -> FileMetadata:
    return FileMetadata(f"{BASE}/{path}", path, "text/csv", 7, "0" * 64, derived=False, table=table, is_free=is_free)


def table(columns: int) -> TableMetadata:
    fields = tuple(
        FieldMetadata(f"c{index}", "VARCHAR", "string", f"列{index} / Column {index}") for index in range(columns)
    )
    return TableMetadata("t", None, None, 1, columns, f"{BASE}/t", {}, Opening(), fields)


def test_a_dataset_is_told_in_the_language_of_its_page_with_its_other_name_beside() -> None:
    told = release(description="说明 / About it")
    assert {"name": "Data", "alternateName": ["数据"], "description": "About it"}.items() <= node(told).items()
    assert node(told, Language.zh)["name"] == "数据"


def test_a_page_of_an_earlier_version_names_the_dataset_that_it_is_a_version_of() -> None:
    told = release()
    assert "exampleOfWork" not in node(told)
    assert node(told, url=told.url)["exampleOfWork"] == {
        "@type": "CreativeWork",
        "@id": told.dataset_url,
        "url": told.dataset_url,
    }
    assert node(told)["identifier"] == told.url


def test_files_that_everybody_is_given_are_told_with_size_and_digest_and_no_others() -> None:
    told = release(files=(file("data/a.csv", "a"), file("data/b.csv", "b", is_free=False), file("README.md")))
    assert node(told)["distribution"] == [
        {
            "@type": "DataDownload",
            "name": "a.csv",
            "contentUrl": f"{BASE}/data/a.csv",
            "encodingFormat": "text/csv",
            "contentSize": "7 B",
            "sha256": "0" * 64,
        }
    ]


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        (ASKED, "Open on conditions: Universities; Research"),
        (SHUT, "Not opened: The law on secrets"),
    ],
)
def test_what_is_not_open_to_all_is_not_called_free_and_says_who_may_have_it(opening: Opening, words: str) -> None:
    told = node(release(opening=opening))
    assert "isAccessibleForFree" not in told
    assert told["conditionsOfAccess"] == words
    assert node(release())["isAccessibleForFree"] is True


def test_what_is_gone_says_so_and_why_and_is_called_free_no_more() -> None:
    told = node(release(state="withdrawn", reason="错行 / Rows were wrong"))
    assert (told["creativeWorkStatus"], told["expires"]) == ("withdrawn", NOW.isoformat(timespec="seconds"))
    assert told["conditionsOfAccess"] == "Withdrawn: Rows were wrong"
    assert "isAccessibleForFree" not in told


@pytest.mark.parametrize(
    ("period", "told"),
    [
        (Period(date(2019, 1, 1), date(2019, 12, 31)), "2019-01-01/2019-12-31"),
        (Period(None, date(2019, 12, 31)), "../2019-12-31"),
        (Period(date(2019, 1, 1), None), "2019-01-01/.."),
    ],
)
def test_the_time_that_data_is_about_is_an_interval(period: Period, told: str) -> None:
    assert node(release(period=period))["temporalCoverage"] == told


def test_a_licence_is_an_address_where_there_is_one_and_else_what_it_is_called() -> None:
    licences = (
        Licence("CC0-1.0"),
        Licence("X", None, "https://example.org/x"),
        Licence("LicenseRef-Own", "自有 / Own"),
    )
    assert node(release(licences=licences))["license"] == [
        "http://spdx.org/licenses/CC0-1.0",
        "https://example.org/x",
        {"@type": "CreativeWork", "name": "Own"},
    ]


def test_who_belongs_to_an_organisation_is_a_person() -> None:
    parties = (
        Party("张三 / Zhang San", None, ("author",), "大学 / University"),
        Party("局 / Bureau", None, ("publisher",)),
    )
    told = node(release(parties=parties))
    person = {"@type": "Person", "name": "Zhang San", "affiliation": {"@type": "Organization", "name": "University"}}
    assert told["creator"] == [person]
    assert told["publisher"] == [{"@type": "Organization", "name": "Bureau"}]


def test_nobody_is_called_a_creator_where_nobody_is_named() -> None:
    assert "creator" not in node(release())


def test_a_page_stays_light_however_much_there_is() -> None:
    files = tuple(file(f"{index}.csv", str(index)) for index in range(FILES + 5))
    told = node(release(files=files, tables=(table(COLUMNS), table(3)), description="x" * (TEXT + 5)))
    sizes = [len(told[key]) for key in ("distribution", "variableMeasured", "description")]  # type: ignore[arg-type]
    assert sizes == [FILES, COLUMNS, TEXT]


def test_columns_are_told_by_what_people_call_them() -> None:
    told = node(release(tables=(table(1),)))
    assert told["variableMeasured"] == [{"@type": "PropertyValue", "name": "Column 0", "alternateName": "c0"}]


def test_the_catalogue_names_its_newest_datasets_and_how_it_is_searched() -> None:
    catalogue, site = catalogue_node(ABOUT, [release()], Language.zh)["@graph"]
    assert (catalogue["name"], catalogue["dataset"][0]["name"]) == ("目录", "数据")
    assert site["potentialAction"]["target"]["urlTemplate"] == f"{BASE}/search?q={{words}}"


@given(
    title=TEXTS,
    description=st.none() | TEXTS,
    keyword=TEXTS,
    name=TEXTS,
    source=TEXTS,
    language=st.sampled_from(Language),
)
def test_no_text_is_empty_where_there_is_one(
    title: str, description: str | None, keyword: str, name: str, source: str, language: Language
) -> None:
    told = replace(
        release(title=title, description=description, keywords=(keyword,)),
        sources=(Source(source),),
        parties=(Party(name),),
    )
    found = node(told, language)
    assert found["name"]
    assert found["description"]
    assert found["keywords"]
    assert found["isBasedOn"][0]["name"]  # type: ignore[index]
