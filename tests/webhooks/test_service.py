"""A running service tells webhooks beside its work: promptly, once, and whatever becomes of its processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

ATOM = "{http://www.w3.org/2005/Atom}"
Release = Callable[..., None]


@contextmanager
def serving(settings: Any, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The service as its operator starts it, and its address."""
    command = [sys.executable, "-m", "minshu", "serve", "--port", "0", "--store", str(settings.store), *words]
    env = {**os.environ, "MINSHU_WEBHOOK_PRIVATE": "true", "MINSHU_BASE_URL": "https://data.example.org"}
    with subprocess.Popen(command, env=env, cwd=settings.catalogue, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
            assert found
            yield process, found[0]
        finally:
            process.terminate()
            process.communicate(timeout=40)


def test_a_release_is_posted_while_the_service_runs_and_answers_others(
    post: Any, receiver: Any, release: Release
) -> None:
    _, secret = post.add(receiver.url)
    receiver.hold = Flag()
    with serving(post.settings) as (_, address):
        release()
        assert receiver.came.wait(15)
        assert httpx.get(f"{address}/datasets/demo", headers={"Accept": "application/json"}).status_code == 200
        receiver.hold.set()
    (one,) = receiver.received
    assert one.is_signed_with(secret)
    assert one.told["data"]["version"] == "1.0.0"


def test_a_service_that_is_told_to_stop_does_not_wait_for_a_receiver(
    post: Any, receiver: Any, release: Release
) -> None:
    post.add(receiver.url)
    receiver.hold = Flag()
    release()
    with serving(post.settings) as (process, _):
        assert receiver.came.wait(15)
        began = time.monotonic()
        process.terminate()
        process.wait(40)
        assert time.monotonic() - began < 8


def test_feeds_name_the_hubs_of_subscribers(post: Any, receiver: Any, release: Release) -> None:
    hub = "https://hub.example.org/?a=1&b=2"
    release()
    with serving(post.settings) as (_, address):
        assert "link" not in httpx.get(f"{address}/feed.atom").headers
        post.add(hub, is_hub=True)
        for path in ("/feed", "/datasets/demo/feed"):
            atom, told = httpx.get(f"{address}{path}.atom"), httpx.get(f"{address}{path}.json")
            assert atom.links["hub"]["url"] == told.links["hub"]["url"] == hub
            assert atom.links["self"]["url"] == f"https://data.example.org{path}.atom"
            assert told.links["self"]["url"] == told.json()["feed_url"]
            assert told.json()["hubs"] == [{"type": "WebSub", "url": hub}]
            links = ElementTree.fromstring(atom.text).findall(f"{ATOM}link")
            named = {link.get("rel"): link.get("href") for link in links}
            assert (named["hub"], named["self"]) == (hub, f"https://data.example.org{path}.atom")
            etag = {"If-None-Match": atom.headers["etag"]}
            assert "hub" in httpx.get(f"{address}{path}.atom", headers=etag).links


@pytest.mark.slow
def test_several_services_and_processes_on_one_store_post_once(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    with serving(post.settings, "--workers", "2"), serving(post.settings):
        release()
        assert receiver.came.wait(15)
        time.sleep(5)
    assert len(receiver.received) == 1


@pytest.mark.slow
def test_a_service_that_is_killed_while_it_posts_posts_again_with_the_same_id(
    post: Any, receiver: Any, release: Release
) -> None:
    hook, _ = post.add(receiver.url)
    receiver.hold = Flag()
    with serving(post.settings) as (process, _):
        release()
        assert receiver.came.wait(15)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    receiver.hold.set()
    receiver.came.clear()
    with serving(post.settings):
        assert receiver.came.wait(15)
        deadline = time.monotonic() + 10
        while not post.state(hook).posted and time.monotonic() < deadline:
            time.sleep(0.1)
    assert len(receiver.received) == 2
    assert len({one.id for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1
    assert (post.state(hook).posted, post.state(hook).waiting) == (1, ())


@pytest.mark.slow
def test_another_service_goes_on_when_the_one_that_posts_is_killed(post: Any, receiver: Any, release: Release) -> None:
    post.add(receiver.url)
    with serving(post.settings) as (first, _):
        release()
        assert receiver.came.wait(15)
        with serving(post.settings):
            receiver.came.clear()
            first.send_signal(signal.SIGKILL)
            first.wait(10)
            release("2.0.0", rows="编号,名称,金额\n9,新,9\n")
            assert receiver.came.wait(15)
    # The first may come twice: it was killed perhaps before it could write that it was taken.
    told = {one.id: one.told["data"]["version"] for one in receiver.received}
    assert list(told.values()) == ["1.0.0", "2.0.0"]


def test_a_service_may_be_told_to_post_nothing(
    post: Any, receiver: Any, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.add(receiver.url)
    release()
    monkeypatch.setenv("MINSHU_WEBHOOKS", "false")
    with serving(post.settings):
        time.sleep(3)
    assert receiver.received == []
