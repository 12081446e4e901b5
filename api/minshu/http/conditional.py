"""Conditional requests and ranges (RFC 9110, sections 13 and 14), as pure functions of headers."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Final

IMMUTABLE: Final = "public, max-age=31536000, immutable"
SHORT: Final = "public, max-age=60"

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True)
class Validators:
    """What a client may hold on to: an entity tag and, where they are known, the last change and the digest."""

    etag: str
    modified: datetime | None = None
    sha256: str | None = None

    def headers(self, cache: str) -> dict[str, str]:
        """The headers that say so."""
        headers = {"ETag": self.etag, "Cache-Control": cache}
        if self.modified is not None:
            headers["Last-Modified"] = http_date(self.modified)
        if self.sha256 is not None:
            headers["Repr-Digest"] = repr_digest(self.sha256)
        return headers


class RangeNotSatisfiable(Exception):
    """No byte of the representation lies in the range that was asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"The range lies outside of the {size} bytes that there are.")


class PreconditionFailed(Exception):
    """The request is to be answered only of another representation than the one that there is."""

    def __init__(self, header: str) -> None:
        super().__init__(f"What {header} asks for is not what there is now.")


def strong_etag(digest: str) -> str:
    """A strong entity tag made of a digest."""
    return f'"{digest}"'


def repr_digest(sha256: str) -> str:
    """The value of `Repr-Digest` (RFC 9530) for a SHA-256 in hexadecimal."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"


def not_modified(request: Mapping[str, str], held: Validators) -> bool:
    """Whether 304 answers the request: the client's copy is the current one. Conditions come in the standard's order.

    Raises PreconditionFailed.
    """
    _require(request, held)
    tags = request.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or has_tag(tags, held.etag)
    since = _parsed_date(request.get("if-modified-since"))
    return since is not None and held.modified is not None and held.modified.replace(microsecond=0) <= since


def has_tag(tags: str, etag: str) -> bool:
    """Whether a list of entity tags names this one. `If-None-Match` compares weakly."""
    return any(match[2] == etag.removeprefix("W/") for match in _TAG.finditer(tags))


def byte_range(request: Mapping[str, str], held: Validators, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that the request asks for; None for the whole.

    Several ranges, other units and nonsense are answered whole, as the standard allows; so is a range of a
    representation that is no longer the client's (`If-Range`).
    Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(request.get("range", ""))
    if match is None or not any(match.groups()) or not _same_representation(request.get("if-range"), held):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(size - int(last), 0)
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, min(int(last) + 1, size) if first and last else size


def _require(request: Mapping[str, str], held: Validators) -> None:
    """`If-Match` compares strongly, so that a weak tag never matches; where it is given, no date is asked."""
    tags = request.get("if-match")
    if tags is not None:
        if tags.strip() != "*" and held.etag not in (match[2] for match in _TAG.finditer(tags) if not match[1]):
            raise PreconditionFailed("If-Match")
        return
    since = _parsed_date(request.get("if-unmodified-since"))
    if since is not None and held.modified is not None and held.modified.replace(microsecond=0) > since:
        raise PreconditionFailed("If-Unmodified-Since")


def _same_representation(if_range: str | None, held: Validators) -> bool:
    """`If-Range` compares strongly: a weak tag never matches, and a date only when it is exactly ours."""
    if if_range is None or if_range == held.etag:
        return True
    return held.modified is not None and if_range == http_date(held.modified)


@lru_cache(256)
def http_date(moment: datetime) -> str:
    """A moment as HTTP writes it, in whole seconds."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _parsed_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
