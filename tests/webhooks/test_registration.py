"""Adding and removing webhooks: what is refused, what is kept where, and what everybody may read."""

import base64
import json
import os
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu import acts
from minshu.audit import Actor, AuditLog
from minshu.backup import backup
from minshu.errors import WebhookNotFound, WebhookRefused
from minshu.restore import restore
from minshu.store import Store
from minshu.webhooks.deliverer import Deliverer
from minshu.webhooks.events import Event
from minshu.webhooks.registration import at_home, redeliver, resume
from minshu.webhooks.secrets import new_secret, parse_secret, signature

URL = "https://example.org/in?key=geheim"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/", "begins with https://"),
        ("example.org", "begins with https://"),
        ("https:///x", "has a host"),
        ("https://a:b@example.org/", "no name or password"),
        ("https://example.org/#x", "no # in it"),
        ("https://example.org/" + "x" * 2000, "2000 characters"),
        ("https://exa mple.org/", "has a host"),
        ("https://example.org:99999/", "has a host"),
        ("https://example.org/\x00", "no address"),
        ("http://127.0.0.1/", "no address of the public internet"),
        ("http://[::1]/", "no address of the public internet"),
        ("http://[::ffff:10.0.0.1]/", "no address of the public internet"),
        ("http://169.254.169.254/latest", "no address of the public internet"),
        ("http://localhost:8000/", "MINSHU_WEBHOOK_PRIVATE"),
        ("http://a.localhost./", "MINSHU_WEBHOOK_PRIVATE"),
    ],
)
def test_what_is_no_address_of_the_public_internet_is_refused(post: Any, url: str, words: str) -> None:
    post.settings = post.settings.model_copy(update={"webhook_private": False})
    with pytest.raises(WebhookRefused, match=words.replace("(", "\\(")):
        post.add(url)
    assert not (post.settings.store / ".hooks").exists()


def test_a_dataset_that_cannot_be_is_refused(post: Any) -> None:
    with pytest.raises(WebhookRefused, match="cannot be a dataset's name"):
        post.add(URL, datasets=("表 一/甲%?",))


def test_a_hub_needs_a_public_address_and_takes_neither_secret_nor_events(post: Any) -> None:
    with pytest.raises(WebhookRefused, match="nothing is signed"):
        post.add(URL, is_hub=True, secret=new_secret())
    with pytest.raises(WebhookRefused, match="every change of a feed"):
        post.add(URL, is_hub=True, events=(Event.yanked,))
    post.settings = post.settings.model_copy(update={"base_url": None})
    with pytest.raises(WebhookRefused, match="No hub can be added: base_url is not set"):
        post.add(URL, is_hub=True)


def test_neither_address_nor_secret_stands_where_everybody_reads(post: Any) -> None:
    hook, secret = post.add(URL, datasets=("demo",), events=(Event.withdrawn,))
    log = AuditLog(post.settings.store)
    (entry,) = log.entries()
    assert (entry.act, entry.details) == (
        "webhook-added",
        {"id": hook.id, "kind": "webhook", "datasets": ["demo"], "events": ["withdrawn"]},
    )
    assert b"geheim" not in entry.data
    assert log.private(entry) == {"name": None, "url": URL} or log.private(entry) == {"url": URL}
    everything = b"".join(path.read_bytes() for path in (post.settings.store / ".audit").rglob("*.json"))
    assert secret.encode() not in everything


def test_files_of_webhooks_are_for_their_owner_alone(post: Any) -> None:
    mask = os.umask(0)
    try:
        hook, secret = post.add(URL)
    finally:
        os.umask(mask)
    folder = post.settings.store / ".hooks"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        f"{hook.id}.json": 0o600,
        f"{hook.id}.secret": 0o600,
    }
    assert (folder / f"{hook.id}.secret").read_text() == secret


def test_what_is_erased_from_the_log_is_posted_to_no_more(post: Any) -> None:
    hook, _ = post.add(URL)
    known = post.tools.hooks
    assert known.hook(hook.id).url == URL
    deliverer = Deliverer(post.tools)
    deliverer.look(Flag())
    assert [courier.hook.id for courier in deliverer.couriers] == [hook.id]
    acts.erase(Store(post.settings.store), hook.sequence, "网址含密钥", Actor("operator"))
    assert known.hook(hook.id).url is None
    assert post.tools.hooks.hook(hook.id).url is None
    # Whoever delivered to it before lets go of it, and looks for no work of it ever after.
    deliverer.look(Flag())
    assert deliverer.couriers == []
    with pytest.raises(WebhookRefused, match="dormant"):
        resume(post.tools, hook.id)


@pytest.mark.parametrize(
    "name", ["", "msg_", "msg_x_1", "msg_000000000000_1", "msg_{id}_0", "msg_{id}_9", "msg_{id}_1"]
)
def test_a_message_that_never_was_is_not_posted_again(post: Any, name: str) -> None:
    hook, _ = post.add(URL)  # This is entry 1, of which nobody is told.
    with pytest.raises(WebhookNotFound):
        redeliver(post.tools, name.replace("{id}", hook.id))


def test_a_webhook_that_is_not_there_is_said_to_be_none(post: Any) -> None:
    with pytest.raises(WebhookNotFound, match="minshu webhook list"):
        resume(post.tools, "../../etc")


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_of_24_to_64_bytes_is_taken(key: bytes) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    assert parse_secret(f"  {secret}\n") == secret


@pytest.mark.parametrize(
    "text", ["", "geheim", "whsec_", "whsec_AAAA", "whsec_" + "!" * 32, "whsec_" + "A" * 400, "whsec_密" + "A" * 40]
)
def test_any_other_secret_is_refused(text: str) -> None:
    with pytest.raises(WebhookRefused, match="whsec_BASE64"):
        parse_secret(text)


def test_a_signature_is_the_one_of_the_standard() -> None:
    # The example that the standard's own libraries are tested with.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = json.dumps({"test": 2432232314}).encode()
    assert (
        signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_removing_is_an_act_in_the_log(post: Any) -> None:
    from minshu.webhooks.registration import remove

    hook, _ = post.add(URL)
    remove(post.tools, hook.id, Actor("operator"))
    assert [entry.act for entry in AuditLog(post.settings.store).entries()] == ["webhook-added", "webhook-removed"]
    with pytest.raises(WebhookNotFound):
        remove(post.tools, hook.id, Actor("operator"))


def test_a_store_that_was_restored_from_a_backup_posts_to_nobody_until_its_webhooks_are_added_again(
    post: Any, receiver: Any, release: Any, tmp_path: Path
) -> None:
    hook, secret = post.add(receiver.url)
    backup(Store(post.settings.store), post.settings.store / ".counts", tmp_path / "archive.tar")
    assert secret.encode() not in (tmp_path / "archive.tar").read_bytes()
    restore(tmp_path / "archive.tar", tmp_path / "restored", tmp_path / "restored/.counts", add=False)
    post.settings = post.settings.model_copy(update={"store": tmp_path / "restored"})
    AuditLog(tmp_path / "restored").append("withdrawn", Actor("operator"), "demo", "1.0.0", {"reason": "x"})
    post.deliver()
    with pytest.raises(WebhookRefused, match="dormant"):
        at_home(post.tools, hook.id)
    post.add(receiver.url)
    AuditLog(tmp_path / "restored").append("withdrawn", Actor("operator"), "demo", "1.0.1", {"reason": "x"})
    post.deliver()
    assert [one.told["data"]["version"] for one in receiver.received] == ["1.0.1"]
