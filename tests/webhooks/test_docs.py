"""docs/webhooks.md: its few lines verify what is posted, and what it says of messages is so."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minshu.webhooks.events import Event
from minshu.webhooks.messages import TEST
from minshu.webhooks.schedule import ATTEMPTS

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text("utf-8")


def test_the_lines_of_the_page_tell_what_is_genuine(
    post: Any, receiver: Any, release: Callable[..., None], clock: Any
) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    is_genuine = names["is_genuine"]
    clock.now = datetime.now(UTC)
    _, secret = post.add(receiver.url)
    release()
    post.deliver()
    (one,) = receiver.received
    assert is_genuine(secret, one.headers, one.body)
    assert not is_genuine(secret, one.headers, one.body + b" ")
    assert not is_genuine("whsec_" + "A" * 44, one.headers, one.body)
    assert not is_genuine(secret, {**one.headers, "webhook-id": "msg_x"}, one.body)
    assert not is_genuine(secret, {**one.headers, "webhook-timestamp": str(int(time.time()) + 1)}, one.body)


def test_a_message_that_is_old_is_told_by_the_lines_of_the_page(
    post: Any, receiver: Any, release: Callable[..., None], clock: Any
) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    clock.now = datetime.fromtimestamp(time.time() - 600, UTC)
    _, secret = post.add(receiver.url)
    release()
    post.deliver()
    (one,) = receiver.received
    assert one.is_signed_with(secret)
    assert not names["is_genuine"](secret, one.headers, one.body)


def test_every_type_and_event_is_documented() -> None:
    types = set(re.findall(r"`((?:release|webhook)\.[a-z]+)`", PAGE))
    assert types == {event.type for event in Event} | {TEST}
    events = re.findall(r"^\| `release[^|]*\| ([^|]+) \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([a-z]+)`", " ".join(events))) == set(Event)


def test_the_number_of_attempts_is_documented() -> None:
    assert f"{ATTEMPTS}th attempt" in PAGE


def test_the_members_of_a_body_are_those_of_the_example(post: Any, receiver: Any, release: Callable[..., None]) -> None:
    import json

    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found
    example = json.loads(found[1])
    post.add(receiver.url)
    release()
    release("1.1.0", rows="编号,名称,金额\n1,甲,1\n2,乙,3\n3,丙,3\n")
    post.deliver()
    told = receiver.received[1].told

    def members(value: object) -> object:
        return {key: members(part) for key, part in value.items()} if isinstance(value, dict) else None

    assert members(told) == members(example)
