"""Gathering the files of one dataset: what changed is fetched, and all else is what the release before has."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from minshu.descriptors import safe_file
from minshu.digests import sha256_of
from minshu.errors import ArchiveRefused, DatasetUntaken, FileUntaken, MinshuError
from minshu.harvest.fetching import Fetcher
from minshu.harvest.formats import recognised
from minshu.harvest.model import RemoteFile, Seen
from minshu.harvest.packages import Pieces
from minshu.harvest.state import Held
from minshu.manifest import PACKAGE
from minshu.settings import Settings

Found = Mapping[RemoteFile, tuple[Path, str] | None]
"""What there is at the addresses of files: each file with its format, or None where it is as it was."""


class Gathering:
    """The files of one dataset. `folder` is its own, and the package in the making stands in it.

    `seen` is what is known of each file now, and `notes` what is to be said of those that are missing.
    """

    def __init__(
        self, fetcher: Fetcher, settings: Settings, held: Held | None, folder: Path, tell: Callable[[str], None]
    ) -> None:
        self._fetcher, self._settings, self._held, self._folder, self._tell = fetcher, settings, held, folder, tell
        self.package = folder / "package"
        self.seen: dict[str, Seen] = {}
        self.notes: list[str] = []
        self._numbers, self._room = count(), settings.upload_bytes

    def copy(self, files: Sequence[RemoteFile]) -> None:
        """Bring the files of a package that is taken as it is: those that are here already, and the others.

        Raises FileUntaken, or UnsafePath.
        """
        self.package.mkdir()
        release = self._held.release if self._held else None
        for file in files:
            target = safe_file(self.package, file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = release.folder / PACKAGE / file.path if release else None
            if source and source.is_file() and sha256_of(source) == file.sha256:
                shutil.copyfile(source, target)
            else:
                self._fetcher.file(file, target, self._room)
            self._room -= target.stat().st_size

    def look(self, files: Sequence[RemoteFile], *, again: bool) -> Found:
        """Ask for each file, unless it is known to be as it was. Raises DatasetUntaken where one is missed."""
        found: dict[RemoteFile, tuple[Path, str] | None] = {}
        for file in files:
            known = self._held.seen.get(file.id) if self._held and not again else None
            try:
                found[file] = self._fetched(file, known)
            except (FileUntaken, ArchiveRefused) as error:
                self.lose(file, error)
            else:
                if found[file] is None and (why := self.seen[file.id].why):
                    self.notes.append(why)
        return found

    def pieces(self, found: Found) -> Pieces:
        """The files of the package. What is as it was is taken from the release before, if that has it.

        Of what was refused since then, no release tells how it was: that is fetched anew.
        """
        pieces = Pieces(self.package, self._held.files if self._held else [], self._settings)
        release = self._held.release if self._held and not self._held.refused else None
        for file, new in found.items():
            kept = self._kept(file)
            if new is None and release and kept and self._is_whole(kept):
                pieces.keep(file, kept, release.folder / PACKAGE)
            elif new or not self.seen[file.id].why:
                self._add(pieces, file, new)
        return pieces

    def lose(self, file: RemoteFile, error: MinshuError) -> None:
        """Go on without a file. Raises DatasetUntaken where the release before has it, unless it is gone there."""
        if self._kept(file) and not (isinstance(error, FileUntaken) and error.gone):
            raise DatasetUntaken(f"{error} The release that there is stays.") from error
        self.notes.append(str(error).removesuffix("."))

    def give_up(self, file: RemoteFile, reason: str) -> None:
        """Go on without what is of no use in a file as it is now, and remember that."""
        error = FileUntaken(file.url, f"cannot be described: {reason}")
        why = str(error).removesuffix(".")
        self.seen[file.id] = replace(self.seen[file.id], why=why)
        self.notes.append(why)

    def _add(self, pieces: Pieces, file: RemoteFile, new: tuple[Path, str] | None) -> None:
        try:
            if new := new or self._fetched(file, None):
                pieces.add(file, *new)
        except (FileUntaken, ArchiveRefused) as error:
            self.seen.pop(file.id, None)
            self.lose(file, error)

    def _fetched(self, file: RemoteFile, known: Seen | None) -> tuple[Path, str] | None:
        if known and is_as_it_was(file, known):
            self.seen[file.id] = known
            return None
        self._tell(f"Fetching {file.url}")
        target = self._folder / f"{next(self._numbers)}"
        fetched = self._fetcher.file(file, target, self._room, known)
        if fetched is None:
            self.seen[file.id] = replace(known or Seen(), mark=file.mark)
            return None
        form = recognised(target, file, fetched.media_type)
        self._room -= target.stat().st_size
        if known and known.sha256 == fetched.seen.sha256:  # It was sent again, and is the same.
            self.seen[file.id] = replace(fetched.seen, why=known.why)
            return None if known.why or self._kept(file) else (target, form)
        self.seen[file.id] = fetched.seen
        return target, form

    def _kept(self, file: RemoteFile) -> list[dict[str, str]]:
        """The files of the release before that were made of a file."""
        return [one for one in self._held.files if one.get("id") == file.id] if self._held else []

    def _is_whole(self, kept: Sequence[Mapping[str, str]]) -> bool:
        """Whether files of the release before are as they were published."""
        release = self._held.release if self._held else None
        if release is None:
            return False
        digests = release.manifest.package_files
        paths = [(release.folder / PACKAGE / one["path"], digests.get(f"{PACKAGE}{one['path']}")) for one in kept]
        return all(path.is_file() and sha256_of(path) == digest for path, digest in paths)


def is_as_it_was(file: RemoteFile, known: Seen) -> bool:
    """Whether what is said of a file tells that it is what was found before, so that nobody need be asked."""
    if file.sha256:
        return file.sha256 == known.sha256
    return bool(file.mark) and file.mark == known.mark
