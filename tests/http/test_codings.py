"""Files in the content codings that a client accepts."""

from base64 import b64encode
from hashlib import sha256

import httpx
import pytest
from tests.test_codings import DECODED

AS_IT_IS = {"Accept-Encoding": "identity"}


def raw(client: httpx.Client, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer, and its bytes as they were sent."""
    with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("coding", DECODED)
@pytest.mark.parametrize("name", ["datapackage.json", "release.json"])
def test_a_text_is_sent_in_a_coding_that_the_client_accepts(
    client: httpx.Client, base: str, name: str, coding: str
) -> None:
    plain = client.get(f"{base}/{name}", headers=AS_IT_IS)
    answer, body = raw(client, f"{base}/{name}", **{"Accept-Encoding": coding})
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["content-length"] == str(len(body))
    assert len(body) < len(plain.content)
    assert DECODED[coding](body) == plain.content
    assert answer.headers["content-type"] == plain.headers["content-type"]


def test_each_coding_is_a_representation_with_a_tag_and_a_digest_of_its_own(client: httpx.Client, base: str) -> None:
    answers = [raw(client, f"{base}/datapackage.json", **{"Accept-Encoding": name}) for name in ("gzip", "zstd", "x")]
    assert len({answer.headers["etag"] for answer, _ in answers}) == 3
    for answer, body in answers:
        assert answer.headers["repr-digest"] == f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_copy_that_the_client_holds_is_not_sent_again(client: httpx.Client, base: str) -> None:
    accepted = {"Accept-Encoding": "gzip"}
    held = client.get(f"{base}/datapackage.json", headers=accepted).headers["etag"]
    again = client.get(f"{base}/datapackage.json", headers={**accepted, "If-None-Match": held})
    assert (again.status_code, again.headers["etag"], again.headers["vary"]) == (304, held, "Accept-Encoding")
    plain = client.get(f"{base}/datapackage.json", headers={**AS_IT_IS, "If-None-Match": held})
    assert plain.status_code == 200


def test_head_tells_of_the_copy_that_get_would_send(client: httpx.Client, base: str) -> None:
    answer, _ = raw(client, f"{base}/datapackage.json", **{"Accept-Encoding": "gzip"})
    head = client.head(f"{base}/datapackage.json", headers={"Accept-Encoding": "gzip"})
    for name in ("content-encoding", "content-length", "etag", "repr-digest"):
        assert head.headers[name] == answer.headers[name]


def test_a_part_is_one_of_the_file_as_it_is(client: httpx.Client, base: str) -> None:
    plain = client.get(f"{base}/datapackage.json", headers=AS_IT_IS)
    answer, body = raw(client, f"{base}/datapackage.json", **{"Accept-Encoding": "gzip", "Range": "bytes=5-14"})
    assert (answer.status_code, body) == (206, plain.content[5:15])
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == plain.headers["etag"]


def test_a_copy_offers_no_parts_and_a_part_of_it_is_never_given(client: httpx.Client, base: str) -> None:
    copy, _ = raw(client, f"{base}/datapackage.json", **{"Accept-Encoding": "gzip"})
    assert copy.headers["accept-ranges"] == "none"
    condition = {"Accept-Encoding": "gzip", "Range": "bytes=5-14", "If-Range": copy.headers["etag"]}
    assert client.get(f"{base}/datapackage.json", headers=condition).status_code == 200


@pytest.mark.parametrize("name", ["odd-data.zip", "points.parquet", "points.xlsx"])
def test_what_is_compressed_in_itself_is_sent_as_it_is(client: httpx.Client, base: str, name: str) -> None:
    headers = client.get(f"{base}/{name}", headers={"Accept-Encoding": "gzip, zstd"}).headers
    assert "content-encoding" not in headers
    assert "vary" not in headers


def test_a_few_bytes_are_sent_as_they_are(client: httpx.Client, base: str) -> None:
    assert "content-encoding" not in client.get(f"{base}/points.csv", headers={"Accept-Encoding": "gzip"}).headers
