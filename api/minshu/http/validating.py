"""Validation for whoever asks: the report on what is sent, and nothing is kept of it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from minshu.acts import VALIDATED
from minshu.digests import sha256_of
from minshu.errors import UploadTooLarge, ValidatingOff
from minshu.http.answers import attachment, page, page_headers
from minshu.http.dependencies import AccountDep, Services, ServicesDep, watching
from minshu.http.forms import AROUND, FORM, form_file
from minshu.http.identity import BearerDep
from minshu.http.language import VARY, language_of
from minshu.http.models import HELD
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.uploads import Sent, blocks, refuse_long
from minshu.http.writing_models import REPORTS, VALIDATED_BODY
from minshu.reports import FORMATS, Format, Language

router = APIRouter(tags=["Writing"])

# What may be sent, and as what file it is judged. A file of rows is a package of one table.
FILES: Final[Mapping[str, str]] = {
    "application/zip": "package.zip",
    "application/json": "datapackage.json",
    "text/csv": "data.csv",
    "text/tab-separated-values": "data.tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "data.xlsx",
}
# Those that a media type can ask for; annotations share theirs with plain text.
NEGOTIABLE: Final = {FORMATS[item].media_type: item for item in Format if item is not Format.github}
NO_STORE: Final = {"Cache-Control": "no-store", **VARY}

SUFFIXES: Final = frozenset(Path(name).suffix for name in FILES.values())
# What a report is called where a browser keeps it, by its format.
NAMES: Final[Mapping[Format, str]] = {
    Format.json: "report.json",
    Format.sarif: "report.sarif",
    Format.html: "report.html",
    Format.junit: "report.xml",
    Format.markdown: "report.md",
    Format.text: "report.txt",
    Format.github: "report.txt",
}

FormatQuery = Annotated[Format | None, Query(alias="format", description="How it is written; by `Accept` if left out.")]
LanguageQuery = Annotated[Language | None, Query(alias="lang", description="By `Accept-Language` if left out.")]


@router.get("/validate", summary="The form for a file or package", response_class=HTMLResponse, responses=HELD)
def show_form(request: Request, services: ServicesDep) -> Response:
    """A page to choose a file on, which is sent by POST. What is sent is judged for anybody, and nothing is kept."""
    return page(request, _page(request, services))


@router.post(
    "/validate",
    summary="The report on a file or package",
    responses=REPORTS,
    openapi_extra={"requestBody": VALIDATED_BODY},
)
async def validate(
    request: Request,
    services: ServicesDep,
    account: AccountDep,
    token: BearerDep,
    format_: FormatQuery = None,
    language: LanguageQuery = None,
) -> Response:
    """Judge a zipped package, a descriptor with its data in it, or a single file of rows. Nothing is kept or published.

    The report is in frictionless's format, and says itself whether what was sent is valid. The time that it takes is
    charged as query time. Where the service may be written to, it is in the log of whoever sends a token. A form of a
    browser sends the file as `file`, and is answered by a page unless a format is given.
    """
    settings = services.settings
    _require(services)
    from_form = _kind(request) == FORM
    form = format_ or (None if from_form and _liked(request) is Format.html else _liked(request))
    refuse_long(request, Sent.of(request), settings.validate_bytes, AROUND if from_form else 0)
    with services.validations.folder() as folder:
        file = await _received(request, folder, settings.validate_bytes)
        written = language_of(request) if form is None else language or language_of(request, Language.en)
        asked = partial(services.validations.judge, file, form, written)
        async with watching(request) as gone:
            judged = await to_thread.run_sync(asked, gone, account.timed())
        # Strangers could fill a log that nobody may ever shorten.
        if token and settings.writing:
            told = {"sha256": sha256_of(file), "valid": judged.valid}
            await to_thread.run_sync(services.store.log.append, VALIDATED, token.actor, None, None, told)
    if form is None:
        # The worker has escaped what the file says.
        shown = _page(request, services, name=file.name, valid=judged.valid, findings=Markup(judged.report.decode()))  # noqa: S704
        return HTMLResponse(shown, headers={**page_headers(request), **NO_STORE})
    saved = {"Content-Disposition": attachment(NAMES[form])} if from_form and format_ else {}
    return Response(judged.report, headers={**NO_STORE, **saved}, media_type=FORMATS[form].media_type)


def _page(request: Request, services: Services, **judged: object) -> str:
    _require(services)
    settings = services.settings
    limits = {"bytes": settings.validate_bytes, "seconds": settings.validate_seconds}
    return services.pages.render("validate.html", request, **limits, suffixes=sorted(SUFFIXES), **judged)


def _require(services: Services) -> None:
    if not services.settings.validate_bytes:
        raise ValidatingOff


def _liked(request: Request) -> Format:
    return NEGOTIABLE[negotiated(request, (JSON_MEDIA, *NEGOTIABLE))]


async def _received(request: Request, folder: Path, most: int) -> Path:
    """The file that comes with a request, by itself or in a form."""
    if _kind(request) == FORM:
        return await form_file(request, folder, most, SUFFIXES)
    file = folder / _file_name(request)
    await _keep(request, file, most)
    return file


async def _keep(request: Request, file: Path, most: int) -> None:
    size = 0
    with file.open("wb") as sink:
        async for block in blocks(request):
            size += len(block)
            if size > most:
                raise UploadTooLarge(most)
            await to_thread.run_sync(sink.write, block)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _file_name(request: Request) -> str:
    kind = _kind(request)
    if kind not in FILES:
        known = ", ".join((*FILES, FORM))
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be one of {known}.")
    return FILES[kind]
