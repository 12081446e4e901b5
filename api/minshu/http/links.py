"""Absolute addresses, from the public one that the operator configured, else from the request's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request

from minshu.settings import Settings


@dataclass(frozen=True)
class Links:
    """Makes the addresses of everything that is served. `base` has no slash at its end."""

    base: str

    @classmethod
    def of(cls, request: Request, settings: Settings) -> "Links":
        """The links for the answer to this request."""
        if settings.base_url:
            return cls(settings.base_url.rstrip("/"))
        scope, host = request.scope, request.headers.get("host")
        return cls(_own_base(scope["scheme"], host, scope.get("root_path", ""), tuple(scope.get("server") or ())))

    @property
    def prefix(self) -> str:
        """The path that every address begins with where the service stands below one; else nothing."""
        return urlsplit(self.base).path

    def to(self, *segments: str) -> str:
        """The address of a path, of which each segment is any text."""
        return "/".join((self.base, *(quote(segment, safe="") for segment in segments)))

    def dataset(self, name: str) -> str:
        """The address of a dataset."""
        return self.to("datasets", name)

    def release(self, name: str, version: str) -> str:
        """The address of a version."""
        return _release(self.base, name, version)

    def file(self, name: str, version: str, url_path: str) -> str:
        """The address of a file under a version. `url_path` is percent-encoded already."""
        return f"{self.release(name, version)}/{url_path}"

    def table(self, name: str, version: str, resource: str, suffix: str) -> str:
        """The address of a table as a file of this format."""
        return self.file(name, version, quote(f"{resource}.{suffix}", safe=""))

    def rows(self, name: str, version: str, resource: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """The address of a table's rows."""
        return with_query(self.file(name, version, f"{quote(resource, safe='')}/rows"), query)

    def stats(self, name: str, version: str, resource: str) -> str:
        """The address of a table's statistics."""
        return self.file(name, version, f"{quote(resource, safe='')}/stats")

    def source(self, name: str, version: str, resource: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """The address of a text with the records that were made of it."""
        return with_query(self.file(name, version, f"{quote(resource, safe='')}/source"), query)

    def chart(
        self, name: str, version: str, resource: str, query: Iterable[tuple[str, str]] = (), suffix: str = ""
    ) -> str:
        """The address of a chart of a table: of its page or, with a suffix, of its file."""
        return with_query(self.file(name, version, f"{quote(resource, safe='')}/chart{suffix}"), query)

    def row(self, name: str, version: str, resource: str, key: Iterable[str]) -> str:
        """The address of a row, by the texts of its key."""
        return "/".join((self.rows(name, version, resource), *(quote(text, safe="") for text in key)))


@dataclass(frozen=True)
class PageLinks(Links):
    """Makes the addresses of pages, in the language that this address names. `site` is the base without it."""

    site: str = ""

    @classmethod
    def within(cls, links: Links, language: str | None) -> "PageLinks":
        """The addresses of pages of this language, or in that which each reader prefers."""
        return cls(f"{links.base}/{language}" if language else links.base, links.base)

    def here(self, url: str) -> str:
        """The address of a page of this service, in the language of this one. Others stay as they are."""
        if url != self.site and not url.startswith((f"{self.site}/", f"{self.site}?")):
            return url
        return self.base + url[len(self.site) :]


@lru_cache(1024)
def _release(base: str, name: str, version: str) -> str:
    """The address of a version, which every address in an answer begins with."""
    return Links(base).to("datasets", name, "versions", version)


@lru_cache(256)
def _own_base(scheme: str, host: str | None, root_path: str, server: tuple[Any, ...]) -> str:
    """What starlette takes for the base of a request, which it takes long to put together."""
    headers = [(b"host", host.encode("latin-1"))] if host is not None else []
    scope = {"type": "http", "scheme": scheme, "server": server or None, "root_path": root_path, "headers": headers}
    return str(Request(scope).base_url).rstrip("/")


def with_query(url: str, query: Iterable[tuple[str, str]]) -> str:
    """The address with a query string, where there is one."""
    text = urlencode(list(query))
    return f"{url}?{text}" if text else url
