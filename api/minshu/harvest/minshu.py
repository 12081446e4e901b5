"""Catalogues of another Minshu: packages as they are, every byte held against the manifest of their release."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urljoin

from minshu.descriptors import NAME
from minshu.errors import CatalogueUnanswering, DatasetUntaken, ManifestUnreadable
from minshu.harvest.fetching import Fetcher
from minshu.harvest.model import RemoteDataset, RemoteFile, RemoteStatus
from minshu.harvest.words import cleaned
from minshu.manifest import MANIFEST, PACKAGE, parse_manifest
from minshu.opening import Attribute
from minshu.versions import is_version

PAGES: Final = 10_000


class MinshuCatalogue:
    """A Minshu."""

    kind = "minshu"

    def __init__(self, address: str, fetcher: Fetcher) -> None:
        self.address, self._fetcher = address.rstrip("/").removesuffix("/datasets"), fetcher

    def answers(self) -> bool:
        """Whether a Minshu is there."""
        with suppress(CatalogueUnanswering):
            answer = self._fetcher.json(f"{self.address}/datasets")
            return isinstance(answer, dict) and isinstance(answer.get("datasets"), list) and "count" in answer
        return False

    def datasets(self, only: Collection[str] = ()) -> Iterator[RemoteDataset]:
        """Its datasets with what their newest releases are."""
        url, asked = f"{self.address}/datasets", set[str]()
        while url not in asked:
            if len(asked) >= PAGES:
                raise CatalogueUnanswering(f"{self.address} has more than {PAGES} pages.")
            asked.add(url)
            answer = self._fetcher.json(url)
            if not isinstance(answer, dict) or not isinstance(answer.get("datasets"), list):
                raise CatalogueUnanswering(f"{url} does not answer as a Minshu does.")
            for told in answer["datasets"]:
                name = told.get("name") if isinstance(told, dict) else None
                if isinstance(name, str) and NAME.fullmatch(name) and (not only or name in only):
                    yield self._dataset(name, told)
            url = urljoin(url, answer["next"]) if isinstance(answer.get("next"), str) else url

    def files(self, dataset: RemoteDataset) -> Sequence[RemoteFile]:
        """The files of its package, with their digests."""
        base = self._url(dataset.key, str(dataset.version))
        try:
            document = self._fetcher.document(f"{base}/{MANIFEST}", "application/json")
        except CatalogueUnanswering as error:
            raise DatasetUntaken(str(error)) from error
        if document is None or (dataset.digest and sha256(document.data).hexdigest() != dataset.digest):
            raise DatasetUntaken(f"{base}/{MANIFEST} is not the manifest that the catalogue tells of.")
        try:
            manifest = parse_manifest(document.data, f"{base}/{MANIFEST}")
        except ManifestUnreadable as error:
            raise DatasetUntaken(str(error)) from error
        return [
            RemoteFile(
                id=file.path,
                url=f"{base}/{manifest.url_path(file.path)}",
                sha256=file.sha256,
                path=file.path.removeprefix(PACKAGE),
            )
            for file in manifest.files
            if file.path.startswith(PACKAGE)
        ]

    def statuses(self, dataset: str) -> Mapping[str, RemoteStatus]:
        """What it says of the versions of a dataset."""
        try:
            answer = self._fetcher.json(f"{self.address}/datasets/{quote(dataset, safe='')}/versions")
        except CatalogueUnanswering as error:
            raise DatasetUntaken(str(error)) from error
        versions = answer.get("versions") if isinstance(answer, dict) else None
        told = [one for one in versions or () if isinstance(one, dict) and isinstance(one.get("status"), dict)]
        return {str(one.get("version")): _status(one["status"]) for one in told}

    def _dataset(self, name: str, told: Mapping[str, Any]) -> RemoteDataset:
        version, release = told.get("version"), told.get("release")
        known = isinstance(version, str) and is_version(version)
        attribute = told.get("open_attribute")
        shut = "" if known else "None of its releases stands"
        if attribute not in (None, Attribute.unconditional.value):
            shut = f"Its data is not open to all ({attribute})"
        return RemoteDataset(
            id=name,
            key=name,
            about={"title": cleaned(told.get("title")) or name},
            page=self._url(name, str(version)) if known else f"{self.address}/datasets/{name}",
            modified=cleaned(told.get("published")),
            digest=str(release.get("sha256") or "") if isinstance(release, dict) else "",
            version=str(version) if known else None,
            shut=shut,
        )

    def _url(self, name: str, version: str) -> str:
        return f"{self.address}/datasets/{quote(name, safe='')}/versions/{quote(version, safe='')}"


def _status(told: Mapping[str, Any]) -> RemoteStatus:
    successor = told.get("successor")
    return RemoteStatus(cleaned(told.get("state")), cleaned(told.get("reason")), cleaned(successor) or None)
