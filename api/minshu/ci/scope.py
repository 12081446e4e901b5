"""Which packages some paths belong to: a package is its folder, its schemas and its rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minshu.catalogue import Catalogue
from minshu.descriptors import DESCRIPTOR_NAMES
from minshu.errors import PackageNotFound


@dataclass(frozen=True)
class Unit:
    """A package, and every place whose change is a change of it."""

    path: Path
    places: tuple[Path, ...]

    def is_touched_by(self, path: Path) -> bool:
        """Whether a path is one of the places, lies in one, or holds one."""
        return any(path.is_relative_to(place) or place.is_relative_to(path) for place in self.places)


@dataclass(frozen=True)
class Scope:
    """The packages to look at, and the names of datasets of which there is no package any more."""

    packages: tuple[Path, ...]
    gone: tuple[str, ...] = ()


def packages_of(catalogue: Catalogue) -> list[Unit]:
    """The packages of a catalogue; where it has none, the folder itself if it is one."""
    root = catalogue.root.resolve()
    found = [
        Unit(folder, (folder.resolve(), root / "schemas" / folder.name, Catalogue(root).rules_file(folder.name)))
        for folder in catalogue.datasets()
    ]
    alone = not found and any((root / name).is_file() for name in DESCRIPTOR_NAMES)
    return [Unit(catalogue.root, (root,))] if alone else found


def all_packages(catalogue: Catalogue) -> Scope:
    """Every package of the catalogue."""
    return Scope(tuple(unit.path for unit in packages_of(catalogue)))


def named(catalogue: Catalogue, paths: Iterable[Path]) -> Scope:
    """The packages that some paths of the user's belong to; a path that is itself a package is one, wherever it lies.

    Raises PackageNotFound for a path that is not there.
    """
    units, found = packages_of(catalogue), dict[Path, None]()
    for path in paths:
        if not path.exists():
            raise PackageNotFound(f"There is nothing at {str(path)!r}.")
        touched = [unit.path for unit in units if unit.is_touched_by(path.resolve())]
        found |= dict.fromkeys(touched or ([path] if _is_package(path) else []))
    return Scope(tuple(found))


def touched(catalogue: Catalogue, changed: Iterable[Path]) -> Scope:
    """The packages that changed files belong to."""
    paths, units = list(changed), packages_of(catalogue)
    datasets = catalogue.root.resolve() / "datasets"
    described = {path.parent for path in paths if path.name in DESCRIPTOR_NAMES and path.parent.parent == datasets}
    gone = described - {unit.path.resolve() for unit in units}
    return Scope(
        tuple(unit.path for unit in units if any(map(unit.is_touched_by, paths))),
        tuple(sorted(folder.name for folder in gone)),
    )


def _is_package(path: Path) -> bool:
    if path.is_dir():
        return any((path / name).is_file() for name in DESCRIPTOR_NAMES)
    return path.name in DESCRIPTOR_NAMES or path.suffix.lower() == ".zip"
