"""Files of a release and tables in other formats."""

import io
import re
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minshu.http.answers import attachment

ODD = "表 一/甲%?"
AS_IT_IS = {"Accept-Encoding": "identity"}
SUFFIXES = ("csv", "json", "ndjson", "parquet", "arrow", "xlsx")


def test_every_file_of_a_release_is_what_its_digest_says(client: httpx.Client, release: dict[str, Any]) -> None:
    for file in release["files"]:
        assert sha256(client.get(file["url"]).content).hexdigest() == file["sha256"], file["path"]


def test_the_manifest_has_the_digest_of_the_release(client: httpx.Client, release: dict[str, Any], base: str) -> None:
    assert sha256(client.get(f"{base}/release.json").content).hexdigest() == release["sha256"]


def test_every_link_of_a_release_leads_somewhere(client: httpx.Client, release: dict[str, Any]) -> None:
    links = {
        **release["links"],
        **{f"{t['name']}.{k}": url for t in release["tables"] for k, url in t["links"].items()},
    }
    links.pop("sql")
    assert {name: client.get(url).status_code for name, url in links.items()} == dict.fromkeys(links, 200)


def test_a_file_of_a_release_may_be_kept_for_good(client: httpx.Client, release: dict[str, Any]) -> None:
    for file in release["files"]:
        assert client.head(file["url"]).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_digest_of_a_file_is_in_its_headers(client: httpx.Client, release: dict[str, Any]) -> None:
    for file in release["files"]:
        answer = client.get(file["url"], headers=AS_IT_IS)
        digest = b64encode(sha256(answer.content).digest()).decode()
        assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"


def test_the_tag_of_a_file_is_strong_and_made_of_its_digest(client: httpx.Client, release: dict[str, Any]) -> None:
    for file in release["files"]:
        assert client.head(file["url"], headers=AS_IT_IS).headers["etag"] == f'"{file["sha256"]}"'


def test_a_file_that_the_client_holds_is_not_sent_again(client: httpx.Client, base: str) -> None:
    held = client.get(f"{base}/odd-data.zip").headers
    for condition in ({"If-None-Match": held["etag"]}, {"If-Modified-Since": held["last-modified"]}):
        answer = client.get(f"{base}/odd-data.zip", headers=condition)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", held["etag"])


@pytest.fixture(scope="session")
def archive(client: httpx.Client, base: str) -> bytes:
    return client.get(f"{base}/odd-data.zip").content


@given(st.data())
def test_any_range_of_a_file_is_that_part_of_it(
    client: httpx.Client, base: str, archive: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(archive) - 1))
    stop = data.draw(st.integers(start + 1, len(archive)))
    answer = client.get(f"{base}/odd-data.zip", headers={"Range": f"bytes={start}-{stop - 1}"})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(archive)}"
    assert answer.content == archive[start:stop]


def test_a_download_is_resumed_where_it_broke(client: httpx.Client, base: str, archive: bytes) -> None:
    etag = client.head(f"{base}/odd-data.zip").headers["etag"]
    rest = client.get(f"{base}/odd-data.zip", headers={"Range": "bytes=500-", "If-Range": etag})
    assert (rest.status_code, archive[:500] + rest.content) == (206, archive)


def test_a_download_of_something_else_is_not_resumed(client: httpx.Client, base: str, archive: bytes) -> None:
    answer = client.get(f"{base}/odd-data.zip", headers={"Range": "bytes=500-", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, archive)


def test_a_range_beyond_the_end_is_416_and_tells_the_size(client: httpx.Client, base: str, archive: bytes) -> None:
    answer = client.get(f"{base}/odd-data.zip", headers={"Range": f"bytes={len(archive)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(archive)}")
    assert answer.json()["code"] == "range-not-satisfiable"


def test_a_range_is_of_get_alone(client: httpx.Client, base: str, archive: bytes) -> None:
    for part in ("bytes=0-9", f"bytes={len(archive)}-"):
        answer = client.head(f"{base}/odd-data.zip", headers={"Range": part})
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(archive)))
        assert "content-range" not in answer.headers


@pytest.mark.parametrize("path", ["odd-data.zip", "points.csv?id=1", "points/rows", ""])
def test_an_answer_that_is_no_longer_the_one_that_was_asked_for_is_412(
    client: httpx.Client, base: str, path: str
) -> None:
    url = f"{base}/{path}".rstrip("/")
    held = client.get(url).headers
    assert client.get(url, headers={"If-Match": held["etag"]}).status_code == 200
    for condition in ({"If-Match": '"other"'}, {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}):
        answer = client.get(url, headers=condition)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")


def test_an_original_answers_at_its_own_path_byte_for_byte(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/points.csv").content == b'id,name\r\n"1",one\r\n"2",two\r\n"3",three\r\n'


def test_a_query_reaches_the_table_behind_an_original(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/points.csv", params={"id__gt": "1"}).text == "id,name\n2,two\n3,three\n"


def test_chinese_paths_reach_their_files(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/来源/说明 1.txt").text == "说明：第一行\n1.1.0\n"


def test_a_slash_in_a_name_is_not_a_slash_in_a_path(client: httpx.Client, base: str) -> None:
    name = quote(ODD, safe="")
    assert client.get(f"{base}/{name}.csv").status_code == 200
    assert client.get(f"{base}/{name.replace('%2F', '/')}.csv").status_code == 404
    assert client.get(f"{base}/data%2F{quote('甲')}.csv").status_code == 404


def test_every_spelling_of_an_address_is_the_same_address(client: httpx.Client, base: str) -> None:
    spelled = base.replace("odd", "%6fdd").replace("versions", "%76ersions")
    assert client.get(f"{spelled}/p%6Fints.csv").status_code == 200


def odd_values(client: httpx.Client, base: str, suffix: str) -> list[dict[str, Any]]:
    """The rows of the odd table, as values of Python, out of a format."""
    answer = client.get(f"{base}/{quote(ODD, safe='')}.{suffix}")
    match suffix:
        case "json":
            return list(answer.json())
        case "ndjson":
            return [httpx.Response(200, content=line).json() for line in answer.content.splitlines()]
        case "parquet":
            found = pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist()
        case _:
            found = pyarrow.ipc.open_stream(answer.content).read_all().to_pylist()
    return [{name: in_json(name, value) for name, value in row.items()} for row in found]


def in_json(name: str, value: Any) -> Any:
    return str(value) if value is not None and name in ("大数", "金额", "日期") else value


@pytest.mark.parametrize("suffix", ["json", "ndjson", "parquet", "arrow"])
def test_every_format_holds_the_same_values(client: httpx.Client, base: str, suffix: str) -> None:
    assert odd_values(client, base, suffix) == [
        {
            "编号": 1,
            "名称": "甲,乙",
            "大数": "9007199254740993",
            "金额": "1.10",
            "日期": "2019-03-29",
            "真": True,
            "标签 #": "a",
        },
        {"编号": 2, "名称": "", "大数": "1", "金额": "-0.05", "日期": None, "真": False, "标签 #": 'say "hi"'},
        {"编号": 3, "名称": None, "大数": None, "金额": None, "日期": "1900-01-01", "真": None, "标签 #": "多行\n文本"},
    ]


def test_csv_keeps_digits_empty_texts_and_nulls(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/{quote(ODD, safe='')}.csv").text == (
        "编号,名称,大数,金额,日期,真,标签 #\n"
        '1,"甲,乙",9007199254740993,1.10,2019-03-29,true,a\n'
        '2,"",1,-0.05,,false,"say ""hi"""\n'
        '3,,,,1900-01-01,,"多行\n文本"\n'
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_filtered_export_has_headers_like_any_file(client: httpx.Client, base: str, suffix: str) -> None:
    answer = client.get(f"{base}/points.{suffix}", params={"id": "2"})
    digest = b64encode(sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get(answer.url, headers={"Range": "bytes=0-3"}).content == answer.content[:4]


def test_a_download_is_saved_under_its_own_name_in_any_script(client: httpx.Client, base: str) -> None:
    told = client.head(f"{base}/{quote(ODD, safe='')}.csv").headers["content-disposition"]
    assert unquote(told.partition("filename*=UTF-8''")[2]) == f"{ODD}.csv"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example('a"; filename="b')
@example("a\r\nSet-Cookie: b")
def test_no_name_breaks_the_header_that_tells_it(name: str) -> None:
    told = attachment(name)
    plain, _, encoded = told.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert re.fullmatch(r"[ -~]*", told)
    assert not set(plain) & set('"\\%')
    assert unquote(encoded) == name


def test_what_a_publisher_wrote_runs_nothing(client: httpx.Client, base: str) -> None:
    policy = client.get(f"{base}/page.html").headers["content-security-policy"]
    assert policy == "sandbox; default-src 'none'"


def test_the_newest_is_a_redirect_that_keeps_path_and_query(client: httpx.Client) -> None:
    odd = quote(ODD, safe="")
    answer = client.get(f"/datasets/odd-data/versions/latest/{odd}/rows?_size=1&%E7%BC%96%E5%8F%B7=1")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith(
        f"/datasets/odd-data/versions/1.1.0/{odd}/rows?_size=1&%E7%BC%96%E5%8F%B7=1"
    )
    assert client.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("rest", ["", "/points.csv", "/datapackage.json", "/points/rows"])
def test_the_newest_is_never_a_pre_release_and_not_kept_for_long(client: httpx.Client, rest: str) -> None:
    answer = client.get(f"/datasets/odd-data/versions/latest{rest}")
    assert urlsplit(answer.headers["location"]).path == f"/datasets/odd-data/versions/1.1.0{rest}"
    assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("query", ["id=1", "id__gt=1", "_size=3"])
def test_a_file_of_the_package_is_never_taken_for_a_part_of_it(client: httpx.Client, base: str, query: str) -> None:
    refused = client.get(f"{base}/data/%E7%94%B2.csv?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-parameter")
    assert client.get(f"{base}/data/%E7%94%B2.csv?cache-buster=1").status_code == 200
