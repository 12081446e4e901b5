"""What the service says of itself to people: what it is, how accessible it is, and what it keeps of its readers.

Only what the software itself does is stated. What its operator does beside that is the operator's to say.
"""

import re
from importlib.metadata import version as installed
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from minshu.counts import SETTLED
from minshu.http.answers import page
from minshu.http.counts import FEWEST
from minshu.http.dependencies import Services, ServicesDep
from minshu.http.models import HELD

router = APIRouter(tags=["Service"])

_ADDRESS: Final = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_LOGGED: Final = ("debug", "info")


@router.get("/about", summary="What this service is, as a page", response_class=HTMLResponse, responses=HELD)
def about(request: Request, services: ServicesDep) -> Response:
    """Who runs it, what it promises, and where to go from there."""
    return _statement(request, services, "about.html")


@router.get("/accessibility", summary="How accessible it is, as a page", response_class=HTMLResponse, responses=HELD)
def accessibility(request: Request, services: ServicesDep) -> Response:
    """The standard that its pages keep to, how that is tested, what is known to be missing, and whom to tell."""
    return _statement(request, services, "accessibility.html")


@router.get("/privacy", summary="What is kept of readers, as a page", response_class=HTMLResponse, responses=HELD)
def privacy(request: Request, services: ServicesDep) -> Response:
    """What is logged and counted, what is not, and for how long."""
    return _statement(request, services, "privacy.html")


def contact_url(contact: str) -> str | None:
    """What a browser follows to reach somebody; None where it is only words."""
    if contact.startswith(("https://", "http://")):
        return contact
    return f"mailto:{contact}" if _ADDRESS.fullmatch(contact) else None


def _statement(request: Request, services: Services, template: str) -> Response:
    settings = services.settings
    shown = services.pages.render(
        template,
        request,
        operator=settings.operator,
        contact=settings.contact,
        contact_url=contact_url(settings.contact) if settings.contact else None,
        is_logged=settings.log_level in _LOGGED,
        window=settings.limit_window,
        budgets=settings.limits,
        counted_days=SETTLED.days,
        fewest=FEWEST,
        version=installed("minshu"),
    )
    return page(request, shown)
