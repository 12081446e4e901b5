"""The process that draws, held to its limits."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from minshu.charts.renderer import PICTURES, Renderer
from minshu.errors import ChartFailed

SVG = PICTURES["svg"]
SMALL: dict[str, Any] = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x"}}}
# A series of so many numbers, which Vega makes itself.
LARGE: dict[str, Any] = {"data": {"sequence": {"start": 0, "stop": 30_000_000, "as": "x"}}, "mark": "point"}
# A pattern that is tried in two to the fortieth ways, which takes time and no memory.
LONG: dict[str, Any] = {**SMALL, "transform": [{"calculate": f"test(/^(a+)+$/, '{'a' * 40}b')", "as": "y"}]}


def children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # A thread that ended meanwhile.
            found.update(map(int, (task / "children").read_text().split()))
    return found


@pytest.fixture
def fresh() -> Iterator[Callable[[float], Renderer]]:
    """Make a renderer of one's own, with a deadline."""
    made: list[Renderer] = []

    def make(deadline: float) -> Renderer:
        made.append(Renderer(deadline))
        return made[-1]

    yield make
    for renderer in made:
        renderer.close()


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_is_drawn(
    fresh: Callable[[float], Renderer],
) -> None:
    renderer = fresh(0.7)
    renderer.draw(SMALL, SVG)
    begin = time.monotonic()
    with pytest.raises(ChartFailed, match=r"within 0\.7 s"):
        renderer.draw(LONG, SVG)
    assert time.monotonic() - begin < 5
    assert renderer.draw(SMALL, SVG).startswith(b"<svg")


@pytest.mark.slow
def test_one_that_needs_too_much_memory_ends_its_process_and_nothing_else(fresh: Callable[[float], Renderer]) -> None:
    renderer = fresh(60)
    with pytest.raises(ChartFailed, match="without a picture"):
        renderer.draw(LARGE, SVG)
    assert renderer.draw(SMALL, SVG).startswith(b"<svg")


def test_a_process_that_was_killed_is_replaced(fresh: Callable[[float], Renderer]) -> None:
    before = children()
    renderer = fresh(10)
    renderer.draw(SMALL, SVG)
    [pid] = children() - before
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert renderer.draw(SMALL, SVG).startswith(b"<svg")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/data.json", "data.json", "/etc/passwd"])
def test_no_address_is_loaded(renderer: Renderer, url: str) -> None:
    with pytest.raises(ChartFailed, match="not allowed"):
        renderer.draw({**SMALL, "data": {"url": url}}, SVG)


def test_a_file_is_not_read_either(renderer: Renderer, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x\nsecret\n")
    spec = {"data": {"url": f"file://{tmp_path}/secret.csv"}, "mark": "text", "encoding": {"text": {"field": "x"}}}
    assert b"secret" not in renderer.draw(spec, SVG)


def test_what_is_no_chart_is_told_in_a_sentence(renderer: Renderer) -> None:
    with pytest.raises(ChartFailed, match="could not be drawn"):
        renderer.draw({"mark": "pie chart"}, SVG)


def test_a_closed_renderer_leaves_no_process(fresh: Callable[[float], Renderer]) -> None:
    before = children()
    with closing(Renderer()) as renderer:
        renderer.warm()
        renderer.draw(SMALL, SVG)
    assert children() == before
