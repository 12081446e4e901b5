"""The shapes of the core catalogue, for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.http.models import HELD, StatusModel


class CoreFieldModel(BaseModel):
    """An information item: a column of a table."""

    table: str
    field: str
    name: str
    type: str = Field(description="In the guide's letters: `字符型C`, `整型I`, `数值型N` and others.")


class CoreSharingModel(BaseModel):
    """How it is shared among departments."""

    type: str | None = Field(description="`无条件共享`, `有条件共享` or `不予共享`.")
    conditions: str | None
    method: str | None


class CoreOpeningModel(BaseModel):
    """Whether it is open to society."""

    open: bool
    attribute: str = Field(description="`无条件开放`, `有条件开放` or `不予开放`.")
    conditions: str | None


class CoreItemsModel(BaseModel):
    """The 13 items. What nobody said is null."""

    classification: list[str] | None = Field(description="类, 项, 目 and 细目.")
    title: str | None
    code: str | None
    provider: str | None
    provider_code: str | None
    abstract: str | None
    formats: list[str] | None
    fields: list[CoreFieldModel] | None
    sharing: CoreSharingModel | None
    opening: CoreOpeningModel | None
    update_frequency: str | None
    published: str | None = Field(description="The day on which this version was published, on the clock of China.")
    related: list[str] | None


class CoreLineModel(BaseModel):
    """A dataset in the core catalogue, as its newest version describes it."""

    name: str
    version: str
    url: str
    claimed: bool = Field(description="Whether the package claims the profile, by which its items were then checked.")
    told: int = Field(description="How many of the 13 items somebody said something of.")
    status: StatusModel | None = Field(None, description="Left out where the version stands as it was published.")
    items: CoreItemsModel


class CoreEntryModel(CoreLineModel):
    """The 13 items of a dataset."""

    terms: dict[str, str] = Field(description="What the guide calls each item.")
    profile: str


class CoreCatalogueModel(BaseModel):
    """The core catalogue, page by page, by name."""

    datasets: list[CoreLineModel]
    count: int
    next: str | None
    terms: dict[str, str] = Field(description="What the guide calls each item.")
    profile: str = Field(description="The address of the profile, a JSON Schema.")


FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The items: JSON, or CSV for spreadsheets, which is UTF-8 with a byte order mark.",
        "content": {"application/json": {}, "text/csv": {"schema": {"type": "string"}}},
    },
    **HELD,
}
SCHEMA: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A JSON Schema for descriptors.", "content": {"application/json": {}}},
    **HELD,
}
