"""A page as text: where it leads, and what stands in which language."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "col", "hr", "img", "source", "wbr"}
# Code and data are in the language that they are in.
FREE = {"code", "pre", "td", "th", "textarea", "option", "script", "style", "title", "text", "mark", "bdi"}
SPOKEN = ("aria-label", "placeholder", "alt")
FOREIGN = {
    # The name of this project is one in any language.
    "en": re.compile(r"[\u3400-\u9fff](?<!闽)(?<!闽数)"),
    # Three words of English in a row: a name or a term may stand in Chinese.
    "zh": re.compile(r"(?:[A-Za-z][a-z’']+[ ,]+){3}"),
}
CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Element:
    """An element that is open, with what holds for the text in it."""

    tag: str
    lang: str
    free: bool


@dataclass
class Document(HTMLParser):
    """What a page says and where it leads."""

    html: str = field(repr=False)
    language: str = ""
    pages: set[str] = field(default_factory=set)
    """Addresses of links and forms, but for the page in the other language."""
    ids: set[str] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)
    """Texts that are plainly in the other language than their element."""

    def __post_init__(self) -> None:
        super().__init__()
        self._open = [Element("", "", False)]
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        above = self._open[-1]
        lang = given.get("lang", above.lang)
        if tag == "html":
            self.language = lang
        free = above.free or tag in FREE or "mono" in given.get("class", "").split()
        for name in SPOKEN:
            self._judge(given.get(name, ""), lang, free)
        if "id" in given:
            self.ids.add(given["id"])
        if tag in ("a", "form") and "hreflang" not in given:
            self.pages |= {given[name] for name in ("href", "action") if name in given}
        if tag not in VOID:
            self._open.append(Element(tag, lang, free))

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._judge(data, self._open[-1].lang, self._open[-1].free)

    def _judge(self, text: str, lang: str, free: bool) -> None:
        foreign = FOREIGN.get(lang[:2])
        if not free and foreign and foreign.search(text) and (lang[:2] == "en" or not CHINESE.search(text)):
            self.strange.append(" ".join(text.split()))
