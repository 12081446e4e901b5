"""What changed between two releases, over HTTP."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import SCHEMA, write_package

from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

Serving = Callable[[Settings], AbstractContextManager[str]]

AT = "/datasets/demo/diff/1.0.0...2.0.0"


def rows(numbers: Any, name: str) -> str:
    return "编号,名称,金额\n" + "".join(f"{n},{name if n % 3 == 0 else '同'},{n}\n" for n in numbers)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[httpx.Client]:
    """A service of three releases; the second has lost, won and changed rows, the third another schema only."""
    root: Path = tmp_path_factory.mktemp("differences")
    settings = Settings(store=root / "store", catalogue=root, cache=root / "cache", port=0)
    keyless = {"fields": SCHEMA["fields"]}
    states: list[tuple[str, str, Any]] = [
        ("1.0.0", rows(range(30), "甲"), SCHEMA),
        ("2.0.0", rows(range(5, 40), "乙"), SCHEMA),
        ("3.0.0", rows(range(5, 40), "乙"), keyless),
    ]
    for version, text, schema in states:
        resources = [{"name": "items", "type": "table", "path": "data/items.csv", "schema": schema}]
        path = write_package(root / version, {"data/items.csv": text}, version=version, resources=resources)
        with opened(path, settings) as package:
            publish(package, None, Store(settings.store), settings)
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        yield client


def every(client: httpx.Client, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = url
    while following:
        body = client.get(following).json()
        found += body["rows"]
        following = body["next"]
    return found


def test_the_difference_is_told_with_counts_and_verdict_and_lasts(client: httpx.Client) -> None:
    answer = client.get(AT)
    body = answer.json()
    assert (body["verdict"], body["old"]["version"], body["new"]["version"]) == ("major", "1.0.0", "2.0.0")
    assert body["tables"][0]["rows"] == {"old": 30, "new": 35, "added": 10, "removed": 5, "changed": 8}
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(AT, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.head(AT).headers["content-length"] == str(len(answer.content))


def test_it_can_be_asked_for_backwards_and_across_releases(client: httpx.Client) -> None:
    back = client.get("/datasets/demo/diff/2.0.0...1.0.0").json()["tables"][0]["rows"]
    assert back == {"old": 35, "new": 30, "added": 5, "removed": 10, "changed": 8}
    across = client.get("/datasets/demo/diff/1.0.0...3.0.0").json()
    assert across["tables"][0]["key"] == ["编号"]
    assert "primary-key-changed" in [change["rule"] for change in across["changes"]]
    same = client.get("/datasets/demo/diff/1.0.0...1.0.0").json()
    assert (same["verdict"], same["changes"]) == ("none", [])


def test_the_rows_are_paged_and_none_is_missing_or_told_twice(client: httpx.Client) -> None:
    whole = client.get(f"{AT}/items?_size=1000").json()
    assert whole["next"] is None
    assert [row["change"] for row in whole["rows"]] == ["removed"] * 5 + ["added"] * 10 + ["changed"] * 8
    assert every(client, f"{AT}/items?_size=4") == whole["rows"]
    assert whole["rows"][0] == {"resource": "items", "change": "removed", "row": {"编号": 0, "名称": "甲", "金额": "0"}}
    assert whole["rows"][-1] == {
        "resource": "items",
        "change": "changed",
        "key": {"编号": 27},
        "cells": {"名称": {"old": "甲", "new": "乙"}},
    }


@pytest.mark.parametrize(("kind", "count"), [("removed", 5), ("added", 10), ("changed", 8)])
def test_rows_of_one_kind_can_be_asked_for(kind: str, count: int, client: httpx.Client) -> None:
    found = every(client, f"{AT}/items?kind={kind}&_size=3")
    assert [row["change"] for row in found] == [kind] * count


def test_a_table_that_is_the_same_has_no_row_that_differs(client: httpx.Client) -> None:
    assert client.get("/datasets/demo/diff/2.0.0...3.0.0/items").json()["rows"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/datasets/demo/diff/1.0.0...9.0.0", 404, "release-not-found"),
        ("/datasets/none/diff/1.0.0...2.0.0", 404, "dataset-not-found"),
        (f"{AT}/nothing", 404, "resource-not-found"),
        (f"{AT}/items?kind=moved", 400, "bad-parameter"),
        (f"{AT}/items?_size=0", 400, "bad-parameter"),
        (f"{AT}/items?x=1", 400, "bad-parameter"),
        (f"{AT}/items?_next=AAAA", 400, "bad-page"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(path: str, status: int, code: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_page_of_another_question_is_refused(client: httpx.Client) -> None:
    token = client.get(f"{AT}/items?_size=4").json()["next"].partition("_next=")[2]
    assert client.get(f"{AT}/items?kind=added&_next={token}").status_code == 400


PAGE = {"Accept": "text/html"}


def test_the_page_shows_rows_of_each_kind_with_signs_and_the_old_values_beside_the_new(client: httpx.Client) -> None:
    page = client.get(f"/zh{AT}", headers=PAGE).text
    for words in ('<span aria-hidden="true">−</span> 删除 5', '<span aria-hidden="true">+</span> 新增 10'):
        assert words in page
    assert '<del>甲</del></td><td class="long"><ins>乙</ins>' in page
    assert page.count('<tr><th scope="row"><span aria-hidden="true">−</span>') == 5
    assert f'href="{client.base_url}/zh{AT}/items?kind=added"' in page


def test_the_page_of_rows_is_paged_and_filtered_by_its_address(client: httpx.Client) -> None:
    url, seen = f"/en{AT}/items?kind=added&_size=4", 0
    for expected in (4, 4, 2):
        page = client.get(url, headers=PAGE).text
        assert page.count('<tr><th scope="row"><span aria-hidden="true">+</span>') == expected
        assert "First page" in page if seen else "First page" not in page
        seen += expected
        following = re.search(r'href="([^"]*)" rel="next"', page)
        url = html.unescape(following[1]) if following else ""
    assert (seen, url) == (10, "")


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("", "2.0.0...3.0.0"),
        ("?new=2.0.0", "1.0.0...2.0.0"),
        ("?old=3.0.0&new=1.0.0", "3.0.0...1.0.0"),
        ("?new=1.0.0", "1.0.0...1.0.0"),
    ],
)
def test_versions_that_are_chosen_lead_to_their_difference_in_the_same_language(
    client: httpx.Client, asked: str, path: str
) -> None:
    location = client.get(f"/en/datasets/demo/diff{asked}").headers["location"]
    assert location == f"{client.base_url}/en/datasets/demo/diff/{path}"


def test_a_version_that_is_not_there_cannot_be_chosen(client: httpx.Client) -> None:
    assert client.get("/datasets/demo/diff?old=9.0.0").json()["code"] == "release-not-found"


def test_people_are_given_a_page_and_comments_markdown(client: httpx.Client) -> None:
    page = client.get(f"/en{AT}", headers={"Accept": "text/html"}).text
    assert "5 rows are gone." in page
    assert "删除 5 行" not in page
    page = client.get(f"/zh{AT}", headers={"Accept": "text/html"}).text
    assert "删除 5 行" in page
    assert "主版本变更" in page
    markdown = client.get(AT, headers={"Accept": "text/markdown"})
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert "| major | items | 5 rows are gone. |" in markdown.text
