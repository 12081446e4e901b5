"""Withdrawing over HTTP, the log over HTTP, and what a purge leaves of a running service."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import write_package

from minshu import acts
from minshu.audit import Actor, AuditLog, chained
from minshu.descriptors import opened
from minshu.download import remote_log
from minshu.errors import AuditBroken, DownloadError
from minshu.http.audit_words import ACTS
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Tokens, parse_scopes

OPERATOR = Actor("operator", "张三")
SECRET = "秘密的数据"


@dataclass(frozen=True)
class Running:
    """A service that may be written to, with four releases of `demo`."""

    address: str
    settings: Settings

    @property
    def store(self) -> Store:
        return Store(self.settings.store)

    def client(self, *scopes: str) -> httpx.Client:
        end = datetime.now(UTC) + timedelta(days=1)
        text = Tokens(self.store.log).create(parse_scopes(scopes), end, OPERATOR, "李四")[1] if scopes else None
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("standing")
    settings = Settings(
        store=root / "store",
        catalogue=root,
        cache=root / "cache",
        port=0,
        log_level="error",
        limits=False,
        writing=True,
    )
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
        package = write(root / version, version)
        with opened(package, settings) as found:
            publish(found, None, Store(settings.store), settings)
    with serving(settings) as address:
        yield Running(address, settings)


def write(folder: Path, version: str) -> Path:
    return write_package(folder, {"data/items.csv": f"编号,名称,金额\n1,{SECRET},1\n"}, version=version)


def version(number: str) -> str:
    return f"/datasets/demo/versions/{number}"


def test_who_has_a_token_withdraws_and_is_told_what_caches_must_drop(running: Running) -> None:
    with running.client("withdraw:demo") as client:
        answer = client.post(f"{version('1.0.0')}/withdraw", json={"reason": "错行", "successor": "1.1.0"})
        told = answer.json()
        assert answer.status_code == 200, answer.text
        assert (told["status"]["state"], told["status"]["successor"]) == ("withdrawn", "1.1.0")
        assert f"{running.address}{version('1.0.0')}/data/items.csv" in told["drop"]
        assert client.get(f"{version('1.0.0')}/items/rows").status_code == 410
    *_, last = running.store.log.entries()
    assert (last.act, last.actor, running.store.log.private(last)) == ("withdrawn", "token", {"name": "李四"})


def test_a_yank_is_taken_back(running: Running) -> None:
    with running.client("withdraw:*") as client:
        latest = "/datasets/demo/versions/latest"
        assert client.post(f"{version('1.3.0')}/yank", json={"reason": "why"}).status_code == 200
        assert client.get(latest).headers["location"].endswith("1.2.0")
        told = client.post(f"{version('1.3.0')}/unyank", json={"reason": "why"}).json()
        assert "status" not in told
        assert client.get(latest).headers["location"].endswith("1.3.0")


@pytest.mark.parametrize(
    ("scopes", "number", "body", "status", "code"),
    [
        ((), "1.1.0", {"reason": "x"}, 401, "token-missing"),
        (("withdraw:other", "publish:demo"), "1.1.0", {"reason": "x"}, 403, "scope-missing"),
        (("withdraw:demo",), "9.9.9", {"reason": "x"}, 404, "release-not-found"),
        (("withdraw:demo",), "latest", {"reason": "x"}, 400, "bad-parameter"),
        (("withdraw:demo",), "1.1.0", {}, 422, "invalid-request"),
        (("withdraw:demo",), "1.1.0", {"reason": "x", "sucessor": "1.2.0"}, 422, "invalid-request"),
        (("withdraw:demo",), "1.1.0", {"reason": " "}, 400, "bad-parameter"),
        (("withdraw:demo",), "1.1.0", {"reason": "x", "successor": "9.9.9"}, 409, "standing-conflict"),
        (("withdraw:demo",), "1.1.0", {"reason": "x" * 70_000}, 413, "content-too-large"),
    ],
)
def test_what_is_refused_changes_nothing(
    running: Running, scopes: tuple[str, ...], number: str, body: Any, status: int, code: str
) -> None:
    with running.client(*scopes) as client:
        answer = client.post(f"{version(number)}/withdraw", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert running.store.standing.status("demo", "1.1.0") is None


def test_a_number_that_was_withdrawn_is_not_published_again_over_http(running: Running) -> None:
    acts.withdraw(running.store, "demo", "1.0.0", "错行", OPERATOR, "1.1.0")
    archive = (running.settings.store / "demo/1.0.0/demo.zip").read_bytes()
    with running.client("publish:demo") as client:
        headers = {"Content-Type": "application/zip", "Prefer": "wait=60"}
        answer = client.put(version("1.0.0"), content=archive, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "version-spent")


def test_the_log_is_given_byte_for_byte_and_anybody_can_verify_it(running: Running) -> None:
    with running.client() as client:
        whole = client.get("/audit.ndjson").content
    lines = whole.splitlines(keepends=True)
    assert whole == b"".join(entry.data for entry in running.store.log.entries())
    for before, after in pairwise(lines):
        assert json.loads(after)["previous"] == sha256(before).hexdigest()


def test_the_log_of_a_service_is_verified_from_anywhere(running: Running) -> None:
    assert [entry.data for entry in chained(remote_log(running.address))] == [
        entry.data for entry in running.store.log.entries()
    ]


def test_a_change_to_the_log_of_a_service_is_found_from_anywhere(
    running: Running, tmp_path: Path, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    shutil.copytree(running.settings.store / ".audit", tmp_path / "store/.audit")
    other = AuditLog(tmp_path / "other")
    other.folder.parent.mkdir()
    other.append("published", OPERATOR, "demo", "1.0.0")
    shutil.copyfile(other.path(1), AuditLog(tmp_path / "store").path(1))
    copied = running.settings.model_copy(update={"store": tmp_path / "store", "cache": None})
    broken = pytest.raises(AuditBroken, match="Entry 2 of the audit log does not follow")
    with serving(copied) as address, broken:
        list(chained(remote_log(address)))
    with pytest.raises(DownloadError, match="does not answer"):
        list(remote_log(address))


def test_the_log_is_paged_and_each_entry_is_as_it_was_written(running: Running) -> None:
    found: list[dict[str, Any]] = []
    with running.client() as client:
        url: str | None = "/audit?size=2"
        while url:
            told = client.get(url).json()
            found += told["entries"]
            url = told["next"]
    assert found == [json.loads(entry.data) for entry in running.store.log.entries()]


def test_nothing_private_is_ever_told(running: Running) -> None:
    with running.client() as client:
        for url, accept in (("/audit", "application/json"), ("/audit", "text/html"), ("/audit.ndjson", "*/*")):
            text = client.get(url, headers={"Accept": accept}).text
            assert "published" in text
            assert [secret for secret in ("张三", "李四", "scrypt", "salt") if secret in text] == []


def test_every_act_of_the_log_has_words_for_people() -> None:
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text("utf-8").partition("| act | when |")[2]
    acts = {act for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE) for act in re.findall("`([a-z-]+)`", row)}
    assert acts == set(ACTS)


def test_the_page_of_the_log_shows_the_newest_first_and_leads_to_older_ones(running: Running) -> None:
    with running.client() as client:
        head = running.store.log.head()
        newest = client.get("/audit?size=2", headers={"Accept": "text/html"}).text
        assert newest.index(f'id="entry-{head}"') < newest.index(f'id="entry-{head - 1}"')
        assert f'id="entry-{head - 2}"' not in newest
        older = client.get(f"/audit?before={head - 1}&size=2", headers={"Accept": "text/html"}).text
        assert f'id="entry-{head - 2}"' in older


def test_a_purge_leaves_nothing_in_the_cache_of_a_running_service(running: Running) -> None:
    cache = running.settings.cache
    assert cache
    with running.client() as client:
        client.get(f"{version('1.1.0')}/items.ndjson")
        client.get("/sql?dataset=demo&version=1.1.0&q=select%20*%20from%20items")
        held = [path for path in cache.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        assert {path.parent.name for path in held} == {"exports", "answers"}
        acts.purge(running.store, "demo", "1.1.0", "personal data", "PIPL 47", OPERATOR)
        for url in (f"{version('1.1.0')}/items.ndjson", f"{version('1.1.0')}/datapackage.json"):
            answer = client.get(url)
            assert (answer.status_code, answer.json()["code"]) == (410, "release-purged")
        assert not [path for path in held if path.exists()]
        assert client.get(f"{version('1.1.0')}/release.json").status_code == 200
        page = client.get(version("1.1.0"), headers={"Accept": "text/html"})
        assert (page.status_code, "已清除" in page.text) == (200, True)
        assert client.get(f"{version('1.2.0')}/items.ndjson").status_code == 200


def test_where_nothing_may_be_written_nothing_is_withdrawn(
    running: Running, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    closed = running.settings.model_copy(update={"writing": False})
    with serving(closed) as address, running.client("withdraw:*") as client:
        answer = client.post(f"{address}{version('1.2.0')}/withdraw", json={"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "writing-off")
