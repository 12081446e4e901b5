"""Works on waiting jobs, one at a time for the whole service, in whichever of its processes comes first."""

import logging
from threading import Event, Thread
from typing import Any, Final

from minshu.audit import AuditLog
from minshu.errors import JobBroken, JobInterrupted, JobKilled, JobLate, MinshuError, TokenInvalid
from minshu.jobs.process import Limits, Line, Stopped, work
from minshu.jobs.records import Job, Jobs, Problem, State
from minshu.settings import Settings, portable
from minshu.tokens import Tokens

log = logging.getLogger(__name__)

POLL: Final = 2.0
"""Seconds after which a process looks what others left undone."""

ATTEMPTS: Final = 2
"""How often a job is begun whose service dies meanwhile."""


class Runner:
    """A thread that looks for waiting jobs, and their worker. It ends with the process that made it."""

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        self.jobs, self._settings = jobs, settings
        self._tokens = Tokens(AuditLog(settings.store))
        self._stop, self._woken = Event(), Event()
        self._thread = Thread(target=self._run, name="minshu-jobs", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something waits."""
        self._woken.set()

    def close(self) -> None:
        """End. A job under way is stopped, and waits for the next start of the service."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                found = self._work_on_one()
            except (MinshuError, OSError):
                log.exception("Jobs cannot be worked on")
                found = False
            if not found:
                self._woken.wait(POLL)
                self._woken.clear()

    def _work_on_one(self) -> bool:
        """Work on the oldest job that waits, if there is one and no other process works."""
        if not self.jobs.folder.exists():
            return False
        with self.jobs.slot() as free:
            if not free:
                return False
            self.jobs.sweep()
            # Nobody works but who has the slot: a job that is said to be running was left by a process that died.
            job = next((job for job in self.jobs.all() if job.state in (State.waiting, State.running)), None)
            if job is None:
                return False
            self._work_on(job)
            return True

    def _work_on(self, job: Job) -> None:
        if job.attempts >= ATTEMPTS:
            self._end(job, _problem(JobInterrupted(job.attempts)))
            return
        if self._is_revoked(job.token):
            self._end(job, _problem(TokenInvalid("It was revoked before the package was worked on.")))
            return
        begun = {"state": State.running, "attempts": job.attempts + 1, "step": "Starting"}
        self.jobs.change(job.id, lambda _: begun)
        try:
            with self.jobs.working_folder(job) as folder:
                limits = Limits(
                    2 * self._settings.publish_memory, self._settings.archive_bytes, self._settings.publish_seconds
                )
                outcome = work(self._task(job), limits, folder, self._stop, lambda line: self._tell(job, line))
        except Stopped:
            self.jobs.change(job.id, lambda _: {"state": State.waiting, "attempts": job.attempts, "step": None})
        except (JobLate, JobKilled) as error:
            self._end(job, _problem(error))
        else:
            self._end(job, _told(job, outcome))

    def _is_revoked(self, token: str) -> bool:
        """Whether a token was revoked: what came with a stolen one must not be published once that is known."""
        return any(one.id == token and one.revoked for one in self._tokens.all())

    def _task(self, job: Job) -> dict[str, Any]:
        return {
            "task": "publish",
            "settings": portable(self._settings),
            "upload": self.jobs.upload(job).absolute(),
            "report": self.jobs.report(job).absolute(),
            "dataset": job.dataset,
            "version": job.version,
            "actor": job.actor,
        }

    def _tell(self, job: Job, line: Line) -> None:
        known: dict[str, Any] = {key: line[key] for key in ("step", "rows", "bytes") if key in line}
        self.jobs.change(job.id, lambda _: known)

    def _end(self, job: Job, told: dict[str, Any]) -> None:
        self.jobs.change(job.id, lambda _: {"step": None, **told})
        self.jobs.forget_upload(job)


def _told(job: Job, outcome: Line) -> dict[str, Any]:
    """What a job is once its worker has said what came of it."""
    match outcome["outcome"]:
        case "done":
            return {"state": State.published, "created": outcome["created"], "version": outcome["version"]}
        case "refused":
            log.info("Job %s is refused: %s", job.id, outcome["detail"])
            problem = Problem(code=outcome["code"], detail=outcome["detail"], data=outcome["data"])
            return {"state": State.failed, "problem": problem}
        case "killed":
            return _problem(JobKilled())
    log.error("The worker of job %s failed:\n%s", job.id, outcome.get("trace"))
    return _problem(JobBroken())


def _problem(error: MinshuError) -> dict[str, Any]:
    return {"state": State.failed, "problem": Problem(code=error.code, detail=str(error), data=vars(error))}
