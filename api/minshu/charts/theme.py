"""How charts look: the colours and letters of the site, in both themes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from minshu.charts.chart import Theme, Width

# Readers' own letters in an SVG; for a PNG and for measuring, the first of these that the server has.
FONTS: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'PingFang SC', 'Hiragino Sans GB', "
    "'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', sans-serif"
)
WIDTHS: Final[Mapping[Width, int]] = {"wide": 760, "narrow": 358}


@dataclass(frozen=True)
class Colours:
    """The colours of a theme: the site's own, and those of series, the accent first."""

    paper: str
    ink: str
    soft: str
    line: str
    series: tuple[str, ...]


COLOURS: Final[Mapping[Theme, Colours]] = {
    "light": Colours(
        paper="#fdfdfb",
        ink="#1c2024",
        soft="#5a6269",
        line="#dcdfdb",
        series=("#0b5c63", "#c4632a", "#4a6fb8", "#a13f74", "#77852a", "#6d559f", "#a3792f", "#6f777d"),
    ),
    "dark": Colours(
        paper="#14171a",
        ink="#e7e9e6",
        soft="#a3abb0",
        line="#343b40",
        series=("#7fcdd2", "#f0a273", "#9db7f2", "#e28db8", "#c2cd77", "#bba5e8", "#dcb872", "#a9b0b5"),
    ),
}


def config(theme: Theme) -> dict[str, Any]:
    """Vega-Lite's configuration of a theme."""
    colours = COLOURS[theme]
    quiet = {"labelColor": colours.soft, "titleColor": colours.soft}
    axis = {**quiet, "domainColor": colours.line, "tickColor": colours.line, "gridColor": colours.line}
    letters = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "font": FONTS,
        "background": colours.paper,
        "view": {"stroke": None},
        "axis": {**axis, **letters, "labelLimit": 0, "labelSeparation": 8, "titlePadding": 10, "tickSize": 4},
        "legend": {**quiet, **letters, "orient": "top", "labelLimit": 0, "title": None},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": colours.ink,
            "fontSize": 15,
            "fontWeight": 600,
            "subtitleColor": colours.soft,
            "subtitleFontSize": 12,
            "subtitlePadding": 6,
            "offset": 14,
        },
        "range": {"category": list(colours.series)},
        "bar": {"color": colours.series[0]},
        "line": {"color": colours.series[0], "strokeWidth": 2},
        "point": {"color": colours.series[0], "filled": True},
        "text": {"color": colours.soft, "fontSize": 14},
    }
