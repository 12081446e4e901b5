"""Downloading a release from a Minshu into a store, each byte held against the manifest's digests."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import httpx

from minshu import acts
from minshu.audit import Actor, Entry, parse_entry
from minshu.descriptors import NAME, safe_file
from minshu.digests import sha256_of
from minshu.errors import AuditBroken, DatasetNotFound, DownloadError, ManifestUnreadable, ReleaseConflict, UnsafePath
from minshu.manifest import MANIFEST, SIGNATURE, Manifest, ReleasedFile, parse_manifest
from minshu.signing import Trust, parse_signature
from minshu.standing import FETCHED
from minshu.store import Store, StoredRelease
from minshu.verify import verify_release
from minshu.versions import is_version

ATTEMPTS = 4
TIMEOUT = httpx.Timeout(30.0)
ANYBODY = Trust()

# Told the bytes that came, and all that will.
Progress = Callable[[int, int], None]


def download(
    name: str,
    version: str,
    base_url: str,
    store: Store,
    progress: Progress = lambda _done, _all: None,
    trust: Trust = ANYBODY,
    token: str = "",
) -> StoredRelease:
    """Fetch a release (`version` may be `latest`) with all its files; it appears in the store once it is proven whole.

    The token opens data that is not open to all; only the service at `base_url` is shown it.

    Raises DownloadError, SignatureRefused where `trust` does not accept its signature, ReleaseConflict where the store
    has other content under this version, or DigestMismatch where it has this release, but damaged.
    """
    with _client(base_url, token) as client:
        data = _content(_answer(client, f"/datasets/{quote(name)}/versions/{quote(version)}/{MANIFEST}"))
        manifest = _trusted(data, name, version)
        acts.recover(store)
        acts.refuse_spent(store, manifest.name, manifest.version)
        if existing := _existing(store, manifest, data):
            return existing
        signature = _signature(client, manifest, data, trust)
        with store.staging(manifest.name) as stage:
            done, total = 0, sum(file.bytes for file in manifest.files)
            for file in manifest.files:
                url = f"/datasets/{manifest.name}/versions/{quote(manifest.version)}/{manifest.url_path(file.path)}"
                for size in _fetch(client, url, file, _target(stage, file.path)):
                    progress(done + size, total)
                done += file.bytes
            if signature is not None:
                (stage / SIGNATURE).write_bytes(signature)
            release = store.commit(stage, data)
            acts.record(store, release, Actor.local("operator"), FETCHED, private={"from": base_url})
            return release


def listed(name: str, base_url: str) -> dict[str, str | None]:
    """The versions that a Minshu has of a dataset, newest first, with their states: yanked, withdrawn, purged, None.

    Empty where it has no such dataset. Raises DownloadError, also where something else than a Minshu answers.
    """
    with _client(base_url) as client:
        response = _answer(client, f"/datasets/{quote(name)}/versions")
        try:
            value = response.json()
            if response.status_code == httpx.codes.NOT_FOUND and value["code"] == DatasetNotFound.code:
                return {}
            if response.is_success:
                return {str(one["version"]): one.get("status", {}).get("state") for one in value["versions"]}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DownloadError(f"{response.url} does not answer as a Minshu does.") from error
    raise DownloadError(f"{response.url} answered {response.status_code}: {_detail(response)}")


def download_file(url: str, target: Path, most: int) -> None:
    """Fetch one file, of no more bytes than that, from an address. Raises DownloadError."""
    size = 0
    with _client(url) as client, _failing(url), client.stream("GET", url) as response, target.open("xb") as sink:
        if not response.is_success:
            raise DownloadError(f"{response.url} answered {response.status_code}: {response.reason_phrase}")
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > most:
                raise DownloadError(f"{url} has more than the {most} bytes that an archive may have.")
            sink.write(chunk)


def remote_log(base_url: str) -> Iterator[Entry]:
    """The entries of a service's log, in their order. Raises DownloadError, or AuditBroken at one that is damaged."""
    rest, number = b"", 0
    with _client(base_url) as client, _failing(base_url), client.stream("GET", "/audit.ndjson") as response:
        if not response.is_success:
            raise DownloadError(f"{response.url} answered {response.status_code}: {response.reason_phrase}")
        for chunk in response.iter_bytes():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number += 1
                yield parse_entry(number, line + b"\n")
    if rest:
        raise AuditBroken(number + 1, "is damaged: it breaks off")


@contextmanager
def _failing(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DownloadError(f"{url} does not answer: {str(error).removesuffix('.')}.") from error


def _client(base_url: str, token: str = "") -> httpx.Client:
    if not (token.isascii() and token.isprintable()):
        raise DownloadError("What was given as a token is none: it holds more than letters, digits and '_'.")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        # On a redirect to elsewhere, httpx leaves the header out.
        return httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT, follow_redirects=True)
    except httpx.InvalidURL as error:
        raise DownloadError(f"{base_url!r} is not an address: {error}.") from error


def _trusted(data: bytes, name: str, version: str) -> Manifest:
    """The manifest, once it is the one asked for: another service's word is not enough to write under a name."""
    try:
        manifest = parse_manifest(data, f"The {MANIFEST} of {name}")
    except ManifestUnreadable as error:
        raise DownloadError(str(error)) from error
    if manifest.name != name or not NAME.match(name) or version not in (manifest.version, "latest"):
        raise DownloadError(f"Asked for {name}@{version}, but was given {manifest.name}@{manifest.version}.")
    if not is_version(manifest.version):
        raise DownloadError(f"{manifest.version!r} is not a version by Semantic Versioning.")
    return manifest


def _signature(client: httpx.Client, manifest: Manifest, data: bytes, trust: Trust) -> bytes | None:
    """The signature over the manifest, to be kept beside it; None where there is none, as at every older Minshu."""
    url = f"/datasets/{manifest.name}/versions/{quote(manifest.version)}/{SIGNATURE}"
    where, response = f"{manifest.name} {manifest.version}", _answer(client, url)
    signature = None
    if response.status_code != httpx.codes.NOT_FOUND:
        signature = parse_signature(_content(response), where)
    trust.check(data, signature, manifest.published, where)
    # What was understood is kept, and nothing else that a service may send along.
    return signature.dumps() if signature else None


def _existing(store: Store, manifest: Manifest, data: bytes) -> StoredRelease | None:
    if manifest.version not in store.versions(manifest.name):
        return None
    existing = store.release(manifest.name, manifest.version)
    if existing.sha256 != sha256(data).hexdigest():
        raise ReleaseConflict(manifest.name, manifest.version)
    verify_release(existing)
    return existing


def _target(stage: Path, path: str) -> Path:
    try:
        target = safe_file(stage, path)
    except UnsafePath as error:
        raise DownloadError(f"The release names a file outside itself: {path!r}. It was not fetched.") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _answer(client: httpx.Client, url: str) -> httpx.Response:
    try:
        return client.get(url, headers={"Accept": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DownloadError(f"{client.base_url} does not answer: {str(error).removesuffix('.')}.") from error


def _content(response: httpx.Response) -> bytes:
    if response.is_success:
        return response.content
    raise DownloadError(f"{response.url} answered {response.status_code}: {_detail(response)}")


def _detail(response: httpx.Response) -> str:
    """The sentence of an RFC 9457 problem, or the status's own words."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _fetch(client: httpx.Client, url: str, file: ReleasedFile, target: Path) -> Iterator[int]:
    """Fetch one file, resumed where a connection broke, and prove it by its digest. Yields the bytes so far."""
    for attempt in range(ATTEMPTS):
        try:
            yield from _append(client, url, file, target)
            break
        except httpx.HTTPError as error:
            if attempt == ATTEMPTS - 1:
                raise DownloadError(f"{file.path} could not be fetched: {error}.") from error
            time.sleep(0.2 * 2**attempt)
    found = sha256_of(target)
    if found != file.sha256:
        raise DownloadError(f"{file.path} has SHA-256 {found}, not {file.sha256} as released. Nothing was kept.")


def _append(client: httpx.Client, url: str, file: ReleasedFile, target: Path) -> Iterator[int]:
    start = target.stat().st_size if target.exists() else 0
    if start == file.bytes > 0:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with client.stream("GET", url, headers=headers) as response:
        if not response.is_success:
            response.read()
            raise DownloadError(f"{response.url} answered {response.status_code}: {_detail(response)}")
        size = start if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
        with target.open("r+b" if target.exists() else "wb") as sink:
            sink.seek(size)
            sink.truncate()
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > file.bytes:
                    raise DownloadError(f"{file.path} is longer than the {file.bytes} bytes that were released.")
                sink.write(chunk)
                yield size
