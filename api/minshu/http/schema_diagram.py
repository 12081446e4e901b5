"""The keys of a release's tables as a drawing: a card for each table, and a line for each foreign key.

Pure: what is drawn where. A template writes it as SVG, and says the same as a list to who sees no drawing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from minshu.http.layered import CHANNEL, Layout, Link, Point, layered
from minshu.http.pages import width
from minshu.manifest import ReleasedForeignKey, ReleasedTable

MOST: Final = 24
"""How many tables are drawn: more would be a tangle, and the list has them all."""

CARD: Final = 188.0
"""The width of a card."""

LETTERS: Final = 21
"""How many Latin letters wide the names in a card may be."""

HEAD: Final = 48.0
ROW: Final = 22.0
FOOT: Final = 8.0
MARGIN: Final = 1.0
"""Room for the edges of the outermost cards."""

LOOP: Final = 40.0
"""How far a key of a table to itself stands out."""


@dataclass(frozen=True)
class KeyRow:
    """A key of a table as it stands in its card. `label` is cut to what fits; `fields` are whole."""

    kind: Literal["primary", "foreign"]
    label: str
    fields: tuple[str, ...]
    y: float


@dataclass(frozen=True)
class Card:
    """A table in its place."""

    table: ReleasedTable
    label: str
    rows: tuple[KeyRow, ...]
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Line:
    """A foreign key as a path of SVG, which ends at what it names."""

    table: str
    key: ReleasedForeignKey
    path: str


@dataclass(frozen=True)
class Diagram:
    """The whole drawing. `left_out` is how many tables are not in it."""

    cards: tuple[Card, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    left_out: int

    @property
    def card_width(self) -> float:
        """How wide every card is."""
        return CARD


def schema_diagram(tables: Sequence[ReleasedTable]) -> Diagram | None:
    """The drawing of these tables; None where no key leads from one to another, for it would tell nothing."""
    known = {table.name: table for table in tables}
    named = {key.resource for table in tables for key in table.foreign_keys if key.resource in known}
    linked = [table for table in tables if table.name in named or any(_keys(table, known))][:MOST]
    if not linked:
        return None
    drawn = {table.name: table for table in linked}
    lone = [table for table in tables if table.name not in drawn][: MOST - len(linked)]
    keys = [(table, key) for table in linked for key in _keys(table, drawn)]
    apart = [(table, key) for table, key in keys if key.resource != table.name]
    links = [
        Link(table.name, key.resource, _leaves(table, key), _enters(drawn[key.resource], key)) for table, key in apart
    ]
    layout = layered({table.name: _height(table) for table in linked}, links, CARD)
    loops = [(table, key) for table, key in keys if key.resource == table.name]
    lines = [
        *(Line(table.name, key, _path(route)) for (table, key), route in zip(apart, layout.routes, strict=True)),
        *(Line(table.name, key, _loop(table, key, layout.places[table.name])) for table, key in loops),
    ]
    cards = [_card(table, layout.places[table.name]) for table in linked]
    cards.extend(_in_rows(lone, layout))
    return Diagram(
        cards=tuple(cards),
        lines=tuple(lines),
        width=max(card.x for card in cards) + CARD + MARGIN + (LOOP if loops else 0.0),
        height=max(card.y + card.height for card in cards) + MARGIN,
        left_out=len(tables) - len(cards),
    )


def _keys(table: ReleasedTable, known: dict[str, ReleasedTable]) -> Iterator[ReleasedForeignKey]:
    """The foreign keys of a table that name a table there is."""
    return (key for key in table.foreign_keys if key.resource in known)


def _rows(table: ReleasedTable) -> Iterator[tuple[Literal["primary", "foreign"], tuple[str, ...]]]:
    if table.primary_key:
        yield "primary", table.primary_key
    yield from (("foreign", key.fields) for key in table.foreign_keys)


def _height(table: ReleasedTable) -> float:
    count = sum(1 for _ in _rows(table))
    return HEAD + count * ROW + (FOOT if count else 0.0)


def _leaves(table: ReleasedTable, key: ReleasedForeignKey) -> float:
    """How far below the top of its card a key stands."""
    position = table.foreign_keys.index(key) + bool(table.primary_key)
    return HEAD + (position + 0.5) * ROW


def _enters(table: ReleasedTable, key: ReleasedForeignKey) -> float:
    """How far below the top of a card a key that names it ends: at the primary key, else at the table's name."""
    return HEAD + 0.5 * ROW if table.primary_key == key.reference_fields else HEAD / 2


def _card(table: ReleasedTable, place: Point) -> Card:
    x, y = place[0] + MARGIN, round(place[1] + MARGIN, 1)
    rows = (
        KeyRow(kind, cut(", ".join(fields), LETTERS), fields, y + HEAD + (position + 0.5) * ROW)
        for position, (kind, fields) in enumerate(_rows(table))
    )
    return Card(table, cut(table.name, LETTERS), tuple(rows), x, y, _height(table))


def _in_rows(tables: Sequence[ReleasedTable], layout: Layout) -> Iterator[Card]:
    """The cards of tables that no key leads from or to, below the others, side by side as far as these reach."""
    step = CARD + CHANNEL / 2
    beside = max(2, int((layout.width + CHANNEL / 2) // step))
    y = layout.height + CHANNEL / 2
    for start in range(0, len(tables), beside):
        row = tables[start : start + beside]
        yield from (_card(table, (index * step, y)) for index, table in enumerate(row))
        y += max(map(_height, row)) + CHANNEL / 2


def _path(route: Sequence[Point]) -> str:
    """A line that bends in the channels and is straight within the columns."""
    points = [(x + MARGIN, y + MARGIN) for x, y in route]
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for position, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        middle = (x0 + x1) / 2
        bend = f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        parts.append(bend if position % 2 == 0 else f"L{x1:.1f} {y1:.1f}")
    return "".join(parts)


def _loop(table: ReleasedTable, key: ReleasedForeignKey, place: Point) -> str:
    """The line of a key that names its own table, along the right side of its card."""
    x, top = place[0] + MARGIN + CARD, place[1] + MARGIN
    start, end = top + _leaves(table, key), top + _enters(table, key)
    return f"M{x:.1f} {start:.1f}C{x + LOOP:.1f} {start:.1f} {x + LOOP:.1f} {end:.1f} {x:.1f} {end:.1f}"


def cut(text: str, most: int) -> str:
    """A text of no more than so many Latin letters' width, with an ellipsis where it is longer."""
    if width(text) <= most:
        return text
    while width(text) >= most:
        text = text[:-1]
    return f"{text}…"
