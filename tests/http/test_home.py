"""The home page and the catalogue: what there is, what is new, filtered, sorted and paged by the address alone."""

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.http.browsing import Browsing, alphabetical
from minshu.http.links import Links
from minshu.publish import publish
from minshu.reports import Language
from minshu.settings import Settings
from minshu.store import Store

Serving = Callable[[Settings], AbstractContextManager[str]]
STATED = {"conditions": "高校", "use": "研究", "security": "不外传"}
PERIOD = {"minshu:opening": {"openAttribute": "无条件开放", "dataPeriod": {"start": "2019-01-01", "end": "2019-12-31"}}}
PACKAGES: dict[str, dict[str, Any]] = {
    "alpha": {
        "title": "桥梁 / Bridges",
        "keywords": ["交通", "transport"],
        "contributors": [{"title": "交通厅 / Transport", "roles": ["publisher"]}, {"title": "李四"}],
    },
    "beta": {"title": "安全 / Safety", "keywords": ["交通", "安全"], "contributors": [{"title": "李四"}], **PERIOD},
    "gamma": {
        "title": "学校 / Schools",
        "keywords": ["教育"],
        "minshu:opening": {"openAttribute": "有条件开放", **STATED},
    },
    "omega": {"title": "旧 / Old", "keywords": ["教育"]},
}
ODD = {"title": "<b>x</b>", "keywords": ["a&b", '"><i>']}


def release(settings: Settings, name: str, version: str, rows: int, **more: Any) -> None:
    folder = settings.catalogue / f"{name}-{version}"
    folder.mkdir()
    (folder / "units.csv").write_text("id,name\n" + "".join(f"{row},{name}{row}\n" for row in range(rows)), "utf-8")
    fields = [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}]
    resource = {
        "name": "units",
        "type": "table",
        "path": "units.csv",
        "schema": {"fields": fields, "primaryKey": ["id"]},
    }
    described = {"name": name, "version": version, **more, "resources": [resource]}
    (folder / "datapackage.json").write_text(json.dumps(described, ensure_ascii=False))
    with opened(folder, settings) as package:
        publish(package, None, Store(settings.store), settings)


def made(root: Path) -> Settings:
    return Settings(store=root / "store", catalogue=root, cache=root / "cache", port=0, limits=False, log_level="error")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = made(tmp_path_factory.mktemp("home"))
    for rows, (name, more) in enumerate(PACKAGES.items(), 3):
        release(settings, name, "1.0.0", rows, **more)
    release(settings, "alpha", "1.1.0", 9, **PACKAGES["alpha"])
    AuditLog(settings.store).append("withdrawn", Actor("operator"), "omega", "1.0.0", {"reason": "Wrong."})
    return settings


@pytest.fixture(scope="module")
def client(shelf: Settings, serving: Serving) -> Iterator[httpx.Client]:
    with serving(shelf) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def names(client: httpx.Client, query: str) -> list[str]:
    return [entry["name"] for entry in client.get(f"/datasets{query}").json()["datasets"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["alpha", "beta", "gamma", "omega"]),
        ("?theme=交通", ["alpha", "beta"]),
        ("?theme=交通&theme=安全", ["beta"]),
        ("?publisher=李四", ["beta"]),
        ("?publisher=交通厅 / Transport", ["alpha"]),
        ("?opening=conditional", ["gamma"]),
        ("?format=csv&theme=教育", ["gamma", "omega"]),
        ("?format=pdf", []),
        ("?q=ＢＲＩＤＧＥＳ", ["alpha"]),
        ("?q=交通&sort=rows", ["alpha", "beta"]),
        ("?sort=rows", ["alpha", "omega", "gamma", "beta"]),
        ("?sort=title", ["beta", "omega", "alpha", "gamma"]),
        ("?sort=rows&size=1&page=2", ["omega"]),
        ("?size=2&page=9", []),
    ],
)
def test_the_catalogue_is_filtered_sorted_and_paged(client: httpx.Client, query: str, expected: list[str]) -> None:
    assert names(client, query) == expected


def test_titles_are_sorted_by_how_chinese_is_spoken() -> None:
    assert sorted(["厦门", "福州", "安溪", "龙岩", "莆田", "南平"], key=alphabetical) == [
        "安溪",
        "福州",
        "龙岩",
        "南平",
        "莆田",
        "厦门",
    ]


def test_pages_in_json_hold_every_dataset_once(client: httpx.Client) -> None:
    found, url = [], f"{client.base_url}/datasets?size=3"
    while url:
        told = client.get(url).json()
        found += [entry["name"] for entry in told["datasets"]]
        url = told["next"]
    assert (found, told["count"]) == (sorted(PACKAGES), 4)


@pytest.mark.parametrize("query", ["?size=0", "?size=1001", "?page=0", "?sort=luck"])
def test_what_cannot_be_asked_for_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/datasets{query}").status_code == 422


def test_update_time_and_data_period_are_told_apart(client: httpx.Client) -> None:
    entries = {entry["name"]: entry for entry in client.get("/datasets").json()["datasets"]}
    assert entries["beta"]["data_period"] == {"start": "2019-01-01", "end": "2019-12-31"}
    assert entries["alpha"]["data_period"] is None
    assert entries["beta"]["published"][:4] >= "2026"
    shown = page(client, "/zh/datasets?theme=安全")
    assert "数据期 2019-01-01 – 2019-12-31" in shown
    assert re.search(r'更新于 <time datetime="20\d\d', shown)


def test_a_facet_counts_what_was_found_and_its_links_keep_the_other_filters(client: httpx.Client) -> None:
    shown = page(client, "/en/datasets?theme=交通")
    base = f"{client.base_url}/en/datasets"
    assert re.search(r'href="[^"]*/en/datasets\?theme=[^"]*&theme=[^"]*"[^>]*><span lang="zh-Hans">安全', shown)
    (chosen,) = re.findall(r'<a href="([^"]*)" class="chosen" aria-current="true">', shown)
    assert chosen == base
    for url in re.findall(r'<li><a href="([^"]*)"', shown.partition('<aside id="filters"')[2]):
        assert client.get(url).json()["count"] >= 1


def test_the_form_of_the_catalogue_keeps_what_is_chosen(client: httpx.Client) -> None:
    shown = page(client, "/zh/datasets?theme=交通&sort=rows&size=1")
    form = shown.partition("<form")[2].partition("</form>")[0]
    assert set(re.findall(r'name="(\w+)" value="([^"]*)"', form)) == {
        ("theme", "交通"),
        ("sort", "rows"),
        ("size", "1"),
        ("q", ""),
    }


def test_a_filter_that_nothing_has_says_so_and_leads_back(client: httpx.Client) -> None:
    shown = page(client, "/en/datasets?opening=nonsense")
    assert "No dataset has all that is asked for." in shown
    assert f'<a href="{client.base_url}/en/datasets">Show all</a>' in shown


def test_the_home_page_shows_what_is_new_and_what_changed(client: httpx.Client) -> None:
    shown = page(client, "/zh/")
    table = shown.partition('<table class="newest">')[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row"><a href="[^"]*/zh/datasets/(\w+)"', table)[0] in ("alpha", "gamma", "beta")
    assert f'<a href="{client.base_url}/zh/datasets/alpha/diff/1.0.0...1.1.0">次版本变更</a>' in table
    assert table.count("首次发布") == 2
    assert "omega" not in shown
    assert "3 个数据集" in shown


def test_the_home_page_links_its_feeds_and_its_search(client: httpx.Client) -> None:
    shown = page(client, "/en/")
    for kind in ("atom", "json"):
        assert re.search(
            rf'<link rel="alternate" type="application/[a-z+]+" title="[^"]+" href="{client.base_url}/en/feed.{kind}">',
            shown,
        )
    assert f'<form method="get" action="{client.base_url}/en/search"' in shown


@pytest.mark.parametrize(("language", "first", "last"), [("zh", "交通", "transport"), ("en", "transport", "交通")])
def test_themes_in_the_language_of_the_page_come_first(
    client: httpx.Client, language: str, first: str, last: str
) -> None:
    themes = page(client, f"/{language}/").partition('class="facet-theme"')[2].partition("</section>")[0]
    assert themes.index(f">{first} <") < themes.index("<details") < themes.index(last)


def test_what_is_withdrawn_is_listed_as_such(client: httpx.Client) -> None:
    assert '<li class="state">已撤回</li>' in page(client, "/zh/datasets?theme=教育")


def test_a_new_release_a_withdrawal_and_a_folder_that_is_gone_show_at_once(tmp_path: Path, serving: Serving) -> None:
    settings = made(tmp_path)
    settings.store.mkdir()
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        assert names(client, "") == []
        assert "minshu publish" in page(client, "/en/")
        release(settings, "one", "1.0.0", 2, **ODD)
        assert names(client, "") == ["one"]
        shown = client.get("/", headers={"Accept": "text/html"}).text
        assert "&lt;b&gt;x&lt;/b&gt;" in shown
        assert "<i>" not in shown
        release(settings, "one", "1.1.0", 3, **ODD)
        (entry,) = client.get("/datasets").json()["datasets"]
        assert (entry["version"], entry["rows"]) == ("1.1.0", 3)
        AuditLog(settings.store).append("withdrawn", Actor("operator"), "one", "1.1.0", {"reason": "Wrong."})
        (entry,) = client.get("/datasets").json()["datasets"]
        assert (entry["version"], entry["rows"]) == ("1.0.0", 2)
        (settings.store / "one").rename(tmp_path / "elsewhere")
        assert names(client, "") == []
        (tmp_path / "elsewhere").rename(settings.store / "one")
        assert names(client, "") == ["one"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.sampled_from(["theme", "publisher"]), TEXTS), max_size=3, unique=True), TEXTS)
def test_a_value_that_is_chosen_and_let_go_leaves_the_address_as_it_was(
    chosen: list[tuple[str, str]], text: str
) -> None:
    links, browsing = Links("http://x"), Browsing("q", ("q",), tuple(chosen), "rows", 1, 5)
    more = browsing._toggled("opening", text)
    assert more.url(links) != browsing.url(links)
    assert more.without("opening", text).url(links) == browsing.url(links)


def test_a_catalogue_without_entries_has_no_values() -> None:
    assert Browsing().values("theme", [], Links("http://x"), Language.zh) == []
