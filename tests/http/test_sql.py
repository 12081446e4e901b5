"""SQL over HTTP."""

import io
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pyarrow.parquet
import pytest

COUNT = "SELECT count(*) AS n FROM points"
PINNED = {"dataset": "odd-data", "version": "1.1.0", "q": COUNT}


def test_an_answer_tells_columns_rows_release_and_address(client: httpx.Client, release: dict[str, Any]) -> None:
    answer = client.get("/sql", params={"dataset": "odd-data", "q": COUNT}).json()
    assert answer.pop("seconds") > 0
    assert client.get(answer.pop("url")).json()["rows"] == [[3]]
    assert answer == {
        "columns": [{"name": "n", "type": "BIGINT", "json": "number"}],
        "rows": [[3]],
        "truncated": False,
        "release": {"name": "odd-data", "version": "1.1.0", "sha256": release["sha256"], "url": release["url"]},
        "attached": {},
    }


def test_the_newest_is_resolved_and_never_redirected(client: httpx.Client) -> None:
    answer = client.get("/sql", params={"dataset": "odd-data", "version": "latest", "q": COUNT})
    assert (answer.status_code, answer.json()["release"]["version"]) == (200, "1.1.0")
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_an_answer_from_exact_versions_may_be_kept_for_good(client: httpx.Client) -> None:
    answer = client.get("/sql", params=PINNED)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/sql", params=PINNED, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("q", ["SELECT random()", "SELECT now()"])
def test_an_answer_by_chance_or_time_is_not_kept(client: httpx.Client, q: str) -> None:
    answer = client.get("/sql", params={**PINNED, "q": q})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_every_other_parameter_is_bound_to_its_name(client: httpx.Client) -> None:
    q = "SELECT name FROM points WHERE id = CAST($id AS BIGINT) AND name = $名"
    answer = client.get("/sql", params={**PINNED, "q": q, "id": "2", "名": "two"})
    assert answer.json()["rows"] == [["two"]]


POSTS: dict[str, dict[str, Any]] = {
    "JSON": {"json": {**PINNED, "q": "SELECT $a AS a", "parameters": {"a": 7}}},
    "JSON, flat": {"json": {**PINNED, "q": "SELECT $a AS a", "a": "7"}},
    "form": {"data": {**PINNED, "q": "SELECT $a AS a", "a": "7"}},
}


@pytest.mark.parametrize("body", POSTS.values(), ids=POSTS)
def test_post_answers_like_get(client: httpx.Client, body: dict[str, Any]) -> None:
    get = client.get("/sql", params={**PINNED, "q": "SELECT $a AS a", "a": "7"}).json()
    post = client.post("/sql", **body).json()
    assert {**post, "seconds": 0} == {**get, "seconds": 0}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "bad-parameter"),
        ({"json": [1]}, 400, "bad-parameter"),
        ({"json": {**PINNED, "parameters": [1]}}, 400, "bad-parameter"),
        ({"json": {**PINNED, "a": {"b": 1}}}, 400, "bad-parameter"),
        ({"json": {**PINNED, "dataset": None}}, 400, "bad-parameter"),
        ({"content": b"SELECT 1", "headers": {"Content-Type": "text/plain"}}, 415, "unsupported-media-type"),
        (
            {"content": b"q=" + b"x" * 500_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            413,
            "content-too-large",
        ),
    ],
)
def test_a_body_that_is_none_is_told_so(client: httpx.Client, body: dict[str, Any], status: int, code: str) -> None:
    answer = client.post("/sql", **body)
    assert answer.status_code == status
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"q": COUNT}, 400, "bad-parameter"),
        ({"dataset": "odd-data"}, 400, "bad-parameter"),
        ({**PINNED, "dataset": "nothing"}, 404, "dataset-not-found"),
        ({**PINNED, "version": "9.9.9"}, 404, "release-not-found"),
        ({**PINNED, "format": "xml"}, 400, "bad-parameter"),
        ({**PINNED, "limit": "0"}, 400, "bad-parameter"),
        ({**PINNED, "limit": "many"}, 400, "bad-parameter"),
        ({**PINNED, "limit": "10001"}, 400, "bad-parameter"),
        ({**PINNED, "q": ["SELECT 1", "SELECT 2"]}, 400, "bad-parameter"),
        ({**PINNED, "attach": "other"}, 400, "bad-parameter"),
        ({**PINNED, "attach": ["a:odd-data@1.0.0", "A:odd-data@1.1.0"]}, 400, "bad-parameter"),
        ({**PINNED, "attach": [f"a{number}:odd-data@1.0.0" for number in range(17)]}, 400, "bad-parameter"),
        ({**PINNED, "attach": "a:odd-data@7.0.0"}, 404, "release-not-found"),
        ({**PINNED, "q": "SELEC 1"}, 400, "sql-syntax"),
        ({**PINNED, "q": "SELECT nothing FROM points"}, 400, "sql-failed"),
        ({**PINNED, "q": "SELECT 1; SELECT 2"}, 403, "sql-refused"),
        ({**PINNED, "q": "DROP TABLE points"}, 403, "sql-refused"),
        ({**PINNED, "q": "SELECT * FROM read_csv('/etc/passwd')"}, 403, "sql-refused"),
        (
            {**PINNED, "q": "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"},
            422,
            "sql-timeout",
        ),
    ],
)
def test_a_wrong_query_is_told_so(client: httpx.Client, params: dict[str, Any], status: int, code: str) -> None:
    answer = client.get("/sql", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_releases_are_compared_by_attaching_one(client: httpx.Client) -> None:
    q = "SELECT count(*) FROM points p JOIN old.points o USING (id)"
    answer = client.get("/sql", params={**PINNED, "q": q, "attach": "old:odd-data@1.0.0"}).json()
    assert (answer["rows"], answer["attached"]["old"]["version"]) == ([[3]], "1.0.0")
    assert "attach=old%3Aodd-data%401.0.0" in answer["url"]


def test_an_answer_that_is_cut_says_so(client: httpx.Client) -> None:
    answer = client.get("/sql", params={**PINNED, "q": "SELECT id FROM points", "limit": "2"}).json()
    assert (len(answer["rows"]), answer["truncated"]) == (2, True)


def test_rows_come_as_csv(client: httpx.Client) -> None:
    answer = client.get("/sql", params={**PINNED, "q": "SELECT id, name FROM points ORDER BY id", "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == "id,name\n1,one\n2,two\n3,three\n"


def test_rows_come_as_parquet(client: httpx.Client) -> None:
    answer = client.get("/sql", params={**PINNED, "format": "parquet"})
    assert pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist() == [{"n": 3}]


def test_a_file_is_never_cut_in_silence(client: httpx.Client) -> None:
    params = {**PINNED, "q": "SELECT * FROM range(10001)", "format": "csv"}
    assert client.get("/sql", params=params).json()["code"] == "sql-too-large"
    cut = client.get("/sql", params={**params, "limit": "5"})
    assert (cut.headers["minshu-truncated"], len(cut.text.splitlines())) == ("?1", 6)


def test_the_tables_are_told_as_they_are_written_in_sql(client: httpx.Client) -> None:
    tables = client.get("/sql/tables", params={"dataset": "odd-data", "attach": "old:odd-data@1.0.0"}).json()["tables"]
    assert [table["sql"] for table in tables] == [
        '"表 一/甲%?"',
        "points",
        'old."表 一/甲%?"',
        "old.points",
    ]
    for table in tables:
        q = f"SELECT count(*) FROM {table['sql']}"
        answer = client.get("/sql", params={"dataset": "odd-data", "attach": "old:odd-data@1.0.0", "q": q})
        assert answer.json()["rows"] == [[table["rows"]]]


def test_the_plan_of_a_query_is_told(client: httpx.Client) -> None:
    plan = client.get("/sql/explain", params={**PINNED, "q": "SELECT name FROM points WHERE id > 1"}).json()["plan"]
    assert "points" in plan


@pytest.mark.parametrize("fault", ["SELEC 1", "SELECT nothing FROM points"])
def test_the_page_shows_what_is_wrong_beside_the_query(client: httpx.Client, fault: str) -> None:
    answer = client.get("/sql", params={**PINNED, "q": fault}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert f"\n{fault}</textarea>" in answer.text
    assert 'class="fault"' in answer.text


def test_the_page_shows_the_answer(client: httpx.Client) -> None:
    page = client.get("/sql", params=PINNED, headers={"Accept": "text/html"}).text
    assert '<td class="number">3</td>' in page


def test_clients_that_leave_free_their_workers(client: httpx.Client, address: str) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    workers = client.get("/limits").json()["sql"]["at_once"] + 2

    def leave(number: int) -> None:
        with httpx.Client(base_url=address, timeout=0.3) as hasty, pytest.raises(httpx.ReadTimeout):
            hasty.get("/sql", params={**PINNED, "q": f"{endless} WHERE a.range <> {number}"})

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(leave, range(workers)))
    # All were at work, and their deadline is 2 s.
    with httpx.Client(base_url=address, timeout=1.5) as next_one:
        assert next_one.get("/sql", params=PINNED).status_code == 200


def test_numbers_in_a_body_keep_their_digits(client: httpx.Client) -> None:
    parameters = '{"a": 99999999999999999999999, "b": 1.10}'
    body = f'{{"dataset": "odd-data", "q": "SELECT $a AS a, $b AS b", "parameters": {parameters}}}'
    answer = client.post("/sql", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["rows"] == [["99999999999999999999999", "1.10"]]


def test_a_client_that_leaves_while_posting_is_nothing_for_the_log(
    address: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /sql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        )
    assert client.get("/health").status_code == 200
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.exc_info]
