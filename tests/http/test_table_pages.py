"""The pages of a table, of one of its rows and of its statistics, as a browser without scripts has them."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from minshu.descriptors import opened
from minshu.http.cells import SHOWN, UNFOLDED, WHOLE
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

BASE = "/datasets/survey/versions/1.0.0"
LONG = "长" * WHOLE + "而且更长"
HUGE = "巨" * UNFOLDED + "尾"
NOTES = {1: LONG, 2: HUGE, 3: "<b>"}
FILES = {
    "towns.csv": "id,城市 / City,day,size,site,note,extra,_x,a__lt\n"
    + "".join(
        f"{row},{'福州市' if row % 3 else '厦门市'},{f'2019-01-{row % 28 + 1:02}' if row % 5 else ''},{row}.5,"
        f"https://a.example/{row},{NOTES.get(row, '')},{'' if row % 2 else '[1]'},{row % 2},x\n"
        for row in range(1, 31)
    ),
    "visits.csv": "town,who\n" + "".join(f"1,v{row}\n" for row in range(8)) + "2,a\n,b\n",
    "empty.csv": "only\n",
    "wide.csv": ",".join(f"c{at}" for at in range(200)) + "\n" + ",".join(str(at) for at in range(200)) + "\n",
    "secret.csv": "town,word\n1,hush\n",
}
SCHEMAS: dict[str, Any] = {
    "towns": {
        "fields": [
            {"name": "id", "type": "integer", "title": "编号 / Number", "description": "每镇一号。 / One each."},
            {
                "name": "城市 / City",
                "type": "string",
                "categories": [{"value": "福州市", "label": "福州 / Fuzhou"}, {"value": "厦门市"}],
            },
            {"name": "day", "type": "date", "title": "日期"},
            {"name": "size", "type": "number"},
            {"name": "site", "type": "string"},
            {"name": "note", "type": "string"},
            {"name": "extra", "type": "array"},
            {"name": "_x", "type": "boolean", "trueValues": ["1"], "falseValues": ["0"]},
            {"name": "a__lt", "type": "string"},
        ],
        "primaryKey": "id",
    },
    "visits": {
        "fields": [{"name": "town", "type": "integer"}, {"name": "who", "type": "string"}],
        "foreignKeys": [{"fields": "town", "reference": {"resource": "towns", "fields": "id"}}],
    },
    "empty": {"fields": [{"name": "only", "type": "string"}]},
    "wide": {"fields": [{"name": f"c{at}", "type": "integer"} for at in range(200)]},
    "secret": {
        "fields": [{"name": "town", "type": "integer"}, {"name": "word", "type": "string"}],
        "foreignKeys": [{"fields": "town", "reference": {"resource": "towns", "fields": "id"}}],
    },
}
CLOSED = {"minshu:opening": {"openAttribute": "不予开放", "legalBasis": "保守国家秘密法"}}


class Page(HTMLParser):
    """The links, the fields of forms and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[list[tuple[str, str]]] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._href, self._inside = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.attributes.append((tag, told))
        if tag == "form" and (told.get("action") or "").endswith("/rows"):  # The head of the page has one of its own.
            self.forms.append([])
        elif tag == "input" and self.forms and (told.get("type") != "checkbox" or "checked" in told):
            self.forms[-1].append((told["name"] or "", told.get("value") or ""))
        elif tag == "a":
            self._href, self._inside = told["href"] or "", told.get("aria-label") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.links.setdefault(" ".join(self._inside.split()), self._href)
            self._href = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        self._inside += data


def write(folder: Path, tables: tuple[str, ...], settings: Settings) -> None:
    """Publish a package of these tables, of which one named `secret` is closed."""
    folder.mkdir()
    for name in tables:
        (folder / f"{name}.csv").write_text(FILES[f"{name}.csv"], "utf-8")
    resources = [
        {"name": name, "path": f"{name}.csv", "schema": SCHEMAS[name], **(CLOSED if name == "secret" else {})}
        for name in tables
    ]
    descriptor = {"name": folder.name, "version": "1.0.0", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    with opened(folder, settings) as read:
        publish(read, None, Store(settings.store), settings)


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("tables")
    settings = Settings(store=root / "store", cache=root / "cache", port=0, limits=False)
    write(root / "survey", ("towns", "visits", "empty", "wide"), settings)
    write(root / "guarded", ("towns", "secret"), settings)
    accept = {"Accept": "text/html"}
    with serving(settings) as address, httpx.Client(base_url=address, headers=accept, timeout=20) as client:
        yield client


def page(client: httpx.Client, address: str, **params: str | list[str]) -> Page:
    answer = client.get(f"/en{BASE}/{address}" if address[0] != "h" else address, params=params or None)
    assert answer.status_code == 200
    return Page(answer.text)


def asked(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def numbers(shown: Page) -> list[str]:
    """The rows of a page by the ends of their addresses."""
    links = [told["href"] or "" for tag, told in shown.attributes if tag == "a"]
    return list(dict.fromkeys(link.rpartition("/")[2] for link in links if "/towns/rows/" in link))


# -- what a form sends --------------------------------------------------------------------------------------------


def send(client: httpx.Client, table: str, *fields: tuple[str, str]) -> list[tuple[str, str]]:
    """The parameters of the address that a form leads to."""
    answer = client.get(f"/en{BASE}/{table}/rows", params=list(fields))
    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path == f"/en{BASE}/{table}/rows"
    assert client.get(answer.headers["location"]).status_code == 200
    return asked(answer.headers["location"])


def test_a_filter_from_the_form_stands_in_the_address_as_the_interface_has_it(client: httpx.Client) -> None:
    condition = [("_filter_column", "size"), ("_filter_op", "gte"), ("_filter_value", "20")]
    assert send(client, "towns", ("_sort", "-size"), ("_size", "5"), ("_next", "?"), *condition) == [
        ("size__gte", "20"), ("_sort", "size__desc"), ("_size", "5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "operator", "value", "pair"),
    [
        ("_x", "eq", "true", ("_x__eq", "true")),
        ("城市 / City", "contains", "福", ("城市 / City__contains", "福")),
        ("day", "isnull", "left over", ("day__isnull", "")),
        ("a__lt", "eq", "x", ("a__lt__eq", "x")),
    ],
)
def test_any_column_can_be_filtered_by_the_form(
    client: httpx.Client, column: str, operator: str, value: str, pair: tuple[str, str]
) -> None:
    sent = [("_filter_column", column), ("_filter_op", operator), ("_filter_value", value)]
    assert send(client, "towns", *sent) == [pair]


def test_the_columns_that_are_ticked_are_those_of_the_address(client: httpx.Client) -> None:
    assert send(client, "towns", ("_column", "id"), ("_column", "_x"), ("_size", "20")) == [
        ("_cols", "id,_x"), ("_size", "20"),
    ]  # fmt: skip
    assert send(client, "empty", ("_column", "only")) == []


def test_the_fields_of_the_form_are_no_parameters_of_the_interface(client: httpx.Client) -> None:
    answer = client.get(f"{BASE}/towns/rows?_filter_column=id", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")


def test_every_form_keeps_what_the_others_ask(client: httpx.Client) -> None:
    shown = page(
        client, "towns/rows", size__gt="3", _search="a.example", _sort="-size", _facet="_x", _size="20", _cols="id,size"
    )
    state = {
        ("size__gt", "3"),
        ("_sort", "size__desc"),
        ("_facet", "_x"),
        ("_size", "20"),
        ("_cols", "id,size"),
        ("_search", "a.example"),
    }
    left = [state - set(form) for form in shown.forms]
    assert left == [set(), set(), set(), {("_cols", "id,size"), ("_size", "20")}]
    assert {("_column", "id"), ("_column", "size")} == {pair for pair in shown.forms[3] if pair[0] == "_column"}


# -- what is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status", "words", "kept"),
    [
        ("size__gt=abc", 400, "“size” holds decimal numbers, and “abc” does not fit", ["abc"]),
        ("size__like=5", 400, "This condition does not fit “size”", ["5"]),
        ("day__between=2019-01-01", 400, "2019-12-31,2019-12-31", ["2019-01-01"]),
        ("nothing__lt=7", 404, "There is no column “nothing__lt”", ["7"]),
    ],
)
def test_a_filter_that_is_wrong_is_told_beside_the_form_which_keeps_it(
    client: httpx.Client, query: str, status: int, words: str, kept: list[str]
) -> None:
    answer = client.get(f"/en{BASE}/towns/rows?id__lt=9&{query}")
    shown = Page(answer.text)
    assert answer.status_code == status
    assert words in shown.text
    assert [value for form in shown.forms for name, value in form if name == "_filter_value"] == kept
    assert ("id__lt", "9") in shown.forms[1]
    assert numbers(shown) == []


def test_what_else_is_wrong_with_an_address_is_a_page_of_its_own(client: httpx.Client) -> None:
    for query in ("_next=forged", "_sort=nothing", "_unknown=1", "_size=0"):
        assert client.get(f"{BASE}/towns/rows?{query}").status_code in (400, 404)


# -- the rows -----------------------------------------------------------------------------------------------------


def test_a_header_sorts_both_ways_and_tells_which(client: httpx.Client) -> None:
    shown = page(client, "towns/rows", _size="2")
    assert asked(shown.links["size"])[0] == ("_sort", "size__asc")
    upwards = page(client, shown.links["size"])
    assert [told["aria-sort"] for _, told in upwards.attributes if "aria-sort" in told] == ["ascending"]
    downwards = page(client, upwards.links["size ↑"])
    assert numbers(downwards) == ["30", "29"]
    assert asked(downwards.links["size ↓"]) == [("_size", "2")]


def test_pages_lead_on_and_back(client: httpx.Client) -> None:
    first = page(client, "towns/rows", _size="4", _sort="-size", _x__eq="true")
    second = page(client, first.links["Next page ›"])
    third = page(client, second.links["Next page ›"])
    assert numbers(page(client, third.links["‹ Previous page"])) == numbers(second) == ["21", "19", "17", "15"]
    assert numbers(page(client, second.links["‹ Previous page"])) == numbers(first)
    assert third.links["« First page"] == second.links["‹ Previous page"]


def test_chips_remove_what_they_say(client: httpx.Client) -> None:
    shown = page(client, "towns/rows", size__gt="3", _search="a.example", _sort="-size,id")
    assert asked(shown.links["size is greater than 3 ×(remove)"]) == [
        ("_search", "a.example"),
        ("_sort", "size__desc,id__asc"),
    ]
    assert asked(shown.links["Search a.example ×(remove)"])[0] == ("size__gt", "3")
    assert "_sort" not in dict(asked(shown.links["Sorted by size downwards, Number upwards ×(remove)"]))
    assert asked(shown.links["Remove all"]) == []


def test_a_facet_filters_and_leads_back(client: httpx.Client) -> None:
    shown = page(client, "towns/rows", _facet=["城市 / City", "day"], size__lt="20")
    chosen = page(client, shown.links["Fuzhou 13"])
    assert len(numbers(chosen)) == 13
    assert numbers(page(client, chosen.links["Fuzhou 13 ×"])) == numbers(shown)
    nulls = page(client, shown.links["null 3"])
    assert numbers(nulls) == ["5", "10", "15"]
    assert ("_facet", "day") not in asked(shown.links["Stop counting 日期×"])


def test_what_is_shown_is_what_is_downloaded_and_what_is_asked_in_sql(client: httpx.Client) -> None:
    shown = page(client, "towns/rows", _x__eq="true", _sort="-size", _cols="size,_x", _facet="_x", _size="5")
    text = client.get(shown.links["CSV"]).text
    assert text.splitlines()[:3] == ["size,_x", "29.5,true", "27.5,true"]
    assert len(text.splitlines()) == 16
    assert asked(shown.links["Chart"]) == [("_x__eq", "true")]
    told = client.get(shown.links["Query in SQL"], headers={"Accept": "application/json"}).json()
    assert told["rows"] == [["29.5", True], ["27.5", True], ["25.5", True], ["23.5", True], ["21.5", True]]


def test_rows_lead_to_their_own_pages_though_their_key_is_not_shown(client: httpx.Client) -> None:
    assert numbers(page(client, "towns/rows", _cols="size", _size="2")) == ["1", "2"]
    shown = page(client, "visits/rows", _cols="who", _size="2")
    assert shown.links["1"].endswith("/en" + BASE + "/visits/rows/1")


def test_cells_are_read_easily(client: httpx.Client) -> None:
    text = client.get(f"/en{BASE}/towns/rows?_cols=site,note,extra,day").text
    assert '<a href="https://a.example/1" rel="nofollow noopener external">https://a.example/1</a>' in text
    assert f"<summary>{'长' * SHOWN}</summary>{'长' * (WHOLE - SHOWN)}而且更长</details>" in text
    assert '… <a href="' in text
    assert "尾" not in text
    assert "&lt;b&gt;" in text
    assert "<code>[1]</code>" in text
    assert '<span class="empty">null</span>' in text
    assert f'{BASE}/towns/rows/1">1</a>' in client.get(f"/en{BASE}/visits/rows").text


def test_headers_show_how_values_are_spread(client: httpx.Client) -> None:
    shown = page(client, "towns/rows")
    labels = [told["aria-label"] for tag, told in shown.attributes if tag == "svg"]
    assert "Spread from 2019-01-01 to 2019-01-28" in labels
    assert "Most frequent: Fuzhou, 20 rows" in labels
    assert "null 20%" in shown.text
    assert "all different" in shown.text


def test_the_rows_that_match_are_counted_beside_all(client: httpx.Client) -> None:
    assert "Found 15 / 30 rows" in page(client, "towns/rows", _x__eq="true").text
    assert "Rows 3–4 of 30" in page(client, page(client, "towns/rows", _size="2").links["Next page ›"]).text


def test_a_table_without_rows_says_so(client: httpx.Client) -> None:
    assert "This table has no rows." in page(client, "empty/rows").text
    nothing = page(client, "towns/rows", id__gt="99")
    assert "No row fits." in nothing.text
    assert asked(nothing.links["See all rows"]) == []
    assert client.get(f"/en{BASE}/empty/stats").status_code == 200


def test_a_table_of_200_columns_is_shown_whole(client: httpx.Client) -> None:
    shown = page(client, "wide/rows")
    assert len([tag for tag, _ in shown.attributes if tag == "th"]) == 202
    assert len([tag for tag, told in shown.attributes if tag == "input" and told.get("name") == "_column"]) == 200


# -- a row, and statistics ----------------------------------------------------------------------------------------


def test_a_row_tells_what_its_fields_mean_and_leads_to_those_beside_it(client: httpx.Client) -> None:
    shown = page(client, "towns/rows/2")
    assert "Number" in shown.text
    assert "One each." in shown.text
    assert "whole number" in shown.text
    assert HUGE in shown.text
    assert shown.links["‹ Previous row"].endswith("/en" + BASE + "/towns/rows/1")
    assert shown.links["Next row ›"].endswith("/en" + BASE + "/towns/rows/3")
    assert "Previous row" not in page(client, "towns/rows/1").text
    assert "Next row" not in page(client, "visits/rows/10").text


def test_a_row_shows_the_rows_that_name_it_and_how_many_there_are(client: httpx.Client) -> None:
    shown = page(client, "towns/rows/1")
    assert re.search(r"visits\s+town\s+8 rows", shown.text)
    assert [word for word in ("v0", "v4", "v5") if word in shown.text] == ["v0", "v4"]
    assert asked(shown.links["All 8 rows"]) == [("town__eq", "1")]


def test_a_row_shows_the_row_that_it_names(client: httpx.Client) -> None:
    shown = page(client, "visits/rows/9")
    assert shown.links["towns"].endswith("/towns/rows/2")
    assert "Fuzhou" in shown.text
    assert "Rows that this one names" not in page(client, "visits/rows/10").text


def test_a_row_shows_nothing_of_a_table_that_is_not_open(client: httpx.Client) -> None:
    answer = client.get("/en/datasets/guarded/versions/1.0.0/towns/rows/1")
    assert answer.status_code == 200
    assert "secret/rows?town__eq=1" in answer.text
    assert "hush" not in answer.text


def test_a_row_can_be_taken(client: httpx.Client) -> None:
    shown = page(client, "towns/rows/7")
    assert client.get(shown.links["JSON"]).json()[0]["id"] == 7
    assert f"{client.base_url}{BASE}/towns/rows/7" in shown.text


def test_statistics_are_in_one_language_and_link_to_rows(client: httpx.Client) -> None:
    shown = page(client, "towns/stats")
    assert "Statistics of each column" in shown.text
    assert "各列统计" not in shown.text
    assert len(numbers(page(client, shown.links["厦门市"]))) == 10
    ids = {told["id"] for _, told in shown.attributes if "id" in told}
    rows = page(client, "towns/rows")
    assert {urlsplit(url).fragment for url in rows.links.values() if "/stats#" in url} <= ids
