"""Answers that are kept: the same for all who ask the same, and never a wrong one."""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minshu.budgets import Account, Client
from minshu.errors import SqlFailed, SqlTimeout
from minshu.filecache import FileCache, Lookups
from minshu.settings import Settings
from minshu.sql import Asker, Attachment, SqlQuery, SqlService

COUNT = "SELECT count(*) AS n FROM points"
Make = Callable[[], FileCache]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    (tmp_path / "scratch").mkdir()
    return lambda: FileCache(tmp_path / "answers", tmp_path / "scratch", 1 << 20)


@pytest.fixture
def keeping(make: Make, settings: Settings) -> Iterator[SqlService]:
    with SqlService(settings.model_copy(update={"sql_workers": 2}), make()) as service:
        yield service


@pytest.fixture
def query(release: Path) -> SqlQuery:
    return SqlQuery(COUNT, release, sha256="a")


def spent(service: SqlService, query: SqlQuery) -> Account:
    """The account of who asked, afterwards."""
    account = Account(Client("one"))
    service.run(query, Asker(account))
    return account


def test_an_answer_is_computed_once_and_tells_the_same_ever_after(keeping: SqlService, query: SqlQuery) -> None:
    first = keeping.run(query)
    again = replace(query, text=f"  {COUNT.replace(' ', '  ')} -- again")
    assert keeping.run(again) == first
    account = spent(keeping, again)
    assert (account.rows, account.seconds) == (0, 0)
    assert keeping.lookups() == Lookups(hits=2, misses=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": COUNT.replace("AS n", "AS m")},
        {"sha256": "b"},
        {"format": "csv"},
        {"limit": 7},
        {"text": f"{COUNT} WHERE number > $n", "parameters": {"n": "1"}},
    ],
)
def test_what_an_answer_depends_on_makes_another(keeping: SqlService, query: SqlQuery, changes: dict[str, Any]) -> None:
    keeping.run(query)
    assert spent(keeping, replace(query, **changes)).seconds > 0


def test_an_attached_release_is_told_by_its_digest(keeping: SqlService, query: SqlQuery, other: Path) -> None:
    for digest in ("b", "c"):
        asked = replace(query, attachments=(Attachment("older", other, digest),))
        assert spent(keeping, asked).seconds > 0
        assert spent(keeping, asked).seconds == 0
        assert spent(keeping, replace(query, attachments=(Attachment("old", other, digest),))).seconds > 0


@pytest.mark.parametrize("changes", [{"sha256": ""}, {"text": "SELECT random()"}, {"text": "SELECT now()"}])
def test_what_may_differ_the_next_time_is_not_kept(
    keeping: SqlService, query: SqlQuery, make: Make, tmp_path: Path, changes: dict[str, Any]
) -> None:
    keeping.run(replace(query, **changes))
    assert list((tmp_path / "answers").iterdir()) == []


def test_a_failure_is_not_kept(keeping: SqlService, query: SqlQuery, tmp_path: Path) -> None:
    with pytest.raises(SqlFailed):
        keeping.run(replace(query, text="SELECT nothing FROM points"))
    assert list((tmp_path / "answers").iterdir()) == []


@pytest.mark.parametrize("damage", ["removed", "emptied", "changed", "no card", "half a card", "no folder"])
def test_an_answer_that_was_damaged_is_computed_again(
    keeping: SqlService, query: SqlQuery, tmp_path: Path, damage: str
) -> None:
    first = keeping.run(query)
    (kept,) = (tmp_path / "answers").glob("*.answer")
    (card,) = (tmp_path / "answers").glob("*.card")
    if damage == "changed":
        kept.write_bytes(kept.read_bytes().replace(b"[[3]]", b"[[4]]"))
    elif damage == "emptied":
        kept.write_bytes(b"")
    elif damage == "half a card":
        card.write_bytes(b"{")
    elif damage == "no folder":
        kept.unlink()
        card.unlink()
        (tmp_path / "answers").rmdir()
    else:
        (card if damage == "no card" else kept).unlink()
    assert keeping.run(query).body == first.body == b"[[3]]"


def test_who_asks_what_is_being_asked_waits_for_that_answer(keeping: SqlService, query: SqlQuery) -> None:
    slow = replace(
        query, text="SELECT count(*) FROM range(300) a, range(30000) b WHERE hash(a.range * b.range) % 7 = 1"
    )
    accounts = [Account(Client(str(number))) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda account: keeping.run(slow, Asker(account)), accounts))
    assert len({answer.body for answer in answers}) == 1
    assert sorted(account.rows for account in accounts) == [0, 0, 0, 0, 0, 1]


def test_who_waits_for_an_answer_that_fails_asks_for_himself(keeping: SqlService, query: SqlQuery) -> None:
    endless = replace(query, text="SELECT count(*) FROM range(1000000) a, range(1000000) b")
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(keeping.run, endless, Asker(Account(Client(str(number))))) for number in range(2)]
        assert [type(item.exception()) for item in asked] == [SqlTimeout, SqlTimeout]
        assert keeping.run(query).body == b"[[3]]"


def test_a_cache_that_cannot_be_written_is_no_fault_of_a_statement(
    keeping: SqlService, query: SqlQuery, tmp_path: Path
) -> None:
    (tmp_path / "scratch").rmdir()
    assert keeping.run(query).body == b"[[3]]"


def test_processes_share_their_answers(keeping: SqlService, query: SqlQuery, release: Path, tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        from pathlib import Path
        from minshu.filecache import FileCache
        from minshu.settings import Settings
        from minshu.sql import SqlQuery, SqlService
        cache = FileCache(Path({str(tmp_path / "answers")!r}), Path({str(tmp_path / "scratch")!r}), 1 << 20)
        settings = Settings(sql_deadline=20, sql_memory=256 << 20, sql_rows=1000, sql_bytes=1 << 20, sql_workers=1)
        with SqlService(settings, cache) as service:
            service.run(SqlQuery({COUNT!r}, Path({str(release)!r}), sha256="a"))
    """)
    subprocess.run([sys.executable, "-c", script], check=True)
    account = spent(keeping, query)
    assert (account.rows, account.seconds) == (0, 0)


def test_the_disk_that_answers_take_is_bounded(
    make: Make, settings: Settings, query: SqlQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.filecache.GRACE", -1)
    cache = FileCache(tmp_path / "answers", tmp_path / "scratch", 50_000)
    with SqlService(settings, cache) as service:
        for number in range(20):
            service.run(replace(query, text=f"SELECT repeat('{number}', 5000)"))
        kept = sum(path.stat().st_size for path in (tmp_path / "answers").glob("*.answer"))
        assert 5_000 < kept <= 60_000
        assert spent(service, replace(query, text="SELECT repeat('19', 5000)")).seconds == 0
        assert spent(service, replace(query, text="SELECT repeat('0', 5000)")).seconds > 0
