"""A real server on a real socket, with a small dataset of everything that breaks careless services."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving import serving as run_serving

from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.signing import SigningKey
from minshu.store import Store

ODD = "表 一/甲%?"
ODD_ROWS = (
    "编号,名称,大数,金额,日期,真,标签 #\n"
    '1,"甲,乙",9007199254740993,1.10,2019-03-29,true,a\n'
    '2,"",1,-0.05,NA,false,"say ""hi"""\n'
    '3,NA,NA,NA,1900-01-01,NA,"多行\n文本"\n'
)
# As the publisher wrote it: with quotes and blanks that an export would not have.
POINTS = 'id,name\r\n"1",one\r\n"2",two\r\n"3",three\r\n'
NOTES = "说明：第一行\n"


def write_package(folder: Path, version: str) -> Path:
    """The package, in a version of which only the notes differ."""
    (folder / "data").mkdir(parents=True)
    (folder / "来源").mkdir()
    (folder / "data/甲.csv").write_text(ODD_ROWS, "utf-8", newline="")
    (folder / "points.csv").write_text(POINTS, "utf-8", newline="")
    (folder / "来源/说明 1.txt").write_text(f"{NOTES}{version}\n", "utf-8")
    (folder / "CHANGELOG.md").write_text(
        f"# 更新\n\n## {version}\n\n### 说明\n\n- 只改了 <b>说明</b>\x0b {version}\n", "utf-8"
    )
    (folder / "page.html").write_text("<script>alert(1)</script>", "utf-8")
    fields = [
        ("编号", "integer"),
        ("名称", "string"),
        ("大数", "integer"),
        ("金额", "number"),
        ("日期", "date"),
        ("真", "boolean"),
        ("标签 #", "string"),
    ]
    odd_schema = {
        "fields": [{"name": name, "type": kind} for name, kind in fields],
        "missingValues": ["NA"],
        "primaryKey": ["编号"],
    }
    points_schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}]}
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "odd-data",
        "version": version,
        "title": "怪数据 / Odd data",
        "description": "专门为难服务的数据。 / Data made to be difficult.",
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "contributors": [{"title": "张三 / Zhang San", "roles": ["author"]}],
        "sources": [{"title": "<b>不是粗体</b>", "path": "javascript:alert(1)"}],
        "resources": [
            {"name": ODD, "type": "table", "path": "data/甲.csv", "schema": odd_schema},
            {"name": "points", "type": "table", "path": "points.csv", "schema": points_schema},
            {"name": "notes", "path": "来源/说明 1.txt", "mediatype": "text/plain"},
            {"name": "page", "path": "page.html"},
        ],
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False), "utf-8")
    return folder


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a store with three releases of the odd dataset; 1.1.0 is signed."""
    root = tmp_path_factory.mktemp("http")
    schemas = root / "schemas/odd-data"
    schemas.mkdir(parents=True)
    (schemas / "points.json").write_text('{"fields": []}')
    (root / "schemas/secret.txt").write_text("secret")
    settings = Settings(
        store=root / "store",
        catalogue=root,
        cache=root / "cache",
        port=0,
        sql_deadline=2.0,
        log_level="warning",
        limits=False,
        # A test that asks for all there is would start a process each time; test_validating.py has its own service.
        validate_bytes=0,
    )
    SigningKey.create(root / "key.pem")
    for version in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
        own = settings.model_copy(update={"signing_key": root / "key.pem"} if version == "1.1.0" else {})
        with opened(write_package(root / version, version), settings) as package:
            publish(package, None, Store(settings.store), own)
    return settings


@pytest.fixture(scope="session")
def serving() -> Callable[[Settings], AbstractContextManager[str]]:
    """Run a server of one's own."""
    return run_serving


@pytest.fixture(scope="session")
def address(served: Settings) -> Iterator[str]:
    """The address of a running server."""
    with run_serving(served) as address:
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """A client that asks for JSON and follows nothing by itself."""
    with httpx.Client(base_url=address, headers={"Accept": "application/json"}, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def release(client: httpx.Client) -> dict[str, Any]:
    """What the service says of version 1.1.0."""
    described: dict[str, Any] = client.get("/datasets/odd-data/versions/1.1.0").json()
    return described


@pytest.fixture(scope="session")
def base() -> str:
    """The path of version 1.1.0."""
    return "/datasets/odd-data/versions/1.1.0"
