"""The validation report of a release, in words."""

from collections.abc import Iterator
from importlib.metadata import version as installed
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from minshu.access import Reader
from minshu.browse import Release
from minshu.disk import failing
from minshu.http import describe
from minshu.http.answers import page
from minshu.http.dependencies import LinksDep, Name, QueryDep, ServicesDep, Version
from minshu.http.downloads import file_answer
from minshu.http.identity import ReaderDep
from minshu.http.language import VARY, language_of
from minshu.http.models import HELD
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.manifest import REPORT, ReleasedTable
from minshu.report import Report
from minshu.reports import Language, Origin, View, findings, held_against

router = APIRouter(prefix="/datasets/{name}/versions/{version}", tags=["Releases"])

OWN: Final = "report"
REPORTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The report.", "content": {HTML_MEDIA: {}, JSON_MEDIA: {}}},
    **HELD,
}


@router.get("/report", summary="The validation report, as a page", response_class=HTMLResponse, responses=REPORTED)
def show_report(
    request: Request,
    services: ServicesDep,
    links: LinksDep,
    query: QueryDep,
    reader: ReaderDep,
    name: Name,
    version: Version,
) -> Response:
    """What a release was held against and what was found. Who asks for JSON is given `report.json`.

    A file of the package that is called so answers in its place.
    """
    release = services.library.release(name, version)
    if release.has_file(OWN):
        return file_answer(request, services.library, release, OWN, query, reader)
    if negotiated(request) != HTML_MEDIA:
        whole = file_answer(request, services.library, release, REPORT, query, reader)
        whole.headers.add_vary_header(VARY["Vary"])
        return whole
    report = _report(release, reader)
    view = View(report, Origin(release.name, "", ""), language_of(request), version=installed("minshu"))
    text = services.pages.render(
        "report.html",
        request,
        release=describe.identity(release, links),
        manifest=release.manifest,
        valid=report.valid,
        findings=Markup(findings(view)),  # noqa: S704  # The report's own template has escaped what the package says.
        held=list(_held(release, view.language)),
    )
    return page(request, text)


def _report(release: Release, reader: Reader) -> Report:
    """The report. Raises what the gate does where it is purged."""
    path = release.file(REPORT, reader).path
    with failing("read", path):
        return Report.from_dict(orjson.loads(path.read_bytes()))


def _held(release: Release, language: Language) -> Iterator[tuple[ReleasedTable, list[str]]]:
    """Each table, and what its schema asks for."""
    for table in release.manifest.tables:
        yield table, held_against(release.schemas.get(table.name, {}), language)
