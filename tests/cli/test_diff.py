"""`minshu diff` as its users run it."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.conftest import ROWS, MakePackage
from tests.test_download import honest, serving
from typer.testing import CliRunner

from minshu.cli.app import app
from minshu.descriptors import opened
from minshu.errors import DownloadError
from minshu.publish import publish
from minshu.settings import Settings
from minshu.sides import named_side
from minshu.store import Store

OTHER = ROWS.replace("甲", "申").replace("3,,\n", "4,丁,5\n")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["diff", *words, "--lang", "en"])


@pytest.fixture
def pair(make_package: MakePackage) -> tuple[str, str]:
    """Two packages: a row is gone, one is new, and one changed."""
    return str(make_package(folder="old")), str(make_package({"data/items.csv": OTHER}, folder="new", version="1.1.0"))


def test_a_difference_is_told_and_exits_1(pair: tuple[str, str]) -> None:
    done = run(*pair)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "major  items    1 row is gone.",
        "minor  items    1 row is new.",
        "patch  items    1 cell has another value, in 名称.",
        "",
        "items (by 编号): 3 → 3 rows: 1 new, 1 gone, 1 changed",
        "  - 编号=3  名称=∅  金额=∅",
        "  + 编号=4  名称=丁  金额=5.00",
        "  ~ 编号=1  名称: 甲 → 申",
        "",
        "demo 1.0.0 → demo 1.1.0: major",
    ]


def test_chinese_is_spoken_as_well(pair: tuple[str, str]) -> None:
    assert "删除 1 行" in CliRunner().invoke(app, ["diff", *pair, "--lang", "zh"]).stdout


def test_where_nothing_changed_it_exits_0(pair: tuple[str, str]) -> None:
    done = run(pair[0], pair[0])
    assert (done.exit_code, done.stdout) == (0, "demo 1.0.0 → demo 1.0.0: nothing changed\n")


def test_what_cannot_be_compared_exits_2(pair: tuple[str, str], make_package: MakePackage, tmp_path: Path) -> None:
    bad = make_package({"data/items.csv": "编号,名称,金额\nx,,\n"}, folder="bad")
    for name in (str(bad), str(tmp_path / "nothing"), "ftp://host/x", "demo@1.0.0"):
        assert run(pair[0], name, "--store", str(tmp_path)).exit_code == 2


def test_json_is_what_a_release_holds_and_ndjson_every_row(pair: tuple[str, str]) -> None:
    told = json.loads(run(*pair, "--format", "json").stdout)
    assert (told["verdict"], told["tables"][0]["rows"]["changed"]) == ("major", 1)
    done = run(*pair, "--format", "ndjson", "--rows", "0")
    assert done.exit_code == 1
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"resource": "items", "change": "removed", "row": {"编号": 3, "名称": None, "金额": None}},
        {"resource": "items", "change": "added", "row": {"编号": 4, "名称": "丁", "金额": "5.00"}},
        {
            "resource": "items",
            "change": "changed",
            "key": {"编号": 1},
            "cells": {"名称": {"old": "甲", "new": "申"}},
        },
    ]


def test_markup_in_the_data_stays_text(make_package: MakePackage) -> None:
    old = make_package({"data/items.csv": "编号,名称,金额\n1,<b>|x,\n"}, folder="old")
    new = make_package({"data/items.csv": "编号,名称,金额\n1,<i>`y,\n"}, folder="new")
    for format_ in ("html", "markdown"):
        text = run(str(old), str(new), "--format", format_).stdout
        assert "<b>" not in text
        assert "<i>" not in text


def test_rows_beyond_those_that_are_listed_are_counted(pair: tuple[str, str]) -> None:
    assert "  … and 3 more rows" in run(*pair, "--rows", "0").stdout.splitlines()


def test_a_release_is_named_by_its_folder_by_name_and_version_or_by_its_address(
    pair: tuple[str, str], settings: Settings, tmp_path: Path
) -> None:
    with opened(Path(pair[0]), settings) as package:
        release = publish(package, None, Store(settings.store), settings).release
    with ZipFile(tmp_path / "new.zip", "w") as zipped:
        for path in Path(pair[1]).rglob("*.*"):
            zipped.write(path, path.relative_to(pair[1]))
    with serving(release, honest) as address:
        names = [str(release.folder), "demo@1.0.0", "demo@", f"{address}/datasets/demo/versions/1.0.0"]
        names += [f"{address}/datasets/demo/versions/1.0.0/demo.zip", pair[0]]
        for name in names:
            with named_side(name, settings) as side:
                assert (side.name.version, side.tables["items"].rows) == ("1.0.0", 3)
        with named_side(str(tmp_path / "new.zip"), settings) as side:
            assert side.name.version == "1.1.0"
        with pytest.raises(DownloadError), named_side(f"{address}/other", settings):
            pass
    assert run("demo@1.0.0", pair[0], "--store", str(settings.store)).exit_code == 0
