"""The work points as their tests see them: the source, the builder, the tables and the rules."""

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "datasets" / "work-points-2019"
Tables = dict[str, list[dict[str, str]]]


def load_module(name: str, path: Path) -> ModuleType:
    """A module by its path; dataclasses and pandera look it up in sys.modules."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def package() -> Path:
    return PACKAGE


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    return load_module("work_points_2019_build", PACKAGE / "source" / "build.py")


@pytest.fixture(scope="session")
def annotation(builder: ModuleType) -> Any:
    return builder.load(PACKAGE / "source" / "annotations")


@pytest.fixture(scope="session")
def notice() -> str:
    return (PACKAGE / "source" / "notice.txt").read_bytes().decode()


@pytest.fixture(scope="session")
def sentences(notice: str) -> list[str]:
    """What ends in 。 in the source, a list of units with the heading behind it; the last has no 。."""
    return [sentence.strip("\n") for sentence in notice.split("。")]


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The committed tables, every cell as text."""
    found: Tables = {}
    for path in sorted((PACKAGE / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found
