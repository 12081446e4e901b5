"""Publishing over HTTP: a zip is received, and a job is made of it."""

import asyncio
import re
import time
from typing import Final

import orjson
from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from minshu.acts import refuse_spent
from minshu.browse import Library, Release
from minshu.descriptors import NAME
from minshu.errors import IdentityRefused, NotFound, UploadDamaged
from minshu.http import describe
from minshu.http.conditional import PreconditionFailed
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep, Version
from minshu.http.identity import WRITING, IdentityDep, require
from minshu.http.jobs import PRIVATE, JobDep, described, job_answer
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA
from minshu.http.problems import Refused, told_problem
from minshu.http.uploads import LENGTH, OFFSET, PARTIAL, ZIPS, Sent, receive, refuse_long, refuse_type, told
from minshu.http.writing_models import PART_BODY, PART_FIELDS, PUBLISHING, UPLOAD_FIELDS, ZIP_BODY, PublishedModel
from minshu.jobs import Job, State
from minshu.tokens import Token, Verb
from minshu.versions import AUTO, is_version

router = APIRouter(tags=["Writing"])

SOON: Final = 30.0
"""Seconds for which a request waits whose version is there already: whether it is the same is known soon."""

GLANCE: Final = 0.1
_WAIT: Final = re.compile(r"(?:^|,)\s*wait=([0-9]{1,4})\s*(?:$|,|;)")


@router.put(
    "/datasets/{name}/versions/{version}",
    summary="Publish a version",
    dependencies=[WRITING],
    status_code=202,
    responses={**answers(PublishedModel, held=False), **PUBLISHING},
    openapi_extra={"parameters": UPLOAD_FIELDS, "requestBody": ZIP_BODY},
)
async def publish_version(
    request: Request, services: ServicesDep, links: LinksDep, token: IdentityDep, name: Name, version: Version
) -> Response:
    """Send a zipped package, to be judged and released as this version; as `auto`, as the one that its changes take.

    Answers 202 with the address of a job, or 200 with the release where it is there already with the same content.
    `Prefer: wait=60` waits so many seconds for the outcome: 201 with the release, or the problem. With
    `Upload-Complete: ?0` only a part comes, or nothing: 201 with the address to send the rest to, by PATCH.
    """
    require(token, Verb.publish, name)
    _refuse_identity(name, version)
    refuse_type(request, *ZIPS)
    sent = Sent.of(request)
    refuse_long(request, sent, services.settings.upload_bytes)
    await to_thread.run_sync(refuse_spent, services.store, name, version)
    there = await to_thread.run_sync(_release, services.library, name, version)
    if there and request.headers.get("if-none-match", "").strip() == "*":
        raise PreconditionFailed("If-None-Match")
    if there and sent.whole_sha256 == _archive_digest(there):
        return _released(there, links, created=False)
    job = await to_thread.run_sync(_job, services, token, name, version, sent)
    return await _received(request, services, links, job, sent)


@router.patch(
    "/jobs/{job}",
    summary="Go on with an upload",
    dependencies=[WRITING],
    status_code=202,
    responses={**answers(PublishedModel, held=False), **PUBLISHING},
    openapi_extra={"parameters": PART_FIELDS, "requestBody": PART_BODY},
)
async def append_to_upload(request: Request, services: ServicesDep, links: LinksDep, job: JobDep) -> Response:
    """Send the next bytes, from `Upload-Offset` on. With `Upload-Complete: ?1` they are the last ones.

    Answers 204 and where it stands, and the last time as PUT does. Bytes that don't follow are refused with 409.
    """
    refuse_type(request, PARTIAL)
    sent = Sent.of(request)
    if OFFSET not in request.headers or not sent.resumable:
        raise HTTPException(400, f"{OFFSET} and Upload-Complete must be given.")
    refuse_long(request, sent, services.settings.upload_bytes)
    if LENGTH in request.headers and job.length is None:
        job = await to_thread.run_sync(services.jobs.change, job.id, lambda _: {"length": sent.length})
    size = await receive(request, services.jobs, job, sent)
    if sent.complete:
        return await _completed(request, services, links, job)
    return Response(status_code=204, headers={**told(False, size, services.jobs, job.length), **PRIVATE})


async def _received(request: Request, services: Services, links: Links, job: Job, sent: Sent) -> Response:
    try:
        size = await receive(request, services.jobs, job, sent)
    except Exception:
        # Only who was told where it stands can go on with it.
        if not sent.resumable:
            await to_thread.run_sync(services.jobs.remove, job)
        raise
    if not sent.complete:
        fields = {"Location": links.to("jobs", job.id), **told(False, size, services.jobs, job.length), **PRIVATE}
        return Response(orjson.dumps(described(job, links)), 201, fields, media_type=JSON_MEDIA)
    return await _completed(request, services, links, job)


async def _completed(request: Request, services: Services, links: Links, job: Job) -> Response:
    """The answer to the request with which an upload is whole: 202, unless the outcome is known or waited for."""
    job = await to_thread.run_sync(_whole, services, job)
    there = await to_thread.run_sync(_release, services.library, job.dataset, job.version)
    if job.state is State.receiving:
        # It is the release's own zip, so that there is nothing to do.
        await to_thread.run_sync(services.jobs.remove, job)
        assert there is not None  # noqa: S101
        return _released(there, links, created=False)
    services.runner.wake()
    wait = _WAIT.search(request.headers.get("prefer", ""))
    job = await _ended(services, job, float(wait[1]) if wait else SOON if there else 0)
    match job.state:
        case State.published:
            release = await to_thread.run_sync(services.library.release, job.dataset, job.version)
            return _released(release, links, created=bool(job.created))
        case State.failed if job.problem:
            problem = told_problem(job.problem.code, job.problem.detail, job.problem.data)
            raise Refused(problem.with_data(job=links.to("jobs", job.id)))
    return await to_thread.run_sync(job_answer, job, links, services.jobs, 202)


def _whole(services: Services, job: Job) -> Job:
    """The job, waiting now that its upload proved to be what its sender said; unchanged where nothing is to do."""
    jobs, digest = services.jobs, services.jobs.digest(job)
    if job.declared and digest != job.declared:
        jobs.remove(job)
        raise UploadDamaged(job.declared, digest)
    if job.length is not None and (size := jobs.offset(job)) != job.length:
        raise HTTPException(400, f"{job.length} bytes were announced, and {size} have come.")
    there = _release(services.library, job.dataset, job.version)
    if there and _archive_digest(there) == digest:
        return job
    waiting = {"state": State.waiting, "sha256": digest}
    return jobs.change(job.id, lambda now: waiting if now.state is State.receiving else {})


def _job(services: Services, token: Token, name: str, version: str, sent: Sent) -> Job:
    job = services.jobs.create(name, version, token.id, token.actor.name, sent.whole_sha256)
    return services.jobs.change(job.id, lambda _: {"length": sent.length})


async def _ended(services: Services, job: Job, seconds: float) -> Job:
    """The job when it has ended, or after so many seconds."""
    end = time.monotonic() + seconds
    while not job.has_ended and time.monotonic() < end:
        await asyncio.sleep(GLANCE)
        job = await to_thread.run_sync(services.jobs.job, job.id)
    return job


def _released(release: Release, links: Links, *, created: bool) -> Response:
    body = {"state": State.published, "created": created, "release": describe.identity(release, links)}
    fields = {"Location": links.release(release.name, release.version), **PRIVATE}
    return Response(orjson.dumps(body), 201 if created else 200, fields, media_type=JSON_MEDIA)


def _refuse_identity(name: str, version: str) -> None:
    if not NAME.match(name):
        raise IdentityRefused(f"The name {name!r} cannot stand in a store: a-z, digits, '.', '_' and '-' can.")
    if version != AUTO and not is_version(version):
        raise IdentityRefused(
            f"The version {version!r} is neither one of Semantic Versioning, such as 1.0.0, nor auto."
        )


def _release(library: Library, name: str, version: str) -> Release | None:
    try:
        return library.release(name, version)
    except NotFound:
        return None


def _archive_digest(release: Release) -> str | None:
    """The digest of the release's own zip. Zipped in the same way, the same package is the same zip."""
    entry = release.manifest.by_path.get(release.manifest.archive)
    return entry.sha256 if entry else None
