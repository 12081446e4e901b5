"""Rows of a table, page by page."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

ODD = quote("表 一/甲%?", safe="")


def pages(client: httpx.Client, url: str) -> list[dict[str, Any]]:
    """Every page from this one on, by its own links."""
    found = [client.get(url).json()]
    while found[-1]["next"]:
        found.append(client.get(found[-1]["next"]).json())
    return found


def test_a_page_tells_columns_rows_and_release(client: httpx.Client, base: str, release: dict[str, Any]) -> None:
    page = client.get(f"{base}/points/rows").json()
    assert page == {
        "columns": [
            {"name": "id", "type": "BIGINT", "json": "number"},
            {"name": "name", "type": "VARCHAR", "json": "string"},
        ],
        "rows": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}, {"id": 3, "name": "three"}],
        "next": None,
        "release": {
            "name": "odd-data",
            "version": "1.1.0",
            "sha256": release["sha256"],
            "url": release["url"],
        },
    }


def test_values_that_json_numbers_cannot_hold_are_strings(client: httpx.Client, base: str) -> None:
    page = client.get(f"{base}/{ODD}/rows", params={"_cols": "大数,金额", "_shape": "arrays"}).json()
    assert page["rows"] == [["9007199254740993", "1.10"], ["1", "-0.05"], [None, None]]
    assert [column["json"] for column in page["columns"]] == ["string", "string"]


def test_filters_name_chinese_columns(client: httpx.Client, base: str) -> None:
    page = client.get(f"{base}/{ODD}/rows", params={"名称__contains": "乙", "日期__lt": "2020-01-01"}).json()
    assert [row["编号"] for row in page["rows"]] == [1]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_pages_together_are_the_table(client: httpx.Client, base: str, size: int) -> None:
    found = pages(client, f"{base}/points/rows?_size={size}&_sort=-name")
    assert [row["name"] for page in found for row in page["rows"]] == ["two", "three", "one"]


def test_the_link_header_names_the_page_after(client: httpx.Client, base: str) -> None:
    answer = client.get(f"{base}/points/rows?_size=2&id__gte=1")
    assert answer.links["next"]["url"] == answer.json()["next"]
    assert "link" not in client.get(answer.links["next"]["url"]).headers


def test_rows_are_counted_where_it_is_asked(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/points/rows?_size=1&_count=exact&id__gt=1").json()["count"] == 2


@pytest.mark.parametrize("query", ["", "?_size=2&_sort=-id", "?id=2"])
def test_a_page_may_be_kept_for_good(client: httpx.Client, base: str, query: str) -> None:
    answer = client.get(f"{base}/points/rows{query}")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = client.get(f"{base}/points/rows{query}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_other_questions_and_forms_have_other_tags(client: httpx.Client, base: str) -> None:
    urls = [f"{base}/points/rows{query}" for query in ("", "?id=1", "?_size=2", "?_shape=arrays")]
    urls.append(f"{base.replace('1.1.0', '1.0.0')}/points/rows")
    tags = [client.get(url).headers["etag"] for url in urls]
    tags.append(client.get(urls[0], headers={"Accept": "text/html"}).headers["etag"])
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("_size=0", 400, "bad-parameter"),
        ("_size=many", 400, "bad-parameter"),
        ("_size=1001", 400, "bad-parameter"),
        ("_size=1&_size=2", 400, "bad-parameter"),
        ("_shape=circle", 400, "bad-parameter"),
        ("_count=1", 400, "bad-parameter"),
        ("_search=" + "x" * 201, 400, "bad-parameter"),
        ("_facet=nothing", 404, "column-not-found"),
        ("_unknown=1", 400, "bad-parameter"),
        ("_next=forged", 400, "bad-page"),
        ("nothing=1", 404, "column-not-found"),
        ("id__like=x", 400, "bad-filter"),
        ("id=three", 400, "bad-filter"),
        ("id__nonsense=3", 400, "bad-filter"),
    ],
)
def test_a_wrong_question_is_told_so(client: httpx.Client, base: str, query: str, status: int, code: str) -> None:
    answer = client.get(f"{base}/points/rows?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_token_holds_for_its_own_question_only(client: httpx.Client, base: str) -> None:
    token = client.get(f"{base}/points/rows?_size=1").json()["next"].partition("_next=")[2]
    assert client.get(f"{base}/points/rows?_size=1&_sort=-id&_next={token}").json()["code"] == "bad-page"


def test_a_search_finds_rows_on_pages_in_counts_and_in_exports(client: httpx.Client, base: str) -> None:
    page = client.get(f"{base}/points/rows?_search=O&_size=1&_count=exact").json()
    assert ([row["name"] for row in page["rows"]], page["count"]) == (["one"], 2)
    assert [row["name"] for row in client.get(page["next"]).json()["rows"]] == ["two"]
    assert client.get(f"{base}/points.csv?_search=O").text == "id,name\n1,one\n2,two\n"
    token = page["next"].partition("_next=")[2]
    assert client.get(f"{base}/points/rows?_search=W&_size=1&_next={token}").json()["code"] == "bad-page"


def test_a_facet_links_each_value_to_its_rows(client: httpx.Client, base: str) -> None:
    page = client.get(f"{base}/{ODD}/rows", params={"_facet": ["名称", "真"], "编号__lt": "3"}).json()
    assert [(item["value"], item["count"]) for item in page["facets"]["名称"]["values"]] == [("", 1), ("甲,乙", 1)]
    for facet in page["facets"].values():
        assert facet["more"] is False
        for item in facet["values"]:
            assert len(client.get(item["url"]).json()["rows"]) == item["count"]


def test_a_facet_of_nulls_links_to_them(client: httpx.Client, base: str) -> None:
    facet = client.get(f"{base}/{ODD}/rows", params={"_facet": "真"}).json()["facets"]["真"]
    assert {item["value"] for item in facet["values"]} == {True, False, None}
    for item in facet["values"]:
        assert {row["真"] for row in client.get(item["url"]).json()["rows"]} == {item["value"]}
