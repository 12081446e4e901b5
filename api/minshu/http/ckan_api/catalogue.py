"""The catalogue as CKAN tells it: every dataset as a package, and what its names and ids stand for.

It stands on the directory, and as that is always as the store is now. What is kept of a package is what searches look
at; the package itself is made when it is asked for.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, Final

from minshu.browse import Library, Release
from minshu.errors import PackageUnknown, StoreError
from minshu.http.directory import Directory, Entry
from minshu.http.links import Links
from minshu.http.metadata import release_metadata
from minshu.metadata.ckan import Package, package, package_id, table_id
from minshu.metadata.ckan_fields import fields
from minshu.metadata.solr import TIMES, Document
from minshu.search import fold

BASES: Final = 4
"""For how many addresses of this service packages are known at once: ids are made of them."""


@dataclass(frozen=True)
class Summary:
    """What is kept of a package: the values of its fields, its resources' ids, its organisation and its licence."""

    fields: Mapping[str, tuple[str, ...]]
    resources: tuple[str, ...]
    organization: Package | None
    licence: tuple[str, str, str, bool]


@dataclass(frozen=True, eq=False)
class Known:
    """A dataset, as a package that is told under certain addresses."""

    entry: Entry
    release: Release
    library: Library
    links: Links

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.entry.name

    @cached_property
    def id(self) -> str:
        """The package's id."""
        return package_id(self.links.dataset(self.name))

    @cached_property
    def issued(self) -> datetime:
        """When the first release was published, as far as that can be read."""
        try:
            first = self.library.release(self.name, self.entry.dataset.versions[-1])
        except StoreError:
            return self.release.published
        return min(first.published, self.release.published)

    def package(self) -> Package:
        """All of it."""
        return package(release_metadata(self.release, self.links), self.issued)

    def tables(self) -> Iterator[tuple[str, str]]:
        """The id and the name of each table."""
        url = self.links.dataset(self.name)
        return ((table_id(url, table.name), table.name) for table in self.entry.tables)

    @cached_property
    def summary(self) -> Summary:
        """What is kept of it."""
        told = self.package()
        licence = (told["license_id"], told["license_title"], told["license_url"], told["isopen"])
        resources = tuple(resource["id"] for resource in told["resources"])
        return Summary(fields(told), resources, told["organization"], licence)

    @cached_property
    def document(self) -> Document:
        """What a search looks at."""
        folded = {
            name: values if name in TIMES else tuple(map(fold, values)) for name, values in self.summary.fields.items()
        }
        return Document(folded, lambda word: self.entry.index.holds([word]) or word in (self.id, self.name))


class Packages:
    """Every package at one time. `all` has those that are gone as well."""

    def __init__(self, known: tuple[Known, ...]) -> None:
        self.all = known
        self.standing = tuple(one for one in known if not one.entry.is_gone)
        self._by_key = {key: one for one in known for key in (one.id, one.name)}

    def find(self, key: str) -> Known:
        """The package of this id or name. Raises PackageUnknown."""
        if key not in self._by_key:
            raise PackageUnknown("package", key)
        return self._by_key[key]

    def resource(self, key: str) -> tuple[Known, Package]:
        """The resource of this id, and whose it is. Raises PackageUnknown."""
        if key not in self._resources:
            raise PackageUnknown("resource", key)
        known = self._resources[key]
        return known, next(one for one in known.package()["resources"] if one["id"] == key)

    def table(self, key: str) -> tuple[Known, str]:
        """The table of this resource's id, or of this alias, `package/table`. Raises PackageUnknown."""
        found = self.find_table(key)
        if found is None:
            raise PackageUnknown("resource with rows", key)
        return found

    def find_table(self, key: str) -> tuple[Known, str] | None:
        """The same; None where there is none."""
        name, slash, table = key.partition("/")
        if slash and name in self._by_key:
            return self._by_key[name], table
        return self._tables.get(key)

    @cached_property
    def _resources(self) -> Mapping[str, Known]:
        return {key: one for one in self.standing for key in one.summary.resources}

    @cached_property
    def _tables(self) -> Mapping[str, tuple[Known, str]]:
        return {key: (one, table) for one in self.all for key, table in one.tables()}


class CkanCatalogue:
    """The packages of a library. Safe to use from many threads."""

    def __init__(self, library: Library, directory: Directory) -> None:
        self._library, self._directory, self._lock = library, directory, Lock()
        self._packages: OrderedDict[str, Packages] = OrderedDict()

    def packages(self, links: Links) -> Packages:
        """Every package as it is now, under these addresses. Raises what `Directory.entries` does."""
        entries = self._directory.entries()
        with self._lock:
            before = self._packages.pop(links.base, None)
            now = self._now(entries, before, links)
            self._packages[links.base] = now
            while len(self._packages) > BASES:
                self._packages.popitem(last=False)
            return now

    def warm(self, links: Links) -> None:
        """Read what searches look at before anybody searches, some milliseconds a package. Raises as `packages`."""
        for known in self.packages(links).all:
            _ = known.document

    def _now(self, entries: tuple[Entry, ...], before: Packages | None, links: Links) -> Packages:
        readable = [(entry, entry.release) for entry in entries if entry.release]
        known = {one.entry: one for one in before.all} if before else {}
        if before and len(before.all) == len(readable) and all(entry in known for entry, _ in readable):
            return before
        return Packages(
            tuple(known.get(entry) or Known(entry, release, self._library, links) for entry, release in readable)
        )


def as_organization(found: list[Known]) -> dict[str, Any]:
    """The organisation of these packages, of which there is one at least."""
    told = [one.summary.organization for one in found if one.summary.organization]
    created = min(one["created"] for one in told)
    return {**told[0], "created": created, "revision_timestamp": created, "package_count": len(found)}
