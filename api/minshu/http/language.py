"""The language of a page: from its address, else as the reader prefers it (RFC 9110, 12.5.4)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from starlette.requests import Request

from minshu.reports import Language

VARY: Final = {"Vary": "Accept, Accept-Language"}
"""What the choice of a page depends on beside its address."""


def split_language(path: str) -> tuple[Language | None, str]:
    """The language that a path begins with, as `/en/datasets` does, and the path without it."""
    first, slash, rest = path[1:].partition("/")
    if first in Language.__members__:
        return Language(first), slash + rest or "/"
    return None, path


def language_of(request: Request, default: Language = Language.zh) -> Language:
    """The language in which to answer: of the address, else by `Accept-Language`, else the default."""
    chosen: Language | None = request.scope["state"].get("language")
    return chosen or preferred_language(request.headers.get("accept-language", ""), default)


@lru_cache(256)
def preferred_language(accept: str, default: Language) -> Language:
    """The language of pages that an `Accept-Language` header likes best. Who likes neither is given English."""
    liked = dict(_range(part) for part in reversed(accept.split(",")) if part.strip())
    if not liked:
        return default
    qualities = {language: _quality(language, liked) for language in Language}
    best = max(qualities.values())
    if not best:
        return default if liked.get("*") else Language.en
    order: list[Language] = [default, *Language]
    return next(language for language in order if qualities[language] == best)


def _quality(language: Language, liked: Mapping[str, float]) -> float:
    """How much a header likes a language in any of its kinds: `zh-TW` asks for Chinese as well."""
    return max((quality for tag, quality in liked.items() if tag.partition("-")[0] == language), default=0.0)


def _range(part: str) -> tuple[str, float]:
    tag, _, quality = part.partition(";")
    try:
        return tag.strip().lower(), min(max(float(quality.strip().removeprefix("q=") or 1), 0.0), 1.0)
    except ValueError:
        return tag.strip().lower(), 0.0
