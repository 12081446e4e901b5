"""What messages are signed with, as "Standard Webhooks" has it: HMAC-SHA256 over `id.timestamp.body`."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from hashlib import sha256
from secrets import token_bytes
from typing import Final

from minshu.errors import WebhookRefused

PREFIX: Final = "whsec_"
LEAST: Final = 24
MOST: Final = 64
"""Bytes of a secret, by the standard."""


def new_secret() -> str:
    """A secret as it is told to the receiver."""
    return PREFIX + b64encode(token_bytes(32)).decode()


def parse_secret(text: str) -> str:
    """A secret that an operator brought, which may have white space around it. Raises WebhookRefused."""
    secret = text.strip()
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except (NoBase64, ValueError):
        key = b""
    if not LEAST <= len(key) <= MOST:
        raise WebhookRefused(
            f"A secret is written {PREFIX}BASE64, of {LEAST} to {MOST} bytes. Leave it out, and one is made."
        )
    return secret


def signature(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a message."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    digest = hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, sha256)
    return f"v1,{b64encode(digest).decode()}"
