"""Boxes in columns, with links that run from left to right and cross no box: a layered drawing (Sugiyama's).

Pure, and the same for the same input. What passes a column on its way to a later one is given a slot there, as if it
were a box of no height, so that no line runs through what it does not name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, pairwise
from statistics import fmean
from typing import Final

CHANNEL: Final = 64.0
"""The room between two columns, in which links bend."""

GAP: Final = 18.0
"""The room between two boxes of a column."""

SWEEPS: Final = 8

Point = tuple[float, float]


@dataclass(frozen=True)
class Link:
    """A line from a box to another. `leaves` and `enters` are how far below the tops of the two it does."""

    source: str
    target: str
    leaves: float
    enters: float


@dataclass(frozen=True)
class Layout:
    """Where everything is: the left upper corners of boxes, and the points of each link from its source on.

    Between an even point and the next one a link bends within a channel, from there on it runs straight through a
    column.
    """

    places: Mapping[str, Point]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(eq=False)
class _Slot:
    """What stands in a column: a box, or where a link passes."""

    name: str | None
    height: float
    y: float = 0.0
    left: list["_Segment"] = field(default_factory=list)
    right: list["_Segment"] = field(default_factory=list)


@dataclass(eq=False)
class _Segment:
    """The part of a link between two neighbouring columns; the numbers are how far below its slots it is there."""

    start: _Slot
    start_offset: float
    end: _Slot
    end_offset: float


Columns = list[list[_Slot]]


def layered(heights: Mapping[str, float], links: Sequence[Link], width: float) -> Layout:
    """Lay out boxes of these heights, each left of those that its links lead to. No link may lead to its own box."""
    turned = _turned(heights, links)
    arcs = [_other_way(link) if back else link for link, back in zip(links, turned, strict=True)]
    columns, chains = _columns(heights, arcs)
    _order(columns)
    _align(columns)
    slots = [(index * (width + CHANNEL), slot) for index, column in enumerate(columns) for slot in column]
    top = min((slot.y for _, slot in slots), default=0.0)
    for _, slot in slots:
        slot.y -= top
    lefts = {id(slot): left for left, slot in slots}
    routes = [tuple(_route(chain, lefts, width)) for chain in chains]
    return Layout(
        places={slot.name: (left, slot.y) for left, slot in slots if slot.name is not None},
        routes=tuple(route[::-1] if back else route for route, back in zip(routes, turned, strict=True)),
        width=len(columns) * (width + CHANNEL) - CHANNEL,
        height=max((slot.y + slot.height for _, slot in slots), default=0.0),
    )


def _turned(boxes: Iterable[str], links: Sequence[Link]) -> list[bool]:
    """Which links close a circle, and are to be laid out as if they led the other way."""
    state = dict.fromkeys(boxes, "new")
    leading: dict[str, list[int]] = {name: [] for name in state}
    for index, link in enumerate(links):
        leading[link.source].append(index)
    turned = [False] * len(links)

    def visit(name: str) -> None:
        state[name] = "open"
        for index in leading[name]:
            target = links[index].target
            turned[index] = state[target] == "open"
            if state[target] == "new":
                visit(target)
        state[name] = "done"

    for name in leading:
        if state[name] == "new":
            visit(name)
    return turned


def _other_way(link: Link) -> Link:
    return Link(link.target, link.source, link.enters, link.leaves)


def _ranks(boxes: Iterable[str], arcs: Sequence[Link]) -> dict[str, int]:
    """How many columns each box stands left of the last one: as few as may be."""
    ranks = dict.fromkeys(boxes, 0)
    for _ in range(len(ranks)):
        moved = {arc.source for arc in arcs if ranks[arc.source] <= ranks[arc.target]}
        if not moved:
            break
        ranks |= {name: max(ranks[arc.target] for arc in arcs if arc.source == name) + 1 for name in moved}
    return ranks


def _columns(heights: Mapping[str, float], arcs: Sequence[Link]) -> tuple[Columns, list[list[_Segment]]]:
    """The columns from left to right, and each arc as the segments that it is made of."""
    ranks = _ranks(heights, arcs)
    last = max(ranks.values(), default=0)
    columns: Columns = [[] for _ in range(last + 1)]
    slots = {name: _Slot(name, height) for name, height in heights.items()}
    for name, slot in slots.items():
        columns[last - ranks[name]].append(slot)
    chains = []
    for arc in arcs:
        passed = [_Slot(None, 0.0) for _ in range(ranks[arc.source] - ranks[arc.target] - 1)]
        for rank, slot in zip(range(ranks[arc.source] - 1, 0, -1), passed, strict=False):
            columns[last - rank].append(slot)
        stops = [(slots[arc.source], arc.leaves), *((slot, 0.0) for slot in passed), (slots[arc.target], arc.enters)]
        chain = [_Segment(*start, *end) for start, end in pairwise(stops)]
        for segment in chain:
            segment.start.right.append(segment)
            segment.end.left.append(segment)
        chains.append(chain)
    return columns, chains


def _order(columns: Columns) -> None:
    """Put the slots of each column in an order in which few links cross."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        to_right = sweep % 2 == 0
        _sweep(columns if to_right else columns[::-1], to_right=to_right)
        found = _crossings(columns)
        if found < fewest:
            best, fewest = [list(column) for column in columns], found
    for column, order in zip(columns, best, strict=True):
        column[:] = order


def _sweep(columns: Sequence[list[_Slot]], *, to_right: bool) -> None:
    """Sort each column by where the neighbours of its slots are, in the column before."""
    for before, column in pairwise(columns):
        ends = _places(before)
        own = {id(slot): float(index) for index, slot in enumerate(column)}

        def middle(slot: _Slot, ends: dict[int, float] = ends, own: dict[int, float] = own) -> float:
            near = [ends[id(slot)] + offset / 10_000 for slot, offset in _neighbours(slot, to_right=to_right)]
            return fmean(near) if near else own[id(slot)]

        column.sort(key=middle)


def _neighbours(slot: _Slot, *, to_right: bool) -> Iterator[tuple[_Slot, float]]:
    """The slots that a slot is linked with in the column before, and how far below their tops."""
    if to_right:
        return ((segment.start, segment.start_offset) for segment in slot.left)
    return ((segment.end, segment.end_offset) for segment in slot.right)


def _places(column: Iterable[_Slot]) -> dict[int, float]:
    return {id(slot): float(index) for index, slot in enumerate(column)}


def _crossings(columns: Columns) -> int:
    """How many pairs of links cross."""
    count = 0
    for left, right in pairwise(columns):
        starts, ends = _places(left), _places(right)
        found = [
            ((starts[id(one.start)], one.start_offset), (ends[id(one.end)], one.end_offset))
            for slot in left
            for one in slot.right
        ]
        count += sum((a[0] < b[0] and a[1] > b[1]) or (a[0] > b[0] and a[1] < b[1]) for a, b in combinations(found, 2))
    return count


def _align(columns: Columns) -> None:
    """Give each slot its height on the page: near what it is linked with, in the order of its column."""
    for column in columns:
        _spread(column, [0.0] * len(column))
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            _spread(column, [_wanted(slot) for slot in column])


def _wanted(slot: _Slot) -> float:
    """Where a slot would have to be for its links to be level, on the whole."""
    before = (one.start.y + one.start_offset - one.end_offset for one in slot.left)
    behind = (one.end.y + one.end_offset - one.start_offset for one in slot.right)
    wanted = [*before, *behind]
    return fmean(wanted) if wanted else slot.y


def _spread(column: Sequence[_Slot], wanted: Sequence[float]) -> None:
    """Place the slots as near to where they want to be as their order and the gaps let them: by least squares.

    Without the heights between them that is isotonic regression: whoever would overtake is pooled with the one before.
    """
    heights = list(accumulate((slot.height + GAP for slot in column[:-1]), initial=0.0))
    pools: list[tuple[float, int]] = []
    for value in (want - below for want, below in zip(wanted, heights, strict=False)):
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, some), (second, more) = pools[-2:]
            pools[-2:] = [((first * some + second * more) / (some + more), some + more)]
    level = [value for value, count in pools for _ in range(count)]
    for slot, value, below in zip(column, level, heights, strict=False):
        slot.y = value + below


def _route(chain: Sequence[_Segment], lefts: Mapping[int, float], width: float) -> Iterator[Point]:
    """The points of an arc: where it leaves a column, where it meets the next one, and so on."""
    for segment in chain:
        yield lefts[id(segment.start)] + width, segment.start.y + segment.start_offset
        yield lefts[id(segment.end)], segment.end.y + segment.end_offset
