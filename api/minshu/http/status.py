"""How the service is: its version, its load, what it holds, and what may be asked of it. No secret is in it."""

from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from minshu.http.answers import json_answer, page_headers
from minshu.http.dependencies import LinksDep, Services, ServicesDep
from minshu.http.directory import Entry
from minshu.http.limits import limits_of
from minshu.http.links import Links
from minshu.http.metrics import RUNNING, WAITING
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, negotiated
from minshu.http.status_models import StatusModel

router = APIRouter(tags=["Service"])

SOON: Final = "public, max-age=5"


@router.get("/status", summary="How the service is", responses=answers(StatusModel, page=True, held=False))
def show_status(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """The version, the load, what the store holds, the newest release, the limits; a problem if it cannot be read."""
    media = negotiated(request)
    told = _told(services, links)
    if media == HTML_MEDIA:
        text = services.pages.render("status.html", request, **told)
        return HTMLResponse(text, headers={**page_headers(request), "Cache-Control": SOON})
    return json_answer(told, {"Cache-Control": SOON, "Vary": "Accept"})


def _told(services: Services, links: Links) -> dict[str, Any]:
    settings, entries = services.settings, services.directory.entries()
    now = datetime.now(UTC)
    return {
        "status": "ok",
        "version": installed("minshu"),
        "began": services.began.isoformat(timespec="seconds"),
        "seconds": int((now - services.began).total_seconds()),
        "processes": settings.workers,
        "load": {
            "queries_running": int(services.metrics.now(RUNNING)),
            "queries_waiting": int(services.metrics.now(WAITING)),
            "queries_at_once": settings.sql_at_once,
        },
        "store": _held(entries),
        "newest": _newest(entries, links),
        "offered": {
            "validating": bool(settings.validate_bytes),
            "writing": settings.writing,
            "budgets": settings.limits,
        },
        "limits": limits_of(settings),
    }


def _held(entries: tuple[Entry, ...]) -> dict[str, int]:
    """What there is of datasets, and of the newest release of each, whose manifest tells it to everybody."""
    return {
        "datasets": len(entries),
        "releases": sum(len(entry.dataset.versions) for entry in entries),
        "tables": sum(len(entry.tables) for entry in entries),
        "rows": sum(entry.rows for entry in entries),
        "bytes": sum(entry.bytes for entry in entries),
    }


def _newest(entries: tuple[Entry, ...], links: Links) -> dict[str, str] | None:
    """The release that was published last, of those that describe their datasets."""
    entry = max((entry for entry in entries if entry.release), key=lambda entry: entry.published, default=None)
    if entry is None or entry.release is None:
        return None
    return {
        "name": entry.name,
        "version": entry.release.version,
        "title": entry.title,
        "published": entry.release.published.isoformat(timespec="seconds"),
        "url": links.release(entry.name, entry.release.version),
    }
