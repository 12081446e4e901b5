"""Validation for whoever asks: the report on what is sent, and nothing is kept of it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from minshu.acts import VALIDATED
from minshu.digests import sha256_of
from minshu.errors import UploadTooLarge, ValidatingOff
from minshu.http.dependencies import AccountDep, ServicesDep, watching
from minshu.http.identity import BearerDep
from minshu.http.language import VARY, language_of
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

FormatQuery = Annotated[Format | None, Query(alias="format", description="How it is written; by `Accept` if left out.")]
LanguageQuery = Annotated[Language | None, Query(alias="lang", description="By `Accept-Language` if left out.")]


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
    charged as query time. Where the service may be written to, it is in the log of whoever sends a token.
    """
    settings = services.settings
    if not settings.validate_bytes:
        raise ValidatingOff
    form = format_ or NEGOTIABLE[negotiated(request, (JSON_MEDIA, *NEGOTIABLE))]
    name = _file_name(request)
    refuse_long(request, Sent.of(request), settings.validate_bytes)
    with services.validations.folder() as folder:
        await _keep(request, folder / name, settings.validate_bytes)
        asked = partial(services.validations.judge, folder / name, form, language or language_of(request, Language.en))
        async with watching(request) as gone:
            judged = await to_thread.run_sync(asked, gone, account.timed())
        # Strangers could fill a log that nobody may ever shorten.
        if token and settings.writing:
            told = {"sha256": sha256_of(folder / name), "valid": judged.valid}
            await to_thread.run_sync(services.store.log.append, VALIDATED, token.actor, None, None, told)
    return Response(judged.report, headers=NO_STORE, media_type=FORMATS[form].media_type)


async def _keep(request: Request, file: Path, most: int) -> None:
    size = 0
    with file.open("wb") as sink:
        async for block in blocks(request):
            size += len(block)
            if size > most:
                raise UploadTooLarge(most)
            await to_thread.run_sync(sink.write, block)


def _file_name(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FILES:
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be one of {', '.join(FILES)}.")
    return FILES[kind]
