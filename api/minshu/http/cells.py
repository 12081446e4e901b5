"""The cells of a table as people read them. A page has thousands: they are written here, not in a template."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import orjson
from markupsafe import Markup, escape

from minshu.bilingual import localized
from minshu.reports import Language

SHOWN: Final = 60
"""The characters of a text that are shown at once; the rest unfolds."""

WHOLE: Final = 80
"""The characters of a text that is shown whole: to unfold a few words is not worth it."""

UNFOLDED: Final = 2000
"""The characters of a text that a table shows at most; all of it is on the page of its row."""

_URL: Final = re.compile(r"https?://[^\s<>\"]{1,2000}")
_EMPTY: Final = Markup('<span class="empty">""</span>')
_NULL: Final = {
    Language.zh: Markup('<span class="empty">空值</span>'),
    Language.en: Markup('<span class="empty">null</span>'),
}
_WHOLE: Final = {Language.zh: Markup("全文"), Language.en: Markup("whole text")}
# Joined with `+`, which escapes as well, and takes a fifth of the time of `format`.
_CLIP, _REST, _END = Markup('<details class="clip"><summary>'), Markup("</summary>"), Markup("</details>")
_CODE, _CODE_END, _PRE, _PRE_END = Markup("<code>"), Markup("</code>"), Markup("<pre>"), Markup("</pre>")
_HREF, _FOREIGN, _INSIDE = Markup('<a href="'), Markup('" rel="nofollow noopener external">'), Markup('">')
_HREF_END = Markup("</a>")
_LABEL, _VALUE, _LABEL_END = Markup("<span>"), Markup('</span> <small class="mono soft">'), Markup("</small>")


class Cells:
    """Writes the values of a column of this type of DuckDB's, in a language.

    `labels` says in words what some values stand for: these are shown, with the value itself where there is room.
    """

    def __init__(self, language: Language, type_name: str, labels: Mapping[str, str] = MappingProxyType({})) -> None:
        self._null, self._whole = _NULL[language], _WHOLE[language]
        self._is_moment = type_name.startswith("TIMESTAMP")
        self._labels = {value: localized(language, label) for value, label in labels.items() if label != value}

    def cell(self, value: object, link: str | None = None, row: str | None = None) -> Markup:
        """A value in a table. `link` is the address of what it names; `row` that of its own row."""
        if link:
            return _linked(self.short(value), link)
        if type(value) is str and value in self._labels:
            return _LABEL + self._labels[value] + _VALUE + value + _LABEL_END
        if type(value) is str and value and not self._is_moment:
            return _text(value) if len(value) <= WHOLE or _URL.fullmatch(value) else self._clipped(value, row)
        if isinstance(value, list | dict):
            return self._json(value, row)
        return self.short(value)

    def short(self, value: object) -> Markup:
        """A value in few words, for a link or a list: a long one is cut."""
        match value:
            case None:
                return self._null
            case "":
                return _EMPTY
            case bool():
                return escape("true" if value else "false")
            case str() if value in self._labels:
                return escape(_cut(self._labels[value]))
            case str():
                return escape(_moment(value) if self._is_moment else _cut(value))
            case int() | float():
                return escape(value)
        return _CODE + _cut(orjson.dumps(value).decode()) + _CODE_END

    def whole(self, value: object, link: str | None = None) -> Markup:
        """A value with nothing left out."""
        if link or not value or not isinstance(value, str | list | dict):
            return self.cell(value, link)
        if isinstance(value, str):
            return _text(value) if not self._is_moment and value not in self._labels else self.cell(value)
        return _PRE + _CODE + _indented(value) + _CODE_END + _PRE_END

    def _clipped(self, value: str, row: str | None) -> Markup:
        return _CLIP + value[:SHOWN] + _REST + value[SHOWN:UNFOLDED] + self._more(value, row) + _END

    def _json(self, value: object, row: str | None) -> Markup:
        text = orjson.dumps(value).decode()
        if len(text) <= SHOWN:
            return _CODE + text + _CODE_END
        whole = _indented(value)
        unfolded = _PRE + whole[:UNFOLDED] + self._more(whole, row) + _PRE_END
        return _CLIP + _CODE + _cut(text) + _CODE_END + _REST + unfolded + _END

    def _more(self, value: str, row: str | None) -> Markup | str:
        """What stands behind a text that was cut even where it is unfolded."""
        if len(value) <= UNFOLDED:
            return ""
        return Markup("… ") + _linked(self._whole, row) if row else "…"


def _text(value: str) -> Markup:
    """A text, which may be the address of something."""
    if value[0] == "h" and _URL.fullmatch(value):
        return _HREF + value + _FOREIGN + value + _HREF_END
    return escape(value)


def _moment(value: str) -> str:
    """A moment as people write it: ISO 8601 has a `T` between the day and the time, and `Z` for UTC."""
    return value.replace("T", " ").replace("Z", " UTC")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _linked(shown: Markup, url: str) -> Markup:
    return _HREF + url + _INSIDE + shown + _HREF_END
