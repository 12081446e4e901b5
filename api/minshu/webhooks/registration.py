"""Adding and removing webhooks, and trying one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from secrets import token_hex
from typing import Final

import httpx

from minshu.audit import Actor
from minshu.descriptors import NAME
from minshu.errors import WebhookNotFound, WebhookRefused
from minshu.outbound import is_public
from minshu.webhooks.courier import Tools, utc_now
from minshu.webhooks.events import Event
from minshu.webhooks.hooks import Hook
from minshu.webhooks.messages import event_of, test_message, topics
from minshu.webhooks.posting import NO_BASE, client, ping, post
from minshu.webhooks.secrets import new_secret, parse_secret
from minshu.webhooks.state import Answer, State

URL_MAX: Final = 2000
"""Characters of an address."""

_MESSAGE: Final = re.compile(r"msg_([0-9a-f]{12})_([1-9][0-9]{0,11})")


@dataclass(frozen=True)
class Wanted:
    """What an operator asks for: of the datasets and events that are named, or of all where none is."""

    url: str
    datasets: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    is_hub: bool = False
    secret: str | None = None


def add(tools: Tools, wanted: Wanted, actor: Actor) -> tuple[Hook, str | None]:
    """Tell an address of what happens from now on, and tell the secret of it, which a hub has none of.

    Raises WebhookRefused or StoreFailed.
    """
    url = _checked_url(wanted.url, private=tools.settings.webhook_private)
    _check_names(wanted.datasets)
    if wanted.is_hub and tools.settings.base_url is None:
        raise WebhookRefused(f"No hub can be added: {NO_BASE}. Set it, for the service as well.")
    if wanted.is_hub and (wanted.secret is not None or wanted.events):
        raise WebhookRefused("A hub is told of every change of a feed, and nothing is signed for it.")
    secret = None if wanted.is_hub else new_secret() if wanted.secret is None else parse_secret(wanted.secret)
    identifier = token_hex(6)
    # First, so that whoever delivers finds it. Of an id that the log does not tell of, nothing is posted.
    tools.folder.keep(identifier, State(cursor=tools.store.log.head()), secret)
    hook = tools.hooks.add(identifier, url, actor, wanted.datasets, wanted.events, is_hub=wanted.is_hub)
    return hook, secret


def remove(tools: Tools, identifier: str, actor: Actor) -> Hook:
    """Tell an address nothing more, and forget its secret. Raises WebhookNotFound or StoreFailed."""
    hook = tools.hooks.remove(identifier, actor)
    tools.folder.forget(identifier)
    return hook


def redeliver(tools: Tools, name: str) -> None:
    """Ask whoever delivers to post a message again. Raises WebhookNotFound or StoreFailed."""
    match = _MESSAGE.fullmatch(name)
    entry = tools.store.log.entry(int(match[2])) if match else None
    if match is None or entry is None or event_of(entry, tools.store) is None:
        raise WebhookNotFound(name, "message")
    tools.folder.ask(at_home(tools, match[1]).id, entry.sequence)


def resume(tools: Tools, identifier: str) -> None:
    """Ask whoever delivers to go on with a webhook. Raises WebhookNotFound, WebhookRefused or StoreFailed."""
    tools.folder.ask(at_home(tools, identifier).id)


def at_home(tools: Tools, identifier: str) -> Hook:
    """A webhook that is delivered to from here. Raises WebhookNotFound, WebhookRefused or StoreFailed."""
    hook = tools.hooks.hook(identifier)
    if hook.url is None or tools.folder.state(identifier) is None:
        raise WebhookRefused(f"Webhook {identifier} is dormant: its files are not here. Remove it, and add it again.")
    return hook


def try_out(tools: Tools, identifier: str) -> Answer:
    """Post a message that tells nothing, or tell a hub of its feeds, once and at once.

    Raises WebhookNotFound, WebhookRefused or StoreFailed.
    """
    hook, now = at_home(tools, identifier), utc_now()
    base_url, secret = tools.settings.base_url, tools.folder.secret(identifier)
    with client(private=tools.settings.webhook_private) as sender:
        if hook.is_hub:
            named = hook.datasets or (None,)
            found = [topic for name in named for topic in topics(base_url or "", name, of_all=not hook.datasets)]
            return ping(sender, hook.url or "", found if base_url else [])
        if secret is None:
            raise WebhookRefused(f"The secret of {identifier} is not here any more. Remove it, and add it again.")
        return post(sender, hook.url or "", test_message(identifier, _mark(now), now), secret, now)


def _mark(now: datetime) -> str:
    return f"{int(now.timestamp())}{token_hex(3)}"


def _check_names(datasets: Iterable[str]) -> None:
    for name in datasets:
        if not NAME.match(name):
            raise WebhookRefused(f"{name!r} cannot be a dataset's name.")


def _checked_url(text: str, *, private: bool) -> str:
    """An address as it is posted to. What its name leads to is looked up, and judged, with each message."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL as error:
        raise WebhookRefused(f"{text!r} is no address: {error}.") from error
    # What cannot stand in a host is percent-encoded, and a port is any number.
    is_host = bool(url.host) and "%" not in url.host and (url.port or 0) < 1 << 16
    if url.scheme not in ("https", "http") or not is_host or len(text) > URL_MAX:
        raise WebhookRefused(
            f"An address begins with https:// or http://, has a host, and {URL_MAX} characters at most."
        )
    if url.userinfo or url.fragment:
        raise WebhookRefused("An address has no name or password before its host, and no # in it.")
    if not private and _is_private(url.host):
        raise WebhookRefused(
            f"{url.host} is no address of the public internet. MINSHU_WEBHOOK_PRIVATE=true allows it, for the service "
            "that delivers as well."
        )
    return str(url)


def _is_private(host: str) -> bool:
    """Whether a host is told to be none of the public internet by how it is written."""
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
