"""Jobs: what became of what was sent, told at once or as it goes on; and the rest of an upload."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Path
from starlette.responses import Response, StreamingResponse

from minshu.errors import JobNotFound, JobRunning, MinshuError
from minshu.http.dependencies import LinksDep, Services, ServicesDep
from minshu.http.identity import WRITING, IdentityDep, require
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA
from minshu.http.problems import document, told_problem
from minshu.http.uploads import told
from minshu.http.writing_models import EVENTS, JobModel
from minshu.jobs import Job, Jobs, State
from minshu.tokens import Verb

router = APIRouter(prefix="/jobs/{job}", tags=["Writing"], dependencies=[WRITING])

PRIVATE: Final = {"Cache-Control": "private, no-store"}
GLANCE: Final = 0.5
"""Seconds between two looks at a job whose events somebody reads."""

SILENCE: Final = 15.0
"""Seconds after which a reader of events is told that they go on: proxies give up on what is silent."""


async def job(
    services: ServicesDep, token: IdentityDep, job: Annotated[str, Path(description="The id of the job.")]
) -> Job:
    """The job of the address, for who may publish what it is about. Raises JobNotFound, ScopeMissing and so on."""
    found = await to_thread.run_sync(services.jobs.job, job)
    require(token, Verb.publish, found.dataset)
    return found


JobDep = Annotated[Job, Depends(job)]


@router.get("", summary="How far a job has come", responses=answers(JobModel, held=False))
async def show_job(services: ServicesDep, links: LinksDep, job: JobDep) -> Response:
    """Its state, step and progress; in the end the release, or the problem, and the report on the package.

    While it receives, `Upload-Offset` tells at which byte the upload goes on.
    """
    return await to_thread.run_sync(job_answer, job, links, services.jobs, 200)


@router.get("/events", summary="A job as it goes on", responses=EVENTS)
async def follow_job(services: ServicesDep, links: LinksDep, job: JobDep) -> Response:
    """Server-sent events: `job` whenever something is new, `end` with the last word. The report stands in the job."""
    return StreamingResponse(
        _events(services, links, job), headers={**PRIVATE, "X-Accel-Buffering": "no"}, media_type="text/event-stream"
    )


@router.delete("", summary="Take a job back", status_code=204, response_class=Response)
async def remove_job(services: ServicesDep, job: JobDep) -> Response:
    """Forget an upload, a job that waits, or one that has ended. What was published stays."""
    if job.state is State.running:
        raise JobRunning(job.id)
    await to_thread.run_sync(services.jobs.remove, job)
    return Response(status_code=204, headers=PRIVATE)


def job_answer(job: Job, links: Links, jobs: Jobs, status: int) -> Response:
    """A job as JSON, with its report where there is one."""
    fields = {**PRIVATE, "Location": links.to("jobs", job.id)}
    body = described(job, links)
    if job.state is State.receiving:
        fields |= told(False, jobs.offset(job), jobs, job.length)
    elif job.has_ended and jobs.report(job).is_file():
        body["report"] = orjson.Fragment(jobs.report(job).read_bytes())
    return Response(orjson.dumps(body), status, fields, media_type=JSON_MEDIA)


def described(job: Job, links: Links) -> dict[str, Any]:
    """What everybody may know of a job who may know of it."""
    told = {
        **job.model_dump(mode="json", include={"id", "dataset", "version", "state", "began", "changed", "sha256"}),
        "url": links.to("jobs", job.id),
        "events": f"{links.to('jobs', job.id)}/events",
        "progress": {"step": job.step, "rows": job.rows, "bytes": job.bytes},
    }
    if job.state is State.published:
        told |= {"created": job.created, "release": {"url": links.release(job.dataset, job.version)}}
    if job.problem:
        problem = told_problem(job.problem.code, job.problem.detail, job.problem.data)
        told["problem"] = document(problem, links.prefix)
    return told


async def _events(services: Services, links: Links, job: Job) -> AsyncIterator[bytes]:
    last, silent = None, 0.0
    while True:
        if job.changed != last:
            last, silent = job.changed, 0.0
            name = "end" if job.has_ended else "job"
            yield b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(described(job, links)))
        elif silent >= SILENCE:
            silent = 0.0
            yield b": it goes on\n\n"
        if job.has_ended:
            return
        await asyncio.sleep(GLANCE)
        silent += GLANCE
        try:
            job = await to_thread.run_sync(services.jobs.job, job.id)
        except (JobNotFound, MinshuError):
            return
