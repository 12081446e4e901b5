"""The shapes of applications, as they are sent and answered, for the OpenAPI document."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.applications import State

PURPOSE_MAX: Final = 4000
CONTACT_MAX: Final = 500
REASON_MAX: Final = 4000
TERM_MAX: Final = 20


class ApplicationModel(BaseModel):
    """An application for conditional data. What was erased is null."""

    id: str
    dataset: str
    state: State
    holds: bool = Field(description="Whether its token opens the data now.")
    received: datetime
    due: date = Field(description="The last day of the term within which it is to be decided.")
    due_is_exact: bool = Field(description="Whether the holidays of the term are known; else Monday to Friday count.")
    purpose: str | None
    term: str | None
    contact: str | None
    decided: datetime | None
    reason: str | None
    expires: datetime | None
    url: str


class ReceivedModel(ApplicationModel):
    """An application that was just received, and the token, which is told this once."""

    token: str


class ApplicationsModel(BaseModel):
    """The applications for a dataset, oldest first."""

    applications: list[ApplicationModel]


def _body(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"schema": {"type": "object", "required": required, "properties": properties}}
    media = ("application/json", "application/x-www-form-urlencoded")
    return {"requestBody": {"required": True, "content": dict.fromkeys(media, schema)}}


def _text(most: int, description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "description": description}


_TERM: Final = {**_text(TERM_MAX, "For how long: days, or the last day."), "examples": ["90d", "2027-01-31"]}
APPLICATION: Final = _body(
    ["purpose", "term", "contact"],
    purpose=_text(PURPOSE_MAX, "What the data is to be used for."),
    term=_TERM,
    contact=_text(CONTACT_MAX, "Who applies, and how he is reached. Only the operator reads it."),
)
DECISION: Final = _body(
    ["state", "reason"],
    state={"enum": [State.granted.value, State.refused.value, State.revoked.value]},
    reason=_text(REASON_MAX, "Why. The applicant reads it."),
    expires=_TERM,
)
