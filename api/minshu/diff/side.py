"""One of the two states that are compared: a descriptor, tables in a DuckDB file, and digests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from minshu.descriptors import Descriptor, read_package
from minshu.diff.model import SideName
from minshu.identifiers import quoted
from minshu.loading import LoadedTable
from minshu.manifest import DESCRIPTOR, PACKAGE, Manifest, ReleasedTable
from minshu.references import self_contained


class Release(Protocol):
    """A release in its folder, with its manifest and the digest of that."""

    @property
    def folder(self) -> Path:
        """Where its files stand."""

    @property
    def manifest(self) -> Manifest:
        """What they are."""

    @property
    def sha256(self) -> str:
        """The digest of the release."""


@dataclass(frozen=True)
class Side:
    """A release, or a package that was validated and loaded.

    `descriptor` is self-contained; `files` are the package's by their paths, each with its SHA-256, all but the
    descriptor. `digests` are those of the tables' Parquet files: equal ones hold the same rows. The tables stand in
    `database` under their names; behind `hidden` columns that are not theirs.
    """

    name: SideName
    descriptor: Descriptor
    tables: Mapping[str, ReleasedTable]
    files: Mapping[str, str]
    database: Path
    digests: Mapping[str, str]
    hidden: int = 0

    @cached_property
    def resources(self) -> dict[str, Descriptor]:
        """The resources' descriptors by their names."""
        return {str(resource.get("name")): resource for resource in self.descriptor["resources"]}

    def relation(self, table: str, database: str, alias: str) -> str:
        """A table for a FROM clause, from its database as it is attached. Its columns become `c0`, `c1` and so on."""
        names = [f"h{position}" for position in range(self.hidden)]
        names += [f"c{position}" for position in range(len(self.tables[table].columns))]
        return f"{quoted(database)}.main.{quoted(table)} as {alias}({', '.join(names)})"


def released_side(release: Release) -> Side:
    """A release as a side. Raises what reading a package raises."""
    folder, manifest = release.folder, release.manifest
    descriptor, _ = self_contained(read_package(folder / PACKAGE / DESCRIPTOR))
    files = {path.removeprefix(PACKAGE): digest for path, digest in manifest.package_files.items()}
    files.pop(DESCRIPTOR, None)
    return Side(
        name=SideName(name=manifest.name, version=manifest.version, sha256=release.sha256),
        descriptor=descriptor,
        tables={table.name: table for table in manifest.tables},
        files=files,
        database=folder / manifest.database,
        digests={table.name: manifest.by_path[table.path].sha256 for table in manifest.tables},
    )


def loaded_tables(tables: Iterable[LoadedTable]) -> dict[str, ReleasedTable]:
    """Tables as they were loaded to be judged, in the manifest's words."""
    return {
        table.name: ReleasedTable(
            name=table.name,
            path="",
            rows=table.rows,
            columns=table.columns,
            primary_key=table.primary_key,
            foreign_keys=table.foreign_keys,
        )
        for table in tables
    }
