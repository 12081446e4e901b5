"""Catalogues of CKAN 2.x, by its action API (docs.ckan.org, "API guide")."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin

from minshu.descriptors import Descriptor
from minshu.errors import CatalogueUnanswering, DatasetUntaken
from minshu.harvest.fetching import Fetcher
from minshu.harvest.model import RemoteDataset, RemoteFile, RemoteStatus
from minshu.harvest.words import cleaned, licence, party, web

ACTIONS: Final = "/api/3/action/"
PAGE: Final = 100
"""Datasets that are asked for at once."""
PAGES: Final = 10_000

_DATASTORE: Final = "_datastore_only_resource"


def base_of(address: str) -> str:
    """The address of a CKAN, whatever part of its interface was named."""
    return re.sub(r"/api(/3)?(/action(/.*)?)?/?$", "", address.partition("?")[0]).rstrip("/")


class CkanCatalogue:
    """A CKAN."""

    kind = "ckan"

    def __init__(self, address: str, fetcher: Fetcher) -> None:
        self.address, self._fetcher = base_of(address), fetcher

    def answers(self) -> bool:
        """Whether a CKAN is there."""
        try:
            return isinstance(self._asked("package_search", rows=0), dict)
        except CatalogueUnanswering:
            return False

    def datasets(self, only: Collection[str] = ()) -> Iterator[RemoteDataset]:
        """Its public datasets, a hundred at a time; `only` those of some names or ids, each asked for by itself."""
        seen: set[str] = set()
        for package in self._named(only) if only else self._all():
            found = self._dataset(package)
            if found.id and found.id not in seen:
                seen.add(found.id)
                yield found

    def files(self, dataset: RemoteDataset) -> Sequence[RemoteFile]:
        """Its resources, which were told with it."""
        if not dataset.files:
            raise DatasetUntaken(f"{dataset.key} has no resources.")
        return dataset.files

    def statuses(self, dataset: str) -> Mapping[str, RemoteStatus]:  # noqa: ARG002  # of every kind of catalogue
        """None: in CKAN a dataset is there or not."""
        return {}

    def _all(self) -> Iterator[Any]:
        """All that it lists; what changed its number on the way may have moved others, so it is gone through again."""
        start, counts = 0, set[int]()
        for _ in range(PAGES):
            result = _dict(self._asked("package_search", rows=PAGE, start=start, sort="name asc"))
            if "results" not in result:
                raise CatalogueUnanswering(f"{self.address} does not list its datasets as a CKAN does.")
            packages = _list(result, "results")
            yield from packages
            start += len(packages)
            counts.add(_number(result.get("count")))
            if not packages or start >= _number(result.get("count")):
                if len(counts) == 1:
                    return
                start, counts = 0, set()
        raise CatalogueUnanswering(f"{self.address} has more than {PAGES} pages.")

    def _named(self, names: Collection[str]) -> Iterator[Any]:
        for name in names:
            if (found := self._asked("package_show", id=name)) is not None:
                yield found

    def _asked(self, action: str, **parameters: object) -> Any:
        """The result of an action; None where what it is about is not there. Raises CatalogueUnanswering."""
        url = f"{self.address}{ACTIONS}{action}?{urlencode(parameters)}"
        answer = self._fetcher.json(url)
        if answer is None:
            return None
        if not isinstance(answer, dict) or answer.get("success") is not True or "result" not in answer:
            raise CatalogueUnanswering(f"{url} does not answer as a CKAN does.")
        return answer["result"]

    def _dataset(self, told: Any) -> RemoteDataset:
        package = _dict(told)
        identifier, name = _text(package, "id"), _text(package, "name")
        files = [self._file(resource) for resource in map(_dict, _list(package, "resources"))]
        state = _text(package, "state") or "active"
        return RemoteDataset(
            id=identifier or name,
            key=name or identifier,
            about=self._about(package),
            page=f"{self.address}/dataset/{quote(name)}" if name else "",
            modified=_text(package, "metadata_modified"),
            files=tuple(file for file in files if file),
            shut=_shut("private" if package.get("private") else state),
        )

    def _about(self, package: Mapping[str, Any]) -> Descriptor:
        organization = _dict(package.get("organization"))
        publisher = _text(organization, "title") or _text(organization, "name")
        parties = [
            party(name, "", role)
            for name, role in (
                (publisher, "publisher"),
                (_text(package, "author"), "author"),
                (_text(package, "maintainer"), "maintainer"),
            )
            if name
        ]
        found = licence(*(_text(package, f"license_{key}") for key in ("id", "title", "url")))
        tags = [_text(tag, "display_name") or _text(tag, "name") for tag in map(_dict, _list(package, "tags"))]
        told = {
            "title": _text(package, "title") or _text(package, "name"),
            "description": _text(package, "notes"),
            "keywords": sorted({tag for tag in tags if tag}),
            "homepage": web(_text(package, "url")),
            "licenses": [found] if found else [],
            "contributors": parties,
        }
        return {key: value for key, value in told.items() if value}

    def _file(self, resource: Mapping[str, Any]) -> RemoteFile | None:
        identifier, url = _text(resource, "id"), _text(resource, "url")
        if url.endswith(_DATASTORE):
            url = f"{self.address}/datastore/dump/{identifier}"
        if not url or _text(resource, "state") not in ("", "active"):
            return None
        return RemoteFile(
            id=identifier or url,
            url=_joined(f"{self.address}/", url),
            title=_text(resource, "name"),
            format="CSV" if "/datastore/dump/" in url else _text(resource, "format"),
            media_type=_text(resource, "mimetype"),
            mark=_mark(resource),
        )


def _joined(base: str, url: str) -> str:
    """An address that may be relative. One that is none is told as it is, by whoever asks for it."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _shut(state: str) -> str:
    return "" if state == "active" else f"it is {state} there"


def _mark(resource: Mapping[str, Any]) -> str:
    """What changes with the content of a resource: the digest that CKAN keeps, and when a file was uploaded.

    That digest alone may be of an earlier upload, for it is counted later or by hand.
    """
    digest, modified = _text(resource, "hash"), _text(resource, "last_modified")
    return f"{digest} {modified}".strip() if digest or resource.get("url_type") == "upload" else ""


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _text(value: Mapping[str, Any], key: str) -> str:
    return cleaned(value.get(key))
