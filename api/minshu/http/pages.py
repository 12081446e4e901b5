"""Web pages, made of the same descriptions as the JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import orjson
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from starlette.requests import Request

from minshu.errors import NotFound
from minshu.http.links import Links
from minshu.http.markdown import markdown
from minshu.settings import Settings

MEDIA_TYPES: Final = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Pages:
    """The templates and the files that they need."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = files("minshu.http") / "static"
        self._assets = {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}
        self._environment = Environment(
            loader=PackageLoader("minshu.http"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "size": size,
            "bilingual": bilingual,
            "day": day,
            "json": json,
            "markdown": markdown,
            "number": number,
            "prose": prose,
            "width": width,
        }
        self._environment.filters["of_path"] = of_path
        self._environment.globals |= {"style": self._address("minshu.css"), "icon": self._address("minshu.svg")}
        self._environment.globals["writing"] = settings.writing

    def _address(self, name: str) -> str:
        """Where a file stands. It changes with its bytes, so that browsers may keep it."""
        return f"static/{name}?{sha256(self._assets[name]).hexdigest()[:8]}"

    def render(self, template: str, request: Request, **shown: Any) -> str:
        """A page, for the client that makes this request."""
        links = Links.of(request, self._settings)
        return self._environment.get_template(template).render(links=links, **shown)

    def asset(self, name: str) -> tuple[bytes, str]:
        """A file that the pages need, and its media type. Raises NotFound where there is none."""
        if name not in self._assets:
            raise NotFound(f"The pages of this service need no file {name!r}.")
        return self._assets[name], MEDIA_TYPES[name.rpartition(".")[2]]


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


def number(count: int) -> str:
    """A whole number with its thousands apart."""
    return f"{count:,}".replace(",", "\u202f")


def width(text: str) -> int:
    """How wide a text is, in Latin letters."""
    return len(text) + len(_CHINESE.findall(text))


def of_path(described: Sequence[Mapping[str, Any]], path: str) -> Mapping[str, Any] | None:
    """The file of this path among those of a description."""
    return next((file for file in described if file["path"] == path), None)


def day(moment: datetime | str) -> str:
    """The day of a moment."""
    return str(moment)[:10]


def bilingual(text: str) -> list[tuple[str, str]]:
    """A text in its languages, for `lang` attributes: `中文 / English` is written by many publishers."""
    left, slash, right = text.partition(" / ")
    if slash and _language(left) != _language(right):
        return [(_language(left), left), (_language(right), right)]
    return [(_language(text), text)]


def _language(text: str) -> str:
    """Chinese or English, by the letters: terms of the other language may stand in either."""
    latin = len(re.findall("[A-Za-z]", text))
    return "zh-Hans" if 3 * len(_CHINESE.findall(text)) > latin else "en"
