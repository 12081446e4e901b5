"""A report as SARIF 2.1.0 (OASIS), which code scanning and editors read."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import orjson

from minshu.report import Task
from minshu.reports.cells import visible
from minshu.reports.github import sentence
from minshu.reports.language import Language
from minshu.reports.phrases import say_warning, title
from minshu.reports.view import Problem, View

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
WARNING = "warning"


def render(view: View) -> str:
    """One log with one run: a rule for each type of error, a result for each error and warning."""
    return log([view])


def log(views: Sequence[View]) -> str:
    """One run for several packages, since who reads logs takes one run of a tool. All are in one language."""
    results = [result for view in views for result in _results(view)]
    rules = _rules(views)
    places = {rule["id"]: position for position, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    version = next((view.version for view in views), "")
    driver = {"name": "minshu", "semanticVersion": version, "rules": rules}
    chinese = any(view.language is Language.zh for view in views)
    run = {
        "tool": {"driver": {key: value for key, value in driver.items() if value != ""}},
        "language": "zh-CN" if chinese else "en-US",
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return orjson.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, option=orjson.OPT_INDENT_2).decode()


def _results(view: View) -> Iterator[dict[str, Any]]:
    yield from _warnings(view)
    yield from (_result(view, problem) for problem in view.all_problems())


def _rules(views: Sequence[View]) -> list[dict[str, Any]]:
    kinds = {
        str(problem.error["type"]): title(problem.error, view.language)
        for view in views
        for problem in view.all_problems()
    }
    words = dict(sorted(kinds.items()))
    for view in views:
        if list(_warnings(view)):
            words[WARNING] = view.either("Warning", "警告")
    return [{"id": kind, "shortDescription": {"text": text}} for kind, text in words.items()]


def _result(view: View, problem: Problem) -> dict[str, Any]:
    return {
        "ruleId": str(problem.error["type"]),
        "level": "error",
        "message": {"text": sentence(view, problem)},
        "locations": [_location(problem.file, problem.line, _names(problem))],
    }


def _warnings(view: View) -> list[dict[str, Any]]:
    owners: Sequence[Task | None] = (None, *view.report.tasks)
    return [
        {
            "ruleId": WARNING,
            "level": "warning",
            "message": {"text": visible(say_warning(warning, view.language))},
            "locations": [_location(view.origin.file(task), None, [] if task is None else [visible(task.name)])],
        }
        for task in owners
        for warning in (view.report.warnings if task is None else task.warnings)
    ]


def _names(problem: Problem) -> list[str]:
    names = ["" if problem.task is None else problem.task.name, str(problem.error.get("fieldName") or "")]
    return [visible(name) for name in names if name]


def _location(file: str, line: int | None, names: Sequence[str]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(file)}}
    if line is not None:
        physical["region"] = {"startLine": line}
    logical = [{"name": names[-1], "fullyQualifiedName": "/".join(names)}] if names else []
    return {"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}


def uri(file: str) -> str:
    """A path as a URI reference (RFC 3986): relative ones stay relative to where the command was run."""
    path = quote(file, safe="/", errors="replace")
    return f"file://{path}" if PurePosixPath(file).is_absolute() else path
