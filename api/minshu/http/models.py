"""The shapes of the answers, for the OpenAPI document. No answer passes through them: see `answers.py`."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from minshu.diff import Bump, Difference
from minshu.diff.model import RowCounts
from minshu.manifest import ReleasedFile, ReleasedRule, ReleasedTable
from minshu.opening import Attribute, Openings
from minshu.provenance import Unit
from minshu.standing import State


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class IdentityModel(_Model):
    """Which release an answer came from."""

    name: str
    version: str
    sha256: str = Field(description="The SHA-256 of release.json, which names the digest of every file.")
    url: str


class StatusModel(_Model):
    """What was said of a release since it was published, and which version to take instead."""

    state: State = Field(description="`yanked`: found by its version alone. Of the others the data is gone.")
    reason: str
    since: datetime
    successor: str | None = None
    successor_url: str | None = None


class VersionModel(_Model):
    """A version and its address."""

    version: str
    url: str
    status: StatusModel | None = Field(None, description="Left out where it stands as it was published.")


class DatasetEntryModel(_Model):
    """A dataset as its newest version describes it."""

    name: str
    version: str | None = Field(description="The newest version that is no pre-release.")
    url: str
    title: str | None = None
    description: str | None = None
    licenses: list[dict[str, str]] | None = None
    open_attribute: Attribute | None = Field(None, description="To whom its data is open, all of it together.")
    published: datetime | None = Field(None, description="When this version was published.")
    data_period: dict[str, str] | None = Field(
        None, description="What time the data is about, `start` and `end`, as far as that is stated."
    )
    update_frequency: str | None = Field(None, description="How often it is updated, in its publisher's words.")
    formats: list[str] | None = Field(None, description="The formats of its files, as they were published.")
    bytes: int | None = Field(None, description="How large the whole package is, as it is downloaded.")
    tables: int | None = Field(None, description="How many tables there are.")
    rows: int | None = Field(None, description="How many rows they have together.")
    release: IdentityModel | None = None


class CatalogueModel(_Model):
    """Every dataset that was asked for."""

    datasets: list[DatasetEntryModel]
    count: int = Field(description="How many there are on all pages.")
    next: str | None = Field(description="The address of the page after; null on the last, and where all are given.")


class DatasetModel(DatasetEntryModel):
    """A dataset and its versions, newest first."""

    versions: list[VersionModel]


class VersionsModel(_Model):
    """The versions of a dataset, newest first."""

    name: str
    versions: list[VersionModel]


class LinkedTableModel(ReleasedTable):
    """A table with the addresses of its rows and of its exports."""

    links: dict[str, str]


class LinkedFileModel(ReleasedFile):
    """A file with its address."""

    url: str


class SignatureModel(_Model):
    """A signature over a manifest."""

    key: str = Field(description="The fingerprint of the key: the SHA-256 of its public half as DER.")
    url: str


class ChangeModel(_Model):
    """A change, the rule of docs/versions.md that it falls under, and what that takes of the version."""

    rule: str
    bump: Bump
    resource: str | None = None
    field: str | None = None
    count: int | None = Field(None, description="The rows or cells, where it is one of those.")
    sentence: str
    sentence_zh: str


class ChangesModel(_Model):
    """The heaviest changes since the release before."""

    since: str = Field(description="The version of that release.")
    version: str
    verdict: Bump
    count: int = Field(description="How many changes there are in all.")
    changes: list[ChangeModel]
    url: str = Field(description="Where all of them stand, and the rows.")


class PeriodModel(_Model):
    """A time, in whatever form its publisher gave its ends."""

    start: str | None = None
    end: str | None = None


class ReleaseModel(_Model):
    """A release: its manifest, what its publisher says of it, and the address of everything in it."""

    name: str
    version: str
    sha256: str
    url: str
    title: str | None = None
    description: str | None = None
    published: datetime
    open_attribute: Attribute = Field(description="To whom its data is open, all of it together.")
    opening: Openings = Field(description="To whom its data is open: the package, and resources of their own.")
    data_period: PeriodModel | None = Field(None, description="What time the data is about, as its publisher states.")
    responsible_party: str | None = Field(None, description="Who answers for the data, as its publisher states.")
    update_frequency: str | None = Field(None, description="How often it is to be updated, as its publisher states.")
    notes: str | None = Field(None, description="What its changelog says of this version, in Markdown.")
    changes: ChangesModel | None = Field(None, description="What changed since the release before, where one was.")
    rules: list[ReleasedRule] = Field(description="What it was held against beyond its schemas.")
    rules_sha256: str | None = Field(None, description="The digest of the file that these rules stand in.")
    signature: SignatureModel | None = Field(None, description="Whose key signed the manifest, where one did.")
    tables: list[LinkedTableModel]
    files: list[LinkedFileModel]
    links: dict[str, str]
    status: StatusModel | None = Field(None, description="Left out where it stands as it was published.")


class ColumnModel(_Model):
    """A column of an answer: its DuckDB type, and how its values stand in JSON."""

    name: str
    type: str
    json_: str = Field(
        alias="json",
        description="`string`, `number`, `boolean`, `array`, `object` or `any`. Decimals are strings, and so are the "
        "integers of a column that goes beyond 2^53.",
    )


class FacetValueModel(_Model):
    """A value, the number of rows that have it, and where these rows are."""

    value: Any
    count: int
    url: str


class FacetModel(_Model):
    """The values of a column that most rows have."""

    values: list[FacetValueModel]
    more: bool = Field(description="Whether there are rarer values, which are not listed.")


class BinModel(_Model):
    """A part of a column's range, and how many of its values lie in it. The last one includes its end."""

    from_: Any = Field(alias="from")
    to: Any
    count: int


class ValueCountModel(_Model):
    """A value, and the number of rows that have it."""

    value: Any
    count: int


class ColumnStatsModel(ColumnModel):
    """What is told of a column: all of it exact, but the mean of doubles."""

    count: int = Field(description="How many values there are, nulls apart.")
    nulls: int
    distinct: int | None = Field(None, description="How many different values there are.")
    nonfinite: int | None = Field(None, description="How many values are NaN or infinite, and in no figure below.")
    min: Any = None
    max: Any = None
    mean: str | float | None = Field(None, description="Rounded to 15 digits; of doubles to 12.")
    quantiles: dict[str, Any] | None = Field(None, description="By share, the least value not exceeded by so many.")
    histogram: list[BinModel] | None = None
    top: list[ValueCountModel] | None = Field(None, description="The most frequent values.")


class StatsModel(_Model):
    """The statistics of a table."""

    rows: int
    columns: list[ColumnStatsModel]
    release: IdentityModel


class DifferenceModel(Difference):
    """What changed between two releases, and the addresses of the rows that differ, by table."""

    rows: dict[str, str]


class DifferingRowsModel(_Model):
    """A page of rows that differ."""

    rows: list[dict[str, Any]] = Field(description="`row` of what is gone or new; `key` and `cells` of what changed.")
    counts: RowCounts
    key: list[str] | None = Field(description="The fields that pair rows; null where rows are counted as they are.")
    next: str | None = Field(description="The address of the page after; null on the last page.")
    old: IdentityModel
    new: IdentityModel


class RowsModel(_Model):
    """A page of rows."""

    columns: list[ColumnModel]
    rows: list[dict[str, Any]] | list[list[Any]] = Field(description="Objects, or arrays with `_shape=arrays`.")
    next: str | None = Field(description="The address of the page after; null on the last page.")
    release: IdentityModel
    count: int | None = Field(None, description="How many rows there are in all, with `_count=exact`.")
    facets: dict[str, FacetModel] | None = Field(None, description="By column, with `_facet`.")


class RelationModel(_Model):
    """A foreign key of a row, or one that names it."""

    resource: str = Field(description="The table at the other end.")
    fields: list[str] = Field(description="The columns that hold the key.")
    reference_fields: list[str] = Field(description="The columns that the key is about.")
    url: str | None = Field(description="The row that is named, or the rows that name it; null where the key is null.")


class QuotationModel(_Model):
    """A place of a record in a text: offsets as its publisher counts them, and what stands before, in and after it."""

    document: str
    unit: Unit
    start: int
    end: int
    before: str
    quote: str
    after: str
    url: str = Field(description="The page of the text, at this place.")
    span: str = Field(description="The row that says so.")


class ProvenanceModel(_Model):
    """Where a record stands in the texts that it was made from."""

    quotations: list[QuotationModel]
    more: bool = Field(description="Whether there are more of them than are told.")


class RowModel(_Model):
    """One row."""

    columns: list[ColumnModel]
    row: dict[str, Any]
    number: int = Field(description="The row's number in the table, from 1.")
    references: list[RelationModel] = Field(description="The rows that its foreign keys name.")
    referenced_by: list[RelationModel] = Field(description="The rows that name it.")
    provenance: ProvenanceModel | None = Field(
        None, description="Where it stands in the texts of the package; left out where the package says of no record."
    )
    links: dict[str, str | None]
    release: IdentityModel


class SqlModel(_Model):
    """The answer to a query."""

    columns: list[ColumnModel]
    rows: list[list[Any]]
    truncated: bool = Field(description="Whether there were more rows than the limit.")
    release: IdentityModel
    attached: dict[str, IdentityModel] = Field(description="The further releases, by their alias.")
    seconds: float
    url: str = Field(description="The same query of the same releases, for good.")


class SqlTablesModel(_Model):
    """What a query may read."""

    release: IdentityModel
    attached: dict[str, IdentityModel]
    tables: list[dict[str, Any]]
    functions: list[str] = Field(description="The names of the functions that a query may call.")


class SqlPlanModel(_Model):
    """How DuckDB would run a query."""

    plan: str
    release: IdentityModel
    attached: dict[str, IdentityModel]


class HealthModel(_Model):
    """The state of the service."""

    status: str


class BudgetModel(_Model):
    """So much in so many seconds, what is left of it, and in how many seconds it is whole or can be used again."""

    name: str
    quota: int
    window: int
    left: int
    seconds: int


class ClientModel(_Model):
    """Who is counted as one client, and its budgets; none where there are no limits."""

    name: str
    budgets: list[BudgetModel]


class LimitsModel(_Model):
    """What one request and one client may ask for."""

    client: ClientModel
    rows: dict[str, int]
    uploads: dict[str, float]
    feedback: dict[str, int]
    exports: dict[str, int]
    charts: dict[str, float]
    sql: dict[str, float]
    assistants: dict[str, int]


class ProblemModel(_Model):
    """An error (RFC 9457). `docs/errors.md` lists the codes; what else a code tells stands beside them."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str


FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The whole file.", "content": {"*/*": {}}},
    206: {"description": "The part that `Range` asked for.", "content": {"*/*": {}}},
    304: {"description": "The client holds this very file."},
    416: {"description": "The range lies outside of the file."},
}


HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client holds this very answer."}}


def answers(model: type[BaseModel], *, page: bool = False, held: bool = True) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that gives this model: as a page as well, and 304 to those who hold it."""
    content: dict[str, Any] = {"text/html": {}} if page else {}
    whole = {"model": model, "description": (model.__doc__ or "").partition("\n")[0], "content": content}
    return {200: whole, **(HELD if held else {})}
