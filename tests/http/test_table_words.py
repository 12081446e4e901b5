"""What the pages of tables call operators and types."""

import pytest

from minshu.filters import operators_for
from minshu.http.table_state import Condition, fault
from minshu.http.table_state import TableState as State
from minshu.http.table_words import FAMILIES, TYPES, family, fault_words, operator_words, type_words
from minshu.manifest import ReleasedColumn
from minshu.operators import OPERATORS
from minshu.reports import Language


def column(type_name: str, field_type: str = "any") -> ReleasedColumn:
    return ReleasedColumn(name="c", type=type_name, field_type=field_type, json_type="string", title="列 / Column")


COLUMNS = [
    *map(
        column, ("VARCHAR", "BIGINT", "DECIMAL(9,2)", "DOUBLE", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ")
    ),
    *map(column, ("JSON", "BLOB")),
    column("VARCHAR", "number"),
]


@pytest.mark.parametrize("item", COLUMNS, ids=lambda item: item.type)
def test_every_operator_that_fits_a_column_has_words_and_no_other_is_offered(item: ReleasedColumn) -> None:
    assert set(FAMILIES[family(item)]) == set(operators_for(item))


@pytest.mark.parametrize("item", COLUMNS, ids=lambda item: item.type)
@pytest.mark.parametrize("language", Language)
def test_whatever_is_wrong_with_a_filter_is_said_with_an_example_that_is_right(
    item: ReleasedColumn, language: Language
) -> None:
    for operator in (name for name in operators_for(item) if OPERATORS[name].arity != "none"):
        condition = Condition("c", operator, "[[" if family(item) in ("text", "json") else "?")
        if fault(State((condition,)), [item]) is None:
            continue  # Any text fits.
        example = fault_words(condition, [item], language).replace("：", " ").rpartition(" ")[2]
        assert fault(State((Condition("c", operator, example),)), [item]) is None


def test_an_operator_is_called_by_what_it_compares() -> None:
    lt = Condition("c", "lt", "")
    words = [operator_words(lt, [column(name)], Language.en) for name in ("BIGINT", "DATE", "VARCHAR")]
    assert words == ["is less than", "is before", "sorts before"]
    assert operator_words(Condition("nothing", "lt", ""), [column("DATE")], Language.en) == "lt"


@pytest.mark.parametrize(
    ("condition", "chinese", "english"),
    [
        (Condition("c", "like", "x"), "这个条件不适用于“列”", "This condition does not fit “Column”"),
        (Condition("x__lt", "", "1"), "没有列“x__lt”", "There is no column “x__lt”"),
        (Condition("c", "gt", "x"), "“列”列是整数", "“Column” holds whole numbers"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_of_the_page(condition: Condition, chinese: str, english: str) -> None:
    assert chinese in fault_words(condition, [column("BIGINT")], Language.zh)
    assert english in fault_words(condition, [column("BIGINT")], Language.en)


def test_a_type_that_has_no_words_is_called_as_it_is() -> None:
    assert type_words(column("VARCHAR", "future"), Language.zh) == "future"
    assert type_words(column("VARCHAR", "yearmonth"), Language.zh) == TYPES["yearmonth"][0]
