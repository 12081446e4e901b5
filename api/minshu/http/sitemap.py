"""The pages for search engines: sitemaps of sitemaps.org, with the same page in both languages beside each other.

An address stands in it for each language of a page. A sitemap may name only what lies below its own address, so that
all parts of a large one stand at the top.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from minshu.bilingual import TAGS
from minshu.reports import Language
from minshu.xml_text import xml_text

PART: Final = 5000
"""Pages of one part: 10,000 addresses and 6 MB, where the protocol allows 50,000 and 50 MB."""

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class Page:
    """A page: its path behind the language, and when anything was last said on it, where that is known."""

    path: str
    modified: datetime | None = None


def parts(pages: Sequence[Page]) -> list[Sequence[Page]]:
    """The pages of each part, one at least."""
    return [pages[start : start + PART] for start in range(0, max(len(pages), 1), PART)]


def urlset(base: str, pages: Iterable[Page]) -> bytes:
    """A sitemap of pages."""
    lines = "".join(_urls(base, pages))
    spaces = f'xmlns="{_SITEMAP}" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return f"{_HEAD}<urlset {spaces}>\n{lines}</urlset>\n".encode()


def index(base: str, pages: Sequence[Sequence[Page]]) -> bytes:
    """The index of a sitemap in parts, each with the last change in it."""
    lines = (
        f"<sitemap><loc>{_text(f'{base}/sitemap-{number}.xml')}</loc>{_lastmod(_last(part))}</sitemap>\n"
        for number, part in enumerate(pages, start=1)
    )
    return f'{_HEAD}<sitemapindex xmlns="{_SITEMAP}">\n{"".join(lines)}</sitemapindex>\n'.encode()


def _urls(base: str, pages: Iterable[Page]) -> Iterator[str]:
    for page in pages:
        hrefs = {tag: f"{base}/{language}{page.path}" for language, tag in TAGS.items()}
        links = "".join(_alternate(tag, url) for tag, url in (*hrefs.items(), ("x-default", f"{base}{page.path}")))
        for language in Language:
            yield f"<url><loc>{_text(hrefs[TAGS[language]])}</loc>{_lastmod(page.modified)}{links}</url>\n"


def _alternate(tag: str, url: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{tag}" href={quoteattr(xml_text(url))}/>'


def _last(pages: Iterable[Page]) -> datetime | None:
    return max((page.modified for page in pages if page.modified), default=None)


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat(timespec='seconds')}</lastmod>" if moment else ""


def _text(url: str) -> str:
    return escape(xml_text(url))
