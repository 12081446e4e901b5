"""A release and the one before it: `diff.json`, versions that are too small, versions that are computed."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROWS, MakePackage

from minshu.acts import withdraw
from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.diff import Difference
from minshu.errors import VersionTooSmall
from minshu.publish import Published, publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.verify import verify_store

FEWER = "编号,名称,金额\n1,甲,1.10\n"
MORE = f"{ROWS}4,丁,5\n"
OTHER = ROWS.replace("甲", "申")


class Publisher:
    """Publishes states of one package, one after the other."""

    def __init__(self, make: MakePackage, settings: Settings) -> None:
        self.make, self.settings, self.store = make, settings, Store(settings.store)

    def __call__(self, version: str | None, rows: str = ROWS, **descriptor: Any) -> Published:
        path = self.make({"data/items.csv": rows}, version=version, **descriptor)
        with opened(path, self.settings) as package:
            return publish(package, None, self.store, self.settings, numbered=version is not None)

    def difference(self, version: str) -> Difference:
        return Difference.model_validate_json((self.store.root / "demo" / version / "diff.json").read_bytes())


@pytest.fixture
def publishing(make_package: MakePackage, settings: Settings) -> Publisher:
    return Publisher(make_package, settings)


def test_a_release_says_what_changed_since_the_one_before(publishing: Publisher) -> None:
    first = publishing("1.0.0").release
    release = publishing("1.1.0", MORE).release
    told = publishing.difference("1.1.0")
    assert (told.old.version, told.old.sha256, told.new.version) == ("1.0.0", first.sha256, "1.1.0")
    assert (told.verdict, [change.sentence for change in told.changes]) == ("minor", ["1 row is new."])
    assert release.manifest.by_path["diff.json"].media_type == "application/json"
    assert not (first.folder / "diff.json").exists()
    assert len(list(verify_store(publishing.store))) == 2


@pytest.mark.parametrize(
    ("rows", "version", "least"),
    [(FEWER, "1.1.0", "2.0.0"), (MORE, "1.0.1", "1.1.0"), (OTHER, "1.0.0+b", None), (OTHER, "1.1.0-rc.1", None)],
)
def test_a_version_that_is_too_small_is_refused_with_what_causes_it(
    rows: str, version: str, least: str | None, publishing: Publisher
) -> None:
    publishing("1.0.0")
    if least is None:
        assert publishing(version, rows).created
        return
    with pytest.raises(VersionTooSmall) as caught:
        publishing(version, rows)
    assert (caught.value.base, caught.value.least) == ("1.0.0", least)
    assert "items: " in str(caught.value)
    assert publishing.store.versions("demo") == ["1.0.0"]
    assert publishing(least, rows).created


def test_a_larger_step_than_the_changes_take_is_the_publishers_to_make(publishing: Publisher) -> None:
    publishing("1.0.0")
    assert publishing("3.0.0", OTHER).created


def test_what_comes_after_a_pre_release_is_held_against_the_release_before_it(publishing: Publisher) -> None:
    publishing("1.0.0")
    publishing("1.1.0-rc.1", MORE)
    assert publishing("1.1.0", MORE).created
    assert publishing.difference("1.1.0").old.version == "1.0.0"
    with pytest.raises(VersionTooSmall):
        publishing("1.2.0-rc.1", FEWER)


def test_between_releases_a_version_is_held_against_the_one_below_it(publishing: Publisher) -> None:
    publishing("1.0.0")
    publishing("2.0.0", FEWER)
    assert publishing("1.0.1", OTHER).created
    assert publishing.difference("1.0.1").old.version == "1.0.0"


def test_before_the_first_release_the_second_place_stands_for_what_breaks(publishing: Publisher) -> None:
    publishing("0.1.0")
    assert publishing("0.1.1", MORE).created
    with pytest.raises(VersionTooSmall) as caught:
        publishing("0.1.2", FEWER)
    assert caught.value.least == "0.2.0"


def test_versions_are_computed_from_what_changed(publishing: Publisher) -> None:
    made = [publishing(None, rows).release.manifest.version for rows in (ROWS, OTHER, MORE, FEWER)]
    assert made == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]
    release = publishing.store.release("demo", "1.1.0")
    descriptor = json.loads((release.folder / "package/datapackage.json").read_bytes())
    assert descriptor["version"] == "1.1.0"
    assert len(list(verify_store(publishing.store))) == 4


def test_where_nothing_changed_nothing_is_published(publishing: Publisher) -> None:
    first = publishing(None)
    again = publishing(None)
    assert (again.created, again.release.sha256) == (False, first.release.sha256)
    assert publishing.store.versions("demo") == ["1.0.0"]


def test_a_descriptor_that_has_the_computed_version_stays_as_it_was_written(
    make_package: MakePackage, settings: Settings
) -> None:
    path = make_package(version="1.0.0")
    with opened(path, settings) as package:
        release = publish(package, None, Store(settings.store), settings, numbered=False).release
    assert (release.folder / "package/datapackage.json").read_bytes() == (path / "datapackage.json").read_bytes()


def damage_manifest(folder: Path) -> None:
    (folder / "release.json").write_bytes(b"{")


def purge(folder: Path) -> None:
    (folder / "demo.duckdb").unlink()


@pytest.mark.parametrize("spoil", [damage_manifest, purge])
def test_a_release_that_cannot_be_read_does_not_block_its_correction(spoil: Any, publishing: Publisher) -> None:
    publishing("1.0.0")
    spoil(publishing("1.1.0", MORE).release.folder)
    assert publishing("1.1.1", MORE.replace("丁", "戊")).created
    assert publishing.difference("1.1.1").old.version == "1.0.0"


def test_the_difference_shows_no_value_of_a_row(publishing: Publisher) -> None:
    publishing("1.0.0")
    publishing("1.0.1", OTHER)
    assert "申" not in (publishing.store.root / "demo/1.0.1/diff.json").read_text("utf-8")


def test_a_release_that_is_withdrawn_is_followed_by_nothing_and_its_version_is_not_used_again(
    publishing: Publisher,
) -> None:
    publishing("1.0.0")
    publishing("1.1.0", MORE)
    withdraw(publishing.store, "demo", "1.1.0", "a fault", Actor("operator"))
    again = publishing(None, MORE).release.manifest.version
    assert (again, publishing.difference(again).old.version) == ("1.2.0", "1.0.0")
