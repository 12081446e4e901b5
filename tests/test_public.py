"""What `import minshu` gives, and that it gives it at once."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minshu
from minshu.errors import PackageNotFound
from minshu.report import Report
from minshu.settings import Settings


def test_the_public_names_are_these() -> None:
    assert minshu.__all__ == ["validate"]
    assert list(inspect.signature(minshu.validate).parameters) == ["path", "rules", "settings"]


def test_importing_minshu_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import minshu; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.strip(" '[]") for name in done.stdout.strip().split(",")}
    assert {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names} == {"minshu"}


def test_a_small_package_without_rules_waits_for_no_library_that_it_does_not_need(make_package: Any) -> None:
    heavy = ["pandera", "polars", "pyarrow", "fastapi", "rich", "httpx", "prometheus_client", "obstore", "jinja2"]
    code = (
        "import minshu, sys\n"
        "assert minshu.validate(sys.argv[1]).valid\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(make_package())]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_validate_gives_a_report_of_a_path_or_its_text(make_package: Any, settings: Settings) -> None:
    package = make_package()
    for path in (package, str(package), package / "data/items.csv"):
        report = minshu.validate(path, settings=settings)
        assert isinstance(report, Report)
        assert report.valid


def test_validate_runs_the_rules_that_it_is_given(make_package: Any, settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "r.py"
    rules.write_text(
        "from minshu.checks import Rule\n"
        "RULES = (Rule(name='r', table='items', description='No.', sql='select _row from items'),)\n",
        "utf-8",
    )
    assert minshu.validate(make_package(), rules=str(rules), settings=settings).error_count == 3


def test_validate_raises_where_there_is_nothing(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(PackageNotFound):
        minshu.validate(tmp_path / "absent", settings=settings)
