"""RDF of strangers, parsed without asking anybody for what it names but through the guard."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urljoin
from xml.sax import SAXException

import rdflib
from rdflib import Graph
from rdflib.exceptions import Error as RdfError
from rdflib.plugins.parsers.notation3 import BadSyntax

from minshu.errors import CatalogueUnanswering
from minshu.harvest.fetching import DOCUMENT, Document, Fetcher

ACCEPT: Final = "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, application/n-triples;q=0.7"
SYNTAXES: Final = {
    **dict.fromkeys(("text/turtle", "application/x-turtle", "text/n3", ".ttl", ".n3"), "turtle"),
    **dict.fromkeys(("application/ld+json", "application/json", ".jsonld", ".json"), "json-ld"),
    **dict.fromkeys(("application/rdf+xml", "application/xml", "text/xml", ".rdf", ".xml"), "xml"),
    **dict.fromkeys(("application/n-triples", ".nt"), "nt"),
}
CONTEXTS: Final = 20
"""The most contexts of JSON-LD that a page may bring from elsewhere."""

FAILURES: Final = (
    BadSyntax,
    RdfError,
    SAXException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    AssertionError,
    RecursionError,
)


def syntax_of(document: Document) -> str | None:
    """The syntax of a document by its media type, its address, or how it begins; None where it is no RDF."""
    suffix = f".{document.url.partition('?')[0].rpartition('/')[2].rpartition('.')[2]}".lower()
    if found := SYNTAXES.get(document.media_type) or SYNTAXES.get(suffix):
        return found
    head = document.data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<rdf:RDF" in head:
        return "xml"
    return "turtle" if head.startswith((b"@prefix", b"@base", b"PREFIX", b"<http")) else None


def graph_of(document: Document, fetcher: Fetcher) -> Graph:
    """The statements of a document. Raises CatalogueUnanswering."""
    syntax = syntax_of(document)
    if syntax is None:
        raise CatalogueUnanswering(f"{document.url} is no RDF, but {document.media_type or 'of no known kind'}.")
    try:
        data = _with_contexts(document, fetcher) if syntax == "json-ld" else document.data
        with _plainly():
            return Graph(bind_namespaces="none").parse(data=data, format=syntax, publicID=document.url)
    except FAILURES as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise CatalogueUnanswering(f"{document.url} is no RDF that can be read: {words}.") from error


@contextmanager
def _plainly() -> Iterator[None]:
    """Take values as they are written, and say nothing of dates that are none, nor of what rdflib's own parser uses.

    `1e999999999` as a decimal would be written out, with all its zeros.
    """
    logger = logging.getLogger("rdflib")
    before, normal = logger.level, rdflib.NORMALIZE_LITERALS
    logger.setLevel(logging.CRITICAL)
    rdflib.NORMALIZE_LITERALS = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(before)
        rdflib.NORMALIZE_LITERALS = normal


def _with_contexts(document: Document, fetcher: Fetcher) -> bytes:
    """JSON-LD with the contexts in it that it names: the parser would fetch them itself, from anywhere."""
    return json.dumps(_Contexts(fetcher).within(json.loads(document.data), document.url)).encode()


class _Contexts:
    """Puts contexts in the place of their addresses, each time: a few that name one another often may become endless.

    `_known` are those that were fetched, each with the size that all in it has.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def within(self, value: Any, base: str) -> Any:
        """A value in which no context is told by its address. Raises CatalogueUnanswering."""
        if isinstance(value, list):
            return [self.within(one, base) for one in value]
        if not isinstance(value, dict):
            return value
        if "@import" in value:
            raise CatalogueUnanswering(f"{base} has a context of JSON-LD with `@import`, which is not followed.")
        return {
            key: self._context(one, base) if key == "@context" else self.within(one, base) for key, one in value.items()
        }

    def _context(self, value: Any, base: str) -> Any:
        if isinstance(value, list):
            return [self._context(one, base) for one in value]
        return self._fetched(urljoin(base, value)) if isinstance(value, str) else self.within(value, base)

    def _fetched(self, url: str) -> Any:
        if url in self._known:
            context, size = self._known[url]
            self._grow(size)
            return context
        if len(self._known) >= CONTEXTS:
            raise CatalogueUnanswering(f"{url} is a context of JSON-LD too many: {CONTEXTS} are the most.")
        self._known[url] = {}, 0  # One that names itself adds nothing.
        told, before = self._fetcher.json(url), self._size
        own = told.get("@context", {}) if isinstance(told, dict) else {}
        self._grow(len(json.dumps(own)))
        context = self._context(own, url)
        self._known[url] = context, self._size - before
        return context

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > DOCUMENT:
            raise CatalogueUnanswering(f"The contexts of JSON-LD that a page names have more than {DOCUMENT} bytes.")
