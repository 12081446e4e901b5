"""`minshu scorecard`, as an operator runs it."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from subprocess import CompletedProcess
from typing import Any

import pytest

from minshu.scorecard import MEASURES
from minshu.store import Store

Run = Callable[..., CompletedProcess[str]]
NAMES = [measure.name for measure in MEASURES]


@pytest.fixture
def two(store: Store, released: Any, make_package: Any) -> Store:
    for name in ("one", "two"):
        released(make_package(folder=name, name=name, title=f"甲乙 | {name} / A | {name}"))
    return store


@pytest.mark.usefixtures("two")
def test_the_store_is_measured_in_the_language_that_is_asked_for(minshu: Run) -> None:
    for language, words in (("zh", "机器可读的文件"), ("en", "Machine-readable files")):
        ran = minshu("scorecard", "--lang", language)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.count(words) == 3
        assert "100%" in ran.stdout


@pytest.mark.usefixtures("two")
def test_some_datasets_are_measured_among_all(minshu: Run) -> None:
    ran = minshu("scorecard", "two", "--format", "json")
    told = json.loads(ran.stdout)
    assert [one["name"] for one in told["datasets"]] == ["two"]
    figures = {one["measure"]: one for one in told["figures"]}
    assert list(figures) == NAMES
    # Its file is that of `one` as well.
    assert figures["duplicate-datasets"]["value"] == 1


@pytest.mark.usefixtures("two")
def test_csv_and_markdown_are_what_programs_read(minshu: Run) -> None:
    lines = list(csv.DictReader(StringIO(minshu("scorecard", "--format", "csv").stdout)))
    assert [line["dataset"] for line in lines] == [name for name in ("", "one", "two") for _ in NAMES]
    markdown = minshu("scorecard", "--format", "markdown", "--lang", "en").stdout
    assert "## one 1.0.0 A \\| one" in markdown
    assert markdown.count("| Capacity | ") == 3


@pytest.mark.usefixtures("two")
def test_a_dataset_that_is_not_there_cannot_be_measured(minshu: Run) -> None:
    ran = minshu("scorecard", "none")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "none" in ran.stderr


def test_an_empty_store_has_no_figures(minshu: Run, store: Store) -> None:
    assert minshu("scorecard").returncode == 2
    store.root.mkdir()
    ran = minshu("scorecard", "--format", "json")
    assert {one["value"] for one in json.loads(ran.stdout)["figures"]} == {None}


@pytest.mark.usefixtures("two")
def test_a_damaged_release_is_said(minshu: Run, store: Store) -> None:
    (store.root / "one/1.0.0/release.json").write_text("{}")
    ran = minshu("scorecard", "--format", "json")
    assert [one["name"] for one in json.loads(ran.stdout)["datasets"]] == ["two"]
    assert "The newest release of one cannot be read" in ran.stderr
