"""Whoever asks is told what is wrong with a package, and nothing of it is kept."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.http.forms import safe_name
from minshu.settings import Settings
from minshu.tokens import Tokens, parse_scopes

Serving = Callable[[Settings], AbstractContextManager[str]]
FIELDS = [{"name": "id", "type": "integer"}]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("validating")
    (root / "store").mkdir()
    (root / "datasets").mkdir()
    (root / "validators").mkdir()
    (root / "validators/demo.py").write_text("raise SystemExit")
    return Settings(
        store=root / "store", catalogue=root, cache=root / "cache", port=0, log_level="warning", validate_bytes=100_000
    )


@pytest.fixture(scope="module")
def client(settings: Settings, serving: Serving) -> Iterator[httpx.Client]:
    with serving(settings) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def descriptor(*rows: object, **more: Any) -> dict[str, Any]:
    table = {"name": "items", "type": "table", "data": [["id"], *([row] for row in rows)], "schema": {"fields": FIELDS}}
    return {"name": "demo", "title": "Demo", "licenses": [{"name": "CC0-1.0"}], "resources": [table], **more}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sent(client: httpx.Client, kind: str, content: bytes, **more: Any) -> httpx.Response:
    return client.post("/validate", content=content, headers={"Content-Type": kind, **more.pop("headers", {})}, **more)


def test_a_descriptor_with_its_data_is_judged_row_by_row_and_nothing_is_kept(
    client: httpx.Client, settings: Settings
) -> None:
    answer = client.post("/validate", json=descriptor(1, "x"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    report = answer.json()
    assert (report["valid"], report["tasks"][0]["errors"][0]["rowNumber"]) == (False, 3)
    assert "query-seconds" in answer.headers["ratelimit"]
    assert [path for path in (settings.cache or Path()).glob(".scratch-*/*") if path.name != "spill"] == []
    assert list(settings.store.iterdir()) == []


def test_a_zip_is_judged_and_told_of_in_the_format_and_language_that_are_asked_for(
    client: httpx.Client, settings: Settings
) -> None:
    whole = descriptor(
        resources=[{"name": "items", "type": "table", "path": "items.csv", "schema": {"fields": FIELDS}}]
    )
    package = zipped({"datapackage.json": json.dumps(whole).encode(), "items.csv": b"id\n1\nx\n"})
    answer = sent(client, "application/zip", package, params={"format": "text", "lang": "zh"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "错误" in answer.text
    assert str(settings.cache) not in answer.text


def test_a_single_file_is_judged_and_accept_decides_on_the_format(client: httpx.Client) -> None:
    answer = sent(client, "text/csv; charset=utf-8", b"id,name\n1,a\n2\n", headers={"Accept": "application/sarif+json"})
    (result,) = answer.json()["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "data.csv"


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("application/zip", zipped({"../../outside.csv": b"x"}), "outside.csv"),
        (
            "application/json",
            json.dumps(descriptor(resources=[{"name": "a", "path": "/etc/passwd"}])).encode(),
            "absolute",
        ),
    ],
)
def test_what_cannot_be_read_is_an_invalid_report_that_says_why(
    client: httpx.Client, kind: str, content: bytes, words: str
) -> None:
    report = sent(client, kind, content).json()
    assert report["valid"] is False
    assert words in report["errors"][0]["note"]


def test_what_is_too_large_or_no_file_of_data_is_refused(client: httpx.Client) -> None:
    assert sent(client, "text/csv", bytes(100_001)).status_code == 413
    assert (
        client.post("/validate", content=iter([bytes(60_000)] * 2), headers={"Content-Type": "text/csv"}).status_code
        == 413
    )
    assert sent(client, "text/html", b"<p>").status_code == 415
    assert sent(client, "text/csv", b"a\n1\n", headers={"Accept": "image/png"}).status_code == 406


def test_a_service_may_judge_nothing_and_one_that_is_late_says_so(settings: Settings, serving: Serving) -> None:
    with serving(settings.model_copy(update={"validate_bytes": 0})) as address:
        assert httpx.post(f"{address}/validate", json=descriptor(1)).json()["code"] == "validating-off"
    with serving(settings.model_copy(update={"validate_seconds": 0.1})) as address:
        late = httpx.post(f"{address}/validate", json=descriptor(1), timeout=20)
    assert (late.status_code, late.json()["code"]) == (422, "job-late")


def test_who_sends_a_token_is_in_the_log_where_the_service_may_be_written_to(
    settings: Settings, serving: Serving
) -> None:
    log = AuditLog(settings.store)
    end = datetime.now(UTC) + timedelta(days=1)
    _, text = Tokens(log).create(parse_scopes(["publish:demo"]), end, Actor("operator"))
    bearer = {"Authorization": f"Bearer {text}"}
    with serving(settings.model_copy(update={"writing": True})) as address:
        for headers, rows in ((bearer, b"id\n1\n"), ({}, b"id\n2\n")):
            told = {"Content-Type": "text/csv", **headers}
            assert httpx.post(f"{address}/validate", content=rows, headers=told, timeout=60).status_code == 200
    found = [(entry.actor, entry.details) for entry in log.entries() if entry.act == "validated"]
    assert found == [("token", {"sha256": sha256(b"id\n1\n").hexdigest(), "valid": True})]


PAGE = {"Accept": "text/html"}


def posted(client: httpx.Client, name: str, content: bytes, path: str = "/en/validate", **more: Any) -> httpx.Response:
    return client.post(path, files={"file": (name, content)}, headers=PAGE, **more)


def test_the_form_tells_its_limits_and_works_without_a_script(client: httpx.Client, settings: Settings) -> None:
    page = client.get("/zh/validate", headers=PAGE)
    assert page.headers["content-language"] == "zh-Hans"
    assert 'method="post" enctype="multipart/form-data"' in page.text
    assert "最大 100 kB，校验不超过 20 秒" in page.text
    assert f'action="{client.base_url}/zh/validate"' in page.text


def test_a_form_is_answered_by_a_page_that_shows_the_rows_with_what_is_wrong_and_nothing_is_kept(
    client: httpx.Client, settings: Settings
) -> None:
    answer = posted(client, "../../预算 <b>.CSV", "编号,名称\n1,甲\n2\n".encode(), "/zh/validate")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "无效：1 处错误" in answer.text
    assert '<th scope="row">3</th><td>2</td><td class="failing empty' in answer.text
    assert "预算_b_.csv" in answer.text
    assert [path for path in (settings.cache or Path()).glob(".scratch-*/*") if path.name != "spill"] == []
    assert not (settings.store / "demo").exists()


def test_what_a_file_says_is_text_on_the_page(client: httpx.Client) -> None:
    page = posted(client, "a.csv", b"id,<script>alert(1)</script>\n<img src=x>\n").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page


def test_a_form_can_ask_for_the_report_as_a_file(client: httpx.Client) -> None:
    answer = posted(client, "a.csv", b"id\n1\n", "/en/validate?format=sarif")
    assert answer.json()["version"] == "2.1.0"
    assert answer.headers["content-disposition"].startswith('attachment; filename="report.sarif"')


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("a.pdf", b"%PDF", 415, "不能检查这种文件"),
        ("csv", b"a", 415, "不能检查这种文件"),
        ("a.csv", bytes(100_001), 413, "上传最多 100000 字节"),
        ("a.csv", bytes(300_000), 413, "上传最多 100000 字节"),
        ("", b"", 400, "没有选择文件"),
    ],
)
def test_a_form_that_cannot_be_judged_is_told_why_in_its_language(
    client: httpx.Client, name: str, content: bytes, status: int, words: str
) -> None:
    answer = posted(client, name, content, "/zh/validate")
    assert (answer.status_code, words in answer.text) == (status, True)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_what_is_no_form_is_refused(client: httpx.Client, kind: str) -> None:
    assert sent(client, kind, b"nonsense").status_code == 400


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("a.csv", "a.csv"),
        ("C:\\x\\表 1.XLSX", "表_1.xlsx"),
        ("../../etc/passwd", "passwd"),
        (".hidden.csv", "hidden.csv"),
        (".csv", "csv"),
        ("work", "work"),
        ("甲" * 200 + ".csv", "甲" * 60 + ".csv"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_do_no_harm(given: str, safe: str) -> None:
    assert safe_name(given) == safe
