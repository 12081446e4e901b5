"""A report as GitHub Actions' workflow commands, which become annotations on the files of a pull request."""

from collections.abc import Iterator, Mapping

from minshu.reports.cells import shortened, visible
from minshu.reports.counts import counted
from minshu.reports.phrases import say_warning
from minshu.reports.text import field_words, row_words
from minshu.reports.view import Problem, View


def render(view: View) -> str:
    """One command a line, and a notice with the true totals: alone, where there is nothing to say."""
    return "\n".join(_lines(view))


def _lines(view: View) -> Iterator[str]:
    for task in (None, *view.report.tasks):
        for warning in view.report.warnings if task is None else task.warnings:
            yield command("warning", {"file": visible(view.origin.file(task))}, _warning(view, warning))
        for problem in view.problems(task):
            yield command("error", _place(problem), sentence(view, problem))
    verdict = view.either("valid", "有效")
    if not view.report.valid:
        verdict = view.either("invalid, ", "无效，") + counted(view.report.error_count, "error", view.language)
    yield command("notice", {"title": "minshu validate"}, f"{visible(view.origin.path)}: {verdict}")


def _warning(view: View, warning: str) -> str:
    return visible(say_warning(warning, view.language))


def _place(problem: Problem) -> dict[str, str]:
    line = {} if problem.line is None else {"line": str(problem.line)}
    return {"file": visible(problem.file), **line, "title": problem.kind}


def sentence(view: View, problem: Problem) -> str:
    """Where in the table, the value, and what was expected, in one line."""
    name = "" if problem.task is None else problem.task.name
    where = view.either(", ", "，").join(
        filter(None, (visible(name), row_words(view, problem), field_words(view, problem)))
    )
    value = "" if problem.value is None else shortened(repr(problem.value[:100]))
    return view.either(": ", "：").join(filter(None, (where, value, visible(problem.sentence))))


def command(name: str, properties: Mapping[str, str], message: str) -> str:
    """A workflow command, escaped as the runner's toolkit (`@actions/core`, command.ts) does."""
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
