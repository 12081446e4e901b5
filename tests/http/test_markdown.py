"""Publishers' Markdown on our pages."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.http.markdown import markdown


def test_headings_stand_below_those_of_the_page() -> None:
    assert markdown("# 一\n\n### Changed\n\n###### deep") == "<h3>一</h3>\n<h3>Changed</h3>\n<h6>deep</h6>\n"


def test_lists_code_and_tables_are_shown() -> None:
    html = markdown("- `code`\n\n| a |\n|---|\n| 甲 |\n")
    assert "<li><code>code</code></li>" in html
    assert "<td>甲</td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "![x](https://elsewhere.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_nothing_runs_and_nothing_is_loaded_from_elsewhere(text: str) -> None:
    html = markdown(text)
    assert not re.search(r"<(script|img)|href=\"(javascript|data)", html, re.IGNORECASE)


def test_links_lead_out() -> None:
    assert 'href="https://example.org" rel="external nofollow"' in markdown("[x](https://example.org)")


@given(st.text(alphabet="<>\"'&[]()!`*_#|-\n :a甲", max_size=60))
def test_no_text_brings_an_element_of_its_own(text: str) -> None:
    known = "p|h[1-6]|ul|ol|li|em|strong|code|pre|a|hr|br|blockquote|table|thead|tbody|tr|th|td"
    assert re.sub(rf"</?(?:{known})(?: [a-z]+=\"[^\"<>]*\")*(?: /)?>", "", markdown(text)).count("<") == 0
