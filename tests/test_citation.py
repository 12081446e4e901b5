"""Citations of a release, style by style."""

import json
from dataclasses import replace
from datetime import date

import pytest

from minshu.citation import MONTHS, Author, Work, apa, bibtex, csl_json, gbt7714, references
from minshu.reports import Language

OFFICE = Author("福建省人民政府办公厅")
SAN, SI = Author(family="张", given="三"), Author(family="李", given="四")
ANNA, BOB = Author(family="Lee-Wu", given="Anna B."), Author(family="O'Neill", given="Bob")
WORK = Work(
    name="work-points-2019",
    version="1.0.0",
    title="2019年数字福建工作要点",
    authors=[OFFICE],
    publisher="闽数",
    published=date(2026, 11, 5),
    accessed=date(2026, 12, 1),
    url="https://data.example.org/datasets/work-points-2019/versions/1.0.0",
    sha256="ab" * 32,
    language=Language.zh,
)
ENGLISH = replace(
    WORK, title="2019 Digital Fujian work points", authors=[ANNA, BOB], publisher="Minshu", language=Language.en
)


def test_gbt7714_tells_the_kind_the_version_and_both_days() -> None:
    assert gbt7714(WORK) == (
        "福建省人民政府办公厅. 2019年数字福建工作要点[DS/OL]. 1.0.0版. 闽数, 2026(2026-11-05)[2026-12-01]. "
        "https://data.example.org/datasets/work-points-2019/versions/1.0.0."
    )


def test_gbt7714_writes_latin_families_in_capitals_and_no_stops_behind_initials() -> None:
    assert gbt7714(ENGLISH).startswith("LEE-WU A B, O'NEILL B. 2019 Digital Fujian work points[DS/OL]. Ver. 1.0.0. ")


@pytest.mark.parametrize(("language", "others"), [(Language.zh, "等"), (Language.en, "et al")])
def test_gbt7714_names_three_authors_and_says_that_there_are_more(language: Language, others: str) -> None:
    work = replace(WORK, authors=[SAN, SI, SAN, SI], language=language)
    assert gbt7714(work).startswith(f"张三, 李四, 张三, {others}. ")


def test_apa_tells_the_year_the_version_and_the_publisher() -> None:
    assert apa(ENGLISH) == (
        "Lee-Wu, A. B., & O'Neill, B. (2026). 2019 Digital Fujian work points (Version 1.0.0) [Data set]. Minshu. "
        "https://data.example.org/datasets/work-points-2019/versions/1.0.0"
    )


def test_apa_in_chinese_uses_its_words_and_signs() -> None:
    work = replace(WORK, authors=[SAN, SI])
    assert apa(work).startswith("张三、李四. (2026). 2019年数字福建工作要点（1.0.0版）[数据集]. 闽数. https://")


def test_apa_begins_with_the_title_where_nobody_is_named() -> None:
    work = replace(ENGLISH, authors=[], publisher="")
    assert apa(work).startswith("2019 Digital Fujian work points (Version 1.0.0) [Data set]. (2026). https://")


def test_apa_names_a_publisher_who_is_the_author_once() -> None:
    assert apa(replace(ENGLISH, authors=[])).count("Minshu") == 1


def test_apa_leaves_out_the_middle_of_many_authors() -> None:
    work = replace(ENGLISH, authors=[Author(f"A{number}") for number in range(30)])
    assert "A18, … A29. (2026)" in apa(work)
    assert "A19" not in apa(work)


def test_bibtex_is_pinned_to_the_version() -> None:
    assert bibtex(WORK) == (
        "@misc{work-points-2019-1.0.0,\n"
        "  author = {{福建省人民政府办公厅}},\n"
        "  title = {{2019年数字福建工作要点}},\n"
        "  year = {2026},\n"
        "  month = nov,\n"
        "  publisher = {闽数},\n"
        "  version = {1.0.0},\n"
        "  url = {https://data.example.org/datasets/work-points-2019/versions/1.0.0},\n"
        "  urldate = {2026-12-01},\n"
        f"  note = {{Version 1.0.0, SHA-256 {'ab' * 32}}}\n"
        "}\n"
    )


def test_bibtex_leaves_nothing_to_tex() -> None:
    text = r"50% of $a_1 & #2 {x} ~ ^ \end"
    assert (
        r"title = {{50\% of \$a\_1 \& \#2 \textbraceleft{}x\textbraceright{} \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}end}}"
    ) in bibtex(replace(WORK, title=text))


@pytest.mark.parametrize("month", range(1, 13))
def test_months_are_the_macros_of_bibtex_whatever_the_locale(month: int) -> None:
    published = date(2026, month, 1)
    assert f"month = {MONTHS[month - 1]}," in bibtex(replace(WORK, published=published))


def test_csl_json_tells_persons_apart_from_offices() -> None:
    (item,) = json.loads(csl_json(replace(WORK, authors=[OFFICE, SAN])))
    assert item["author"] == [{"literal": "福建省人民政府办公厅"}, {"family": "张", "given": "三"}]
    assert (item["type"], item["version"], item["URL"]) == ("dataset", "1.0.0", WORK.url)
    assert item["issued"] == {"date-parts": [[2026, 11, 5]]}
    assert (item["note"], item["language"]) == (f"SHA-256 {WORK.sha256}", "zh-CN")


def test_csl_json_leaves_out_what_is_not_known() -> None:
    (item,) = json.loads(csl_json(replace(WORK, authors=[], publisher="")))
    assert {"author", "publisher"} & set(item) == set()


def test_no_reference_ends_a_part_twice() -> None:
    work = replace(ENGLISH, title="Who owns it?", authors=[Author("Ministry of Data, Inc.")], publisher="Inc.")
    assert ".." not in gbt7714(work) + apa(work)
    assert "?." not in apa(replace(work, title="Who?"))


def test_the_text_holds_both_references_and_the_digest() -> None:
    text = references(WORK)
    assert all(part in text for part in (apa(WORK), gbt7714(WORK), WORK.sha256))
