"""A report as GitHub-flavoured Markdown, for a job's summary or a comment: a table of resources, then the errors."""

import re
from collections.abc import Iterator
from itertools import islice

from minshu.reports.cells import shortened, visible
from minshu.reports.counts import counted
from minshu.reports.phrases import say_warning
from minshu.reports.text import field_words, row_words
from minshu.reports.view import Problem, View

# The most errors listed: a comment holds 65,536 characters, and nobody reads past this many.
LISTED = 50
LONGEST = 200
# Whatever Markdown, HTML or GitHub (mentions, emoji, references, addresses) would take for its own.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~@&!$:]")


def render(view: View) -> str:
    """The verdict, the resources with their true totals, and the first errors."""
    return "\n".join(_lines(view))


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, in a table's cell too. Entities work everywhere; backslashes don't."""
    return SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(text))


def _lines(view: View) -> Iterator[str]:
    report = view.report
    verdict = view.either("valid", "有效")
    if not report.valid:
        verdict = view.either("invalid, ", "无效，") + counted(report.error_count, "error", view.language)
    mark = "✅" if report.valid else "❌"
    yield f"### {mark} {escaped(view.origin.path)}{view.either(': ', '：')}{verdict}"
    yield ""
    yield from body(view)


def body(view: View) -> Iterator[str]:
    """The lines below the verdict."""
    report = view.report
    yield from _resources(view)
    warnings = [*report.warnings, *(warning for task in report.tasks for warning in task.warnings)]
    yield from (f"- ⚠️ {escaped(shortened(say_warning(warning, view.language), LONGEST))}" for warning in warnings)
    if warnings:
        yield ""
    yield from _errors(view)


def _resources(view: View) -> Iterator[str]:
    if not view.report.tasks:
        return
    yield view.either("| resource | file | rows | errors |", "| 资源 | 文件 | 行数 | 错误 |")
    yield "| --- | --- | ---: | ---: |"
    for task in view.report.tasks:
        rows = task.stats.get("rows")
        count = "" if rows is None else f"{rows:,}"
        yield f"| {escaped(task.name)} | {escaped(view.origin.file(task))} | {count} | {task.error_count:,} |"
    yield ""


def _errors(view: View) -> Iterator[str]:
    listed = list(islice(view.all_problems(), LISTED))
    if not listed:
        return
    yield view.either("| where | field | value | what is wrong |", "| 位置 | 字段 | 值 | 问题 |")
    yield "| --- | --- | --- | --- |"
    yield from (_row(view, problem) for problem in listed)
    every = view.report.error_count
    if every > len(listed):
        yield ""
        yield view.either(
            f"The first {len(listed)} of {every:,} errors.", f"共 {every:,} 处错误，列出前 {len(listed)} 处。"
        )


def _row(view: View, problem: Problem) -> str:
    name = "" if problem.task is None else shortened(problem.task.name)
    where = " ".join(filter(None, (name, row_words(view, problem))))
    value = "" if problem.value is None else f"<code>{escaped(shortened(problem.value)) or '&nbsp;'}</code>"
    sentence = escaped(shortened(problem.sentence, LONGEST))
    return f"| {escaped(where)} | {escaped(field_words(view, problem))} | {value} | {sentence} |"
