"""What `minshu init` makes works at once, and takes nobody's place."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Minshu = Callable[..., subprocess.CompletedProcess[str]]
UNITS = "id,名称,数量\nu1,甲,1\nu2,乙,-\n"
STAFF = "unit_id;姓名;入职\nu1;张三;2020-01-01\nu2;李四;2021-01-01\n"


@pytest.fixture(scope="module", params=["example", "files"])
def catalogue(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue that `init` made: from nothing, or from two files that refer to each other. No test changes it."""
    folder = tmp_path_factory.mktemp("init")
    (folder / "units.csv").write_text(UNITS, "utf-8")
    (folder / "Staff 2020.csv").write_bytes(STAFF.encode("gb18030"))
    given = ("--from", "units.csv", "--from", "Staff 2020.csv") if request.param == "files" else ()
    command = [sys.executable, "-m", "minshu", "init", "cat", "--name", "my-data", *given]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder / "cat"


def test_what_is_made_validates(catalogue: Path, minshu: Minshu) -> None:
    done = minshu("validate", catalogue / "datasets/my-data", "--catalogue", catalogue)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_made_is_published(catalogue: Path, minshu: Minshu, tmp_path: Path) -> None:
    done = minshu("publish", catalogue / "datasets/my-data", "--catalogue", catalogue, "--store", "store")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "store/my-data/0.1.0/release.json").is_file()


def test_the_test_that_is_made_passes(catalogue: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=catalogue, env=os.environ, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_schemas_that_are_made_are_those_inlined(catalogue: Path, minshu: Minshu) -> None:
    done = minshu("inline", "--catalogue", catalogue)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_place_of_the_layout_is_made(catalogue: Path) -> None:
    places = ["README.md", "CHANGELOG.md", "datapackage.json", "data", "source"]
    assert all((catalogue / "datasets/my-data" / place).exists() for place in places)
    assert (catalogue / "validators/my_data.py").is_file()


@pytest.mark.parametrize(
    "path",
    ["datasets/my-data/note", "validators/my_data.py", "schemas/my-data/items.json", "tests/datasets/test_my_data.py"],
)
def test_nothing_is_overwritten_and_nothing_made_beside_it(minshu: Minshu, tmp_path: Path, path: str) -> None:
    mine = tmp_path / "cat" / path
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = minshu("init", "cat", "--name", "my-data")
    assert (done.returncode, "nothing is overwritten" in done.stderr) == (1, True)
    assert [file for file in (tmp_path / "cat").rglob("*") if file.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_second_dataset_joins_the_catalogue(minshu: Minshu, tmp_path: Path) -> None:
    assert minshu("init", "cat", "--name", "one").returncode == 0
    assert minshu("init", "cat", "--name", "two").returncode == 0
    assert sorted(path.name for path in (tmp_path / "cat/datasets").iterdir()) == ["one", "two"]


def test_a_name_that_no_dataset_can_have_is_refused(minshu: Minshu) -> None:
    done = minshu("init", "cat", "--name", "../out")
    assert (done.returncode, "is no dataset's name" in done.stderr) == (1, True)


def test_describe_writes_a_descriptor_to_stdout_that_validates(minshu: Minshu, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/units.csv").write_text(UNITS, "utf-8")
    done = minshu("describe", "data/units.csv", "--name", "units")
    assert json.loads(done.stdout)["resources"][0]["path"] == "data/units.csv"
    (tmp_path / "datapackage.json").write_text(done.stdout, "utf-8")
    assert minshu("validate", "datapackage.json").returncode == 0


def test_describe_tells_paths_from_the_folder_of_its_output(minshu: Minshu, tmp_path: Path) -> None:
    (tmp_path / "p/data").mkdir(parents=True)
    (tmp_path / "p/data/units.csv").write_text(UNITS, "utf-8")
    assert minshu("describe", "p/data/units.csv", "--out", "p/datapackage.json").returncode == 0
    assert json.loads((tmp_path / "p/datapackage.json").read_text("utf-8"))["resources"][0]["path"] == "data/units.csv"


def test_describe_overwrites_no_descriptor(minshu: Minshu, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(UNITS, "utf-8")
    (tmp_path / "datapackage.json").write_text("mine")
    assert minshu("describe", "units.csv", "--out", "datapackage.json").returncode == 2
    assert (tmp_path / "datapackage.json").read_text() == "mine"


def test_describe_of_no_delimited_text_is_one_sentence(minshu: Minshu, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    done = minshu("describe", "a.xlsx")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
