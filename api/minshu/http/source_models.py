"""What a text with its records is in JSON, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from minshu.http.models import IdentityModel


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class NamedRecordModel(_Model):
    """A record by its table and key, with what people call it."""

    table: str
    key: list[str]
    title: str | None = None
    url: str | None = None


class SpanModel(_Model):
    """A stretch of a text: the characters from `start` up to, and without, `end`."""

    start: int
    end: int


class CitedSpanModel(SpanModel):
    """A stretch of a text, and the records that stand there."""

    records: list[NamedRecordModel]


class CoverageModel(_Model):
    """How many letters and figures a text has, and how many of them stand in spans."""

    letters: int
    cited: int


class SourceModel(_Model):
    """A text, or a page of a long one, with the records that were made of it."""

    document: str = Field(description="The name of the resource.")
    title: str
    length: int = Field(description="The characters (code points) of the whole text. All places are counted in these.")
    start: int
    end: int
    text: str
    spans: list[CitedSpanModel]
    more: bool = Field(description="Whether there are more spans on this page than are told.")
    coverage: CoverageModel | None = Field(description="Of the whole text; null where its spans are too many to count.")
    uncited: list[SpanModel] = Field(description="What on this page no span holds.")
    outline: list[dict[str, Any]] | None = Field(
        None, description="The headings, with what stands under them; with `order=outline`, where there is one."
    )
    page: int
    pages: int
    next: str | None
    file: str
    release: IdentityModel
