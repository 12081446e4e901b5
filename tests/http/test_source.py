"""Texts with their records over HTTP: the work points, and a package whose names and ways have nothing of theirs."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

ROOT = Path(__file__).parents[2]
PAGE = {"Accept": "text/html"}
POINTS = "/datasets/work-points-2019/versions/1.0.1"
DIARY = "/datasets/diary/versions/1.0.0"
SOURCE = f"{DIARY}/{quote('日记')}/source"
TEXT = "三月一日 晴\r\n<b>王</b>与李过江。无事。\n\n三月二日 雨\n李留宿。\n"


def passage(words: str) -> tuple[int, int]:
    """Where words stand in the diary, in bytes of its file."""
    start = len(TEXT[: TEXT.index(words)].encode("gb18030"))
    return start, start + len(words.encode("gb18030"))


def diary(folder: Path, name: str = "diary", **opening: Any) -> Path:
    """A diary in GB18030. Its spans have a key of their own, name days by a foreign key, and are named by persons."""
    folder.mkdir()
    words = ["三月一日 晴", "<b>王</b>", "<b>王</b>与李过江", "李过江。无事", "三月二日 雨", "李留宿"]
    days = [1, "", 1, "", 2, 2]
    spans = "".join(
        f"{at},{start},{end},{text},{day}\n"
        for at, (text, day) in enumerate(zip(words, days, strict=True), 1)
        for start, end in [passage(text)]
    )
    files = {
        "d.txt": TEXT.encode("gb18030"),
        "places.csv": f"no,from,to,said,day\n{spans}".encode(),
        "days.csv": "day,weather\n1,晴\n2,雨\n3,\n".encode(),
        "persons.csv": "person,place\n王,2\n李,4\n".encode(),
        "doubts.csv": "no,text,place\n1,谁留宿？ / Who stayed?,6\n".encode(),
    }
    for path, data in files.items():
        (folder / path).write_bytes(data)
    to_places = {"fields": "place", "reference": {"resource": "places", "fields": "no"}}
    tables: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "places": (
            {"no": "integer", "from": "integer", "to": "integer", "said": "string", "day": "integer"},
            {
                "primaryKey": "no",
                "foreignKeys": [{"fields": "day", "reference": {"resource": "days", "fields": "day"}}],
            },
        ),
        "days": ({"day": "integer", "weather": "string"}, {"primaryKey": "day"}),
        "persons": ({"person": "string", "place": "integer"}, {"primaryKey": "person", "foreignKeys": [to_places]}),
        "doubts": (
            {"no": "integer", "text": "string", "place": "integer"},
            {"primaryKey": "no", "foreignKeys": [to_places]},
        ),
    }
    resources: list[dict[str, Any]] = [
        {
            "name": table,
            "type": "table",
            "path": f"{table}.csv",
            "schema": {"fields": [{"name": field, "type": kind} for field, kind in fields.items()], **keys},
        }
        for table, (fields, keys) in tables.items()
    ]
    resources[0]["minshu:provenance"] = {
        "unit": "bytes",
        "fields": {"start": "from", "end": "to", "quote": "said"},
        "outline": ["days"],
        "questions": ["doubts"],
    }
    resources.append({"name": "日记", "path": "d.txt", "mediatype": "text/plain", "encoding": "gb18030"})
    for resource in resources:
        if resource["name"] in opening:
            resource["minshu:opening"] = opening[resource["name"]]
    schema = "https://datapackage.org/profiles/2.0/datapackage.json"
    descriptor = {
        "$schema": schema,
        "name": name,
        "version": "1.0.0",
        "title": "日记 / A diary",
        "resources": resources,
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    return folder


@dataclass(frozen=True)
class World:
    """A running service, and its store."""

    client: httpx.Client
    store: Path


SHUT = {"openAttribute": "不予开放", "legalBasis": "保守国家秘密法"}


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[World]:
    root = tmp_path_factory.mktemp("source")
    settings = Settings(store=root / "store", cache=root / "cache", port=0, limits=False, log_level="error")
    packages = [
        ROOT / "datasets/work-points-2019",
        diary(root / "diary"),
        diary(root / "gone", "gone"),
        diary(root / "long", "long"),
        diary(root / "many", "many"),
        diary(root / "shut", "shut", 日记=SHUT),
        diary(root / "half", "half", persons=SHUT),
        diary(root / "names", "names", places=SHUT),
    ]
    for folder in packages:
        with opened(folder, settings) as package:
            publish(package, None, Store(settings.store), settings)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield World(client, settings.store)


@pytest.fixture(scope="module")
def client(world: World) -> httpx.Client:
    return world.client


def read(client: httpx.Client, url: str, language: str = "zh") -> str:
    """A page."""
    answer = client.get(f"/{language}{url}", headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def told(client: httpx.Client, url: str) -> Any:
    """An answer in JSON."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


def plain(page: str) -> str:
    """What a page says, without its marks."""
    return unescape(re.sub(r"<[^>]*>", "", page))


def element(page: str, id_: str) -> str:
    """What stands in the element of this id, which has elements of its kind alone in it."""
    start = page.index(f'id="{id_}"')
    opening = page.rindex("<", 0, start)
    kind = page[opening + 1 : page.index(" ", opening)]
    depth = 0
    for match in re.finditer(rf"<(/?){kind}\b", page[opening:]):
        depth += -1 if match[1] else 1
        if not depth:
            return plain(page[opening : opening + match.start()])
    raise AssertionError(id_)


# -- a row ------------------------------------------------------------------------------------------------------------


def test_a_row_tells_its_quotations_with_what_surrounds_them(client: httpx.Client) -> None:
    found = told(client, f"{POINTS}/measures/rows/m005")["provenance"]
    notice = (ROOT / "datasets/work-points-2019/source/notice.txt").read_text("utf-8")
    assert [(item["start"], item["end"]) for item in found["quotations"]] == [(795, 848), (1735, 1788)]
    for item in found["quotations"]:
        whole = item["before"] + item["quote"] + item["after"]
        assert notice[item["start"] : item["end"]] == item["quote"]
        assert whole in notice
    assert not found["more"]


def test_the_page_of_a_row_marks_its_words_and_leads_to_their_place(client: httpx.Client) -> None:
    page = read(client, f"{POINTS}/measures/rows/m005", "en")
    assert (
        "<mark>扩大光纤宽带和4G网络的覆盖广度深度，到2019年底，100M以上用户占比超80%，4G用户占比超85%。</mark>" in page
    )
    (url,) = set(re.findall(r'href="([^"]*#at-1735-1788)"', page))
    assert "/en/datasets/" in url
    path, _, anchor = unescape(url).partition("#")
    assert element(client.get(path, headers=PAGE).text, anchor).startswith("扩大光纤宽带和4G网络的覆盖广度深度")


def test_a_record_is_found_by_a_key_of_several_fields(client: httpx.Client) -> None:
    found = told(client, f"{POINTS}/assignments/rows/1/2")["provenance"]["quotations"]
    assert {item["quote"] for item in found} == {"省直有关部门"}


@pytest.mark.parametrize(
    ("row", "quotes"),
    [
        ("days/rows/1", ["三月一日 晴", "<b>王</b>与李过江"]),
        ("days/rows/3", []),
        ("persons/rows/李", ["李过江。无事"]),
        ("places/rows/4", ["李过江。无事"]),
    ],
)
def test_a_span_belongs_to_what_it_names_and_to_what_names_it(
    client: httpx.Client, row: str, quotes: list[str]
) -> None:
    found = told(client, f"{DIARY}/{row}")["provenance"]["quotations"]
    assert [item["quote"] for item in found] == quotes
    assert all((item["start"], item["end"]) == passage(item["quote"]) for item in found)


def test_the_words_of_a_publisher_are_no_html(client: httpx.Client) -> None:
    for url in (f"{DIARY}/persons/rows/王", f"{SOURCE}?order=text", SOURCE):
        assert "<b>王" not in read(client, url)


# -- a text -----------------------------------------------------------------------------------------------------------


def test_a_text_is_shown_whole_with_each_span_around_its_own_words(client: httpx.Client) -> None:
    notice = (ROOT / "datasets/work-points-2019/source/notice.txt").read_text("utf-8")
    page = read(client, f"{POINTS}/notice/source?order=text")
    spans = told(client, f"{POINTS}/notice/source")["spans"]
    assert len(spans) > 400
    for span in spans[::7]:
        assert element(page, f"at-{span['start']}-{span['end']}") == notice[span["start"] : span["end"]]
    assert all(line in plain(page) for line in notice.splitlines())


def test_a_text_tells_the_records_of_each_span_with_titles_and_addresses(client: httpx.Client) -> None:
    spans = {(item["start"], item["end"]): item["records"] for item in told(client, SOURCE)["spans"]}
    assert len(spans) == 6
    start, end = TEXT.index("李过江"), TEXT.index("无事") + 2
    (record,) = spans[start, end]
    assert (record["table"], record["key"], record["title"]) == ("persons", ["李"], None)
    assert told(client, record["url"])["row"]["person"] == "李"


def test_what_no_record_cites_is_told_and_shown(client: httpx.Client) -> None:
    found = told(client, SOURCE)
    assert found["uncited"] == []
    assert found["coverage"]["cited"] == found["coverage"]["letters"] > 0
    notice = told(client, f"{POINTS}/notice/source")
    gaps = [notice["text"][item["start"] : item["end"]] for item in notice["uncited"]]
    assert gaps[0] == "福建省人民政府办公厅关于印发"
    assert notice["coverage"]["letters"] - notice["coverage"]["cited"] == sum(
        len(re.findall(r"[^\W_]", gap)) for gap in gaps
    )
    assert element(read(client, f"{POINTS}/notice/source?order=text"), "at-0-14") == gaps[0]


def test_the_notice_is_read_by_its_sections_and_points_with_what_is_missing(client: httpx.Client) -> None:
    nodes = told(client, f"{POINTS}/notice/source?order=outline")["outline"]
    points = {point["key"][0]: point for node in nodes for point in node["children"]}
    assert [len(node["children"]) for node in nodes] == [2, 6, 7, 10, 3]
    assert [key for key, point in points.items() if point["absent"]] == ["14"]
    assert [unit["title"] for unit in points["1"]["groups"]["assignments"]] == [
        "省数字办",
        "省直有关部门",
        "福州市人民政府",
    ]
    assert [item["title"] for item in points["1"]["groups"]["system_mentions"]] == [
        "第二届数字中国建设峰会",
        "数字中国创新大赛",
    ]
    assert [measure["key"][0] for measure in points["3"]["children"]] == ["m004", "m005", "m006", "m007", "m008"]
    assert [one["key"] for measure in points["23"]["children"] for one in measure["questions"]] == [["q02"]]


def test_the_page_of_the_notice_shows_all_that_each_linked_to_its_data(client: httpx.Client) -> None:
    page = read(client, f"{POINTS}/notice/source")
    text = plain(page)
    for words in (
        "一、精心办好第二届数字中国建设峰会",
        "（一）高标准、高质量、高效率筹备第二届峰会。",
        "来源中没有它的任何文字",
    ):
        assert words in text
    for row in (
        "work_points/rows/14",
        "measures/rows/m005",
        "assignments/rows/1/2",
        "targets/rows/t03",
        "open_questions/rows/q14",
    ):
        assert f'{POINTS}/{row}"' in page
    assert "缺责任单位" in text
    assert "Its units are missing" in plain(read(client, f"{POINTS}/notice/source", "en"))


def test_every_place_that_a_page_leads_to_is_there(client: httpx.Client) -> None:
    for url in (f"{POINTS}/notice/source", f"{POINTS}/notice/source?order=text", SOURCE, f"{SOURCE}?order=text"):
        page = read(client, url)
        ids = re.findall(r'id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    there = set(re.findall(r'id="([^"]+)"', read(client, f"{POINTS}/notice/source?order=text")))
    led = set(re.findall(r'\?order=text#([^"]+)"', read(client, f"{POINTS}/notice/source")))
    assert len(led) > 50
    assert led <= there


def test_open_questions_are_listed_with_all_that_their_rows_say(client: httpx.Client) -> None:
    for url in (SOURCE, f"{SOURCE}?order=text"):
        assert "Who stayed?" in plain(read(client, url, "en"))
        assert "谁留宿？" in plain(read(client, url))


def test_a_text_lasts_and_is_held(client: httpx.Client) -> None:
    answer = client.get(f"{POINTS}/notice/source")
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_long_text_comes_in_pages_and_each_place_is_on_its_own(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.sources.PAGE", 20)
    at = "/datasets/long/versions/1.0.0"
    found = [told(client, f"{at}/{quote('日记')}/source?page=1")]
    while found[-1]["next"]:
        found.append(told(client, found[-1]["next"]))
    assert "".join(item["text"] for item in found) == TEXT
    assert len(found) == found[0]["pages"] > 2
    for item in told(client, f"{at}/days/rows/2")["provenance"]["quotations"]:
        path, _, anchor = item["url"].partition("#")
        page = client.get(path, headers=PAGE).text
        assert element(page, anchor) == item["quote"]
        assert 'rel="prev"' in page


def test_a_page_says_that_it_has_more_spans_than_it_shows(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.sources.SPANS", 2)
    monkeypatch.setattr("minshu.sources.MEASURED", 2)
    url = f"/datasets/many/versions/1.0.0/{quote('日记')}/source"
    found = told(client, url)
    assert (found["more"], len(found["spans"]), found["coverage"]) == (True, 2, None)
    page = plain(read(client, f"{url}?order=text", "en"))
    assert "more spans than are marked here" in page
    assert "too many spans to tell what they leave out" in page


def test_a_text_that_is_too_long_is_not_shown_and_said_to_be(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.sources.BYTES", 10)
    answer = client.get(f"/datasets/many/versions/1.0.0/{quote('日记')}/source?page=1")
    assert (answer.status_code, answer.json()["code"]) == (422, "source-too-long")
    assert told(client, "/datasets/many/versions/1.0.0/days/rows/1")["provenance"] == {"quotations": [], "more": True}


@pytest.mark.parametrize("query", ["?order=up", "?page=0", "?page=2", "?page=x", "?sort=1"])
def test_what_a_text_cannot_be_asked_is_refused(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{SOURCE}{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")


def test_what_is_no_text_with_records_is_not_found(client: httpx.Client) -> None:
    for resource in ("persons", "nothing"):
        assert client.get(f"{DIARY}/{resource}/source").status_code == 404


# -- what is not open -------------------------------------------------------------------------------------------------


def test_a_closed_text_is_shown_to_nobody_nor_quoted_by_rows_that_are_open(client: httpx.Client) -> None:
    at = "/datasets/shut/versions/1.0.0"
    assert client.get(f"{at}/{quote('日记')}/source").status_code == 403
    assert client.get(f"/zh{at}/{quote('日记')}/source", headers=PAGE).status_code == 403
    assert told(client, f"{at}/days/rows/1")["provenance"] == {"quotations": [], "more": False}


def test_a_closed_table_of_spans_shuts_the_page_of_its_text(client: httpx.Client) -> None:
    at = "/datasets/names/versions/1.0.0"
    assert client.get(f"{at}/{quote('日记')}/source").status_code == 403
    assert client.get(f"{at}/d.txt").status_code == 200
    assert told(client, f"{at}/days/rows/1")["provenance"]["quotations"] == []


def test_records_of_a_closed_table_are_not_beside_an_open_text(client: httpx.Client) -> None:
    at = "/datasets/half/versions/1.0.0"
    found = told(client, f"{at}/{quote('日记')}/source")
    assert "persons" not in {record["table"] for span in found["spans"] for record in span["records"]}
    assert "persons" not in read(client, f"{at}/{quote('日记')}/source?order=text")


def test_a_withdrawn_text_is_gone_with_its_reason(world: World) -> None:
    url = f"/datasets/gone/versions/1.0.0/{quote('日记')}/source"
    assert world.client.get(url).status_code == 200
    AuditLog(world.store).append(
        "withdrawn", Actor("operator", "张三"), "gone", "1.0.0", {"reason": "Rows were wrong."}
    )
    for headers in ({}, PAGE):
        answer = world.client.get(url, headers=headers)
        assert answer.status_code == 410
        assert "Rows were wrong." in answer.text
