"""What is known of a catalogue, its datasets and their releases, with the address of everything: no standard's words.

Every text is its publisher's and may hold two languages, as `中文 / English` does. What nobody said is empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from minshu.opening import Opening

SPDX_LICENCES: Final = "http://spdx.org/licenses/"


@dataclass(frozen=True)
class Party:
    """A person or an organisation, and in which roles it has to do with a dataset.

    `organization` is that which a person belongs to; who has none may be either.
    """

    name: str
    url: str | None = None
    roles: tuple[str, ...] = ()
    organization: str | None = None


@dataclass(frozen=True)
class Licence:
    """On what terms data may be used: an identifier as SPDX has them, a title, and where the text is."""

    name: str | None = None
    title: str | None = None
    url: str | None = None

    @property
    def address(self) -> str | None:
        """Where it is told: where its publisher says so, else in the list of SPDX; None where it is in neither."""
        if self.url or not self.name or self.name.startswith("LicenseRef-"):
            return self.url
        return f"{SPDX_LICENCES}{quote(self.name)}"


@dataclass(frozen=True)
class Source:
    """What a dataset was made from."""

    title: str
    url: str | None = None


@dataclass(frozen=True)
class Period:
    """The time that data is about, its last day included. Either end may be unknown, but not both."""

    start: date | None
    end: date | None


@dataclass(frozen=True)
class FileMetadata:
    """A file of a release. `table` names the one that it holds, and alone; `derived` is what publishing made.

    `is_free` tells whether everybody is given it.
    """

    url: str
    path: str
    media_type: str
    bytes: int
    sha256: str
    derived: bool
    table: str | None = None
    is_free: bool = True


@dataclass(frozen=True)
class FieldMetadata:
    """A column of a table: `type` is DuckDB's, in which it is stored, `field_type` that of its Table Schema."""

    name: str
    type: str
    field_type: str
    title: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Reference:
    """A foreign key: columns whose values name a row of a table, which may be their own, by columns of that."""

    fields: tuple[str, ...]
    table: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class TableMetadata:
    """A table of a release. `rows_url` is where its rows are asked for; `exports` has the address of each format."""

    name: str
    title: str | None
    description: str | None
    rows: int
    columns: int
    rows_url: str
    exports: Mapping[str, str]
    opening: Opening
    fields: tuple[FieldMetadata, ...] = ()
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class ReleaseMetadata:
    """One release. `url` names it for good, and `published` is when this release was made.

    `state` is what was said of it since, if anything, and `reason` why.
    """

    name: str
    version: str
    url: str
    dataset_url: str
    published: datetime
    modified: datetime
    sha256: str
    opening: Opening
    title: str
    description: str | None = None
    keywords: tuple[str, ...] = ()
    licences: tuple[Licence, ...] = ()
    parties: tuple[Party, ...] = ()
    sources: tuple[Source, ...] = ()
    homepage: str | None = None
    period: Period | None = None
    frequency: str | None = None
    previous_url: str | None = None
    notes: str | None = None
    state: str | None = None
    reason: str | None = None
    files: tuple[FileMetadata, ...] = ()
    tables: tuple[TableMetadata, ...] = ()

    @property
    def is_gone(self) -> bool:
        """Whether nobody is given its data any more."""
        return self.state in ("withdrawn", "purged")

    @property
    def distributions(self) -> Iterator[FileMetadata]:
        """The files that hold data: the package as a whole, the database, and each table as given and as Parquet."""
        whole = (f"{self.name}.zip", f"{self.name}.duckdb")
        return (file for file in self.files if file.table or file.path in whole)

    def parties_as(self, *roles: str) -> tuple[Party, ...]:
        """Those who have to do with it in one of these roles."""
        return tuple(party for party in self.parties if set(roles) & set(party.roles))


@dataclass(frozen=True)
class DatasetMetadata:
    """A dataset as its newest release describes it, and the addresses of all of its releases, newest first."""

    current: ReleaseMetadata
    versions: tuple[str, ...]
    issued: datetime

    @property
    def url(self) -> str:
        """What names the dataset, whatever its version."""
        return self.current.dataset_url

    @property
    def modified(self) -> datetime:
        """When anything was last said of it."""
        return self.current.modified


@dataclass(frozen=True)
class CatalogueMetadata:
    """The catalogue itself: who runs it, and where its services are."""

    url: str
    home: str
    title: str
    description: str
    operator: Party
    sql_url: str
    openapi_url: str
    search_url: str
