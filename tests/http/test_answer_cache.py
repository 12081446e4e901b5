"""Answers from memory: the same as those of the routes in every byte and header, and only while they hold."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.http.answer_cache import LARGEST, AnswerCache
from minshu.settings import Settings

Serving = Callable[[Settings], AbstractContextManager[str]]
BASE = "/datasets/odd-data/versions/1.1.0"
ODD = quote("表 一/甲%?", safe="")
SQL = "/sql?dataset=odd-data&version=1.1.0&q="
PATHS = [
    BASE,
    f"{BASE}/points/rows",
    f"{BASE}/points/rows?_size=1",
    f"{BASE}/points/rows?_size=0",
    f"{BASE}/{ODD}/rows?_shape=arrays",
    f"{BASE}/{ODD}/rows/2",
    f"{BASE}/{ODD}/rows/9",
    f"{BASE}/points.csv",
    f"{BASE}/points.json?id=2",
    f"{BASE}/release.json",
    f"{BASE}/odd-data.zip",
    f"{BASE}/page.html",
    f"{BASE}/nothing",
    "/datasets/odd-data/versions/latest/points/rows",
    "/datasets/odd-data/versions/1.0.0/points/rows",
    "/datasets",
    "/datasets/odd-data",
    f"{SQL}select+count(*)+from+points",
    f"{SQL}select+random()&format=csv",
    f"{SQL}select+id+from+points+order+by+id&format=csv",
    "/sql?dataset=odd-data&q=select+1+as+a&format=csv",
]
ACCEPT = [{}, {"Accept": "application/json"}, {"Accept": "text/html"}, {"Accept": "image/png"}, {"Accept": "*/*"}]
OTHERS = [{}, {"Range": "bytes=0-4"}, {"If-Modified-Since": "Wed, 01 Jan 2200 00:00:00 GMT"}, {"If-Match": '"x"'}]
TAGS = ["", "*", '"x"', "{}", 'W/{}, "x"']
CHANCE = ("random", "count(*)")
"""Whose bytes differ each time that they are made: the time that a query took is told."""


@pytest.fixture(scope="module")
def pair(served: Settings, serving: Serving) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Clients of two servers of one store, of which one keeps answers."""
    options = {"base_url": "https://data.example/minshu", "sql_deadline": 5.0}
    kept = served.model_copy(update=options)
    plain = kept.model_copy(update={"answer_cache_bytes": 0})
    with (
        serving(kept) as first,
        serving(plain) as second,
        httpx.Client(base_url=first, timeout=20) as one,
        httpx.Client(base_url=second, timeout=20) as other,
    ):
        for client in (one, other):
            client.headers.pop("accept")
        yield one, other


def told(answer: httpx.Response, path: str) -> tuple[int, dict[str, str], bytes]:
    left_out = {"x-request-id", "date", "ratelimit", "ratelimit-policy"}
    if any(word in path for word in CHANCE):
        left_out |= {"repr-digest", "content-length"}
    headers = {name: value for name, value in answer.headers.items() if name not in left_out}
    content = b"" if any(word in path for word in CHANCE) else answer.content
    if answer.is_error:
        content = content.replace(answer.headers["x-request-id"].encode(), b"")
    return answer.status_code, headers, content


@hypothesis_settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "GET", "HEAD"]),
    path=st.sampled_from(PATHS),
    accept=st.sampled_from(ACCEPT),
    more=st.sampled_from([*[{}] * 4, *OTHERS]),
    tags=st.sampled_from(TAGS),
)
def test_every_answer_is_the_one_that_the_routes_give(
    pair: tuple[httpx.Client, httpx.Client], method: str, path: str, accept: Any, more: Any, tags: str
) -> None:
    kept, plain = pair
    headers = {**accept, **more}
    if tags:
        etag = plain.get(path, headers=accept).headers.get("etag", '"none"')
        headers["If-None-Match"] = tags.format(etag)
    expected = told(plain.request(method, path, headers=headers), path)
    for _ in range(2):
        assert told(kept.request(method, path, headers=headers), path) == expected


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that reach the routes through any cache."""
    passed: list[str] = []
    pass_on = AnswerCache._pass_on

    async def counting(self: AnswerCache, key: Any, scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"])
        await pass_on(self, key, scope, receive, send)

    monkeypatch.setattr(AnswerCache, "_pass_on", counting)
    return passed


@pytest.fixture
def copy(served: Settings, tmp_path: Path) -> Settings:
    """Settings of a copy of the store, which a test may damage."""
    shutil.copytree(served.store, tmp_path / "store")
    return served.model_copy(update={"store": tmp_path / "store", "cache": tmp_path / "cache"})


@pytest.mark.parametrize("path", [f"{BASE}/points/rows", BASE, f"{BASE}/{ODD}/rows/2", f"{SQL}select+1&format=csv"])
def test_what_was_asked_before_does_not_reach_the_routes(
    copy: Settings, serving: Serving, counted: list[str], path: str
) -> None:
    with serving(copy) as address, httpx.Client(base_url=address) as client:
        etag = client.get(path).headers["etag"]
        assert len(counted) == 1
        assert (client.get(path).status_code, client.head(path).status_code, len(counted)) == (200, 200, 1)
        statuses = [client.get(path, headers={"If-None-Match": etag}).status_code for _ in range(3)]
        assert (statuses, len(counted)) == ([304, 304, 304], 2)


def test_an_answer_of_another_host_is_made_anew_unless_the_base_is_fixed(
    copy: Settings, serving: Serving, counted: list[str]
) -> None:
    for base, times in ((None, 2), ("https://data.example", 1)):
        counted.clear()
        with serving(copy.model_copy(update={"base_url": base})) as address, httpx.Client(base_url=address) as client:
            found = {client.get(BASE, headers={"Host": host}).json()["url"] for host in ("a.example", "b.example")}
        assert (len(found), len(counted)) == (times, times)


def test_a_release_that_disappears_is_not_answered_from_memory(
    copy: Settings, serving: Serving, counted: list[str]
) -> None:
    paths = [f"{BASE}/points/rows", f"{SQL}select+1+as+a&format=csv", "/sql?dataset=odd-data&version=1.0.0&q=select+1"]
    paths[2] += "+as+a&format=csv&attach=b:odd-data@1.1.0"
    with serving(copy) as address, httpx.Client(base_url=address) as client:
        for _ in range(2):
            etags = [client.get(path).headers["etag"] for path in paths]
        assert len(counted) == len(paths)
        shutil.rmtree(copy.store / "odd-data/1.1.0")
        for path, etag in zip(paths, etags, strict=True):
            assert client.get(path).status_code == 404
            assert client.get(path, headers={"If-None-Match": etag}).status_code == 404


def test_no_more_is_kept_than_the_setting_allows(copy: Settings, serving: Serving, counted: list[str]) -> None:
    with (
        serving(copy.model_copy(update={"answer_cache_bytes": 4500})) as address,
        httpx.Client(base_url=address) as client,
    ):
        for size in (1, 2, 3, 1, 3, 3):
            client.get(f"{BASE}/points/rows?_size={size}")
        # The third pushed out the first, which pushed out the second; the third is still there.
        assert len(counted) == 4


def test_a_large_answer_is_not_kept(copy: Settings, serving: Serving, counted: list[str]) -> None:
    large = f"{SQL}select+repeat('x',{LARGEST})&format=csv"
    with serving(copy) as address, httpx.Client(base_url=address) as client:
        for _ in range(2):
            assert len(client.get(large).content) > LARGEST
    assert len(counted) == 2
