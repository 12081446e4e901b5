"""The shapes of answers to who writes, for the OpenAPI document."""

from datetime import datetime

from pydantic import BaseModel, Field


class TokenModel(BaseModel):
    """What a token is for."""

    id: str
    scopes: list[str] = Field(description="`VERB:NAME`, the name `*` where it is for every dataset.")
    created: datetime
    expires: datetime
