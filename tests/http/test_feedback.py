"""Feedback over HTTP: from a form on a page, or JSON, to what everybody reads of it, and what nobody does."""

import csv
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.conftest import write_package

from minshu.acts import purge
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.feedback import About, Feedback, Kind
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Scope, Tokens

ODD = "表 一/甲%?"
WHO = Actor("operator", "张三")
LONG = "长" * 201
PAGE = {"Accept": "text/html"}
EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(1)> https://evil.example {{ 7*7 }}'
Serving = Callable[[Settings], AbstractContextManager[str]]


@dataclass(frozen=True)
class Office:
    """A service that takes messages, and the header of who may answer all of them."""

    client: httpx.Client
    settings: Settings
    answering: dict[str, str]

    @property
    def feedback(self) -> Feedback:
        """The messages, as another process has them."""
        return Feedback(AuditLog(self.settings.store))

    def send(self, **said: Any) -> httpx.Response:
        return self.client.post("/feedback", json={"kind": "error", "dataset": "free", "text": "有误", **said})

    def sent(self, **said: Any) -> dict[str, Any]:
        answer = self.send(**said)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def act(self, identifier: str, state: str, **words: str) -> httpx.Response:
        return self.client.post(f"/feedback/{identifier}", json={"state": state, **words}, headers=self.answering)

    def kept(self) -> str:
        """Every byte that the store keeps beside its releases."""
        return "".join(path.read_text("utf-8") for path in (self.settings.store / ".audit").rglob("*.json"))


def office_settings(root: Path, **more: Any) -> Settings:
    return Settings(store=root / "store", catalogue=root, port=0, log_level="error", **more)


def published(settings: Settings, name: str, opening: dict[str, str] | None = None, rows: str = "1,甲\n") -> None:
    resource: dict[str, Any] = {"name": ODD, "type": "table", "path": "data/items.csv", "encoding": "utf-8"}
    resource["schema"] = {"fields": [{"name": "id"}, {"name": "名称"}], "primaryKey": ["id", "名称"]}
    files = {"data/items.csv": f"id,名称\n{rows}"}
    folder = settings.catalogue / name
    path = write_package(folder, files, name=name, resources=[resource], **{"minshu:opening": opening})
    with opened(path, settings) as package:
        publish(package, None, Store(settings.store), settings)


def bearing(settings: Settings, *scopes: str) -> dict[str, str]:
    end = datetime.now(UTC) + timedelta(days=1)
    _, text = Tokens(AuditLog(settings.store)).create([Scope.parse(one) for one in scopes], end, WHO)
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[Office]:
    settings = office_settings(tmp_path_factory.mktemp("office"), limits=False, writing=True, feedback_days=10)
    published(settings, "free")
    shut = {"openAttribute": "不予开放", "legalBasis": "保守国家秘密法"}
    published(settings, "shut", shut)
    published(settings, "long", rows=f"1,{LONG}\n")
    published(settings, "lost")
    purge(Store(settings.store), "lost", "1.0.0", "错", "法", WHO)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield Office(client, settings, bearing(settings, "answer:*"))


def form_of(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the only form of the page's main part, as it stands."""
    form = re.findall(r'<form class="message".*?</form>', page, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', form)
    radio = re.findall(r'<input type="radio" name="(.*?)" value="(.*?)" required checked>', form)
    keys = [("key", value) for value in re.findall(r'name="key" value="(.*?)"', form)]
    tables = [("table", value) for value in re.findall(r'<option value="(.*?)" selected>', form)]
    return [(name, html.unescape(value)) for name, value in [*hidden, *radio, *tables, *keys]]


def test_the_form_is_there_for_a_row_whose_key_no_message_can_name(office: Office) -> None:
    row = office.client.get(f"/datasets/long/versions/1.0.0/{quote(ODD, safe='')}/rows/1/{quote(LONG)}", headers=PAGE)
    link = re.search(r'href="([^"]*/feedback/new\?[^"]*)"', row.text)
    assert link
    page = office.client.get(html.unescape(link[1]), headers=PAGE)
    assert page.status_code == 200
    assert dict(form_of(page.text))["table"] == ODD


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_form_without_scripts_is_sent_published_answered_and_read(office: Office, language: str) -> None:
    row = f"/{language}/datasets/free/versions/1.0.0/{quote(ODD, safe='')}/rows/1/{quote('甲')}"
    link = re.search(r'href="([^"]*/feedback/new\?[^"]*)"', office.client.get(row, headers=PAGE).text)
    assert link
    page = office.client.get(html.unescape(link[1]), headers=PAGE)
    assert page.status_code == 200
    fields = form_of(page.text)
    assert dict(fields)["table"] == ODD
    assert [value for name, value in fields if name == "key"] == ["1", "甲"]
    body = {name: [value for other, value in fields if other == name] for name, _ in fields}
    answer = office.client.post(
        f"/{language}/feedback", data={**body, "text": "金额\r\n不对"}, headers={**PAGE, "Origin": "null"}
    )
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert f"/{language}/feedback/" in place
    own = office.client.get(place, headers=PAGE)
    assert {"zh": "已收到", "en": "was received"}[language] in own.text
    assert "金额" not in own.text
    identifier = place.rpartition("/")[2]
    assert office.feedback.message(identifier).text == "金额\n不对"
    office.act(identifier, "published")
    office.act(identifier, "answered", text="已在 1.0.1 更正")
    for path in (place, f"/{language}/feedback?dataset=free"):
        shown = office.client.get(path, headers=PAGE).text
        assert "金额\n不对" in shown
        assert "已在 1.0.1 更正" in shown
        assert f'{row}" rel="nofollow"' in shown
    assert "留言与答复" in office.client.get("/zh/datasets/free", headers=PAGE).text


def test_a_message_by_json_tells_where_it_stands_and_until_when_it_is_answered(office: Office) -> None:
    told = office.sent(kind="question", text="何时更新？", table=ODD, key=["1", "甲"])
    assert (told["state"], told["text"], told["table"], told["key"]) == ("received", None, None, None)
    due = datetime.fromisoformat(told["due"]).date()
    assert 10 <= (due - datetime.now(UTC).date()).days <= 35  # Ten working days, and holidays among them.
    assert office.client.get(told["url"]).json() == told
    office.act(told["id"], "published")
    done = office.act(told["id"], "answered", text="每月").json()
    everybody = office.client.get(told["url"])
    assert everybody.json() == done
    assert (done["text"], done["key"], done["version"], done["working_days"]) == ("何时更新？", ["1", "甲"], "1.0.0", 0)
    assert [(one["text"], one["by"]) for one in done["answers"]] == [("每月", "token")]
    assert done["row"].endswith(f"/{quote(ODD, safe='')}/rows/1/{quote('甲')}")
    assert office.client.get(done["row"]).status_code == 200
    assert everybody.headers["cache-control"] == "public, max-age=60"


def test_data_is_asked_for_without_a_dataset(office: Office) -> None:
    page = office.client.get("/en/feedback/new", headers=PAGE).text
    assert form_of(page) == [("kind", "request")]
    answer = office.client.post("/feedback", data={"kind": "request", "text": "公交到站"}, headers=PAGE)
    identifier = answer.headers["location"].rpartition("/")[2]
    assert office.act(identifier, "published").json()["dataset"] is None
    assert "公交到站" in office.client.get("/feedback?kind=request", headers=PAGE).text


def test_the_form_without_a_dataset_asks_for_data_whatever_else_is_named(office: Office) -> None:
    answer = office.client.get("/feedback/new?kind=error&table=x&key=1", headers=PAGE)
    assert form_of(answer.text) == [("kind", "request")]
    assert office.client.get("/feedback/new?dataset=free&key=" + "&key=".join("x" * 17)).status_code == 422
    assert office.client.get("/feedback/new?dataset=none").status_code == 404


def test_a_key_for_the_form_is_held_to_be_one_and_left_out_where_there_is_no_table(office: Office) -> None:
    for about in ("", "dataset=free&", "dataset=free&table=t&"):
        assert office.client.get(f"/feedback/new?{about}key=%C2%9B").status_code == 400
    assert office.client.get("/feedback/new?dataset=free&key=1", headers=PAGE).status_code == 200


def test_what_is_not_published_is_read_by_nobody_but_who_answers(office: Office) -> None:
    secret = "此条未公开"
    told = office.sent(text=secret, table=ODD, key=["机密键"])
    rejected = office.sent(text=f"{secret}二")
    office.act(rejected["id"], "published")
    office.act(rejected["id"], "answered", text=f"答{secret}")
    assert office.act(rejected["id"], "rejected", reason="广告").json()["state"] == "rejected"
    paths = ["/feedback", "/feedback?state=received", "/feedback?state=rejected", "/feedback.csv", "/audit"]
    paths += ["/audit.ndjson", "/audit?size=1000", told["url"], rejected["url"], "/datasets/free", "/feed.atom"]
    for path in paths:
        for accept in ("text/html", "application/json", "*/*"):
            answer = office.client.get(path, headers={"Accept": accept})
            assert secret not in answer.text, path
            assert "机密键" not in answer.text
    assert told["id"] in office.client.get("/audit.ndjson").text
    assert office.client.get(rejected["url"]).json()["reason"] == "广告"
    assert secret in office.client.get(told["url"], headers=office.answering).text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_no_cache_keeps_what_a_token_shows(office: Office, accept: str) -> None:
    told = office.sent(text="只给答复的人看")
    for path in ("/feedback?state=received", told["url"]):
        answer = office.client.get(path, headers={**office.answering, "Accept": accept})
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["vary"].endswith(", Authorization")
        assert office.client.get(path, headers={"Accept": accept}).headers["cache-control"].startswith("public")
    listed = office.client.get("/feedback?state=received", headers={**office.answering, "Accept": accept})
    assert "只给答复的人看" in listed.text


def test_who_may_not_answer_does_not(office: Office) -> None:
    told, request = office.sent(), office.sent(kind="request", dataset=None)
    shut = bearing(office.settings, "answer:shut", "publish:*", "decide:*")
    own = bearing(office.settings, "answer:free")
    body = {"state": "published"}
    for headers, url, status in (
        ({}, told["url"], 401),
        (shut, told["url"], 403),
        (own, request["url"], 403),
        (own, told["url"], 200),
    ):
        assert office.client.post(url, json=body, headers=headers).status_code == status
    again = office.client.post(told["url"], json=body, headers=own)
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (409, "feedback-decided", "published")
    assert office.act("none", "published").status_code == 404
    assert office.act(told["id"], "answered").json()["code"] == "bad-parameter"
    assert office.act(told["id"], "nothing").status_code == 422


def test_nothing_that_a_stranger_wrote_is_more_than_text(office: Office) -> None:
    told = office.sent(text=EVIL, table=ODD, key=[EVIL[:80]])
    office.act(told["id"], "published")
    office.act(told["id"], "answered", text=EVIL)
    office.act(told["id"], "closed", reason=EVIL)
    for path in (told["url"], "/feedback", f"/feedback/new?dataset=free&table={quote(ODD)}&key={quote(EVIL[:80])}"):
        page = office.client.get(path, headers=PAGE).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "{{ 7*7 }}" in page or "/new" in path
        assert 'href="https://evil' not in page
    assert office.client.get(told["url"]).json()["text"] == EVIL


def test_what_turns_or_hides_what_follows_is_left_out(office: Office) -> None:
    told = office.sent(text="a\u202etxt.exe\u200b\ufeff\u2066b")
    assert office.feedback.message(told["id"]).text == "atxt.exeb"


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("text", ["电话 138 0013 8000", "11010519491231002X", "ｌｉ＠example.org", "138\u200b00138000"])
def test_personal_data_is_refused_and_kept_nowhere(office: Office, text: str, form: bool) -> None:
    head = office.settings.store
    before, kept = AuditLog(head).head(), office.kept()
    said = {"kind": "error", "dataset": "free", "text": f"请联系 {text}"}
    answer = (
        office.client.post("/zh/feedback", data=said, headers=PAGE)
        if form
        else office.client.post("/feedback", json=said)
    )
    assert answer.status_code == 400
    if form:  # Who wrote it may put it right.
        assert "请删去个人信息" in answer.text
        assert text.strip() in html.unescape(answer.text)
        assert answer.headers["cache-control"] == "no-store"
    else:
        assert answer.json()["code"] == "personal-data-told"
        assert "8000" not in answer.text
    assert (AuditLog(head).head(), office.kept()) == (before, kept)


def test_a_key_that_is_somebody_s_number_is_refused(office: Office) -> None:
    answer = office.send(table=ODD, key=["11010519491231002X"])
    assert answer.json()["code"] == "personal-data-told"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"dataset": "none"}, 404, "dataset-not-found"),
        ({"dataset": "lost"}, 410, "release-purged"),
        ({"version": "9.9.9"}, 404, "release-not-found"),
        ({"table": "none"}, 404, "resource-not-found"),
        ({"dataset": None}, 400, "bad-parameter"),
        ({"kind": "request", "dataset": None, "table": ODD}, 400, "bad-parameter"),
        ({"key": ["1"]}, 400, "bad-parameter"),
        ({"table": ODD, "key": ["a\nb"]}, 400, "bad-parameter"),
        ({"table": ODD, "key": ["x" * 201]}, 400, "bad-parameter"),
        ({"table": ODD, "key": ["x"] * 17}, 422, "invalid-request"),
        ({"text": "x" * 2001}, 400, "bad-parameter"),
        ({"text": " \n\u200b "}, 400, "bad-parameter"),
        ({"text": "a\0b"}, 400, "bad-parameter"),
        ({"kind": "song"}, 422, "invalid-request"),
        ({"contact": "me"}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(
    office: Office, said: dict[str, Any], status: int, code: str
) -> None:
    before = AuditLog(office.settings.store).head()
    answer = office.send(**said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert AuditLog(office.settings.store).head() == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whoever_sends_a_form_that_is_refused_finds_what_he_wrote_in_it(office: Office, language: str) -> None:
    said = {"kind": "question", "dataset": "free", "table": ODD, "key": "1", "text": "\n" + "很" * 2001}
    answer = office.client.post(f"/{language}/feedback", data=said, headers=PAGE)
    assert answer.status_code == 400
    assert "很" * 2001 in answer.text
    assert ("kind", "question") in form_of(answer.text)
    assert 'role="alert"' in answer.text
    assert {"zh": "参数有误", "en": "longer than 2000 characters"}[language] in answer.text


def test_a_dataset_that_is_closed_is_spoken_of_and_its_rows_stay_closed(office: Office) -> None:
    told = office.sent(dataset="shut", table=ODD, key=["1", "甲"])
    shown = office.act(told["id"], "published").json()
    assert shown["dataset"] == "shut"
    assert office.client.get(shown["row"]).status_code == 403


def test_messages_are_paged_and_chosen(tmp_path: Path, serving: Serving) -> None:
    settings = office_settings(tmp_path, limits=False, feedback="at-once")
    published(settings, "free")
    published(settings, "other")
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        for number in range(7):
            said = {"kind": "error", "dataset": ("free", "other")[number % 2], "text": f"第 {number} 条"}
            assert client.post("/feedback", json=said).json()["text"] == f"第 {number} 条"
        texts, url = [], "/feedback?size=3"
        while url:
            page = client.get(url).json()
            texts += [one["text"] for one in page["messages"]]
            url = page["next"]
            if len(texts) == 3:  # What comes meanwhile moves nothing.
                client.post("/feedback", json={"kind": "request", "text": "新来的"})
        assert texts == [f"第 {number} 条" for number in range(6, -1, -1)]
        words = {"feedback": "as it comes", "feedback/new": "public at once", "privacy": "as soon as it is sent"}
        assert [path for path, said in words.items() if said not in client.get(f"/en/{path}", headers=PAGE).text] == []
        found = client.get("/feedback", params={"dataset": "other", "kind": "error", "state": "published"}).json()
        assert (found["count"], found["states"], found["next"]) == (3, {"published": 3}, None)
        assert client.get("/feedback?dataset=none").json()["messages"] == []
        older = re.search(r'href="([^"]*)" rel="next"', client.get("/zh/feedback?size=3", headers=PAGE).text)
        assert older
        assert "第 4 条" in client.get(html.unescape(older[1]), headers=PAGE).text


def test_a_spreadsheet_runs_nothing_of_the_table(office: Office) -> None:
    told = office.sent(text='=HYPERLINK("https://evil.example")', table=ODD, key=["@x", "甲"])
    office.act(told["id"], "published")
    office.act(told["id"], "answered", text="+1")
    answer = office.client.get("/feedback.csv?dataset=free")
    lines = csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline=""))
    line = next(one for one in lines if one["id"] == told["id"])
    assert (line["text"], line["answer"], line["key"]) == ('\'=HYPERLINK("https://evil.example")', "'+1", "'@x/甲")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_what_is_erased_is_gone_at_once_and_the_log_holds(office: Office) -> None:
    told = office.sent(text="某路一号的王五")
    office.act(told["id"], "published")
    assert "王五" in office.client.get(told["url"], headers=PAGE).text
    words = ["redact", told["id"], "--reason", "涉及个人", "--store", str(office.settings.store)]
    subprocess.run([sys.executable, "-m", "minshu", "feedback", *words], check=True, capture_output=True)
    for path in (told["url"], "/feedback", "/feedback.csv"):
        for headers in ({}, PAGE, office.answering):
            assert "王五" not in office.client.get(path, headers=headers).text
    assert office.client.get(told["url"]).json()["erased"]
    assert "王五" not in office.kept()
    words = ["audit", "verify", "--store", str(office.settings.store)]
    subprocess.run([sys.executable, "-m", "minshu", *words], check=True, capture_output=True)


def test_two_services_of_one_store_tell_the_same(office: Office, serving: Serving) -> None:
    with serving(office.settings) as address, httpx.Client(base_url=address) as other:
        told = other.post("/feedback", json={"kind": "error", "dataset": "free", "text": "由另一处"}).json()
        office.act(told["id"], "published")
        path = f"/feedback/{told['id']}"
        assert other.get(path).json()["text"] == office.client.get(path).json()["text"] == "由另一处"


def test_whoever_sends_too_many_is_told_when_to_come_again(tmp_path: Path, serving: Serving) -> None:
    settings = office_settings(tmp_path, limit_feedback=3)
    published(settings, "free")
    said = {"kind": "error", "dataset": "free", "text": "有误"}
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        # What is refused is not counted.
        assert client.post("/feedback", json={**said, "text": "li@example.org"}).status_code == 400
        assert [client.post("/feedback", json=said).status_code for _ in range(3)] == [201] * 3
        refused = client.post("/feedback", json=said)
        assert (refused.status_code, refused.json()["code"]) == (429, "messages-exceeded")
        assert 600 < int(refused.headers["retry-after"]) <= 1200
        page = client.post("/zh/feedback", data=said, headers=PAGE)
        assert (page.status_code, page.headers["retry-after"]) == (429, refused.headers["retry-after"])
        assert "分钟后再提交" in page.text
        assert "有误" in page.text
        assert client.get("/feedback").status_code == 200
        assert client.get("/limits").json()["feedback"]["messages"] == 3
    assert "127.0.0.1" not in "".join(path.read_text("utf-8") for path in settings.store.rglob(".audit/**/*.json"))


def test_only_so_many_wait(tmp_path: Path, serving: Serving) -> None:
    settings = office_settings(tmp_path, limits=False, feedback_waiting=2)
    published(settings, "free")
    said = {"kind": "error", "dataset": "free", "text": "有误"}
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        assert [client.post("/feedback", json=said).status_code for _ in range(3)] == [201, 201, 503]
        assert client.post("/feedback", json=said).headers["retry-after"] == "86400"


def test_a_service_that_takes_none_says_so_and_shows_what_there_is(
    tmp_path: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = office_settings(tmp_path, limits=False, feedback="off")
    published(settings, "free")
    feedback = Feedback(AuditLog(settings.store))

    one = feedback.receive(Kind.error, "有误", About("free"), 9)
    feedback.publish(one.id, WHO)
    said = {"kind": "error", "dataset": "free", "text": "有误"}
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        for answer in (client.post("/feedback", json=said), client.get("/feedback/new")):
            assert (answer.status_code, answer.json()["cause"]) == (403, "setting")
        assert client.get("/feedback").json()["count"] == 1
        assert "/feedback/new" not in client.get("/datasets/free", headers=PAGE).text
    with serving(settings.model_copy(update={"feedback": "moderated"})) as address:
        monkeypatch.setattr("minshu.http.feedback_sending.os.access", lambda *_: False)
        answer = httpx.post(f"{address}/zh/feedback", data=said, headers=PAGE)
        assert answer.status_code == 403
        assert "只读的副本" in answer.text


def test_a_body_that_is_no_form_and_no_json_is_refused(office: Office) -> None:
    for kind, body, status in (
        ("text/plain", b"hello", 415),
        ("application/json", b"[]", 422),
        ("application/json", b"{", 422),
        ("application/x-www-form-urlencoded", b"text=x", 422),
        ("application/json", b'"' + b"x" * 70_000, 413),
    ):
        assert office.client.post("/feedback", content=body, headers={"Content-Type": kind}).status_code == status


def test_the_public_log_tells_that_there_was_a_message_and_of_what_kind(office: Office) -> None:
    told = office.sent(kind="other", text="谢谢")
    entries = [json.loads(line) for line in office.client.get("/audit.ndjson").text.splitlines()]
    entry = next(one for one in entries if one["details"].get("id") == told["id"])
    assert (entry["act"], entry["actor"], entry["dataset"]) == ("feedback-received", "sender", "free")
    assert entry["details"] == {"id": told["id"], "kind": "other"}
    assert "收到留言" in office.client.get("/zh/audit", headers=PAGE).text
