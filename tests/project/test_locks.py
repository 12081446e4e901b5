"""What gets installed is fixed by hash, comes from any index, and leaves out what slows every command down."""

import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

LOCKS = ("bench", "build", "clients", "dev", "fixtures", "oldest", "runtime")
# Written so that this file does not hold what it looks for.
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted\.org|registry\.[n]pmjs|deb\.[d]ebian\.org|conda\.[a]naconda")


def pins(root: Path, lock: str) -> dict[str, str]:
    """The versions of a lock by name."""
    text = (root / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_has_a_hash(lock: str, root: Path) -> None:
    text = (root / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    requirements = [
        line for line in text.replace("\\\n", " ").splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert requirements
    assert [
        line for line in requirements if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str, root: Path) -> None:
    text = (root / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    assert (
        re.findall(r"^.*(?:://|--index-url|--extra-index-url|--find-links|--trusted-host).*$", text, re.MULTILINE) == []
    )


def test_there_are_no_other_locks(root: Path) -> None:
    assert {path.name for path in (root / "requirements").iterdir()} == {f"{lock}.lock" for lock in LOCKS}


def test_no_file_names_a_registry_or_the_place_of_this_clone(project_files: list[Path], root: Path) -> None:
    here = str(root).encode() if len(root.parts) > 2 else None
    texts = {path: path.read_bytes() for path in project_files if path.stat().st_size < 5_000_000}
    assert [
        str(path.relative_to(root))
        for path, text in texts.items()
        if REGISTRIES.search(text.decode(errors="replace")) or (here and here in text)
    ] == []


@pytest.mark.parametrize("part", ["runtime", "build"])
def test_what_runs_in_the_image_is_what_was_tested(part: str, root: Path) -> None:
    tested = pins(root, "dev")
    assert {name: version for name, version in pins(root, part).items() if tested.get(name) != version} == {}


def test_the_oldest_duckdb_is_the_lowest_that_the_project_declares(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (lowest,) = re.findall(r"duckdb>=([\d.]+)", " ".join(project["dependencies"]))
    assert re.fullmatch(re.escape(lowest) + r"(\.0)*", pins(root, "oldest")["duckdb"])
    series = re.match(r"\d+\.\d+\.", lowest)
    assert series, "clients are tested with the series of the lowest version"
    assert pins(root, "clients")["duckdb"].startswith(series.group())


def test_the_fixtures_are_those_of_the_frictionless_that_is_tested(root: Path) -> None:
    assert pins(root, "fixtures") == {"frictionless": pins(root, "dev")["frictionless"]}


def test_a_lock_names_everything_that_its_packages_need(root: Path) -> None:
    """pip installs exactly the lines of a lock, so what one of them needs must be another."""
    for environment in (".venv", ".venv-clients"):
        checked = subprocess.run(
            [root / environment / "bin/python", "-m", "pip", "check"], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", ["pandas", "ibis"])
def test_neither_pandas_nor_ibis_is_installed_beside_pandera(name: str, root: Path) -> None:
    assert find_spec(name) is None
    assert {name, f"{name}-framework"} & pins(root, "dev").keys() == set()
