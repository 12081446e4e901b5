"""Row differences against brute force: what was found, applied to the old rows, gives the new ones."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.diff.conftest import MEMORY

from minshu.diff import Bump, Difference, RowChange, Side, TableDifference, comparing

Make = Callable[..., Side]
Compare = Callable[[Side, Side], Difference]
Row = tuple[Any, ...]

TEXTS = st.sampled_from([None, "", "a", "b", "甲"])
KEYED = st.dictionaries(st.tuples(st.integers(0, 6), st.sampled_from("xy")), st.tuples(TEXTS, TEXTS), max_size=12)
UNKEYED = st.lists(st.tuples(TEXTS, TEXTS), max_size=12)
# The files of a function's folder pile up, and that is all that the examples share.
chance = examples(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def table(rows: Sequence[Row], fields: Sequence[tuple[str, str]], key: Sequence[str] = (), **more: Any) -> Any:
    schema = {"fields": [{"name": name, "type": type_} for name, type_ in fields], "primaryKey": [*key]}
    return {"name": "表 t", "path": "t.csv", "schema": schema, "rows": rows, **more}


def keyed(rows: dict[Any, Any]) -> Any:
    fields = [("k", "integer"), ("l", "string"), ("v", "string"), ("w", "string")]
    return table([(*key, *values) for key, values in rows.items()], fields, ["k", "l"])


def unkeyed(rows: Sequence[Row]) -> Any:
    return table(rows, [("v", "string"), ("w", "string")])


def compared(old: Side, new: Side) -> tuple[TableDifference, list[RowChange], Difference]:
    with comparing(old, new, MEMORY) as comparison:
        found = comparison.found("表 t")
        changes = list(comparison.changes(found))
        return found.difference, changes, comparison.summed({"表 t": found.difference})


def plain(row: dict[str, Any] | None) -> Row:
    assert row is not None
    return tuple(row.values())


@chance
@given(old=KEYED, new=KEYED)
def test_the_difference_by_key_applied_to_the_old_rows_gives_the_new(make_side: Make, old: Any, new: Any) -> None:
    told, changes, _ = compared(make_side(keyed(old)), make_side(keyed(new)))
    rows = {key: (*key, *values) for key, values in old.items()}
    for change in changes:
        if change.old is not None:
            assert rows.pop(plain(change.old)[:2]) == plain(change.old)
        if change.new is not None:
            assert plain(change.new)[:2] not in rows
            rows[plain(change.new)[:2]] = plain(change.new)
    assert rows == {key: (*key, *values) for key, values in new.items()}
    common = old.keys() & new.keys()
    assert (told.rows.added, told.rows.removed) == (len(new.keys() - old), len(old.keys() - new))
    assert told.rows.changed == sum(old[key] != new[key] for key in common)
    cells = [sum(old[key][position] != new[key][position] for key in common) for position in (0, 1)]
    assert told.cells == {name: count for name, count in zip("vw", cells, strict=True) if count}
    assert sum(len(change.fields) for change in changes) == sum(cells)


@chance
@given(old=UNKEYED, new=UNKEYED)
def test_the_difference_without_a_key_is_that_of_multisets(make_side: Make, old: Any, new: Any) -> None:
    told, changes, _ = compared(make_side(unkeyed(old)), make_side(unkeyed(new)))
    removed = Counter(plain(change.old) for change in changes if change.kind == "removed")
    added = Counter(plain(change.new) for change in changes if change.kind == "added")
    assert (removed, added) == (Counter(old) - Counter(new), Counter(new) - Counter(old))
    assert (told.key, told.rows.removed, told.rows.added) == (None, removed.total(), added.total())
    assert told.rows.changed == 0


@chance
@given(old=KEYED, new=KEYED)
def test_the_difference_backwards_is_the_same_with_added_and_removed_exchanged(
    make_side: Make, old: Any, new: Any
) -> None:
    sides = make_side(keyed(old)), make_side(keyed(new))
    there, back = compared(*sides)[0], compared(*sides[::-1])[0]
    assert (there.rows.added, there.rows.removed) == (back.rows.removed, back.rows.added)
    assert (there.rows.changed, there.cells) == (back.rows.changed, back.cells)


@chance
@given(old=KEYED, new=KEYED)
def test_a_change_more_never_makes_the_verdict_less(make_side: Make, old: Any, new: Any) -> None:
    before = make_side(keyed(old))
    verdict = compared(before, make_side(keyed(new)))[2].verdict
    added = compared(before, make_side(keyed({**new, (99, "x"): (None, None)})))[2].verdict
    assert added.weight >= max(verdict.weight, Bump.minor.weight)
    if both := sorted(old.keys() & new.keys()):
        less = {key: values for key, values in new.items() if key != both[0]}
        assert compared(before, make_side(keyed(less)))[2].verdict is Bump.major


NUMBERS = ("BIGINT", "DOUBLE", "DECIMAL(6,2)", "DECIMAL(38,19)", "DECIMAL(38,0)", "VARCHAR")
VALUES = [None, Decimal(0), Decimal(1), Decimal(10), Decimal("1.5"), Decimal("0.25"), Decimal(-3)]


def written(value: Decimal | None, type_: str) -> Any:
    """A value as a column of this type holds it; whole where the type is."""
    if value is None:
        return None
    if type_ in ("BIGINT", "DECIMAL(38,0)"):
        return int(value)
    return float(value) if type_ == "DOUBLE" else str(value) if type_ == "VARCHAR" else value


@chance
@given(
    types=st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    pairs=st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES)), min_size=1, max_size=8),
)
def test_numbers_are_the_same_by_value_however_they_are_stored(make_side: Make, types: Any, pairs: Any) -> None:
    held = [tuple(written(value, type_) for value, type_ in zip(pair, types, strict=True)) for pair in pairs]
    fields = [("k", "integer"), ("v", "number")]
    sides = [
        make_side(table([(n, pair[side]) for n, pair in enumerate(held)], fields, ["k"], types=("BIGINT", types[side])))
        for side in (0, 1)
    ]
    exact = [tuple(None if value is None else Decimal(str(value)) for value in pair) for pair in held]
    assert compared(*sides)[0].rows.changed == sum(here != there for here, there in exact)


@pytest.mark.parametrize(
    ("field", "old", "new", "same"),
    [
        ("number", ("VARCHAR", "1" * 40), ("VARCHAR", "1" * 40), True),
        ("number", ("DECIMAL(38,20)", Decimal("0.12345678901234567890")), ("DOUBLE", 0.12345678901234568), False),
        ("number", ("DECIMAL(38,1)", Decimal("1" + 30 * "0")), ("DOUBLE", 1e30), True),
        ("number", ("VARCHAR", "1.50"), ("DOUBLE", 1.5), True),
        ("number", ("VARCHAR", "inf"), ("DOUBLE", float("inf")), True),
        ("number", ("DOUBLE", float("nan")), ("DOUBLE", float("nan")), True),
        ("number", ("VARCHAR", "12345678901234567890.10"), ("DECIMAL(30,1)", Decimal("12345678901234567890.1")), True),
        ("integer", ("BIGINT", 7), ("DECIMAL(38,0)", 7), True),
        ("datetime", ("TIMESTAMP", "2020-01-01 08:00:00"), ("TIMESTAMPTZ", "2020-01-01 08:00:00+00"), False),
        ("datetime", ("VARCHAR", "2020-01-01 08:00:00+08:00"), ("TIMESTAMPTZ", "2020-01-01 00:00:00+00"), True),
        ("datetime", ("VARCHAR", "2020-01-01 08:00:00"), ("TIMESTAMP", "2020-01-01 08:00:00"), True),
        ("time", ("VARCHAR", "08:00:00"), ("TIME", "08:00:00"), True),
        ("string", ("VARCHAR", ""), ("VARCHAR", None), False),
        ("string", ("VARCHAR", "é"), ("VARCHAR", "e\u0301"), False),
    ],
)
def test_a_value_is_the_same_where_it_means_the_same(
    field: str, old: Any, new: Any, same: bool, make_side: Make
) -> None:
    fields = [("k", "integer"), ("v", field)]
    sides = [make_side(table([(1, side[1])], fields, ["k"], types=("BIGINT", side[0]))) for side in (old, new)]
    assert compared(*sides)[0].rows.changed == (not same)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (("integer", "BIGINT", 1), ("string", "VARCHAR", "1"), True),
        (("integer", "BIGINT", 350), ("string", "VARCHAR", "0350"), False),
        (("integer", "BIGINT", 1), ("number", "DECIMAL(3,2)", Decimal("1.00")), True),
        (("boolean", "BOOLEAN", True), ("string", "VARCHAR", "true"), True),
    ],
)
def test_values_of_another_type_are_compared_as_they_are_written(
    old: Any, new: Any, same: bool, make_side: Make
) -> None:
    sides = [
        make_side(table([(1, value)], [("k", "integer"), ("v", field)], ["k"], types=("BIGINT", type_)))
        for field, type_, value in (old, new)
    ]
    assert compared(*sides)[0].rows.changed == (not same)


def test_rows_are_paired_though_the_type_of_their_key_changed(make_side: Make) -> None:
    old = make_side(table([(1, "a"), (2, "b")], [("k", "integer"), ("v", "string")], ["k"]))
    new = make_side(table([("1", "a"), ("3", "b")], [("k", "string"), ("v", "string")], ["k"]))
    told, *_ = compared(old, new)
    assert (told.key, told.rows.removed, told.rows.added, told.rows.changed) == (("k",), 1, 1, 0)


def test_a_key_that_came_later_pairs_rows_where_it_was_one_before(make_side: Make) -> None:
    fields = [("k", "integer"), ("v", "string")]
    told, *_ = compared(
        make_side(table([(1, "a"), (2, "b")], fields)), make_side(table([(1, "a"), (2, "c")], fields, ["k"]))
    )
    assert (told.key, told.rows.changed) == (("k",), 1)
    told, *_ = compared(
        make_side(table([(1, "a"), (1, "b")], fields)), make_side(table([(1, "a"), (2, "c")], fields, ["k"]))
    )
    assert (told.key, told.rows.removed, told.rows.added) == (None, 1, 1)


def test_tables_without_a_field_in_common_have_no_row_in_common(make_side: Make) -> None:
    told, changes, _ = compared(
        make_side(table([("a",), ("b",)], [("v", "string")])), make_side(table([(1,)], [("w", "integer")]))
    )
    assert (told.rows.removed, told.rows.added, told.rows.unchanged) == (2, 1, 0)
    assert [change.kind for change in changes] == ["removed", "removed", "added"]


def test_names_of_columns_mean_nothing_to_the_comparison(make_side: Make) -> None:
    fields = [("rowid", "integer"), ('a"b', "string"), ("kind", "string"), ("c0", "string")]
    old, new = [(1, "x", "y", "z"), (2, "x", "y", "z")], [(1, "x", "Y", "z"), (3, "x", "y", "z")]
    told, changes, _ = compared(make_side(table(old, fields, ["rowid"])), make_side(table(new, fields, ["rowid"])))
    assert told.cells == {"kind": 1}
    assert [(change.kind, change.fields) for change in changes] == [
        ("removed", ()),
        ("added", ()),
        ("changed", ("kind",)),
    ]
