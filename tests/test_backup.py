"""Backups: whole and consistent or none; and nothing of a bad archive ever appears in a store."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.conftest import ROWS, write_package

from minshu.audit import Actor
from minshu.backup import backup
from minshu.counts import Counts, Readings, Subject
from minshu.descriptors import opened
from minshu.errors import BackupRefused, DigestMismatch, MinshuError, ReleaseConflict, StoreFailed
from minshu.publish import publish
from minshu.restore import restore
from minshu.settings import Settings
from minshu.signing import SigningKey
from minshu.store import Store
from minshu.verify import verify_store

ACTOR = Actor("operator", "王五")


@pytest.fixture
def counts(store: Store) -> Path:
    return store.root / ".counts"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two releases, a log with private parts, and counts; made once, and copied for each test."""
    folder = tmp_path_factory.mktemp("made")
    store = Store(folder / "store")
    for version in ("1.0.0", "1.1.0"):
        _release(store, write_package(folder / version, {"data/items.csv": ROWS}, version=version))
    store.log.append("note", ACTOR, private={"contact": "秘密"})
    Counts(store.root / ".counts").keep({Subject(date(2026, 11, 1), "demo", "1.0.0", "csv"): Readings(3)})
    return store.root


@pytest.fixture
def full(made: Path, store: Store) -> Store:
    """A copy of that store of the test's own."""
    shutil.copytree(made, store.root)
    return store


def _release(store: Store, package: Path) -> None:
    settings = Settings(store=store.root, catalogue=package.parent)
    with opened(package, settings) as found:
        release = publish(found, None, store, settings).release
    manifest = release.manifest
    if (manifest.name, manifest.version) not in store.standing.recorded():
        store.log.append("published", ACTOR, manifest.name, manifest.version, {"sha256": release.sha256})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a store but what is in the making, by its path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".staging" not in path.as_posix() and "/staging/" not in path.as_posix()
    }


def members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def packed(archive: Path, content: Iterable[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(archive, "w") as tar:
        for member, data in content:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return archive


@pytest.mark.parametrize("name", ["store.tar", "store.tar.zst"])
def test_a_store_comes_back_byte_for_byte_and_its_log_goes_on(
    full: Store, counts: Path, tmp_path: Path, target: Path, name: str
) -> None:
    before = contents(full.root)
    header = backup(full, counts, tmp_path / name)
    restored = restore(tmp_path / name, target, target / ".counts", add=False)
    after = contents(target)
    assert {path: after.get(path) for path in before} == before
    assert (restored.added, len(list(verify_store(Store(target))))) == (2, 2)
    log = Store(target).log
    assert log.verify().entries == header.entries + 1
    last = log.entry(header.entries + 1)
    assert last
    assert (last.act, last.details["head"]) == ("store-restored", header.head)


def test_a_backup_is_for_its_owner_alone(full: Store, counts: Path, tmp_path: Path) -> None:
    backup(full, counts, tmp_path / "store.tar")
    assert stat.S_IMODE((tmp_path / "store.tar").stat().st_mode) == 0o600


def test_a_backup_is_never_overwritten(full: Store, counts: Path, tmp_path: Path) -> None:
    (tmp_path / "store.tar").write_bytes(b"older")
    with pytest.raises(BackupRefused, match="is there already"):
        backup(full, counts, tmp_path / "store.tar")
    assert (tmp_path / "store.tar").read_bytes() == b"older"


def test_a_damaged_store_gives_no_backup(full: Store, counts: Path, tmp_path: Path) -> None:
    file = full.root / "demo/1.0.0/tables/items.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(DigestMismatch, match=r"items\.parquet"):
        backup(full, counts, tmp_path / "store.tar")
    assert list(tmp_path.glob("store.tar*")) == []


def test_a_store_without_a_release_that_its_log_has_gives_no_backup(full: Store, counts: Path, tmp_path: Path) -> None:
    shutil.rmtree(full.root / "demo/1.0.0")
    with pytest.raises(DigestMismatch, match=r"demo/1\.0\.0: is in the log"):
        backup(full, counts, tmp_path / "store.tar")


def test_staging_and_what_is_no_release_stay_out(full: Store, counts: Path, tmp_path: Path) -> None:
    (full.root / "demo/.staging-x").mkdir()
    (full.root / "demo/.staging-x/half").write_bytes(b"")
    (full.root / "stray.txt").write_bytes(b"")
    backup(full, counts, tmp_path / "store.tar")
    names = {member.name for member, _ in members(tmp_path / "store.tar")}
    assert {name for name in names if "staging" in name or "stray" in name} == set()


def test_a_backup_holds_a_release_if_its_log_does(
    full: Store, counts: Path, tmp_path: Path, target: Path, make_package: Any, monkeypatch: Any
) -> None:
    """A publisher comes between the look at the log and the look at the releases."""
    listing = Store.releases

    def meanwhile(store: Store) -> dict[str, list[str]]:
        monkeypatch.setattr(Store, "releases", listing)
        _release(store, make_package(version="2.0.0"))
        return listing(store)

    monkeypatch.setattr(Store, "releases", meanwhile)
    header = backup(full, counts, tmp_path / "store.tar")
    assert full.versions("demo") == ["2.0.0", "1.1.0", "1.0.0"]
    assert [release.version for release in header.releases] == ["1.1.0", "1.0.0"]
    restore(tmp_path / "store.tar", target, target / ".counts", add=False)
    known = Store(target).standing.recorded()
    assert {version for _, version in known} == {"1.0.0", "1.1.0"}


def test_a_store_that_holds_something_is_left_alone(full: Store, counts: Path, tmp_path: Path) -> None:
    backup(full, counts, tmp_path / "store.tar")
    before = contents(full.root)
    with pytest.raises(BackupRefused, match="holds something already"):
        restore(tmp_path / "store.tar", full.root, counts, add=False)
    assert contents(full.root) == before


def test_what_a_store_lacks_is_added_and_the_same_again_adds_nothing(
    full: Store, counts: Path, tmp_path: Path, target: Path
) -> None:
    backup(full, counts, tmp_path / "store.tar")
    restore(tmp_path / "store.tar", target, target / ".counts", add=False)
    shutil.rmtree(target / "demo/1.0.0")
    assert restore(tmp_path / "store.tar", target, target / ".counts", add=True).added == 1
    assert restore(tmp_path / "store.tar", target, target / ".counts", add=True).added == 0
    assert len(list(verify_store(Store(target)))) == 2


def test_a_store_of_another_history_is_refused(full: Store, counts: Path, tmp_path: Path, target: Path) -> None:
    backup(full, counts, tmp_path / "store.tar")
    Store(target).log.append("note", ACTOR)
    before = contents(target)
    with pytest.raises(BackupRefused, match="another history"):
        restore(tmp_path / "store.tar", target, target / ".counts", add=True)
    assert contents(target) == before


def test_another_release_of_the_same_version_is_refused(
    full: Store, counts: Path, tmp_path: Path, target: Path
) -> None:
    backup(full, counts, tmp_path / "store.tar")
    shutil.copytree(full.root / "demo/1.0.0", target / "demo/1.0.0")
    manifest = target / "demo/1.0.0/release.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(ReleaseConflict):
        restore(tmp_path / "store.tar", target, target / ".counts", add=True)
    assert Store(target).versions("demo") == ["1.0.0"]


def test_what_was_erased_since_stays_erased(full: Store, counts: Path, tmp_path: Path) -> None:
    backup(full, counts, tmp_path / "store.tar")
    entries = list(full.log.entries())
    full.log.erase(entries[-1])
    shutil.rmtree(full.root / "demo/1.0.0")
    restore(tmp_path / "store.tar", full.root, counts, add=True)
    assert full.log.private(entries[-1]) is None
    assert full.log.verify().erased == (entries[-1].sequence,)


def test_data_that_was_purged_since_does_not_come_back(full: Store, counts: Path, tmp_path: Path) -> None:
    backup(full, counts, tmp_path / "store.tar")
    full.log.append("purged", ACTOR, "demo", "1.0.0", {"reason": "by law"})
    shutil.rmtree(full.root / "demo/1.0.0")
    restore(tmp_path / "store.tar", full.root, counts, add=True)
    assert sorted(path.name for path in (full.root / "demo/1.0.0").iterdir()) == ["release.json"]


def test_a_purged_release_is_backed_up_as_what_is_left_of_it(
    full: Store, counts: Path, tmp_path: Path, target: Path
) -> None:
    full.log.append("purged", ACTOR, "demo", "1.0.0", {"reason": "by law"})
    backup(full, counts, tmp_path / "store.tar")
    names = {member.name for member, _ in members(tmp_path / "store.tar")}
    assert {name for name in names if name.startswith("demo/1.0.0/")} == {"demo/1.0.0/release.json"}


def test_a_signature_comes_along(full: Store, counts: Path, tmp_path: Path, target: Path, settings: Any) -> None:
    folder = full.root / "demo/1.0.0"
    key = SigningKey.create(tmp_path / "key.pem")
    (folder / "release.json.sig").write_bytes(key.sign((folder / "release.json").read_bytes()).dumps())
    backup(full, counts, tmp_path / "store.tar")
    restore(tmp_path / "store.tar", target, target / ".counts", add=False)
    assert Store(target).release("demo", "1.0.0").signature() == full.release("demo", "1.0.0").signature()


HOSTILE: dict[str, Callable[[], tarfile.TarInfo]] = {
    "parent": lambda: tarfile.TarInfo("../outside"),
    "inner parent": lambda: tarfile.TarInfo("demo/1.0.0/../../../outside"),
    "absolute": lambda: tarfile.TarInfo("/tmp/outside"),
    "elsewhere": lambda: tarfile.TarInfo("stray.txt"),
    "no version": lambda: tarfile.TarInfo("demo/latest/file"),
    "twice": lambda: tarfile.TarInfo("demo/1.0.0/release.json"),
    "staging": lambda: tarfile.TarInfo(".restoring-x/file"),
}


@pytest.mark.parametrize("kind", [*HOSTILE, "link", "hard link", "device", "folder"])
def test_an_archive_with_something_else_than_a_store_is_refused_and_leaves_nothing(
    full: Store, counts: Path, tmp_path: Path, target: Path, kind: str
) -> None:
    backup(full, counts, tmp_path / "good.tar")
    if kind in HOSTILE:
        bad = HOSTILE[kind]()
    else:
        bad = tarfile.TarInfo("demo/1.0.0/package/x")
        bad.linkname = "/etc/passwd"
        bad.type = {"link": b"2", "hard link": b"1", "device": b"3", "folder": b"5"}[kind]
    archive = packed(tmp_path / "bad.tar", [*members(tmp_path / "good.tar"), (bad, b"x")])
    with pytest.raises(BackupRefused):
        restore(archive, target, target / ".counts", add=False)
    assert (list(target.iterdir()), (tmp_path / "outside").exists()) == ([], False)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_byte_of_a_backup_can_change_or_be_missing_unnoticed(
    full: Store, counts: Path, tmp_path: Path, tmp_path_factory: Any, data: st.DataObject
) -> None:
    good = tmp_path / "good.tar"
    if not good.exists():
        backup(full, counts, good)
    content = members(good)
    index = data.draw(st.integers(0, len(content) - 1))
    member, body = content[index]
    if data.draw(st.booleans()):
        position = data.draw(st.integers(0, len(body) - 1))
        content[index] = member, body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
    else:
        del content[index]
    place = tmp_path_factory.mktemp("restored")
    archive = packed(place / "bad.tar", content)
    if member.name.startswith((".counts/", ".audit/private/")) or member.name == "minshu-backup.json":
        return  # What is told of a backup, what may be erased, and figures: none of these is what was released.
    with pytest.raises(MinshuError):
        restore(archive, place / "store", place / "store/.counts", add=False)
    assert list((place / "store").iterdir()) == []


@pytest.mark.parametrize("name", ["store.tar", "store.tar.zst"])
def test_an_archive_that_breaks_off_is_refused(
    full: Store, counts: Path, tmp_path: Path, target: Path, name: str
) -> None:
    archive = tmp_path / name
    backup(full, counts, archive)
    data = archive.read_bytes()
    for part in (0, 1, 700, len(data) // 2, len(data) * 4 // 5):
        archive.write_bytes(data[:part])
        with pytest.raises(BackupRefused):
            restore(archive, target, target / ".counts", add=False)
        assert list(target.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive at all", json.dumps({}).encode() * 1000])
def test_what_is_no_archive_is_refused(tmp_path: Path, target: Path, content: bytes) -> None:
    for name in ("x.tar", "x.tar.zst"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BackupRefused):
            restore(tmp_path / name, target, target / ".counts", add=False)


def test_a_disk_that_fails_leaves_no_archive(
    full: Store, counts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StoreFailed, match="No space left"):
        backup(full, counts, tmp_path / "store.tar")
    assert list(tmp_path.glob("store.tar*")) == []


def test_the_commands_pipe_a_store_from_one_place_to_another(full: Store, minshu: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "minshu"]
    saved = subprocess.run([*command, "backup", "-", "--store", full.root], capture_output=True, check=True)
    assert "2 releases, every digest right" in saved.stderr.decode()
    done = subprocess.run(
        [*command, "restore", "-", "--store", "copy"], input=saved.stdout, cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout.decode() == "copy\n"
    again = minshu("restore", "absent.tar", "--store", "other")
    assert (again.returncode, again.stderr) == (1, "minshu: absent.tar cannot be read: No such file or directory.\n")
    assert minshu("verify", "--store", "copy").returncode == 0
