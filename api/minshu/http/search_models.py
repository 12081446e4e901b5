"""The shapes of what a search answers, for the OpenAPI document."""

from pydantic import BaseModel, ConfigDict, Field

_ALL = "The address of all finds of this kind."
_NEXT = "The address of the next ones; null where there are none."


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class SnippetModel(_Model):
    """A piece of a text in which words were found."""

    text: str
    marks: list[tuple[int, int]] = Field(description="Where the words stand in it: first character, and that behind.")


class FoundModel(_Model):
    """A dataset, or a table or column of it."""

    dataset: str
    version: str
    title: str | None
    description: str | None
    table: str | None = None
    column: str | None = None
    type: str | None = Field(None, description="Of a column, its type in Table Schema.")
    snippet: SnippetModel | None = Field(description="Where the words stand in its description; null if nowhere.")
    url: str


class GroupModel(_Model):
    """Finds of one kind, the best first."""

    count: int
    results: list[FoundModel]
    url: str = Field(description=_ALL)
    next: str | None = Field(description=_NEXT)


class FoundCellModel(SnippetModel):
    """A cell in which words were found."""

    column: str


class FoundRowModel(_Model):
    """A row in which every word was found."""

    number: int = Field(description="The row's number in the table, from 1.")
    url: str
    cells: list[FoundCellModel]


class FoundRowsModel(_Model):
    """The first rows of a table in which every word was found."""

    dataset: str
    version: str
    table: str
    title: str | None
    rows: list[FoundRowModel]
    more: bool = Field(description="Whether there are others.")
    url: str = Field(description="All of them.")


class RowsGroupModel(_Model):
    """What was found in rows, by table, and what was not looked at."""

    results: list[FoundRowsModel]
    searched: int = Field(description="How many tables were looked through.")
    left: int = Field(description="How many tables are left for the searches at `next`.")
    late: str | None = Field(description="The rows of a table that takes longer than a search of all may.")
    closed: int = Field(description="How many tables are not open to all, and so never looked through.")
    url: str = Field(description=_ALL)
    next: str | None = Field(description="The same search in the tables that are left; null where none is.")


class SearchModel(_Model):
    """What a search finds, by kind. A kind that was not asked for is left out."""

    q: str
    words: list[str] = Field(description="What is looked for, folded: every one has to occur.")
    datasets: GroupModel | None = None
    tables: GroupModel | None = None
    columns: GroupModel | None = None
    rows: RowsGroupModel | None = None
