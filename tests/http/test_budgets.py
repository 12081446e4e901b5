"""What one client may use, over HTTP: counted, told, refused, and apart from what others may."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any

import httpx
import pytest

from minshu.settings import Settings

SQL = {"dataset": "odd-data", "version": "1.1.0"}
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
KEY = "a long secret"
Serving = Callable[[Settings], AbstractContextManager[str]]


def limited(served: Settings, **changes: Any) -> Settings:
    """The settings of a service with small budgets, and a cache of its own."""
    small = {
        "cache": None,
        "limits": True,
        "limit_requests": 5,
        "limit_rows": 100,
        "limit_seconds": 2,
        "sql_workers": 1,
    }
    return served.model_copy(update={**small, **changes})


def asking(address: str, source: str = "127.0.0.1", **headers: str) -> httpx.Client:
    """A client at an address of its own."""
    transport = httpx.HTTPTransport(local_address=source)
    return httpx.Client(base_url=address, transport=transport, headers={"Accept": "application/json", **headers})


@pytest.fixture(scope="module")
def address(served: Settings, serving: Serving) -> Iterator[str]:
    """A service where a client may send five requests in a minute. Each test is another client."""
    settings = limited(
        served, keys=(sha256(KEY.encode()).hexdigest(),), key_factor=3, trusted_proxies=("127.0.9.0/24",)
    )
    with serving(settings) as address:
        yield address


def passed(client: httpx.Client, times: int = 20) -> int:
    """How many of so many requests are answered."""
    return [client.get("/datasets").status_code for _ in range(times)].count(200)


def test_who_sends_too_many_requests_is_told_when_to_come_again(address: str) -> None:
    with asking(address, "127.0.1.1") as client:
        assert passed(client) == 5
        answer = client.get("/datasets")
    assert answer.status_code == 429
    problem = answer.json()
    assert (problem["code"], problem["budget"], problem["quota"]) == ("budget-exceeded", "requests", 5)
    assert 1 <= int(answer.headers["retry-after"]) <= 12
    assert answer.headers["ratelimit"] == f'"requests";r=0;t={answer.headers["retry-after"]}'
    assert answer.headers["cache-control"] == "no-store"
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_page_says_so_to_people(address: str) -> None:
    with asking(address, "127.0.1.2", Accept="text/html") as client:
        passed(client)
        answer = client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")


def test_one_client_uses_nothing_of_another_s(address: str) -> None:
    with asking(address, "127.0.1.3") as one, asking(address, "127.0.1.4") as other:
        assert (passed(one), passed(other)) == (5, 5)


def test_every_answer_tells_its_policy_and_what_is_left(address: str) -> None:
    with asking(address, "127.0.1.5") as client:
        first, second = client.get("/datasets"), client.get("/nothing")
        costly = client.get("/sql", params={**SQL, "q": "SELECT 1"})
    assert first.headers["ratelimit-policy"] == '"requests";q=5;w=60'
    assert re.fullmatch(r'"requests";r=4;t=\d+', first.headers["ratelimit"])
    assert re.fullmatch(r'"requests";r=3;t=\d+', second.headers["ratelimit"])
    assert costly.headers["ratelimit-policy"] == (
        '"requests";q=5;w=60, "rows";q=100;w=60;qu="rows", "query-seconds";q=2;w=60;qu="query-seconds"'
    )
    assert re.match(
        r'"requests";r=2;t=\d+, "rows";r=99;t=\d+, "query-seconds";r=[01];t=\d+', costly.headers["ratelimit"]
    )


def test_what_a_query_took_is_owed_though_it_was_stopped(address: str) -> None:
    with asking(address, "127.0.1.6") as client:
        assert client.get("/sql", params={**SQL, "q": ENDLESS}, timeout=20).json()["code"] == "sql-timeout"
        refused = client.get("/sql", params={**SQL, "q": "SELECT 2"})
        assert (refused.status_code, refused.json()["budget"]) == (429, "query-seconds")
        # Two seconds of a budget of two in a minute.
        assert 20 < int(refused.headers["retry-after"]) <= 35
        # What costs no query time is still answered.
        assert client.get("/datasets").status_code == 200


def test_rows_are_counted_whether_they_come_by_sql_or_as_a_page(address: str, base: str) -> None:
    with asking(address, "127.0.1.7") as client:
        rows = client.get(f"{base}/points/rows", params={"_size": "150"})
        assert rows.status_code == 200
        assert client.get(f"{base}/points/rows").json()["budget"] == "rows"
        assert client.get("/sql", params={**SQL, "q": "SELECT 3"}).json()["budget"] == "rows"


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/limits", "/robots.txt", "/metrics"])
def test_what_must_always_be_answered_is_not_counted(address: str, path: str) -> None:
    with asking(address, "127.0.1.8") as client:
        passed(client)
        answers = [client.get(path) for _ in range(7)]
    assert {answer.status_code for answer in answers} == {200}
    assert not [answer for answer in answers if "ratelimit" in answer.headers]


def test_what_is_answered_from_memory_costs_a_request_and_nothing_else(address: str) -> None:
    asked = {**SQL, "q": "SELECT 4"}
    with asking(address, "127.0.1.14") as one, asking(address, "127.0.1.15") as other:
        one.get("/sql", params=asked)
        assert other.get("/sql", params=asked).headers["ratelimit-policy"] == '"requests";q=5;w=60'
        assert [item["left"] for item in other.get("/limits").json()["client"]["budgets"]] == [4, 100, 2]


def test_the_limits_tell_what_the_client_has_left(address: str) -> None:
    with asking(address, "127.0.1.9") as client:
        client.get("/datasets")
        told = client.get("/limits")
    assert told.headers["cache-control"] == "private, no-store"
    found = told.json()["client"]
    assert found["name"] == "127.0.1.9"
    assert [(item["name"], item["quota"], item["window"], item["left"]) for item in found["budgets"]] == [
        ("requests", 5, 60, 4),
        ("rows", 100, 60, 100),
        ("query-seconds", 2, 60, 2),
    ]


def test_a_key_is_a_client_of_its_own_wherever_it_comes_from(address: str) -> None:
    bearer = {"Authorization": f"Bearer {KEY}"}
    with asking(address, "127.0.1.10", **bearer) as one, asking(address, "127.0.1.11", **bearer) as other:
        assert passed(one, 10) + passed(other) == 15
    with asking(address, "127.0.1.10") as same:
        assert passed(same) == 5


def test_a_key_that_is_not_the_operator_s_counts_for_nothing(address: str) -> None:
    with asking(address, "127.0.1.12", Authorization="Bearer guess") as client:
        assert passed(client) == 5


def test_nobody_says_himself_who_he_is(address: str) -> None:
    with asking(address, "127.0.1.13") as client:
        answers = [client.get("/datasets", headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(10)]
    assert [answer.status_code for answer in answers].count(200) == 5


def test_a_trusted_proxy_says_who_its_clients_are(address: str) -> None:
    with asking(address, "127.0.9.1") as proxy:
        answers = [proxy.get("/datasets", headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(10)]
        # What stands before the last is what the client says of itself.
        spoofed = [
            proxy.get("/datasets", headers={"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.99"})
            for number in range(10)
        ]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.status_code for answer in spoofed].count(200) == 5


def test_without_limits_there_are_no_budgets_but_the_deadline_stands(served: Settings, serving: Serving) -> None:
    with serving(limited(served, limits=False)) as address, asking(address) as client:
        assert passed(client, 20) == 20
        stopped = client.get("/sql", params={**SQL, "q": ENDLESS}, timeout=20)
        assert (stopped.status_code, "ratelimit" in stopped.headers) == (422, False)
        assert client.get("/sql", params={**SQL, "q": "SELECT 1"}).status_code == 200
        assert client.get("/limits").json()["client"]["budgets"] == []
