"""The Vega-Lite specification of a chart: the same for the same points, and whole in itself."""

import json
from collections.abc import Mapping
from typing import Any, Final

from minshu.charts.chart import VALUE, Chart, Look
from minshu.charts.points import Points, drawn, plain
from minshu.charts.theme import COLOURS, WIDTHS, config
from minshu.charts.words import axis_title, measure_title, nothing, title
from minshu.filters import kind
from minshu.reports import Language

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"

Spec = dict[str, Any]

_HEIGHT: Final = 320
_BAR: Final = 22
_GROUPED_BAR: Final = 12
_FEW_POINTS: Final = 60
# Letters from here on are Chinese, or as wide; how wide others are beside them.
_CHINESE: Final = 0x2E80
_LATIN: Final = 0.58
_SHORT: Final = "test(/[\\u2e80-\\uffef]/, datum.label) ? truncate(datum.label, {}) : truncate(datum.label, {})"
_TIMES: Final = {"year": "%Y", "quarter": "%Y Q%q", "month": "%Y-%m", "hour": "%m-%d %H:%M", VALUE: "%Y-%m-%d"}
_EXTREME: Final = "datum.value != 0 && (abs(datum.value) >= 1e16 || abs(datum.value) < 1e-5)"
_LARGE: Final = {
    Language.zh: ((1e8, "亿"), (1e4, "万")),
    Language.en: ((1e9, "B"), (1e6, "M")),
}


def spec_of(points: Points, look: Look, names: Mapping[str, str], source: str) -> Spec:
    """The specification. `names` is what people call the columns, and `source` tells where the data is from."""
    chart, data = points.chart, drawn(points, look.language)
    told = title(chart, names, look.language)
    spec: Spec = {
        "$schema": SCHEMA,
        "description": f"{told}. {plain(source)}",
        "title": {"text": _lines(told, look), "subtitle": plain(source)},
        "width": WIDTHS[look.width],
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": 12,
        "config": config(look.theme),
        "data": {"values": data},
    }
    if not data:
        text = {"text": {"value": nothing(look.language)}}
        return {**spec, "height": 60, "data": {"values": [{}]}, "mark": "text", "encoding": text}
    return {**spec, **_drawing(chart, data, look, names)}


def _drawing(chart: Chart, data: list[dict[str, Any]], look: Look, names: Mapping[str, str]) -> Spec:
    x, y = _along(chart, data, look, names), _measure(chart, look, names)
    colour = _colour(data, look) if chart.series else {}
    if chart.mark == "line":
        points = len(data) <= _FEW_POINTS and {"filled": True, "size": 30}
        return {"height": _HEIGHT, "mark": {"type": "line", "point": points}, "encoding": {"x": x, "y": y, **colour}}
    if chart.mark == "scatter":
        opacity = 0.75 if len(data) <= 200 else 0.45
        mark = {"type": "point", "opacity": opacity, "size": 36}
        return {"height": _HEIGHT, "mark": mark, "encoding": {"x": x, "y": y, **colour}}
    if chart.scale == "values":
        return _horizontal(chart, x, y, colour)
    mark = {"type": "bar", "orient": "vertical", "stroke": COLOURS[look.theme].paper, "strokeWidth": 0.75}
    return {
        "height": _HEIGHT,
        "mark": mark,
        "encoding": {"x": x, "x2": {"field": "end"}, "y": {**y, "stack": "zero"}, **colour},
    }


def _horizontal(chart: Chart, x: Spec, y: Spec, colour: Spec) -> Spec:
    """Bars one below the other, with their names beside them: so long names can be read."""
    stacked = chart.aggregate in ("count", "sum")
    side_by_side = bool(colour) and not stacked
    step = _GROUPED_BAR if side_by_side else _BAR
    offset = {"yOffset": {"field": "series", "sort": None}} if side_by_side else {}
    return {
        "height": {"step": step},
        "mark": {"type": "bar", "cornerRadiusEnd": 0 if colour else 2},
        "encoding": {"y": x, "x": {**y, "stack": "zero" if stacked else None}, **offset, **colour},
    }


def _along(chart: Chart, data: list[dict[str, Any]], look: Look, names: Mapping[str, str]) -> Spec:
    """The axis of x."""
    axis: Spec = {
        "title": _cut(axis_title(chart, names, look.language), _titled(look)),
        "grid": chart.mark == "scatter",
    }
    if chart.scale == "values":
        wide = 18 if look.width == "wide" else 9
        axis["labelExpr"] = _SHORT.format(wide, 2 * wide)
        if chart.mark == "line":
            axis |= {"labelAngle": -40, "labelOverlap": "greedy"}
        else:
            axis |= {"title": None, "ticks": False, "domain": False}
        return {"field": "x", "type": "nominal", "sort": None, "axis": axis}
    if chart.scale == "moments":
        axis |= {"format": _TIMES.get(chart.group, "%Y-%m-%d"), "labelOverlap": "greedy"}
        axis["tickCount"] = 8 if look.width == "wide" else 4
        return {"field": "x", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    axis |= {"labelExpr": _figure(chart, data, look.language), "labelOverlap": "greedy"}
    binned = {"bin": {"binned": True, "step": float(chart.step)}} if chart.step and chart.mark == "bar" else {}
    return {"field": "x", "type": "quantitative", **binned, "scale": {"zero": False}, "axis": axis}


def _measure(chart: Chart, look: Look, names: Mapping[str, str]) -> Spec:
    """The axis of y. Bars begin at nothing, and so do lines of sums and counts."""
    zero = chart.mark == "bar" or (chart.mark == "line" and chart.aggregate in ("count", "sum"))
    axis = {
        "title": _cut(measure_title(chart, names, look.language), _titled(look)),
        "labelExpr": _figures(look.language),
        "domain": False,
        "ticks": False,
        "tickCount": 6 if look.width == "wide" else 4,
    }
    if chart.y is None or kind(chart.y).name == "integer":
        axis["tickMinStep"] = 1
    return {"field": "y", "type": "quantitative", "scale": {"zero": zero, "nice": True}, "axis": axis}


def _colour(data: list[dict[str, Any]], look: Look) -> Spec:
    series = list(dict.fromkeys(row["series"] for row in data))
    legend = {"columns": 4 if look.width == "wide" else 2, "labelExpr": _SHORT.format(10, 20)}
    return {"color": {"field": "series", "type": "nominal", "scale": {"domain": series}, "legend": legend}}


def _figure(chart: Chart, data: list[dict[str, Any]], language: Language) -> str:
    """How the numbers of x are written: those that may be years have no comma."""
    years = kind(chart.x).name == "integer" and all(1000 <= row["x"] < 3000 for row in data)
    return "format(datum.value, '~r')" if years else _figures(language)


def _figures(language: Language) -> str:
    """An expression that writes a number as people of a language do: 万 and 亿, or M and B."""
    written = "format(datum.value, ',~r')"
    for least, unit in reversed(_LARGE[language]):
        written = f"abs(datum.value) >= {least:.0f} ? format(datum.value / {least:.0f}, ',~r') + '{unit}' : {written}"
    return f"{_EXTREME} ? format(datum.value, '.3~e') : {written}"


def _titled(look: Look) -> int:
    return 30 if look.width == "wide" else 16


def _lines(text: str, look: Look) -> list[str]:
    """A title broken into lines that fit, two at most; between words, where there are such."""
    most = 42 if look.width == "wide" else 20
    first = _fitting(text, most)
    if first == len(text):
        return [text]
    words = text.rfind(" ", first // 2, first + 1)
    first = words if words > 0 else first
    return [text[:first], _cut(text[first:].strip(), most)]


def _cut(text: str, most: int) -> str:
    """A text that is not wider than so many Chinese letters."""
    fitting = _fitting(text, most)
    return text if fitting == len(text) else f"{text[:fitting]}…"


def _fitting(text: str, most: int) -> int:
    """How many letters of a text are as wide as so many Chinese ones."""
    left = float(most)
    for index, letter in enumerate(text):
        left -= 1 if ord(letter) >= _CHINESE else _LATIN
        if left < 0:
            return index
    return len(text)


def written(spec: Spec) -> bytes:
    """The specification as a file: always the same bytes."""
    return json.dumps(spec, ensure_ascii=False, indent=1).encode()
