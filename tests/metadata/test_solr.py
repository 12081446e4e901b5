"""The part of Solr's query language that `package_search` reads."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.errors import BadSearch
from minshu.metadata.ckan_fields import FIELDS
from minshu.metadata.solr import Document, parse
from minshu.search import fold

TOLD: Mapping[str, tuple[str, ...]] = {
    "name": ("work-points-2019",),
    "title": (fold("2019年工作要点 / Work points"),),
    "tags": ("open data", "政务"),
    "organization": ("digital-office",),
    "res_format": ("csv", "parquet"),
    "metadata_modified": ("2026-11-25T08:00:00.000000",),
    "extras_frequency": ("每年",),
}
DOCUMENT = Document(TOLD, lambda word: word in fold("2019年工作要点 work points 福州"))


def holds(text: str) -> bool:
    return parse(text, FIELDS).holds(DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*:*",
        "work points",
        "工作要点",
        "WORK AND 福州",
        "nothing OR work",
        '"work points"',
        "work*",
        "name:work-points-2019",
        "name: work-points-2019",
        r"-tags:a\^2 -tags:b\~ -name:c\?",
        "-a~b",
        "name:work*2019",
        "name:*",
        "title:points",
        'tags:"open data"',
        "tags:(other OR 政务)",
        "+organization:digital-office +res_format:CSV",
        "res_format:csv -tags:other",
        "NOT tags:other",
        "!tags:other && (name:x || work)",
        "-groups:*",
        "metadata_modified:[2026-11-01T00:00:00Z TO *]",
        "metadata_modified:[2026-11-25T08:00:00Z TO 2026-11-25T08:00:00Z]",
        "metadata_modified:{* TO 2026-11-25T16:00:01+08:00}",
        "metadata_modified:[NOW-20000DAYS TO NOW+20000DAYS]",
        'metadata_modified:["2026-11-25T08:00:00.000000Z" TO *]',
        "name:[a TO z]",
        "extras_frequency:每年",
        r"work\ points",
    ],
)
def test_a_question_finds_the_document(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "work AND nothing",
        "-work",
        "name:work-points",
        "name:w*x*2019",
        "tags:open",
        'tags:"Open"',
        "metadata_modified:[2026-12-01T00:00:00Z TO *]",
        "metadata_modified:{2026-11-25T08:00:00Z TO *]",
        "work AND NOT (福州 OR x)",
        "groups:*",
        "extras_other:*",
        "name:2019*2019*2019",
    ],
)
def test_a_question_does_not_find_the_document(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("title:(work", "not closed"),
        ("work)", "too many"),
        ("colour:red", "names the field 'colour'"),
        ("work AND", "ends too early"),
        ("name:", "ends too early"),
        ("name:a^2", "behind a"),
        ("tags:(open)^0.5", "behind a"),
        ('"work points"~2', "behind a"),
        ("wrk~", "behind a"),
        ("name:work?points", "behind a"),
        ("name:/work.*/", "behind a"),
        ("OR work", "where a word must stand"),
        ('"work', "cannot be read from"),
        ("[a TO b]", "a range is written"),
        ("metadata_modified:[yesterday TO *]", "a time is written"),
        ("(" * 100 + "a" + ")" * 100, "within each other"),
        ("-" * 3000 + "a", "words and signs"),
        ("a " * 3000, "characters"),
    ],
)
def test_what_cannot_be_read_is_said_where(text: str, why: str) -> None:
    with pytest.raises(BadSearch, match=why.replace("(", r"\(")) as raised:
        parse(text, FIELDS, "fq")
    assert raised.value.argument == "fq"


def test_the_words_of_no_field_are_those_that_packages_are_ranked_by() -> None:
    assert parse('Work name:x "two words" (or OR 福州*)', FIELDS).words == ("work", "two words", "or", "福州")


@given(st.text(st.sampled_from('a福 :()[]{}"\\*+-!&|ANDORT名TO2026-Z') | st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        question = parse(text, FIELDS)
    except BadSearch:
        return
    assert question.holds(DOCUMENT) in (True, False)
