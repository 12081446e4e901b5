"""Web pages, made of the same descriptions as the JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import orjson
from jinja2 import Environment, PackageLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request

from minshu.bilingual import TAGS, chinese_letters, foreign, localized
from minshu.errors import NotFound
from minshu.http.language import language_of
from minshu.http.links import Links, PageLinks
from minshu.http.markdown import markdown
from minshu.http.snippets import marked, piece, shown
from minshu.reports import Language
from minshu.settings import Settings

MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
STYLE: Final = "minshu.css"


class Pages:
    """The templates and the files that they need."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._assets = dict(_assets())
        self._environments = {language: self._environment(language) for language in Language}

    def _environment(self, language: Language) -> Environment:
        """The templates in one language."""
        environment = Environment(
            loader=PackageLoader("minshu.http"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "data_block": data_block,
            "day": day,
            "foreign": partial(foreign, language),
            "json": json,
            "localized": partial(localized, language),
            "markdown": markdown,
            "marked": marked,
            "number": number,
            "of_path": of_path,
            "piece": piece,
            "prose": prose,
            "size": size,
            "snippet": shown,
            "width": width,
        }
        environment.globals |= {
            "icon": self._address("minshu.svg"),
            "lang": language.value,
            "languages": TAGS,
            "script": self._script,
            "style": self._address(STYLE),
            "t": lambda zh, en: zh if language is Language.zh else en,
            "validating": bool(self._settings.validate_bytes),
            "at_once": self._settings.feedback == "at-once",
            "takes_feedback": self._settings.feedback != "off",
            "writing": self._settings.writing,
        }
        return environment

    def _address(self, name: str) -> str:
        """Where a file stands. It changes with its bytes, so that browsers may keep it."""
        return f"static/{name}?{sha256(self._assets[name]).hexdigest()[:8]}"

    @pass_context
    def _script(self, context: Context, name: str) -> Markup:
        """The element that loads one of our scripts."""
        address = f"{context['site'].base}/{self._address(f'{name}.js')}"
        return Markup('<script type="module" src="{}"></script>').format(address)

    def render(self, template: str, request: Request, **shown: Any) -> str:
        """A page, for the client that makes this request, in its language.

        `links` has the addresses of pages, which keep the language where that is a part of the address; `site` has
        those of all else; `here` is the page's own address without its language.
        """
        language, site = language_of(request), Links.of(request, self._settings)
        links = PageLinks.within(site, request.scope["state"].get("language"))
        query = request.scope["query_string"].decode("latin-1")
        here = request.scope["path"] + (f"?{query}" if query else "")
        page = self._environments[language].get_template(template)
        return page.render(links=links, site=site, here=here, **shown)

    def asset(self, name: str) -> tuple[bytes, str]:
        """A file that the pages need, and its media type. Raises NotFound where there is none."""
        if name not in self._assets:
            raise NotFound(f"The pages of this service need no file {name!r}.")
        return self._assets[name], MEDIA_TYPES[name.rpartition(".")[2]]


def _assets() -> Iterator[tuple[str, bytes]]:
    """Each file that pages need, by its name; the styles, which are written apart for each kind of page, as one."""
    folder = files("minshu.http") / "static"
    styles, scripts = folder / "css", folder / "js"
    for item in (*folder.iterdir(), *(scripts.iterdir() if scripts.is_dir() else ())):
        if item.is_file():
            yield item.name, item.read_bytes()
    parts = sorted(styles.iterdir(), key=lambda item: item.name)
    yield STYLE, b"\n".join(part.read_bytes() for part in parts)


def prose(text: str) -> Markup:
    """A text of this project as HTML: paragraphs, and `code` between backticks."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(Markup("").join(_marked(part))) for part in paragraphs)


def _marked(paragraph: str) -> Iterator[Markup]:
    for index, part in enumerate(paragraph.split("`")):
        yield Markup("<code>{}</code>").format(part) if index % 2 else escape(part)


def size(count: int) -> str:
    """A number of bytes as people read it."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def json(value: object) -> str:
    """A value as it stands in JSON."""
    return orjson.dumps(value).decode()


def data_block(value: object) -> Markup:
    """JSON-LD as a data block (HTML, 4.12.1): browsers run nothing of it, and no text of it can end the element."""
    text = orjson.dumps(value).decode()
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704  # No character can end it.


def number(count: int) -> str:
    """A whole number with its thousands apart."""
    return f"{count:,}".replace(",", "\u202f")


def width(text: str) -> int:
    """How wide a text is, in Latin letters."""
    return len(text) + chinese_letters(text)


def of_path(described: Sequence[Mapping[str, Any]], path: str) -> Mapping[str, Any] | None:
    """The file of this path among those of a description."""
    return next((file for file in described if file["path"] == path), None)


def day(moment: datetime | str) -> str:
    """The day of a moment."""
    return str(moment)[:10]
