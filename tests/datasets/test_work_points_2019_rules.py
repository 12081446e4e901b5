"""That each rule of the work points holds, and that each can fail: broken at one place, it finds that place alone."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.datasets.loaded import Loaded, dataset_loaded

from minshu.rules import apply_rules


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    with dataset_loaded("work-points-2019") as dataset:
        yield dataset


def without_spans(table: str, key: str) -> str:
    return f"delete from spans where table_name = '{table}' and record_key = '{key}'"


# Each rule, a change that breaks it at one row, and the number of that row in its file (the header is 1).
BROKEN = [
    ("quotations-equal-the-source", "update spans set start = start + 1 where _row = 9", [9]),
    ("spans-refer-to-records", "update spans set record_key = 'm999' where _row = 9", [9]),
    ("every-record-of-sections-has-a-span", without_spans("sections", "3"), [4]),
    ("every-record-of-work-points-has-a-span", without_spans("work_points", "26"), [27]),
    ("every-record-of-measures-has-a-span", without_spans("measures", "m007"), [8]),
    ("every-record-of-organizations-has-a-span", without_spans("organizations", "o35"), [36]),
    ("every-record-of-assignments-has-a-span", without_spans("assignments", "1/2"), [3]),
    ("every-record-of-targets-has-a-span", without_spans("targets", "t29"), [30]),
    ("every-record-of-systems-has-a-span", without_spans("systems", "s76"), [77]),
    ("every-record-of-instruments-has-a-span", without_spans("instruments", "i10"), [11]),
    ("every-record-of-places-has-a-span", without_spans("places", "p10"), [11]),
    ("words-of-measures-stand-at-their-spans", "update measures set text = '改。' where id = 'm007'", [8]),
    ("words-of-assignments-stand-at-their-spans", "update assignments set as_written = '省办' where _row = 9", [9]),
    ("words-of-targets-stand-at-their-spans", "update targets set quote = '提升' where id = 't05'", [6]),
    ("words-of-instruments-stand-at-their-spans", "update instruments set title = '条例' where id = 'i06'", [7]),
    ("titles-of-sections-stand-in-the-source", "update sections set title = '别的' where number = 2", [3]),
    ("titles-of-work-points-stand-in-the-source", "update work_points set title = '规划' where number = 25", [26]),
    (
        "measures-name-every-copy",
        "delete from spans where _row = (select max(_row) from spans where record_key = 'm001')",
        [2],
    ),
    ("points-follow-their-sections", "update work_points set section_number = 1 where number = 28", [29]),
    ("missing-points-have-nothing", "update targets set point_number = 14 where id = 't22'", [15]),
    ("text-is-the-measures-in-order", "update work_points set text = '别的。' where number = 24", [25]),
    ("text-is-the-measures-in-order", "update measures set position = 3 - position where point_number = 2", [3]),
    ("text-is-the-measures-in-order", "update work_points set text = null where number = 24", [25]),
    ("units-agree-with-the-status", "update work_points set status = 'truncated' where number = 25", [26]),
    ("units-agree-with-the-status", "delete from assignments where point_number = 27", [28]),
    ("point-is-no-surer-than-its-measures", "update work_points set confidence = 'probable' where number = 8", [9]),
    ("doubtful-measures-are-questions", without_spans("open_questions", "q02"), [74]),
    ("targets-stand-in-their-points", "update targets set point_number = 4 where id = 't05'", [6]),
    ("instruments-stand-in-their-points", "update instruments set point_number = 26 where id = 'i06'", [7]),
    ("measures-are-numbered-from-one", "update measures set position = 3 where id = 'm003'", [4]),
    ("assignments-are-numbered-from-one", "update assignments set position = 9 where _row = 4", [4]),
    ("groups-are-numbered-from-one", "update assignments set group_number = 3 where _row = 4", [4]),
    ("groups-are-numbered-from-one", "update assignments set group_number = 0 where _row = 93", [93]),
    ("as-written-expands-to-the-name", "update assignments set organization_id = 'o02' where _row = 2", [2]),
    ("as-written-expands-to-the-name", "update assignments set group_number = 9 where _row = 12", [12]),
    ("comparators-follow-the-words", "update targets set comparator = 'ge' where id = 't03'", [4]),
    ("comparators-follow-the-words", "update targets set comparator = 'gt' where id = 't14'", [15]),
    ("comparators-follow-the-words", "update targets set comparator_basis = 'stated' where id = 't25'", [26]),
    ("figures-stand-in-their-quotations", "update targets set value = 99 where id = 't14'", [15]),
    ("figures-stand-in-their-quotations", "update targets set unit = '个' where id = 't25'", [26]),
    ("deadlines-stand-in-their-quotations", "update targets set deadline = '2019-06-30' where id = 't03'", [4]),
    ("deadlines-stand-in-their-quotations", "update targets set deadline = '2019-12-31' where id = 't14'", [15]),
    ("system-mentions-are-unique", "update system_mentions set measure_id = null where _row = 3", [3]),
    ("system-mentions-stand-in-the-source", "update system_mentions set measure_id = 'm002' where _row = 3", [3]),
    ("system-mentions-leave-none-out", "delete from system_mentions where system_id = 's76'", [77]),
    (
        "place-mentions-are-unique",
        "update place_mentions set point_number = 6, measure_id = 'm014' where _row = 3",
        [3],
    ),
    ("place-mentions-stand-in-the-source", "update place_mentions set point_number = 8 where _row = 3", [3]),
    ("place-mentions-leave-none-out", "delete from place_mentions where _row = 3", [2]),
]

# Each model, a change that breaks it at one row, and the number of that row.
BROKEN_MODELS = [
    ("work_points", "update work_points set title = null where number = 5", 6),
    ("work_points", "update work_points set title = '标题' where number = 14", 15),
    ("work_points", "update work_points set text = null where number = 19", 20),
    ("work_points", "update work_points set confidence = 'proven' where number = 2", 3),
    ("targets", "update targets set comparator = null where id = 't03'", 4),
    ("targets", "update targets set value = null where id = 't06'", 7),
    ("targets", "update targets set unit = '分钟' where id = 't16'", 17),
    ("targets", "update targets set value = 15 where id = 't16'", 17),
    ("targets", "update targets set deadline = null where id = 't03'", 4),
    ("targets", "update targets set deadline = '2019-12-31' where id = 't14'", 15),
    ("targets", "update targets set comparator = 'ge' where id = 't25'", 26),
    ("spans", 'update spans set "end" = start where _row = 9', 9),
    ("open_questions", "update open_questions set chosen = '11' where id = 'q02'", 3),
]


def test_the_work_points_keep_every_rule_and_model(loaded: Loaded) -> None:
    assert apply_rules(loaded.rules, loaded.tables, loaded.connection, 1000) == {}


def test_the_names_of_the_rules_are_unique(loaded: Loaded) -> None:
    names = [rule.name for rule in loaded.rules.rules]
    assert len(names) == len(set(names))


def test_every_rule_and_every_model_is_broken_here(loaded: Loaded) -> None:
    assert {name for name, _, _ in BROKEN} == {rule.name for rule in loaded.rules.rules}
    assert {name for name, _, _ in BROKEN_MODELS} == set(loaded.rules.models)


@pytest.mark.parametrize(("rule", "change", "rows"), BROKEN)
def test_a_rule_finds_the_row_that_breaks_it_and_no_other(
    loaded: Loaded, rule: str, change: str, rows: list[int]
) -> None:
    assert loaded.found(rule, change) == rows


@pytest.mark.parametrize(("table", "change", "row"), BROKEN_MODELS)
def test_a_model_finds_the_row_that_breaks_it_and_no_other(loaded: Loaded, table: str, change: str, row: int) -> None:
    assert set(loaded.found_by_model(table, change)) == {row}


@given(row=st.integers(2, 650), by=st.integers(-300, 300).filter(bool))
def test_a_span_that_is_moved_is_found_unless_the_same_words_stand_there(loaded: Loaded, row: int, by: int) -> None:
    text = loaded.connection.sql("select text from notice").fetchall()[0][0]
    ((start, end),) = loaded.connection.sql(f'select start, "end" from spans where _row = {row}').fetchall()
    same = text[max(start + by, 0) : max(end + by, 0)] == text[start:end]
    change = f'update spans set start = start + {by}, "end" = "end" + {by} where _row = {row}'
    assert loaded.found("quotations-equal-the-source", change) == ([] if same else [row])


@given(row=st.integers(2, 83), text=st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20))
def test_a_measure_that_reads_otherwise_is_found_in_its_table_and_in_its_point(
    loaded: Loaded, row: int, text: str
) -> None:
    ((point,),) = loaded.connection.sql(f"select point_number from measures where _row = {row}").fetchall()
    change = f"update measures set text = ? where _row = {row}"
    assert loaded.found("words-of-measures-stand-at-their-spans", change, [text]) == _each_span(loaded, row)
    assert loaded.found("text-is-the-measures-in-order", change, [text]) == [point + 1]


def _each_span(loaded: Loaded, row: int) -> list[int]:
    """The row once for each span of the measure."""
    spans = "select count(*) from spans s join measures m on s.table_name = 'measures' and s.record_key = m.id"
    ((count,),) = loaded.connection.sql(f"{spans} where m._row = {row}").fetchall()
    return [row] * count
