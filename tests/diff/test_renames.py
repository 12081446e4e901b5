"""A field was renamed where its values prove it, and nowhere else."""

from collections.abc import Callable, Sequence
from typing import Any

from minshu.diff import Difference, Side

Make = Callable[..., Side]
Compare = Callable[[Side, Side], Difference]


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], key: Sequence[str] = ()) -> dict[str, Any]:
    schema = {"fields": [{"name": name, "type": "string"} for name in names], "primaryKey": [*key]}
    return {"name": "t", "path": "t.csv", "schema": schema, "rows": rows}


def rules(found: Difference) -> list[tuple[str, str | None]]:
    return [(change.rule, change.field) for change in found.changes]


ROWS = [("1", "a", "x"), ("2", "b", None), ("3", None, "z")]


def test_a_field_with_the_same_values_in_its_place_is_renamed(make_side: Make, difference: Compare) -> None:
    old = make_side(table(["id", "name", "note"], ROWS, ["id"]))
    new = make_side(table(["id", "label", "note"], [*ROWS[1:], ("4", "d", "w")], ["id"]))
    found = difference(old, new)
    assert rules(found) == [("field-renamed", "label"), ("rows-removed", None), ("rows-added", None)]
    assert (found.tables[0].fields, found.tables[0].old_fields) == (("id", "label", "note"), ("id", "name", "note"))
    assert found.tables[0].rows.changed == 0


def test_one_other_value_and_it_is_a_field_gone_and_a_new_one(make_side: Make, difference: Compare) -> None:
    old = make_side(table(["id", "name", "note"], ROWS, ["id"]))
    new = make_side(table(["id", "label", "note"], [("1", "A", "x"), *ROWS[1:]], ["id"]))
    assert rules(difference(old, new)) == [("field-removed", "name"), ("field-added", "label")]


def test_without_a_value_nothing_is_proven(make_side: Make, difference: Compare) -> None:
    empty = [(row[0], None, row[2]) for row in ROWS]
    old = make_side(table(["id", "name", "note"], empty, ["id"]))
    assert rules(difference(old, make_side(table(["id", "label", "note"], empty, ["id"])))) == [
        ("field-removed", "name"),
        ("field-added", "label"),
    ]


def test_another_place_is_no_proof(make_side: Make, difference: Compare) -> None:
    moved = [(row[0], row[2], row[1]) for row in ROWS]
    found = difference(
        make_side(table(["id", "name", "note"], ROWS, ["id"])), make_side(table(["id", "note", "label"], moved, ["id"]))
    )
    assert rules(found) == [("field-removed", "name"), ("field-added", "label")]


def test_a_key_is_renamed_where_it_pairs_every_row_with_one_that_is_the_same(
    make_side: Make, difference: Compare
) -> None:
    old = make_side(table(["id", "name", "note"], ROWS, ["id"]))
    found = difference(old, make_side(table(["code", "name", "note"], ROWS, ["code"])))
    assert rules(found) == [("field-renamed", "code")]
    assert found.tables[0].key == ("code",)


def test_serial_numbers_prove_no_key(make_side: Make, difference: Compare) -> None:
    old = make_side(table(["id", "name", "note"], ROWS, ["id"]))
    others = [("1", "p", "q"), ("2", "r", "s"), ("3", "t", "u")]
    found = difference(old, make_side(table(["code", "name", "note"], others, ["code"])))
    assert ("field-removed", "id") in rules(found)
    assert ("field-added", "code") in rules(found)
    assert found.tables[0].key is None


def test_without_a_key_a_field_is_renamed_where_all_rows_are_the_same(make_side: Make, difference: Compare) -> None:
    old = make_side(table(["id", "name", "note"], ROWS))
    assert rules(difference(old, make_side(table(["id", "label", "note"], ROWS[::-1])))) == [("field-renamed", "label")]
    assert rules(difference(old, make_side(table(["id", "label", "note"], ROWS[1:])))) == [
        ("field-removed", "name"),
        ("field-added", "label"),
        ("rows-removed", None),
    ]


def test_fields_in_another_order_are_told_once(make_side: Make, difference: Compare) -> None:
    moved = [(row[0], row[2], row[1]) for row in ROWS]
    old = make_side(table(["id", "name", "note"], ROWS, ["id"]))
    assert rules(difference(old, make_side(table(["id", "note", "name"], moved, ["id"])))) == [
        ("fields-reordered", None)
    ]
