"""Posting one message: to public addresses alone unless others are allowed, following nothing, and not for long."""

from datetime import datetime, timedelta
from typing import Final

import httpx

from minshu.errors import AddressRefused
from minshu.outbound import guarded_client
from minshu.webhooks.messages import Message
from minshu.webhooks.secrets import signature
from minshu.webhooks.state import Answer

TIMEOUT: Final = httpx.Timeout(10.0)
NO_BASE: Final = "base_url is not set, and a hub has to be told whole addresses"
JSON: Final = "application/json"


def client(*, private: bool) -> httpx.Client:
    """What messages are posted with."""
    return guarded_client(private=private, timeout=TIMEOUT)


def post(sender: httpx.Client, url: str, message: Message, secret: str, now: datetime) -> Answer:
    """Post a message, signed at this moment."""
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": JSON,
        "Webhook-Id": message.id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature(secret, message.id, timestamp, message.body),
    }
    return _sent(sender, sender.build_request("POST", url, content=message.body, headers=headers))


def ping(sender: httpx.Client, url: str, topics: list[str]) -> Answer:
    """Tell a hub which feeds are others, one after the other. The first answer that is not good ends it."""
    answer = Answer(None, NO_BASE)
    for topic in topics:
        # Hubs of WebSub read either name: the standard leaves to both sides how a hub is told.
        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        answer = _sent(sender, sender.build_request("POST", url, data=form))
        if not answer.is_good:
            break
    return answer


def _sent(sender: httpx.Client, request: httpx.Request) -> Answer:
    """What is answered. Its body says nothing to us, and is not read."""
    try:
        response = sender.send(request, stream=True)
        response.close()
    except AddressRefused:
        return Answer(None, "its address is none of the public internet (MINSHU_WEBHOOK_PRIVATE allows others)")
    except httpx.TimeoutException:
        return Answer(None, f"no answer within {TIMEOUT.read:.0f} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Answer(None, f"no answer: {error}" if str(error) else "no answer")
    words = f"{response.status_code}, and redirects are not followed" if response.is_redirect else ""
    return Answer(response.status_code, words or str(response.status_code), _retry_after(response))


def _retry_after(response: httpx.Response) -> timedelta | None:
    """How long the receiver asks to be left in peace, where it says so in seconds (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 8 else None
