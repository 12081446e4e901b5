"""What each measure counts, by facts whose figures are known by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scorecard.conftest import TODAY, make_facts, table

from minshu.metadata.vocabularies import FREQUENCIES
from minshu.opening import ATTRIBUTE, OPENING
from minshu.scorecard.facts import Facts, Known, MessageCount, Others
from minshu.scorecard.figure import Figure
from minshu.scorecard.lists import DAYS, INTERVALS, PIECES, TINY, UNTIMED
from minshu.scorecard.measures import BY_NAME, MEASURES, figures, pooled_figures

Make = Callable[..., Facts]
CLOSED = {ATTRIBUTE: "不予开放", "legalBasis": "x"}
ASKED = {ATTRIBUTE: "有条件开放", "conditions": "x", "use": "x", "security": "x"}
KNOWN = Known(TODAY, duplicates={})


def measured(name: str, facts: Facts, known: Known = KNOWN) -> Figure:
    return BY_NAME[name].figure(facts, known)


def of(figure: Figure) -> tuple[int | None, int | None, str]:
    """The numbers of a figure, and whether it is known."""
    return figure.numerator, figure.denominator, figure.status


def test_files_are_readable_that_were_read_as_tables_or_whose_format_has_a_structure(facts: Make) -> None:
    files = {"a.dat": 10, "b.GEOJSON": 20, "c.pdf": 30, "d.csv.gz": 5, "名 e": 1}
    found = facts(files, [table("a", 1, "x")])
    assert of(measured("machine-readable-files", found)) == (3, 5, "known")
    assert of(measured("machine-readable-bytes", found)) == (35, 66, "known")
    by_format = {
        one.subject: (one.numerator, one.denominator) for one in measured("machine-readable-files", found).inputs
    }
    assert by_format == {"": (0, 1), "csv": (1, 1), "dat": (1, 1), "geojson": (1, 1), "pdf": (0, 1)}


def test_a_file_of_two_resources_counts_once_and_one_that_is_elsewhere_does_not(facts: Make) -> None:
    resources = [
        {"name": "a", "path": "data/x.txt"},
        {"name": "b", "path": ["data/x.txt", "https://example.org/y.csv"]},
    ]
    assert of(measured("machine-readable-files", facts({"data/x.txt": 1}, resources=resources))) == (0, 1, "known")


def test_data_in_the_descriptor_is_one_readable_file(facts: Make) -> None:
    inline = facts({}, resources=[{"name": "a", "data": [{"x": 1}]}, {"name": "b", "data": []}])
    assert of(measured("machine-readable-files", inline)) == (1, 1, "known")
    assert of(measured("duplicate-datasets", inline)) == (None, None, "not-applicable")


@pytest.mark.parametrize(
    ("opening", "tables", "expected"),
    [
        (None, [table("items", 1, "x")], (1, 1, "known")),
        (ASKED, [table("items", 1, "x")], (1, 1, "known")),
        (CLOSED, [table("items", 1, "x")], (None, None, "not-open")),
        (None, [], (0, 1, "known")),
    ],
)
def test_a_dataset_answers_by_api_if_a_table_does_to_whoever_may_have_it(
    facts: Make, opening: Any, tables: Any, expected: Any
) -> None:
    told = {OPENING: opening} if opening else {}
    assert of(measured("api", facts(None, tables, **told))) == expected


def test_resources_are_without_login_by_their_own_attribute(facts: Make) -> None:
    resources = [{"name": "a", "path": "a.csv"}, {"name": "b", "path": "b.csv", OPENING: ASKED}]
    found = measured("no-login", facts({"a.csv": 1, "b.csv": 1}, resources=resources))
    assert of(found) == (1, 2, "known")
    assert {one.subject: one.numerator for one in found.inputs} == {"unconditional": 1, "conditional": 0}


@pytest.mark.parametrize(
    ("package", "resource", "expected", "note"),
    [
        (["CC0-1.0"], None, (1, 1, "known"), "CC0-1.0"),
        (["LicenseRef-own"], None, (0, 1, "known"), "LicenseRef-own"),
        (["LicenseRef-own", "CC-BY-4.0"], None, (1, 1, "known"), "CC-BY-4.0, LicenseRef-own"),
        (None, None, (0, 1, "known"), ""),
        (["CC0-1.0"], ["LicenseRef-own"], (0, 1, "known"), "LicenseRef-own"),
        (None, ["ODbL-1.0"], (1, 1, "known"), "ODbL-1.0"),
    ],
)
def test_a_licence_is_open_by_its_identifier(
    facts: Make, package: Any, resource: Any, expected: Any, note: str
) -> None:
    def licences(names: Any) -> dict[str, Any]:
        return {"licenses": [{"name": name} for name in names]} if names else {}

    resources = [{"name": "items", "path": "data/items.csv", **licences(resource)}]
    found = measured("licence", facts(resources=resources, **licences(package)))
    assert of(found) == expected
    assert found.inputs[0].note == note


def test_a_licence_without_a_name_is_none(facts: Make) -> None:
    assert of(measured("licence", facts(licenses=[{"title": "开放", "path": "x"}, "CC0-1.0", None]))) == (0, 1, "known")


def test_what_is_not_open_to_all_needs_no_open_licence(facts: Make) -> None:
    assert of(measured("licence", facts(**{OPENING: ASKED}))) == (None, None, "not-open")


def test_metadata_is_a_share_of_named_fields_and_blanks_are_not_filled_in(facts: Make) -> None:
    told = {"title": "题", "description": " ", "keywords": [""], "sources": [], "contributors": [{"title": "甲"}]}
    opening = {ATTRIBUTE: "无条件开放", "dataPeriod": {"start": "", "end": ""}, "updateFrequency": "每年"}
    found = measured("metadata", facts(**told, **{OPENING: opening}))
    filled = {one.subject for one in found.inputs if one.numerator}
    assert filled == {"title", "contributors", ATTRIBUTE, "updateFrequency"}
    assert of(found) == (4, 10, "known")


def test_the_core_catalogue_is_a_share_of_its_items_without_the_one_that_may_be_left_out(facts: Make) -> None:
    core = {"classification": ["部门信息资源"], "code": "307001000012/000001", "related": ["203004/000017"]}
    told = {"title": "题", "minshu:coreCatalogue": core, OPENING: {ATTRIBUTE: "无条件开放", "updateFrequency": "每年"}}
    found = measured("core-catalogue", facts(None, [table("items", 1, "x")], **told))
    filled = {one.subject for one in found.inputs if one.numerator}
    named = {"classification", "title", "code", "formats", "fields", "opening", "update_frequency", "published"}
    assert (filled, found.denominator) == (named, 12)


def test_capacity_is_the_cells_of_all_tables(facts: Make) -> None:
    found = measured("capacity", facts(None, [table("表 一/甲%?", 3, "xyz"), table("empty", 0, "xy")]))
    assert (found.value, found.denominator, found.unit) == (9, None, "cells")
    assert [(one.subject, one.numerator, one.note) for one in found.inputs] == [
        ("表 一/甲%?", 9, "3 × 3"),
        ("empty", 0, "0 × 2"),
    ]


def test_a_package_without_tables_has_no_cells_and_no_share_of_rows_or_columns(facts: Make) -> None:
    bare = facts({"notes.txt": 5})
    assert measured("capacity", bare).value == 0
    for name in ("duplicate-rows", "fragments", "column-titles", "column-descriptions"):
        assert of(measured(name, bare)) == (None, None, "not-applicable"), name


def test_rows_are_compared_only_where_there_is_no_key_and_everybody_may_have_them(facts: Make) -> None:
    tables = [table("keyed", 5, "xy", key="x"), table("open", 4, "x"), table("shut", 9, "x"), table("one", 1, "x")]
    names = [{"name": one.name, "path": f"{one.name}.csv"} for one in tables]
    names[2][OPENING] = CLOSED  # type: ignore[assignment]
    found = facts({f"{one.name}.csv": 1 for one in tables}, tables, resources=names)
    assert of(measured("duplicate-rows", found, Known(TODAY, {"open": 2, "shut": 7}))) == (2, 10, "known")
    assert measured("duplicate-rows", found, Known(TODAY)).status == "pending"
    assert measured("duplicate-rows", found, Known(TODAY, {})).status == "unreadable"


def test_of_rows_that_nobody_gets_nothing_is_told(facts: Make) -> None:
    shut = facts(None, [table("items", 4, "x")], **{OPENING: CLOSED})
    assert of(measured("duplicate-rows", shut, Known(TODAY, {"items": 1}))) == (None, None, "not-open")


def test_a_dataset_of_the_same_files_as_another_is_named_with_it(facts: Make) -> None:
    found = measured("duplicate-datasets", facts(), replace(KNOWN, same_data=Others(1, ("other",))))
    assert of(found) == (1, 1, "known")
    assert found.inputs[0].note == "other"
    assert measured("duplicate-datasets", facts()).value == 0


@pytest.mark.parametrize(
    ("rows", "others", "expected"), [(TINY, PIECES - 1, 1), (TINY, PIECES - 2, 0), (TINY + 1, PIECES, 0)]
)
def test_a_fragment_is_tiny_and_one_of_several(facts: Make, rows: int, others: int, expected: int) -> None:
    known = replace(KNOWN, same_columns=Others(others, ("part-1",)))
    assert of(measured("fragments", facts(None, [table("items", rows, "x")]), known)) == (expected, 1, "known")


def stated(frequency: str, *released: str) -> Facts:
    days = tuple(sorted(map(date.fromisoformat, released)))
    told: dict[str, Any] = {OPENING: {ATTRIBUTE: "无条件开放", "updateFrequency": frequency}}
    return replace(make_facts(**told), released=days)


def test_intervals_are_on_time_that_are_no_longer_than_the_frequency() -> None:
    found = measured("on-time", stated("每月 / monthly", "2026-08-01", "2026-09-01", "2026-10-15", "2026-10-30"))
    assert [(one.subject, one.numerator, one.note) for one in found.inputs] == [
        ("2026-08-01/2026-09-01", 1, "31 ≤ 31"),
        ("2026-09-01/2026-10-15", 0, "44 > 31"),
        ("2026-10-15/2026-10-30", 1, "15 ≤ 31"),
        ("2026-10-30/2026-11-30", 1, "31 ≤ 31"),
    ]
    assert (found.value, found.note) == (0.75, "每月 / monthly")


def test_a_release_that_is_overdue_is_not_on_time_and_one_from_the_future_is() -> None:
    assert of(measured("on-time", stated("每周", "2026-11-22"))) == (0, 1, "known")
    assert of(measured("on-time", stated("每周", "2026-12-24"))) == (1, 1, "known")


def test_only_the_newest_intervals_count() -> None:
    released = [f"{1950 + year}-01-01" for year in range(60)]
    assert measured("on-time", stated("每年", *released)).denominator == INTERVALS


@pytest.mark.parametrize(
    ("frequency", "status"),
    [(" ", "not-stated"), ("不更新", "not-applicable"), ("实时", "not-applicable"), ("有空时", "unreadable")],
)
def test_what_has_no_time_is_not_late(frequency: str, status: str) -> None:
    assert measured("on-time", stated(frequency, "2001-01-01")).status == status


def test_every_frequency_that_catalogues_know_is_timed_or_known_to_be_untimed() -> None:
    assert set(DAYS) | UNTIMED == set(FREQUENCIES)
    assert not set(DAYS) & UNTIMED


def test_documents_titles_and_descriptions_are_counted(facts: Make) -> None:
    tables = [table("a", 1, "xy", title="题"), table("b", 1, "z", description="说明")]
    found = replace(facts({"README.zh.md": 1}, tables), has_notes=True)
    assert of(measured("documents", found)) == (2, 2, "known")
    assert of(measured("documents", facts())) == (0, 2, "known")
    assert of(measured("column-titles", found)) == (2, 3, "known")
    assert of(measured("column-descriptions", found)) == (1, 3, "known")


def test_the_verdict_is_that_of_the_report_and_an_unreadable_one_is_no_zero(facts: Make) -> None:
    found = replace(facts(), found=(0, 3))
    assert (measured("errors", found).value, measured("warnings", found).value) == (0, 3)
    assert of(measured("warnings", replace(facts(), found=None))) == (None, None, "unreadable")


def test_feedback_is_answered_not_kept_or_not_asked_for(facts: Make) -> None:
    assert measured("feedback", facts()).status == "not-kept"
    assert measured("feedback", facts(), replace(KNOWN, feedback=MessageCount(0, 0))).status == "nothing-asked"
    assert of(measured("feedback", facts(), replace(KNOWN, feedback=MessageCount(4, 3)))) == (3, 4, "known")


def test_of_what_is_withdrawn_nothing_is_measured(facts: Make) -> None:
    gone = replace(facts(None, [table("items", 4, "x")]), is_gone=True)
    assert {of(one) for one in figures(gone, KNOWN)} == {(None, None, "withdrawn")}


# Whatever a descriptor holds, publishing lets much of it through.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["每月", "CC0-1.0", "无条件开放"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "title", "start"]), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["title", "licenses", "keywords", "contributors", "sources", OPENING])
FACTS = st.builds(
    lambda files, tables, told, released, found: replace(
        make_facts(files, tables, **told), released=tuple(sorted(released)), found=found
    ),
    st.dictionaries(st.sampled_from(["a.csv", "b.pdf", "表 一.json", "README.md"]), st.integers(0, 10**9)),
    st.lists(st.builds(table, st.sampled_from(["a", "b"]), st.integers(0, 5), st.text("xyz", max_size=3).map(set))),
    st.dictionaries(KEYS, VALUES),
    st.sets(st.dates(), max_size=20),
    st.none() | st.tuples(st.just(0), st.integers(0, 9)),
)
BESIDE = st.builds(
    Known,
    st.just(TODAY),
    st.none() | st.just({}) | st.just({"a": 0, "b": 0}),
    st.just(Others()) | st.just(Others(2, ("x", "y"))),
    st.just(Others()) | st.just(Others(2, ("x", "y"))),
    st.none()
    | st.builds(lambda answered, rest: MessageCount(answered + rest, answered), st.integers(0, 9), st.integers(0, 9)),
)


@given(FACTS, BESIDE)
def test_a_figure_is_a_sum_of_its_inputs_and_a_share_lies_between_none_and_all(facts: Facts, known: Known) -> None:
    for one in figures(facts, known):
        assert (one.value is not None) == (one.status == "known"), one
        if one.status == "known" and one.unit == "share":
            assert one.denominator
            assert 0 <= one.value <= 1  # type: ignore[operator]
            assert one.numerator == sum(each.numerator for each in one.inputs)
            assert all(0 <= each.numerator <= (each.denominator or 0) for each in one.inputs)


@given(st.lists(st.tuples(FACTS, BESIDE), max_size=5))
def test_a_catalogue_is_the_sum_of_its_datasets_and_leaves_none_out_unsaid(many: list[tuple[Facts, Known]]) -> None:
    each = [(f"d{index}", figures(*one)) for index, one in enumerate(many)]
    for index, whole in enumerate(pooled_figures(each)):
        own = [figure[index] for _, figure in each]
        known = [one for one in own if one.status == "known"]
        assert len(known) + sum(whole.left_out.values()) == len(own)
        if known:
            assert whole.numerator == sum(one.numerator or 0 for one in known)
            assert (whole.denominator or 0) == sum(one.denominator or 0 for one in known)
        else:
            assert whole.value is None


def test_a_request_for_data_that_is_not_there_counts_for_the_catalogue(facts: Make) -> None:
    own = [("demo", figures(facts(), replace(KNOWN, feedback=MessageCount(2, 1))))]
    whole = dict(zip(BY_NAME, pooled_figures(own, {None: MessageCount(3, 3)}), strict=True))
    assert of(whole["feedback"]) == (4, 5, "known")


def test_every_measure_has_words_in_both_languages_and_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(MEASURES)
    for one in MEASURES:
        assert all((one.title.zh, one.title.en, one.how.zh, one.how.en, one.sources))
