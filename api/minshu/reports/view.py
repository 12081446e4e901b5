"""What every format is given: a report, where its package lies, and the language to write in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minshu.report import Finding, Report, Task
from minshu.reports.language import Language
from minshu.reports.phrases import say, title

INLINE = ("", "<memory>", "memory")


@dataclass(frozen=True)
class Origin:
    """Where a package lies, as paths that a reader in the current directory can open, with `/` between their parts.

    `path` is what was named; `folder` what the package's own paths are relative to; `descriptor` the file at fault for
    errors of the package itself. All of an archive's files are the archive, since nothing inside it can be opened.
    """

    path: str
    folder: str
    descriptor: str
    archive: bool = False

    @classmethod
    def of(cls, path: Path, current: Path | None = None) -> "Origin":
        """The origin of a path as `minshu validate` takes it. `current` is the current directory."""
        from minshu.descriptors import DESCRIPTOR_NAMES

        shown = _shown(path, current or Path.cwd())
        if path.is_dir():
            found = next((name for name in DESCRIPTOR_NAMES if (path / name).is_file()), DESCRIPTOR_NAMES[0])
            return cls(str(path), shown, str(PurePosixPath(shown) / found))
        archive = path.suffix.lower() == ".zip" and path.with_suffix("").suffix == ""
        return cls(str(path), str(PurePosixPath(shown).parent), shown, archive)

    def file(self, task: Task | None) -> str:
        """The file of a resource; of the package itself, its descriptor, which inline data is part of too."""
        if task is None or self.archive or task.place in INLINE:
            return self.descriptor
        return str(PurePosixPath(self.folder) / task.place)


def _shown(path: Path, current: Path) -> str:
    """A path relative to the current directory where it lies in it, else as it was given."""
    absolute = Path(os.path.abspath(current / path))  # noqa: PTH100  # links stay as they were named
    inside = absolute.is_relative_to(current)
    return (absolute.relative_to(current) if inside else path).as_posix()


@dataclass(frozen=True)
class Problem:
    """One error in words: its task (None for the package's own), what is wrong, and where."""

    task: Task | None
    error: Finding
    kind: str
    sentence: str
    file: str
    line: int | None

    @property
    def row(self) -> int | None:
        """The row's number, the header being 1."""
        row = self.error.get("rowNumber")
        return row if isinstance(row, int) else None

    @property
    def field_number(self) -> int | None:
        """The field's number, counted from 1."""
        number = self.error.get("fieldNumber")
        return number if isinstance(number, int) else None

    @property
    def field(self) -> str:
        """The name of the field or fields; of an extra column, its label."""
        names = self.error.get("fieldNames")
        several = ", ".join(map(str, names)) if isinstance(names, list | tuple) else ""
        return str(self.error.get("fieldName") or several or self.error.get("label") or "")

    @property
    def value(self) -> str | None:
        """The cell, or the cells of a key; None where no cell is at fault."""
        cell, cells = self.error.get("cell"), self.error.get("fieldCells")
        if isinstance(cells, list | tuple):
            return ", ".join(map(str, cells))
        return None if cell is None else str(cell)


@dataclass(frozen=True)
class View:
    """A report and how it is to be shown. `colour` is for terminals; `version` is Minshu's own."""

    report: Report
    origin: Origin
    language: Language = Language.en
    colour: bool = False
    version: str = ""

    def problems(self, task: Task | None) -> Iterator[Problem]:
        """The errors of a resource in words; None gives those of the package itself."""
        for error in self.report.errors if task is None else task.errors:
            line = None if self.origin.archive else error.get("lineNumber")
            kind = title(error, self.language)
            yield Problem(task, error, kind, say(error, self.language), self.origin.file(task), line)

    def all_problems(self) -> Iterator[Problem]:
        """Every listed error, those of the package first."""
        yield from self.problems(None)
        for task in self.report.tasks:
            yield from self.problems(task)

    def either(self, english: str, chinese: str) -> str:
        """The words in the report's language."""
        return chinese if self.language is Language.zh else english
