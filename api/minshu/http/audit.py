"""The log of the store, for everybody: page by page, or whole as it is."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from minshu.audit import AuditLog, Entry
from minshu.http.answers import data, page
from minshu.http.audit_words import ACTS, ROLES
from minshu.http.conditional import SHORT
from minshu.http.dependencies import AccountDep, LinksDep, ServicesDep
from minshu.http.links import Links, with_query
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, negotiated
from minshu.http.standing_models import LINES, LogModel

router = APIRouter(tags=["Service"])

SIZE: Final = 100
SIZE_MAX: Final = 1000
AT_ONCE: Final = 256
"""Entries of the whole log that are in memory at once."""

NDJSON_MEDIA: Final = "application/x-ndjson"

After = Annotated[int, Query(ge=0, lt=10**12, description="The number of the entry before the first that is given.")]
Before = Annotated[int | None, Query(ge=1, lt=10**12, description="On the page: the entry after the newest shown.")]
Size = Annotated[int, Query(ge=1, le=SIZE_MAX, description="How many entries are given at once.")]


@router.get("/audit", summary="The log of every act on the store", responses=answers(LogModel, page=True))
def list_entries(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    account: AccountDep,
    after: After = 0,
    before: Before = None,
    size: Size = SIZE,
) -> Response:
    """Oldest first, and each the same to the last byte; as a page, newest first. Who acted is told by role alone."""
    log = services.store.log
    account.rows += size
    if negotiated(request) == HTML_MEDIA:
        return page(request, services.pages.render("audit.html", request, **_shown(log, before, size, links)))
    found = list(islice(log.entries(after), size + 1))
    entries = [orjson.Fragment(entry.data.rstrip()) for entry in found[:size]]
    following = [("after", str(after + size)), ("size", str(size))]
    more = with_query(links.to("audit"), following) if len(found) > size else None
    return data(request, {"entries": entries, "next": more})


@router.get("/audit.ndjson", summary="The whole log", response_class=StreamingResponse, responses=LINES)
def all_entries(services: ServicesDep, account: AccountDep, after: After = 0) -> Response:
    """Every entry, or those behind one, byte for byte as the store has them; each has the digest of the one before."""
    entries = services.store.log.entries(after)
    headers = {"Cache-Control": SHORT}
    return StreamingResponse(_chunks(entries, account), headers=headers, media_type=NDJSON_MEDIA)


def _chunks(entries: Iterator[Entry], account: Any) -> Iterator[bytes]:
    while some := list(islice(entries, AT_ONCE)):
        account.rows += len(some)
        yield b"".join(entry.data for entry in some)


def _shown(log: AuditLog, before: int | None, size: int, links: Links) -> dict[str, Any]:
    """What the page is made of: the newest entries, or those before one."""
    head = log.head()
    newest = min(before - 1, head) if before else head
    oldest = max(newest - size, 0)
    entries = list(islice(log.entries(oldest), newest - oldest))
    older = with_query(links.to("audit"), [("before", str(oldest + 1)), ("size", str(size))])
    return {"entries": entries[::-1], "count": head, "older": older if oldest else None, "acts": ACTS, "roles": ROLES}
