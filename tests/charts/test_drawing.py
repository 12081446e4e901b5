"""Every chart that may be asked for is drawn, whatever its table holds."""

from itertools import product
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.charts.conftest import COLUMNS, World

from minshu.charts.chart import NUMBERS, Aggregate, Look, Mark, Order, Theme, Width
from minshu.charts.choices import AUTO, groups_for
from minshu.charts.points import Points, drawn
from minshu.charts.renderer import PICTURES, Renderer
from minshu.charts.spec import Spec, spec_of, written
from minshu.errors import BadParameter
from minshu.filters import kind
from minshu.reports import Language

NAMES = [name for name, *_ in COLUMNS]
SVG = "{http://www.w3.org/2000/svg}"


def spec(points: Points, look: Look | None = None) -> Spec:
    return spec_of(points, look or Look(), {"城市?": "城市\x07 <b>&名"}, "来源 1.0.0")


def draw(renderer: Renderer, points: Points, look: Look | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(renderer.draw(spec(points, look), PICTURES["svg"]))


def texts(root: ElementTree.Element) -> list[str]:
    return [text for item in root.iter(f"{SVG}text") for text in item.itertext()]


@pytest.mark.parametrize("mark", get_args(Mark))
@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_every_kind_is_drawn_with_every_mark_or_refused_in_a_sentence(
    odd: World, renderer: Renderer, name: str, mark: str
) -> None:
    column = next(column for column in odd.table.columns if column.name == name)
    try:
        points = odd.points(("_x", name), ("_mark", mark))
    except BadParameter as error:
        assert name in str(error)
        assert kind(column).name == "json" or (mark == "scatter" and kind(column).name not in (*NUMBERS, "date"))
    else:
        assert draw(renderer, points).get("width") == "760"


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_chosen_is_drawn_or_refused(odd: World, renderer: Renderer, data: Any) -> None:
    def choice(*values: str) -> str:
        return data.draw(st.sampled_from(values))  # type: ignore[no-any-return]

    mark, x = choice(*get_args(Mark)), choice(*NAMES)
    column = next(column for column in odd.table.columns if column.name == x)
    params = [
        *(("_mark", mark), ("_x", x), ("_y", choice("", *NAMES)), ("_series", choice("", *NAMES))),
        *(("_aggregate", choice(*get_args(Aggregate))), ("_group", choice(AUTO, *groups_for(column, mark)))),
        *(("_order", choice(AUTO, *get_args(Order))), ("_limit", choice("1", "3", "2000"))),
    ]
    look = Look(Language(choice("zh", "en")), choice(*get_args(Theme)), choice(*get_args(Width)))  # type: ignore[arg-type]
    try:
        points = odd.points(*params)
    except BadParameter:
        return
    first = spec(points, look)
    assert written(first) == written(spec(odd.points(*params), look))
    ElementTree.fromstring(renderer.draw(first, PICTURES["svg"]))


def test_a_png_is_twice_as_fine(odd: World, renderer: Renderer) -> None:
    data = renderer.draw(spec(odd.points(("_x", "年"))), PICTURES["png"])
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == 2 * 760


def test_what_xml_cannot_hold_and_markup_do_no_harm(odd: World, renderer: Renderer) -> None:
    root = draw(renderer, odd.points(("_x", "城市?"), ("_mark", "bar")))
    assert "a b <&>" in texts(root)
    assert not any("\x07" in text for text in texts(root))


def test_an_empty_value_is_told_from_a_text_that_looks_like_it(odd: World) -> None:
    points = odd.points(("_x", "同"), ("_mark", "bar"))
    assert {row["x"]: row["y"] for row in drawn(points, Language.zh)} == {
        "x": 4,
        "（空）": 2,
        "(null)": 1,
        "（空）′": 1,
    }


def test_a_chart_of_nothing_says_so(odd: World, renderer: Renderer) -> None:
    for mark, language in product(get_args(Mark), Language):
        points = odd.points(("_mark", mark), ("_x", "年"), ("_y", "金额"), ("年__gt", "3000"))
        said = texts(draw(renderer, points, Look(language)))
        assert ("没有可以画出的数据" if language is Language.zh else "There is nothing to draw") in said


def test_long_names_are_cut_and_large_numbers_written_as_chinese_readers_do(odd: World, renderer: Renderer) -> None:
    points = odd.points(("_x", "城市?"), ("_y", "金额"))
    zh, en = (texts(draw(renderer, points, Look(language))) for language in Language)
    assert "长" * 17 + "…" in zh
    assert any(text.endswith("万") for text in zh)
    assert any(text.endswith("M") for text in en)


def test_years_have_no_comma_and_other_numbers_do(odd: World, renderer: Renderer) -> None:
    assert "2,016" not in texts(draw(renderer, odd.points(("_x", "年"), ("_mark", "line"))))
    others = texts(draw(renderer, odd.points(("_mark", "scatter"), ("_x", "金额"), ("_y", "年"), ("_lang", "en"))))
    assert any("," in text for text in others)


@pytest.mark.parametrize("theme", get_args(Theme))
def test_the_themes_are_those_of_the_site(odd: World, renderer: Renderer, theme: Theme) -> None:
    root = draw(renderer, odd.points(("_x", "年")), Look(theme=theme))
    assert root.find(f"{SVG}rect").get("fill") == {"light": "#fdfdfb", "dark": "#14171a"}[theme]  # type: ignore[union-attr]
