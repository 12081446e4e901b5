"""Jobs: whatever ends in the middle - an upload, a worker, the service - leaves a state that says so."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from minshu.audit import Actor, AuditLog
from minshu.errors import (
    JobKilled,
    JobLate,
    JobNotFound,
    JobsOverloaded,
    UploadComplete,
    UploadMismatch,
    UploadTooLarge,
)
from minshu.jobs import Job, Jobs, Runner, State
from minshu.jobs import process as process_module
from minshu.jobs.process import Limits, Stopped, work
from minshu.jobs.records import ABANDONED, KEPT
from minshu.settings import Settings
from minshu.tokens import Tokens, parse_scopes

Make = Callable[..., Job]
LIMITS = Limits(1 << 29, 1 << 20, 20.0)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path, 3, 100)


@pytest.fixture
def make(jobs: Jobs) -> Make:
    def run(state: State = State.receiving, **told: object) -> Job:
        job = jobs.create("demo", "1.0.0", "token", None, None)
        return jobs.change(job.id, lambda _: {"state": state, **told})

    return run


def test_an_upload_takes_only_what_follows(jobs: Jobs, make: Make) -> None:
    job = make()
    assert jobs.append(job, 0, b"abc") == 3
    with pytest.raises(UploadMismatch) as late:
        jobs.append(job, 0, b"abc")
    assert late.value.expected_offset == 3
    with pytest.raises(UploadTooLarge):
        jobs.append(job, 3, bytes(98))
    assert (jobs.offset(job), jobs.append(job, 3, b"d")) == (3, 4)


def test_an_upload_takes_no_more_than_was_announced(jobs: Jobs, make: Make) -> None:
    job = make(length=5)
    with pytest.raises(UploadTooLarge, match="5 bytes"):
        jobs.append(job, 0, b"abcdef")


def test_an_upload_that_is_whole_takes_nothing_more(jobs: Jobs, make: Make) -> None:
    job = make(State.waiting)
    with pytest.raises(UploadComplete):
        jobs.append(job, 0, b"abc")


def test_there_are_only_so_many_that_have_not_ended(jobs: Jobs, make: Make) -> None:
    for state in (State.receiving, State.waiting, State.running, State.published):
        if state is State.published:
            with pytest.raises(JobsOverloaded):
                make()
        else:
            last = make(state)
    jobs.change(last.id, lambda _: {"state": State.failed})
    assert make()


@pytest.mark.parametrize("identifier", ["", "..", "slot", "a" * 32, "../" + "a" * 32, "A" * 32])
def test_what_is_no_id_of_a_job_is_not_looked_for_elsewhere(jobs: Jobs, make: Make, identifier: str) -> None:
    make()
    with pytest.raises(JobNotFound):
        jobs.job(identifier)
    with pytest.raises(JobNotFound):
        jobs.change(identifier, lambda _: {})


def test_old_jobs_and_abandoned_uploads_are_swept_and_others_are_not(jobs: Jobs, make: Make) -> None:
    old, fresh, waiting = make(State.failed), make(State.published), make(State.waiting)
    uploading = make()
    now = datetime.now(UTC)
    for job, age in ((old, KEPT), (fresh, KEPT - timedelta(hours=1)), (waiting, 2 * KEPT), (uploading, ABANDONED)):
        past = now - age - timedelta(seconds=1)
        record = jobs.folder / job.id / "job.json"
        record.write_text(jobs.job(job.id).model_copy(update={"changed": past}).model_dump_json())
        os.utime(jobs.folder / job.id, (past.timestamp(), past.timestamp()))
    jobs.sweep()
    assert {job.id for job in jobs.all()} == {fresh.id, waiting.id}


def test_one_job_is_worked_on_at_a_time_whoever_asks(jobs: Jobs, tmp_path: Path) -> None:
    with jobs.slot() as first, Jobs(tmp_path, 3, 100).slot() as second:
        assert (first, second) == (True, False)
    with jobs.slot() as third:
        assert third


@contextmanager
def running(runner: Runner) -> Iterator[None]:
    runner.start()
    try:
        yield
    finally:
        runner.close()


def ended(jobs: Jobs, job: Job) -> Job:
    end = time.monotonic() + 20
    while not job.has_ended and time.monotonic() < end:
        time.sleep(0.02)
        job = jobs.job(job.id)
    return job


@pytest.fixture
def runner(jobs: Jobs, tmp_path: Path) -> Runner:
    return Runner(jobs, Settings(store=tmp_path, catalogue=tmp_path))


def test_a_job_whose_service_died_is_begun_once_more_and_then_given_up(
    jobs: Jobs, make: Make, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def worked(task: dict[str, str], *_: object) -> dict[str, object]:
        begun.append(task["version"])
        return {"outcome": "done", "created": True, "version": task["version"]}

    monkeypatch.setattr("minshu.jobs.runner.work", worked)
    once, twice = make(State.running, attempts=1), make(State.running, attempts=2)
    with running(runner):
        assert ended(jobs, once).state is State.published
        failed = ended(jobs, twice)
    assert failed.problem
    assert (failed.state, failed.problem.code, len(begun)) == (State.failed, "job-interrupted", 1)
    assert not jobs.upload(failed).exists()


def test_nothing_is_published_for_a_token_that_was_revoked_meanwhile(
    jobs: Jobs, make: Make, runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tokens, operator = Tokens(AuditLog(tmp_path)), Actor("operator")
    stolen, held = (
        tokens.create(parse_scopes(["publish:demo"]), datetime.now(UTC) + timedelta(days=1), operator)[0]
        for _ in range(2)
    )
    tokens.revoke(stolen.id, operator)
    done = {"outcome": "done", "created": True, "version": "1.0.0"}
    monkeypatch.setattr("minshu.jobs.runner.work", lambda *_: done)
    refused, published = make(State.waiting, token=stolen.id), make(State.waiting, token=held.id)
    with running(runner):
        refused, published = ended(jobs, refused), ended(jobs, published)
    assert refused.problem
    assert (refused.state, refused.problem.code) == (State.failed, "token-invalid")
    assert not jobs.upload(refused).exists()
    assert published.state is State.published


def test_a_job_under_way_waits_for_the_next_start_when_the_service_ends(
    jobs: Jobs, make: Make, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()

    def stopped(_: object, __: object, ___: object, stop: Event, ____: object) -> None:
        begun.set()
        stop.wait(20)
        raise Stopped

    monkeypatch.setattr("minshu.jobs.runner.work", stopped)
    job = make(State.waiting)
    with running(runner):
        assert begun.wait(20)
    assert (jobs.job(job.id).state, jobs.job(job.id).attempts) == (State.waiting, 0)
    assert jobs.upload(job).exists()


@pytest.mark.parametrize(("outcome", "code"), [("killed", "job-killed"), ("broken", "job-broken")])
def test_what_a_worker_says_of_its_end_is_told(
    jobs: Jobs, make: Make, runner: Runner, monkeypatch: pytest.MonkeyPatch, outcome: str, code: str
) -> None:
    monkeypatch.setattr("minshu.jobs.runner.work", lambda *_: {"outcome": outcome, "trace": "secret"})
    job = make(State.waiting)
    with running(runner):
        found = ended(jobs, job)
    assert found.problem
    assert found.problem.code == code
    assert "secret" not in found.problem.detail


def started(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let a worker run this code."""
    monkeypatch.setattr(process_module, "_START", code)


def test_a_worker_is_killed_at_its_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(JobLate):
        work({}, Limits(0, 0, 0.2), tmp_path, Event())


def test_a_worker_that_dies_or_floods_is_said_to_be_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("import os; os._exit(3)", "while True: print('x' * 100_000, end='')"):
        started(monkeypatch, code)
        with pytest.raises(JobKilled):
            work({}, LIMITS, tmp_path, Event())


def test_nobody_waits_for_a_worker_that_is_not_wanted_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, "import time; time.sleep(60)")
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        work({}, LIMITS, tmp_path, stop)


def test_a_worker_is_held_to_memory_files_and_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(
        monkeypatch,
        "import sys, json, os, resource as r; sys.path.insert(0, sys.argv[1]);"
        "from minshu.jobs import worker;"
        "worker.TASKS = {'told': lambda task, say: {'limits': [r.getrlimit(getattr(r, 'RLIMIT_' + n))[0]"
        " for n in ('FSIZE', 'CORE', 'NOFILE')] + [r.getrlimit(r.RLIMIT_AS)[0] < 1 << 33], 'tmp': os.environ['TMPDIR'],"
        " 'secret': os.environ.get('MINSHU_SECRET')}}; worker.main()",
    )
    monkeypatch.setenv("MINSHU_SECRET", "x")
    found = work({"task": "told"}, LIMITS, tmp_path, Event())
    assert found["limits"] == [1 << 20, 0, 512, True]
    assert (found["tmp"], found["secret"]) == (str(tmp_path), None)
