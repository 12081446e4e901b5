"""Who is counted as one client."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

# Whoever has an IPv6 connection has at least so many of its addresses (RFC 6177).
PREFIX = 64


def client_of(scope: Scope) -> str:
    """The client of a request: its address, or the network of it that is one household's."""
    found = scope.get("client")
    return _network(found[0]) if found else ""


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
