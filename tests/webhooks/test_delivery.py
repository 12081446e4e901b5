"""What happens in a store is posted once, signed, in time, and again until it is taken."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Timer
from typing import Any

import pytest

from minshu import acts, disk
from minshu.audit import Actor, AuditLog
from minshu.opening import OPENING
from minshu.settings import Settings
from minshu.standing import FETCHED
from minshu.store import Store
from minshu.webhooks.courier import Tools
from minshu.webhooks.deliverer import Deliverer, HookRunner, deliver_once
from minshu.webhooks.events import Event
from minshu.webhooks.registration import redeliver, remove, resume, try_out
from minshu.webhooks.schedule import ATTEMPTS, LONGEST

OPERATOR = Actor("operator")
Release = Callable[..., None]
CHANGED = "编号,名称,金额\n1,甲,1\n2,乙,20\n3,丙,3\n"


def test_a_release_is_posted_once_signed_with_the_secret(post: Any, receiver: Any, release: Release) -> None:
    _, secret = post.add(receiver.url)
    release()
    for _ in range(3):
        post.deliver()
    (one,) = receiver.received
    assert one.path == "/in?key=geheim"
    assert one.headers["content-type"] == "application/json"
    assert one.is_signed_with(secret)
    assert not one.is_signed_with("whsec_" + "A" * 44)


def test_a_body_tells_the_release_and_what_changed_in_counts_alone(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    release()
    release("1.1.0", rows=CHANGED)
    post.deliver()
    first, second = (one.told for one in receiver.received)
    assert (first["type"], first["data"]["previous"], first["data"]["difference"]) == ("release.published", None, None)
    store = Store(post.settings.store)
    known = store.release("demo", "1.0.0")
    data = second["data"]
    assert second["type"] == "release.corrected"
    assert second["timestamp"].endswith("Z")
    assert data.pop("previous") == {"version": "1.0.0", "sha256": known.sha256}
    assert data == {
        "dataset": "demo",
        "version": "1.1.0",
        "url": "https://data.example.org/datasets/demo/versions/1.1.0",
        "sequence": store.log.head(),
        "sha256": store.release("demo", "1.1.0").sha256,
        "tables": 1,
        "rows": 3,
        "difference": {
            "since": "1.0.0",
            "verdict": "minor",
            "changes": 2,
            "rows": {"added": 1, "removed": 0, "changed": 1},
            "url": "https://data.example.org/datasets/demo/diff/1.0.0...1.1.0",
        },
    }
    assert "丙" not in receiver.received[1].body.decode()


def test_every_word_on_a_release_is_posted_with_its_reason(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    store = Store(post.settings.store)
    release()
    release("1.1.0", rows=CHANGED)
    acts.yank(store, "demo", "1.0.0", "旧", OPERATOR)
    acts.unyank(store, "demo", "1.0.0", "好", OPERATOR)
    acts.withdraw(store, "demo", "1.0.0", "错", OPERATOR, successor="1.1.0")
    acts.purge(store, "demo", "1.0.0", "隐私", "个人信息保护法第四十七条", OPERATOR)
    post.deliver()
    told = [one.told for one in receiver.received][2:]
    assert [(one["type"], one["data"]["reason"]) for one in told] == [
        ("release.yanked", "旧"),
        ("release.restored", "好"),
        ("release.withdrawn", "错"),
        ("release.purged", "隐私"),
    ]
    assert told[2]["data"]["successor"] == "1.1.0"
    assert told[2]["data"]["successor_url"] == "https://data.example.org/datasets/demo/versions/1.1.0"
    assert told[3]["data"]["basis"] == "个人信息保护法第四十七条"
    assert told[3]["data"]["sha256"] == store.digest("demo", "1.0.0")


def test_what_fails_twice_is_posted_with_the_same_id_until_it_is_taken(
    post: Any, receiver: Any, release: Release, clock: Any
) -> None:
    hook, secret = post.add(receiver.url)
    receiver.answer(500, 503)
    release()
    post.deliver()
    assert post.state(hook).condition == "failing"
    clock.pass_(seconds=9)
    post.deliver()
    assert len(receiver.received) == 1
    clock.pass_(seconds=1)
    post.deliver()
    clock.pass_(seconds=39)
    post.deliver()
    assert len(receiver.received) == 2
    clock.pass_(seconds=1)
    post.deliver()
    assert len({one.id for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 3
    assert all(one.is_signed_with(secret) for one in receiver.received)
    state = post.state(hook)
    assert (state.condition, state.posted, state.waiting, state.last.status) == ("active", 1, (), 204)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power failure is waited for while many entries are written."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_what_is_never_taken_is_given_up_after_days_and_what_comes_then_is_posted(
    post: Any, receiver: Any, release: Release, clock: Any
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.answer(*[500] * ATTEMPTS)
    release()
    began = clock.now
    for _ in range(200):
        post.deliver()
        clock.pass_(hours=1)
    assert len(receiver.received) == ATTEMPTS
    state = post.state(hook)
    assert (len(state.given_up), state.waiting) == (1, ())
    assert clock.now - began > timedelta(days=3)
    release("1.1.0", rows=CHANGED)
    post.deliver()
    assert post.state(hook).condition == "active"


def test_one_message_that_is_never_taken_keeps_no_other_back(
    post: Any, receiver: Any, release: Release, clock: Any
) -> None:
    post.add(receiver.url)
    receiver.answer(500)
    release()
    release("1.1.0", rows=CHANGED)
    post.deliver()
    clock.pass_(seconds=10)
    post.deliver()
    assert [one.told["data"]["version"] for one in receiver.received] == ["1.0.0", "1.1.0", "1.0.0"]


def test_a_receiver_that_is_down_is_left_in_peace_however_much_waits(
    quick: None, post: Any, clock: Any, receiver: Any
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.answer(*[503] * 500)
    log = AuditLog(post.settings.store)
    for number in range(150):
        log.append("withdrawn", OPERATOR, "demo", f"1.0.{number}", {"reason": "x"})
    for _ in range(24 * 12):
        post.deliver()
        clock.pass_(minutes=5)
    assert len(receiver.received) < 40
    assert post.state(hook).given_up == ()
    receiver.answers.clear()
    clock.pass_(hours=2)
    post.deliver()
    clock.pass_(hours=13)
    post.deliver()
    taken = {one.told["data"]["version"] for one in receiver.received}
    assert taken == {f"1.0.{number}" for number in range(150)}
    assert post.state(hook).posted == 150


def test_a_receiver_may_say_when_to_come_again(post: Any, receiver: Any, release: Release, clock: Any) -> None:
    hook, _ = post.add(receiver.url)
    receiver.answer(429, Retry_After="600")
    release()
    post.deliver()
    assert post.state(hook).next_try == clock.now + timedelta(seconds=600)
    receiver.answer(429, Retry_After="9999999")
    clock.pass_(seconds=600)
    post.deliver()
    assert post.state(hook).next_try == clock.now + LONGEST


def test_a_receiver_that_is_gone_for_good_is_asked_no_more_until_the_operator_says_so(
    post: Any, receiver: Any, release: Release, clock: Any
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.answer(410)
    release()
    post.deliver()
    release("1.1.0", rows=CHANGED)
    clock.pass_(days=9)
    post.deliver()
    assert len(receiver.received) == 1
    assert (post.state(hook).condition, post.state(hook).next_try) == ("paused", None)
    resume(post.tools, hook.id)
    post.deliver()
    assert [one.told["data"]["version"] for one in receiver.received] == ["1.0.0", "1.0.0", "1.1.0"]


def test_redirects_are_not_followed(post: Any, receiver: Any, another: Any, release: Release) -> None:
    hook, _ = post.add(receiver.url)
    receiver.answer(307, Location=another.url)
    release()
    post.deliver()
    assert another.received == []
    assert "redirects are not followed" in post.state(hook).last.words


def test_a_private_address_is_refused_though_a_name_leads_there(
    post: Any, receiver: Any, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, receiver.url)
    hook, _ = post.add(receiver.url.replace("127.0.0.1", "localhost"))
    release()
    post.settings = post.settings.model_copy(update={"webhook_private": False})
    post.deliver()
    assert receiver.received == []
    assert "none of the public internet" in post.state(hook).last.words
    assert "geheim" not in post.state(hook).last.words


@pytest.mark.slow
def test_a_new_webhook_begins_at_now_however_long_the_log_is(
    quick: None, post: Any, receiver: Any, release: Release
) -> None:
    log = AuditLog(post.settings.store)
    for number in range(2000):
        log.append("withdrawn", OPERATOR, "demo", f"1.0.{number}", {"reason": "x"})
    post.add(receiver.url)
    began = time.monotonic()
    post.deliver()
    assert receiver.received == []
    assert time.monotonic() - began < 5
    release("2.0.0")
    post.deliver()
    assert [one.told["data"]["version"] for one in receiver.received] == ["2.0.0"]


def test_a_webhook_is_told_of_the_datasets_and_events_that_were_asked_for(
    post: Any, receiver: Any, another: Any, release: Release
) -> None:
    post.add(receiver.url, datasets=("other",))
    post.add(another.url, events=(Event.corrected, Event.withdrawn))
    release()
    release("1.1.0", rows="编号,名称,金额\n1,甲,1\n2,乙,2\n9,新,9\n")
    release("1.1.1", rows="编号,名称,金额\n1,甲,1\n2,乙,3\n9,新,9\n")
    release(name="other")
    post.deliver()
    assert [one.told["data"]["dataset"] for one in receiver.received] == ["other"]
    assert [(one.told["type"], one.told["data"]["version"]) for one in another.received] == [
        ("release.corrected", "1.1.1")
    ]


def test_a_slow_receiver_keeps_no_other_waiting(post: Any, receiver: Any, another: Any, release: Release) -> None:
    receiver.hold = Flag()
    post.add(receiver.url)
    post.add(another.url)
    release()
    stop, deliverer = Flag(), Deliverer(post.tools)
    deliverer.look(stop)
    assert another.came.wait(5)
    release("1.1.0", rows=CHANGED)
    another.came.clear()
    for _ in range(50):
        deliverer.look(stop)
        if another.came.wait(0.1):
            break
    assert len(receiver.received) == 1
    assert len(another.received) == 2
    receiver.hold.set()
    deliverer.wait()


def test_two_who_deliver_for_one_store_post_once(
    hook_settings: Settings, post: Any, receiver: Any, release: Release
) -> None:
    post.add(receiver.url)
    runners = [HookRunner(hook_settings, poll=0.02) for _ in range(3)]
    for runner in runners:
        runner.start()
    release()
    assert receiver.came.wait(10)
    time.sleep(0.3)
    assert deliver_once(hook_settings) is None
    for runner in runners:
        runner.close()
    assert len(receiver.received) == 1


def test_the_end_of_a_service_waits_for_no_receiver_and_the_next_one_posts_with_the_same_id(
    hook_settings: Settings, post: Any, receiver: Any, release: Release
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.hold = Flag()
    runner = HookRunner(hook_settings, poll=0.02)
    runner.start()
    release()
    assert receiver.came.wait(10)
    began = time.monotonic()
    runner.close()
    assert time.monotonic() - began < 4
    receiver.hold.set()
    (courier,) = deliver_once(hook_settings) or []
    assert (courier.posted, courier.state.waiting) == (1, ())
    assert len(receiver.received) == 2
    assert len({one.id for one in receiver.received}) == 1
    assert post.state(hook).posted == 1


def test_a_message_is_posted_again_when_the_operator_asks(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    release()
    post.deliver()
    redeliver(post.tools, receiver.received[0].id)
    post.deliver()
    post.deliver()
    assert len(receiver.received) == 2
    assert receiver.received[0].id == receiver.received[1].id


def test_a_removed_webhook_is_told_nothing_and_its_secret_is_forgotten(
    post: Any, receiver: Any, release: Release
) -> None:
    hook, _ = post.add(receiver.url)
    release()
    remove(post.tools, hook.id, OPERATOR)
    post.deliver()
    assert receiver.received == []
    assert [path.name for path in (post.settings.store / ".hooks").iterdir() if hook.id in path.name] == []


def test_a_copy_of_a_store_posts_to_nobody(post: Any, receiver: Any, release: Release) -> None:
    hook, _ = post.add(receiver.url)
    release()
    (post.settings.store / ".hooks").rename(post.settings.store.parent / "left behind")
    (post.settings.store / ".hooks").mkdir()
    post.deliver()
    assert receiver.received == []
    assert post.tools.hooks.hook(hook.id)


def test_a_damaged_file_of_one_webhook_keeps_no_other_back(
    post: Any, receiver: Any, another: Any, release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    hook, _ = post.add(receiver.url)
    post.add(another.url)
    (post.settings.store / f".hooks/{hook.id}.json").write_text("{")
    release()
    post.deliver()
    assert (len(receiver.received), len(another.received)) == (0, 1)
    assert "is damaged" in caplog.text


def test_a_damaged_release_is_told_of_by_the_log_alone(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    release()
    (post.settings.store / "demo/1.0.0/release.json").write_text("{")
    post.deliver()
    assert receiver.received[0].told["data"]["rows"] == 2


def test_a_hub_is_told_of_every_feed_that_is_another(post: Any, receiver: Any, release: Release) -> None:
    hook, secret = post.add(receiver.url, is_hub=True)
    release()
    post.deliver()
    base = "https://data.example.org"
    assert secret == ""
    assert [one.form for one in receiver.received] == [
        {"hub.mode": "publish", "hub.url": url, "hub.topic": url}
        for url in (
            f"{base}/feed.atom",
            f"{base}/feed.json",
            f"{base}/datasets/demo/feed.atom",
            f"{base}/datasets/demo/feed.json",
        )
    ]
    assert post.state(hook).posted == 1
    assert post.tools.hooks.hubs(None) == post.tools.hooks.hubs("demo") == [receiver.url]


def test_a_hub_of_some_datasets_is_told_of_their_feeds_alone(post: Any, receiver: Any, release: Release) -> None:
    hook, _ = post.add(receiver.url, is_hub=True, datasets=("demo",))
    release()
    release(name="other")
    post.deliver()
    assert {one.form["hub.url"].rpartition("/feed")[0] for one in receiver.received} == {
        "https://data.example.org/datasets/demo"
    }
    hooks = post.tools.hooks
    assert (hooks.hubs(None), hooks.hubs("other"), hooks.hubs("demo")) == ([], [], [receiver.url])
    receiver.received.clear()
    assert try_out(post.tools, hook.id).is_good
    assert len(receiver.received) == 2


def test_a_hub_that_does_not_take_one_feed_is_told_of_all_again(
    post: Any, receiver: Any, release: Release, clock: Any
) -> None:
    post.add(receiver.url, is_hub=True)
    receiver.answer(202, 500)
    release()
    post.deliver()
    clock.pass_(seconds=10)
    post.deliver()
    assert len(receiver.received) == 2 + 4


def test_a_trial_is_posted_at_once_and_changes_nothing(post: Any, receiver: Any) -> None:
    hook, secret = post.add(receiver.url)
    assert try_out(post.tools, hook.id).is_good
    (one,) = receiver.received
    assert one.told["type"] == "webhook.test"
    assert one.is_signed_with(secret)
    receiver.answer(404)
    assert try_out(post.tools, hook.id).status == 404
    assert post.state(hook).last is None


def test_a_store_that_cannot_be_written_to_is_told_of_by_nobody(
    post: Any, receiver: Any, release: Release, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    post.add(receiver.url)
    release()

    def broken(path: Path, data: bytes, mode: int = 0o666) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("minshu.webhooks.folder.write_durably", broken)
    post.deliver()
    assert receiver.received == []
    assert "No space left" in caplog.text


def test_what_was_taken_while_the_disk_was_full_is_not_posted_again(
    post: Any, receiver: Any, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, _ = post.add(receiver.url)
    release()
    written = disk.write_durably

    def filling(path: Path, data: bytes, mode: int = 0o666) -> None:
        if receiver.received:
            raise OSError(28, "No space left on device", str(path))
        written(path, data, mode)

    monkeypatch.setattr("minshu.webhooks.folder.write_durably", filling)
    deliverer = Deliverer(post.tools)
    for _ in range(3):
        deliverer.look(Flag())
        deliverer.wait()
    assert (len(receiver.received), post.state(hook).posted) == (1, 0)
    monkeypatch.setattr("minshu.webhooks.folder.write_durably", written)
    deliverer.look(Flag())
    deliverer.wait()
    assert (len(receiver.received), post.state(hook).posted) == (1, 1)


def test_an_answer_that_comes_soon_after_the_end_is_written_down(
    hook_settings: Settings, post: Any, receiver: Any, release: Release
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.hold = Flag()
    runner = HookRunner(hook_settings, poll=0.02)
    runner.start()
    release()
    assert receiver.came.wait(10)
    Timer(0.3, receiver.hold.set).start()
    runner.close()
    assert (len(receiver.received), post.state(hook).posted) == (1, 1)


def test_of_data_that_is_not_open_to_all_only_metadata_is_told(
    post: Any, receiver: Any, released: Callable[..., Any], make_package: Callable[..., Path]
) -> None:
    post.add(receiver.url)
    closed = {"openAttribute": "不予开放", "legalBasis": "《保守国家秘密法》第十三条"}
    for version, name in (("1.0.0", "甲"), ("1.0.1", "机密乙")):
        files = {"data/items.csv": f"编号,名称,金额\n1,{name},987654\n"}
        released(make_package(files, folder=version, version=version, **{OPENING: closed}))
    post.deliver()
    bodies = [one.body.decode() for one in receiver.received]
    assert [one.told["type"] for one in receiver.received] == ["release.published", "release.corrected"]
    assert not any(word in body for word in ("机密乙", "987654", "名称", "items") for body in bodies)


def test_a_release_that_was_fetched_is_told_of_like_one_that_was_published_here(
    post: Any, receiver: Any, release: Release
) -> None:
    release()
    post.add(receiver.url)
    store = Store(post.settings.store)
    acts.record(store, store.release("demo"), OPERATOR, FETCHED, private={"from": "https://a.example.org/geheim"})
    post.deliver()
    assert receiver.received[0].told["type"] == "release.published"
    assert b"geheim" not in receiver.received[0].body


def test_tools_are_of_the_store_that_the_settings_name(hook_settings: Settings) -> None:
    assert Tools.of(hook_settings).store.root == hook_settings.store
