"""The search over datasets, tables, columns and rows: the best first, in time, and nothing that is not open to all."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.browse import Library
from minshu.descriptors import opened
from minshu.http import row_search
from minshu.http.directory import Directory
from minshu.http.row_search import Position, RowSearch
from minshu.http.snippets import LENGTH, marked, snippet
from minshu.publish import publish
from minshu.search import fold
from minshu.settings import Settings
from minshu.store import Store

STATED = {"conditions": "高校", "use": "研究", "security": "不外传"}
# name: title, description, rows of the table `units`, more of the descriptor
PACKAGES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bridges": (
        "桥梁 / Bridges",
        "全省公路桥梁。 / The bridges of the roads.",
        "1,洛阳桥,Ｌｕｏｙａｎｇ\n2,安平桥,Anping\n",
        {},
    ),
    "roads": (
        "公路 / Roads",
        "公路里程，桥梁除外。 / Roads without bridges.",
        "".join(f"{n},国道{n},G{n}\n" for n in range(9)),
        {},
    ),
    "asked": (
        "桥梁检测 / Inspections",
        "d",
        "1,洛阳桥裂缝,x\n",
        {"minshu:opening": {"openAttribute": "有条件开放", **STATED}},
    ),
    "gone": ("旧桥梁 / Old bridges", "d", "1,洛阳桥旧,x\n", {}),
    "<b>": ("桥梁 <b>标签</b>", "<i>桥梁</i> & 隧道", "1,<script>洛阳桥</script>,x\n", {"name": "markup"}),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of a few datasets, of which `gone` is withdrawn and `asked` is not open to all."""
    root = tmp_path_factory.mktemp("search")
    settings = Settings(
        store=root / "store", catalogue=root, cache=root / "cache", port=0, limits=False, log_level="error"
    )
    for name, (title, description, rows, more) in PACKAGES.items():
        release(settings, root / more.get("name", name), name, title, description, rows, more)
    AuditLog(settings.store).append("withdrawn", Actor("operator"), "gone", "1.0.0", {"reason": "Wrong."})
    return settings


def release(
    settings: Settings, folder: Path, name: str, title: str, description: str, rows: str, more: dict[str, Any]
) -> None:
    folder.mkdir()
    (folder / "units.csv").write_text(f"id,名称,code\n{rows}", "utf-8")
    fields = [
        {"name": "id", "type": "integer"},
        {"name": "名称", "type": "string", "title": "单位名称 / Unit", "description": "所称。 / As it is called."},
        {"name": "code", "type": "string"},
    ]
    schema = {"fields": fields, "primaryKey": ["id"], "title": "单位 / Units"}
    resource = {"name": "units", "type": "table", "path": "units.csv", "schema": schema}
    described = {"name": name, "version": "1.0.0", "title": title, "description": description, **more}
    (folder / "datapackage.json").write_text(json.dumps({**described, "resources": [resource]}, ensure_ascii=False))
    with opened(folder, settings) as package:
        publish(package, None, Store(settings.store), settings)


@pytest.fixture(scope="module")
def client(shelf: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Iterator[httpx.Client]:
    with serving(shelf) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def found(client: httpx.Client, q: str, **more: str) -> dict[str, Any]:
    answer = client.get("/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def page(client: httpx.Client, q: str, **more: str) -> str:
    return client.get("/zh/search", params={"q": q, **more}, headers={"Accept": "text/html"}).text


def datasets(told: dict[str, Any]) -> list[str]:
    return [item["dataset"] for item in told["datasets"]["results"]]


def test_a_title_is_a_better_find_than_a_description(client: httpx.Client) -> None:
    first, second, third, last = datasets(found(client, "桥梁"))
    assert {first, second, third} == {"bridges", "asked", "markup"}
    assert last == "roads"


def test_words_find_what_has_them_all_whatever_their_width_and_case(client: httpx.Client) -> None:
    assert set(datasets(found(client, "ＲＯＡＤＳ　bridges"))) == {"roads", "bridges"}
    assert datasets(found(client, '"roads without"')) == ["roads"]


def test_tables_and_columns_are_found_by_their_names_titles_and_places(client: httpx.Client) -> None:
    told = found(client, "公路 单位")
    assert [(item["dataset"], item["table"]) for item in told["tables"]["results"]] == [("roads", "units")]
    (first, *_) = found(client, "roads 所称", kind="columns")["columns"]["results"]
    assert (first["dataset"], first["table"], first["column"], first["type"]) == ("roads", "units", "名称", "string")
    assert first["snippet"] == {"text": "所称。 / As it is called.", "marks": [[0, 2]]}


def test_rows_are_found_by_what_stands_in_any_column_of_text(client: httpx.Client) -> None:
    told = found(client, "luoyang", kind="rows")["rows"]
    (table,) = told["results"]
    assert (table["dataset"], table["more"]) == ("bridges", False)
    (row,) = table["rows"]
    assert row["number"] == 1
    assert row["cells"] == [{"column": "code", "text": "Ｌｕｏｙａｎｇ", "marks": [[0, 7]]}]
    assert client.get(row["url"]).json()["row"]["名称"] == "洛阳桥"
    assert [row["id"] for row in client.get(table["url"]).json()["rows"]] == [1]


def test_a_table_tells_its_first_rows_and_that_there_are_more(client: httpx.Client) -> None:
    (table,) = found(client, "国道")["rows"]["results"]
    assert (len(table["rows"]), table["more"]) == (3, True)
    assert len(client.get(table["url"]).json()["rows"]) == 9


def test_rows_that_are_not_open_to_all_or_withdrawn_are_never_searched_and_the_former_counted(
    client: httpx.Client,
) -> None:
    told = found(client, "洛阳桥")["rows"]
    assert {item["dataset"] for item in told["results"]} == {"bridges", "markup"}
    assert (told["searched"], told["closed"], told["left"], told["late"], told["next"]) == (3, 1, 0, None, None)
    assert found(client, "裂缝")["rows"]["results"] == []


def test_what_is_withdrawn_is_not_found(client: httpx.Client) -> None:
    assert "gone" not in datasets(found(client, "桥梁"))
    assert found(client, "旧桥梁")["datasets"]["count"] == 0


def test_every_address_of_a_find_answers(client: httpx.Client) -> None:
    for q in ("桥梁", "单位", "洛阳桥"):
        told = found(client, q)
        urls = [item["url"] for kind in ("datasets", "tables", "columns", "rows") for item in told[kind]["results"]]
        assert urls
        assert {client.get(url).status_code for url in urls} == {200}


def test_pages_of_a_kind_hold_every_find_once(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minshu.http.search.MANY", 3)
    names, url = [], f"{client.base_url}/search?q=code+units&kind=columns"
    while url:
        group = client.get(url).json()["columns"]
        names += [(item["dataset"], item["column"]) for item in group["results"]]
        url = group["next"]
    assert len(names) == len(set(names)) == group["count"] == 4


def test_a_search_in_rows_goes_on_where_it_stopped(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minshu.http.search.MANY", 1)
    first = found(client, "桥", kind="rows")["rows"]
    assert [item["dataset"] for item in first["results"]] == ["markup"]
    assert (first["searched"], first["left"]) == (1, 2)
    second = client.get(first["next"]).json()["rows"]
    assert [item["dataset"] for item in second["results"]] == ["bridges"]
    assert client.get(second["next"]).json()["rows"]["results"] == []


@pytest.fixture
def library(shelf: Settings) -> Iterator[Library]:
    library = Library(Store(shelf.store), shelf)
    yield library
    library.close()


def test_the_first_table_that_takes_too_long_is_named_and_the_others_have_their_turn(library: Library) -> None:
    entries = Directory(library).entries()
    told = RowSearch(1e-9).find(entries, ["桥"], 20, 3)
    assert told.late
    assert (told.late.release.name, told.searched, told.left) == ("markup", 1, 2)
    told = RowSearch(60).find(entries, ["桥"], 20, 3, told.resume)
    assert ([place.release.name for place, _ in told.found], told.left) == (["bridges"], 0)


def test_a_table_for_which_little_time_is_left_is_looked_through_by_the_next_search(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, looked = Directory(library).entries(), []
    matches = row_search.Place.matches

    def slow(place: row_search.Place, words: Any, rows: int, deadline: float) -> Any:
        looked.append(place.table.rows)
        return matches(place, words, rows, deadline if len(looked) == 1 else time.monotonic())

    monkeypatch.setattr(row_search.Place, "matches", slow)
    told = RowSearch(60).find(entries, ["安平"], 20, 3)
    assert (told.searched, told.late, told.left) == (1, None, 2)
    assert told.resume
    assert told.resume.dataset == "markup"


def test_whoever_gets_no_turn_is_told_that_nothing_was_looked_at(library: Library) -> None:
    search = RowSearch(0.01)
    while search._turns.acquire(blocking=False):
        pass
    told = search.find(Directory(library).entries(), ["桥"], 20, 3)
    assert (told.found, told.searched, told.left, told.resume) == ((), 0, 3, None)


def test_a_position_is_read_as_it_was_written() -> None:
    position = Position(12, "demo", "表/一 %")
    assert Position.parse(position.text) == position


@pytest.mark.parametrize("after", ["x", "1", "1/demo", "-1/demo/t", "１/demo/t"])
def test_a_position_that_is_none_is_refused(client: httpx.Client, after: str) -> None:
    answer = client.get("/search", params={"q": "a", "after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")


@pytest.mark.parametrize("q", ["x" * 201, " ".join("abcdefghijk")])
def test_a_search_that_is_too_long_is_refused(client: httpx.Client, q: str) -> None:
    answer = client.get("/search", params={"q": q})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")
    assert answer.json()["detail"].startswith("q takes up to")


def test_no_word_finds_nothing(client: httpx.Client) -> None:
    told = found(client, " 　")
    assert [told[kind]["results"] for kind in ("datasets", "tables", "columns", "rows")] == [[], [], [], []]


def test_the_page_marks_the_words_and_holds_no_markup_of_publishers(client: httpx.Client) -> None:
    shown = page(client, "洛阳桥")
    assert "<mark>洛阳桥</mark>" in shown
    assert "&lt;script&gt;<mark>" in shown
    assert "<script>" not in shown
    assert "<mark>桥梁</mark> &lt;b&gt;标签" in page(client, "桥梁")


def test_the_page_links_to_rows_and_to_the_search_of_their_table_in_its_language(client: httpx.Client) -> None:
    shown = html.unescape(page(client, "洛阳桥"))
    table = f"{client.base_url}/zh/datasets/bridges/versions/1.0.0/units/rows"
    assert f'href="{table}/1"' in shown
    assert f'href="{table}?_search={quote("洛阳桥")}"' in shown


def test_the_page_says_what_was_not_looked_at(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minshu.http.search.FEW", 1)
    shown = html.unescape(page(client, "桥"))
    assert "还有 2 张表尚未查看" in shown
    assert "另有 1 张表不是无条件开放" in shown
    assert re.search(r'rel="next" href="[^"]*/zh/search\?q=[^"]*after=1%2Fmarkup%2Funits"', shown)


def test_the_form_works_without_scripts(client: httpx.Client) -> None:
    shown = page(client, "")
    assert f'<form method="get" action="{client.base_url}/zh/search"' in shown
    assert 'name="q"' in shown


def test_strangers_pay_for_the_time_of_a_search(
    shelf: Settings, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    with serving(shelf.model_copy(update={"limits": True, "limit_seconds": 1, "cache": None})) as address:
        answer = httpx.get(f"{address}/search", params={"q": "桥"})
    assert '"query-seconds"' in answer.headers["ratelimit"]


def test_a_snippet_begins_before_the_first_word_and_tells_where_all_of_its_words_stand() -> None:
    text = f"{'前' * 100}数字福建，数字\n中国{'后' * 200}"
    piece = snippet(text, ["数字", "福建"])
    assert piece
    assert len(piece["text"]) == LENGTH + 2
    assert [piece["text"][start:stop] for start, stop in piece["marks"]] == ["数字福建", "数字"]
    assert (piece["text"][0], piece["text"][-1]) == ("…", "…")
    assert snippet("短文", ["短"]) == {"text": "短文", "marks": [(0, 1)]}
    assert snippet(text, ["没有"]) is None


@pytest.mark.parametrize("text", ["ＡＢ&ab<", "ẞß", "İi", "K\u212ak"])
def test_marking_changes_no_character(text: str) -> None:
    for word in {fold(character) for character in text}:
        assert html.unescape(re.sub("</?mark>", "", marked(text, [word]))) == text


def test_a_table_that_cannot_be_read_is_named_and_ends_no_search(
    shelf: Settings, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    entries = Directory(library).entries()
    store = shelf.store / "bridges/1.0.0/indexes/units.rows.arrow"
    whole = store.read_bytes()
    store.write_bytes(whole[:-1])
    try:
        search = RowSearch(60)
        first = search.find(entries, ["桥"], 20, 3)
        told = search.find(entries, ["国道"], 20, 3, first.resume)
    finally:
        store.write_bytes(whole)
    assert ([place.release.name for place, _ in first.found], first.left) == (["markup"], 2)
    assert told.late
    assert (told.late.release.name, told.left) == ("bridges", 1)
    assert "units of bridges 1.0.0 cannot be searched" in caplog.text
