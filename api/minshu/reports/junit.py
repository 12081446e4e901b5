"""A report as JUnit's XML, which CI servers read: a suite for each resource, a test case for each family of checks."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # it writes; nothing is parsed

from minshu.report import Task
from minshu.reports.cells import visible
from minshu.reports.counts import counted
from minshu.reports.github import sentence
from minshu.reports.phrases import say_warning
from minshu.reports.view import Problem, View

# What is checked of every table. An error of any other type makes a case of its own.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "file": (
        "byte-count", "hash-count", "source-error", "scheme-error", "format-error", "encoding-error",
        "compression-error", "resource-error",
    ),
    "header": (
        "blank-header", "unmatched-header", "blank-label", "duplicate-label", "extra-label", "incorrect-label",
        "missing-label",
    ),
    "shape": ("blank-row", "extra-cell", "missing-cell", "field-count", "row-count"),
    "type": ("type-error",),
    "constraint": ("constraint-error", "unique-error"),
    "primary-key": ("primary-key",),
    "foreign-key": ("foreign-key",),
    "rules": ("table-error", "row-error", "cell-error"),
}  # fmt: skip
FAMILY_OF = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}
FILES_ONLY = ("file",)


def render(view: View) -> str:
    """The document. The time of the whole stands at its root; single checks share one pass and have none."""
    suites = [_suite(view, None), *(_suite(view, task) for task in view.report.tasks)]
    attributes = {
        "name": "minshu validate",
        "tests": str(sum(int(suite.get("tests", "0")) for suite in suites)),
        "failures": str(sum(int(suite.get("failures", "0")) for suite in suites)),
        "errors": "0",
        "time": f"{view.report.seconds:.3f}",
    }
    root = Element("testsuites", attributes)
    root.extend(suites)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _suite(view: View, task: Task | None) -> Element:
    name = "package" if task is None else visible(task.name)
    cases = _cases(view, task)
    failures = sum(bool(problems) for problems in cases.values())
    numbers = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": "0", "time": "0"}
    suite = Element("testsuite", {"name": name, **numbers, "file": visible(view.origin.file(task))})
    for family, problems in cases.items():
        case = SubElement(suite, "testcase", {"classname": name, "name": family, "time": "0"})
        if problems:
            _fail(view, case, problems)
    warnings = view.report.warnings if task is None else task.warnings
    if warnings:
        SubElement(suite, "system-err").text = "\n".join(
            visible(say_warning(warning, view.language)) for warning in warnings
        )
    if task is not None and task.error_count > len(task.errors):
        listed = view.either("listed: {} of {}", "列出 {} / {}").format(len(task.errors), task.error_count)
        SubElement(suite, "system-out").text = listed
    return suite


def _cases(view: View, task: Task | None) -> dict[str, list[Problem]]:
    """The families of checks in their order, each with what it found; empty where all is well."""
    families = ("descriptor",) if task is None else tuple(FAMILIES) if task.type == "table" else FILES_ONLY
    cases: dict[str, list[Problem]] = {family: [] for family in families}
    for problem in view.problems(task):
        kind = str(problem.error["type"])
        family = "descriptor" if task is None else FAMILY_OF.get(kind, kind)
        cases.setdefault(family, []).append(problem)
    return cases


def _fail(view: View, case: Element, problems: list[Problem]) -> None:
    kinds = sorted({str(problem.error["type"]) for problem in problems})
    message = counted(len(problems), "error", view.language)
    failure = SubElement(case, "failure", {"type": ", ".join(kinds), "message": message})
    failure.text = "\n".join(_listed(view, problems))


def _listed(view: View, problems: list[Problem]) -> Iterator[str]:
    for problem in problems:
        line = "" if problem.line is None else f":{problem.line}"
        yield f"{visible(problem.file)}{line}: {sentence(view, problem)}"
