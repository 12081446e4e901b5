"""The asset register over HTTP: of a dataset and of all, what is no open data apart, as a page, JSON and CSV."""

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest

from minshu import acts
from minshu.audit import Actor
from minshu.counts import Counts, Readings, Subject
from minshu.descriptors import opened
from minshu.metadata.asset_register import CHARACTER, COLUMNS, ITEMS, OPERATIONS, VALUATIONS
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from ..conftest import write_package

OPERATION = {
    "grantor": "示例省数据局 / Data office of Example",
    "operator": "<b>运营公司</b>",
    "scope": "=1+1 逐日明细",
    "start": "2026-01-01",
    "end": "2028-12-31",
    "purpose": "信贷模型",
    "priceBasis": "政府指导价",
}
VALUATION = {
    "value": "90071992547409931.10",
    "currency": "CNY",
    "date": "2026-06-30",
    "method": "成本法",
    "source": "评报字第1号",
}
STATED = {"openAttribute": "有条件开放", "conditions": "高校", "use": "研究", "security": "不外传"}
PACKAGES: dict[str, dict[str, Any]] = {
    "managed": {
        "title": "示例统计 / Example statistics",
        "licenses": [{"name": "CC0-1.0", "title": "放弃权利 / No rights reserved"}],
        "contributors": [{"title": "示例厅", "roles": ["publisher", "rightsHolder"]}],
        "minshu:asset": {"owner": "示例省人民政府 / The province of Example", "legalBasis": "《示例条例》"},
    },
    "operated": {
        "title": None,
        "minshu:opening": STATED,
        "minshu:asset": {
            "authorisedOperations": [OPERATION, {**OPERATION, "operator": "乙公司"}],
            "valuations": [VALUATION],
        },
    },
    "gone": {"title": "<b>旧</b>", "minshu:asset": {"custodian": "<b>某厅</b>"}},
    "bare": {"title": None, "licenses": None, "resources": [{"name": "notes", "path": "notes.txt"}]},
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("assets")
    settings = Settings(
        store=root / "store",
        catalogue=root,
        cache=None,
        counts=root / "counts",
        port=0,
        limits=False,
        log_level="warning",
    )
    files = {"data/items.csv": "编号,名称,金额\n1,secret of a cell,1.10\n", "notes.txt": "secret of a cell\n"}
    for name, descriptor in PACKAGES.items():
        write_package(root / name, files, **{"name": name, **descriptor})
        with opened(root / name, settings) as package:
            publish(package, None, Store(settings.store), settings)
    acts.withdraw(Store(settings.store), "gone", "1.0.0", "错行", Actor("operator"))
    # The newest day is of this month, and the month under way is not told of what is not open to all.
    today = datetime.now(UTC).date()
    Counts(root / "counts").keep(
        {
            Subject(today, "managed", "1.0.0", "csv"): Readings(5),
            Subject(today - timedelta(days=1), "managed", "1.0.0", "csv"): Readings(2),
            Subject(today - timedelta(days=1), "managed", "1.0.0", "parquet"): Readings(9, 4, 1),
            Subject(today - timedelta(days=31), "managed", "1.0.0", "zip"): Readings(100),
            Subject(today, "operated", "1.0.0", "csv"): Readings(50),
            Subject(today, "none", "1.0.0", "csv"): Readings(50),
        }
    )
    return settings


@pytest.fixture(scope="module")
def client(shelf: Settings, serving: Callable[[Settings], AbstractContextManager[str]]) -> Iterator[httpx.Client]:
    with serving(shelf) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def page(client: httpx.Client, path: str, language: str = "en") -> str:
    answer = client.get(f"/{language}{path}", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_a_dataset_tells_what_was_said_of_it_and_what_is_derived_beside(client: httpx.Client) -> None:
    entry = client.get("/datasets/managed/assets").json()
    assert entry == client.get("/datasets/managed/assets.json").json()
    assert {key: value for key, value in entry["items"].items() if value} == {
        "owner": "示例省人民政府",
        "legal_basis": "《示例条例》",
    }
    assert (entry["told"], entry["title"]) == (2, "示例统计")
    assert entry["licenses"] == [{"name": "CC0-1.0", "title": "放弃权利 / No rights reserved"}]
    assert entry["terms"]["registration_number"] == "登记编号"
    assert entry["terms"]["authorised_operations.price_basis"] == "定价依据"


def test_reuse_is_counted_by_format_and_leads_to_each_day(client: httpx.Client) -> None:
    reuse = client.get("/datasets/managed/assets").json()["reuse"]
    assert reuse["formats"] == [{"format": "parquet", "reads": 9}, {"format": "csv", "reads": 7}]
    assert reuse["reads"] == 16
    days = client.get(f"{reuse['by_day']}?since={reuse['since']}").json()["counts"]
    assert [(line["format"], line["reads"]) for line in days] == [("csv", 5), ("parquet", 9), ("csv", 2)]


def test_reuse_of_what_is_not_open_to_all_is_told_no_sooner_than_counts_tell_it(client: httpx.Client) -> None:
    assert client.get("/datasets/operated/assets").json()["reuse"]["reads"] == 0
    assert client.get("/datasets/operated/counts").json()["counts"] == []


def test_what_is_no_open_data_stands_apart_and_says_so(client: httpx.Client) -> None:
    entry = client.get("/datasets/operated/assets").json()
    apart = entry.pop("apart")
    assert apart["character"] == CHARACTER == "不属于开放数据"
    assert [one["operator"] for one in apart["authorised_operations"]] == ["<b>运营公司</b>", "乙公司"]
    assert apart["authorised_operations"][0]["operator_code"] is None
    assert apart["valuations"] == [VALUATION]
    assert not any(word in str(entry["items"]) for word in ("运营公司", "9007199254740993"))
    shown = page(client, "/datasets/operated/assets")
    assert (
        shown.index("Not open data") < shown.index("&lt;b&gt;运营公司&lt;/b&gt;") < shown.index("90071992547409931.10")
    )
    assert "unconditional" not in shown


def test_no_record_opens_any_data(client: httpx.Client) -> None:
    assert client.get("/datasets/operated/versions/1.0.0/items.csv").status_code == 401


def test_what_nobody_said_is_empty_everywhere(client: httpx.Client) -> None:
    bare = client.get("/datasets/bare/assets").json()
    assert set(bare["items"].values()) == {None}
    assert (bare["licenses"], bare["reuse"]["formats"]) == (None, [])
    assert (bare["apart"]["authorised_operations"], bare["apart"]["valuations"]) == ([], [])
    (line,) = rows(client.get("/datasets/bare/assets.csv"))
    assert [line[item.term] for item in ITEMS] == [""] * len(ITEMS)
    shown = page(client, "/datasets/bare/assets")
    assert shown.count("not stated") == len(ITEMS) + 1  # the licence as well
    assert shown.count("Nothing is recorded.") == 2


def test_the_register_has_a_line_for_every_dataset(client: httpx.Client) -> None:
    answer = client.get("/assets.csv")
    lines = {line["数据集"]: line for line in rows(answer)}
    assert list(lines) == ["bare", "gone", "managed", "operated"]
    assert tuple(lines["bare"])[: len(COLUMNS)] == COLUMNS
    assert (lines["managed"]["权属单位"], lines["managed"]["许可"]) == ("示例省人民政府", "放弃权利")
    assert [line["近30天阅读次数"] for line in lines.values()] == ["0", "0", "16", "0"]
    assert [line[COLUMNS[-2]] for line in lines.values()] == ["0", "0", "0", "2"]
    assert (lines["gone"]["状态"], lines["operated"][COLUMNS[-1]]) == ("withdrawn", "1")
    assert rows(client.get("/datasets/managed/assets.csv")) == [lines["managed"]]
    assert answer.headers["etag"] == client.get("/assets.csv").headers["etag"]


def test_records_of_all_datasets_are_tables_of_their_own(client: httpx.Client) -> None:
    operations = rows(client.get("/assets/authorised-operations.csv"))
    assert tuple(operations[0])[: len(OPERATIONS.columns)] == OPERATIONS.columns
    assert [(line["运营机构"], line["性质"], line["数据集"]) for line in operations] == [
        ("<b>运营公司</b>", CHARACTER, "operated"),
        ("乙公司", CHARACTER, "operated"),
    ]
    assert operations[0]["授权范围"] == "'=1+1 逐日明细"
    (valuation,) = rows(client.get("/assets/valuations.csv"))
    assert [valuation[term] for term in VALUATIONS.columns] == list(VALUATION.values())


def test_the_register_is_paged(client: httpx.Client) -> None:
    names, url = [], "/assets?size=3"
    while url:
        answer = client.get(url).json()
        names += [line["name"] for line in answer["datasets"]]
        url = answer["next"]
    assert (names, answer["count"]) == (["bare", "gone", "managed", "operated"], 4)
    assert client.get("/assets.json?size=3").json()["next"].endswith("/assets.json?size=3&page=2")
    shown = page(client, "/assets?size=3&page=2")
    assert "page 2 of 2" in shown
    assert "assets?page=1&amp;size=3" in shown


@pytest.mark.parametrize("query", ["size=0", "size=1001", "page=0", "page=x"])
def test_a_page_that_cannot_be_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/assets?{query}").status_code == 422


@pytest.mark.parametrize(
    "path", ["/assets.xlsx", "/datasets/bare/assets.ttl", "/assets/owners.csv", "/datasets/none/assets"]
)
def test_what_there_is_not_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pages_tell_it_in_both_languages_and_run_nothing(client: httpx.Client) -> None:
    for path, chinese, english in [
        ("/assets", "资产登记", "Asset register"),
        ("/assets", "不属于开放数据", "Not open data"),
        ("/datasets/managed/assets", "示例省人民政府", "The province of Example"),
        ("/datasets/operated/assets", "示例省数据局", "Data office of Example"),
        ("/datasets/gone/assets", "数据不再提供", "Its data is given to nobody"),
    ]:
        for language, words in (("zh", chinese), ("en", english)):
            shown = page(client, path, language)
            assert words in shown
            assert "<b>" not in shown


def test_the_page_of_a_dataset_leads_to_its_entry(client: httpx.Client) -> None:
    assert "/en/datasets/managed/assets" in page(client, "/datasets/managed")


def test_no_cell_of_data_is_told(client: httpx.Client) -> None:
    for path in ("/assets", "/assets.csv", "/assets/valuations.csv", "/datasets/operated/assets"):
        assert "secret" not in client.get(path).text
