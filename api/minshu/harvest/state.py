"""What was harvested before: told by the log of the store and by the descriptors of its releases, and by nothing else.

An entry of the act `harvested` says what was found at the address of each file, so that it need not be fetched again.
Which dataset here is which one there stands in the descriptor of each release: it is known without the log as well.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from minshu.audit import Actor
from minshu.descriptors import Descriptor
from minshu.errors import StoreError
from minshu.harvest.model import ORIGIN, RemoteDataset, Seen
from minshu.manifest import DESCRIPTOR, PACKAGE
from minshu.store import Store, StoredRelease

HARVESTED: Final = "harvested"
ROLE: Final = "harvester"


@dataclass(frozen=True)
class Held:
    """A dataset that was harvested before: its name here, and its newest release, if it has one that can be read.

    `seen` is what was found at its addresses, by the ids of its files; `digest` is that of all of it, `about` that of
    what was said of it. `refused` is the code of the error by which what was found there last was not published.
    """

    name: str
    release: StoredRelease | None = None
    descriptor: Descriptor = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    digest: str = ""
    about: str = ""
    refused: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether the newest release was harvested, as far as there is a descriptor that could say so."""
        return not self.descriptor or ORIGIN in self.descriptor

    @property
    def files(self) -> list[dict[str, str]]:
        """The files of its newest release that were fetched: each with its path, its id, and its address."""
        origin = self.descriptor.get(ORIGIN)
        found = origin.get("files", []) if isinstance(origin, dict) else []
        return [dict(one) for one in found if isinstance(one, dict)]


class Memory:
    """What a store knows of one catalogue."""

    def __init__(self, store: Store, kind: str, address: str) -> None:
        self._store, self._kind, self._place = store, kind, place_of(address)
        self._address = address
        self._entries: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._names: dict[str, str] = {}
        if store.root.is_dir():
            self._read()

    def ids(self) -> list[str]:
        """The ids of all datasets of the catalogue that have a release here."""
        return [found for found, name in self._names.items() if self._store.versions(name)]

    def held(self, identifier: str) -> Held | None:
        """A dataset that was harvested before, by its id there."""
        name = self._names.get(identifier)
        if name is None:
            return None
        _, told = self._entries.get(identifier, (name, {}))
        release = _newest(self._store, name)
        descriptor = descriptor_of(release) if release else {}
        if release is None and not told.get("refused"):
            told = {}  # What was found is here no more.
        files = told.get("files")
        seen = {key: Seen.read(one) for key, one in files.items()} if isinstance(files, dict) else {}
        origin = descriptor.get(ORIGIN, {})
        digest = told.get("digest") or (origin.get("digest") if isinstance(origin, dict) else "") or ""
        return Held(
            name,
            release,
            descriptor,
            seen,
            str(digest),
            str(told.get("about", "")),
            str(told.get("refused", "")),
        )

    def is_taken(self, name: str) -> bool:
        """Whether a name stands for another dataset already, one that was harvested or not."""
        return name in self._names.values() or bool(self._store.versions(name))

    def keep(
        self,
        dataset: RemoteDataset,
        name: str,
        version: str | None,
        seen: Mapping[str, Seen],
        refused: str = "",
    ) -> None:
        """Log what was found, unless the last entry says the same."""
        details: dict[str, Any] = {
            "kind": self._kind,
            "catalogue": self._address,
            "id": dataset.id,
            **({"digest": dataset.digest} if dataset.digest else {}),
            "about": about_of(dataset),
            **({"refused": refused} if refused else {}),
            **({"files": {key: one.told() for key, one in seen.items()}} if seen else {}),
        }
        self._names[dataset.id] = name
        if self._entries.get(dataset.id) != (name, details):
            self._store.root.mkdir(parents=True, exist_ok=True)
            self._store.log.append(HARVESTED, Actor.local(ROLE), name, version, details)
            self._entries[dataset.id] = (name, details)

    def _read(self) -> None:
        for name, descriptor in _descriptors(self._store):
            origin = descriptor.get(ORIGIN)
            if isinstance(origin, dict) and self._is_of(origin):
                self._names[str(origin.get("id"))] = name
        for entry in self._store.log.entries():
            told = entry.details
            if entry.act == HARVESTED and entry.dataset and self._is_of(told):
                self._entries[str(told.get("id"))] = (entry.dataset, told)
                self._names[str(told.get("id"))] = entry.dataset

    def _is_of(self, told: Mapping[str, Any]) -> bool:
        """Whether what is told is of this catalogue."""
        return told.get("kind") == self._kind and place_of(str(told.get("catalogue"))) == self._place


def version_of(held: Held | None) -> str | None:
    """The version of the newest release of a dataset here, if there is one."""
    return held.release.manifest.version if held and held.release else None


def about_of(dataset: RemoteDataset) -> str:
    """The digest of what is said of a dataset."""
    return sha256(json.dumps(dataset.about, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def place_of(address: str) -> str:
    """Where a catalogue is, whether it is asked with or without TLS, and however its address ends."""
    parts = urlsplit(address)
    return re.sub(r"/+$", "", f"{parts.netloc.rpartition('@')[2].lower()}{parts.path}") + (
        f"?{parts.query}" if parts.query else ""
    )


def descriptor_of(release: StoredRelease) -> Descriptor:
    """The descriptor of a release; an empty one where it was purged, or cannot be read."""
    try:
        told = json.loads((release.folder / PACKAGE / DESCRIPTOR).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _newest(store: Store, name: str) -> StoredRelease | None:
    """The newest release of a dataset that can be read, whatever was said of it since."""
    for version in store.versions(name):
        with suppress(StoreError):
            return store.release(name, version)
    return None


def _descriptors(store: Store) -> Iterator[tuple[str, Descriptor]]:
    for name in store.names():
        release = _newest(store, name)
        yield name, descriptor_of(release) if release else {}
