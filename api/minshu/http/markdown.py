"""Publishers' Markdown as HTML that is safe on our pages."""

from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# The sections of our own pages have headings of the second level.
_HIGHEST: Final = 3
# No HTML of strangers. Images are left as their text, for a page loads nothing from elsewhere.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def markdown(text: str) -> Markup:
    """A text in CommonMark, with tables, as HTML. Its headings stand below those of the page."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        _fit(token)
    # Everything that a publisher wrote was escaped by the renderer, since HTML is off.
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704


def _fit(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{max(int(token.tag[1]), _HIGHEST)}"
    for child in token.children or ():
        if child.type == "link_open":
            child.attrSet("rel", "external nofollow")
