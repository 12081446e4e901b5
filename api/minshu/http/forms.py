"""The file that a form of a browser sends (RFC 7578), taken into a folder; nothing else of the form is."""

import re
import shutil
from collections.abc import AsyncGenerator, Collection
from pathlib import Path
from typing import Final

from anyio import to_thread
from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from minshu.errors import UploadMissing, UploadTooLarge, UploadUnreadable
from minshu.http.uploads import blocks

FORM: Final = "multipart/form-data"
FIELD: Final = "file"
FIELDS: Final = 4
"""The most fields of a form: who sends more has another one in mind."""

AROUND: Final = 65_536
"""Bytes of a form beside those of its file."""

LONGEST: Final = 60
"""Characters of a file's name: no file system takes more than 255 bytes."""

_STRANGE = re.compile(r"[^\w.-]+")


async def form_file(request: Request, folder: Path, most: int, suffixes: Collection[str]) -> Path:
    """The file of a form, of at most so many bytes, under its own name as far as that can do no harm.

    Raises UploadMissing, UploadUnreadable, UploadTooLarge, or HTTPException for what is no form.
    """
    parser = MultiPartParser(request.headers, _bounded(request, most), max_files=1, max_fields=FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:  # A form without its boundary is a KeyError.
        raise HTTPException(400, f"The form cannot be read: {getattr(error, 'message', 'no boundary')}.") from error
    try:
        sent = form.get(FIELD)
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise UploadMissing
        name = safe_name(sent.filename)
        if Path(name).suffix not in suffixes:
            raise UploadUnreadable(sent.filename, sorted(suffixes))
        if (sent.size or 0) > most:
            raise UploadTooLarge(most)
        await to_thread.run_sync(_copy, sent, folder / name)
        return folder / name
    finally:
        await form.close()


def safe_name(name: str) -> str:
    """A file's name without folders, hidden parts and whatever is no letter; its suffix in lower case."""
    plain = _STRANGE.sub("_", re.split(r"[/\\]", name)[-1]).lstrip("._-")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:LONGEST] or 'data'}.{suffix.lower()}" if dot else plain[:LONGEST]


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for block in blocks(request):
        size += len(block)
        if size > most + AROUND:
            raise UploadTooLarge(most)
        yield block


def _copy(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as sink:
        shutil.copyfileobj(sent.file, sink)
