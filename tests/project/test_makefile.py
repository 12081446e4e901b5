"""`make` lists what there is, and does nothing twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from minshu.versions import newest_first

TARGETS = {"setup", "serve", "test", "test-slow", "lint", "types", "datasets", "store", "bench", "docs", "dist"}
MAKE = shutil.which("make") or "make"


def make(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, without what an outer make hands down."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        [MAKE, "--no-print-directory", *words], cwd=cwd, env=inherited | variables, capture_output=True, text=True
    )


@pytest.fixture
def ready(root: Path, tmp_path: Path) -> Path:
    """A folder in which `make setup` seems to have been run."""
    shutil.copytree(root / "requirements", tmp_path / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    for environment in (".venv", ".venv-clients", ".venv-oldest"):
        (tmp_path / environment).mkdir()
        (tmp_path / environment / ".ready").touch()
    return tmp_path


def test_make_alone_lists_the_targets_with_a_line_each(root: Path) -> None:
    listed = dict(re.findall(r"^ +make ([a-z-]+) +(\S.*)$", make(cwd=root).stdout, re.MULTILINE))
    assert listed.keys() >= TARGETS


def test_every_target_is_phony_so_that_a_folder_of_its_name_never_hides_it(root: Path) -> None:
    text = (root / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == set(
        re.findall(r"^\.PHONY: (\S+)$", text, re.MULTILINE)
    )


@pytest.mark.parametrize("target", ["setup", ".venv-clients/.ready", ".venv-oldest/.ready"])
def test_a_second_run_installs_nothing(target: str, ready: Path) -> None:
    assert make("--question", target, cwd=ready).returncode == 0


@pytest.mark.parametrize("changed", ["requirements/dev.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_renews_the_environment(changed: str, ready: Path) -> None:
    later = (ready / ".venv/.ready").stat().st_mtime + 10
    os.utime(ready / changed, (later, later))
    assert make("--question", "setup", cwd=ready).returncode == 1


def test_without_a_python_that_is_new_enough_make_says_what_it_needs(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/dev.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / "bin").mkdir()
    old = tmp_path / "bin/python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    run = make("setup", cwd=tmp_path, PATH=f"{tmp_path}/bin")
    assert run.returncode == 2
    assert "no Python 3.11 or newer with the venv module was found" in run.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_make_store_publishes_every_dataset_with_its_history_and_nothing_twice(root: Path, tmp_path: Path) -> None:
    first = make("store", f"STORE={tmp_path}", cwd=root)
    assert first.returncode == 0, first.stderr
    published = [path.rsplit("/", 2)[1:] for path in first.stdout.splitlines() if path.startswith(str(tmp_path))]
    assert {name for name, _ in published} == {path.parent.name for path in root.glob("datasets/*/datapackage.json")}
    for name in {name for name, _ in published}:
        versions = [version for other, version in published if other == name]
        assert versions == newest_first(versions)[::-1]
        assert (len(versions) > 1) == (root / "datasets" / name / "source/earlier.py").exists()
    again = make("store", f"STORE={tmp_path}", cwd=root)
    assert "is published" not in again.stderr
    assert len(again.stderr.splitlines()) == len({name for name, _ in published})


def test_continuous_integration_calls_the_targets_that_everyone_uses(root: Path) -> None:
    script = (root / ".ci/run").read_text(encoding="utf-8")
    assert "for target in lint types test test-slow; do" in script
    assert os.access(root / ".ci/run", os.X_OK)
