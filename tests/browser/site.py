"""A service with what there is to be looked at: the datasets of this repository, and small ones that are hard to show.

The tests of this folder walk it, `make screenshots` takes pictures of it, and `make bench` measures its pages.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.conftest import ROOT, write_package

from minshu.acts import redact
from minshu.audit import Actor, AuditLog
from minshu.feedback import About, Feedback, Kind
from minshu.store import Store

MINSHU = [sys.executable, "-m", "minshu"]
LANGUAGES = ("zh", "en")
POINTS = "/datasets/work-points-2019/versions/1.0.1"
DIVISIONS = "/datasets/fujian-divisions/versions/1.21.0"
ODD = "/datasets/odd-data/versions/1.1.0"
WIDE = 60
KEYED = {"fields": [{"name": "id", "type": "integer"}, {"name": "名称", "type": "string"}], "primaryKey": ["id"]}
STATED = {"conditions": "高校可申请 / Universities may apply", "use": "研究 / Research", "security": "不外传 / Keep it"}

ASSET = {
    "owner": "示例省人民政府 / The province of Example",
    "custodian": "示例省示例厅",
    "registrationNumber": "EX-2026-000000000000000000000000000001",
    "registrar": "示例省公共数据登记中心",
    "registrationDate": "2026-02-28",
    "authorisedOperations": [
        {
            "grantor": "示例省数据局 / Data office of Example",
            "operator": "示例数据运营有限公司",
            "operatorCode": "11350000MB0A00001N",
            "scope": "逐日明细，限建模使用 / Daily records, for models only",
            "start": "2026-01-01",
            "end": "2028-12-31",
            "purpose": "信贷风险模型",
            "priceBasis": "政府指导价",
        }
    ],
    "valuations": [
        {
            "value": "1200000.00",
            "currency": "CNY",
            "date": "2026-06-30",
            "method": "成本法",
            "source": "示例评报字第1号",
        }
    ],
}

# One page of each kind, and of each state that a kind may be in: its name, its path, and the status it answers.
PAGES: dict[str, tuple[str, int]] = {
    "home": ("/", 200),
    "datasets": ("/datasets", 200),
    "datasets found": ("/datasets?q=福建&format=csv&sort=newest", 200),
    "search": ("/search?q=大数据", 200),
    "search of nothing": ("/search?q=无此一词", 200),
    "dataset": ("/datasets/work-points-2019", 200),
    "release": (POINTS, 200),
    "release of one table": (DIVISIONS, 200),
    "release of odd names": (ODD, 200),
    "release on conditions": ("/datasets/asked/versions/1.0.0", 200),
    "release that is closed": ("/datasets/shut/versions/1.0.0", 200),
    "release that is withdrawn": ("/datasets/gone/versions/1.0.0", 200),
    "rows": (f"{POINTS}/measures/rows", 200),
    "rows searched and counted": (f"{POINTS}/measures/rows?_search=大数据&_facet=point_number", 200),
    "rows filtered": (f"{DIVISIONS}/divisions/rows?level=county&_sort=-code&_size=20", 200),
    "rows of nothing": (f"{ODD}/empty/rows", 200),
    "rows of many columns": (f"{ODD}/wide/rows", 200),
    "rows of odd names": (f"{ODD}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/rows", 200),
    "rows refused": ("/datasets/asked/versions/1.0.0/points/rows", 401),
    "rows withdrawn": ("/datasets/gone/versions/1.0.0/points/rows", 410),
    "rows by a wrong filter": (f"{POINTS}/measures/rows?nothing=1", 404),
    "row": (f"{POINTS}/measures/rows/m001", 200),
    "source": (f"{POINTS}/notice/source", 200),
    "report": (f"{POINTS}/report", 200),
    "core catalogue": ("/core-catalogue", 200),
    "core catalogue of a dataset": ("/datasets/work-points-2019/core-catalogue", 200),
    "core catalogue of odd names": ("/datasets/odd-data/core-catalogue", 200),
    "core catalogue of what is withdrawn": ("/datasets/gone/core-catalogue", 200),
    "assets": ("/assets", 200),
    "assets of a dataset": ("/datasets/work-points-2019/assets", 200),
    "assets of what is operated": ("/datasets/asked/assets", 200),
    "assets of what is withdrawn": ("/datasets/gone/assets", 200),
    "chart": (f"{DIVISIONS}/divisions/chart", 200),
    "chart of odd names": (f"{ODD}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/chart", 200),
    "statistics": (f"{POINTS}/measures/stats", 200),
    "statistics of odd names": (f"{ODD}/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F/stats", 200),
    "difference": ("/datasets/odd-data/diff/1.0.0...1.1.0", 200),
    "rows that differ": ("/datasets/odd-data/diff/1.0.0...1.1.0/%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F", 200),
    "sql": ("/sql?dataset=work-points-2019", 200),
    "sql answered": ("/sql?dataset=work-points-2019&q=SELECT+number,+title+FROM+sections+ORDER+BY+number", 200),
    "sql refused": ("/sql?dataset=work-points-2019&q=SELECT+nothing", 400),
    "api": ("/docs", 200),
    "validate": ("/validate", 200),
    "scorecard": ("/scorecard", 200),
    "scorecard of a dataset": ("/datasets/work-points-2019/scorecard", 200),
    "scorecard of odd names": ("/datasets/odd-data/scorecard", 200),
    "scorecard that is withdrawn": ("/datasets/gone/scorecard", 200),
    "status": ("/status", 200),
    "about": ("/about", 200),
    "accessibility": ("/accessibility", 200),
    "privacy": ("/privacy", 200),
    "feedback": ("/feedback", 200),
    "feedback of a dataset": ("/feedback?dataset=work-points-2019&kind=error", 200),
    "message received": ("/feedback/message00001", 200),
    "message answered": ("/feedback/message00002", 200),
    "message rejected": ("/feedback/message00003", 200),
    "message erased": ("/feedback/message00005", 200),
    "message to write": ("/feedback/new?dataset=odd-data&table=%E8%A1%A8%20%E4%B8%80%2F%E7%94%B2%25%3F&key=1", 200),
    "request to write": ("/feedback/new", 200),
    "audit": ("/audit", 200),
    "not found": ("/datasets/none", 404),
}


def write_packages(folder: Path) -> list[Path]:
    """Packages of what breaks careless pages, in the order to publish them."""
    return [
        *(_odd(folder / version, version) for version in ("1.0.0", "1.1.0")),
        *(_opened(folder / name, name, opening) for name, opening in OPENINGS.items()),
    ]


OPENINGS: dict[str, dict[str, Any] | None] = {
    "asked": {"openAttribute": "有条件开放", **STATED},
    "shut": {"openAttribute": "不予开放", "legalBasis": "保守国家秘密法 / The law on state secrets"},
    "gone": None,
}


def _odd(folder: Path, version: str) -> Path:
    """Names of all letters, values of every kind, columns without end, rows of none, no key and no description."""
    rows = '编号,大数,金额,日期,真,标签 #\n1,9007199254740993,1.10,2019-03-29,true,a\n2,1,-0.05,,false,"say ""hi"""\n'
    more = '3,,,1900-01-01,,"多行\n文本"\n' if version == "1.1.0" else ""
    kinds = {
        "编号": "integer",
        "大数": "integer",
        "金额": "number",
        "日期": "date",
        "真": "boolean",
        "标签 #": "string",
    }
    odd = {"fields": [{"name": name, "type": kind} for name, kind in kinds.items()], "primaryKey": ["编号"]}
    wide = [f"指标{number}" for number in range(WIDE)]
    tables = {
        "表 一/甲%?": ("甲.csv", rows + more, odd),
        "empty": ("empty.csv", "id,名称\n", KEYED),
        "wide": (
            "wide.csv",
            ",".join(wide) + "\n" + f"{','.join(map(str, range(WIDE)))}\n" * 3,
            {"fields": [{"name": name, "type": "integer"} for name in wide]},
        ),
    }
    resources = [
        {"name": name, "type": "table", "path": path, "encoding": "utf-8", "schema": schema}
        for name, (path, _, schema) in tables.items()
    ]
    resources.append({"name": "page", "path": "page.html"})
    files = {path: content for path, content, _ in tables.values()} | {"page.html": "<script>alert(1)</script>"}
    return write_package(
        folder, files, name="odd-data", version=version, title="怪数据 / Odd data", resources=resources
    )


def _opened(folder: Path, name: str, opening: dict[str, Any] | None) -> Path:
    """A package that not everybody gets."""
    table = {"name": "points", "type": "table", "path": "points.csv", "encoding": "utf-8", "schema": KEYED}
    files = {"points.csv": "id,名称\n1,甲\n2,乙\n"}
    said = {"minshu:opening": opening, "minshu:asset": ASSET if name == "asked" else None}
    return write_package(folder, files, name=name, title=None, resources=[table], **said)


def publish_all(folder: Path) -> Path:
    """A store of all of it, in a new folder, as the commands make it."""
    packages = [*write_packages(folder / "packages"), *sorted((ROOT / "datasets").iterdir())]
    store = published(folder / "store", *packages)
    say(store)
    _run("withdraw", "gone", "1.0.0", "--reason", "行有错 / Its rows were wrong", "--store", store)
    return store


def say(store: Path) -> None:
    """Messages in every state, with texts that are hard to show."""
    feedback, who = Feedback(AuditLog(store)), Actor("operator")
    row = About("work-points-2019", "1.0.1", "measures", ("m001",))
    odd = About("odd-data", "1.1.0", "表 一/甲%?", ("1",))
    long = "没有断字的长网址 https://example.org/" + "0" * 300 + "\n\n<b>不是粗体</b>\n" + "很长的一段话。" * 60
    told = [(Kind.error, "还没有公开", row), (Kind.error, "这一行的责任单位与原文第三十二条不符。\n请核对。", row)]
    told += [(Kind.other, "广告", row), (Kind.question, long, odd), (Kind.error, "某人", row)]
    told += [(Kind.request, "Bus stops of Fuzhou, with the times of the last bus, please.", About())]
    for number, (kind, text, about) in enumerate(told, 1):
        with patch("minshu.feedback.drawn", return_value=(f"message{number:05}", "")):
            feedback.receive(kind, text, about, 100)
    for number in (2, 4, 5, 6):
        feedback.publish(f"message{number:05}", who)
    feedback.answer("message00002", who, "谢谢，正在核对原文。")
    feedback.answer("message00002", Actor("token"), "已在 1.0.2 版更正。 / It is put right in 1.0.2.")
    feedback.close("message00002", who, "已更正")
    feedback.reject("message00003", who, "与数据无关")
    feedback.answer("message00005", who, "已处理")
    redact(Store(store), "message00005", "涉及个人", who)


def published(store: Path, *packages: Path) -> Path:
    """A store of these packages."""
    _run("publish", *packages, "--catalogue", ROOT, "--store", store)
    return store


def _run(*words: object) -> None:
    subprocess.run([*MINSHU, *map(str, words)], check=True, capture_output=True, timeout=240)


@contextmanager
def serving(store: Path, **settings: str) -> Iterator[str]:
    """The address of a service of this store, in a process of its own."""
    command = [*MINSHU, "serve", "--store", str(store), "--port", "0", "--catalogue", str(ROOT), "--no-limits"]
    environment = {**os.environ, **settings, "MINSHU_LOG_LEVEL": "warning"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            address = re.search(r"http://\S+", line)
            assert address, line
            yield address[0]
        finally:
            process.terminate()
            process.communicate(timeout=30)
