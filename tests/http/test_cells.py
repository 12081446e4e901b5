"""Cells as people read them."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from minshu.http.cells import SHOWN, UNFOLDED, Cells
from minshu.reports import Language

TEXTS = Cells(Language.en, "VARCHAR")
ROW = "https://here.example/row"


@pytest.mark.parametrize(
    ("type_name", "value", "shown"),
    [
        ("VARCHAR", None, '<span class="empty">null</span>'),
        ("VARCHAR", "", '<span class="empty">""</span>'),
        ("VARCHAR", "<b>", "&lt;b&gt;"),
        ("BOOLEAN", True, "true"),
        ("BIGINT", 0, "0"),
        ("DOUBLE", 1e-9, "1e-09"),
        ("DECIMAL(9,2)", "1.10", "1.10"),
        ("DATE", "2019-03-29", "2019-03-29"),
        ("TIMESTAMP", "2019-03-29T08:30:00", "2019-03-29 08:30:00"),
        ("TIMESTAMP WITH TIME ZONE", "2019-03-29T08:30:00Z", "2019-03-29 08:30:00 UTC"),
        ("VARCHAR", "2019-03-29T08:30:00Z", "2019-03-29T08:30:00Z"),
        ("JSON", {"甲": [1]}, "<code>{&#34;甲&#34;:[1]}</code>"),
        ("JSON", [], "<code>[]</code>"),
    ],
)
def test_a_value_is_shown_as_what_it_is(type_name: str, value: object, shown: str) -> None:
    cells = Cells(Language.en, type_name)
    assert cells.cell(value) == shown
    assert cells.short(value) == shown


def test_a_null_is_told_in_the_language_of_the_page() -> None:
    assert Cells(Language.zh, "BIGINT").cell(None) == '<span class="empty">空值</span>'


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "ftp://a.example/", "see https://a.example/", "https://a.example/ b", "HTTPS://a"]
)
def test_nothing_but_a_web_address_is_a_link(text: str) -> None:
    assert "<a" not in TEXTS.cell(text)


def test_a_web_address_is_a_link_that_lends_it_no_weight() -> None:
    url = "https://a.example/?a=1&b='2'"
    shown = Markup('<a href="{0}" rel="nofollow noopener external">{0}</a>').format(url)
    assert TEXTS.cell(url) == TEXTS.whole(url) == shown


@given(st.text(min_size=1), st.sampled_from([1, 40, 900]))
def test_a_long_text_is_all_there_but_for_what_its_own_page_shows(text: str, times: int) -> None:
    whole = f"x{text}" * times
    shown = TEXTS.cell(whole, row=ROW)
    assert whole[:UNFOLDED] in unescape(shown.replace("</summary>", "").replace('<details class="clip"><summary>', ""))
    assert (ROW in shown) == (len(whole) > UNFOLDED)
    assert unescape(str(TEXTS.whole(whole))) == unescape(str(Markup.escape(whole)))


def test_a_value_that_stands_for_something_is_told_in_words_and_as_it_is() -> None:
    labels = {"w": "齐全 / Whole <all>", "plain": "plain"}
    chinese, english = (Cells(language, "VARCHAR", labels) for language in Language)
    assert (chinese.short("w"), english.short("w")) == ("齐全", "Whole &lt;all&gt;")
    assert (
        english.cell("w") == english.whole("w") == '<span>Whole &lt;all&gt;</span> <small class="mono soft">w</small>'
    )
    assert english.cell("plain") == "plain"
    assert english.cell("w", ROW) == f'<a href="{ROW}">Whole &lt;all&gt;</a>'


def test_a_value_that_names_a_row_links_to_it_in_few_words() -> None:
    assert TEXTS.cell("x" * 500, ROW) == f'<a href="{ROW}">{"x" * (SHOWN - 1)}…</a>'
    assert TEXTS.cell(None, None) != TEXTS.cell(None, ROW)
