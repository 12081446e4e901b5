"""The report of a release, as a page."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx

from minshu.descriptors import opened
from minshu.publish import publish
from minshu.reports import Language, held_against
from minshu.settings import Settings
from minshu.store import Store

Serving = Callable[[Settings], AbstractContextManager[str]]
BASE = "/datasets/odd-data/versions/1.1.0"
PAGE = {"Accept": "text/html"}


def test_the_page_says_in_its_language_what_was_found_and_what_was_checked(client: httpx.Client) -> None:
    chinese = client.get(f"/zh{BASE}/report", headers=PAGE).text
    for words in ("有效", "列及其顺序（7 列），其中 5 列的非文本类型", "主键：编号", "没有问题的资源"):
        assert words in chinese
    english = client.get(f"/en{BASE}/report", headers=PAGE).text
    for words in ("Valid", "primary key: 编号", "Without a fault"):
        assert words in english


def test_who_asks_for_json_is_given_the_report_itself(client: httpx.Client) -> None:
    answer, report = client.get(f"{BASE}/report"), client.get(f"{BASE}/report.json")
    assert (answer.content, answer.headers["content-type"]) == (report.content, "application/json")
    assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))


def test_a_file_of_the_package_that_is_called_so_answers_in_its_place(
    make_package: Any, settings: Settings, serving: Serving
) -> None:
    own = {"data/items.csv": "编号,名称,金额\n1,甲,1.10\n", "report": "ours"}
    table = {"name": "items", "type": "table", "path": "data/items.csv"}
    path = make_package(own, resources=[table, {"name": "words", "path": "report"}])
    with opened(path, settings) as package:
        publish(package, None, Store(settings.store), settings)
    with serving(settings.model_copy(update={"port": 0})) as address:
        assert httpx.get(f"{address}/datasets/demo/versions/1.0.0/report", headers=PAGE).text == "ours"


def test_what_a_schema_asks_for_is_told_in_words() -> None:
    schema = {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 1}},
            {"name": "名称", "constraints": {"enum": ["甲"], "unique": False}},
        ],
        "primaryKey": "id",
        "uniqueKeys": [["id", "名称"]],
        "foreignKeys": [
            {"fields": "id", "reference": {"fields": "parent"}},
            {"fields": ["名称"], "reference": {"resource": "names", "fields": ["name"]}},
        ],
    }
    assert held_against(schema, Language.en) == [
        "columns and their order (2), types of 1 that are not text",
        "always a value: id",
        "one of a list: 名称",
        "a least value: id",
        "primary key: id",
        "unique together: id, 名称",
        "foreign key: id → parent",
        "foreign key: 名称 → names.name",
    ]
    assert len(held_against(schema, Language.zh)) == 8
    assert held_against({}, Language.zh) == []
    many = {"fields": [{"name": f"c{i}", "constraints": {"required": True}} for i in range(13)]}
    assert held_against(many, Language.zh)[1] == "必填：13 列"
