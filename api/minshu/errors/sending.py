"""What goes from one machine to another: uploads, jobs, downloads."""

from collections.abc import Iterable

from minshu.errors.base import MinshuError
from minshu.errors.reading import BadRequest, NotFound


class JobNotFound(NotFound):
    """There is no job of this id."""

    code = "job-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(
            f"There is no job {identifier!r}: it never was, or ended a week ago, or its upload was given up."
        )


class UploadMismatch(BadRequest):
    """What was sent does not follow what was received before."""

    code = "upload-mismatch"

    def __init__(self, provided: int, expected: int) -> None:
        self.provided_offset, self.expected_offset = provided, expected
        super().__init__(f"This upload goes on at byte {expected}, not at {provided}.")


class UploadComplete(BadRequest):
    """The upload is whole, and takes nothing more."""

    code = "upload-complete"

    def __init__(self) -> None:
        super().__init__("This upload is whole, and takes nothing more.")


class UploadDamaged(BadRequest):
    """What was received has another digest than its sender said."""

    code = "upload-damaged"

    def __init__(self, declared: str, found: str) -> None:
        self.declared, self.found = declared, found
        super().__init__(f"What was received has the SHA-256 {found}, but {declared} was declared. Send it again.")


class UploadTooLarge(BadRequest):
    """More bytes were sent than may be."""

    code = "upload-too-large"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"An upload may have {most} bytes at most, or as many as were announced.")


class UploadMissing(BadRequest):
    """The form was sent without a file."""

    code = "upload-missing"

    def __init__(self) -> None:
        super().__init__("No file was sent. Choose one, and send the form again.")


class UploadUnreadable(BadRequest):
    """The file that was sent is of a kind that is not judged here."""

    code = "upload-unreadable"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"{name!r} is of a kind that is not judged here. Those that are: {', '.join(self.known)}.")


class JobError(MinshuError):
    """What was sent was not worked on to its end."""

    code = "job-error"


class JobsOverloaded(JobError):
    """Too much waits to be worked on. `retry_after` is in seconds."""

    code = "jobs-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too much waits to be worked on already. Try again in {retry_after} s.")


class JobRunning(JobError):
    """A job that is worked on cannot be taken back."""

    code = "job-running"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__("The job is worked on now, and cannot be taken back any more.")


class JobLate(JobError):
    """The package took longer than a package may."""

    code = "job-late"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The work on the package was stopped after {seconds:g} s.")


class JobKilled(JobError):
    """The package asks for more memory or time of the processor than a package may."""

    code = "job-killed"

    def __init__(self) -> None:
        super().__init__("The package asks for more memory or time of the processor than one may use here.")


class JobInterrupted(JobError):
    """The service ended while it worked on the package, more than once."""

    code = "job-interrupted"

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(
            f"The service ended {attempts} times while it worked on this. Send it again, or tell its operator."
        )


class JobBroken(JobError):
    """The work on the package failed. The fault is of the service."""

    code = "job-broken"

    def __init__(self) -> None:
        super().__init__("The work on the package failed by a fault of the service. Its operator finds it in the log.")


class DownloadError(MinshuError):
    """A release could not be fetched whole."""

    code = "download-error"


class PushError(MinshuError):
    """A package was not published by the service that it was sent to."""

    code = "push-error"


class PushFailed(PushError):
    """The service could not be asked, or would not be: it does not answer, or not to this token."""

    code = "push-failed"


class PushRefused(PushError):
    """The service will not publish this package.

    `reason` is the code of its problem, and `report` the validation report, where there is one.
    """

    code = "push-refused"

    def __init__(self, words: str, reason: str, report: object) -> None:
        self.reason, self.report = reason, report
        super().__init__(words)


class AddressRefused(MinshuError):
    """An address that somebody else named is not asked: it is none that everybody could ask."""

    code = "address-refused"

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url} is not asked: it {reason}.")


class HarvestError(MinshuError):
    """What another catalogue has could not be taken."""

    code = "harvest-error"


class CatalogueUnanswering(HarvestError):
    """A catalogue that is to be harvested does not answer, or not as one of its kind."""

    code = "catalogue-unanswering"


class FileUntaken(HarvestError):
    """A file of a catalogue that is harvested could not be taken. `gone` says that there is none any more."""

    code = "file-untaken"

    def __init__(self, url: str, reason: str, *, gone: bool = False) -> None:
        self.url, self.reason, self.gone = url, reason, gone
        super().__init__(f"{url} {reason}.")


class DatasetUntaken(HarvestError):
    """A dataset of a catalogue that is harvested could not be taken.

    `reason` is the code of the error by which it was not published. A `lasting` one stays while nothing changes there.
    """

    code = "dataset-untaken"

    def __init__(self, words: str, reason: str = "dataset-untaken", *, lasting: bool = False) -> None:
        self.reason, self.lasting = reason, lasting
        super().__init__(words)
