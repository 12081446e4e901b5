"""How far a webhook is: whatever its receiver answers, nothing is lost unsaid and nothing is asked too often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.audit import Entry
from minshu.webhooks.events import Event
from minshu.webhooks.schedule import ATTEMPTS, JITTER, LONGEST, REST, pause
from minshu.webhooks.state import WAITING, Answer, State

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TAKEN = Answer(204, "204")
STATUSES = st.sampled_from([200, 204, 302, 400, 404, 429, 500, None])


def entry(sequence: int) -> Entry:
    return Entry(
        sequence=sequence, time=NOW, act="published", actor="publisher", dataset="demo", version="1.0.0", data=b""
    )


def test_pauses_grow_fourfold_up_to_half_a_day_and_add_up_to_three_days() -> None:
    pauses = [pause(number, 0.0) for number in range(1, ATTEMPTS)]
    assert [one.total_seconds() for one in pauses[:4]] == [10, 40, 160, 640]
    assert pauses[-1] == LONGEST
    assert timedelta(hours=72) < sum(pauses, timedelta()) < timedelta(hours=78)


@given(failures=st.integers(1, 10**6), chance=st.floats(0, 1))
def test_a_pause_is_longer_by_chance_and_never_shorter(failures: int, chance: float) -> None:
    plain = pause(failures, 0.0)
    assert plain <= pause(failures, chance) <= plain * (1 + JITTER) <= LONGEST * (1 + JITTER)


@given(
    answers=st.lists(st.tuples(STATUSES, st.floats(0, 1), st.integers(1, 10**6)), max_size=120),
    entries=st.integers(0, 8),
)
def test_each_message_is_taken_once_waits_or_is_given_up_after_all_attempts(
    answers: list[tuple[int | None, float, int]], entries: int
) -> None:
    state, now = State(cursor=0), NOW
    state = state.take([entry(number) for number in range(1, entries + 1)], lambda _: Event.published, now)
    tried = dict.fromkeys(range(1, entries + 1), 0)
    taken: list[int] = []
    last: datetime | None = None
    for status, chance, seconds in answers:
        now += timedelta(seconds=seconds)
        one = state.next(now)
        if one is None:
            continue
        tried[one.sequence] += 1
        answer = Answer(status, str(status))
        assert last is None or now >= last
        state = state.answered(one, answer, now, chance)
        last = state.rest
        taken += [one.sequence] if answer.is_good else []
    waiting = [one.sequence for one in state.waiting]
    assert sorted([*taken, *waiting, *state.given_up]) == sorted(tried)
    assert all(tried[sequence] == ATTEMPTS for sequence in state.given_up)
    assert all(tried[one.sequence] == one.attempts < ATTEMPTS for one in state.waiting)
    assert State.model_validate_json(state.model_dump_json()) == state


@given(asked=st.integers(0, 10**7))
def test_a_receiver_rests_as_long_as_it_asks_for_within_bounds(asked: int) -> None:
    state = State(cursor=0).take([entry(1)], lambda _: Event.published, NOW)
    answer = Answer(503, "503", timedelta(seconds=asked))
    state = state.answered(state.waiting[0], answer, NOW, 0.0)
    assert state.next_try == NOW + min(max(timedelta(seconds=asked), timedelta(seconds=10)), LONGEST)


def test_no_more_wait_than_there_is_room_and_the_rest_is_taken_later() -> None:
    entries = [entry(number) for number in range(1, 2 * WAITING)]
    state = State(cursor=0).take(entries, lambda _: Event.published, NOW)
    assert (len(state.waiting), state.cursor, state.may_take) == (WAITING, WAITING, False)
    state = state.answered(state.waiting[0], TAKEN, NOW, 0.0).take(
        entries[state.cursor :], lambda _: Event.published, NOW
    )
    assert (len(state.waiting), state.cursor) == (WAITING, WAITING + 1)


def test_a_receiver_that_fails_long_is_asked_hourly_for_something() -> None:
    state = State(cursor=0, failures=50).take([entry(1)], lambda _: Event.published, NOW)
    assert state.answered(state.waiting[0], Answer(500, "500"), NOW, 0.0).rest == NOW + REST


@pytest.mark.parametrize(("status", "good"), [(199, False), (200, True), (299, True), (300, False), (None, False)])
def test_an_answer_is_good_from_200_to_299(status: int | None, good: bool) -> None:
    assert Answer(status, "").is_good is good
