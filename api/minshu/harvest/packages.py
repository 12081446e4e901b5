"""Packages that are made of what a catalogue has: a folder with the files, and a descriptor that says whence."""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from minshu.archives import unpacked
from minshu.bounds import beyond
from minshu.describe import described
from minshu.descriptors import Descriptor, Package, parse_json, safe_file
from minshu.digests import sha256_of
from minshu.errors import ArchiveRefused, DatasetUntaken, DescriptorInvalid, Undescribable
from minshu.harvest.formats import members, path_of, without_format
from minshu.harvest.model import ORIGIN, RemoteDataset, RemoteFile
from minshu.harvest.naming import table_name
from minshu.manifest import DESCRIPTOR
from minshu.settings import Settings

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
DATA: Final = "data"

_DELIMITED: Final = ("csv", "tsv")


@dataclass(frozen=True)
class Piece:
    """A file of a package in the making: where it lies, which table it is to be, and which file elsewhere it is from.

    `member` is its name in the zip that it was unpacked from.
    """

    path: str
    name: str
    title: str
    file: RemoteFile
    member: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What names it for as long as it is there: the id of its file, and its name in that."""
        return self.file.id, self.member

    @property
    def origin(self) -> dict[str, str]:
        """Whence it is, as the descriptor says."""
        return {
            "path": self.path,
            "id": self.file.id,
            "url": self.file.url,
            **({"member": self.member} if self.member else {}),
        }


class Pieces:
    """The files of a package, put into its folder under the names that they had in the release before."""

    def __init__(self, folder: Path, before: Sequence[Mapping[str, str]], settings: Settings) -> None:
        self.folder, self._settings = folder, settings
        self._before = {(one.get("id"), one.get("member", "")): Path(one.get("path", "")).stem for one in before}
        self.found: list[Piece] = []
        (folder / DATA).mkdir(parents=True)

    def add(self, file: RemoteFile, fetched: Path, form: str) -> None:
        """Take in a file that was fetched; of a zip, all in it that is read. Raises ArchiveRefused."""
        if form != "zip":
            self._put(file, fetched, form, (without_format(file.title), path_of(file).stem))
            return
        zipped = fetched.rename(fetched.with_suffix(".zip"))
        with unpacked(zipped, self._settings) as folder:
            inside = list(members(folder))
            if not inside:
                raise ArchiveRefused(f"The zip at {file.url} holds nothing that is read.")
            for kind, path in inside:
                member = path.relative_to(folder).as_posix()
                self._put(file, path, kind, (path.stem, without_format(file.title)), member)
        zipped.unlink()

    def keep(self, file: RemoteFile, kept: Sequence[Mapping[str, str]], package: Path) -> None:
        """Take a file from the release before, for it is as it was."""
        for one in kept:
            source = safe_file(package, one["path"])
            words = (without_format(file.title), source.stem)
            self._put(file, source, source.suffix.lstrip("."), words, one.get("member", ""), copied=True)

    def _put(
        self,
        file: RemoteFile,
        source: Path,
        form: str,
        words: Collection[str],
        member: str = "",
        *,
        copied: bool = False,
    ) -> None:
        known = {piece.name for piece in self.found}
        before = self._before.get((file.id, member), "")
        name = before if before and before not in known else table_name(words, {*known, *self._before.values()})
        path = f"{DATA}/{name}.{form}"
        (shutil.copyfile if copied else shutil.move)(source, self.folder / path)
        title = PurePosixPath(member).stem if member else without_format(file.title)
        self.found.append(Piece(path, name, title, file, member))


def made(
    dataset: RemoteDataset,
    name: str,
    pieces: Sequence[Piece],
    folder: Path,
    kind: str,
    address: str,
    settings: Settings,
) -> tuple[Descriptor, list[tuple[Piece, str]]]:
    """The descriptor of what was fetched; and the pieces that none can describe, each with the reason.

    Raises DatasetUntaken where nothing is left.
    """
    dropped = [(piece, why) for piece in pieces if (why := _beyond(piece, folder, settings))]
    found = [piece for piece in pieces if piece not in [one for one, _ in dropped]]
    resources: dict[str, Descriptor] = {}
    while delimited := [piece for piece in found if piece.path.rpartition(".")[2] in _DELIMITED]:
        try:
            told = described([folder / piece.path for piece in delimited], folder, name)
        except Undescribable as error:
            bad = next(piece for piece in delimited if Path(piece.path).name == error.file)
            found.remove(bad)
            dropped.append((bad, error.reason))
        else:
            resources = {resource["path"]: resource for resource in told["resources"]}
            break
    if not found:
        reasons = "; ".join(f"{piece.title or piece.file.url}: {reason}" for piece, reason in dropped)
        raise DatasetUntaken(f"{dataset.key} has no file that is read. {reasons}".strip())
    return {
        "$schema": PROFILE,
        "name": name,
        **dataset.about,
        "sources": [_source(dataset)],
        ORIGIN: origin_of(dataset, kind, address, [piece.origin for piece in found]),
        "resources": [_resource(piece, resources.get(piece.path), folder) for piece in found],
    }, dropped


def carried(dataset: RemoteDataset, name: str, folder: Path, kind: str, address: str) -> Descriptor:
    """The descriptor of a package that was fetched as it is, with its name here and its origin.

    Raises DatasetUntaken, or DescriptorInvalid.
    """
    try:
        told = parse_json((folder / DESCRIPTOR).read_bytes(), f"{DESCRIPTOR} of {dataset.key}")
    except OSError as error:
        raise DatasetUntaken(f"{dataset.key} has no {DESCRIPTOR}.") from error
    if not isinstance(told, dict):
        raise DescriptorInvalid(f"{DESCRIPTOR} of {dataset.key} must hold an object.")
    before = told.get("sources")
    sources = [*(before if isinstance(before, list) else []), {**_source(dataset), "version": dataset.version}]
    return {**told, "name": name, "sources": sources, ORIGIN: origin_of(dataset, kind, address, [])}


def origin_of(dataset: RemoteDataset, kind: str, address: str, files: Sequence[dict[str, str]]) -> dict[str, Any]:
    """What the descriptor says of where everything was harvested."""
    told = {
        "kind": kind,
        "catalogue": address,
        "id": dataset.id,
        "version": dataset.version or "",
        "modified": dataset.modified,
        "harvested": datetime.now(UTC).isoformat("T", "seconds"),
        "digest": dataset.digest,
        "files": list(files),
    }
    return {key: value for key, value in told.items() if value}


def is_same(one: Descriptor, other: Descriptor) -> bool:
    """Whether two descriptors say the same of the same data, wherever and whenever that was found."""
    return _essence(one) == _essence(other)


def written(descriptor: Descriptor, folder: Path) -> Path:
    """The folder, with the descriptor in it."""
    text = json.dumps(descriptor, ensure_ascii=False, indent=2)
    (folder / DESCRIPTOR).write_bytes(text.encode("utf-8", "replace"))
    return folder


def _beyond(piece: Piece, folder: Path, settings: Settings) -> str:
    """Why a file is not to be read at all."""
    resource = {"name": piece.name, "path": piece.path}
    return next(beyond(Package(folder, {"resources": [resource]}), settings), "").removesuffix(".")


def _source(dataset: RemoteDataset) -> Descriptor:
    title = str(dataset.about.get("title") or dataset.key)
    return {"title": title, **({"path": dataset.page} if dataset.page else {})}


def _resource(piece: Piece, told: Descriptor | None, folder: Path) -> Descriptor:
    file = folder / piece.path
    form = piece.path.rpartition(".")[2]
    resource: Descriptor = (
        dict(told)
        if told
        else {
            "name": piece.name,
            "type": "table",
            "path": piece.path,
            "format": form,
            "bytes": file.stat().st_size,
            "hash": f"sha256:{sha256_of(file)}",
        }
    )
    resource["name"] = piece.name
    if piece.title and piece.title != piece.name:
        resource["title"] = piece.title
    return {**resource, "sources": [{"title": piece.title or piece.name, "path": piece.file.url}]}


def _essence(descriptor: Descriptor) -> Descriptor:
    kept = {key: value for key, value in descriptor.items() if key not in ("version", "sources", ORIGIN)}
    resources = kept.get("resources")
    if isinstance(resources, list):
        kept["resources"] = [
            {key: value for key, value in one.items() if key != "sources"} if isinstance(one, dict) else one
            for one in resources
        ]
    return kept
