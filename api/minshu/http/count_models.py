"""The shapes of what is told of readings, for the OpenAPI document."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.http.models import HELD


class CountModel(BaseModel):
    """The readings of one period: of a day, by version and format; or of a month, of all that is not open to all."""

    period: str = Field(description="A day, or a month.")
    version: str | None
    format: str | None = Field(description="`csv`, `parquet`, `zip`, `rows`, `sql`, `page`, `metadata` and others.")
    reads: int = Field(description="Answers with the whole, or with a part from the first byte on.")
    parts: int = Field(description="Answers with another part.")
    unchanged: int = Field(description="Answers that the client still holds the newest: 304.")


class CountsModel(BaseModel):
    """How often a dataset is read. Whoever read it is not known to the service."""

    name: str
    since: date
    until: date
    counts: list[CountModel]


COUNTS_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A line for each of `counts`.", "content": {"text/csv": {"schema": {"type": "string"}}}},
    **HELD,
}
