"""A publisher may be killed, find the disk full, or meet another at any write: readers never see half a release."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from tests.conftest import write_package

from minshu.access import KEPT as KEPT_OF_PURGED
from minshu.acts import purge
from minshu.audit import Actor, AuditLog
from minshu.store import Store, StoredRelease
from minshu.verify import verify_release, verify_store

from .conftest import FULL, KILL, Faulty, Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
KILLED = -9
TABLES = ("a", "b", "c", "名")
CHANGES = 200  # What publishing makes at least; threads make theirs in no fixed order, nor always in as many steps.
KEPT = 5  # releases: older ones are purged, so that the store stays small

MakeFaulty = Callable[[str], Faulty]


class Life:
    """One dataset of a store, of which release follows release, most of them with a fault before."""

    def __init__(self, faulty: Faulty, folder: Path) -> None:
        self.faulty, self.folder = faulty, folder
        self.store, self._numbers = Store(faulty.store), count()
        faulty.warm(folder / "elsewhere", self.package("0.0.0"))
        self.version = ""
        self.succeed(self.next_version())

    def next_version(self) -> str:
        return f"1.0.{next(self._numbers)}"

    def package(self, version: str, folder: str = "package") -> Path:
        """A package whose every row names its version."""
        schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "版", "type": "string"}], "primaryKey": ["id"]}
        rows = "id,版\n" + "".join(f"{number},{version}\n" for number in range(20))
        files = {f"data/{name}.csv": rows for name in TABLES}
        resources = [
            {"name": name, "type": "table", "path": path, "encoding": "utf-8", "schema": schema}
            for name, path in zip(TABLES, files, strict=True)
        ]
        return write_package(self.folder / folder, files, version=version, title=folder, resources=resources)

    def publish(self, *packages: Path, at: int = 0, fault: int = 0) -> Outcome:
        return self.faulty.run(*(("publish", self.store.root, package) for package in packages), at=at, fault=fault)

    def succeed(self, version: str) -> Outcome:
        """Publish a version without a fault: all of it is there then, and nothing beside it."""
        outcome = self.publish(self.package(version))
        assert outcome.codes == [0], outcome.words
        self.version = version
        self.expect(version)
        assert sorted(path.name for path in (self.store.root / "demo").iterdir()) == sorted(self.versions())
        if len(self.versions()) > KEPT:
            self.drop(self.versions()[KEPT])
        return outcome

    def drop(self, version: str) -> None:
        if self.store.standing.status("demo", version) is None:
            purge(self.store, "demo", version, "To save room.", "None.", Actor("tester"))

    def versions(self) -> list[str]:
        return self.store.versions("demo")

    def expect(self, *allowed: str) -> StoredRelease:
        """The newest release is one of these, and whole."""
        release = self.store.release("demo")
        assert release.manifest.version in allowed
        verify_release(release)
        return release

    def strike(self, point: int, fault: int) -> bool:
        """Publish with a fault at one point: the store is as before or has the whole release, and the next succeeds.

        Tells whether the fault was met.
        """
        version = self.next_version()
        outcome = self.publish(self.package(version), at=point, fault=fault)
        release = self.expect(self.version, version)
        if outcome.struck and fault == KILL:
            assert outcome.codes == [KILLED]
        elif outcome.struck and outcome.codes != [0]:
            assert outcome.codes == [1], outcome.words
            assert outcome.words[0].startswith("StoreFailed: "), outcome.words
            assert not list((self.store.root / "demo").glob(".*"))
        else:
            assert outcome.codes == [0], outcome.words
        assert outcome.codes != [0] or release.manifest.version == version
        self.version = release.manifest.version
        # A killed publisher is swept by the next. One that found the disk full has swept for itself.
        if fault == KILL or point // 2 % 4 == 0:
            self.succeed(version)
        return outcome.struck

    def check(self) -> None:
        """All that is in the store is right, and all of it is in the log, which is whole."""
        self.succeed(self.next_version())
        assert [release.manifest.version for release in verify_store(self.store)] == self.versions()
        log = AuditLog(self.store.root).verify()
        assert log.entries >= len(self.versions())


@contextmanager
def read_all_the_time(store: Path) -> Iterator[None]:
    """Read the newest release over and over; at the end nothing was wrong with any."""
    command = [sys.executable, str(HERE / "reader.py"), str(store), "demo"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        yield
        said = json.loads(reader.communicate(timeout=60)[0])
    assert said["wrong"] == []
    assert said["seen"] > 10


@pytest.fixture
def live(faulty: MakeFaulty, tmp_path: Path) -> Callable[[str], Life]:
    """Begin the life of a dataset in a store of its own."""
    return lambda name: Life(faulty(name), tmp_path / name)


def strike_all(life: Life, points: Iterator[int], fault: int) -> None:
    """Strike at one point after the other, until a publisher is done before it comes there."""
    with read_all_the_time(life.store.root):
        last = next(point for point in points if not life.strike(point, fault))
    assert last >= CHANGES
    life.check()


@pytest.mark.parametrize("fault", [KILL, FULL], ids=["killed", "full disk"])
def test_a_publisher_that_fails_at_any_write_leaves_the_old_release_or_the_new(
    live: Callable[[str], Life], fault: int
) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(strike_all, (live("even"), live("odd")), (count(2, 2), count(1, 2)), (fault, fault)))


def test_two_publishers_of_one_version_leave_one_whole_release_whenever_one_is_killed(
    live: Callable[[str], Life],
) -> None:
    life = live("race")
    changes = 2 * life.succeed(life.next_version()).changes
    with read_all_the_time(life.store.root):
        for point in range(1, changes, 13):
            version = life.next_version()
            packages = [life.package(version, folder) for folder in ("left", "right")]
            outcome = life.publish(*packages, at=point, fault=KILL)
            release = life.expect(life.version, version)
            assert set(outcome.codes) <= {0, 1, KILLED}, outcome.words
            assert outcome.codes.count(0) <= 1
            assert 0 not in outcome.codes or release.manifest.version == version
            if 1 in outcome.codes:
                assert outcome.words[outcome.codes.index(1)].startswith("ReleaseConflict")
                assert release.manifest.version == version
            if release.manifest.version == version:
                assert release.manifest.title in {"left", "right"}
            life.succeed(life.next_version())
    life.check()


@pytest.mark.parametrize("fault", [KILL, FULL], ids=["killed", "full disk"])
def test_an_entry_of_the_log_is_there_or_not_at_whatever_write_its_writer_fails(
    live: Callable[[str], Life], fault: int
) -> None:
    life = live("log")
    root, version, log = life.store.root, life.version, life.store.log
    acts: list[Callable[[int], tuple[object, ...]]] = [
        lambda point: ("withdraw", root, version, f"Reason {point}."),
        lambda _: ("token", root),
    ]
    for act in acts:
        changes = life.faulty.run(act(0)).changes
        assert changes > 10
        for point in range(1, changes + 2):
            before = log.verify().entries
            outcome = life.faulty.run(act(point), at=point, fault=fault)
            assert outcome.codes[0] in ({0, KILLED} if fault == KILL else {0, 1}), outcome.words
            after = log.verify().entries
            assert before <= after <= before + 1
            assert outcome.codes != [0] or after == before + 1
            assert life.faulty.run(act(-point)).codes == [0]
            assert list((log.folder / "staging").iterdir()) == []
            assert log.verify().entries == after + 1
    assert life.store.standing.status("demo", version)
    assert log.verify().loose <= 2 * changes  # private parts whose writer was killed before their entry


def test_a_purge_that_is_killed_is_finished_by_the_next(live: Callable[[str], Life]) -> None:
    life = live("purge")
    life.succeed(life.next_version())
    changes = life.faulty.run(("purge", life.store.root, life.version)).changes
    assert changes > 20
    for point in range(1, changes + 1):
        version = life.next_version()
        life.succeed(version)
        outcome = life.faulty.run(("purge", life.store.root, version), at=point, fault=KILL)
        assert outcome.codes == [KILLED] or not outcome.struck
        status = life.store.standing.status("demo", version)
        if status is None:
            life.expect(version)
        again = life.faulty.run(("purge", life.store.root, version))
        assert again.codes == [0], again.words
        assert {path.name for path in (life.store.root / "demo" / version).iterdir()} <= KEPT_OF_PURGED
    life.check()
