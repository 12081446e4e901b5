"""Things stand where the design puts them."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from minshu import errors


@pytest.mark.parametrize("folder", ["validators", "tests/validators"])
def test_a_folder_named_validators_is_never_a_package(folder: str, root: Path) -> None:
    # It would hide the distribution of that name, which frictionless imports when it meets an e-mail address or a UUID.
    assert not (root / folder / "__init__.py").exists()


def test_pytest_keeps_test_folders_off_the_import_path_and_takes_warnings_as_errors(root: Path) -> None:
    options = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert "--import-mode=importlib" in options["addopts"].split()
    assert options["filterwarnings"][0] == "error"


def test_each_layer_imports_only_downwards(root: Path) -> None:
    check = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"]
    run = subprocess.run(check, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_drawing_of_the_layers_is_the_contract(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    page = (root / "docs/architecture.md").read_text(encoding="utf-8")
    block = re.search(r"^## Layers$.*?^```\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert block
    # The words begin in one column, and a layer's second line is indented.
    lines = re.sub(r"^(.{54}).*", r"\1", block[1], flags=re.MULTILINE)
    drawn = [set(layer.split()) for layer in re.split(r"\n(?! )", lines.strip())]
    assert drawn == [set(re.findall(r"\w+", layer)) for layer in layers]


def test_every_error_is_drawn_in_the_one_tree(root: Path) -> None:
    known = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    elsewhere = [
        f"{path.relative_to(root)}: {node.name}"
        for path in (root / "api/minshu").rglob("*.py")
        if "errors" not in (path.stem, path.parent.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and known & {base.id for base in node.bases if isinstance(base, ast.Name)}
    ]
    assert elsewhere == []


def test_the_tests_mirror_the_package(root: Path) -> None:
    known = {path.name for path in (root / "api/minshu").iterdir() if path.is_dir()}
    known |= {"project", "validators", "datasets", "schemas", "clients", "hostile", "crash", "browser", "__pycache__"}
    assert {path.name for path in (root / "tests").iterdir() if path.is_dir()} - known == set()
