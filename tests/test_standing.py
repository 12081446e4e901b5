"""What stands now: the log, folded."""

from pathlib import Path

import pytest

from minshu.audit import Actor, AuditLog
from minshu.standing import Standing

WHO = Actor("operator", "x")
REASON = {"reason": "wrong"}


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path)


def test_a_release_of_which_nothing_was_said_stands_as_it_was_published(log: AuditLog) -> None:
    log.append("published", WHO, "demo", "1.0.0", {"sha256": "ab"})
    standing = Standing(log)
    assert standing.status("demo", "1.0.0") is None
    assert standing.recorded() == {("demo", "1.0.0"): "ab"}


def test_what_was_said_last_stands(log: AuditLog) -> None:
    standing = Standing(log)
    seen = []
    for act in ("yanked", "restored", "yanked", "withdrawn", "purged"):
        log.append(act, WHO, "demo", "1.0.0", REASON)
        status = standing.status("demo", "1.0.0")
        seen.append((status.state, status.is_gone) if status else None)
    assert seen == [("yanked", False), None, ("yanked", False), ("withdrawn", True), ("purged", True)]


def test_a_status_tells_reason_successor_time_and_entry(log: AuditLog) -> None:
    entry = log.append("withdrawn", WHO, "demo", "1.0.0", {"reason": "错", "successor": "1.0.1"})
    status = Standing(log).status("demo", "1.0.0")
    assert status
    assert (status.reason, status.successor, status.since, status.sequence) == ("错", "1.0.1", entry.time, 1)


@pytest.mark.parametrize("act", ["yanked", "withdrawn", "purged"])
def test_latest_may_stand_for_none_of_them(log: AuditLog, act: str) -> None:
    log.append(act, WHO, "demo", "1.1.0", REASON)
    assert Standing(log).eligible("demo", ["1.1.0", "1.0.0"]) == ["1.0.0"]


def test_acts_of_a_newer_minshu_change_nothing(log: AuditLog) -> None:
    log.append("embargoed", WHO, "demo", "1.0.0", {"until": 2030})
    log.append("withdrawn", WHO, "demo", "1.0.0", REASON)
    log.append("embargoed", WHO, "demo", "1.0.0", {"until": 2030})
    status = Standing(log).status("demo", "1.0.0")
    assert status
    assert status.state == "withdrawn"


def test_it_is_the_same_whether_read_at_once_or_as_entries_come(log: AuditLog) -> None:
    following = Standing(log)
    for number, act in enumerate(["published", "yanked", "published", "withdrawn", "restored", "purged"]):
        log.append(act, WHO, "demo", f"1.{number % 2}.0", {**REASON, "sha256": "ab"})
        following.refresh()
    versions = ["1.1.0", "1.0.0"]
    assert [following.status("demo", v) for v in versions] == [Standing(log).status("demo", v) for v in versions]
