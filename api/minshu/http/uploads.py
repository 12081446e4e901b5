"""Bytes that are sent here: how many, how far, with which digest; taken into a file as they come.

Uploads that go on after a broken connection are those of draft-ietf-httpbis-resumable-upload, and digests are those of
RFC 9530.
"""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from minshu.errors import BadParameter, UploadDamaged, UploadTooLarge
from minshu.jobs import Job, Jobs

BLOCK: Final = 1 << 20
"""Bytes that are written at once."""

PATIENCE: Final = 60.0
"""Seconds for which a sender may be silent."""

ZIPS: Final = ("application/zip", "application/x-zip-compressed", "application/octet-stream", "")
PARTIAL: Final = "application/partial-upload"
COMPLETE: Final = "Upload-Complete"
OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
LIMIT: Final = "Upload-Limit"

_SHA256: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Sent:
    """What the fields of a request say of the bytes that come with it."""

    complete: bool
    resumable: bool
    offset: int
    length: int | None
    whole_sha256: str | None
    part_sha256: str | None

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read the fields. Raises BadParameter."""
        headers = request.headers
        complete = headers.get(COMPLETE)
        if complete not in (None, "?0", "?1"):
            raise BadParameter(f"{COMPLETE} is {complete!r}, but must be ?0 or ?1.")
        content, length = _number(request, "Content-Length"), _number(request, LENGTH)
        if complete is None and length is None:
            length = content
        return cls(
            complete != "?0",
            complete is not None,
            _number(request, OFFSET) or 0,
            length,
            _digest(request, "Repr-Digest"),
            _digest(request, "Content-Digest"),
        )


async def receive(request: Request, jobs: Jobs, job: Job, sent: Sent) -> int:
    """Append what comes to a job's upload, and tell how much there is then.

    What came before a connection broke is kept. Raises UploadMismatch, UploadTooLarge, UploadDamaged, or HTTPException.
    """
    offset, digest = sent.offset, sha256()
    async for block in blocks(request):
        digest.update(block)
        offset = await run_in_threadpool(jobs.append, job, offset, block)
    if sent.part_sha256 and digest.hexdigest() != sent.part_sha256:
        await run_in_threadpool(jobs.cut, job, sent.offset)
        raise UploadDamaged(sent.part_sha256, digest.hexdigest())
    return offset


async def blocks(request: Request) -> AsyncIterator[bytes]:
    """The body in blocks, of which the last may be small, or none of it: then it only says where an upload stands."""
    block, stream = bytearray(), request.stream()
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            block += chunk
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
    except (ClientDisconnect, TimeoutError) as error:
        if block:
            yield bytes(block)
        raise HTTPException(400, "The body broke off.") from error
    yield bytes(block)


def refuse_long(request: Request, sent: Sent, most: int, around: int = 0) -> None:
    """Refuse, before a byte of it comes, what says itself that it is too long. Raises UploadTooLarge.

    `around` is how many bytes there may be beside those that count.
    """
    if max(sent.length or 0, sent.offset + (_number(request, "Content-Length") or 0)) > most + around:
        raise UploadTooLarge(most)


def refuse_type(request: Request, *allowed: str) -> None:
    """Refuse a body that is no zip. Raises HTTPException."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in allowed:
        raise HTTPException(415, f"The body is {kind or 'of no declared type'}, but must be {allowed[0]}.")


def told(complete: bool, offset: int, jobs: Jobs, length: int | None = None) -> dict[str, str]:
    """The fields that say where an upload stands, and how large it may become."""
    fields = {COMPLETE: f"?{int(complete)}", OFFSET: str(offset), LIMIT: f"max-size={jobs.size}"}
    return fields if length is None else {**fields, LENGTH: str(length)}


def _number(request: Request, name: str) -> int | None:
    text = request.headers.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadParameter(f"{name} is {text!r}, but must be a whole number.")
    return int(text)


def _digest(request: Request, name: str) -> str | None:
    """The SHA-256 of a digest field, as hex; None where there is none. Other algorithms are of no use here."""
    text = request.headers.get(name)
    match = _SHA256.search(text) if text else None
    if match is None:
        return None
    try:
        return b64decode(match[1], validate=True).hex()
    except NoBase64 as error:
        raise BadParameter(f"{name} is not base64 between colons.") from error
