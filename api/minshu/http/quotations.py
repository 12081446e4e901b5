"""The words of a record in the texts that it was made from, each with its address there."""

from collections.abc import Mapping
from typing import Any

from minshu.access import Reader
from minshu.browse import Release, Table
from minshu.http.links import Links
from minshu.sources import Quotation, quotations_of
from minshu.spans import Span

Description = dict[str, Any]


def quoted_in(
    release: Release, table: Table, cells: Mapping[str, Any], position: int, links: Links, reader: Reader
) -> Description:
    """What a row tells of its provenance; nothing where no table of its release says where its records stand."""
    if not release.provenance:
        return {}
    found, more = quotations_of(release, table.entry, cells, position, reader)
    return {"provenance": {"quotations": [_told(release, item, links) for item in found], "more": more}}


def place_url(release: Release, document: str, span: Span, page: int, links: Links) -> str:
    """The address of a place in a text, on the page of that which it stands on, counted from 0."""
    query = [("order", "text"), *([("page", str(page + 1))] if page else [])]
    return f"{links.source(release.name, release.version, document, query)}#{anchor(span)}"


def anchor(span: Span) -> str:
    """What a place is called in its page."""
    return f"at-{span[0]}-{span[1]}"


def _told(release: Release, item: Quotation, links: Links) -> Description:
    citation = item.citation
    return {
        "document": citation.document,
        "unit": citation.unit,
        "start": citation.start,
        "end": citation.end,
        "before": item.before,
        "quote": item.quote,
        "after": item.behind,
        "url": place_url(release, citation.document, item.span, item.page, links),
        "span": links.row(release.name, release.version, citation.own.table, citation.own.key),
    }
