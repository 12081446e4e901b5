"""What is released is the built wheel, so it is the wheel that is judged here."""

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*words: str | Path, cwd: Path) -> str:
    """What a command prints; it must succeed, without the environment variables that lead back to this clone."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MINSHU_", "PYTHON", "COV_"))}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=own, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `make dist` builds it: from the source distribution, with the locked backend."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, root, cwd=folder)
    assert len(list(folder.glob("minshu-*.tar.gz"))) == 1
    (wheel,) = folder.glob("minshu-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a clean environment that holds the wheel and what runtime.lock says, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    install = (folder / "bin/python", "-m", "pip", "install", "-qq")
    run(*install, "--no-deps", "--require-hashes", "-r", root / "requirements/runtime.lock", cwd=folder)
    run(*install, "--no-deps", wheel, cwd=folder)
    run(folder / "bin/python", "-m", "pip", "check", cwd=folder)
    return folder / "bin"


def inside(paths: Iterable[Path], base: Path) -> set[str]:
    """The paths relative to a folder."""
    return {path.relative_to(base).as_posix() for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path, root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in names if ".dist-info/" not in name}
    assert package == inside((root / "api/minshu").rglob("*"), root / "api")
    assert "minshu/py.typed" in package
    assert [name for name in package if name.startswith("minshu/http/templates/")]
    assert [name for name in names if name.endswith("/licenses/LICENSE")]


def test_the_installed_wheel_tells_its_version(installed: Path, wheel: Path, tmp_path: Path) -> None:
    assert run(installed / "minshu", "--version", cwd=tmp_path).strip() == wheel.name.split("-")[1]


def test_the_installed_wheel_does_the_main_job(installed: Path, root: Path, tmp_path: Path) -> None:
    for descriptor in root.glob("datasets/*/datapackage.json"):
        run(installed / "minshu", "publish", descriptor.parent, "--catalogue", root, "--store", tmp_path, cwd=tmp_path)
    listed = run(installed / "minshu", "list", "--store", tmp_path, cwd=tmp_path)
    assert all(path.parent.name in listed for path in root.glob("datasets/*/datapackage.json"))
    run(installed / "minshu", "verify", "--store", tmp_path, cwd=tmp_path)


def test_the_installed_wheel_has_what_its_service_needs(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-c", "import minshu.http, minshu.cli, minshu.publish, minshu.validation", cwd=tmp_path)
