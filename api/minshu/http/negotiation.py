"""Which media type and which content coding answer a request (RFC 9110, 12.5)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from starlette.requests import Request

from minshu.errors import NotAcceptable

JSON_MEDIA: Final = "application/json"
HTML_MEDIA: Final = "text/html"
PLAIN_MEDIA: Final = "text/plain"
PROBLEM_MEDIA: Final = "application/problem+json"


def negotiated(request: Request, offered: Sequence[str] = (JSON_MEDIA, HTML_MEDIA)) -> str:
    """The best of the offered media types for this request; the first of them where it has no preference.

    Raises NotAcceptable when none will do.
    """
    accept = ",".join(request.headers.getlist("accept"))
    found = preferred(accept, offered)
    if found is None:
        raise NotAcceptable(f"Nothing here is {accept}. This can be had as {' or '.join(offered)}.")
    return found


@lru_cache(64)
def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an `Accept` header likes best, or None. No header accepts everything."""
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    if not ranges:
        return offered[0]
    # What is named is liked better than what a wildcard allows, and what is offered first better than the rest.
    (quality, _), index = max((_quality(kind, ranges), -index) for index, kind in enumerate(offered))
    return offered[-index] if quality > 0 else None


def preferred_coding(accept: str, offered: Sequence[str]) -> str | None:
    """The offered content coding that an `Accept-Encoding` header likes best; None for the file as it is."""
    told = dict(_media_range(part) for part in accept.split(",") if part.strip())
    liked = {name: told.get(name, told.get("*", 0.0)) for name in offered}
    best = max(offered, key=lambda name: (liked[name], -offered.index(name)))
    return best if liked[best] > 0 and liked[best] >= told.get("identity", 0.0) else None


def wants_page(request: Request) -> bool:
    """Whether an error is best shown as a page: only where HTML is named and liked better than JSON."""
    accept = ",".join(request.headers.getlist("accept"))
    return preferred(accept, (PROBLEM_MEDIA, JSON_MEDIA, HTML_MEDIA)) == HTML_MEDIA


def _media_range(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        return kind, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return kind, 0.0


def _quality(kind: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """The quality that the most specific matching range gives to a media type, and how specific it is."""
    family = kind.partition("/")[0] + "/*"
    for specific, wanted in ((2, kind), (1, family), (0, "*/*")):
        matching = [quality for text, quality in ranges if text == wanted]
        if matching:
            return max(matching), specific
    return 0.0, 0
