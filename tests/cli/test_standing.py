"""The commands that say how a release stands, as an operator runs them."""

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

from minshu.store import Store

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def demo(store: Store, released: Any, make_package: Any) -> Store:
    for version in ("1.0.0", "1.0.1"):
        released(make_package(version=version))
    return store


def test_withdraw_prints_the_addresses_that_caches_must_drop(demo: Store, minshu: Run) -> None:
    words = ["--reason", "错行", "--successor", "1.0.1", "--base-url", "https://data.example/"]
    ran = minshu("withdraw", "demo", "1.0.0", *words)
    assert ran.returncode == 0, ran.stderr
    base = "https://data.example/datasets/demo/versions/1.0.0"
    assert {base, f"{base}/demo.zip", f"{base}/data/items.csv", f"{base}/items.xlsx", f"{base}/items/rows"} <= set(
        ran.stdout.splitlines()
    )
    assert "demo 1.0.0 is withdrawn." in ran.stderr
    assert [line.split("\t")[4:] for line in minshu("list").stdout.splitlines()] == [[], ["withdrawn"]]


def test_what_cannot_be_done_exits_1(demo: Store, minshu: Run) -> None:
    ran = minshu("withdraw", "demo", "1.0.0", "--reason", "x", "--successor", "9.9.9")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "9.9.9 cannot succeed 1.0.0" in ran.stderr


def test_purge_asks_and_does_nothing_without_a_yes(demo: Store, minshu: Run) -> None:
    ran = minshu("purge", "demo", "1.0.0", "--reason", "x", "--basis", "PIPL 47")
    assert ran.returncode != 0
    assert "for good?" in ran.stderr
    assert (demo.root / "demo/1.0.0/demo.zip").is_file()
    assert minshu("purge", "demo", "1.0.0", "--reason", "x", "--basis", "PIPL 47", "--yes").returncode == 0
    assert not (demo.root / "demo/1.0.0/demo.zip").exists()


def test_the_log_is_printed_line_by_line_and_verified(demo: Store, minshu: Run) -> None:
    listed = minshu("audit", "list", "--after", "1")
    assert listed.stdout.encode() == demo.log.path(2).read_bytes()
    verified = minshu("audit", "verify")
    assert (verified.returncode, verified.stdout.strip()) == (0, demo.log.verify().sha256)
    demo.log.path(1).write_bytes(demo.log.path(1).read_bytes().replace(b"demo", b"demi"))
    broken = minshu("audit", "verify")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert "Entry 1 of the audit log is damaged" in broken.stderr
