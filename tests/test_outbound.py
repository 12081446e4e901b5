"""Requests to addresses of others reach public networks only, however they are written and wherever they lead."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from minshu.errors import AddressRefused
from minshu.outbound import guarded_client, is_public, origin_of

NAME = "portal.example.org"
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "198.18.0.1",
    "240.0.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


class Recorder(BaseHTTPRequestHandler):
    """Redirects to what stands behind `?to=`, and tells the `Host` that it was asked as. It keeps connections."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.connected.add(self)  # type: ignore[attr-defined]

    def finish(self) -> None:
        super().finish()
        self.server.connected.discard(self)  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self.server.asked.append(self.headers["Host"])  # type: ignore[attr-defined]
        target = self.path.partition("?to=")[2]
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    asked: list[str]
    connected: set[BaseHTTPRequestHandler]


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers, with TLS if a context is given."""
    running: list[tuple[Server, threading.Thread]] = []

    def begin(tls: ssl.SSLContext | None = None) -> Server:
        server = Server(("127.0.0.1", 0), Recorder)
        server.asked, server.connected = [], set()
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return server

    yield begin
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let names resolve to these addresses, one list for each time that one is asked for."""

    def answer(*times: list[str]) -> list[str]:
        asked: list[str] = []

        def resolve(host: str, port: int | str, **_: Any) -> list[Any]:
            known = times[min(len(asked), len(times) - 1)]
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known]

        monkeypatch.setattr("minshu.outbound.getaddrinfo", resolve)
        return asked

    return answer


def url_of(server: Server, host: str = "127.0.0.1", scheme: str = "http") -> str:
    return f"{scheme}://{host}:{server.server_port}"


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_another_is_as_public_as_it_is_bare(address: IPv4Address) -> None:
    number = int(address)
    wraps = (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80)
    assert {is_public(str(IPv6Address(wrapped))) for wrapped in wraps} == {is_public(str(address))}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
def test_no_way_of_writing_this_machine_reaches_it(host: str, start: Callable[..., Server]) -> None:
    server = start()
    with guarded_client() as client, pytest.raises(AddressRefused, match="is none of the public internet"):
        client.get(url_of(server, host))
    assert server.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/"])
def test_nothing_but_http_is_spoken(url: str) -> None:
    with guarded_client() as client, pytest.raises(AddressRefused, match="neither https:// nor http://"):
        client.get(url)


@pytest.mark.parametrize("port", [65536, 10**30])
def test_a_port_that_there_cannot_be_is_refused(port: int) -> None:
    with guarded_client(private=True) as client, pytest.raises(AddressRefused, match="has a port beyond 65535"):
        client.get(f"http://127.0.0.1:{port}/")


def test_the_port_of_an_address_is_looked_up_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def resolve(_host: str, port: object, **_: Any) -> list[Any]:
        asked.append(port)
        raise socket.gaierror(-2, "Name or service not known")

    # Small images have no list of the names of ports.
    monkeypatch.setattr("minshu.outbound.getaddrinfo", resolve)
    for url in (f"https://{NAME}/", f"http://{NAME}/", f"http://{NAME}:8080/"):
        with guarded_client() as client, pytest.raises(httpx.ConnectError):
            client.get(url)
    assert asked == [443, 80, 8080]


def test_an_origin_that_is_allowed_is_asked_and_another_port_of_its_host_is_not(start: Callable[..., Server]) -> None:
    named, other = start(), start()
    with guarded_client([f"{url_of(named)}/some/path"]) as client:
        assert client.get(url_of(named)).status_code == 200
        with pytest.raises(AddressRefused):
            client.get(url_of(other))
    assert other.asked == []


def test_an_origin_that_is_allowed_and_turns_out_to_be_public_leads_into_no_private_network_later(
    start: Callable[..., Server], resolving: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    resolving(["127.0.0.1"], ["127.0.0.2"])
    monkeypatch.setattr("minshu.outbound.is_public", lambda address: address == "127.0.0.1")
    url = url_of(server, NAME)
    with guarded_client([url]) as client:
        assert client.get(url).status_code == 200
        with pytest.raises(AddressRefused):
            client.get(url)


def test_everything_is_asked_where_private_addresses_are_allowed(start: Callable[..., Server]) -> None:
    server = start()
    with guarded_client(private=True) as client:
        assert client.post(url_of(server, "localhost"), content=b"x").status_code == 200
    assert server.asked == [f"localhost:{server.server_port}"]


def test_a_redirect_to_a_private_address_is_not_followed(start: Callable[..., Server]) -> None:
    named, inner = start(), start()
    with guarded_client([url_of(named)], follow_redirects=True) as client, pytest.raises(AddressRefused):
        client.get(f"{url_of(named)}/?to={url_of(inner)}/")
    assert (len(named.asked), inner.asked) == (1, [])


def test_a_name_that_resolves_to_a_private_address_is_not_asked(
    start: Callable[..., Server], resolving: Callable[..., list[str]]
) -> None:
    server, asked = start(), resolving(["127.0.0.1"])
    with guarded_client() as client, pytest.raises(AddressRefused):
        client.get(url_of(server, NAME))
    assert (asked, server.asked) == ([NAME], [])


def test_of_several_addresses_the_private_ones_are_left_out(
    start: Callable[..., Server], resolving: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    resolving(["10.0.0.1", "127.0.0.1", "169.254.169.254"])
    monkeypatch.setattr("minshu.outbound.is_public", lambda address: address == "127.0.0.1")
    with guarded_client() as client:
        assert client.get(url_of(server, NAME)).status_code == 200
    assert server.asked == [f"{NAME}:{server.server_port}"]


def test_the_connection_is_made_to_the_address_that_was_judged(
    start: Callable[..., Server], resolving: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    # The name leads to the server once, and to nowhere when it is asked for again.
    asked = resolving(["127.0.0.1"], ["192.0.2.1"])
    monkeypatch.setattr("minshu.outbound.is_public", lambda address: address == "127.0.0.1")
    with guarded_client() as client:
        answer = client.get(url_of(server, NAME))
    assert (answer.status_code, asked) == (200, [NAME])
    assert str(answer.request.url) == url_of(server, NAME)


def test_the_next_address_is_taken_where_the_first_does_not_answer(
    start: Callable[..., Server], resolving: Callable[..., list[str]]
) -> None:
    server = start()
    resolving(["127.0.0.2", "127.0.0.1"])
    with guarded_client(private=True) as client:
        assert client.get(url_of(server, NAME)).status_code == 200


def test_connections_to_few_of_many_hosts_are_kept(
    start: Callable[..., Server], resolving: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    resolving(["127.0.0.1"])
    monkeypatch.setattr("minshu.outbound.ORIGINS", 2)
    with guarded_client(private=True) as client:
        for number in (0, 1, 2, 3, 2, 4):
            assert client.get(url_of(server, f"host{number}.example.org")).status_code == 200
        until = time.monotonic() + 5
        while len(server.connected) != 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert len(server.connected) == 2


def test_a_host_that_there_is_not_is_an_error_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("minshu.outbound.getaddrinfo", fail)
    with guarded_client() as client, pytest.raises(httpx.ConnectError, match="no host"):
        client.get(f"https://{NAME}/")


def test_a_certificate_is_held_against_the_name_and_not_against_the_address(
    start: Callable[..., Server], resolving: Callable[..., list[str]], tmp_path: Path
) -> None:
    certificate = certified(NAME, tmp_path)
    server = start(served(certificate))
    resolving(["127.0.0.1"])
    with guarded_client(private=True, tls=ssl.create_default_context(cafile=certificate)) as client:
        assert client.get(url_of(server, NAME, "https")).status_code == 200
        # The same address again, under a name that the certificate is not for: the connection is not used again.
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            client.get(url_of(server, "other.example.org", "https"))


def test_proxies_of_the_environment_are_not_used(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = start()
    monkeypatch.setenv("HTTP_PROXY", url_of(proxy))
    monkeypatch.setenv("ALL_PROXY", url_of(proxy))
    with guarded_client() as client, pytest.raises(AddressRefused):
        client.get("http://10.0.0.1/")
    assert proxy.asked == []


def test_an_origin_has_its_port_also_where_its_address_has_none() -> None:
    assert origin_of(httpx.URL("https://福建.example.org/x")) == "https://xn--b0tq50d.example.org:443"
    assert origin_of(httpx.URL("http://example.org")) == "http://example.org:80"


def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def certified(name: str, folder: Path) -> Path:
    """A certificate for a name that signed itself, with its key, as a PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
