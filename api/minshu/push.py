"""Sending a package to a Minshu that publishes it: in parts that go on where a connection broke, until it is known."""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from minshu.digests import sha256_of
from minshu.errors import PushFailed, PushRefused
from minshu.report import Report
from minshu.tokens import GRANT, ID_TOKEN

PART: Final = 8 << 20
"""Bytes of one request: proxies bound those, and what breaks is lost no further."""

ATTEMPTS: Final = 6
"""How often in a row something is tried again that came no further."""

PAUSE: Final = 0.5
LONGEST: Final = 30.0
"""Seconds between two attempts: they double from the first to the second."""

LOOK: Final = 1.0
"""Seconds between two looks at a job."""

TIMEOUT: Final = httpx.Timeout(60.0)
TEMPORARY: Final = (429, 502, 503, 504)
# What a service says of the package, rather than of the request.
ANSWERS: Final = (409, 412, 422)

Progress = Callable[[int, int], None]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Pushed:
    """A version that is published now, and whether this made it."""

    url: str
    version: str
    created: bool
    report: Report | None


class Pusher:
    """A connection to a service, with a token. Closed by leaving its block."""

    def __init__(self, address: str, token: str) -> None:
        if not (token.isascii() and token.isprintable()):
            raise PushFailed("What was given as a token is none: it holds more than letters, digits and '_'.")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            self._client = httpx.Client(base_url=address, timeout=TIMEOUT, headers=headers)
        except httpx.InvalidURL as error:
            raise PushFailed(f"{address!r} is not an address: {error}.") from error
        if self._client.base_url.scheme not in ("http", "https"):
            raise PushFailed(f"{address!r} is not an address that begins with https:// or http://.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, archive: Path, name: str, version: str, progress: Progress) -> Pushed | str:
        """Send a zip that is to be published under a name and version. `progress` is told the bytes.

        It gives the job that is made of it, to be asked for its `outcome`; or what is published already, without a byte
        of it. Raises PushRefused or PushFailed.
        """
        size, digest = archive.stat().st_size, bytes.fromhex(sha256_of(archive))
        fields = {
            "Content-Type": "application/zip",
            "Upload-Complete": "?0",
            "Upload-Length": str(size),
            "Repr-Digest": f"sha-256=:{b64encode(digest).decode()}:",
        }
        answer = self._asked("PUT", f"/datasets/{quote(name, safe='')}/versions/{quote(version, safe='')}", fields)
        if answer.status_code == httpx.codes.OK:
            return _published(answer)
        job = f"/jobs/{answer.json()['id']}"
        last = self._send(job, archive, size, progress)
        return _published(last) if last and last.status_code == httpx.codes.OK else job

    def outcome(self, job: str, tell: Tell) -> Pushed:
        """What became of a job. `tell` is told the steps. Raises PushRefused with the report, or PushFailed."""
        while True:
            told = self._asked("GET", job).json()
            report = Report.from_dict(told["report"]) if told.get("report") else None
            match told["state"]:
                case "published":
                    return Pushed(told["release"]["url"], told["version"], told["created"], report)
                case "failed":
                    raise PushRefused(told["problem"]["detail"], told["problem"]["code"], report)
            tell(told["progress"]["step"] or "Waiting for its turn")
            time.sleep(LOOK)

    def _send(self, job: str, archive: Path, size: int, progress: Progress) -> httpx.Response | None:
        """Send what the service lacks, part by part, until it has all. It gives the last answer, if that came."""
        offset, failures = 0, 0
        with archive.open("rb") as source:
            while True:
                progress(offset, size)
                source.seek(offset)
                part = source.read(PART)
                try:
                    answer = self._patch(job, part, offset, size)
                    if offset + len(part) == size:
                        progress(size, size)
                        return answer
                    offset, failures = offset + len(part), 0
                except (httpx.TransportError, _Again) as error:
                    failures += 1
                    self._wait(failures, error)
                    known = self._asked("GET", job)
                    if known.json()["state"] != "receiving":
                        return None  # The last answer was lost, not the last part.
                    reached = int(known.headers["upload-offset"])
                    offset, failures = reached, failures if reached == offset else 0

    def _patch(self, job: str, part: bytes, offset: int, size: int) -> httpx.Response:
        last = offset + len(part) == size
        fields = {
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(offset),
            "Upload-Complete": f"?{int(last)}",
        }
        answer = _lasting(self._client.patch(job, content=part, headers=fields))
        if _code(answer) == "upload-mismatch":
            raise _Again(answer)
        # What became of the package is asked of its job, which has the report.
        if answer.is_success or (last and answer.status_code in ANSWERS):
            return answer
        raise _refusal(answer)

    def _asked(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer to a request without a body, which may be repeated."""
        failures = 0
        while True:
            try:
                answer = _lasting(self._client.request(method, path, headers=dict(fields or {})))
            except (httpx.TransportError, _Again) as error:
                failures += 1
                self._wait(failures, error)
            else:
                if not answer.is_success:
                    raise _refusal(answer)
                return answer

    def _wait(self, failures: int, error: Exception) -> None:
        """Pause before the next attempt, or give up. Raises PushFailed."""
        if failures >= ATTEMPTS:
            raise PushFailed(f"{self._client.base_url} does not answer: {str(error).removesuffix('.')}.") from error
        named = error.seconds if isinstance(error, _Again) else 0.0
        time.sleep(min(max(named, PAUSE * 2 ** (failures - 1)), LONGEST))


def exchanged(address: str, id_token: str) -> str:
    """The token that a service gives for the ID token of a trusted publisher. Raises PushFailed."""
    form = {"grant_type": GRANT, "subject_token_type": ID_TOKEN, "subject_token": id_token}
    try:
        answer = httpx.post(f"{address.rstrip('/')}/token", data=form, timeout=TIMEOUT)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise PushFailed(f"{address} does not answer: {str(error).removesuffix('.')}.") from error
    if not answer.is_success:
        raise _refusal(answer)
    return str(answer.json()["access_token"])


class _Again(Exception):
    """An answer that says to try again, and when, where it says that."""

    def __init__(self, answer: httpx.Response) -> None:
        retry = answer.headers.get("retry-after", "")
        self.seconds = float(retry) if retry.isdecimal() else 0.0
        super().__init__(f"{answer.status_code} {_detail(answer)}")


def _lasting(answer: httpx.Response) -> httpx.Response:
    """The answer, unless it is one for now only."""
    if answer.status_code in TEMPORARY:
        raise _Again(answer)
    return answer


def _published(answer: httpx.Response) -> Pushed:
    told = answer.json()
    return Pushed(told["release"]["url"], told["release"]["version"], told["created"], None)


def _refusal(answer: httpx.Response) -> PushRefused | PushFailed:
    words = f"{answer.url} answered {answer.status_code}: {_detail(answer)}"
    return PushRefused(words, _code(answer), None) if answer.status_code in ANSWERS else PushFailed(words)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(answer: httpx.Response) -> str:
    return str(_problem(answer).get("code", ""))


def _detail(answer: httpx.Response) -> str:
    """The sentence of an RFC 9457 problem, or the status's own words."""
    return str(_problem(answer).get("detail") or answer.reason_phrase)
