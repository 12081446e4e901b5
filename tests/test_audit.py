"""The audit log: a chain that nobody can fork, and in which every change is found."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minshu.audit import Actor, AuditLog, Entry, Follower
from minshu.errors import AuditBroken, StoreFailed

WHO = Actor("operator", "张三")


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    """A log of three acts."""
    log = AuditLog(tmp_path)
    log.append("published", WHO, "demo", "1.0.0", {"sha256": "ab"})
    log.append("withdrawn", WHO, "demo", "1.0.0", {"reason": "错误"}, {"letter": "秘密"})
    log.append("future-act", Actor("robot"), details={"n": 1})
    return log


def test_each_entry_holds_the_digest_of_the_bytes_of_the_one_before(log: AuditLog) -> None:
    first, second, third = log.entries()
    assert (first.previous, second.previous) == (None, sha256(log.path(1).read_bytes()).hexdigest())
    assert third.previous == sha256(log.path(2).read_bytes()).hexdigest() == second.sha256
    assert [entry.sequence for entry in (first, second, third)] == [1, 2, 3]


def test_an_entry_is_one_line_of_json(log: AuditLog) -> None:
    line = log.path(2).read_text("utf-8")
    assert line.count("\n") == 1
    assert json.loads(line)["details"] == {"reason": "错误"}


def test_names_stand_in_the_private_part_alone(log: AuditLog) -> None:
    entry = log.entry(2)
    assert entry
    assert log.private(entry) == {"name": "张三", "letter": "秘密"}
    public = b"".join(path.read_bytes() for path in log.folder.glob("*.json")).decode()
    assert "张三" not in public
    assert "秘密" not in public


def test_the_private_part_is_for_the_owner_and_the_group(log: AuditLog) -> None:
    assert {path.stat().st_mode & 0o007 for path in (log.folder / "private").iterdir()} == {0}


def test_equal_private_parts_have_different_digests(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    first, second = (log.append("withdrawn", WHO) for _ in range(2))
    assert first.private_sha256 != second.private_sha256


def test_a_whole_log_verifies(log: AuditLog) -> None:
    found, last = log.verify(), log.entry(3)
    assert last
    assert (found.entries, found.sha256, found.erased, found.loose) == (3, last.sha256, (), 0)


def test_a_log_that_nothing_was_written_to_verifies(tmp_path: Path) -> None:
    assert AuditLog(tmp_path).verify().entries == 0


def test_an_erased_private_part_is_told_and_breaks_nothing(log: AuditLog) -> None:
    entry = log.entry(2)
    assert entry
    log.erase(entry)
    assert log.private(entry) is None
    assert log.verify().erased == (2,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_altered_byte_of_any_entry_or_private_part_is_found(log: AuditLog, data: st.DataObject) -> None:
    files = sorted([*log.folder.glob("*.json"), *(log.folder / "private").iterdir()])
    file = data.draw(st.sampled_from(files))
    whole = file.read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[position]))
    try:
        file.write_bytes(whole[:position] + bytes([other]) + whole[position + 1 :])
        with pytest.raises(AuditBroken):
            log.verify()
    finally:
        file.write_bytes(whole)
    log.verify()


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_entry_is_named(log: AuditLog, number: int) -> None:
    log.path(number).unlink()
    with pytest.raises(AuditBroken, match=f"Entry {number} of the audit log is missing"):
        log.verify()


def test_an_entry_that_was_replaced_by_a_well_formed_one_is_found_by_the_next(log: AuditLog, tmp_path: Path) -> None:
    other = AuditLog(tmp_path / "other")
    other.folder.parent.mkdir()
    other.append("published", WHO, "demo", "1.0.0", {"sha256": "cd"})
    log.path(1).write_bytes(other.path(1).read_bytes())
    with pytest.raises(AuditBroken, match="Entry 2 of the audit log does not follow"):
        AuditLog(tmp_path).verify()


def test_an_entry_that_was_moved_is_found(log: AuditLog) -> None:
    log.path(2).write_bytes(log.path(1).read_bytes())
    with pytest.raises(AuditBroken, match="Entry 2 of the audit log is entry 1"):
        log.verify()


def test_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from minshu.audit import Actor, AuditLog\n"
        "log = AuditLog(Path(sys.argv[1])); sys.stdin.read(1)\n"
        "for n in range(40): log.append('validated', Actor('robot', sys.argv[2]), details={'n': n})"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    racers = [subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE) for n in range(3)]
    for racer in racers:
        racer.communicate(b"x", timeout=60)
    log = AuditLog(tmp_path)
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert log.verify().entries == 120
    said = [((log.private(entry) or {})["name"], entry.details["n"]) for entry in log.entries()]
    assert sorted(said) == sorted((str(racer), n) for racer in range(3) for n in range(40))
    assert list((log.folder / "staging").iterdir()) == []


def test_threads_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: log.append("validated", WHO, details={"n": n}), range(60)))
    assert log.verify().entries == 60


@pytest.mark.parametrize("length", range(1, 20))
def test_the_last_entry_is_found_by_few_looks(tmp_path: Path, length: int) -> None:
    log = AuditLog(tmp_path)
    log.folder.mkdir()
    for number in range(1, length + 1):
        log.path(number).touch()
    assert [log._last(known) for known in (0, length // 2, length)] == [length] * 3


def test_a_log_that_cannot_be_written_says_so_and_holds_nothing_of_the_act(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("minshu.audit.write_durably", full)
        with pytest.raises(StoreFailed, match="No space left on device"):
            log.append("withdrawn", WHO)
    assert (log.verify().entries, log.append("withdrawn", WHO).sequence) == (3, 4)


def test_what_a_killed_writer_left_is_counted_and_swept(log: AuditLog) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from minshu.audit import Actor, AuditLog\n"
        "AuditLog._link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "AuditLog(Path(sys.argv[1])).append('withdrawn', Actor('operator', 'x'))"
    )
    subprocess.run([sys.executable, "-c", script, str(log.folder.parent)], check=False, timeout=60)
    assert len(list((log.folder / "staging").iterdir())) == 1
    log.append("withdrawn", WHO)
    assert list((log.folder / "staging").iterdir()) == []
    found = log.verify()
    assert (found.entries, found.loose) == (4, 1)


def test_a_newer_layout_asks_for_an_upgrade(log: AuditLog) -> None:
    body = log.path(3).read_bytes().rpartition(b',"sha256":"')[0].replace(b'"layout":1', b'"layout":2')
    log.path(3).write_bytes(body + b',"sha256":"' + sha256(body).hexdigest().encode() + b'"}\n')
    with pytest.raises(AuditBroken, match="Upgrade"):
        list(log.entries())


class Acts(Follower):
    """The acts of a log, in their order."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__(log)
        self.seen: list[str] = []

    def apply(self, entry: Entry) -> None:
        self.seen.append(entry.act)


def test_a_follower_takes_in_each_entry_once_and_in_order(log: AuditLog) -> None:
    acts = Acts(log)
    for _ in range(2):
        acts.refresh()
    log.append("purged", WHO)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: acts.refresh(), range(20)))
    assert acts.seen == ["published", "withdrawn", "future-act", "purged"]


def test_a_follower_of_a_log_that_is_not_there_yet_sees_its_first_entry(tmp_path: Path) -> None:
    acts = Acts(AuditLog(tmp_path))
    acts.refresh()
    AuditLog(tmp_path).append("published", WHO)
    acts.refresh()
    assert acts.seen == ["published"]


def test_a_follower_never_passes_over_a_damaged_entry(log: AuditLog) -> None:
    acts = Acts(log)
    log.path(2).write_bytes(b"{}")
    for _ in range(2):
        with pytest.raises(AuditBroken, match="Entry 2"):
            acts.refresh()
    assert acts.seen == ["published"]


def test_a_log_that_may_not_be_read_is_not_taken_for_an_empty_one(log: AuditLog) -> None:
    hidden = log.folder.rename(log.folder.with_name("hidden"))
    log.folder.symlink_to(log.folder)  # A loop: it cannot be read, not even by root.
    with pytest.raises(StoreFailed, match="Cannot read"):
        Acts(log).refresh()
    assert hidden.is_dir()
