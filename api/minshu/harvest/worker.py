"""The process that makes packages of what came from elsewhere, and publishes them.

What strangers wrote may take it any time and memory, or break it: it is held to limits, and may be killed at any
instant. What it writes into the store appears whole or not at all.
"""

import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from minshu import confinement
from minshu.audit import Actor
from minshu.catalogue import Catalogue
from minshu.descriptors import Descriptor, read_package
from minshu.errors import DatasetUntaken, HarvestError, InvalidPackage, MinshuError, PackageError, PublishError
from minshu.harvest.model import RemoteDataset, RemoteFile
from minshu.harvest.packages import Piece, carried, is_same, made, written
from minshu.harvest.state import ROLE, descriptor_of
from minshu.manifest import DESCRIPTOR, PACKAGE
from minshu.publish import Published, publish
from minshu.report import Report
from minshu.settings import Settings
from minshu.store import Store
from minshu.workers.frames import packed, talk, unpacked

FILES: Final = 512
"""How many files may be open."""

SHOWN: Final = 3
"""How many errors of a package are told."""

LASTING: Final = (PublishError, PackageError, HarvestError)
"""Errors of what is there: while that does not change, they will not either. All others may be put right here."""


@dataclass(frozen=True)
class Task:
    """A package in the making: its files lie in `folder`, each `piece` with what it is to be.

    There are no pieces where the package is taken as it is, with its `files`. `before` is the version of the newest
    release here, and `kept` are the keys of the pieces that it has.
    """

    dataset: RemoteDataset
    name: str
    kind: str
    address: str
    folder: Path
    actor: str | None
    pieces: tuple[Piece, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    before: str | None = None
    kept: tuple[tuple[str, str], ...] = ()

    def told(self) -> dict[str, Any]:
        """The task as a worker is given it."""
        return {**asdict(replace(self, dataset=replace(self.dataset, files=()))), "folder": str(self.folder)}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """The task that a worker was given."""
        given = {
            "dataset": RemoteDataset(**{**told["dataset"], "files": ()}),
            "folder": Path(told["folder"]),
            "pieces": tuple(Piece(**{**one, "file": RemoteFile(**one["file"])}) for one in told["pieces"]),
            "files": tuple(RemoteFile(**one) for one in told["files"]),
            "kept": tuple((identifier, member) for identifier, member in told["kept"]),
        }
        return cls(**{**told, **given})


def main() -> None:
    """Work on tasks until the parent is gone."""
    talk(_serve)


def _serve(read: Callable[[int], bytes], write: Callable[[bytes], None]) -> None:
    given, _ = unpacked(read, 0)
    settings = Settings(**given["settings"])
    confinement.confine(given["parent"], settings.archive_bytes, FILES)
    confinement.bound_memory(2 * settings.publish_memory)
    write(packed({"ready": True}))
    while True:
        told, _ = unpacked(read, 0)
        write(packed(answered(Task.read(told), settings)))


def answered(task: Task, settings: Settings) -> dict[str, Any]:
    """What came of a task, or why nothing did."""
    tempfile.tempdir = str(task.folder.parent)
    try:
        return _Work(task, settings).done()
    except MinshuError as error:
        return {"code": error.code, "words": _words(error), "lasting": isinstance(error, LASTING)}
    except MemoryError:
        return {"code": DatasetUntaken.code, "words": "It asks for more memory than it may use.", "lasting": True}
    except Exception:  # noqa: BLE001  # Whatever a stranger's file provokes is an answer, and the operator's to read.
        return {"code": DatasetUntaken.code, "words": "", "lasting": False, "trace": traceback.format_exc()[-20_000:]}


class _Work:
    """A task that is worked on. `dropped` are the pieces of which no table could be made, each with the reason."""

    def __init__(self, task: Task, settings: Settings) -> None:
        self._task, self._settings, self._store = task, settings, Store(settings.store)
        self._dropped: Sequence[tuple[Piece, str]] = ()

    def done(self) -> dict[str, Any]:
        """The version, and whether this made it; where it was here already, nothing is published."""
        told = self._made() if self._task.pieces else self._carried()
        published = self._published(told) if told else None
        version = published.release.manifest.version if published else self._task.dataset.version or self._task.before
        dropped = [[piece.file.id, reason] for piece, reason in self._dropped]
        return {"version": version, "created": bool(published and published.created), "dropped": dropped}

    def _made(self) -> Descriptor | None:
        """The descriptor of what was fetched; None where the newest release has the same."""
        task = self._task
        told, self._dropped = made(
            task.dataset, task.name, task.pieces, task.folder, task.kind, task.address, self._settings
        )
        for piece, reason in self._dropped:
            if piece.key in task.kept:
                raise DatasetUntaken(
                    f"{piece.file.url} cannot be described: {reason}. The release that there is stays."
                )
        here = self._store.release(task.name, task.before) if task.before else None
        return None if here and is_same(told, descriptor_of(here)) else told

    def _carried(self) -> Descriptor | None:
        """The descriptor of a package that is taken as it is; None where this version of it is here already."""
        task, version = self._task, str(self._task.dataset.version)
        told = carried(task.dataset, task.name, task.folder, task.kind, task.address)
        if version in self._store.versions(task.name):
            here = self._store.release(task.name, version)
            digests = {f"{PACKAGE}{file.path}": file.sha256 for file in task.files if file.path != DESCRIPTOR}
            has_all = digests.items() <= here.manifest.package_files.items()
            if has_all and is_same(told, descriptor_of(here)):
                return None
        return {**told, "version": version}

    def _published(self, descriptor: Descriptor) -> Published:
        package = read_package(written(descriptor, self._task.folder))
        rules = Catalogue(self._settings.catalogue).rules_file(self._task.name)
        return publish(
            package,
            rules if rules.is_file() else None,
            self._store,
            self._settings,
            actor=Actor(ROLE, self._task.actor),
            numbered=self._task.dataset.version is not None,
        )


def _words(error: MinshuError) -> str:
    """What an error says; of an invalid package also what is wrong with it."""
    report = error.report if isinstance(error, InvalidPackage) else None
    if not isinstance(report, Report):
        return str(error)
    found = [*report.errors, *(one for task in report.tasks for one in task.errors)]
    words = "; ".join(str(one.get("message", "")).removesuffix(".") for one in found[:SHOWN])
    return f"{str(error).removesuffix('.')}: {words}."
