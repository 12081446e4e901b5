"""Asking another catalogue: one request at a time, with patience, within bounds, and never into a private network."""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import httpx

from minshu.errors import AddressRefused, CatalogueUnanswering, FileUntaken
from minshu.harvest.model import RemoteFile, Seen
from minshu.outbound import guarded_client, origin_of
from minshu.settings import MEBIBYTE

ATTEMPTS: Final = 4
PAUSE: Final = 0.5
LONGEST: Final = 30.0
"""Seconds between two attempts: they double from the first to the second."""

DOCUMENT: Final = 32 * MEBIBYTE
"""The most bytes of a page of a catalogue, which is read as a whole."""

REDIRECTS: Final = 5
TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
IN_VAIN: Final = 2
TEMPORARY: Final = (429, 500, 502, 503, 504)
GONE: Final = (404, 410)
# What comes of a connection that breaks in the middle of a file.
BROKEN: Final = (httpx.RemoteProtocolError, httpx.ReadError)


@dataclass(frozen=True)
class Document:
    """A page of a catalogue, and the address that it was found at in the end."""

    url: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched: its media type as it was sent, and what is known of it now."""

    media_type: str
    seen: Seen


class Fetcher:
    """Asks a catalogue and the hosts that it names. `allowed` are origins that may be private as well as its own."""

    def __init__(
        self, address: str, allowed: Collection[str] = (), *, seconds: float = 1800.0, pause: float = PAUSE
    ) -> None:
        if not address.startswith(("http://", "https://")):
            raise CatalogueUnanswering(f"{address!r} is not an address that begins with https:// or http://.")
        if "@" in address.partition("://")[2].partition("/")[0]:
            raise CatalogueUnanswering("The address holds a name or a password. What needs a login is not open.")
        try:
            self._client = guarded_client([address, *allowed], timeout=TIMEOUT)
        except httpx.InvalidURL as error:
            raise CatalogueUnanswering(f"{address!r} is not an address: {error}.") from error
        self._seconds, self._pause = seconds, pause
        # How often in vain the hosts were asked that could not be connected to.
        self._dead: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def document(self, url: str, accept: str) -> Document | None:
        """A page of the catalogue; None where there is none. Raises CatalogueUnanswering."""
        try:
            with self._answer(url, {"Accept": accept}) as response:
                if response.status_code in GONE:
                    return None
                if not response.is_success:
                    raise CatalogueUnanswering(f"{url} answered {_status(response)}.")
                data = b"".join(_bounded(response, DOCUMENT, self._seconds))
                return Document(str(response.url), _media_type(response), data)
        except FileUntaken as error:
            raise CatalogueUnanswering(str(error)) from error

    def json(self, url: str) -> Any:
        """The value of a page of JSON; None where there is no such page. Raises CatalogueUnanswering."""
        found = self.document(url, "application/json")
        try:
            return json.loads(found.data) if found else None
        except (ValueError, RecursionError) as error:
            raise CatalogueUnanswering(f"{url} does not answer in JSON.") from error

    def file(self, file: RemoteFile, target: Path, most: int, known: Seen | None = None) -> Fetched | None:
        """Fetch a file; None where it is as it was when it was `known`. Raises FileUntaken, and leaves nothing."""
        try:
            return self._file(file, target, most, known)
        except FileUntaken as error:
            target.unlink(missing_ok=True)
            if not isinstance(error.__cause__, BROKEN):
                raise
        time.sleep(self._pause)
        try:
            return self._file(file, target, most, known)
        except FileUntaken:
            target.unlink(missing_ok=True)
            raise

    def _file(self, file: RemoteFile, target: Path, most: int, known: Seen | None) -> Fetched | None:
        with self._answer(file.url, _conditions(known)) as response:
            if known and response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            if not response.is_success:
                gone = response.status_code in GONE
                raise FileUntaken(file.url, f"answered {_status(response)}", gone=gone)
            digest = sha256()
            with target.open("xb") as sink:
                for chunk in _bounded(response, most, self._seconds):
                    digest.update(chunk)
                    sink.write(chunk)
            found = digest.hexdigest()
            if file.sha256 and found != file.sha256:
                raise FileUntaken(file.url, f"has SHA-256 {found}, not {file.sha256} as its catalogue says")
            fields = response.headers
            seen = Seen(fields.get("etag", ""), fields.get("last-modified", ""), file.mark, found)
            return Fetched(_media_type(response), seen)

    @contextmanager
    def _answer(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The answer to a request, asked for again where that may help. Raises FileUntaken."""
        try:
            request = self._client.build_request("GET", url, headers={"Accept-Encoding": "identity", **headers})
            response = self._sent(request)
            try:
                yield response
            finally:
                response.close()
        except (AddressRefused, httpx.TooManyRedirects) as error:
            raise FileUntaken(url, f"is not followed: {str(error).removesuffix('.')}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            words = str(error).removesuffix(".") or type(error).__name__
            raise FileUntaken(url, f"does not answer: {words}") from error

    def _sent(self, request: httpx.Request) -> httpx.Response:
        """The answer of where a request leads in the end. What a redirect says besides that is never read."""
        for _ in range(REDIRECTS + 1):
            response = self._asked(request)
            if response.next_request is None:
                return response
            response.close()
            request = response.next_request
        raise httpx.TooManyRedirects(f"it leads to more than {REDIRECTS} others", request=request)

    def _asked(self, request: httpx.Request) -> httpx.Response:
        """The last answer to a few attempts. A host that was asked in vain twice is asked no more."""
        url, origin = request.url, origin_of(request.url)
        if url.userinfo:
            raise FileUntaken(f"{origin}{url.path}", "is told with a name or a password, and needs a login")
        if self._dead[origin] >= IN_VAIN:
            raise FileUntaken(str(url), "is not asked for, as its host did not answer before")
        try:
            return self._attempted(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._dead[origin] += 1
            raise

    def _attempted(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(1, ATTEMPTS):
            try:
                response = self._client.send(request, stream=True)
            except httpx.TransportError:
                named = 0.0
            else:
                if response.status_code not in TEMPORARY:
                    return response
                named = _retry_after(response)
                response.close()
            time.sleep(min(max(named, self._pause * 2 ** (attempt - 1)), LONGEST))
        return self._client.send(request, stream=True)


def _conditions(known: Seen | None) -> dict[str, str]:
    """The conditions by which a server tells that a file is as it was (RFC 9110, 13.1)."""
    fields = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
    return {name: value for name, value in fields.items() if value and value.isascii()}


def _bounded(response: httpx.Response, most: int, seconds: float) -> Iterator[bytes]:
    """What comes, unless it is too much or takes too long. Raises FileUntaken."""
    url, size, until = str(response.request.url), 0, time.monotonic() + seconds
    if len(response.headers.get_list("content-encoding", split_commas=True)) > 1:  # Each multiplies by a thousand.
        raise FileUntaken(url, "is packed several times over")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise FileUntaken(url, f"has {declared} bytes, and {most} are the most that are taken")
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > most:
            raise FileUntaken(url, f"has more than the {most} bytes that are taken")
        if time.monotonic() > until:
            raise FileUntaken(url, f"takes longer than {seconds:g} s")
        yield chunk


def _retry_after(response: httpx.Response) -> float:
    told = response.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else 0.0


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()
