"""Verifying: any byte that differs is found, and named."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.errors import DigestMismatch
from minshu.store import Store
from minshu.verify import verify_store


def test_an_empty_store_is_clean(store: Store) -> None:
    store.root.mkdir()
    assert list(verify_store(store)) == []


def test_leftovers_of_a_killed_publisher_are_clean(store: Store, released: Any, make_package: Any) -> None:
    released(make_package())
    (store.root / "demo/.staging-dead").mkdir()
    (store.root / "demo/.staging-dead/half").write_bytes(b"x")
    assert [release.manifest.version for release in verify_store(store)] == ["1.0.0"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found_and_its_file_named(
    store: Store, released: Any, make_package: Any, data: st.DataObject
) -> None:
    folder = released(make_package()).release.folder
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "release.json")
    file = data.draw(st.sampled_from(files))
    content = file.read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    try:
        file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(DigestMismatch, match=file.name):
            list(verify_store(store))
    finally:
        file.write_bytes(content)


def test_a_missing_file_is_found(store: Store, released: Any, make_package: Any) -> None:
    file = released(make_package()).release.folder / "package/data/items.csv"
    file.unlink()
    with pytest.raises(DigestMismatch, match=r"items\.csv: is missing"):
        list(verify_store(store))


def test_a_file_that_was_not_released_is_found(store: Store, released: Any, make_package: Any) -> None:
    folder: Path = released(make_package()).release.folder
    (folder / "package/extra.csv").write_bytes(b"")
    with pytest.raises(DigestMismatch, match="not part of the release"):
        list(verify_store(store))


def test_a_changed_manifest_is_found_by_the_release_after_it(store: Store, released: Any, make_package: Any) -> None:
    manifest = released(make_package()).release.folder / "release.json"
    released(make_package(version="1.1.0"))
    manifest.write_text(manifest.read_text("utf-8").replace("示例", "改过"), "utf-8")
    with pytest.raises(DigestMismatch, match=r"demo/1\.0\.0/release\.json: .* 1\.1\.0 was published after"):
        list(verify_store(store))
