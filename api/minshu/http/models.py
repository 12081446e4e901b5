"""The shapes of the answers, for the OpenAPI document. No answer passes through them: see `answers.py`."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from minshu.diff import Bump, Difference
from minshu.diff.model import RowCounts
from minshu.formats import FORMATS
from minshu.http.sql_request import ATTACHED_MAX
from minshu.manifest import ReleasedFile, ReleasedTable
from minshu.opening import Attribute, Openings
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
    published: datetime | None = None
    tables: int | None = Field(None, description="How many tables there are.")
    rows: int | None = Field(None, description="How many rows they have together.")
    release: IdentityModel | None = None


class CatalogueModel(_Model):
    """Every dataset."""

    datasets: list[DatasetEntryModel]


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
    notes: str | None = Field(None, description="What its changelog says of this version, in Markdown.")
    changes: ChangesModel | None = Field(None, description="What changed since the release before, where one was.")
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


class RowModel(_Model):
    """One row."""

    columns: list[ColumnModel]
    row: dict[str, Any]
    number: int = Field(description="The row's number in the table, from 1.")
    references: list[RelationModel] = Field(description="The rows that its foreign keys name.")
    referenced_by: list[RelationModel] = Field(description="The rows that name it.")
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
    exports: dict[str, int]
    sql: dict[str, float]


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


def parameter(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A parameter of a query string, for OpenAPI. The routes read query strings themselves."""
    told = {"name": name, "in": "query", "required": False, "description": description}
    return {**told, "schema": schema or {"type": "string"}}


_SOME: Final = {"type": "string", "minLength": 1}
_ATTACHED: Final = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}:[^@]+@.+$"},
    "uniqueItems": True,
    "maxItems": ATTACHED_MAX,
    "examples": [["old:work-points-2019@1.0.0"]],
}
FILTER_PARAMETERS: Final = [
    {
        **parameter(
            "filters",
            "Filters, each `column__operator=value`; `column=value` is `column__eq=value`. All are to hold.",
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
    parameter("_search", 'Words that must all occur in the text of a row; a "phrase of several" is one.'),
    parameter("_sort", "The columns to sort by, with commas between; `-` before a name sorts downwards."),
    parameter("_cols", "The columns to give, with commas between; all if left out."),
]
ROW_PARAMETERS: Final = [
    *FILTER_PARAMETERS,
    parameter("_size", "The rows of a page; `/limits` tells the most.", {"type": "integer", "minimum": 1}),
    parameter("_next", "The token of a page, as `next` and `Link` give it."),
    parameter("_count", "`exact` counts all rows of the answer.", {"enum": ["none", "exact"], "default": "none"}),
    {
        **parameter(
            "_facet",
            "A column of which the most frequent values are counted. Repeatable.",
            {"type": "array", "items": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
    parameter("_shape", "How a row is written.", {"enum": ["objects", "arrays"], "default": "objects"}),
]
SQL_PARAMETERS: Final = [
    {**parameter("dataset", "The dataset whose tables the query reads.", _SOME), "required": True},
    parameter("version", "Its version; the newest if left out.", {"type": "string", "default": "latest"}),
    parameter(
        "attach",
        "A further release, as `alias:name@version`, of which the tables are `alias.table`. Repeatable.",
        _ATTACHED,
    ),
]
DIFF_PARAMETERS: Final = [
    parameter("kind", "Only rows of this kind.", {"enum": ["removed", "added", "changed"]}),
    parameter("_size", "Rows on a page.", {"type": "integer", "minimum": 1}),
    parameter("_next", "The page after, as the page before tells it.", {"type": "string"}),
]
SQL_QUERY_PARAMETERS: Final = [
    *SQL_PARAMETERS,
    {**parameter("q", "One SELECT in DuckDB's SQL. `$name` is the parameter `name`.", _SOME), "required": True},
]
SQL_ANSWER_PARAMETERS: Final = [
    *SQL_QUERY_PARAMETERS,
    parameter("format", "JSON if left out.", {"enum": list(FORMATS)}),
    parameter("limit", "The most rows to give; `/limits` tells the limit.", {"type": "integer", "minimum": 1}),
    {
        **parameter(
            "parameters",
            "Every other parameter is bound to the `$name` of the query, as text.",
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
]
_SQL_MEMBERS: Final = {
    "dataset": _SOME,
    "version": {"type": "string", "default": "latest"},
    "q": _SOME,
    "attach": _ATTACHED,
    "format": {"enum": list(FORMATS)},
    "limit": {"type": "integer", "minimum": 1},
}
_VALUE: Final = {"type": ["string", "number", "boolean"]}
SQL_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["dataset", "q"],
                "properties": {
                    **_SQL_MEMBERS,
                    "parameters": {"type": "object", "additionalProperties": _VALUE},
                },
                "additionalProperties": _VALUE,
            }
        },
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["dataset", "q"],
                "properties": _SQL_MEMBERS,
                "additionalProperties": {"type": "string"},
            }
        },
    },
}
