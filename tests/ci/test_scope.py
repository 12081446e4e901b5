"""Which packages a path belongs to."""

from pathlib import Path

import pytest

from minshu.catalogue import Catalogue
from minshu.ci.scope import Scope, all_packages, named, touched
from minshu.errors import PackageNotFound


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A catalogue of two datasets, with a package outside and a file that is nobody's."""
    for folder in ("datasets/my-data", "datasets/my-data-2", "elsewhere"):
        (tmp_path / folder / "data").mkdir(parents=True)
        (tmp_path / folder / "datapackage.json").write_text("{}")
    for file in ("schemas/my-data/items.json", "validators/my_data.py", "README.md", "datasets/my-data/data/items.csv"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    return tmp_path


def names(scope: Scope) -> list[str]:
    return [path.name for path in scope.packages]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("datasets/my-data/data/items.csv", ["my-data"]),
        ("datasets/my-data/gone.csv", ["my-data"]),
        ("schemas/my-data/items.json", ["my-data"]),
        ("schemas/my-data-2/new.json", ["my-data-2"]),
        ("validators/my_data.py", ["my-data"]),
        ("validators/other.py", []),
        ("datasets/README.md", []),
        ("README.md", []),
        ("elsewhere/data/items.csv", []),
    ],
)
def test_a_file_touches_the_package_it_belongs_to(root: Path, path: str, found: list[str]) -> None:
    assert touched(Catalogue(root), [root / path]) == Scope(tuple(root / "datasets" / name for name in found))


def test_a_dataset_that_is_gone_is_named(root: Path) -> None:
    changed = [root / "datasets/gone/datapackage.json", root / "datasets/gone/data/items.csv"]
    assert touched(Catalogue(root), changed) == Scope((), ("gone",))


def test_paths_that_are_named_find_their_packages_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    files = ["schemas/my-data/items.json", "validators/my_data.py", "README.md", "elsewhere"]
    assert names(named(Catalogue(Path()), map(Path, files))) == ["my-data", "elsewhere"]
    assert (
        names(named(Catalogue(Path()), [Path()])) == names(all_packages(Catalogue(Path()))) == ["my-data", "my-data-2"]
    )


def test_a_path_that_is_not_there_is_an_error(root: Path) -> None:
    with pytest.raises(PackageNotFound, match="gone"):
        named(Catalogue(root), [root / "gone"])


def test_a_repository_that_is_itself_a_package_is_one(tmp_path: Path) -> None:
    (tmp_path / "datapackage.json").write_text("{}")
    assert all_packages(Catalogue(tmp_path)).packages == (tmp_path,)
    assert touched(Catalogue(tmp_path), [tmp_path / "data/x.csv"]).packages == (tmp_path,)
