"""Who is counted as one client."""

import pytest

from minshu.budgets import Client
from minshu.http.clients import client_of


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix-socket", "unix-socket"),
        ("", ""),
    ],
)
def test_an_address_is_a_client_and_of_ipv6_its_network(host: str, client: str) -> None:
    assert client_of({"client": (host, 1)}).name == client


def test_a_connection_without_an_address_is_a_client_too() -> None:
    assert client_of({"client": None}) == client_of({}) == Client("")
