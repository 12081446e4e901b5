"""A report as one self-contained page: no script, nothing fetched, readable in the dark and on paper.

What it says can be had by itself as well, for a page that has its own frame.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from minshu.report import Task
from minshu.reports.cells import shortened, visible
from minshu.reports.counts import counted
from minshu.reports.language import Language
from minshu.reports.phrases import say_warning
from minshu.reports.text import field_words
from minshu.reports.view import Problem, View

# A cell longer than this is cut, and a row wider than that: the page is to be read, the file has the rest.
CELL, COLUMNS = 200, 100


@dataclass(frozen=True)
class Cell:
    """One cell of a failing row: `failing` is marked, `absent` is not in the file."""

    text: str
    failing: bool
    absent: bool


@dataclass
class FailingRow:
    """A row with all its errors, in the order in which they are listed."""

    number: int
    line: int | None
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """What the page says of one resource."""

    name: str
    place: str
    stats: Mapping[str, Any]
    labels: list[str]
    warnings: list[str]
    general: list[str]
    rows: "list[tuple[FailingRow, list[Cell], list[str]]]"
    total: int
    unlisted: int

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to say of it."""
        return not (self.total or self.warnings)


def render(view: View) -> str:
    """The page. Everything that the package says is escaped; control characters are written as escapes."""
    return _written("report.html", view, level=1)


def findings(view: View) -> str:
    """What the page says, as HTML for a page that has its own frame and first heading: its headings begin with h2."""
    return _written("findings.html", view, level=2)


def _written(template: str, view: View, level: int) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    report = view.report
    return environment.get_template(template).render(
        view=view,
        level=level,
        say=view.either,
        lang="zh-CN" if view.language is Language.zh else "en",
        path=visible(view.origin.path),
        report=report,
        rows=sum(task.stats.get("rows") or 0 for task in report.tasks),
        errors=report.error_count,
        errors_in_words=counted(report.error_count, "error", view.language),
        count=lambda number, noun: counted(number, noun, view.language),
        warnings=[visible(say_warning(warning, view.language)) for warning in report.warnings],
        general=[_sentence(problem) for problem in view.problems(None)],
        sections=[_section(view, task) for task in report.tasks],
    )


def _section(view: View, task: Task) -> Section:
    problems = list(view.problems(task))
    rows = _rows(problems)
    names = [shortened(label, CELL) for label in task.labels[:COLUMNS]]
    widest = max((len(_given(row)) for row in rows), default=0)
    labels = names + [""] * (min(widest, COLUMNS) - len(names))
    return Section(
        name=visible(task.name),
        place=visible(task.place),
        stats=task.stats,
        labels=labels,
        warnings=[visible(say_warning(warning, view.language)) for warning in task.warnings],
        general=[_in_field(view, problem) for problem in problems if problem.row is None],
        rows=[
            (row, _cells(row, labels, task.labels), [_in_field(view, item) for item in row.problems]) for row in rows
        ],
        total=task.error_count,
        unlisted=task.error_count - len(problems),
    )


def _rows(problems: list[Problem]) -> list[FailingRow]:
    """The failing rows in the file's order, each once."""
    rows: dict[int, FailingRow] = {}
    for problem in problems:
        if problem.row is not None:
            rows.setdefault(problem.row, FailingRow(problem.row, problem.line)).problems.append(problem)
    return [rows[number] for number in sorted(rows)]


def _given(row: FailingRow) -> list[str]:
    """The row's cells, as the first error that has them tells."""
    return next((list(map(str, item.error["cells"])) for item in row.problems if item.error.get("cells")), [])


def _cells(row: FailingRow, labels: list[str], names: tuple[str, ...]) -> list[Cell]:
    given = _given(row)
    failing = set(_failing(row, names))
    return [
        Cell(
            text=shortened(given[place], CELL) if place < len(given) else "",
            failing=place in failing,
            absent=place >= len(given),
        )
        for place in range(len(labels))
    ]


def _failing(row: FailingRow, names: tuple[str, ...]) -> Iterator[int]:
    """The places, counted from 0, of the cells that errors are about."""
    for problem in row.problems:
        if problem.field_number is not None:
            yield problem.field_number - 1
        elif isinstance(fields := problem.error.get("fieldNames"), list | tuple):
            yield from (names.index(name) for name in fields if name in names)


def _in_field(view: View, problem: Problem) -> str:
    where = field_words(view, problem)
    return f"{where}{view.either(': ', '：')}{_sentence(problem)}" if where else _sentence(problem)


def _sentence(problem: Problem) -> str:
    return visible(problem.sentence) if problem.row is not None else f"{problem.kind} — {visible(problem.sentence)}"
