"""What in a catalogue belongs to what."""

from pathlib import Path

import pytest

from minshu.catalogue import Catalogue


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A catalogue with rules for one of its two datasets, and an earlier release of each."""
    for folder in (
        "datasets/my-name",
        "datasets/other",
        "build/my-name/1.0.0",
        "build/other/1.0.0",
        "elsewhere/my-name",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "validators").mkdir()
    (tmp_path / "validators/my_name.py").touch()
    return tmp_path


@pytest.mark.parametrize("package", ["datasets/my-name", "datasets/my-name/datapackage.json", "build/my-name/1.0.0"])
def test_a_dataset_and_its_earlier_releases_have_the_same_rules(root: Path, package: str) -> None:
    assert Catalogue(root).rules_for(root / package) == root / "validators/my_name.py"


@pytest.mark.parametrize(
    "package", ["datasets/other", "build/other/1.0.0", "elsewhere/my-name", "build/my-name", "gone/x"]
)
def test_what_is_named_otherwise_or_lies_elsewhere_has_no_rules(root: Path, package: str) -> None:
    assert Catalogue(root).rules_for(root / package) is None


@pytest.mark.parametrize("package", ["datasets/my-name", "build/my-name/1.0.0"])
def test_rules_of_another_catalogue_are_told_to_be_skipped(root: Path, package: str, tmp_path: Path) -> None:
    assert Catalogue(tmp_path / "elsewhere").skipped_rules(root / package) == root / "validators/my_name.py"
    assert Catalogue(root).skipped_rules(root / package) is None
