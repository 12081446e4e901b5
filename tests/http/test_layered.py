"""Layered drawings, by what must be true of each."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from minshu.http.layered import GAP, Layout, Link, Point, layered

WIDTH = 100.0

Drawing = tuple[dict[str, float], list[Link]]


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Boxes, and links between any of them but from one to itself, circles and doubles included."""
    heights = {f"t{index}": draw(st.floats(30, 200)) for index in range(draw(st.integers(1, 12)))}
    names = list(heights)
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda pair: pair[0] != pair[1])
    ends = draw(st.lists(pairs, max_size=20)) if len(names) > 1 else []
    part = st.floats(0.1, 0.9)
    return heights, [Link(a, b, draw(part) * heights[a], draw(part) * heights[b]) for a, b in ends]


def on_curve(start: Point, end: Point) -> list[Point]:
    """Points of the line that is drawn between the two: level at both ends."""
    (x0, y0), (x1, y1) = start, end
    steps = [step / 20 for step in range(21)]
    return [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * (3 * t**2 - 2 * t**3)) for t in steps]


def points(layout: Layout, index: int) -> list[Point]:
    return [point for start, end in pairwise(layout.routes[index]) for point in on_curve(start, end)]


@given(drawings())
def test_no_boxes_overlap(drawing: Drawing) -> None:
    heights, links = drawing
    places = layered(heights, links, WIDTH).places
    assert set(places) == set(heights)
    for (a, (ax, ay)), (b, (bx, by)) in combinations(places.items(), 2):
        apart = GAP - 1e-6
        assert ax != bx or ay + heights[a] + apart <= by or by + heights[b] + apart <= ay


@given(drawings())
def test_every_link_leads_from_its_source_to_its_target(drawing: Drawing) -> None:
    heights, links = drawing
    layout = layered(heights, links, WIDTH)
    assert len(layout.routes) == len(links)
    for link, route in zip(links, layout.routes, strict=True):
        for name, offset, (x, y) in ((link.source, link.leaves, route[0]), (link.target, link.enters, route[-1])):
            left, top = layout.places[name]
            assert x in (left, left + WIDTH)
            assert abs(y - top - offset) < 1e-6


@given(drawings())
def test_no_link_runs_through_a_box(drawing: Drawing) -> None:
    heights, links = drawing
    layout = layered(heights, links, WIDTH)
    for index in range(len(links)):
        for x, y in points(layout, index):
            inside = [
                name
                for name, (left, top) in layout.places.items()
                if left + 1e-6 < x < left + WIDTH - 1e-6 and top - 1 < y < top + heights[name] + 1
            ]
            assert inside == []


@given(drawings())
def test_everything_is_within_the_page(drawing: Drawing) -> None:
    heights, links = drawing
    layout = layered(heights, links, WIDTH)
    corners = [(x, y + heights[name]) for name, (x, y) in layout.places.items()]
    for x, y in [*layout.places.values(), *corners, *(point for route in layout.routes for point in route)]:
        assert -1e-6 <= x <= layout.width + 1e-6
        assert -1e-6 <= y <= layout.height + 1e-6


@given(drawings())
def test_the_same_boxes_and_links_are_drawn_the_same(drawing: Drawing) -> None:
    heights, links = drawing
    assert layered(heights, links, WIDTH) == layered(dict(heights), list(links), WIDTH)


def test_links_that_need_not_cross_do_not() -> None:
    heights = dict.fromkeys(("a", "b", "c", "x", "y", "z"), 40.0)
    links = [Link("a", "z", 20, 20), Link("b", "y", 20, 20), Link("c", "x", 20, 20)]
    places = layered(heights, links, WIDTH).places
    left, right = (sorted(names, key=lambda name: places[name][1]) for names in ("abc", "xyz"))
    assert [{"x": "c", "y": "b", "z": "a"}[name] for name in right] == left


def test_a_chain_is_drawn_from_left_to_right_and_level() -> None:
    links = [Link("a", "b", 20, 20), Link("b", "c", 20, 20)]
    places = layered(dict.fromkeys("abc", 40.0), links, WIDTH).places
    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert len({y for _, y in places.values()}) == 1


def test_nothing_is_drawn_of_nothing() -> None:
    assert layered({}, [], WIDTH).places == {}
