"""Publishing over HTTP: who may, what is received, and what becomes of it."""

import io
import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Tokens, parse_scopes
from minshu.verify import verify_store

Serving = Callable[[Settings], AbstractContextManager[str]]
Zip = Callable[..., bytes]

OPERATOR = Actor("operator")
WAIT = {"Prefer": "wait=60"}
SCHEMA = {"fields": [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}], "primaryKey": ["id"]}
RULES = """
from pathlib import Path
from minshu.checks import Rule
RULES = (Rule(name="no-z", table="items", description="No name is z.", sql="select _row from items where name = 'z'"),)
"""


def zipped(rows: str = "1,a\n2,b\n", *, files: Mapping[str, str | bytes] | None = None, **descriptor: Any) -> bytes:
    """A package in a zip: `demo` without a version, unless keywords say otherwise; None leaves a property out."""
    whole = {
        "name": "demo",
        "title": "Demo",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [{"name": "items", "type": "table", "path": "items.csv", "schema": SCHEMA}],
        **descriptor,
    }
    content = {
        "datapackage.json": json.dumps({k: v for k, v in whole.items() if v is not None}),
        "items.csv": f"id,name\n{rows}",
    }
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in {**content, **(files or {})}.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """The digest field of these bytes (RFC 9530)."""
    return f"sha-256=:{b64encode(sha256(data).digest()).decode()}:"


@dataclass(frozen=True)
class Service:
    """A running service that may be written to, and its tokens."""

    address: str
    settings: Settings
    tokens: Tokens

    def token(self, *scopes: str) -> str:
        return self.tokens.create(parse_scopes(scopes), datetime.now(UTC) + timedelta(days=1), OPERATOR)[1]

    def client(self, *scopes: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(*scopes)}", "Content-Type": "application/zip"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60)


def settings_in(root: Path, **more: Any) -> Settings:
    (root / "store").mkdir(parents=True)
    (root / "datasets").mkdir()
    (root / "validators").mkdir()
    given = {"writing": True, "limits": False, "port": 0, "log_level": "warning", **more}
    return Settings(store=root / "store", catalogue=root, cache=root / "cache", **given)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[Service]:
    settings = settings_in(tmp_path_factory.mktemp("publishing"), upload_bytes=200_000, archive_ratio=50)
    (settings.catalogue / "validators/ruled.py").write_text(RULES)
    with serving(settings) as address:
        yield Service(address, settings, Tokens(AuditLog(settings.store)))


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    """Who may publish everything."""
    with service.client("publish:*") as client:
        yield client


def url(name: str, version: str = "1.0.0") -> str:
    return f"/datasets/{name}/versions/{version}"


def versions(service: Service, name: str) -> list[str]:
    return Store(service.settings.store).versions(name)


# Who may


@pytest.mark.parametrize(
    ("scopes", "status", "code"),
    [
        (None, 401, "token-missing"),
        ((), 401, "token-invalid"),
        (("read:*", "withdraw:demo", "decide:*"), 403, "scope-missing"),
        (("publish:other", "publish:demo2"), 403, "scope-missing"),
    ],
)
def test_who_has_no_token_for_it_cannot_publish(
    service: Service, scopes: tuple[str, ...] | None, status: int, code: str
) -> None:
    headers = {"Content-Type": "application/zip"}
    if scopes is not None:
        headers["Authorization"] = f"Bearer {service.token(*scopes) if scopes else 'minshu_wrong'}"
    answer = httpx.put(f"{service.address}{url('demo')}", content=zipped(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "www-authenticate" in answer.headers
    assert versions(service, "demo") == []


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", url("demo")), ("PATCH", "/jobs/a"), ("DELETE", "/jobs/a"), ("GET", "/jobs/a")]
)
def test_nothing_can_be_written_unless_the_operator_says_so(address: str, method: str, path: str) -> None:
    answer = httpx.request(method, f"{address}{path}", headers={"Authorization": "Bearer minshu_any"})
    assert (answer.status_code, answer.json()["code"]) == (403, "writing-off")


def test_a_job_is_told_of_only_to_who_may_publish_its_dataset(service: Service, client: httpx.Client) -> None:
    job = client.put(url("owned"), content=b"", headers={"Upload-Complete": "?0"}).headers["location"]
    with service.client("publish:owned") as owner, service.client("publish:other") as stranger:
        assert owner.get(job).status_code == 200
        assert [stranger.request(method, job).status_code for method in ("GET", "DELETE")] == [403, 403]
    assert client.delete(job).status_code == 204
    assert client.get(job).json()["code"] == "job-not-found"


# What becomes of it


def test_a_package_is_published_and_the_same_again_changes_nothing(service: Service, client: httpx.Client) -> None:
    package = zipped()
    accepted = client.put(url("demo"), content=package, headers={"Repr-Digest": digest(package), "If-None-Match": "*"})
    assert accepted.status_code == 202
    with client.stream("GET", f"{accepted.headers['location']}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in events.iter_lines() if line]
    assert lines[-2] == "event: end"
    job = client.get(accepted.headers["location"]).json()
    assert (job["state"], job["created"], job["report"]["valid"]) == ("published", True, True)
    assert job["sha256"] == sha256(package).hexdigest()
    assert client.get(f"{url('demo')}/items/rows").json()["rows"] == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]

    again = client.put(url("demo"), content=package)
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["release"]["sha256"] == Store(service.settings.store).release("demo", "1.0.0").sha256
    other = client.put(url("demo"), content=zipped("1,c\n"))
    assert (other.status_code, other.json()["code"]) == (409, "release-conflict")
    assert client.put(url("demo"), content=package, headers={"If-None-Match": "*"}).status_code == 412
    assert list(verify_store(Store(service.settings.store)))


def test_a_version_is_computed_where_it_is_left_to_the_service(service: Service, client: httpx.Client) -> None:
    first = client.put(url("counted", "auto"), content=zipped(name="counted"), headers=WAIT)
    assert (first.status_code, first.json()["release"]["version"]) == (201, "1.0.0")
    more = client.put(url("counted", "auto"), content=zipped("1,a\n2,b\n3,c\n", name="counted"), headers=WAIT)
    assert (more.status_code, more.json()["release"]["version"]) == (201, "1.1.0")
    small = client.put(url("counted", "1.1.1"), content=zipped("1,a\n", name="counted"), headers=WAIT)
    assert (small.status_code, small.json()["code"]) == (422, "version-too-small")


def test_the_release_s_own_zip_is_known_without_a_byte_of_it(service: Service, client: httpx.Client) -> None:
    assert client.put(url("known"), content=zipped(name="known", version="1.0.0"), headers=WAIT).status_code == 201
    own = client.get(f"{url('known')}/known.zip").content
    jobs = len(list((service.settings.store / ".jobs").iterdir()))
    for content, headers in ((b"", {"Repr-Digest": digest(own)}), (own, {})):
        answer = client.put(url("known"), content=content, headers=headers)
        assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert len(list((service.settings.store / ".jobs").iterdir())) == jobs


def test_an_invalid_package_fails_with_its_report(service: Service, client: httpx.Client) -> None:
    refused = client.put(url("invalid"), content=zipped("x,a\n", name=None), headers=WAIT)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-package")
    job = client.get(refused.json()["job"]).json()
    assert (job["state"], job["problem"]["status"]) == ("failed", 422)
    assert job["report"]["tasks"][0]["errors"][0]["rowNumber"] == 2
    assert versions(service, "invalid") == []
    assert not (service.settings.store / "invalid").exists()


def test_the_catalogue_s_rules_judge_it_and_nothing_in_the_package_is_run(
    service: Service, client: httpx.Client, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    own = {"validators/ruled.py": f"open({str(ran)!r}, 'w')", "ruled.py": f"open({str(ran)!r}, 'w')"}
    refused = client.put(url("ruled"), content=zipped("1,a\n2,z\n", name="ruled", files=own), headers=WAIT)
    assert refused.json()["code"] == "invalid-package"
    errors = client.get(refused.json()["job"]).json()["report"]["tasks"][0]["errors"]
    assert [(error["type"], error["rowNumber"]) for error in errors] == [("row-error", 3)]
    assert not ran.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped(files={"../../outside.csv": "x"}), "archive-refused"),
        (zipped(files={"bomb.csv": bytes(20_000_000)}), "archive-refused"),
        (zipped(resources=[{"name": "items", "path": "../../../etc/passwd"}]), "unsafe-path"),
        (zipped(name="another"), "identity-mismatch"),
    ],
    ids=["traversal", "bomb", "path", "name"],
)
def test_what_may_not_be_published_is_refused_with_its_reason(
    service: Service, client: httpx.Client, content: bytes, code: str
) -> None:
    answer = client.put(url("demo", "9.0.0"), content=content, headers=WAIT)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert str(service.settings.store) not in answer.text
    assert "9.0.0" not in versions(service, "demo")


@pytest.mark.parametrize(
    ("name", "version"), [("Demo", "1.0.0"), ("demo", "1.0"), ("demo", "latest"), (".jobs", "1.0.0")]
)
def test_a_name_or_version_that_cannot_be_is_refused_before_a_byte_is_read(
    client: httpx.Client, name: str, version: str
) -> None:
    answer = client.put(url(name, version), content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (422, "identity-refused")


def test_of_two_who_publish_other_content_at_once_one_loses_cleanly(service: Service, client: httpx.Client) -> None:
    answers: list[httpx.Response] = []

    def publish(rows: str) -> None:
        with service.client("publish:raced") as own:
            answers.append(own.put(url("raced"), content=zipped(rows, name="raced"), headers=WAIT))

    threads = [threading.Thread(target=publish, args=(rows,)) for rows in ("1,a\n", "1,b\n")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert versions(service, "raced") == ["1.0.0"]


# What is received


def test_what_is_too_large_is_refused_before_it_comes_or_when_it_does(service: Service, client: httpx.Client) -> None:
    large = bytes(300_000)
    announced = client.put(url("large"), content=large)
    streamed = client.put(url("large"), content=iter([large[:150_000], large[150_000:]]))
    promised = client.put(url("large"), content=b"", headers={"Upload-Complete": "?0", "Upload-Length": "300000"})
    assert [answer.json()["code"] for answer in (announced, streamed, promised)] == ["upload-too-large"] * 3
    assert {answer.status_code for answer in (announced, streamed, promised)} == {413}


def test_a_body_that_is_no_zip_by_its_own_word_is_refused(client: httpx.Client) -> None:
    answer = client.put(url("demo", "3.0.0"), content=b"a,b", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 415


def test_a_digest_that_does_not_hold_is_refused_and_nothing_is_kept(service: Service, client: httpx.Client) -> None:
    answer = client.put(url("damaged"), content=zipped(), headers={"Repr-Digest": digest(b"other")})
    assert (answer.status_code, answer.json()["code"]) == (400, "upload-damaged")
    assert versions(service, "damaged") == []


def test_an_upload_goes_on_where_its_connection_broke(service: Service, client: httpx.Client) -> None:
    package = zipped(files={"noise.bin": sha256(b"noise").digest() * 2000}, name="resumed")
    begun = client.put(
        url("resumed"),
        content=b"",
        headers={"Upload-Complete": "?0", "Upload-Length": str(len(package)), "Repr-Digest": digest(package)},
    )
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert begun.headers["upload-limit"] == "max-size=200000"
    job = begun.headers["location"]

    cut_after(service, httpx.URL(job).path, client.headers["authorization"], package, 0, 300)
    where, offset = client.head(job), 300
    for _ in range(100):  # The service notes what it had when it sees that the connection broke.
        if where.headers["upload-offset"] == str(offset):
            break
        time.sleep(0.05)
        where = client.head(job)
    told = [where.headers[name] for name in ("upload-offset", "upload-complete", "upload-length")]
    assert told == [str(offset), "?0", str(len(package))]

    wrong = patch(client, job, package[:10], 0)
    assert (wrong.status_code, wrong.json()["expected_offset"]) == (409, offset)
    damaged = patch(client, job, b"damaged", offset, more={"Content-Digest": digest(b"as it was")})
    assert damaged.json()["code"] == "upload-damaged"
    more = patch(
        client,
        job,
        package[offset : offset + 100],
        offset,
        more={"Content-Digest": digest(package[offset : offset + 100])},
    )
    assert (more.status_code, more.headers["upload-offset"]) == (204, "400")
    done = patch(client, job, package[400:], 400, complete=True, more=WAIT)
    assert done.status_code == 201
    assert versions(service, "resumed") == ["1.0.0"]
    assert patch(client, job, b"more", len(package)).json()["code"] == "upload-complete"


def patch(
    client: httpx.Client,
    job: str,
    data: bytes,
    offset: int,
    *,
    complete: bool = False,
    more: Mapping[str, str] | None = None,
) -> httpx.Response:
    fields = {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Upload-Complete": f"?{int(complete)}",
    }
    return client.patch(job, content=data, headers={**fields, **(more or {})})


def cut_after(service: Service, path: str, authorization: str, data: bytes, offset: int, count: int) -> None:
    """Send so many bytes of a part that is longer, and break the connection once they were taken."""
    host = httpx.URL(service.address)
    with socket.create_connection((host.host, host.port or 80)) as connection:
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
            f"Content-Type: application/partial-upload\r\nUpload-Offset: {offset}\r\nUpload-Complete: ?1\r\n"
            f"Content-Length: {len(data) - offset}\r\nExpect: 100-continue\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(data[offset : offset + count])


def test_an_upload_that_says_it_is_whole_too_early_is_not(client: httpx.Client) -> None:
    begun = client.put(url("short"), content=b"", headers={"Upload-Complete": "?0", "Upload-Length": "100"})
    answer = patch(client, begun.headers["location"], b"half", 0, complete=True)
    assert answer.status_code == 400
    assert client.get(begun.headers["location"]).headers["upload-offset"] == "4"


@pytest.mark.parametrize(
    "fields", [{"Upload-Complete": "yes"}, {"Upload-Length": "-1"}, {"Repr-Digest": "sha-256=:no=base64=:"}]
)
def test_fields_that_cannot_be_are_refused(client: httpx.Client, fields: dict[str, str]) -> None:
    assert client.put(url("demo", "4.0.0"), content=b"x", headers=fields).json()["code"] == "bad-parameter"


def test_too_many_uploads_are_told_when_to_come_again_and_late_work_is_stopped(
    tmp_path: Path, serving: Serving
) -> None:
    settings = settings_in(tmp_path, publish_queue=1, publish_seconds=0.2)
    with serving(settings) as address:
        service = Service(address, settings, Tokens(AuditLog(settings.store)))
        with service.client("publish:demo") as client:
            first = client.put(url("demo"), content=b"", headers={"Upload-Complete": "?0"})
            second = client.put(url("demo", "1.1.0"), content=zipped())
            assert (second.status_code, second.json()["code"]) == (503, "jobs-overloaded")
            assert int(second.headers["retry-after"]) > 0
            late = patch(client, first.headers["location"], zipped(), 0, complete=True, more=WAIT)
            assert (late.status_code, late.json()["code"]) == (422, "job-late")
    assert Store(settings.store).releases() == {}
