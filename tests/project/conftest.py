"""What the tests of the repository itself share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file that belongs to the repository: what was made by make, hidden environments and caches left out."""
    made = {
        ".git",
        ".venv",
        ".venv-clients",
        ".venv-oldest",
        ".venv-bench",
        ".venv-lock",
        "store",
        "dist",
        "build",
        "__pycache__",
    }
    made |= {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and not made & set(path.relative_to(ROOT).parts) and not path.name.startswith(".coverage")
    ]
