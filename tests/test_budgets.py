"""Budgets: exact for each client, in bounded memory, and the same for every process that maps the file."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.budgets import LINES, MOST, PROBES, Account, Budget, Budgets, Client, budgets
from minshu.errors import BudgetExceeded, StoreFailed

A, B = Client("192.0.2.1"), Client("192.0.2.2")
Clock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that goes on only when it is told to."""
    moment = [1_000_000.0]
    monkeypatch.setattr("minshu.budgets.time.time", lambda: moment[0])

    def advance(seconds: float) -> None:
        moment[0] += seconds

    return advance


def requested(account: Account, times: int) -> int:
    """How many of so many requests were let through."""
    passed = 0
    for _ in range(times):
        try:
            account.request()
        except BudgetExceeded:
            continue
        passed += 1
    return passed


def test_a_client_may_use_all_at_once_and_then_as_much_as_comes_back(clock: Clock) -> None:
    account = Account(A, Budgets(budgets(10, 1000, 10, 60)))
    assert requested(account, 20) == 10
    clock(6)
    assert requested(account, 20) == 1
    clock(30)
    assert requested(account, 20) == 5
    clock(600)
    assert requested(account, 20) == 10


@given(st.lists(st.floats(0, 5), max_size=60))
def test_in_no_window_a_client_has_more_than_twice_its_quota(pauses: list[float]) -> None:
    table, now, passed = Budgets(budgets(10, 1, 1, 10)), 1_000_000.0, []
    account = Account(A, table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minshu.budgets.time.time", lambda: now)
        for pause in pauses:
            now += pause
            passed += [now] * requested(account, 3)
    for start in passed:
        within = sum(start <= moment < start + 10 for moment in passed)
        assert within <= 20


def test_who_is_told_when_to_come_again_is_let_through_then_and_not_before(clock: Clock) -> None:
    account = Account(A, Budgets(budgets(10, 1000, 10, 100)))
    requested(account, 10)
    with pytest.raises(BudgetExceeded, match=r"10 in 100 s\. Try again in 10 s") as caught:
        account.request()
    clock(caught.value.retry_after - 1)
    assert requested(account, 1) == 0
    clock(1)
    assert requested(account, 1) == 1


def test_what_is_used_beyond_a_budget_is_owed(clock: Clock) -> None:
    table = Budgets(budgets(10, 100, 10, 60))
    spender = Account(A, table)
    spender.check()
    spender.rows += 300
    spender.settle()
    spender.settle()  # Nothing is counted twice.
    with pytest.raises(BudgetExceeded) as caught:
        Account(A, table).check()
    assert (caught.value.budget, caught.value.retry_after) == ("rows", 121)
    Account(A, table).request()
    clock(121)
    Account(A, table).check()


def test_what_is_owed_is_not_forgiven_whatever_is_asked_meanwhile(clock: Clock) -> None:
    table = Budgets(budgets(10, 100, 10, 3600))
    table.charge(A, (0, 200, 0))
    Account(A, table).request()
    (rows,) = table.left(A, (1,))
    assert (rows.left, rows.seconds) == (0, 3636)


def test_nobody_is_locked_out_for_long_by_one_request_or_a_clock_that_was_set_back(clock: Clock) -> None:
    table = Budgets(budgets(10, 1, 10, 60))
    table.charge(A, (0, 1e9, 0))
    clock(MOST + 60)
    assert table.exceeded(A, (1,)) is None
    table.charge(A, (0, 1e9, 0))
    clock(-1e6)
    found = table.exceeded(A, (1,))
    assert found
    assert found.seconds <= MOST + 60


def test_clients_have_budgets_of_their_own_and_a_key_has_more() -> None:
    table = Budgets(budgets(10, 1000, 10, 60))
    counts = [requested(Account(client, table), 200) for client in (A, B, Client("key", factor=10))]
    assert counts == [10, 10, 100]


def test_without_limits_everything_is_let_through_and_nothing_is_told() -> None:
    account = Account(A)
    account.check()
    account.rows, account.seconds = 10**9, 1e9
    account.settle()
    assert (requested(account, 100), account.left()) == (100, [])


def test_what_is_left_is_told(clock: Clock) -> None:
    table = Budgets(budgets(10, 1000, 10, 60))
    table.charge(A, (3, 500, 0))
    assert [(left.left, left.seconds) for left in table.left(A, (0, 1, 2))] == [(7, 18), (500, 30), (10, 0)]


def test_memory_is_bounded_and_who_owes_most_is_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minshu.budgets.LINES", PROBES)
    table = Budgets([Budget("requests", 10, 60)])
    table.charge(A, (10,))
    for number in range(1000):
        table.charge(Client(str(number)), (1,))
        clock(0.001)
    assert table.exceeded(A, (0,))


def test_processes_count_together(tmp_path: Path) -> None:
    path = tmp_path / "budgets"
    ours = Budgets(budgets(1000, 1, 1, 600), path)
    code = (
        "import sys; from pathlib import Path; from minshu.budgets import *; "
        "a = Account(Client('192.0.2.1'), Budgets(budgets(1000, 1, 1, 600), Path(sys.argv[1]))); "
        "[a.request() for _ in range(400)]"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert requested(Account(A, ours), 1000) == pytest.approx(200, abs=10)
    assert path.stat().st_size < 4 << 20


def test_a_disk_that_is_full_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="Cannot count"):
        Budgets(budgets(1, 1, 1, 1), tmp_path)


def test_counting_takes_microseconds() -> None:
    account = Account(A, Budgets(budgets(10**9, 1, 1, 60)))
    start = time.process_time()
    for _ in range(1000):
        account.request()
        account.left((0,))
    assert time.process_time() - start < 0.2
    assert LINES >= 1 << 16
