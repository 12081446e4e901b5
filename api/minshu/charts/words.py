"""What a chart says, in the language of its reader."""

from collections.abc import Mapping
from typing import Final

from minshu.charts.chart import Aggregate, Chart
from minshu.charts.points import Left, plain
from minshu.reports import Language

AGGREGATES: Final[Mapping[Aggregate, tuple[str, str]]] = {
    "count": ("行数", "number of rows"),
    "sum": ("合计", "sum"),
    "mean": ("平均值", "mean"),
    "median": ("中位数", "median"),
    "min": ("最小值", "minimum"),
    "max": ("最大值", "maximum"),
}
UNITS: Final = {
    "year": ("年", "year"),
    "quarter": ("季度", "quarter"),
    "month": ("月", "month"),
    "week": ("周", "week"),
    "day": ("日", "day"),
    "hour": ("小时", "hour"),
}


def title(chart: Chart, names: Mapping[str, str], language: Language) -> str:
    """What the chart shows, in one line."""
    series = name_of(chart.series.name, names) if chart.series else ""
    if language is Language.en:
        by = f" and {series}" if series and chart.mark != "scatter" else f", by {series}" if series else ""
        text = f"{_title_en(chart, names)}{by}"
        return text[:1].upper() + text[1:]
    return f"{_title_zh(chart, names)}{f'，按{series}区分' if series else ''}"


def _title_zh(chart: Chart, names: Mapping[str, str]) -> str:
    x, y = name_of(chart.x.name, names), measure_title(chart, names, Language.zh)
    if chart.mark == "scatter":
        return f"{y}与{x}的关系"
    if chart.step is not None and chart.y is None:
        return f"{x}的分布"
    return f"各{_unit(chart, Language.zh) or x}的{y}"


def _title_en(chart: Chart, names: Mapping[str, str]) -> str:
    x, y = name_of(chart.x.name, names), measure_title(chart, names, Language.en)
    if chart.mark == "scatter":
        return f"{y} against {x}"
    if chart.step is not None and chart.y is None:
        return f"distribution of {x}"
    return f"{y} by {_unit(chart, Language.en) or x}"


def _unit(chart: Chart, language: Language) -> str | None:
    zh, en = UNITS.get(chart.group, (None, None))
    return zh if language is Language.zh else en


def axis_title(chart: Chart, names: Mapping[str, str], language: Language) -> str:
    """What lies along x, and in which units of time."""
    name, unit = name_of(chart.x.name, names), _unit(chart, language)
    if unit is None:
        return name
    return f"{name}（按{unit}）" if language is Language.zh else f"{name} (by {unit})"


def measure_title(chart: Chart, names: Mapping[str, str], language: Language) -> str:
    """What is measured."""
    zh, en = AGGREGATES[chart.aggregate]
    if chart.y is None:
        return zh if language is Language.zh else en
    name = name_of(chart.y.name, names)
    if chart.mark == "scatter":
        return name
    if chart.aggregate == "count":
        return f"有{name}的行数" if language is Language.zh else f"number of rows with {name}"
    return f"{name}{zh}" if language is Language.zh else f"{en} of {name}"


def name_of(column: str, names: Mapping[str, str]) -> str:
    """What people call a column."""
    return plain(names.get(column) or column)


def nothing(language: Language) -> str:
    """What stands in place of a chart of no points."""
    return "没有可以画出的数据" if language is Language.zh else "There is nothing to draw"


def left_out(left: Left, language: Language) -> list[str]:
    """What the chart does not show, in sentences; none where it shows all."""
    told = (
        (left.values, "另有 {} 个值未画出。", "{} more values are not drawn."),
        (
            left.points,
            "共有 {} 个点未画出，画出的是均匀抽取的一部分。",
            "{} points are not drawn; those drawn are an even sample.",
        ),
        (left.series, "另有 {} 个系列未画出。", "{} more series are not drawn."),
        (left.rows, "有 {} 行缺少数值，没有画出。", "{} rows lack a value, and are not drawn."),
    )
    return [(zh if language is Language.zh else en).format(f"{count:,}") for count, zh, en in told if count]
