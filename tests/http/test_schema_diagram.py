"""The diagram of keys: what is drawn of any tables."""

from itertools import combinations

from minshu.http.schema_diagram import MOST, Card, cut, schema_diagram
from minshu.manifest import ReleasedForeignKey, ReleasedTable


def table(name: str, *references: str, key: tuple[str, ...] = ("id",)) -> ReleasedTable:
    """A table with a key to each of these, by their `id`."""
    keys = tuple(
        ReleasedForeignKey(fields=(f"to {other}",), resource=other, reference_fields=("id",)) for other in references
    )
    return ReleasedTable(name=name, path="", rows=0, columns=(), primary_key=key, foreign_keys=keys)


def overlap(a: Card, b: Card, width: float) -> bool:
    return abs(a.x - b.x) < width and a.y < b.y + b.height and b.y < a.y + a.height


def test_tables_that_no_key_links_are_not_drawn() -> None:
    assert schema_diagram([table("a"), table("b")]) is None
    assert schema_diagram([table("a", "not there")]) is None
    assert schema_diagram([]) is None


def test_every_key_is_drawn_once_and_every_table_has_a_card() -> None:
    tables = [table("a", "b", "c", "b"), table("b", "a", "b"), table("c"), table("lone"), table("lost", "nothing")]
    diagram = schema_diagram(tables)
    assert diagram
    assert sorted(card.table.name for card in diagram.cards) == ["a", "b", "c", "lone", "lost"]
    assert sorted((line.table, line.key.resource) for line in diagram.lines) == [
        *(("a", "b"), ("a", "b"), ("a", "c"), ("b", "a"), ("b", "b")),
    ]
    assert diagram.left_out == 0


def test_no_cards_overlap_and_all_stand_on_the_page() -> None:
    tables = [*(table(f"t{n}", f"t{n // 2}") for n in range(12)), *(table(f"lone {n}") for n in range(7))]
    diagram = schema_diagram(tables)
    assert diagram
    assert not any(overlap(a, b, diagram.card_width) for a, b in combinations(diagram.cards, 2))
    for card in diagram.cards:
        assert min(card.x, card.y) >= 0
        assert card.x + diagram.card_width <= diagram.width
        assert card.y + card.height <= diagram.height


def test_linked_tables_are_drawn_first_and_the_others_as_far_as_there_is_room() -> None:
    lone = [table(f"lone {n}") for n in range(MOST)]
    diagram = schema_diagram([*lone, table("a", "b"), table("b")])
    assert diagram
    names = [card.table.name for card in diagram.cards]
    assert (len(names), names[:2], diagram.left_out) == (MOST, ["a", "b"], 2)


def test_of_too_many_linked_tables_no_line_leads_to_one_that_is_not_drawn() -> None:
    diagram = schema_diagram([table("hub"), *(table(f"t{n}", "hub", f"t{n + 1}") for n in range(99)), table("t99")])
    assert diagram
    drawn = {card.table.name for card in diagram.cards}
    assert (len(drawn), diagram.left_out) == (MOST, 101 - MOST)
    assert {line.key.resource for line in diagram.lines} | {line.table for line in diagram.lines} <= drawn


def test_a_key_stands_in_its_card_and_names_are_cut_to_fit() -> None:
    long = "很长的名称" * 9
    diagram = schema_diagram([table(long, "b", key=("x", "y")), table("b")])
    assert diagram
    card = next(card for card in diagram.cards if card.table.name == long)
    assert [(row.kind, row.label) for row in card.rows] == [("primary", "x, y"), ("foreign", "to b")]
    assert card.label.endswith("…")
    assert all(card.y < row.y < card.y + card.height for row in card.rows)


def test_a_text_is_cut_by_its_width() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("数据表名称", 6) == "数据…"
