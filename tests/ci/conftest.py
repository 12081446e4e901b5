"""A publisher's repository, with real commits of the real git."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROWS, write_package

IDENTITY = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Repository:
    """A folder under git."""

    folder: Path

    def git(self, *words: str) -> str:
        """Run git here, untouched by the configuration of whoever runs the tests."""
        if shutil.which("git") is None:
            pytest.skip("there is no git here")
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= IDENTITY | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(["git", "-C", self.folder, *words], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        """Commit everything, and return the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def dataset(self, name: str, rows: str = ROWS, changelog: str | None = None, **descriptor: Any) -> Path:
        """Write a dataset, `1.0.0` with its changelog unless other things are said."""
        version = descriptor.get("version", "1.0.0")
        notes = f"# Changelog\n\n## {version}\n\nSomething.\n" if changelog is None else changelog
        files = {"data/items.csv": rows, **({"CHANGELOG.md": notes} if notes else {})}
        return write_package(self.folder / "datasets" / name, files, name=name, **descriptor)


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[..., Repository]:
    """Make a repository in a folder of its own."""

    def make(folder: str = "repository") -> Repository:
        (tmp_path / folder).mkdir()
        repository = Repository(tmp_path / folder)
        repository.git("init", "--quiet", "--initial-branch", "main")
        return repository

    return make


@pytest.fixture
def repository(make_repository: Callable[..., Repository]) -> Repository:
    """A repository without a commit."""
    return make_repository()
