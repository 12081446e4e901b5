"""What tests share: packages on disk, a store, and the command line as its users run it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from minshu.descriptors import opened
from minshu.publish import Published, publish
from minshu.settings import Settings
from minshu.store import Store

ROOT = Path(__file__).parents[1]

# A verdict on a change must not hang on the day's luck: chance looks for new examples on developers' machines.
# Nor on how busy the machine is: what must be quick is measured by `make bench`.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("busy")
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

Files = Mapping[str, str | bytes]
MakePackage = Callable[..., Path]

SCHEMA = {
    "fields": [
        {"name": "编号", "type": "integer", "constraints": {"required": True}},
        {"name": "名称", "type": "string"},
        {"name": "金额", "type": "number"},
    ],
    "primaryKey": ["编号"],
}
ROWS = '编号,名称,金额\n1,甲,1.10\n2,"乙,丙",-3\n3,,\n'


def write_package(folder: Path, files: Files, **descriptor: Any) -> Path:
    """A package of one table in a folder; keywords override its descriptor, None leaves a property out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    whole = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "demo",
        "version": "1.0.0",
        "title": "示例 Demo",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [{"name": "items", "type": "table", "path": "data/items.csv", "schema": SCHEMA}],
        **descriptor,
    }
    declared = {key: value for key, value in whole.items() if value is not None}
    (folder / "datapackage.json").write_text(json.dumps(declared, ensure_ascii=False), "utf-8")
    return folder


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    """Make a package in a folder of its own; by default a valid one of three rows, `demo` 1.0.0."""

    def make(files: Files | None = None, *, folder: str = "package", **descriptor: Any) -> Path:
        return write_package(tmp_path / folder, files or {"data/items.csv": ROWS}, **descriptor)

    return make


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep everything in the test's own folder."""
    return Settings(store=tmp_path / "store", catalogue=tmp_path, cache=tmp_path / "cache")


@pytest.fixture
def store(settings: Settings) -> Store:
    """The store of the settings, empty."""
    return Store(settings.store)


@pytest.fixture
def released(settings: Settings, store: Store) -> Callable[..., Published]:
    """Publish a package, with an optional rules file."""

    def run(path: Path, rules: Path | None = None) -> Published:
        with opened(path, settings) as package:
            return publish(package, rules, store, settings)

    return run


@pytest.fixture
def minshu(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command `minshu` in the test's folder, as a user would."""

    def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "minshu", *map(str, words)]
        env = {**os.environ, "PYTHONWARNINGS": "error", "LC_ALL": "C.UTF-8", **environment}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that holds the datasets of this repository, published and served by the commands."""
    folder = tmp_path_factory.mktemp("service")
    for dataset in sorted((ROOT / "datasets").iterdir()):
        command = [
            sys.executable,
            "-m",
            "minshu",
            "publish",
            str(dataset),
            "--store",
            str(folder),
            "--catalogue",
            str(ROOT),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    command = [sys.executable, "-m", "minshu", "serve", "--store", str(folder), "--port", "0", "--catalogue", str(ROOT)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            address = re.search(r"http://\S+", line)
            assert address, line
            yield address[0]
        finally:
            process.terminate()
            process.communicate(timeout=30)
