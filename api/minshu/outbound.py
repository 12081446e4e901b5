"""Requests to addresses that somebody else named: none of them reaches a network that is not public.

A name is resolved once, its addresses are judged, and the connection is made to one of those that were: a name that
answers otherwise the second time gains nothing. Each redirect is a request of its own, and judged like the first.
Proxies of the environment are not used, for they would connect where nobody looks.
"""

import ssl
from collections.abc import Collection
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Final

import httpx

from minshu.errors import AddressRefused

TIMEOUT: Final = httpx.Timeout(30.0)
PORT_MAX: Final = 65535

ORIGINS: Final = 32
"""To how many origins connections are kept: a catalogue may name files on any number of hosts."""

_PORTS: Final = {"http": 80, "https": 443}

# Of IPv6, only this is given out to anybody (RFC 4291, 2.4; IANA); NAT64 (RFC 6052) leads to an address of IPv4.
_GLOBAL: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address, written as a number, is one of the public internet, also where IPv6 only wraps IPv4."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        wrapped = _wrapped(found)
        if wrapped is None:
            return found in _GLOBAL and found.is_global
        found = wrapped
    return found.is_global and not found.is_multicast


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port of an address, as `http://example.org:80`."""
    return f"{url.scheme}://{url.raw_host.decode()}:{_port(url)}"


class GuardedTransport(httpx.BaseTransport):
    """Sends requests to public addresses only, and to the origins that are `allowed` - to all, if `private` may be.

    An origin that turns out to be public needs no leave, and has none from then on: whoever answers for its name could
    lead it into a private network later. Raises AddressRefused for any other.
    """

    def __init__(
        self, allowed: Collection[str] = (), *, private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = {origin_of(httpx.URL(url)) for url in allowed}
        self._private, self._tls = private, tls or httpx.create_ssl_context()
        # One for each origin: a connection is not to serve another name that has the same address.
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first of its host's addresses that takes it."""
        url = request.url
        if url.scheme not in _PORTS:
            raise AddressRefused(str(url), "begins with neither https:// nor http://")
        if _port(url) > PORT_MAX:
            raise AddressRefused(str(url), f"has a port beyond {PORT_MAX}")
        origin, host = origin_of(url), url.raw_host.decode()
        transport = self._transport(origin)
        extensions = request.extensions if _is_number(host) else {**request.extensions, "sni_hostname": host}
        *others, last = self._addresses(url, origin)
        for address in others:
            try:
                return transport.handle_request(_to(request, address, extensions))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return transport.handle_request(_to(request, last, extensions))

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()

    def _transport(self, origin: str) -> httpx.HTTPTransport:
        """What keeps the connections to an origin. Of too many, that which was asked longest ago is closed."""
        transport = self._transports.pop(origin, None) or httpx.HTTPTransport(verify=self._tls)
        self._transports[origin] = transport
        if len(self._transports) > ORIGINS:
            self._transports.pop(next(iter(self._transports))).close()
        return transport

    def _addresses(self, url: httpx.URL, origin: str) -> list[str]:
        """The addresses of a host that may be connected to, at least one."""
        found = _resolved(url)
        public = [address for address in found if is_public(address)]
        if public:
            self._allowed.discard(origin)
        if not self._private and origin not in self._allowed:
            found = public
        if not found:
            raise AddressRefused(str(url), "is none of the public internet")
        return found


def guarded_client(
    allowed: Collection[str] = (),
    *,
    private: bool = False,
    timeout: httpx.Timeout = TIMEOUT,
    follow_redirects: bool = False,
    tls: ssl.SSLContext | None = None,
) -> httpx.Client:
    """A client that asks public addresses only, and the origins that are `allowed` - all, if `private` may be asked.

    It says what it is, and takes neither proxies nor credentials from the environment.
    """
    return httpx.Client(
        transport=GuardedTransport(allowed, private=private, tls=tls),
        timeout=timeout,
        follow_redirects=follow_redirects,
        headers={"User-Agent": f"minshu/{version('minshu')}"},
        trust_env=False,
    )


def _port(url: httpx.URL) -> int:
    """The port of an address, by its number: not every system has a list of the names."""
    return url.port or _PORTS.get(url.scheme, 0)


def _resolved(url: httpx.URL) -> list[str]:
    host = url.raw_host.decode()
    try:
        answers = getaddrinfo(host, _port(url), type=SOCK_STREAM)
    except (gaierror, UnicodeError) as error:
        raise httpx.ConnectError(f"there is no host {host!r}") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _to(request: httpx.Request, address: str, extensions: dict[str, object]) -> httpx.Request:
    """The request, to a number instead of a name. Its `Host` is as it was, and so is the name in its certificate."""
    url = request.url.copy_with(host=address)
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


def _is_number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The address of IPv4 that one of IPv6 leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
