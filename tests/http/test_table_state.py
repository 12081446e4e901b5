"""The state of the page of a table, and its address."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.errors import BadFilter, BadParameter, ColumnNotFound
from minshu.filters import RowQuery, can_be_counted, kind, operators_for, parse_facets
from minshu.http.table_state import FORM, Condition, TableState, fault, form_state, listed
from minshu.manifest import ReleasedColumn

ODD_NAMES = (
    "a",
    "a__eq",
    "a__lt",
    "_x",
    "_sort",
    "_column",
    "-a",
    "a__asc",
    "列",
    "q\"u'o",
    "x,y",
    "[b",
    "a b",
    "__",
    "é&=+%",
)
TYPES = ("VARCHAR", "BIGINT", "DATE", "BOOLEAN", "DECIMAL(9,2)", "JSON")


def column(name: str, type_name: str = "VARCHAR") -> ReleasedColumn:
    return ReleasedColumn(name=name, type=type_name, field_type="any", json_type="string")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NAMES = st.lists(st.sampled_from(ODD_NAMES) | TEXT.filter(bool), min_size=1, max_size=6, unique=True)


@st.composite
def tables(draw: st.DrawFn) -> list[ReleasedColumn]:
    return [column(name, draw(st.sampled_from(TYPES))) for name in draw(NAMES)]


@st.composite
def states(draw: st.DrawFn) -> tuple[list[ReleasedColumn], TableState]:
    """A table, and a state of its page that makes sense."""
    columns = draw(tables())
    sorted_by = [item for item in columns if kind(item).name != "json"]
    shown = draw(st.none() | st.lists(st.sampled_from(columns), min_size=1, unique=True))
    drawn = draw(st.lists(st.sampled_from(columns), max_size=3))
    conditions = [Condition(item.name, draw(st.sampled_from(operators_for(item))), draw(TEXT)) for item in drawn]
    sort = draw(st.lists(st.sampled_from(sorted_by), max_size=3, unique=True)) if sorted_by else []
    facets = [item.name for item in columns if can_be_counted(item) and draw(st.booleans())]
    state = TableState(
        conditions=tuple(dict.fromkeys(conditions)),
        search=draw(TEXT),
        sort=tuple((item.name, draw(st.booleans())) for item in sort),
        facets=tuple(facets),
        size=draw(st.sampled_from(["", "1", "50"])),
        token=draw(st.sampled_from(["", "abc"])),
    )
    return columns, state.showing([item.name for item in shown or ()], columns)


@given(states())
def test_a_state_is_told_by_its_address_whatever_the_columns_are_called(
    drawn: tuple[list[ReleasedColumn], TableState],
) -> None:
    columns, state = drawn
    assert TableState.of(parse_qsl(urlencode(state.params), keep_blank_values=True), columns) == state
    assert form_state(state.params, columns) is None


@given(tables(), st.data())
def test_the_address_of_a_state_asks_what_it_was_read_from(columns: list[ReleasedColumn], data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(columns))
    other = data.draw(st.sampled_from(columns))
    name = data.draw(st.sampled_from([f"{item.name}__notnull", f"{item.name}__isnull"]))
    params = [
        (name, data.draw(st.sampled_from(["", "true", "false"]))),
        ("_cols", listed([item.name])),
        ("_cols", listed([other.name] if other != item else [])),
    ]
    query = RowQuery.from_params(params, columns)
    assert RowQuery.from_params(TableState.of(params, columns).question, columns) == query


@given(states(), st.data())
def test_what_a_form_asks_is_an_address_without_the_fields_of_forms(
    drawn: tuple[list[ReleasedColumn], TableState], data: st.DataObject
) -> None:
    columns, state = drawn
    item = data.draw(st.sampled_from(columns))
    operator, value = data.draw(st.sampled_from(operators_for(item))), data.draw(TEXT)
    sent = [("_filter_column", item.name), ("_filter_op", operator), ("_filter_value", value)]
    asked = form_state([*state.params, *sent], columns)
    assert asked is not None
    added = Condition(item.name, operator, "" if operator in ("isnull", "notnull") else value)
    assert asked == state.with_condition(added)
    assert form_state(asked.params, columns) is None


@given(states(), st.data())
def test_the_columns_that_a_form_ticks_are_those_of_the_address(
    drawn: tuple[list[ReleasedColumn], TableState], data: st.DataObject
) -> None:
    columns, state = drawn
    names = [item.name for item in columns]
    ticked = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    asked = form_state([*state.params, *(("_column", name) for name in ticked)], columns)
    assert asked is not None
    assert asked.columns == (None if ticked == names else tuple(ticked))


@given(states())
def test_a_filter_that_is_added_and_removed_leaves_no_trace(drawn: tuple[list[ReleasedColumn], TableState]) -> None:
    columns, state = drawn
    added = Condition(columns[0].name, "notnull", "?")
    assert state.with_condition(added).without_condition(added) == state.without_condition(added)


def test_a_header_sorts_up_then_down_then_not_at_all() -> None:
    state = TableState(sort=(("b", True), ("a", False)), token="abc")
    states = [state := state.sorted_by("a") for _ in range(4)]
    assert [item.sort for item in states] == [(("a", False),), (("a", True),), (), (("a", False),)]
    assert {item.token for item in states} == {""}


def test_whatever_changes_the_rows_begins_at_the_first_page() -> None:
    state = TableState(conditions=(Condition("a", "eq", "1"),), search="x", facets=("a",), token="abc")
    changed = [
        state.with_condition(Condition("a", "gt", "0")),
        state.without_condition(state.conditions[0]),
        state.without_search(),
        state.unsorted(),
        state.at(None),
    ]
    assert [item.token for item in changed] == [""] * len(changed)
    assert state.showing(["a"], [column("a"), column("b")]).token == "abc"


def test_a_search_that_was_emptied_is_not_in_the_address() -> None:
    asked = form_state([("_search", ""), ("a__eq", "1")], [column("a")])
    assert asked is not None
    assert asked.params == [("a__eq", "1")]


def test_a_column_with_the_name_of_a_field_of_the_form_is_reached() -> None:
    columns = [column(name) for name in FORM]
    state = TableState.of([(f"{name}__eq", "1") for name in FORM], columns)
    assert [condition.column for condition in state.conditions] == list(FORM)


@pytest.mark.parametrize(
    ("name", "value", "condition", "error"),
    [
        ("n", "three", Condition("n", "eq", "three"), BadFilter),
        ("n__like", "3", Condition("n", "like", "3"), BadFilter),
        ("n__nonsense", "3", Condition("n__nonsense", "", "3"), BadFilter),
        ("nothing__lt", "3", Condition("nothing__lt", "", "3"), ColumnNotFound),
    ],
)
def test_a_filter_that_makes_no_sense_is_found(
    name: str, value: str, condition: Condition, error: type[Exception]
) -> None:
    columns = [column("n", "BIGINT")]
    state = TableState.of([("n__gt", "1"), (name, value), ("n__lt", "9")], columns)
    found = fault(state, columns)
    assert found
    assert (found[0], type(found[1])) == (condition, error)
    assert fault(state.without_condition(condition), columns) is None


def test_what_else_makes_no_sense_is_refused() -> None:
    with pytest.raises(ColumnNotFound):
        TableState.of([("_sort", "nothing")], [column("a")])
    with pytest.raises(BadParameter):
        TableState.of([("_facet", "a")], [column("a", "JSON")])


@given(st.lists(st.sampled_from(ODD_NAMES) | TEXT, min_size=1, max_size=4, unique=True))
def test_names_in_a_list_are_told_apart(names: list[str]) -> None:
    columns = [column(name) for name in names]
    text = listed(names[:1])
    assert TableState.of([("_cols", text)], [*columns, column("another")]).columns == (names[0],)
    assert parse_facets(names[:1], columns)[0].name == names[0]
