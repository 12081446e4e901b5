"""The shapes of what a store tells of itself, for the OpenAPI document: its keys, its readings."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.http.models import HELD
from minshu.keyring import State

PEM_MEDIA: Final = "application/x-pem-file"
PEM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The key in PEM.", "content": {PEM_MEDIA: {"schema": {"type": "string"}}}},
    **HELD,
}


class KeyModel(BaseModel):
    """A key that releases are signed with. What is signed from `revoked` on is not to be believed."""

    key: str = Field(description="Its fingerprint: the SHA-256 of its public half as DER.")
    state: State
    added: datetime
    retired: datetime | None
    revoked: datetime | None
    reason: str | None
    url: str


class KeysModel(BaseModel):
    """The keys of the store, in the order in which they came."""

    keys: list[KeyModel]


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
