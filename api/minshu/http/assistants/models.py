"""What the tools of assistants take and answer. No answer passes through its model: it tells of its shape alone."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from minshu.http.models import ColumnModel, IdentityModel, StatusModel, VersionModel
from minshu.http.search_models import GroupModel, RowsGroupModel
from minshu.http.sql_request import ATTACHED_MAX
from minshu.opening import Attribute, Openings
from minshu.operators import OPERATORS

ROWS, ROWS_MAX = 50, 200
"""How many rows are read at once, where nothing is said and at most: they are for a model, and not for a program."""

SQL_ROWS, SQL_ROWS_MAX = 100, 1000
"""The same of an answer to SQL."""

Scalar = str | int | float | bool


class Arguments(BaseModel):
    """What a tool is given."""

    model_config = ConfigDict(extra="forbid")


class SearchArguments(Arguments):
    """What is searched."""

    q: str = Field(
        "",
        description='Words that must all occur, in Chinese or English; a "phrase of several" is one. Without a word, '
        "all datasets are listed, the newest first.",
    )
    kind: Literal["all", "datasets", "tables", "columns", "rows"] = Field(
        "all", description="What to find: a few of each kind, or more of one. `rows` looks into the data itself."
    )
    page: int = Field(1, ge=1, le=100_000, description="Which page of datasets, tables or columns of one kind.")
    after: str = Field("", description="Where to go on in rows: what `after` of the answer before said.")


class _OfRelease(Arguments):
    dataset: str = Field(min_length=1, description="The dataset's name, as a search tells it.")
    version: str = Field(
        "latest",
        min_length=1,
        description="An exact version. `latest` stands for the newest one, which the answer names: go on with that.",
    )


class DescribeArguments(_OfRelease):
    """What is described."""

    table: str = Field("", description="One table to tell all of; left out, all tables are told.")


class FilterArgument(Arguments):
    """A condition on one column."""

    column: str = Field(description="The column's name.")
    operator: str = Field(
        "eq",
        description="How to compare; `isnull` and `notnull` take no value, `in` and `notin` a list, `between` a list "
        "of two.",
        json_schema_extra={"enum": list(OPERATORS)},
    )
    value: Scalar | list[Scalar] = Field("", description="What to compare with.")


class RowsArguments(_OfRelease):
    """Which rows are read."""

    table: str = Field(description="The table's name.")
    filters: list[FilterArgument] = Field([], max_length=50, description="Conditions, which are all to hold.")
    search: str = Field("", description='Words that must all occur in the text of a row; a "phrase" is one.')
    sort: list[str] = Field([], description="Columns to sort by; `-` before a name sorts downwards.")
    columns: list[str] = Field([], description="The columns to give; all if left out.")
    limit: int = Field(ROWS, ge=1, le=ROWS_MAX, description="The most rows.")
    next: str = Field("", description="What `next` of the answer before said, to go on: all else as it was.")
    count: bool = Field(False, description="Whether to count all rows that fulfil the conditions.")


class SqlArguments(_OfRelease):
    """What is asked in SQL."""

    sql: str = Field(
        description="One SELECT in DuckDB's SQL. Tables and columns are written as `sql` of `describe_dataset` says."
    )
    parameters: dict[str, Scalar] = Field(
        {}, description="Values of `$name` in the statement, bound as text: `CAST($n AS BIGINT)` where a number is."
    )
    attach: list[str] = Field(
        [],
        max_length=ATTACHED_MAX,
        description="Further releases as `alias:name@version`, of which the tables are `alias.table`.",
    )
    limit: int = Field(SQL_ROWS, ge=1, le=SQL_ROWS_MAX, description="The most rows to answer with.")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class CitedModel(IdentityModel):
    """The release that an answer came from: what to name, and how."""

    apa: str = Field(description="How to cite it by APA, in English.")
    gbt7714: str = Field(description="How to cite it by GB/T 7714-2015, in Chinese.")


class FoundModel(_Answer):
    """What a search finds, by kind; what was not asked for is left out."""

    q: str
    datasets: GroupModel | None = None
    tables: GroupModel | None = None
    columns: GroupModel | None = None
    rows: RowsGroupModel | None = None
    after: str | None = Field(description="Where a search in rows goes on; null where all tables were looked through.")
    releases: list[CitedModel] = Field(description="The releases that the finds are of.")


class DescribedColumnModel(_Answer):
    """A column of a table."""

    name: str
    type: str = Field(description="Its type in Table Schema.")
    sql: str = Field(description="How it is written in SQL.")
    sql_type: str
    title: str | None = None
    description: str | None = None
    constraints: str | None = Field(None, description="What its values must be like, in words: choices, bounds.")


class DescribedKeyModel(_Answer):
    """A foreign key."""

    fields: list[str]
    table: str
    reference_fields: list[str]


class DescribedTableModel(_Answer):
    """A table of a release."""

    name: str
    sql: str = Field(description="How it is written in SQL.")
    title: str | None = None
    description: str | None = None
    rows: int
    open_attribute: Attribute = Field(description="To whom its data is open.")
    primary_key: list[str]
    foreign_keys: list[DescribedKeyModel]
    columns: list[DescribedColumnModel] | None = Field(description="Null where there is no room: ask for the table.")
    url: str = Field(description="The address of its rows.")


class DescribedModel(_Answer):
    """A release, and its tables."""

    release: CitedModel
    title: str | None = None
    description: str | None = None
    published: str
    licenses: list[dict[str, str]] | None = None
    open_attribute: Attribute = Field(description="To whom the data is open, all of it together.")
    opening: Openings
    apply: str | None = Field(description="Where to apply for data that is open on conditions; null where none is.")
    status: StatusModel | None = Field(None, description="What was said of it since; left out where it stands.")
    tables: list[DescribedTableModel]
    tables_left: int = Field(description="How many tables there was no room for: search for them by `kind`.")
    versions: list[VersionModel] = Field(description="The newest versions of the dataset.")
    links: dict[str, str]


class RowsAnswerModel(_Answer):
    """Rows of a table."""

    release: CitedModel
    table: str
    columns: list[ColumnModel]
    rows: list[list[Any]] = Field(description="Each row's cells, in the order of `columns`.")
    next: str | None = Field(description="What to go on with; null where these are the last rows.")
    count: int | None = Field(None, description="How many rows there are in all, where that was asked for.")
    url: str = Field(description="The address of the same rows of this release, for good.")


class SqlAnswerModel(_Answer):
    """The answer to a statement."""

    release: CitedModel
    attached: dict[str, CitedModel]
    columns: list[ColumnModel]
    rows: list[list[Any]] = Field(description="Each row's cells, in the order of `columns`.")
    truncated: bool = Field(description="Whether there are more rows than these.")
    seconds: float
    url: str = Field(description="The same statement on the same releases, for good.")


VERSIONS_MAX: Final = 20
"""How many versions a description tells."""
