"""Scorecards as text for a terminal, and as Markdown."""

from collections.abc import Iterator, Sequence

from minshu.bilingual import chinese_letters, localized
from minshu.reports import Language
from minshu.reports.cells import visible
from minshu.scorecard.cards import CatalogueScorecard, Scorecard
from minshu.scorecard.figure import Figure
from minshu.scorecard.measures import BY_NAME, MEASURES, Text
from minshu.scorecard.words import STATUS, fraction, left_out, shown

HEAD = (Text("指标", "Measure"), Text("数值", "Value"), Text("计数", "Counted"), Text("未计入", "Not in it"))


def text(card: CatalogueScorecard, language: Language) -> str:
    """The catalogue first, then each dataset; figures below each other."""
    return "\n".join(_text_lines(card, language))


def markdown(card: CatalogueScorecard, language: Language) -> str:
    """A table of the catalogue's figures, and one of the datasets'."""
    lines = [f"# {_heading(card, language)}", "", *_markdown_table(_rows(card.figures, language), language)]
    for one in card.datasets:
        lines += [
            "",
            f"## {_escaped(_title(one, language))}",
            "",
            *_markdown_table(_rows(one.figures, language), language),
        ]
    return "\n".join([*lines, ""])


def methods(language: Language) -> str:
    """What each measure counts, in Markdown: a part of docs/scorecard.md."""
    return "\n".join(
        f"### {measure.name}\n\n**{measure.title.in_(language)}.** {measure.how.in_(language)}\n\n"
        f"From {', '.join(f'`{source}`' for source in measure.sources)}.\n"
        for measure in MEASURES
    )


def _text_lines(card: CatalogueScorecard, language: Language) -> Iterator[str]:
    yield _heading(card, language)
    yield from _aligned(_rows(card.figures, language))
    for one in card.datasets:
        yield ""
        if one.is_withdrawn:
            yield f"{visible(_title(one, language))}: {STATUS['withdrawn'].in_(language)}"
        else:
            yield visible(_title(one, language))
            yield from _aligned(_rows(one.figures, language))
    yield ""


def _heading(card: CatalogueScorecard, language: Language) -> str:
    count, gone = len(card.datasets), card.withdrawn
    if language is Language.zh:
        return f"开放就绪度：{count} 个数据集，{f'其中 {gone} 个已撤回，' if gone else ''}{card.day}"
    withdrawn = f"{gone} of them withdrawn, " if gone else ""
    return f"Opening readiness: {count} dataset{'' if count == 1 else 's'}, {withdrawn}{card.day}"


def _title(card: Scorecard, language: Language) -> str:
    return f"{card.name} {card.release.version} {localized(language, card.title)}"


def _rows(figures: Sequence[Figure], language: Language) -> list[tuple[str, str, str, str]]:
    return [
        (BY_NAME[one.name].title.in_(language), shown(one, language), fraction(one), left_out(one, language))
        for one in figures
    ]


def _aligned(rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    widths = [max(_width(row[index]) for row in rows) for index in range(3)]
    for title, value, counted, rest in rows:
        cells = (_left(title, widths[0]), _right(value, widths[1]), _right(counted, widths[2]), rest)
        yield f"  {'  '.join(cells)}".rstrip()


def _markdown_table(rows: list[tuple[str, str, str, str]], language: Language) -> Iterator[str]:
    yield f"| {' | '.join(head.in_(language) for head in HEAD)} |"
    yield "| --- | ---: | ---: | --- |"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _escaped(words: str) -> str:
    """A publisher's text on one line, of which Markdown makes nothing else."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in " ".join(words.split()))


def _width(words: str) -> int:
    return len(words) + chinese_letters(words)


def _left(words: str, width: int) -> str:
    return words + " " * (width - _width(words))


def _right(words: str, width: int) -> str:
    return " " * (width - _width(words)) + words
