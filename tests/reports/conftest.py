"""Reports to be rendered: of a hostile package, of a valid one, and of one past its limit."""

from collections.abc import Callable
from typing import Any

import pytest

from minshu.report import Report, Task, cell_error, package_error, row_error, table_error
from minshu.reports import Language, Origin, View

# What a stranger may write in a cell, to be obeyed by a browser, a terminal, an XML reader, a runner or Markdown.
HOSTILE = "<script>alert(1)</script>]]>&\"'\x1b[31m\x00\ud800\ufffe\n::error::x|y`*_@all%0A{{7*7}}\r\u2028é甲"

MakeView = Callable[..., View]


def type_error(row: int, line: int | None, cell: str, **more: Any) -> dict[str, Any]:
    """An error as frictionless writes it."""
    error = {**cell_error('type is "number/default"', row, ["1", cell], cell, "金额", 2), "type": "type-error", **more}
    return error if line is None else {**error, "lineNumber": line}


@pytest.fixture
def hostile() -> Report:
    """A report whose every text is hostile."""
    errors = (
        type_error(3, 5, HOSTILE),
        {**row_error(HOSTILE, 4, [HOSTILE]), "lineNumber": 7},
        table_error(HOSTILE),
    )
    task = Task(HOSTILE, "table", f"data/{HOSTILE}.csv", ("编号", HOSTILE), {"rows": 3}, (HOSTILE,), errors)
    return Report((task,), (package_error(HOSTILE),), (HOSTILE,), 1.25)


@pytest.fixture
def simple() -> Report:
    """One error in one table of two."""
    broken = Task("items", "table", "data/items.csv", ("编号", "金额"), {"rows": 3}, (), (type_error(3, 5, "很多"),))
    return Report((broken, Task("fine", "table", "fine.csv", ("a",), {"rows": 1_234})))


@pytest.fixture
def make_view() -> MakeView:
    """A view of a report of the package in the folder `pkg`."""

    def make(report: Report, language: Language = Language.en, **more: Any) -> View:
        return View(report, Origin("pkg", "pkg", "pkg/datapackage.json"), language, version="1.2.3", **more)

    return make
