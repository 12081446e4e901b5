"""The shapes of a store's keys, for the OpenAPI document."""

from datetime import datetime
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
