"""Publishers write two languages into one text."""

import pytest

from minshu.bilingual import foreign, localized, texts
from minshu.reports import Language


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("目标 / Targets", "目标", "Targets"),
        ("Targets / 目标", "目标", "Targets"),
        ("是 / 否", "是 / 否", "是 / 否"),
        ("and / or", "and / or", "and / or"),
        (
            "只有 quantitative 可以比较 / Only quantitative (可比) ones",
            "只有 quantitative 可以比较",
            "Only quantitative (可比) ones",
        ),
    ],
)
def test_of_a_text_in_two_languages_a_page_shows_its_own(text: str, chinese: str, english: str) -> None:
    assert (localized(Language.zh, text), localized(Language.en, text)) == (chinese, english)


@pytest.mark.parametrize(
    ("text", "on_chinese", "on_english"),
    [("目标", None, "zh-Hans"), ("Targets", "en", None), ("2019-08", None, None), ("指标 GDP", None, "zh-Hans")],
)
def test_a_text_in_another_language_than_its_page_is_marked(
    text: str, on_chinese: str | None, on_english: str | None
) -> None:
    assert (foreign(Language.zh, text), foreign(Language.en, text)) == (on_chinese, on_english)


def test_a_text_is_told_with_its_languages() -> None:
    assert texts("目标 / Targets") == [(Language.zh, "目标"), (Language.en, "Targets")]
    assert texts("and / or") == [(Language.en, "and / or")]
    assert texts("2019") == [(None, "2019")]
