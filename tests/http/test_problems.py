"""Errors over HTTP."""

import asyncio
import inspect
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from minshu import errors
from minshu.descriptors import opened
from minshu.errors import (
    ApplicationsOverloaded,
    BudgetExceeded,
    ChartFailed,
    ExportsOverloaded,
    FeedbackOverloaded,
    JobBroken,
    JobInterrupted,
    JobsOverloaded,
    MessagesExceeded,
    MinshuError,
    ScopeMissing,
    SqlOverloaded,
    StoreFailed,
    Undescribable,
)
from minshu.http.app import create_app
from minshu.http.problems import framework_problem, known_problems, problem_of
from minshu.http.statuses import DISCLOSED, STATUS
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from ..conftest import MakePackage

Serving = Callable[[Settings], AbstractContextManager[str]]

BASE = "/datasets/odd-data/versions/1.1.0"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "not-found"),
        ("/datasets/nothing", 404, "dataset-not-found"),
        ("/datasets/nothing/versions", 404, "dataset-not-found"),
        ("/datasets/nothing/versions/latest", 404, "dataset-not-found"),
        (f"/datasets/{'a' * 300}/versions", 404, "dataset-not-found"),
        (f"/datasets/{'a' * 300}/versions/1.0.0/rows.csv", 404, "dataset-not-found"),
        (f"/schemas/{'a' * 300}/points.json", 404, "not-found"),
        (f"/schemas/odd-data/{'a' * 300}.json", 404, "not-found"),
        (f"/sql/tables?dataset={'a' * 300}", 404, "dataset-not-found"),
        (f"{BASE}/points/rows?id__in={'%5B' * 20_000}", 400, "bad-filter"),
        ("/datasets/odd-data/versions/9.9.9", 404, "release-not-found"),
        ("/datasets/odd-data/versions/one", 404, "release-not-found"),
        (f"{BASE}/nothing.csv", 404, "resource-not-found"),
        (f"{BASE}/nothing/rows", 404, "resource-not-found"),
        (f"{BASE}/nothing.txt", 404, "file-not-found"),
        (f"{BASE}/data/nothing.csv", 404, "file-not-found"),
        (f"{BASE}/tables/points.parquet", 404, "file-not-found"),
        (f"{BASE}/package/points.csv", 404, "file-not-found"),
        (f"{BASE}/", 404, "file-not-found"),
        ("/schemas/odd-data/nothing.json", 404, "not-found"),
        ("/schemas/nothing/points.json", 404, "not-found"),
        ("/schemas/ODD-DATA/points.json", 404, "not-found"),
        ("/static/nothing.css", 404, "not-found"),
    ],
)
def test_a_name_that_nothing_answers_to_is_a_problem(client: httpx.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/schemas/odd-data/nothing.json", "/static/nothing.css", "/datasets/nothing"])
def test_what_is_missing_is_not_said_to_miss_in_a_release_or_in_words_of_http(client: httpx.Client, path: str) -> None:
    detail = client.get(path).json()["detail"]
    assert "nothing" in detail
    assert "release" not in detail
    assert "GET" not in detail


def test_a_problem_has_the_members_of_the_standard(client: httpx.Client) -> None:
    problem = client.get("/datasets/odd-data/versions/9.9.9?a=b", headers={"X-Request-Id": "me"}).json()
    assert problem == {
        "type": "/docs#release-not-found",
        "title": "The dataset has no release of this version",
        "status": 404,
        "detail": "odd-data has no release '9.9.9'. Its releases: 2.0.0-rc.1, 1.1.0, 1.0.0.",
        "instance": "/datasets/odd-data/versions/9.9.9",
        "code": "release-not-found",
        "request_id": "me",
        "name": "odd-data",
        "version": "9.9.9",
        "known": ["2.0.0-rc.1", "1.1.0", "1.0.0"],
    }


def test_the_type_of_a_problem_leads_to_its_description(client: httpx.Client) -> None:
    page, _, anchor = client.get("/datasets/nothing").json()["type"].partition("#")
    assert f'id="{anchor}"' in client.get(page).text


def test_every_code_that_a_request_can_meet_has_its_description(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert [problem.code for problem in known_problems() if page.count(f'id="{problem.code}"') != 1] == []


def test_a_problem_below_a_public_path_leads_to_its_description_there(served: Settings, serving: Serving) -> None:
    settings = served.model_copy(update={"base_url": "https://data.example/minshu/", "cache": None})
    with serving(settings) as address:
        problem = httpx.get(f"{address}/datasets/nothing").json()
    assert problem["type"] == "/minshu/docs#dataset-not-found"
    assert problem["instance"] == "/minshu/datasets/nothing"


@pytest.mark.parametrize("status", HTTPStatus)
def test_any_refusal_of_the_framework_has_a_known_code(status: HTTPStatus) -> None:
    if status >= 400:
        problem = framework_problem(HTTPException(status), "/")
        assert (problem.status, problem.code in {known.code for known in known_problems()}) == (status, True)


def test_an_error_that_no_request_should_meet_is_a_fault_of_the_service() -> None:
    problem = problem_of(Undescribable("secret.csv", "it holds a secret"))
    assert (problem.status, problem.code) == (500, "internal-error")
    assert "secret" not in f"{problem}"


def test_a_browser_gets_an_error_as_a_page(client: httpx.Client) -> None:
    answer = client.get("/datasets/<b>", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/datasets", f"{BASE}/points.csv", f"{BASE}/points/rows"])
def test_a_method_that_is_not_there_is_405_and_names_those_that_are(
    client: httpx.Client, method: str, path: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_sql_may_be_posted(client: httpx.Client) -> None:
    assert client.put("/sql").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_no_problem_is_kept_by_a_cache(client: httpx.Client) -> None:
    assert client.get("/nothing").headers["cache-control"] == "no-store"


def every_error() -> list[type[MinshuError]]:
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MinshuError)]


# Those of which the problem tells more than their words.
MADE: dict[type[MinshuError], Callable[[], MinshuError]] = {
    BudgetExceeded: lambda: BudgetExceeded("requests", 6000, 60, 3),
    ExportsOverloaded: lambda: ExportsOverloaded(3),
    SqlOverloaded: lambda: SqlOverloaded(3),
    ScopeMissing: lambda: ScopeMissing("publish:demo"),
    JobsOverloaded: lambda: JobsOverloaded(3),
    ApplicationsOverloaded: lambda: ApplicationsOverloaded("demo", 3),
    FeedbackOverloaded: lambda: FeedbackOverloaded(3),
    MessagesExceeded: lambda: MessagesExceeded(5, 3600, 60),
}


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_status_of_its_kind(kind: type[MinshuError]) -> None:
    busy = kind in (
        *(SqlOverloaded, ExportsOverloaded, ChartFailed, ApplicationsOverloaded, FeedbackOverloaded),
        *(JobsOverloaded, JobInterrupted, JobBroken),
    )
    error = MADE[kind]() if kind in MADE else kind.__new__(kind)
    assert (problem_of(error).status.value < 500) is (isinstance(error, DISCLOSED) and not busy)


def test_whatever_a_dataset_is_called_its_scope_stands_in_a_header() -> None:
    told = problem_of(ScopeMissing('publish:数"\r\n')).headers["WWW-Authenticate"]
    assert told.endswith('scope="publish:%E6%95%B0%22%0D%0A"')


def test_every_status_is_of_an_error_that_can_be_met_over_http() -> None:
    assert set(STATUS) <= {MinshuError, *every_error()}
    assert {problem.code for problem in known_problems()} >= {"not-found", "bad-filter", "sql-refused", "store-failed"}


@pytest.mark.parametrize("kind", [SqlOverloaded, ExportsOverloaded])
def test_an_overloaded_service_says_when_to_try_again(kind: Callable[[int], MinshuError]) -> None:
    problem = problem_of(kind(7))
    assert (problem.status, problem.headers["Retry-After"]) == (503, "7")


def test_a_client_over_its_budget_is_told_when_to_try_again() -> None:
    problem = problem_of(BudgetExceeded("requests", 6000, 60, 7))
    assert (problem.status, problem.code, problem.headers["Retry-After"]) == (429, "budget-exceeded", "7")


def test_a_store_that_fails_tells_no_stranger_where_it_lies() -> None:
    problem = problem_of(StoreFailed("Cannot read /srv/secret/release.json: Input/output error."))
    assert (problem.status, problem.code) == (503, "store-failed")
    assert "/srv" not in f"{problem}"


@pytest.fixture
def broken(served: Settings) -> FastAPI:
    """The application with a route that fails in a way that nobody foresaw."""
    app = create_app(served)

    @app.get("/broken")
    def fail() -> None:
        raise RuntimeError("the secret of /srv/store")

    return app


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_an_unforeseen_error_is_a_problem_without_a_leak(broken: FastAPI, accept: str) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=broken, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/broken", headers={"Accept": accept, "X-Request-Id": "find-me"})

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "find-me" in answer.text
    assert answer.headers["x-request-id"] == "find-me"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.fixture
def damaged(served: Settings, tmp_path: Path, serving: Serving) -> Iterator[httpx.Client]:
    """A client of a store in which the newest release of one of two datasets is damaged."""
    shutil.copytree(served.store / "odd-data/1.0.0", tmp_path / "odd-data/1.0.0")
    shutil.copytree(served.store / "odd-data/1.0.0", tmp_path / "damaged/1.0.0")
    (tmp_path / "damaged/1.0.0/release.json").write_text("{")
    settings = served.model_copy(update={"store": tmp_path, "cache": None})
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        yield client


def test_a_damaged_release_is_a_problem_that_names_no_path(damaged: httpx.Client, tmp_path: Path) -> None:
    answer = damaged.get("/datasets/damaged/versions/1.0.0")
    assert (answer.status_code, answer.json()["code"]) == (500, "manifest-unreadable")
    assert str(tmp_path) not in answer.text


def test_a_damaged_release_does_not_hide_the_others(damaged: httpx.Client) -> None:
    entries = damaged.get("/datasets").json()["datasets"]
    assert {entry["name"]: "title" in entry for entry in entries} == {"damaged": False, "odd-data": True}


def test_a_damaged_descriptor_does_not_hide_the_others(
    make_package: MakePackage, settings: Settings, serving: Serving
) -> None:
    for name in ("good", "bad"):
        with opened(make_package(folder=name, name=name), settings) as package:
            publish(package, None, Store(settings.store), settings)
    (broken,) = settings.store.glob("bad/*/package/datapackage.json")
    broken.chmod(0o644)
    broken.write_text("{")
    own = settings.model_copy(update={"port": 0, "log_level": "critical", "limits": False})
    with serving(own) as address, httpx.Client(base_url=address) as client:
        for path in ("/datasets", "/assets", "/assets.csv", "/core-catalogue", "/catalog", "/search?q=good"):
            assert client.get(path).status_code == 200, path
        found = client.get("/api/3/action/package_search").json()["result"]
    assert [package["name"] for package in found["results"]] == ["good"]


def test_a_file_that_is_gone_is_a_problem_that_names_no_path(damaged: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "odd-data/1.0.0/odd-data.zip").unlink()
    answer = damaged.get("/datasets/odd-data/versions/1.0.0/odd-data.zip")
    assert (answer.status_code, answer.json()["code"]) == (503, "store-failed")
    assert str(tmp_path) not in answer.text


def test_a_file_that_was_cut_breaks_the_connection(damaged: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "odd-data/1.0.0/odd-data.zip").write_bytes(b"PK")
    with pytest.raises(httpx.RemoteProtocolError):
        damaged.get("/datasets/odd-data/versions/1.0.0/odd-data.zip")
