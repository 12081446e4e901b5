"""The core catalogue over HTTP: of a dataset and of all, as a page, JSON, and CSV for spreadsheets."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import StringIO
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator

from minshu import acts
from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.metadata.core_catalogue import COLUMNS, TERMS
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from ..conftest import write_package

CLAIMING: dict[str, Any] = {
    "title": "示例统计 / Example statistics",
    "description": "=1+1 每年的统计。",
    "contributors": [{"title": "示例厅 / Example department", "roles": ["publisher"]}],
    "minshu:coreCatalogue": {
        "classification": ["部门信息资源", "示例省", "示例厅"],
        "code": "307001000012/000001",
        "providerCode": "11350000MB0A00001N",
    },
    "minshu:opening": {
        "openAttribute": "无条件开放",
        "shareAttribute": "无条件共享",
        "shareConditions": "工作参考",
        "shareMethod": "共享平台",
        "updateFrequency": "每年",
    },
}
STATED = {"conditions": "高校", "use": "研究", "security": "不外传"}
PACKAGES: dict[str, dict[str, Any]] = {
    "claiming": CLAIMING,
    "asked": {"title": None, "minshu:opening": {"openAttribute": "有条件开放", **STATED}},
    "gone": {"title": "<b>旧</b>"},
    "bare": {
        "title": None,
        "licenses": None,
        "resources": [{"name": "notes", "path": "notes.txt"}],
    },
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("core")
    settings = Settings(store=root / "store", catalogue=root, cache=None, port=0, limits=False, log_level="warning")
    files = {"data/items.csv": "编号,名称,金额\n1,secret of a cell,1.10\n", "notes.txt": "secret of a cell\n"}
    for name, descriptor in PACKAGES.items():
        write_package(root / name, files, **{"name": name, **descriptor})
        with opened(root / name, settings) as package:
            publish(package, None, Store(settings.store), settings)
    acts.withdraw(Store(settings.store), "gone", "1.0.0", "错行", Actor("operator"))
    return settings


@pytest.fixture(scope="module")
def client(shelf: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Iterator[httpx.Client]:
    with serving(shelf) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_dataset_tells_its_items_to_programs(client: httpx.Client) -> None:
    entry = client.get("/datasets/claiming/core-catalogue").json()
    assert entry == client.get("/datasets/claiming/core-catalogue.json").json()
    assert (entry["claimed"], entry["told"]) == (True, 12)
    assert list(entry["items"]) == list(entry["terms"]) == list(TERMS)
    assert entry["items"]["provider"] == "示例厅"
    assert entry["items"]["formats"] == ["csv"]
    assert [field["type"] for field in entry["items"]["fields"]] == ["整型I", "字符型C", "数值型N"]
    assert entry["items"]["related"] is None


def test_a_dataset_is_one_line_for_spreadsheets(client: httpx.Client) -> None:
    answer = client.get("/datasets/claiming/core-catalogue.csv")
    assert answer.content.startswith("\ufeff信息资源分类".encode())
    assert 'filename="claiming-core-catalogue.csv"' in answer.headers["content-disposition"]
    (line,) = rows(answer)
    assert tuple(line)[: len(COLUMNS)] == COLUMNS
    assert line["信息资源分类"] == "部门信息资源；示例省；示例厅"
    assert line["信息资源摘要"] == "'=1+1 每年的统计。"
    assert (line["是否向社会开放"], line["声明符合核心目录"]) == ("是", "是")


def test_the_catalogue_has_a_line_for_every_dataset(client: httpx.Client) -> None:
    lines = rows(client.get("/core-catalogue.csv"))
    assert [(line["数据集"], line["状态"]) for line in lines] == [
        ("asked", ""),
        ("bare", ""),
        ("claiming", ""),
        ("gone", "withdrawn"),
    ]
    assert client.get("/core-catalogue.csv").headers["etag"] == client.get("/core-catalogue.csv").headers["etag"]


def test_what_nobody_said_is_empty_everywhere(client: httpx.Client) -> None:
    bare = client.get("/datasets/bare/core-catalogue").json()
    assert {key for key, value in bare["items"].items() if value is not None} == {"formats", "published"}
    (line,) = rows(client.get("/datasets/bare/core-catalogue.csv"))
    assert (line["信息资源名称"], line["信息资源代码"], line["是否向社会开放"]) == ("", "", "")
    page = client.get("/en/datasets/bare/core-catalogue", headers={"Accept": "text/html"}).text
    assert page.count("not stated") == 11


def test_the_catalogue_is_paged(client: httpx.Client) -> None:
    found, url = [], "/core-catalogue?size=3"
    while url:
        answer = client.get(url).json()
        found += [line["name"] for line in answer["datasets"]]
        url = answer["next"]
    assert (found, answer["count"]) == (["asked", "bare", "claiming", "gone"], 4)
    assert client.get("/core-catalogue?page=9").json()["datasets"] == []
    assert client.get("/core-catalogue.json?size=3").json()["next"].endswith("/core-catalogue.json?size=3&page=2")


@pytest.mark.parametrize("query", ["size=0", "size=1001", "page=0", "page=x"])
def test_a_page_that_cannot_be_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/core-catalogue?{query}").status_code == 422


@pytest.mark.parametrize("path", ["/core-catalogue.xlsx", "/datasets/bare/core-catalogue.ttl"])
def test_another_format_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_pages_tell_it_in_both_languages_and_run_nothing(client: httpx.Client) -> None:
    for path, chinese, english in [
        ("/core-catalogue", "核心目录", "Core catalogue"),
        ("/datasets/claiming/core-catalogue", "示例统计", "Example statistics"),
        ("/datasets/gone/core-catalogue", "数据不再提供", "Its data is given to nobody"),
    ]:
        for language, words in (("zh", chinese), ("en", english)):
            page = client.get(f"/{language}{path}", headers={"Accept": "text/html"})
            assert page.headers["content-type"].startswith("text/html")
            assert words in page.text
            assert "<b>" not in page.text


def test_pages_are_paged(client: httpx.Client) -> None:
    page = client.get("/en/core-catalogue?size=3&page=2", headers={"Accept": "text/html"}).text
    assert "page 2 of 2" in page
    assert 'rel="prev"' in page
    assert "core-catalogue?page=1&amp;size=3" in page


def test_the_page_of_a_dataset_leads_to_its_items(client: httpx.Client) -> None:
    page = client.get("/en/datasets/claiming", headers={"Accept": "text/html"}).text
    assert "/en/datasets/claiming/core-catalogue" in page


def test_the_profile_is_a_schema_that_the_descriptor_holds(client: httpx.Client, shelf: Settings) -> None:
    answer = client.get("/profiles/core-catalogue.json").json()
    assert answer["$id"] == client.get("/core-catalogue").json()["profile"]
    judged = Draft7Validator(answer)
    paths = {name: shelf.catalogue / name / "datapackage.json" for name in PACKAGES}
    assert [name for name, path in paths.items() if judged.is_valid(json.loads(path.read_bytes()))] == ["claiming"]


def test_no_cell_of_data_is_told(client: httpx.Client) -> None:
    for path in ("/core-catalogue", "/core-catalogue.csv", "/datasets/asked/core-catalogue"):
        assert "secret" not in client.get(path).text
