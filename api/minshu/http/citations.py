"""The citation of a release as a file, for programs that manage references."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.citation import WRITERS, Work
from minshu.errors import NotFound
from minshu.http.answers import attachment, fresh, page_headers
from minshu.http.dependencies import LinksDep, Name, ServicesDep, Version
from minshu.http.language import language_of
from minshu.http.models import HELD
from minshu.http.works import work_of

router = APIRouter(tags=["Releases"])

Suffix = Annotated[str, Path(description="`bib`, `json` or `txt`.", examples=["bib"])]


MEDIA: Final = {
    "bib": "application/x-bibtex; charset=utf-8",
    "json": "application/vnd.citationstyles.csl+json",
    "txt": "text/plain; charset=utf-8",
}
CITATION: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The citation.",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA.values()},
    },
    **HELD,
}


@router.get(
    "/datasets/{name}/citation/{version}.{suffix}",
    summary="How to cite a release",
    response_class=Response,
    responses=CITATION,
)
def cite(
    request: Request, services: ServicesDep, links: LinksDep, name: Name, version: Version, suffix: Suffix
) -> Response:
    """BibTeX (`bib`), CSL-JSON (`json`), or APA and GB/T 7714 as text (`txt`): pinned to the version, with its digest.

    In Chinese or English, as pages are. It names the day on which it was asked for, as the styles ask for.
    """
    write, media_type = _form(suffix)
    release = services.library.release(name, version)
    work = work_of(release, links, language_of(request), datetime.now(UTC).date())
    headers = {**page_headers(request), "Content-Disposition": attachment(f"{name}-{version}.{suffix}")}
    return fresh(request, write(work).encode(), media_type, headers=headers)


def _form(suffix: str) -> tuple[Callable[[Work], str], str]:
    """What writes a citation, and the media type of that. Raises NotFound."""
    if suffix not in WRITERS:
        raise NotFound(f"A citation is written as {', '.join(WRITERS)}, and not as {suffix!r}.")
    return WRITERS[suffix], MEDIA[suffix]
