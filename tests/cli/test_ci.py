"""`minshu ci`, as publishers' continuous integration runs it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ci.conftest import Repository
from tests.conftest import ROWS

Run = Callable[..., subprocess.CompletedProcess[str]]
MORE = ROWS + "4,丁,1\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The folder that the commands run in, under git, with one dataset that is committed."""
    found = Repository(tmp_path)
    found.git("init", "--quiet", "--initial-branch", "main")
    (tmp_path / ".gitignore").write_text("/store/\n/out*\n")
    found.dataset("demo")
    found.commit()
    return found


def test_a_change_is_told_in_markdown_in_a_summary_and_in_sarif(
    minshu: Run, repository: Repository, tmp_path: Path
) -> None:
    minshu("publish", "datasets/demo")
    repository.dataset("untouched")
    repository.commit()
    repository.dataset("demo", MORE, version="1.0.1")
    repository.commit()
    done = minshu("ci", "--sarif", "out.sarif", GITHUB_STEP_SUMMARY=str(tmp_path / "out.md"))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (tmp_path / "out.md").read_text("utf-8")
    assert "version 1.0.1 is too small&#58; items&#58; 1 row is new (minor) → at least 1.1.0" in done.stdout
    assert "untouched" not in done.stdout
    (run,) = json.loads((tmp_path / "out.sarif").read_bytes())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["version-error"]


def test_a_change_that_says_what_it_is_passes(minshu: Run, repository: Repository) -> None:
    minshu("publish", "datasets/demo")
    repository.dataset("demo", MORE, version="1.1.0")
    done = minshu("ci", "--base", "HEAD", "--format", "text")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "datasets/demo: 1.1.0 can be released after 1.0.0 (minor)"


def test_what_cannot_be_told_exits_2(minshu: Run, repository: Repository) -> None:
    unknown = minshu("ci", "--base", "gone")
    assert (unknown.returncode, "There is no commit 'gone'" in unknown.stderr) == (2, True)
    nobody = minshu("ci", "datasets/demo", "--against", "http://127.0.0.1:9")
    assert (nobody.returncode, "does not answer" in nobody.stderr) == (2, True)


def test_rules_of_the_catalogue_are_run(minshu: Run, repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "validators").mkdir()
    rule = 'Rule(name="few", table="items", description="Few rows.", sql="select _row from items where _row > 3")'
    (tmp_path / "validators/demo.py").write_text(f"from minshu.checks import Rule\n\nRULES = ({rule},)\n")
    done = minshu("ci", "--format", "text")
    assert (done.returncode, "Few rows." in done.stdout) == (1, True)


def test_the_releases_of_a_service_are_compared_with(minshu: Run, service: str, tmp_path: Path) -> None:
    package = Path(__file__).parents[2] / "datasets" / "fujian-divisions"
    done = minshu("ci", package, "--against", service, "--catalogue", package.parents[1], "--format", "json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["packages"]
    assert (found["released"], found["base"]) == (True, "1.21.0")
    first = Repository(tmp_path).dataset("never-seen")
    done = minshu("ci", first, "--against", service, "--format", "text")
    assert "1.0.0 can be released, with nothing before it to compare with" in done.stdout
