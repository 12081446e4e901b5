"""The shapes of what CKAN's API takes and answers, for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from minshu.http.parameters import parameter


class CkanModel(BaseModel):
    """What an action gives."""

    model_config = ConfigDict(extra="allow")

    help: str = Field(description="Where the action tells what it takes.")
    success: bool = Field(description="True.")
    result: Any = Field(description="What the action gives, in the form that CKAN's documentation tells.")


class CkanFaultModel(BaseModel):
    """What is wrong, and in CKAN's words of what type that is."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(alias="__type", description="`Not Found Error`, `Authorization Error`, `Validation Error` …")
    message: str
    code: str = Field(description="The stable code of the error, as everywhere in this service.")


class CkanErrorModel(BaseModel):
    """An action that was not answered."""

    model_config = ConfigDict(extra="allow")

    help: str
    success: bool = Field(description="False.")
    error: CkanFaultModel


_ARGUMENTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
PARAMETERS: Final = [
    {
        **parameter("arguments", "What the action takes. Lists and objects are written in JSON.", _ARGUMENTS),
        "style": "form",
        "explode": True,
    }
]
BODY: Final = {
    "required": False,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {"schema": _ARGUMENTS},
    },
}
