"""Pages are in one language: that of the address, else the one that the reader prefers."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.http.language import preferred_language, split_language
from minshu.http.links import Links, PageLinks
from minshu.reports import Language

HTML = {"Accept": "text/html"}


def language_of(answer: httpx.Response) -> str | None:
    found = re.search('<html lang="([^"]+)"', answer.text)
    return found and found[1]


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh;q=0.3, en;q=0.9", "en"),
        ("zh-Hant-TW", "zh"),
        ("fr-FR,fr;q=0.9", "en"),
        ("fr,zh;q=0.1", "zh"),
        ("*", "zh"),
        ("en;q=0", "en"),
        ("zh;q=0.5,en;q=0.5", "zh"),
        ("EN-us", "en"),
        ("en;q=much", "en"),
    ],
)
def test_the_language_is_what_the_reader_likes_best(accept: str, language: str) -> None:
    assert preferred_language(accept, Language.zh) == language


@given(st.text(max_size=60))
def test_whatever_a_header_holds_there_is_a_language(accept: str) -> None:
    assert preferred_language(accept, Language.zh) in Language


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("/en/datasets", ("en", "/datasets")),
        ("/zh", ("zh", "/")),
        ("/zh/", ("zh", "/")),
        ("/", (None, "/")),
        ("/english/x", (None, "/english/x")),
        ("/en%2Fdatasets", (None, "/en%2Fdatasets")),
        ("/datasets/en", (None, "/datasets/en")),
    ],
)
def test_a_path_may_begin_with_a_language(path: str, split: tuple[str | None, str]) -> None:
    assert split_language(path) == split


def test_the_address_decides_against_the_reader(client: httpx.Client) -> None:
    answer = client.get("/zh/datasets", headers={**HTML, "Accept-Language": "en"})
    assert (language_of(answer), answer.headers["content-language"]) == ("zh-Hans", "zh-Hans")


def test_a_page_without_a_language_in_its_address_varies_by_the_reader(client: httpx.Client) -> None:
    answers = {lang: client.get("/datasets", headers={**HTML, "Accept-Language": lang}) for lang in ("zh", "en")}
    assert [language_of(answer) for answer in answers.values()] == ["zh-Hans", "en"]
    assert {answer.headers["vary"] for answer in answers.values()} == {"Accept, Accept-Language"}
    assert len({answer.headers["etag"] for answer in answers.values()}) == 2


def test_an_error_is_in_the_language_of_its_address(client: httpx.Client) -> None:
    answer = client.get("/en/datasets/none", headers=HTML)
    assert (answer.status_code, language_of(answer)) == (404, "en")


def test_data_has_no_language(client: httpx.Client) -> None:
    assert client.get("/en/datasets").json() == client.get("/datasets").json()


def test_latest_keeps_the_language(client: httpx.Client) -> None:
    for prefix in ("", "/en"):
        moved = client.get(f"{prefix}/datasets/odd-data/versions/latest/points/rows?_size=1", follow_redirects=False)
        assert moved.headers["location"] == str(
            client.base_url.join(f"{prefix}/datasets/odd-data/versions/1.1.0/points/rows?_size=1")
        )


def test_a_page_names_itself_in_the_other_language(client: httpx.Client, address: str) -> None:
    text = client.get("/en/datasets?x=%E5%80%BC&y=1", headers=HTML).text
    assert f'hreflang="zh-Hans" href="{address}/zh/datasets?x=%E5%80%BC&amp;y=1"' in text


def test_only_addresses_of_this_service_are_given_a_language() -> None:
    links = PageLinks.within(Links("http://h/base"), "en")
    assert links.here("http://h/base") == "http://h/base/en"
    assert links.here("http://h/base/datasets?x#y") == "http://h/base/en/datasets?x#y"
    assert links.here("http://h/based") == "http://h/based"
    assert links.here("https://elsewhere.example/") == "https://elsewhere.example/"
    assert PageLinks.within(Links("http://h"), None).here("http://h/sql") == "http://h/sql"
