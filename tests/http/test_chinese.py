"""Every error has words in Chinese, made of its own data."""

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import httpx
import pytest

from minshu.errors import ColumnNotFound, DatasetNotFound, JobLate, MinshuError, NothingToApplyFor, ReleaseNotFound
from minshu.errors.sql import Place
from minshu.http.chinese import WORDS, words_of
from minshu.http.problems import known_problems, problem_of
from minshu.http.statuses import MET
from minshu.http.ways import alike

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGE = {"Accept": "text/html"}


def family(kind: type[MinshuError]) -> Iterator[type[MinshuError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


def example(kind: type[MinshuError]) -> MinshuError:
    """An error with some data of the right types."""
    if kind.__init__ is Exception.__init__:
        return kind("words")
    hints = get_type_hints(kind.__init__)
    values: dict[Any, Any] = {
        int: 7,
        float: 2.5,
        datetime: datetime(2026, 1, 2, tzinfo=UTC),
        str: "x",
        Place | None: Place(1, 1, 2),
    }
    given = [
        values.get(hints[name], ["x", "y"] if "Iterable" in str(hints[name]) else "x")
        for name in inspect.signature(kind.__init__).parameters
        if name != "self"
    ]
    return kind(*given)


def test_no_code_that_a_request_can_meet_lacks_its_chinese_words() -> None:
    assert set(WORDS) == {problem.code for problem in known_problems()}


def test_every_title_and_sentence_is_chinese() -> None:
    assert [
        code for code, words in WORDS.items() if not (CHINESE.search(words.title) and CHINESE.search(words.sentence))
    ] == []


@pytest.mark.parametrize("kind", [kind for top in MET for kind in family(top)], ids=lambda kind: kind.code)
def test_a_sentence_takes_nothing_but_the_data_of_its_error(kind: type[MinshuError]) -> None:
    problem = problem_of(example(kind))
    assert words_of(kind.code).fields <= set(problem.data)


def test_a_sentence_is_made_of_the_data() -> None:
    assert (
        words_of("column-not-found").said(vars(ColumnNotFound("a", ["甲", "乙"])))
        == "没有名为“a”的列。现有的列：甲、乙。"
    )
    assert words_of("release-not-found").said(vars(ReleaseNotFound("d", "9", ()))) == "d 没有版本“9”。现有版本：无。"
    assert words_of("job-late").said(vars(JobLate(20.0))).startswith("处理在 20 秒后被停止。")
    assert "无条件开放" in words_of("nothing-to-apply-for").said(vars(NothingToApplyFor("d", "unconditional")))
    assert words_of("dataset-not-found").said(vars(DatasetNotFound("{0}"))) == "没有名为“{0}”的数据集。"


def test_a_problem_is_chinese_for_who_prefers_that_and_english_for_everybody_else(client: httpx.Client) -> None:
    chinese = client.get("/datasets/nothing", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert (chinese.json()["title"], chinese.json()["code"]) == ("没有这个数据集", "dataset-not-found")
    assert (chinese.headers["content-language"], chinese.headers["vary"]) == ("zh-Hans", "Accept, Accept-Language")
    for headers in ({}, {"Accept-Language": "de"}, {"Accept-Language": "en, zh;q=0.5"}):
        told = client.get("/datasets/nothing", headers=headers)
        assert (told.json()["title"], told.headers["content-language"]) == (
            "The store has no dataset of this name",
            "en",
        )


def test_words_that_only_english_has_are_told_in_both(client: httpx.Client) -> None:
    problem = client.get("/zh/datasets/odd-data/versions/1.1.0/points/rows?id__lt=x").json()
    assert problem["detail"].startswith("筛选条件的运算符不存在，或者值不适用于该列。")
    assert "'x'" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "words", "url"),
    [
        ("/datasets/odd-dat", "没有名为“odd-dat”的数据集。", "/zh/datasets/odd-data"),
        ("/datasets/ODD_DATA", "也许您要找的是", "/zh/datasets/odd-data"),
        ("/datasets/odd-data/versions/9.9.9", "没有版本“9.9.9”", "/zh/datasets/odd-data/versions/1.1.0"),
        (
            "/datasets/odd-data/versions/1.1.0/point/rows",
            "没有名为“point”的表",
            "/zh/datasets/odd-data/versions/1.1.0/points/rows",
        ),
        (
            "/datasets/odd-data/versions/1.1.0/points/rows?nam=1",
            "没有列“nam”",
            "/zh/datasets/odd-data/versions/1.1.0",
        ),
        ("/nothing", "搜索数据", "/zh/datasets"),
    ],
)
def test_an_error_page_says_what_is_wrong_in_chinese_and_where_to_go(
    client: httpx.Client, path: str, words: str, url: str
) -> None:
    page = client.get(f"/zh{path}", headers=PAGE).text
    assert words in page
    assert f'href="{client.base_url}{url}"' in page


def test_an_error_page_is_english_where_that_is_asked_for(client: httpx.Client) -> None:
    page = client.get("/en/datasets/odd-dat", headers=PAGE).text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "Perhaps you meant" in main
    assert CHINESE.search(main) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [("work-point-2019", ["work-points-2019"]), ("WORK", ["work-points-2019"]), ("zzz", []), ("", [])],
)
def test_names_that_are_alike_are_offered(name: str, found: list[str]) -> None:
    assert alike(name, ["work-points-2019", "fujian-divisions"]) == found
