"""Acts on a store: each is in its log, and what was cut short is finished by the next."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROWS, write_package

from minshu import acts
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.errors import (
    BadParameter,
    DigestMismatch,
    InvalidPackage,
    NotFound,
    ReleaseNotFound,
    StandingConflict,
    StoreFailed,
    VersionSpent,
)
from minshu.manifest import MANIFEST
from minshu.publish import Published, publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.verify import verify_log, verify_store

WHO = Actor("operator", "张三")
Released = Callable[..., Published]
ROW = {"data/items.csv": "编号,名称,金额\n9,x,1\n"}


def said(store: Store) -> list[tuple[str, str | None, str | None]]:
    return [(entry.act, entry.dataset, entry.version) for entry in store.log.entries()]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with two releases of `demo`."""
    root = tmp_path_factory.mktemp("acts")
    settings = Settings(store=root / "store", catalogue=root)
    for version in ("1.0.0", "1.1.0"):
        with opened(write_package(root / version, {"data/items.csv": ROWS}, version=version), settings) as package:
            publish(package, None, Store(settings.store), settings)
    return settings.store


@pytest.fixture
def demo(store: Store, published: Path) -> Store:
    """A copy of that store."""
    shutil.copytree(published, store.root)
    return store


def test_a_release_is_logged_with_its_digest_and_who_published_it(demo: Store) -> None:
    first = next(demo.log.entries())
    assert (first.act, first.actor, first.dataset, first.version) == ("published", "publisher", "demo", "1.0.0")
    assert first.details == {"sha256": demo.digest("demo", "1.0.0"), "tables": 1, "rows": 3}
    assert demo.log.private(first) == {"name": Actor.local("publisher").name}


def test_publishing_the_same_again_is_no_act(demo: Store, released: Released, make_package: Any) -> None:
    released(make_package(version="1.1.0"))
    assert len(said(demo)) == 2


def test_what_is_refused_is_logged_with_the_code_of_the_refusal(
    demo: Store, released: Released, make_package: Any
) -> None:
    with pytest.raises(InvalidPackage):
        released(make_package({"data/items.csv": "编号,名称,金额\nx,甲,1\n"}, version="2.0.0"))
    *_, last = demo.log.entries()
    assert (last.act, last.dataset, last.version) == ("refused", "demo", "2.0.0")
    assert last.details == {"code": "invalid-package"}


def test_a_refusal_makes_no_store(store: Store, released: Released, make_package: Any) -> None:
    with pytest.raises(Exception, match="declares no version"):
        released(make_package(version=None))
    assert not store.root.exists()


def test_a_log_begins_with_the_releases_that_are_there(demo: Store, released: Released, make_package: Any) -> None:
    shutil.rmtree(demo.log.folder)
    store = Store(demo.root)
    assert verify_log(store).entries == 0
    acts.yank(store, "demo", "1.1.0", "why", WHO)
    entries = list(store.log.entries())
    assert sorted((e.act, e.version) for e in entries[:2]) == [("published", "1.0.0"), ("published", "1.1.0")]
    assert {e.details["recovered"] for e in entries[:2]} == {True}
    assert {e.details["published"] for e in entries[:2]} == {
        store.release("demo", v).manifest.published.isoformat() for v in ("1.0.0", "1.1.0")
    }
    assert entries[2].act == "yanked"
    assert verify_log(store).entries == 3


def test_what_a_publisher_did_not_live_to_log_is_logged_by_the_next_act(
    store: Store, make_package: Any, released: Released
) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from minshu import acts, publish\n"
        "from minshu.descriptors import opened; from minshu.settings import Settings; from minshu.store import Store\n"
        "acts.record = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "settings = Settings(store=Path(sys.argv[2]))\n"
        "with opened(Path(sys.argv[1]), settings) as package:\n"
        "    publish.publish(package, None, Store(settings.store), settings)"
    )
    killed = subprocess.run([sys.executable, "-c", script, make_package(), store.root], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (store.versions("demo"), said(store)) == (["1.0.0"], [])
    released(make_package(version="1.1.0"))
    assert said(store) == [("published", "demo", "1.0.0"), ("published", "demo", "1.1.0")]
    assert next(store.log.entries()).details["recovered"] is True


def test_a_release_whose_publisher_lives_is_left_to_it(store: Store, demo: Store) -> None:
    shutil.rmtree(demo.log.folder)
    living = os.open(demo.root / "demo/1.1.0", os.O_RDONLY)
    import fcntl

    fcntl.flock(living, fcntl.LOCK_EX)
    acts.recover(Store(demo.root))
    os.close(living)
    assert said(demo) == [("published", "demo", "1.0.0")]


def test_a_damaged_release_does_not_stand_in_the_way_of_others(
    demo: Store, released: Released, make_package: Any
) -> None:
    shutil.rmtree(demo.log.folder)
    (demo.root / "demo/1.0.0" / MANIFEST).write_bytes(b"{}")
    released(make_package(ROW, folder="third", version="2.0.0"))
    assert ("published", "demo", "2.0.0") in said(demo)


def test_a_log_that_cannot_be_written_leaves_the_release_and_says_what_comes(
    demo: Store, released: Released, make_package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("minshu.audit.write_durably", full)
        with pytest.raises(StoreFailed, match=r"is in the store, but not in its log: .*No space left.*next act"):
            released(make_package(version="1.2.0"))
        with pytest.raises(StoreFailed, match="No space left"):
            acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    assert demo.standing.status("demo", "1.0.0") is None
    with pytest.raises(DigestMismatch, match=r"demo/1\.2\.0/release\.json: is not in the log"):
        verify_log(demo)
    acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    assert verify_log(demo).entries == 4


def test_a_disk_that_is_full_leaves_no_entry_and_no_half_of_one(demo: Store) -> None:
    script = (
        "import resource, signal, sys; from pathlib import Path; from minshu import acts\n"
        "from minshu.audit import Actor; from minshu.errors import StoreFailed; from minshu.store import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "try: acts.withdraw(Store(Path(sys.argv[1])), 'demo', '1.0.0', 'why', Actor('operator'))\n"
        "except StoreFailed as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", script, demo.root], capture_output=True, text=True, check=True)
    assert "File too large" in ran.stdout
    assert demo.standing.status("demo", "1.0.0") is None
    assert verify_log(demo).entries == 2
    assert acts.withdraw(demo, "demo", "1.0.0", "why", WHO).sequence == 3


def test_a_withdrawal_tells_reason_and_successor_and_can_be_put_right(demo: Store) -> None:
    acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    status = acts.withdraw(demo, "demo", "1.0.0", "better why", WHO, "1.1.0")
    assert (status.state, status.reason, status.successor) == ("withdrawn", "better why", "1.1.0")
    acts.withdraw(demo, "demo", "1.0.0", "better why", WHO, "1.1.0")
    assert [act for act, _, _ in said(demo)] == ["published", "published", "withdrawn", "withdrawn"]


def test_latest_is_never_a_release_that_is_withdrawn_or_yanked(demo: Store) -> None:
    acts.yank(demo, "demo", "1.1.0", "why", WHO)
    assert demo.resolve("demo") == "1.0.0"
    acts.unyank(demo, "demo", "1.1.0", "all right", WHO)
    assert demo.resolve("demo") == "1.1.0"
    acts.withdraw(demo, "demo", "1.1.0", "why", WHO)
    acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    with pytest.raises(ReleaseNotFound):
        demo.resolve("demo")


@pytest.mark.parametrize("act", ["withdraw", "purge"])
@pytest.mark.parametrize("files", [None, ROW], ids=["the-same", "other"])
def test_a_number_that_was_withdrawn_or_purged_is_never_published_again(
    demo: Store, released: Released, make_package: Any, act: str, files: Any
) -> None:
    if act == "withdraw":
        acts.withdraw(demo, "demo", "1.1.0", "why", WHO)
    else:
        acts.purge(demo, "demo", "1.1.0", "why", "law", WHO)
        shutil.rmtree(demo.root / "demo/1.1.0")
    with pytest.raises(VersionSpent, match=r"demo 1\.1\.0 was .*, and its number is never used again"):
        released(make_package(files, folder="again", version="1.1.0"))


@pytest.mark.parametrize("successor", ["1.0.0", "9.9.9", "1.1.0"])
def test_a_successor_is_another_release_that_stands(demo: Store, successor: str) -> None:
    acts.withdraw(demo, "demo", "1.1.0", "why", WHO)
    with pytest.raises(StandingConflict, match="must be another release of demo that stands"):
        acts.withdraw(demo, "demo", "1.0.0", "why", WHO, successor)


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 2001, "\udcff"])
def test_a_reason_is_one_line_of_text(demo: Store, reason: str) -> None:
    with pytest.raises(BadParameter, match="one line of text"):
        acts.withdraw(demo, "demo", "1.0.0", reason, WHO)


def test_what_is_latest_is_not_withdrawn_by_that_name(demo: Store) -> None:
    with pytest.raises(BadParameter, match="exact version"):
        acts.withdraw(demo, "demo", "latest", "why", WHO)


def test_what_is_gone_is_neither_yanked_nor_brought_back(demo: Store) -> None:
    acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    for act in (acts.yank, acts.unyank):
        with pytest.raises(StandingConflict, match="withdrawn"):
            act(demo, "demo", "1.0.0", "why", WHO)
    acts.purge(demo, "demo", "1.0.0", "why", "law", WHO)
    with pytest.raises(StandingConflict, match="purged"):
        acts.withdraw(demo, "demo", "1.0.0", "why", WHO)


def test_a_yank_that_is_logged_behind_a_withdrawal_changes_nothing(demo: Store) -> None:
    acts.withdraw(demo, "demo", "1.0.0", "why", WHO)
    for act in ("yanked", "restored"):
        demo.log.append(act, WHO, "demo", "1.0.0", {"reason": "late"})
        status = demo.standing.status("demo", "1.0.0")
        assert status
        assert status.state == "withdrawn"


def test_a_purge_leaves_the_manifest_and_a_record(demo: Store) -> None:
    digest, folder = demo.digest("demo", "1.1.0"), demo.root / "demo/1.1.0"
    acts.purge(demo, "demo", "1.1.0", "personal data", "PIPL 47", WHO)
    assert [path.name for path in folder.iterdir()] == [MANIFEST]
    *_, last = demo.log.entries()
    assert last.details == {
        "reason": "personal data",
        "basis": "PIPL 47",
        "successor": None,
        "sha256": digest,
        "tables": [{"name": "items", "rows": 3}],
    }
    assert [release.manifest.version for release in verify_store(demo)] == ["1.1.0", "1.0.0"]
    verify_log(demo)


def test_a_purge_that_was_cut_short_is_finished_by_the_next_act(demo: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(acts, "_delete_data", killed)
        with pytest.raises(KeyboardInterrupt):
            acts.purge(demo, "demo", "1.0.0", "why", "law", WHO)
    with pytest.raises(DigestMismatch, match="is left of a release that was purged"):
        list(verify_store(demo))
    acts.yank(demo, "demo", "1.1.0", "why", WHO)
    assert [path.name for path in (demo.root / "demo/1.0.0").iterdir()] == [MANIFEST]
    assert len(list(verify_store(demo))) == 2


def test_a_purge_again_is_no_act(demo: Store) -> None:
    for _ in range(2):
        acts.purge(demo, "demo", "1.0.0", "why", "law", WHO)
    assert [act for act, _, _ in said(demo)] == ["published", "published", "purged"]


def test_a_release_that_is_purged_costs_later_acts_no_write(demo: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(acts, "sync_folder", synced.append)
    acts.purge(demo, "demo", "1.0.0", "why", "law", WHO)
    acts.yank(demo, "demo", "1.1.0", "why", WHO)
    assert synced == [demo.root / "demo/1.0.0"]


def test_a_hole_without_a_record_is_no_clean_store_until_it_has_one(demo: Store) -> None:
    shutil.rmtree(demo.root / "demo/1.0.0")
    for verify in (lambda: list(verify_store(demo)), lambda: verify_log(demo)):
        with pytest.raises(DigestMismatch, match=r"demo/1\.0\.0/release\.json: was published, and is gone"):
            verify()
    acts.purge(demo, "demo", "1.0.0", "deleted by hand", "law", WHO)
    assert len(list(verify_store(demo))) == 1
    verify_log(demo)


def test_a_manifest_that_was_replaced_is_found_by_the_log(demo: Store) -> None:
    manifest = demo.root / "demo/1.1.0" / MANIFEST
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    with pytest.raises(DigestMismatch, match="in the log"):
        verify_log(demo)


def test_a_private_part_is_erased_with_an_entry_that_says_so(demo: Store) -> None:
    acts.erase(demo, 1, "asked for", WHO)
    *_, last = demo.log.entries()
    assert (last.act, last.details) == ("erased", {"entry": 1, "reason": "asked for"})
    assert AuditLog(demo.root).verify().erased == (1,)
    with pytest.raises(NotFound):
        acts.erase(demo, 99, "asked for", WHO)
