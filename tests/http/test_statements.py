"""What the service says of itself, and that it is so."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import orjson
import pytest
from tests.http.test_front import ADDRESSES

from minshu.http.statements import contact_url
from minshu.settings import Settings

Serving = Callable[[Settings], AbstractContextManager[str]]
PAGE = {"Accept": "text/html"}
STATEMENTS = ("about", "accessibility", "privacy")


def words(client: httpx.Client, path: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", client.get(path, headers=PAGE).text)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_in_one_language_and_says_plainly_who_is_not_named(client: httpx.Client, name: str) -> None:
    assert words(client, f"/zh/{name}").count("运营者没有填写") >= 2
    english = words(client, f"/en/{name}")
    assert "not stated by the operator" in english
    main = english.partition("Skip to content")[2].partition("A version never changes")[0]
    assert re.findall(r"[\u4e00-\u9fff]+", main.replace("中文", "").replace("闽数", "")) == []


def test_a_statement_names_the_operator_and_the_contact(served: Settings, serving: Serving) -> None:
    named = {"operator": "数据局 <b> / Data office", "contact": "open@data.example.org", "log_level": "error"}
    with serving(served.model_copy(update=named)) as address, httpx.Client(base_url=address, headers=PAGE) as client:
        about = client.get("/en/about").text
        assert '<a href="mailto:open@data.example.org">' in about
        assert "Data office" in about
        assert "数据局 &lt;b&gt;" in client.get("/zh/about").text
        assert "set to log no requests" in client.get("/en/privacy").text


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("open@data.example.org", "mailto:open@data.example.org"),
        ("https://data.example.org/contact", "https://data.example.org/contact"),
        ("0591-12345678", None),
        ("javascript:alert(1)", None),
        ("a b@c.d", None),
    ],
)
def test_a_contact_is_a_link_where_a_browser_can_follow_it(contact: str, url: str | None) -> None:
    assert contact_url(contact) == url


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
def test_no_answer_sets_a_cookie(client: httpx.Client, url: str) -> None:
    for accept in ("text/html", "*/*"):
        assert "set-cookie" not in client.get(url, headers={"Accept": accept}).headers


def test_the_log_has_what_the_statement_names_and_nothing_else(
    served: Settings, serving: Serving, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(served.model_copy(update={"log_level": "info", "log_format": "json"})) as address:
        query = {"_search": "geheim", "id": "1"}
        told = {"User-Agent": "geheim", "Referer": "http://geheim", "Authorization": "Bearer geheim"}
        httpx.get(f"{address}/datasets/odd-data/versions/1.1.0/points/rows", params=query, headers=told)
    lines = [orjson.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("path", "").endswith("/points/rows")]
    statement = {"time", "level", "message", "request_id", "client", "method", "path", "status", "bytes", "seconds"}
    assert set(line) <= statement | {"cost"}
    assert "geheim" not in str(lines)


def test_the_status_is_told_to_programs_and_people(client: httpx.Client) -> None:
    told = client.get("/status").json()
    assert (told["status"], told["store"]["datasets"], told["store"]["releases"]) == ("ok", 1, 3)
    assert told["load"]["queries_waiting"] == 0
    assert told["newest"]["url"] == f"{client.base_url}/datasets/odd-data/versions/1.1.0"
    limits = client.get("/limits").json()
    del limits["client"]
    assert told["limits"] == limits
    page = words(client, "/zh/status")
    assert "服务正常" in page
    assert "怪数据 1.1.0" in page


def test_the_status_holds_no_path_and_no_secret(client: httpx.Client, served: Settings) -> None:
    for text in (client.get("/status").text, client.get("/en/status", headers=PAGE).text):
        assert str(served.store.parent) not in text
