"""Messages about the data, from their receipt to their end, and to their erasure."""

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest

from minshu.acts import redact
from minshu.audit import Actor, AuditLog
from minshu.errors import BadParameter, FeedbackDecided, FeedbackNotFound, FeedbackOverloaded
from minshu.feedback import PUBLISHED, RECEIVED, About, Feedback, Kind, Message, State
from minshu.store import Store

WHO = Actor("operator", "张三")
PLACE = About("demo", "1.0.0", "表 一/甲%?", ("a/b", "2"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def log(store: Store) -> AuditLog:
    return store.log


@pytest.fixture
def feedback(log: AuditLog) -> Feedback:
    return Feedback(log)


def sent(feedback: Feedback, text: str = "第二行的金额有误", about: About = PLACE, *, at_once: bool = False) -> Message:
    return feedback.receive(Kind.error, text, about, 10, at_once=at_once)


def in_state(feedback: Feedback, state: State) -> Message:
    """A message in a state."""
    one = sent(feedback)
    if state is State.rejected:
        return feedback.reject(one.id, WHO, "广告")
    if state is not State.received:
        one = feedback.publish(one.id, WHO)
    if state in (State.answered, State.closed):
        one = feedback.answer(one.id, WHO, "已更正")
    return feedback.close(one.id, WHO, "办结") if state is State.closed else one


def test_a_message_is_shown_only_from_its_publication_to_its_rejection(feedback: Feedback) -> None:
    shown = {state: in_state(feedback, state).is_shown for state in State}
    assert [state for state, is_shown in shown.items() if is_shown] == ["published", "answered", "closed"]


def test_a_message_that_is_published_at_once_is_shown_and_waits_to_be_looked_at(feedback: Feedback) -> None:
    one = sent(feedback, at_once=True)
    assert (one.state, one.published, one.is_looked_at) == (State.published, one.received, False)


def test_a_message_tells_what_it_is_about_and_when_what_became_of_it(feedback: Feedback, log: AuditLog) -> None:
    one = sent(feedback)
    feedback.publish(one.id, WHO)
    feedback.answer(one.id, Actor("token", "李四"), "正在查")
    feedback.answer(one.id, WHO, "已更正")
    done = feedback.close(one.id, WHO, "办结")
    assert done == Feedback(log).message(one.id)
    assert (done.about, done.text, done.reason) == (PLACE, "第二行的金额有误", "办结")
    assert [(reply.text, reply.by) for reply in done.replies] == [("正在查", "token"), ("已更正", "operator")]
    assert done.published and done.answered and done.ended
    assert done.received <= done.published <= done.answered <= done.replies[1].time <= done.ended


ACTS = ("publish", "answer", "close", "reject")
FITTING = {
    State.received: {"publish", "reject"},
    State.published: {"answer", "close", "reject"},
    State.answered: {"answer", "close", "reject"},
    State.closed: {"reject"},
    State.rejected: set[str](),
}


def act(feedback: Feedback, name: str, identifier: str) -> Message:
    words = () if name == "publish" else ("词",)
    done: Message = getattr(feedback, name)(identifier, WHO, *words)
    return done


@pytest.mark.parametrize(("state", "name"), list(product(State, ACTS)))
def test_only_what_fits_its_state_is_done_to_a_message(feedback: Feedback, state: State, name: str) -> None:
    one = in_state(feedback, state)
    if name in FITTING[state]:
        act(feedback, name, one.id)
    else:
        with pytest.raises(FeedbackDecided):
            act(feedback, name, one.id)
        assert feedback.message(one.id) == one


def test_of_two_acts_that_cross_the_first_one_counts(feedback: Feedback, log: AuditLog) -> None:
    one = sent(feedback)
    feedback.reject(one.id, WHO, "广告")
    log.append(PUBLISHED, WHO, "demo", details={"id": one.id})
    assert feedback.message(one.id).state is State.rejected
    assert Feedback(log).message(one.id).state is State.rejected


def test_nothing_that_anybody_wrote_stands_in_the_public_part(feedback: Feedback, log: AuditLog) -> None:
    one = sent(feedback)
    feedback.publish(one.id, WHO)
    feedback.answer(one.id, WHO, "已更正")
    feedback.close(one.id, WHO, "办结")
    public = json.dumps([entry.model_dump(mode="json") for entry in log.entries()], ensure_ascii=False)
    for secret in ("金额", "甲", "a/b", "更正", "办结", "张三"):
        assert secret not in public
    assert all(word in public for word in (one.id, "error", "demo"))


def test_what_was_redacted_is_nowhere_and_the_log_holds(store: Store, feedback: Feedback) -> None:
    one = sent(feedback, "王五的地址是某路一号")
    feedback.publish(one.id, WHO)
    feedback.answer(one.id, WHO, "已更正")
    redact(store, one.id, "涉及个人", WHO)
    known = feedback.message(one.id)
    assert (known.text, known.about, known.state) == (None, About("demo"), State.answered)
    assert known.erased
    assert known.replies[0].text == "已更正"
    assert known == Feedback(store.log).message(one.id)
    assert "王五" not in "".join(path.read_text("utf-8") for path in store.root.rglob("*.json"))
    assert store.log.verify().erased == (1,)


def test_answers_and_reasons_are_redacted_as_well_where_that_is_asked_for(store: Store, feedback: Feedback) -> None:
    one = in_state(feedback, State.closed)
    redact(store, one.id, "涉及个人", WHO, replies=True)
    for known in (feedback.message(one.id), Feedback(store.log).message(one.id)):
        assert ([reply.text for reply in known.replies], known.reason, known.text) == ([None], None, None)


def test_to_redact_twice_writes_nothing_more(store: Store, feedback: Feedback) -> None:
    one = sent(feedback)
    redact(store, one.id, "涉及个人", WHO)
    head = store.log.head()
    redact(store, one.id, "涉及个人", WHO)
    assert store.log.head() == head


def test_what_is_on_the_disk_still_though_its_erasure_is_logged_is_not_told(feedback: Feedback, log: AuditLog) -> None:
    one = sent(feedback)
    log.append("erased", WHO, details={"entry": one.sequence, "reason": "涉及个人"})
    assert feedback.message(one.id).text is None
    assert Feedback(log).message(one.id).text is None


def test_no_message_is_redacted_without_a_reason(store: Store, feedback: Feedback) -> None:
    one = sent(feedback)
    with pytest.raises(BadParameter):
        redact(store, one.id, " ", WHO)
    assert feedback.message(one.id).text


def test_only_so_many_wait_to_be_looked_at(feedback: Feedback) -> None:
    first = feedback.receive(Kind.request, "a", About(), 1)
    with pytest.raises(FeedbackOverloaded):
        feedback.receive(Kind.error, "b", PLACE, 1)
    feedback.publish(first.id, WHO)
    second = feedback.receive(Kind.error, "b", PLACE, 1, at_once=True)
    with pytest.raises(FeedbackOverloaded):
        feedback.receive(Kind.error, "c", PLACE, 1)
    feedback.reject(second.id, WHO, "广告")
    feedback.receive(Kind.error, "c", PLACE, 1)


def test_messages_are_told_by_dataset_in_the_order_in_which_they_came(feedback: Feedback) -> None:
    ids = [sent(feedback, about=about).id for about in (PLACE, About(), About("other"), About("demo"))]
    assert [one.id for one in feedback.all()] == ids
    assert [one.id for one in feedback.of("demo")] == [ids[0], ids[3]]


def test_a_kind_that_a_newer_minshu_knows_is_passed_over(feedback: Feedback, log: AuditLog) -> None:
    log.append(RECEIVED, WHO, "demo", details={"id": "x", "kind": "song"}, private={"text": "la"})
    log.append(PUBLISHED, WHO, "demo", details={"id": "x"})
    assert feedback.all() == []
    with pytest.raises(FeedbackNotFound):
        feedback.message("x")


def test_messages_are_read_while_others_come_in_another_process(feedback: Feedback, log: AuditLog) -> None:
    other = Feedback(log)
    one = sent(feedback)
    other.publish(one.id, WHO)
    assert feedback.message(one.id).state is State.published


def test_the_time_of_a_message_is_that_of_its_entry(feedback: Feedback) -> None:
    with patch("minshu.audit.datetime") as clock:
        clock.now.return_value = datetime.now(UTC) - timedelta(days=60)
        one = sent(feedback)
    assert one.received < datetime.now(UTC) - timedelta(days=59)
