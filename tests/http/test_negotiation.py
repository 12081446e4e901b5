"""Which media type answers, and which content coding."""

import httpx
import pytest

from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, preferred, preferred_coding

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("", JSON_MEDIA),
        ("*/*", JSON_MEDIA),
        ("application/*", JSON_MEDIA),
        (BROWSER, HTML_MEDIA),
        ("text/html", HTML_MEDIA),
        ("text/html, */*", HTML_MEDIA),
        ("text/html;q=0.5, application/json", JSON_MEDIA),
        ("application/json;q=0, */*", HTML_MEDIA),
        ("text/*;q=0.2, */*;q=0.1", HTML_MEDIA),
        ("TEXT/HTML ; Q=1", HTML_MEDIA),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=nonsense", None),
    ],
)
def test_the_best_liked_type_answers(accept: str, answer: str | None) -> None:
    assert preferred(accept, (JSON_MEDIA, HTML_MEDIA)) == answer


def test_anything_at_the_root_is_a_page(client: httpx.Client) -> None:
    assert client.get("/", headers={"Accept": "*/*"}).headers["content-type"] == "text/html; charset=utf-8"


def test_the_root_gives_json_to_who_asks_for_it(client: httpx.Client) -> None:
    assert client.get("/").json() == client.get("/datasets").json()


@pytest.mark.parametrize("path", ["/datasets", "/datasets/odd-data", "/datasets/odd-data/versions/1.1.0"])
def test_anything_elsewhere_is_json(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"Accept": "*/*"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/datasets",
        "/datasets/odd-data",
        "/datasets/odd-data/versions/1.1.0",
        "/datasets/odd-data/versions/1.1.0/points/rows",
        "/sql",
    ],
)
def test_a_browser_gets_a_page(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": BROWSER})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_suffix_settles_the_type(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/points.json", headers={"Accept": BROWSER}).headers["content-type"] == "application/json"


def test_a_type_that_is_not_there_is_406(client: httpx.Client) -> None:
    answer = client.get("/datasets", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


def test_what_differs_by_accept_says_so(client: httpx.Client, base: str) -> None:
    for path in ("/datasets", base, f"{base}/points/rows"):
        assert client.get(path).headers["vary"] == "Accept"
    # What is told in a language.
    for path in ("/", "/nothing"):
        assert client.get(path, headers={"Accept": "text/html"}).headers["vary"] == "Accept, Accept-Language"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", None),
        ("identity", None),
        ("br, deflate", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("GZIP ; Q=0.1", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=nonsense", None),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("*;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0, *", "zstd"),
    ],
)
def test_the_best_liked_coding_is_used_and_none_where_none_is_named(accept: str, coding: str | None) -> None:
    assert preferred_coding(accept, ("zstd", "gzip")) == coding
