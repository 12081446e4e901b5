"""Rows answered where the request was read: the same as by the routes, and only what an index gives at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from minshu.http.direct import Direct
from minshu.settings import Settings

BASE = "/datasets/odd-data/versions/1.1.0"
ODD = quote("表 一/甲%?", safe="")
QUICK = ["points/rows", "points/rows?_size=1", f"{ODD}/rows?_cols=名称&_shape=arrays", f"{ODD}/rows/2", "points/rows/3"]
LEFT = [
    "points/rows?id=1",
    "points/rows?_sort=-id",
    "points/rows?_facet=name",
    "points/rows?_search=o",
    "points/rows?_size=0",
    "points/rows?_next=forged",
    "points/rows?_unknown=1",
    f"{ODD}/rows/9",
    f"{ODD}/rows/x",
    f"{ODD}/rows?_size=1000",
    "nothing/rows",
]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request for rows was answered at once."""
    found: list[bool] = []
    answer = Direct._answer

    def watched(self: Direct, *words: Any) -> Any:
        response = answer(self, *words)
        found.append(response is not None)
        return response

    monkeypatch.setattr(Direct, "_answer", watched)
    return found


@pytest.fixture(scope="module")
def client(served: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Any:
    settings = served.model_copy(update={"answer_cache_bytes": 0, "limits": False})
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        client.get(f"{BASE}/points/rows")  # What was never read is left to the routes.
        yield client


@pytest.mark.parametrize("path", QUICK)
@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}, {"If-Match": '"x"'}, {"Accept": "text/html"}])
def test_what_is_answered_at_once_is_what_the_routes_answer(
    client: httpx.Client, answered: list[bool], monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str]
) -> None:
    quick = client.get(f"{BASE}/{path}", headers=headers)
    assert answered == ["Accept" not in headers and "If-Match" not in headers]
    monkeypatch.setattr(Direct, "_answer", lambda *_: None)
    slow = client.get(f"{BASE}/{path}", headers={**headers, "X-Request-Id": quick.headers["x-request-id"]})
    assert (quick.status_code, quick.content) == (slow.status_code, slow.content)
    assert {**quick.headers, "date": ""} == {**slow.headers, "date": ""}


@pytest.mark.parametrize("path", LEFT)
def test_what_needs_more_than_an_index_is_left_to_the_routes(
    client: httpx.Client, answered: list[bool], path: str
) -> None:
    client.get(f"{BASE}/{path}")
    assert answered == [False]


@pytest.mark.parametrize(("limit", "least"), [("CELLS", 3), ("BYTES", 100)])
def test_a_large_page_is_left_to_the_routes(
    client: httpx.Client, answered: list[bool], monkeypatch: pytest.MonkeyPatch, limit: str, least: int
) -> None:
    monkeypatch.setattr(f"minshu.http.direct.{limit}", least)
    assert len(client.get(f"{BASE}/points/rows?_size=2").json()["rows"]) == 2
    assert answered == [False]


def test_what_is_answered_at_once_is_counted_under_its_route(client: httpx.Client) -> None:
    client.get(f"{BASE}/points/rows/1")
    assert 'route="/datasets/{name}/versions/{version}/{resource}/rows/{key:path}"' in client.get("/metrics").text
