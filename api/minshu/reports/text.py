"""A report as text for people: by resource, each error with its row, field, value and what was expected."""

from collections.abc import Iterator, Sequence

from minshu.report import Task
from minshu.reports.cells import shortened, visible
from minshu.reports.counts import counted
from minshu.reports.phrases import say_warning
from minshu.reports.view import Problem, View

RED, YELLOW, GREEN, BOLD = "31", "33", "32", "1"


def render(view: View) -> str:
    """The report in lines: the verdict last, where a terminal leaves the eye."""
    return "\n".join(_lines(view))


def _lines(view: View) -> Iterator[str]:
    yield from (_warning(view, warning) for warning in view.report.warnings)
    for problem in view.problems(None):
        word = _coloured(view, view.either("error", "错误"), RED)
        yield view.either(": ", "：").join((word, problem.kind, visible(problem.sentence)))
    for task in view.report.tasks:
        if task.errors or task.warnings:
            yield from _task_lines(view, task)
    yield _verdict(view)


def _verdict(view: View) -> str:
    report = view.report
    valid = view.either("valid", "有效")
    invalid = view.either("invalid, ", "无效，") + counted(report.error_count, "error", view.language)
    word = _coloured(view, valid, GREEN) if report.valid else _coloured(view, invalid, RED)
    tables = counted(sum(task.type == "table" for task in report.tasks), "table", view.language)
    rows = counted(sum(task.stats.get("rows") or 0 for task in report.tasks), "row", view.language)
    facts = view.either(f"({tables}, {rows}, {report.seconds:.1f} s)", f"（{tables}，{rows}，{report.seconds:.1f} 秒）")
    return f"{visible(view.origin.path)}{view.either(': ', '：')}{word}{view.either(' ', '')}{facts}"


def _task_lines(view: View, task: Task) -> Iterator[str]:
    head = view.either(f"{task.name} ({task.place}): ", f"{task.name}（{task.place}）：")
    yield _coloured(view, visible(head) + counted(task.error_count, "error", view.language), BOLD)
    yield from (f"  {_warning(view, warning)}" for warning in task.warnings)
    rows = [_cells(view, problem) for problem in view.problems(task)]
    widths = [max(map(_width, column)) for column in list(zip(*rows, strict=True))[:3]]
    for row in rows:
        yield _table_row(view, row, widths)
    if task.error_count > len(rows):
        yield "  " + view.either(f"… the first {len(rows):,} are listed", f"……只列出前 {len(rows):,} 处")
    if rows:
        yield ""


def _table_row(view: View, row: Sequence[str], widths: Sequence[int]) -> str:
    styles = ("", "", RED)
    cells = (
        _coloured(view, text, style) + " " * (width - _width(text))
        for text, width, style in zip(row[:3], widths, styles, strict=True)
    )
    return ("  " + "  ".join(cells) + "  " + row[3]).rstrip()


def _cells(view: View, problem: Problem) -> tuple[str, str, str, str]:
    """Where, in which field, the value, and what was expected."""
    value = repr(problem.value[:100]) if problem.value is not None else ""
    return row_words(view, problem), field_words(view, problem), shortened(value), visible(problem.sentence)


def row_words(view: View, problem: Problem) -> str:
    """The row, and its line in the file where that is another number."""
    if problem.row is None:
        return ""
    row = view.either(f"row {problem.row}", f"第 {problem.row} 行")
    if problem.line is None or problem.line == problem.row:
        return row
    return row + view.either(f" (line {problem.line})", f"（文件第 {problem.line} 行）")


def field_words(view: View, problem: Problem) -> str:
    """The field by its number and name."""
    name = shortened(problem.field)
    if problem.field_number is None:
        return name
    number = view.either(f"field {problem.field_number}", f"字段 {problem.field_number}")
    return f"{number} {name}".rstrip()


def _warning(view: View, warning: str) -> str:
    word = _coloured(view, view.either("warning", "警告"), YELLOW)
    return f"{word}{view.either(': ', '：')}{visible(say_warning(warning, view.language))}"


def _coloured(view: View, text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if view.colour and style and text else text


def _width(text: str) -> int:
    """The columns that a text takes on a terminal, where Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)
