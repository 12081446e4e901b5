"""The description's page has a call for every operation, and it is one that works."""

import html
import json
import re
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from minshu.http.app import create_app
from minshu.http.examples import OPTIONS, OWN, QUERIES, Sample, example
from minshu.http.links import Links
from minshu.http.openapi import described
from minshu.settings import Settings

Serving = Callable[[Settings], AbstractContextManager[str]]
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def calls(client: httpx.Client) -> list[list[str]]:
    """The words of every call on the page."""
    page = client.get("/en/docs", headers=PAGE).text
    found = re.findall(r"<pre><code>(curl .*?)</code></pre>", page, re.DOTALL)
    return [shlex.split(html.unescape(text)) for text in found]


def test_every_operation_has_a_call(client: httpx.Client, calls: list[list[str]], served: Settings) -> None:
    count = sum(map(len, described(create_app(served))["paths"].values()))
    assert len(calls) == count
    assert all(len([word for word in words if word.startswith(str(client.base_url))]) == 1 for words in calls)


def test_every_call_that_is_a_plain_reading_is_answered(client: httpx.Client, calls: list[list[str]]) -> None:
    plain = [
        words[1]
        for words in calls
        if len(words) == 2 and not re.search("JOB|APPLICATION|MESSAGE|FINGERPRINT|/schemas/|/source$|/mcp$", words[1])
    ]
    # The store of this test judges no files.
    failed = [url for url in plain if client.get(url, headers={"Accept": "*/*"}).status_code >= 400]
    assert failed == [f"{client.base_url}/validate"]
    assert len(plain) > 30


def test_the_call_of_a_query_by_post_is_answered(client: httpx.Client, calls: list[list[str]]) -> None:
    (words,) = [words for words in calls if words[1] == "--json" and words[-1].endswith("/sql")]
    assert client.post(words[-1], json=json.loads(words[2])).json()["rows"] == [[3]]


def test_every_body_of_json_is_json_and_every_writing_call_says_how_it_is_sent() -> None:
    sample, links = Sample(resource="o'b\"c"), Links("http://a")
    for method, path in OPTIONS:
        words = shlex.split(example(method, path, {}, sample, links)[0])
        if "--json" in words:
            assert isinstance(json.loads(words[words.index("--json") + 1]), dict)
        assert method == "GET" or {"-X", "-T", "-F", "-d", "--json"} & set(words)


def test_the_tables_of_examples_name_operations_that_there_are(served: Settings) -> None:
    paths = described(create_app(served))["paths"]
    known = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert set(OPTIONS) <= known
    assert {("GET", path) for path in QUERIES} <= known
    assert {method for method, _ in known - set(OPTIONS)} == {"GET"}
    assert all(any(name in path for _, path in known) for name in OWN)


def test_examples_of_an_empty_store_have_names_that_are_made_up(tmp_path: Path, serving: Serving) -> None:
    (tmp_path / "store").mkdir()
    empty: Any = {"store": tmp_path / "store", "cache": tmp_path / "cache", "port": 0, "log_level": "error"}
    with serving(Settings(**empty)) as address:
        page = httpx.get(f"{address}/docs", headers=PAGE)
        assert page.status_code == 200
        assert "/datasets/my-dataset/versions/1.0.0/table/rows" in page.text


def test_the_page_is_framed_in_its_language_and_its_descriptions_are_marked(client: httpx.Client) -> None:
    page = client.get("/zh/docs", headers=PAGE).text
    assert '<h3 lang="en">' in page
    assert "<td>没有这个数据集</td>" in page
    assert "<td>The store has no dataset of this name</td>" in client.get("/en/docs", headers=PAGE).text
