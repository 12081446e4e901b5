"""The page that SQL is written on, without scripts."""

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import httpx
import pytest

from minshu.descriptors import opened
from minshu.http import sql_page
from minshu.http.sql_chinese import said_of_sql
from minshu.http.sql_form import Fault
from minshu.identifiers import KEYWORDS, readable
from minshu.publish import publish
from minshu.settings import Settings
from minshu.sql.tokens import parameters, word_at
from minshu.store import Store

PEOPLE = {
    "fields": [
        {"name": "id", "type": "integer", "title": "编号 / Number"},
        {"name": "select", "type": "string", "title": "名称 / Name"},
        {"name": "城市 甲", "type": "string"},
    ],
    "primaryKey": ["id"],
}
VISITS = {
    "title": "来访 / Visits",
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "person", "type": "integer"},
        {"name": "kind", "type": "string", "title": "类别 / Kind"},
        {"name": "amount", "type": "number", "title": "金额"},
    ],
    "primaryKey": ["id"],
    "foreignKeys": [{"fields": ["person"], "reference": {"resource": "人 员", "fields": ["id"]}}],
}
QUERIES: list[Any] = [
    {"title": "大额 / Large ones", "sql": "SELECT * FROM visits WHERE amount > 200 ORDER BY id"},
    {"title": "<b>标记</b>", "sql": "SELECT '<b>' AS x"},
    {"title": "", "sql": "SELECT 1"},
    {"title": "no sql"},
    "junk",
]


def write(folder: Path, name: str, version: str, **more: Any) -> Path:
    """A package of two tables, of which one names the rows of the other."""
    (folder / "data").mkdir(parents=True)
    people = "".join(f"{row},人{row},城{row % 3}\n" for row in range(250))
    visits = "".join(f"{row},{row},{'abc'[row % 3]},{row}.50\n" for row in range(250))
    (folder / "data/people.csv").write_text("id,select,城市 甲\n" + people, "utf-8")
    (folder / "data/visits.csv").write_text("id,person,kind,amount\n" + visits, "utf-8")
    resources = [
        {"name": "人 员", "type": "table", "path": "data/people.csv", "schema": PEOPLE},
        {"name": "visits", "type": "table", "path": "data/visits.csv", "schema": VISITS},
    ]
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "version": version,
        "title": f"数据 / Data {name}",
        "resources": resources,
        **more,
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False), "utf-8")
    return folder


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    """A reader of pages, in English where nothing else is asked for."""
    root = tmp_path_factory.mktemp("console")
    settings = Settings(store=root / "store", catalogue=root, port=0, sql_rows=200, limits=False, log_level="warning")
    opening = {"openAttribute": "有条件开放", "conditions": "须申请", "use": "研究", "security": "保密"}
    packages = [
        write(root / "a", "asked", "1.0.0", **{"minshu:opening": opening}),
        write(root / "b", "shop", "1.0.0"),
        write(root / "c", "shop", "1.0.1", **{"minshu:queries": QUERIES}),
    ]
    for folder in packages:
        with opened(folder, settings) as package:
            publish(package, None, Store(settings.store), settings)
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    with serving(settings) as address, httpx.Client(base_url=address, headers=headers, timeout=20) as client:
        yield client


def asked(pages: httpx.Client, q: str = "", **more: Any) -> httpx.Response:
    """The page of a query."""
    return pages.get("/sql", params={"dataset": "shop", "q": q, **more})


def addresses(page: str, pattern: str) -> list[str]:
    """The addresses of the links whose element has this in it."""
    return [html.unescape(found) for found in re.findall(rf'<a [^>]*?href="([^"]+)"[^>]*{pattern}', page)]


def test_the_page_offers_a_dataset_that_everybody_may_ask_with_its_versions_tables_and_titles(
    pages: httpx.Client,
) -> None:
    page = pages.get("/sql").text
    assert '<option value="shop" selected>Data shop (shop)</option>' in page
    assert re.search(r'<select id="version" name="version">\s*<option value="">latest \(1\.0\.1\)</option>', page)
    assert "<code>&#34;人 员&#34;</code>" in page
    assert re.search(r'<code>select</code></dt><dd><span class="mono soft">VARCHAR</span> Name</dd>', page)
    assert "</b>" not in page


def test_of_many_datasets_one_is_named(pages: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_page, "LISTED", 1)
    page = pages.get("/sql?dataset=shop").text
    assert '<input id="dataset" name="dataset" form="pick" value="shop"' in page
    assert "Data asked" not in page


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1"])
def test_every_example_runs(pages: httpx.Client, version: str) -> None:
    links = addresses(asked(pages, version=version).text, 'data-sql="')
    assert len(links) == {"1.0.0": 5, "1.0.1": 7}[version]
    for link in links:
        filled = f"{link}&word=a" if "%24word" in link else link
        answer = pages.get(filled)
        assert answer.status_code == 200, link
        assert '<table class="data">' in answer.text, link
        assert parse_qs(urlsplit(link).query)["version"] == [version]


def test_the_examples_of_a_package_come_first_in_the_language_of_the_page(pages: httpx.Client) -> None:
    shown = {
        language: pages.get("/sql?dataset=shop", headers={"Accept-Language": language}).text
        for language in ("zh", "en")
    }
    assert shown["zh"].index("大额") < shown["zh"].index("来访：任意 10 行")
    assert shown["en"].index("Large ones") < shown["en"].index("Visits: any 10 rows")
    assert "Large ones" not in shown["zh"]
    assert "来访：按类别计数" in shown["zh"]


def test_a_long_answer_is_shown_in_pages_and_given_whole_in_every_format(pages: httpx.Client) -> None:
    q = "SELECT id FROM visits WHERE id < 150 ORDER BY id"
    first = asked(pages, q).text
    assert "rows 1–100 are shown" in first
    (following,) = addresses(first[first.index('class="pages"') :], ">Next page")
    second = pages.get(following).text
    assert re.findall(r'<td class="number">(\d+)</td>', second) == [str(row) for row in range(100, 150)]
    files = addresses(first, ">(?:CSV|Excel|JSON|NDJSON|Parquet|Arrow)<")
    assert len(files) == 6
    for address in files:
        assert pages.get(address).status_code == 200
        assert parse_qs(urlsplit(address).query)["version"] == ["1.0.1"]
    assert len(pages.get(next(item for item in files if item.endswith("csv"))).text.splitlines()) == 151


def test_an_answer_that_is_cut_says_so_and_its_files_have_what_is_shown(pages: httpx.Client) -> None:
    page = asked(pages, "FROM visits").text
    assert "There are more than 200 rows" in page
    (address,) = addresses(page, ">CSV<")
    answer = pages.get(address)
    assert (len(answer.text.splitlines()), answer.headers["minshu-truncated"]) == (201, "?1")


@pytest.mark.parametrize(("version", "following"), [("", True), ("1.0.0", False)])
def test_there_is_a_link_for_good_and_one_that_follows_the_newest(
    pages: httpx.Client, version: str, *, following: bool
) -> None:
    page = asked(pages, "SELECT 7 AS n", version=version).text
    (pinned,) = addresses(page, ">Permalink")
    assert parse_qs(urlsplit(pinned).query)["version"] == [version or "1.0.1"]
    assert bool(addresses(page, ">Link that follows")) is following
    assert ">7</td>" in pages.get(pinned).text


def test_a_parameter_is_asked_for_and_then_bound(pages: httpx.Client) -> None:
    q = "SELECT count(*) AS n FROM visits WHERE kind = $类 AND kind <> '$no' -- $none"
    page = asked(pages, q)
    assert page.status_code == 200
    assert re.findall(r'<label for="value-1" class="mono">(.*?)</label>', page.text) == ["$类"]
    assert "Fill in the values of $类" in page.text
    assert '<table class="data">' not in page.text
    assert ">84</td>" in asked(pages, q, 类="a", utm_source="x").text


def test_what_a_form_leaves_empty_asks_nothing(pages: httpx.Client) -> None:
    page = pages.get("/sql?dataset=shop&version=&attach=&limit=&q=SELECT+1+AS+n%0D%0A--")
    assert page.status_code == 200
    assert "\nSELECT 1 AS n\n--</textarea>" in page.text


def test_a_release_is_attached_by_the_form(pages: httpx.Client) -> None:
    page = asked(pages, "SELECT count(*) AS n FROM old.visits", attach=["old:shop@1.0.0", ""])
    assert ">250</td>" in page.text
    assert re.findall(r'name="attach" value="([^"]*)"', page.text) == ["old:shop@1.0.0", ""]
    assert "v1_0_0:shop@1.0.0" in page.text


def test_a_plan_is_shown_and_the_query_is_not_run(pages: httpx.Client) -> None:
    page = asked(pages, "SELECT sum(amount) FROM visits", _plan="1").text
    assert "visits" in page[page.index('class="plan"') :].lower()
    assert '<table class="data">' not in page


FAULTS = {
    "SELECT kind,\n  amuont\nFROM visits": ("line 2, column 3", "  <mark>amuont</mark>", "没有名为“amuont”的列"),
    "SELECT '数', x.kind FROM visits x, visit": ("line 1, column 35", "<mark>visit</mark>", "没有名为“visit”的表"),
    "SELECT kind FROM visits GROUP BY person": ("column 8", "<mark>kind</mark> FROM", "GROUP BY"),
    "SELECT kind FRM visits x": ("line 1", "<mark>visits</mark>|<mark>x</mark>", "附近有语法错误"),
    "SELECT kind::INTEGER FROM visits": ("column 12|column 8", "<mark>", "不能转换为 INT"),
    "SELECT cuont(*) FROM visits": ("column 8", "<mark>cuont</mark>", "没有函数 cuont"),
}


@pytest.mark.parametrize("q", FAULTS)
def test_what_is_wrong_is_marked_where_it_stands_and_said_in_the_language_of_the_page(
    pages: httpx.Client, q: str
) -> None:
    place, marked, chinese = FAULTS[q]
    answer = asked(pages, q)
    assert answer.status_code in (400, 403)
    assert re.search(place, answer.text)
    assert re.search(marked, answer.text)
    assert "Tables" in answer.text
    assert chinese in pages.get("/zh/sql", params={"dataset": "shop", "q": q}).text


def test_programs_are_told_the_place_and_what_may_have_been_meant(pages: httpx.Client) -> None:
    params = {"dataset": "shop", "q": "SELECT '数据',\n amuont FROM visits"}
    for path in ("/sql", "/sql/explain"):
        problem = pages.get(path, params=params, headers={"Accept": "application/json"}).json()
        assert (problem["position"], problem["line"], problem["column"]) == (14, 2, 2)
        assert "amount" in problem["meant"]


def test_a_fault_whose_place_is_not_known_tells_none(pages: httpx.Client) -> None:
    problem = asked(pages, "SELECT 1 UNION SELECT 1, 2 FROM range(3)").text
    assert "<mark>" not in problem
    assert 'class="fault"' in problem


def test_the_page_of_data_on_conditions_says_how_to_apply_and_shows_no_table(pages: httpx.Client) -> None:
    page = pages.get("/sql", params={"dataset": "asked", "q": "FROM visits"})
    assert page.status_code == 401
    assert "须申请" in page.text
    assert "/datasets/asked#opening" in page.text
    assert "amount" not in page.text


def test_a_page_of_an_answer_by_chance_is_not_kept(pages: httpx.Client) -> None:
    assert asked(pages, "SELECT random()").headers["cache-control"] == "no-store"
    assert asked(pages, "SELECT 1").headers["cache-control"] == "public, max-age=60"


def test_nothing_of_an_answer_is_markup(pages: httpx.Client) -> None:
    page = asked(pages, "SELECT '<script>x</script>' AS \"<i>\"").text
    assert "<script>x" not in page
    assert "<i>" not in page


def test_functions_and_columns_are_told_as_they_are_written(pages: httpx.Client) -> None:
    told = pages.get("/sql/tables?dataset=shop&attach=o:shop@1.0.0", headers={"Accept": "application/json"}).json()
    assert {"count", "unnest", "regexp_matches"} <= set(told["functions"])
    assert not {"+", "read_csv"} & set(told["functions"])
    assert [table["sql"] for table in told["tables"]] == ['"人 员"', "visits", 'o."人 员"', "o.visits"]
    assert [column["sql"] for column in told["tables"][0]["columns"]] == ["id", '"select"', '"城市 甲"']


def test_a_name_is_quoted_only_where_duckdb_needs_it() -> None:
    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    told = duckdb.execute(query).fetchall()
    assert {name for (name,) in told} <= KEYWORDS
    for name in ("kind", "名称", "a1", "Mixed", "1a", "a b", 'q"q', "ÄÖ", "select", "Order", "全角　空", "month"):
        duckdb.execute(f"SELECT {readable(name)} FROM (SELECT 1 AS {readable(name)}) AS {readable(name)}").fetchall()
    assert [readable(name) for name in ("kind", "名称", "Order", "a b")] == ["kind", "名称", '"Order"', '"a b"']


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT $a + $b + $a", ["a", "b"]),
        ("SELECT '$a' || \"$b\" -- $c\n/* $d */ || $e", ["e"]),
        ("SELECT $$ $a $$, $x$ $b $x$, $名", ["名"]),
        ("SELECT '$a", []),
    ],
)
def test_the_parameters_of_a_statement_are_those_that_stand_outside_of_texts_and_comments(
    text: str, names: list[str]
) -> None:
    assert parameters(text) == names


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [("SELECT ab.c", 7, "ab.c"), ("SELECT ab  ", 11, "ab"), ("SELECT 'a b'", 7, "'a b'"), ("", 0, ""), ("a", 9, "a")],
)
def test_the_word_at_a_place_is_marked(text: str, position: int, word: str) -> None:
    start, end = word_at(text, position)
    assert text[start:end] == word


def test_a_long_line_is_cut_around_its_fault() -> None:
    fault = Fault.at("a " * 100 + "wrong" + " b" * 100, 200)
    assert (fault.word, fault.before[0], fault.after[-1]) == ("wrong", "…", "…")
    assert len(fault.before) == len(fault.after) == 61


def test_a_sentence_that_is_not_known_is_not_made_up() -> None:
    assert said_of_sql("Something new of DuckDB.") is None
