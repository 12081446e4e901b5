"""Charts of a table over HTTP."""

import csv
import io
import re
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

HTML = {"Accept": "text/html"}
ODD = quote("表 一/甲%?", safe="")


@pytest.fixture(scope="module")
def told(client: httpx.Client, base: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"{base}/{ODD}/chart?_x=名称&_y=大数&_aggregate=max").json()
    return answer


def test_the_chart_tells_its_choices_its_points_and_where_everything_is(
    client: httpx.Client, told: dict[str, Any], release: dict[str, Any]
) -> None:
    assert told["chart"] == {
        "mark": "bar",
        "x": "名称",
        "group": "value",
        "y": "大数",
        "aggregate": "max",
        "series": None,
        "order": "-y",
        "limit": 30,
    }
    assert told["points"] == [["甲,乙", "9007199254740993"], ["", "1"], [None, None]]
    assert told["left_out"] == {"values": 0, "series": 0, "points": 0, "rows": 0}
    assert told["release"]["sha256"] == release["sha256"]
    assert {name: client.get(url).status_code for name, url in told["links"].items()} == dict.fromkeys(
        told["links"], 200
    )


def test_its_data_is_a_csv_and_the_same_as_its_sql_gives(client: httpx.Client, told: dict[str, Any]) -> None:
    links = told["links"]
    found = list(csv.reader(io.StringIO(client.get(links["csv"]).text)))
    assert found == [["名称", "max(大数)"], ["甲,乙", "9007199254740993"], ["", "1"], ["", ""]]
    assert client.get(links["sql"]).json()["rows"] == told["points"]


def test_its_specification_holds_its_data_and_loads_nothing(client: httpx.Client, told: dict[str, Any]) -> None:
    spec = client.get(told["links"]["vl.json"]).json()
    assert [row["x"] for row in spec["data"]["values"]] == ["甲,乙", '""']
    assert "url" not in str(spec["data"])
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")


@pytest.mark.parametrize(("suffix", "media_type"), [("svg", "image/svg+xml"), ("png", "image/png")])
def test_a_picture_may_be_kept_for_good(
    client: httpx.Client, told: dict[str, Any], suffix: str, media_type: str
) -> None:
    answer = client.get(told["links"][suffix])
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(answer.url).content == answer.content
    assert client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_picture_is_written_in_the_language_and_colours_that_its_address_names(
    client: httpx.Client, base: str
) -> None:
    zh = client.get(f"{base}/points/chart.svg?_x=name").text
    en = client.get(f"{base}/points/chart.svg?_x=name&_lang=en&_theme=dark&_width=narrow").text
    assert "怪数据" in zh
    assert "Odd data" in en
    assert ('fill="#14171a"' in en, 'width="358"' in en) == (True, True)


def test_latest_leads_to_the_newest_with_the_same_question(client: httpx.Client) -> None:
    answer = client.get("/datasets/odd-data/versions/latest/points/chart.svg?_x=name")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/versions/1.1.0/points/chart.svg?_x=name")


def test_a_table_that_there_is_not_has_no_chart(client: httpx.Client, base: str) -> None:
    for path in ("nothing/chart", "nothing/chart.svg", "points/chart.gif"):
        assert client.get(f"{base}/{path}").status_code == 404


def test_what_cannot_be_drawn_is_a_problem(client: httpx.Client, base: str) -> None:
    answer = client.get(f"{base}/points/chart.svg?_x=name&_group=month")
    assert (answer.status_code, answer.json()["code"]) == (400, "grouping-unfit")


def images(page: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'(?:src|srcset)="([^"]+chart\.svg[^"]*)"', page)]


def test_the_page_shows_the_picture_for_each_theme_and_width_and_its_data_as_a_table(
    client: httpx.Client, base: str
) -> None:
    page = client.get(f"/en{base}/points/chart?_x=name&id__lt=3", headers=HTML).text
    found = images(page)
    assert {client.get(url).headers["content-type"] for url in found} == {"image/svg+xml"}
    assert len(set(found)) == 4
    assert all("_lang=en" in url and "id__lt=3" in url and "/en/" not in url for url in found)
    assert re.search(r'<tr><th scope="row">one</th><td class="number">1</td></tr>', page)
    assert "three" not in page


def test_the_form_keeps_what_was_chosen_and_the_filters(client: httpx.Client, base: str) -> None:
    page = client.get(f"{base}/{ODD}/chart?_x=日期&_series=真&编号__lt=3&_search=甲", headers=HTML).text
    assert '<option value="日期" selected>' in page
    assert '<option value="真" selected>' in page
    for name, value in (("编号__lt", "3"), ("_search", "甲")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_what_is_wrong_stands_beside_the_form_which_keeps_what_was_chosen(client: httpx.Client, base: str) -> None:
    answer = client.get(f"{base}/points/chart?_x=name&_group=month", headers=HTML)
    assert (answer.status_code, answer.headers["cache-control"]) == (400, "no-store")
    assert "列“name”的值不能按“month”分组。可用：auto、value。" in answer.text
    assert '<option value="name" selected>' in answer.text


def test_the_page_of_a_table_without_a_choice_is_never_empty(
    client: httpx.Client, base: str, release: dict[str, Any]
) -> None:
    for table in release["tables"]:
        page = client.get(f"{base}/{quote(table['name'], safe='')}/chart", headers=HTML)
        assert page.status_code == 200
        assert images(page.text)


def test_the_permalink_names_every_choice(client: httpx.Client, base: str) -> None:
    links = client.get(f"{base}/points/chart").json()["links"]
    assert "_x=" in urlsplit(links["self"]).query
    assert client.get(links["self"]).json()["links"] == links
