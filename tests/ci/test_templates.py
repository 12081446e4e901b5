"""The action, the component and the hooks: read as their services do, and run as far as that goes without them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.ci.conftest import Repository
from tests.conftest import ROWS

from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
COMPONENT, JOBS = yaml.safe_load_all((ROOT / "templates/minshu-ci.yml").read_text("utf-8"))
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
MORE = ROWS + "4,丁,1\n"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A publisher's repository with one dataset, which is released in a store beside it."""
    (tmp_path / "work").mkdir()
    found = Repository(tmp_path / "work")
    found.git("init", "--quiet", "--initial-branch", "main")
    found.dataset("demo")
    found.commit()
    settings = Settings(store=tmp_path / "store", catalogue=found.folder)
    with opened(found.folder / "datasets/demo", settings) as package:
        publish(package, None, Store(settings.store), settings)
    return found


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with `minshu`, as if it were installed, and with a pip that does nothing."""
    folder = tmp_path / "temp/minshu/bin"
    folder.mkdir(parents=True)
    for name, line in {"minshu": f'exec "{sys.executable}" -m minshu "$@"', "pip": "exit 0"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return folder


@dataclass
class Runner:
    """What GitHub's runner does with the steps of a composite action that are scripts."""

    repository: Repository
    temp: Path
    inputs: Mapping[str, str]
    event: Mapping[str, str] = field(default_factory=dict)
    log: str = ""

    def run(self) -> int:
        """Run the steps until one fails, and return its exit code."""
        for step in ACTION["runs"]["steps"]:
            if "run" in step and (code := self._script(step)):
                return code
        return 0

    def _script(self, step: Mapping[str, Any]) -> int:
        assert step["shell"] == "bash"
        given = {name: self._value(text) for name, text in step.get("env", {}).items()}
        own = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "MINSHU_"))}
        runner = {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        done = subprocess.run(
            command, cwd=self.repository.folder, env=own | runner | given, capture_output=True, text=True, check=False
        )
        self.log += done.stdout + done.stderr
        return done.returncode

    def _value(self, text: str) -> str:
        """An expression of inputs and of the event, where `||` takes the first that is not empty."""
        return EXPRESSION.sub(lambda match: next(filter(None, map(self._name, match[1].split("||"))), ""), text)

    def _name(self, name: str) -> str:
        name = name.strip()
        if name.startswith("inputs."):
            declared = ACTION["inputs"][name.removeprefix("inputs.")]
            return self.inputs.get(name.removeprefix("inputs."), self._value(declared["default"]))
        assert name.startswith("github.event."), name
        return self.event.get(name.removeprefix("github.event."), "")

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps handed on, by the rules of `GITHUB_OUTPUT`."""
        found, lines = {}, iter((self.temp / "output").read_text("utf-8").splitlines())
        for line in lines:
            name, heredoc, end = line.partition("<<")
            if not heredoc or "=" in name:
                name, _, found[name] = line.partition("=")
                continue
            found[name] = "\n".join(iter(lambda: next(lines), end))  # read at once
        return found


# The action


def test_the_action_tells_of_a_change_by_annotations_a_summary_a_comment_and_sarif(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    base = repository.commit()
    repository.dataset("demo", MORE, version="1.0.1")
    repository.commit()
    runner = Runner(repository, tmp_path / "temp", {"store": "../store"}, {"pull_request.base.sha": base})
    assert runner.run() == 1
    assert "::error file=datasets/demo/datapackage.json,title=Version::version 1.0.1 is too small" in runner.log
    outputs = runner.outputs
    assert outputs["passes"] == "false"
    assert outputs["comment"].startswith("## ❌ minshu ci: 1 of 1 package cannot be released.")
    assert outputs["comment"].rstrip() == (tmp_path / "temp/summary").read_text("utf-8").rstrip()
    assert Path(outputs["comment-file"]).read_text("utf-8").rstrip() == outputs["comment"].rstrip()
    assert [one["ruleId"] for one in json.loads(Path(outputs["sarif"]).read_bytes())["runs"][0]["results"]] == [
        "version-error"
    ]


def test_the_action_passes_a_change_that_is_right(repository: Repository, programs: Path, tmp_path: Path) -> None:
    repository.dataset("demo", MORE, version="1.1.0")
    repository.commit()
    runner = Runner(repository, tmp_path / "temp", {"store": "../store", "paths": "datasets/demo\n"})
    assert runner.run() == 0, runner.log
    assert runner.outputs["passes"] == "true"
    assert "after 1.0.0" in runner.outputs["comment"]


def test_the_action_fetches_the_base_that_a_shallow_checkout_lacks(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    repository.dataset("other")
    base = repository.commit()
    repository.dataset("demo", MORE, version="1.1.0")
    repository.commit()
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.folder}", str(tmp_path / "clone"))
    runner = Runner(Repository(tmp_path / "clone"), tmp_path / "temp", {"store": "../store"}, {"before": base})
    assert runner.run() == 0, runner.log
    assert "datasets/demo" in runner.outputs["comment"]
    assert "datasets/other" not in runner.outputs["comment"]


def test_a_long_comment_is_cut_between_lines_and_the_summary_is_not(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    (programs / "minshu").write_text(
        '#!/bin/sh\nwhile [ "$1" != --summary ]; do shift; done\nyes 一二三四五六七八九十 | head -n 9000 > "$2"\n'
    )
    runner = Runner(repository, tmp_path / "temp", {})
    assert runner.run() == 0
    assert len(runner.outputs["comment"]) < 65_536
    assert runner.outputs["comment"].endswith("The summary of the job has all of it.")
    assert len((tmp_path / "temp/summary").read_text("utf-8").splitlines()) == 9000


def test_what_cannot_be_told_fails_the_action_without_outputs(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    runner = Runner(repository, tmp_path / "temp", {"store": "gone"})
    assert runner.run() == 2
    assert "There is no store at gone" in runner.log
    assert not (tmp_path / "temp/output").exists()


def test_no_input_is_put_into_the_text_of_a_script() -> None:
    assert [step["name"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")] == []


def test_every_input_of_the_action_is_used_and_every_output_is_made() -> None:
    steps = ACTION["runs"]["steps"]
    used = set(re.findall(r"inputs\.([a-z-]+)", str(steps)))
    assert used == set(ACTION["inputs"])
    made = set(re.findall(r'echo "([a-z-]+)(?:=|<<)', "".join(step.get("run", "") for step in steps)))
    assert made == set(ACTION["outputs"])
    assert {output["value"] for output in ACTION["outputs"].values()} == {
        f"${{{{ steps.ci.outputs.{name} }}}}" for name in made
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_action_installs_exactly_the_locks_and_nothing_twice(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    runner = Runner(repository, tmp_path / "temp", {"python": sys.executable, "paths": "datasets/demo"})
    assert runner.run() == 0, runner.log
    made = (tmp_path / "temp/minshu/bin/minshu").stat().st_mtime_ns
    assert runner.run() == 0, runner.log
    assert (tmp_path / "temp/minshu/bin/minshu").stat().st_mtime_ns == made


# GitLab's component


def component(repository: Repository, programs: Path, inputs: Mapping[str, str], **variables: str) -> tuple[int, str]:
    """Run the job as GitLab's runner does: inputs put in, variables set, the lines as one script."""
    declared = {name: str(spec.get("default")) for name, spec in COMPONENT["spec"]["inputs"].items()}

    def filled(text: str) -> str:
        return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda match: {**declared, **inputs}[match[1]], str(text))

    job = JOBS["minshu-ci"]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "CI_", "MINSHU_"))}
    own["PATH"] = f"{programs}:{own['PATH']}"
    given = {name: filled(text) for name, text in job["variables"].items()}
    script = "set -e\n" + "\n".join(job["script"])
    done = subprocess.run(
        ["sh", "-c", script], cwd=repository.folder, env=own | given | variables, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_the_component_tells_of_a_change_and_leaves_its_artifacts(repository: Repository, programs: Path) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.dataset("demo", MORE, version="1.0.1")
    repository.commit()
    merge = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    code, log = component(repository, programs, {"store": "../store"}, **merge)
    assert (code, "datasets/demo: version 1.0.1 is too small" in log) == (1, True)
    for path in JOBS["minshu-ci"]["artifacts"]["paths"]:
        assert (repository.folder / path).stat().st_size > 0


def test_the_component_looks_at_everything_in_the_first_push_of_a_branch(
    repository: Repository, programs: Path
) -> None:
    code, log = component(repository, programs, {"store": "../store"}, CI_COMMIT_BEFORE_SHA="0" * 40)
    assert (code, "1.0.0 is released already" in log) == (0, True)


def test_every_input_of_the_component_is_used() -> None:
    assert set(re.findall(r"inputs\.([a-z-]+)", str(JOBS))) == set(COMPONENT["spec"]["inputs"])


# Hooks for pre-commit


def hook(repository: Repository, programs: Path, name: str, *files: str) -> tuple[int, str]:
    """Run a hook as pre-commit does: its entry, with the files that it wants."""
    wanted = [file for file in files if re.search(HOOKS[name]["files"], file)]
    if not wanted:
        return 0, "(no files to check)"
    words = [*HOOKS[name]["entry"].split(), *(wanted if HOOKS[name].get("pass_filenames", True) else [])]
    words[0] = str(programs / words[0])
    done = subprocess.run(words, cwd=repository.folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_hook_looks_at_the_packages_of_the_files_of_a_commit(repository: Repository, programs: Path) -> None:
    shutil.copytree(repository.folder.parent / "store", repository.folder / "store")
    repository.dataset("demo", MORE, version="1.0.1")
    code, log = hook(repository, programs, "minshu-ci", "datasets/demo/data/items.csv", "README.md")
    assert (code, "datasets/demo: version 1.0.1 is too small" in log) == (1, True)
    assert hook(repository, programs, "minshu-ci", "README.md") == (0, "(no files to check)")


def test_the_hook_for_schemas_changes_the_descriptor(repository: Repository, programs: Path) -> None:
    schema = repository.folder / "schemas/demo/items.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"fields": [{"name": "编号", "type": "string"}]}', "utf-8")
    code, log = hook(repository, programs, "minshu-inline", "schemas/demo/items.json")
    assert (code, log.strip()) == (0, "datasets/demo/datapackage.json")
    assert repository.git("status", "--porcelain", "--untracked-files=no") == "M datasets/demo/datapackage.json"


def test_the_hooks_have_what_pre_commit_needs() -> None:
    for name, found in HOOKS.items():
        assert {"id", "name", "entry", "language"} <= set(found), name
        assert found["language"] == "python"


# This repository's own


def own_check(folder: Path, programs: Path) -> tuple[int, str]:
    """Run `.ci/datasets` as it is in another repository."""
    for place, target in ((folder / ".ci/datasets", ROOT / ".ci/datasets"), (folder / ".venv/bin", programs)):
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            place.symlink_to(target) if target.is_dir() else shutil.copy(target, place)
    done = subprocess.run([folder / ".ci/datasets"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_change_of_this_repository_s_datasets_is_held_against_the_commit_before(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    repository.dataset("demo", MORE)
    repository.commit()
    code, log = own_check(repository.folder, programs)
    assert (code, "1.0.0 is published already, and differs: items: 1 row is new (minor)" in log) == (1, True)
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.folder}", str(tmp_path / "clone"))
    code, log = own_check(tmp_path / "clone", programs)
    assert (code, "every package was looked at" in log) == (0, True)


# The page


def test_the_page_names_every_input_output_and_hook() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    names = [*ACTION["inputs"], *ACTION["outputs"], *COMPONENT["spec"]["inputs"], *HOOKS]
    assert [name for name in names if f"`{name}`" not in page and f"{name}:" not in page] == []


def test_every_example_of_the_page_can_be_read() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 3
    assert all(yaml.safe_load(example) for example in examples)
