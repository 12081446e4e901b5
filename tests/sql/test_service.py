"""The service with real workers: what it answers, and what no stranger's statement may do to it."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import minshu
from minshu.budgets import Account, Client
from minshu.errors import (
    BadParameter,
    NotAcceptable,
    SqlFailed,
    SqlOverloaded,
    SqlRefused,
    SqlSyntaxError,
    SqlTimeout,
    SqlTooLarge,
    StoreFailed,
)
from minshu.formats import FORMATS, Column
from minshu.settings import Settings
from minshu.sql import Asker, Attachment, SqlAnswer, SqlQuery, SqlService
from minshu.sql.turns import QUICK

Ask = Callable[..., SqlAnswer]
ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def gone(pid: int) -> bool:
    """Whether a process is no more (or only waits to be buried)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_an_answer_tells_columns_rows_and_time(ask: Ask) -> None:
    answer = ask("SELECT number, title, amount, deadline, code FROM points ORDER BY number")
    assert answer.columns == (
        Column("number", "INTEGER", "number"),
        Column("title", "VARCHAR", "string"),
        Column("amount", "DECIMAL(18,2)", "string"),
        Column("deadline", "DATE", "string"),
        Column("code", "VARCHAR", "string"),
    )
    assert orjson.loads(answer.body) == [
        [1, "数字政府", "1.10", "2019-12-31", "0350"],
        [2, "工业互联网", "2.50", None, ""],
        [3, None, None, "2019-06-30", None],
    ]
    assert (answer.rows, answer.truncated, answer.volatile) == (3, False, False)
    assert 0 < answer.seconds < 1


def from_workbook(data: bytes) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(io.BytesIO(data)).active.values
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_given(ask: Ask, name: str) -> None:
    body = ask("SELECT number, code FROM points ORDER BY number", format=name).body
    expected = [{"number": 1, "code": "0350"}, {"number": 2, "code": ""}, {"number": 3, "code": None}]
    read: dict[str, Callable[[bytes], Any]] = {
        "csv": lambda data: expected if data == b'number,code\n1,0350\n2,""\n3,\n' else data,
        "json": orjson.loads,
        "ndjson": lambda data: [orjson.loads(line) for line in data.splitlines()],
        "parquet": lambda data: pq.read_table(io.BytesIO(data)).to_pylist(),
        "xlsx": from_workbook,
        "arrow": lambda data: pa.ipc.open_stream(data).read_all().to_pylist(),
    }
    assert read[name](body) == expected


def test_truncation_is_told_by_the_limit_asked_for_or_the_service_s_own(ask: Ask) -> None:
    asked = ask("FROM big", limit=10)
    assert (asked.rows, asked.truncated) == (10, True)
    own = ask("FROM big", limit=10_000_000)
    assert (own.rows, own.truncated) == (1000, True)


def test_releases_are_joined_and_compared(service: SqlService, release: Path, other: Path) -> None:
    text = "SELECT number FROM points ANTI JOIN older.points o USING (number)"
    answer = service.run(SqlQuery(text, release, (Attachment("older", other),)))
    assert answer.body == b"[[3]]"


def test_a_release_that_is_not_attached_is_not_read(service: SqlService, release: Path, other: Path) -> None:
    service.run(SqlQuery("FROM older.points", release, (Attachment("older", other),)))
    with pytest.raises(SqlFailed, match="There is no table"):
        service.run(SqlQuery("FROM older.points", release))


def test_many_releases_in_turn_are_all_answered(service: SqlService, release: Path, other: Path) -> None:
    for index in range(12):
        attachment = Attachment(f"a{index}", other)
        text = f"SELECT (SELECT count(*) FROM points), (SELECT count(*) FROM a{index}.points)"
        assert service.run(SqlQuery(text, release, (attachment,))).body == b"[[3,2]]"


@pytest.mark.parametrize("alias", ["release", "MAIN", "temp", "1a", "a-b", "", "a b", "名", 'a"b', "a;b"])
def test_an_alias_that_cannot_be_is_refused(service: SqlService, release: Path, other: Path, alias: str) -> None:
    with pytest.raises(BadParameter, match="attached release"):
        service.run(SqlQuery("SELECT 1", release, (Attachment(alias, other),)))


def test_the_same_alias_twice_is_refused(service: SqlService, release: Path, other: Path) -> None:
    with pytest.raises(BadParameter, match="same name"):
        service.run(SqlQuery("SELECT 1", release, (Attachment("a", other), Attachment("A", other))))


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        ("SELEC 1", {}, SqlSyntaxError),
        ("SELECT getenv('HOME')", {}, SqlRefused),
        ("SELECT nope FROM points", {}, SqlFailed),
        ("SELECT title::INTEGER FROM points", {}, SqlFailed),
        ("SELECT error('made by hand')", {}, SqlFailed),
        ("SELECT $x", {}, BadParameter),
        ("SELECT 1", {"parameters": {"x": "1"}}, BadParameter),
        ("SELECT 1", {"format": "xml"}, BadParameter),
        ("SELECT 1", {"limit": -1}, BadParameter),
        ("SELECT 1 AS a, 2 AS a", {"format": "json"}, NotAcceptable),
        ("SELECT repeat('x', 2000) FROM big", {"format": "csv"}, SqlTooLarge),
        ("SELECT '" + "x" * 20_000 + "'", {}, SqlRefused),
    ],
)
def test_every_failure_is_an_error_of_its_kind_and_the_worker_lives(
    ask: Ask, service: SqlService, text: str, options: dict[str, Any], error: type[Exception]
) -> None:
    before = set(service.pids())
    with pytest.raises(error) as caught:
        ask(text, **options)
    assert type(caught.value) is error
    assert before <= set(service.pids())


def test_a_syntax_error_tells_its_place(ask: Ask) -> None:
    with pytest.raises(SqlSyntaxError) as caught:
        ask("SELECT 1 fro m")
    assert caught.value.position == 13


def test_a_message_names_columns_but_no_place_of_the_server(ask: Ask, release: Path) -> None:
    with pytest.raises(SqlFailed, match=r"Did you mean code or number\?") as caught:
        ask("SELECT nope FROM points")
    assert "\n" not in str(caught.value)
    assert str(release.parent) not in str(caught.value)


def test_a_plan_is_told_and_guarded_like_the_statement(service: SqlService, release: Path) -> None:
    assert "points" in service.explain(SqlQuery("FROM points WHERE number > $n", release, parameters={"n": "1"}))
    with pytest.raises(SqlRefused):
        service.explain(SqlQuery("FROM read_text('/etc/passwd')", release))


def test_what_differs_from_call_to_call_is_told(ask: Ask) -> None:
    assert ask("SELECT now()").volatile


def test_times_are_the_same_wherever_the_server_stands(ask: Ask) -> None:
    assert ask("SELECT TIMESTAMPTZ '2020-01-01 08:00:00+08' AS t").body == b'[["2020-01-01T00:00:00Z"]]'


def test_an_endless_statement_is_killed_at_the_deadline_and_the_next_is_answered(
    ask: Ask, service: SqlService, settings: Settings
) -> None:
    assert until(lambda: len(service.pids()) == 4, 30)
    before = set(service.pids())
    start = time.monotonic()
    with pytest.raises(SqlTimeout) as caught:
        ask(ENDLESS)
    assert settings.sql_deadline <= time.monotonic() - start < settings.sql_deadline + 0.5
    assert caught.value.seconds == settings.sql_deadline
    start = time.monotonic()
    assert ask("SELECT 42").body == b"[[42]]"
    assert time.monotonic() - start < 0.5
    assert until(lambda: len(service.pids()) == 4)
    assert before - set(service.pids())


def test_a_worker_that_dies_is_an_error_and_is_replaced(ask: Ask, service: SqlService) -> None:
    ask("SELECT 1")
    assert until(lambda: len(service.pids()) == 4)
    with ThreadPoolExecutor() as threads:
        running = threads.submit(ask, ENDLESS)
        time.sleep(0.3)
        killed = set(service.pids())
        for pid in killed:
            os.kill(pid, signal.SIGSEGV)
        with pytest.raises(SqlFailed, match="ended without an answer"):
            running.result()
    # A busy machine takes its time to bury them.
    assert until(lambda: killed.isdisjoint(service.pids()))
    # The spare was killed as well, while it did nothing: nobody is told, and another takes its place.
    assert ask("SELECT 42").body == b"[[42]]"


def test_a_release_that_another_one_leaves_no_memory_is_still_answered(release: Path, other: Path) -> None:
    with SqlService(Settings(sql_memory=64 << 20, sql_deadline=20)) as service:
        for index in range(4):
            query = SqlQuery("SELECT count(DISTINCT hash(id)) FROM big", release, (Attachment(f"a{index}", other),))
            assert service.run(query).body == b"[[200000]]"


def test_a_client_that_leaves_frees_its_worker_at_once(service: SqlService, release: Path) -> None:
    left = threading.Event()
    threading.Timer(0.2, left.set).start()
    start = time.monotonic()
    with pytest.raises(SqlFailed, match="nobody waits"):
        service.run(SqlQuery(ENDLESS, release), Asker(gone=left))
    assert time.monotonic() - start < 1
    assert service.run(SqlQuery("SELECT 42", release)).body == b"[[42]]"


def test_more_queries_than_may_wait_are_turned_away(release: Path) -> None:
    settings = Settings(sql_workers=1, sql_deadline=0.5, sql_patience=0.5, sql_queue=2, sql_memory=128 << 20)
    with SqlService(settings) as service, ThreadPoolExecutor(8) as threads:
        service.warm()
        assert until(lambda: len(service.pids()) == 4, 30)
        running = [threads.submit(service.run, SqlQuery(ENDLESS, release)) for _ in range(6)]
        errors = [type(item.exception()) for item in running]
        assert errors.count(SqlTimeout) >= 1
        assert errors.count(SqlOverloaded) >= 3
        assert set(errors) <= {SqlTimeout, SqlOverloaded}
        refused = next(item.exception() for item in running if isinstance(item.exception(), SqlOverloaded))
        assert getattr(refused, "retry_after", 0) >= 1


@pytest.fixture
def busy(release: Path) -> Iterator[tuple[SqlService, ThreadPoolExecutor]]:
    """A service of one worker, which a stranger's endless query keeps at work, and threads to ask it more."""
    settings = Settings(sql_workers=1, sql_deadline=3, sql_memory=128 << 20)
    with SqlService(settings) as service, ThreadPoolExecutor(8) as threads:
        service.warm()
        assert until(lambda: len(service.pids()) == 4, 30)
        threads.submit(service.run, SqlQuery(ENDLESS, release), Asker(Account(Client("stranger"))))
        assert until(lambda: service.running() == 1)
        yield service, threads


def test_a_quick_query_waits_for_no_stranger_s_slow_one(
    busy: tuple[SqlService, ThreadPoolExecutor], release: Path
) -> None:
    service, _ = busy
    start = time.monotonic()
    for _ in range(10):
        assert service.run(SqlQuery("SELECT 42", release), Asker(Account(Client("honest")))).body == b"[[42]]"
    assert time.monotonic() - start < 1
    assert service.running() == 1


def test_a_slow_query_makes_room_for_quick_ones_and_begins_again_in_its_turn(
    busy: tuple[SqlService, ThreadPoolExecutor], release: Path
) -> None:
    service, threads = busy
    slow = threads.submit(service.run, SqlQuery(ENDLESS, release), Asker(Account(Client("analyst"))))
    assert until(lambda: service.running() == 2)
    express = [pid for pid in service.pids() if os.getpriority(os.PRIO_PROCESS, pid) == os.nice(0)]
    assert len(express) == 2
    time.sleep(QUICK)
    assert service.run(SqlQuery("SELECT 42", release), Asker(Account(Client("newcomer")))).body == b"[[42]]"
    assert until(lambda: any(map(gone, express)))
    assert until(lambda: service.running() == 1)
    assert not slow.done()
    assert isinstance(slow.exception(20), SqlTimeout)


def test_a_query_waits_longer_than_one_endless_one_takes(release: Path) -> None:
    settings = Settings(sql_workers=1, sql_deadline=0.5, sql_memory=128 << 20)
    with SqlService(settings) as service, ThreadPoolExecutor(4) as threads:
        endless = [threads.submit(service.run, SqlQuery(ENDLESS, release)) for _ in range(2)]
        assert service.run(SqlQuery("SELECT 42", release)).body == b"[[42]]"
        assert {type(item.exception()) for item in endless} == {SqlTimeout}


def test_a_release_whose_database_is_gone_is_the_stores_fault(service: SqlService, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="missing or damaged"):
        service.run(SqlQuery("SELECT 1", tmp_path / "absent.duckdb"))


def test_many_threads_get_each_their_own_answer(release: Path) -> None:
    settings = Settings(sql_workers=2, sql_queue=100, sql_memory=128 << 20)
    with SqlService(settings) as service, ThreadPoolExecutor(16) as threads:
        texts = [f"SELECT {number} + count(*) FROM points" for number in range(100)]
        answers = threads.map(lambda text: service.run(SqlQuery(text, release)).body, texts)
        assert list(answers) == [f"[[{number + 3}]]".encode() for number in range(100)]


def test_closing_leaves_no_process_and_fails_what_runs(release: Path) -> None:
    service = SqlService(Settings(sql_workers=1, sql_memory=128 << 20))
    service.warm()
    assert until(lambda: len(service.pids()) == 4, 30)
    with ThreadPoolExecutor() as threads:
        running = threads.submit(service.run, SqlQuery(ENDLESS, release))
        pids = service.pids()
        time.sleep(0.2)
        service.close()
        assert isinstance(running.exception(5), SqlFailed)
    assert all(gone(pid) for pid in pids)
    assert service.pids() == []
    with pytest.raises(SqlOverloaded):
        service.run(SqlQuery("SELECT 1", release))


def test_a_service_that_was_never_asked_starts_and_leaves_nothing() -> None:
    service = SqlService(Settings())
    assert service.pids() == []
    service.close()


@LINUX
def test_a_worker_is_confined(ask: Ask, service: SqlService, settings: Settings) -> None:
    ask("SELECT 1")
    for pid in service.pids():
        place = Path(f"/proc/{pid}")
        limits = {line[:25].strip(): line[26:].split()[:2] for line in (place / "limits").read_text().splitlines()}
        assert limits["Max file size"] == ["0", "0"]
        assert limits["Max core file size"] == ["0", "0"]
        assert int(limits["Max open files"][1]) <= 128
        size = int((place / "statm").read_text().split()[0]) * 4096
        assert int(limits["Max address space"][1]) <= size + settings.sql_memory + (1 << 30)
        assert "NoNewPrivs:\t1" in (place / "status").read_text()
        assert (place / "cwd").resolve() == Path("/")
        names = {item.split(b"=")[0] for item in (place / "environ").read_bytes().split(b"\0") if item}
        assert names <= {b"MALLOC_ARENA_MAX", b"ARROW_DEFAULT_MEMORY_POOL", b"LC_ALL"}
        assert os.getsid(pid) == pid


@LINUX
def test_a_worker_holds_no_descriptor_of_its_parent(ask: Ask, service: SqlService, tmp_path: Path) -> None:
    with (tmp_path / "private").open("w"):
        ask("SELECT 1")
        for pid in service.pids():
            targets = [str(item.readlink()) for item in Path(f"/proc/{pid}/fd").iterdir()]
            assert not [item for item in targets if "private" in item or "socket" in item]


@LINUX
def test_workers_end_with_a_parent_that_is_killed(release: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, threading
        from pathlib import Path
        from minshu.settings import Settings
        from minshu.sql import SqlQuery, SqlService
        service = SqlService(Settings(sql_workers=1))
        service.run(SqlQuery("SELECT 1", Path({str(release)!r})))
        while len(service.pids()) < 4: pass
        print(*service.pids(), flush=True)
        service.run(SqlQuery({ENDLESS!r}, Path({str(release)!r})))
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=release.parent,
        env={**os.environ, "PYTHONPATH": str(Path(minshu.__file__).parents[1])},
    )
    assert parent.stdout
    pids = [int(item) for item in parent.stdout.readline().split()]
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert len(pids) == 4
    assert until(lambda: all(gone(pid) for pid in pids), 2)


def test_workers_outlive_the_thread_that_first_asked(service: SqlService, release: Path) -> None:
    with SqlService(Settings(sql_workers=1, sql_memory=128 << 20)) as young:
        thread = threading.Thread(target=lambda: young.run(SqlQuery("SELECT 1", release)))
        thread.start()
        thread.join()
        assert until(lambda: len(young.pids()) == 4)
        pids = young.pids()
        time.sleep(0.2)
        assert not any(gone(pid) for pid in pids)
        assert young.run(SqlQuery("SELECT 42", release)).body == b"[[42]]"


def test_what_duckdb_prints_is_not_taken_for_an_answer(unguarded: SqlService, release: Path) -> None:
    # Only where the guard fails and DuckDB is of a version that lets a profile be asked for.
    for text in ("PRAGMA enable_profiling", "SELECT 42"):
        try:
            answer = unguarded.run(SqlQuery(text, release))
        except SqlFailed:
            continue
    assert answer.body == b"[[42]]"


def test_a_worker_imports_nothing_of_the_service(release: Path) -> None:
    code = (
        "import sys, minshu.sql.worker; "
        "print([name for name in ('pydantic', 'fastapi', 'frictionless', 'pandera', 'polars') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(minshu.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
