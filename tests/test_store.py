"""The store: what a reader sees, and what no reader ever sees."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from minshu.errors import DatasetNotFound, ManifestUnreadable, ReleaseConflict, ReleaseNotFound, StoreFailed
from minshu.manifest import LAYOUT, MANIFEST
from minshu.store import STAGING, Store


def test_a_store_that_vanished_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Store(tmp_path / "empty").names() == []
    for look in (Store.names, Store.releases, lambda store: store.resolve("demo")):
        with pytest.raises(StoreFailed, match="There is no store"):
            look(Store(tmp_path / "absent"))


def test_a_folder_without_a_manifest_is_no_release(store: Store, released: Any, make_package: Any) -> None:
    released(make_package())
    (store.root / "demo/2.0.0").mkdir()
    (store.root / "other/1.0.0").mkdir(parents=True)
    assert (store.names(), store.versions("demo")) == (["demo"], ["1.0.0"])


def test_versions_are_ordered_as_semver_says(store: Store, released: Any, make_package: Any) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        released(make_package(version=version))
    assert store.versions("demo") == ["2.0.0-rc.1", "1.10.0", "1.9.0"]


def test_latest_is_never_a_pre_release(store: Store, released: Any, make_package: Any) -> None:
    for version in ("1.0.0", "2.0.0-rc.1"):
        released(make_package(version=version))
    assert store.resolve("demo") == "1.0.0"


@pytest.mark.parametrize("name", ["absent", "", ".", "..", "demo/1.0.0", "../store/demo"])
def test_an_unknown_dataset_is_said(store: Store, released: Any, make_package: Any, name: str) -> None:
    released(make_package())
    with pytest.raises(DatasetNotFound):
        store.resolve(name)


def test_an_unknown_version_names_the_known_ones(store: Store, released: Any, make_package: Any) -> None:
    released(make_package())
    with pytest.raises(ReleaseNotFound, match=r"Its releases: 1\.0\.0"):
        store.resolve("demo", "9.9.9")


def test_staged_files_are_gone_unless_they_are_committed(store: Store) -> None:
    with pytest.raises(RuntimeError), store.staging("demo") as stage:
        (stage / "file").write_bytes(b"x")
        raise RuntimeError
    assert list(store.root.iterdir()) == []


def test_what_a_killed_publisher_left_is_swept_by_the_next(store: Store) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from minshu.store import Store\n"
        "with Store(Path(sys.argv[1])).staging('demo') as stage:\n"
        "    (stage / 'half').write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, store.root], check=False, timeout=30)
    assert len(list((store.root / "demo").glob(f"{STAGING}*"))) == 1
    with store.staging("demo") as stage:
        assert list((store.root / "demo").iterdir()) == [stage]


def test_the_folder_of_a_living_publisher_is_left_alone(store: Store) -> None:
    with store.staging("demo") as first, store.staging("demo") as second:
        assert first.exists()
        assert second.exists()


def test_the_second_publisher_of_a_version_loses_cleanly(store: Store, released: Any, make_package: Any) -> None:
    release = released(make_package()).release
    with store.staging("demo") as stage:
        (stage / "other").write_bytes(b"x")
        with pytest.raises(ReleaseConflict):
            store.commit(stage, (release.folder / MANIFEST).read_bytes())
    assert not (release.folder / "other").exists()


def test_a_damaged_manifest_is_named(store: Store, released: Any, make_package: Any) -> None:
    release = released(make_package()).release
    (release.folder / MANIFEST).write_bytes(b"{}")
    with pytest.raises(ManifestUnreadable, match=r"demo/1\.0\.0/release\.json is damaged"):
        store.release("demo", "1.0.0")


def test_a_newer_layout_asks_for_an_upgrade(store: Store, released: Any, make_package: Any) -> None:
    manifest = released(make_package()).release.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace(f'"layout": {LAYOUT}', f'"layout": {LAYOUT + 1}'))
    with pytest.raises(ManifestUnreadable, match="Upgrade"):
        store.release("demo", "1.0.0")


def test_a_release_that_was_moved_is_not_served_under_another_name(
    store: Store, released: Any, make_package: Any
) -> None:
    folder = released(make_package()).release.folder
    shutil.copytree(folder, store.root / "demo/9.9.9")
    shutil.copytree(store.root / "demo", store.root / "other")
    for name, version in (("demo", "9.9.9"), ("other", "1.0.0")):
        with pytest.raises(ManifestUnreadable, match=r"is that of demo 1\.0\.0"):
            store.release(name, version)


def test_a_folder_that_is_in_the_way_is_never_swept(store: Store, released: Any, make_package: Any) -> None:
    copying = store.root / "demo/1.0.0"
    copying.mkdir(parents=True)
    (copying / "half-copied").write_bytes(b"x")
    with pytest.raises(StoreFailed, match="in the way"):
        released(make_package())
    assert (copying / "half-copied").read_bytes() == b"x"


def test_publishers_of_new_versions_never_hinder_each_other(store: Store) -> None:
    def stage(_: int) -> None:
        with store.staging("demo"):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(stage, range(400)))


def test_a_name_too_long_for_the_disk_is_no_dataset(store: Store, released: Any, make_package: Any) -> None:
    released(make_package())
    with pytest.raises(DatasetNotFound):
        store.resolve("a" * 300)
