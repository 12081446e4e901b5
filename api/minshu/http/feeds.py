"""What was released, newest first, for feed readers: Atom (RFC 4287) and JSON Feed 1.1."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.bilingual import TAGS
from minshu.browse import Library, Release
from minshu.errors import StoreError
from minshu.http.answers import fresh, page_headers
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep
from minshu.http.describe import said, what_changed
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.models import HELD
from minshu.http.pages import Pages
from minshu.xml_text import xml_text

log = logging.getLogger(__name__)
router = APIRouter(tags=["Feeds"])

LENGTH: Final = 50
"""The most entries of a feed."""

ATOM_MEDIA: Final = "application/atom+xml"
FEED_MEDIA: Final = "application/feed+json"
ATOM: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "Atom.", "content": {ATOM_MEDIA: {}}}, **HELD}
JSON_FEED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "JSON Feed 1.1.", "content": {FEED_MEDIA: {}}},
    **HELD,
}


@dataclass(frozen=True)
class Entry:
    """One release, as feeds tell of it. `url` is its identity as well, for it never changes."""

    url: str
    title: str
    published: str
    updated: str
    content: str
    authors: tuple[str, ...]


@dataclass(frozen=True)
class Feed:
    """A feed: `home` is the page that it follows, and `url` where it stands without its suffix.

    `hubs` are the addresses at which subscribers are told when it is another (WebSub).
    """

    title: str
    home: str
    url: str
    entries: tuple[Entry, ...]
    hubs: tuple[str, ...] = ()

    def headers(self, suffix: str) -> dict[str, str]:
        """Where it stands, and where one subscribes to it (WebSub, 4); nothing where there is no hub."""
        related = [(hub, "hub") for hub in self.hubs] + [(f"{self.url}.{suffix}", "self")]
        return {"Link": ", ".join(f'<{url}>; rel="{rel}"' for url, rel in related)} if self.hubs else {}

    @property
    def updated(self) -> str:
        """When anything was last said in it."""
        return max((entry.updated for entry in self.entries), default=_moment(datetime.fromtimestamp(0, UTC)))


@router.get("/feed.atom", summary="What was released, as Atom", responses=ATOM)
def all_as_atom(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """The newest releases of all datasets, with what changed in each."""
    return _atom(request, services, _of_all(request, services, links))


@router.get("/feed.json", summary="What was released, as JSON Feed", responses=JSON_FEED)
def all_as_json(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """The newest releases of all datasets, with what changed in each."""
    return _json(request, _of_all(request, services, links))


@router.get("/datasets/{name}/feed.atom", summary="What was released of a dataset, as Atom", responses=ATOM)
def dataset_as_atom(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """The newest releases of a dataset, with what changed in each."""
    return _atom(request, services, _of_one(request, services, links, name))


@router.get("/datasets/{name}/feed.json", summary="What was released of a dataset, as JSON Feed", responses=JSON_FEED)
def dataset_as_json(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """The newest releases of a dataset, with what changed in each."""
    return _json(request, _of_one(request, services, links, name))


def _of_all(request: Request, services: Services, links: Links) -> Feed:
    entries = _entries(request, services, links, services.directory.last(LENGTH))
    return Feed("闽数 Minshu", f"{links.base}/", f"{links.base}/feed", entries, tuple(services.hooks.hubs(None)))


def _of_one(request: Request, services: Services, links: Links, name: str) -> Feed:
    dataset = services.library.dataset(name)
    found = ((name, version) for version in dataset.versions[:LENGTH])
    home = links.dataset(name)
    entries = _entries(request, services, links, found)
    return Feed(f"{name} · 闽数 Minshu", home, f"{home}/feed", entries, tuple(services.hooks.hubs(name)))


def _entries(request: Request, services: Services, links: Links, found: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
    """These releases, those first of which anything was said last."""
    releases = sorted(_readable(services.library, found), key=lambda release: release.modified, reverse=True)
    return tuple(_entry(release, links, request, services.pages) for release in releases)


def _readable(library: Library, found: Iterable[tuple[str, str]]) -> Iterator[Release]:
    for name, version in found:
        try:
            yield library.release(name, version)
        except StoreError:
            log.exception("%s %s is not in the feed", name, version)


def _entry(release: Release, links: Links, request: Request, pages: Pages) -> Entry:
    told = said(release.descriptor)
    content = pages.render("entry.html", request, description=told.get("description"), **what_changed(release, links))
    authors = (author.get("title") for author in told.get("contributors", ()))
    return Entry(
        url=links.release(release.name, release.version),
        title=xml_text(f"{told.get('title', release.name)} {release.version}"),
        published=_moment(release.published),
        updated=_moment(release.modified),
        content=xml_text(content),
        authors=tuple(xml_text(author) for author in authors if author),
    )


def _atom(request: Request, services: Services, feed: Feed) -> Response:
    text = services.pages.render("feed.atom", request, feed=feed)
    return fresh(request, text.encode(), ATOM_MEDIA, headers={**page_headers(request), **feed.headers("atom")})


def _json(request: Request, feed: Feed) -> Response:
    items = [
        {
            "id": entry.url,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.content,
            "date_published": entry.published,
            "date_modified": entry.updated,
            **({"authors": [{"name": name} for name in entry.authors]} if entry.authors else {}),
        }
        for entry in feed.entries
    ]
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "language": TAGS[language_of(request)],
        "home_page_url": feed.home,
        "feed_url": f"{feed.url}.json",
        **({"hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs]} if feed.hubs else {}),
        "items": items,
    }
    return fresh(request, orjson.dumps(told), FEED_MEDIA, headers={**page_headers(request), **feed.headers("json")})


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
