"""`release.json`: what a release is, and the one file whose existence makes it one.

The manifest names every other file of the release with its digest, so that the manifest's own SHA-256 is the digest
of the whole. `layout` numbers this format; every layout ever published stays readable.
"""

from datetime import datetime
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from minshu.errors import ManifestUnreadable
from minshu.fields import JsonType
from minshu.opening import Openings

LAYOUT = 1
MANIFEST = "release.json"
SIGNATURE = "release.json.sig"
"""Stands beside the manifest where it is signed, and in no list of it: it is made of its bytes."""
REPORT = "report.json"
DIFF = "diff.json"
DESCRIPTOR = "datapackage.json"
CROISSANT = "croissant.json"
"""Stands beside the files of a release, and is none of them: it is made for who asks."""
# Files beside the descriptor that belong to a package though no resource names them.
COMPANIONS = ("README.md", "README.zh.md", "CHANGELOG.md", "LICENSE")
PACKAGE = "package/"
TABLES = "tables/"
INDEXES = "indexes/"

Severity = Literal["error", "warning"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ReleasedFile(_Frozen):
    """One file of a release. `path` is relative to the release, `rows` counts those of a table's file."""

    path: str
    sha256: str
    bytes: int
    rows: int | None = None
    media_type: str = "application/octet-stream"


class ReleasedColumn(_Frozen):
    """One column as it is stored.

    `type` is DuckDB's, `field_type` the Table Schema's, and `json` how a value stands in JSON: integers are strings
    where one of the column lies beyond 2^53, decimals always are.
    """

    name: str
    type: str
    field_type: str
    json_type: JsonType
    title: str | None = None
    description: str | None = None


class ReleasedForeignKey(_Frozen):
    """Columns whose values name a row of another table, or of the same one, by its `reference_fields`."""

    fields: tuple[str, ...]
    resource: str
    reference_fields: tuple[str, ...]


class ReleasedTable(_Frozen):
    """One table: its resource's name, its Parquet file, its rows in the publisher's order, and its columns.

    `row_store` and `keys` are the paths of what finds its rows fast: by position, and by primary key; `stats` is that
    of its columns' statistics, and `search` that of the database in which the table of the same name is its search
    index. Small tables have no search index, and releases that were published before there were such have none of all
    this: they are read by DuckDB.
    """

    name: str
    path: str
    rows: int
    columns: tuple[ReleasedColumn, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ReleasedForeignKey, ...] = ()
    title: str | None = None
    description: str | None = None
    row_store: str | None = None
    keys: str | None = None
    stats: str | None = None
    search: str | None = None


class ReleasedRule(_Frozen):
    """A rule of the dataset's own that the release was held against and keeps, unless its report has a warning of it.

    `table` is what it judges, `column` where it judges that one alone.
    """

    table: str
    name: str
    description: str = ""
    column: str | None = None
    severity: Severity = "error"


class Predecessor(_Frozen):
    """The release with the highest version below this one, when this one was published."""

    version: str
    sha256: str


class Manifest(_Frozen):
    """All that `release.json` says. `schema_sha256` and `rules_sha256` are what the package was judged by.

    `opening` is missing from the manifests of releases from before it was told: their descriptors tell it. So are
    `rules`, which nothing else tells.
    """

    layout: int = LAYOUT
    name: str
    version: str
    title: str | None = None
    description: str | None = None
    published: datetime
    generator: str
    previous: Predecessor | None = None
    schema_sha256: str
    rules_sha256: str | None = None
    rules: tuple[ReleasedRule, ...] = ()
    opening: Openings | None = None
    tables: tuple[ReleasedTable, ...]
    files: tuple[ReleasedFile, ...]

    @cached_property
    def by_path(self) -> dict[str, ReleasedFile]:
        """The files by their path in the release."""
        return {file.path: file for file in self.files}

    @property
    def database(self) -> str:
        """The path of the attachable DuckDB file in the release."""
        return f"{self.name}.duckdb"

    @property
    def archive(self) -> str:
        """The path of the zipped package in the release."""
        return f"{self.name}.zip"

    @property
    def package_files(self) -> dict[str, str]:
        """SHA-256 by path, of the files that the publisher gave: what makes two releases the same."""
        return {file.path: file.sha256 for file in self.files if file.path.startswith(PACKAGE)}

    def url_path(self, path: str) -> str:
        """Where a file of the release stands under the URL of its version, percent-encoded.

        The package's files stand at their own paths, so that its relative paths work; a table's Parquet file stands
        as `{resource}.parquet`.
        """
        table = next((table.name for table in self.tables if table.path == path), None)
        if table is not None:
            return quote(f"{table}.parquet", safe="")
        return quote(path.removeprefix(PACKAGE), safe="/")

    def dumps(self) -> bytes:
        """The manifest as the bytes of `release.json`."""
        return self.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"


def parse_manifest(data: bytes, where: str) -> Manifest:
    """The manifest in `data`; `where` names it in errors.

    Raises ManifestUnreadable when it is damaged, or of a layout that this Minshu is too old for.
    """
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise ManifestUnreadable(f"{where} is damaged: {error.errors()[0]['msg']}.") from error
    if manifest.layout > LAYOUT:
        raise ManifestUnreadable(f"{where} has layout {manifest.layout}; this Minshu reads up to {LAYOUT}. Upgrade it.")
    return manifest
