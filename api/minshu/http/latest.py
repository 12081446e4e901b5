"""`latest` in place of a version: a way to the newest, never an address of its own."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from minshu.http.conditional import SHORT
from minshu.http.dependencies import FilePath, LinksDep, Name, ServicesDep
from minshu.http.links import Links, PageLinks

router = APIRouter(prefix="/datasets/{name}/versions/latest", tags=["Releases"])


@router.get("", summary="The newest version", status_code=307, response_class=RedirectResponse)
def newest(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """Redirects to the newest version that is no pre-release."""
    return _moved(request, links, links.release(name, services.library.resolve(name, "latest")))


@router.get("/{path:path}", summary="Under the newest version", status_code=307, response_class=RedirectResponse)
def under_newest(request: Request, services: ServicesDep, links: LinksDep, name: Name, path: FilePath) -> Response:
    """Redirects to the same path under the newest version, the query kept."""
    return _moved(request, links, links.file(name, services.library.resolve(name, "latest"), path))


def _moved(request: Request, links: Links, url: str) -> Response:
    query = request.scope["query_string"].decode("latin-1")
    url = PageLinks.within(links, request.scope["state"]["language"]).here(url)
    return RedirectResponse(f"{url}?{query}" if query else url, headers={"Cache-Control": SHORT})
