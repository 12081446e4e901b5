"""Who is counted as one client."""

from collections.abc import Collection
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.types import Scope

from minshu.budgets import Client

# Whoever has an IPv6 connection has at least so many of its addresses (RFC 6177).
PREFIX: Final = 64
BEARER: Final = b"bearer "


def client_of(scope: Scope, keys: Collection[str] = (), factor: int = 1) -> Client:
    """The client of a request: its key where that is one of the operator's, else its address.

    `keys` are digests. Of an IPv6 address it is the network that is one household's. Whoever has a key may use
    `factor` times as much.
    """
    if keys and (digest := _key_digest(scope)) in keys:
        return Client(f"key {digest[:16]}", factor)
    found = scope.get("client")
    return Client(_network(found[0]) if found else "")


def _key_digest(scope: Scope) -> str:
    """The SHA-256 of what `Authorization: Bearer` gives. Compared as a digest, it tells nothing by its timing."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(BEARER)].lower() == BEARER:
            return sha256(value[len(BEARER) :].strip()).hexdigest()
    return ""


@lru_cache(4096)
def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host  # a socket without addresses, or what a trusted proxy made of one
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), PREFIX), strict=False))
