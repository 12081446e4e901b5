"""The shapes of answers to who writes, for the OpenAPI document."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from minshu.http.models import IdentityModel, ProblemModel
from minshu.jobs import State
from minshu.reports import FORMATS, Format
from minshu.tokens import GRANT, ID_TOKEN


class TokenModel(BaseModel):
    """What a token is for."""

    id: str
    scopes: list[str] = Field(description="`VERB:NAME`, the name `*` where it is for every dataset.")
    created: datetime
    expires: datetime


class ExchangedModel(BaseModel):
    """A token that was given for a proof (RFC 8693)."""

    access_token: str
    issued_token_type: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="The seconds for which it holds.")
    scope: str = Field(description="What it is for, with blanks between.")


class ProgressModel(BaseModel):
    """What is being done with a package, and what was read of it so far, each byte as often as it was."""

    step: str | None = None
    rows: int = 0
    bytes: int = 0


class JobModel(BaseModel):
    """What became of what was sent."""

    id: str
    dataset: str
    version: str
    state: State
    began: datetime
    changed: datetime
    sha256: str | None = Field(None, description="The SHA-256 of what was received, once it is whole.")
    url: str
    events: str
    progress: ProgressModel
    created: bool | None = Field(
        None, description="Whether the release is new, rather than there with the same content."
    )
    release: dict[str, Any] | None = None
    problem: ProblemModel | None = Field(None, description="Why nothing was published.")
    report: dict[str, Any] | None = Field(None, description="The validation report, in frictionless's format.")


class PublishedModel(BaseModel):
    """A release that is there now."""

    state: Literal["published"]
    created: bool
    release: IdentityModel


def _field(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": schema or {"type": "string"}}


_BOOLEAN: Final = {"type": "string", "enum": ["?0", "?1"]}
_COUNT: Final = {"type": "integer", "minimum": 0}
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}

UPLOAD_FIELDS: Final = [
    _field("Repr-Digest", "`sha-256=:…:`, the digest of the whole zip (RFC 9530), which is held against what came."),
    _field("Content-Digest", "The same of the bytes of this request."),
    _field("Upload-Complete", "`?0` where the rest comes by PATCH.", _BOOLEAN),
    _field("Upload-Length", "The bytes of the whole zip.", _COUNT),
    _field("Prefer", "`wait=60` waits so many seconds for the outcome (RFC 7240)."),
    _field("If-None-Match", "`*`: only where there is no such version yet."),
]
PART_FIELDS: Final = [
    {**_field("Upload-Offset", "The byte, from 0, that these bytes begin at.", _COUNT), "required": True},
    {**_field("Upload-Complete", "`?1` with the last bytes.", _BOOLEAN), "required": True},
    *(field for field in UPLOAD_FIELDS if field["name"] in ("Content-Digest", "Upload-Length", "Prefer")),
]
ZIP_BODY: Final = {"required": True, "content": {"application/zip": _BYTES}}
PART_BODY: Final = {"required": True, "content": {"application/partial-upload": _BYTES}}
PUBLISHING: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": PublishedModel, "description": "It is there already, with the same content."},
    201: {"model": PublishedModel | JobModel, "description": "It is published; or a part has come."},
    202: {"model": JobModel, "description": "It is received, and waits for its turn; `Location` is that of the job."},
}
EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Events, each with a job as JSON.", "content": {"text/event-stream": {}}}
}
REPORTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The report, valid or not.",
        "content": {
            "application/json": {"schema": {"type": "object", "required": ["valid", "tasks", "errors"]}},
            **{FORMATS[form].media_type: {} for form in Format if form is not Format.json},
        },
    }
}
VALIDATED_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        **dict.fromkeys(("application/zip", "text/csv", "text/tab-separated-values"), _BYTES),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BYTES,
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary", "description": "A file of these kinds."}},
            }
        },
    },
}
EXCHANGE_BODY: Final = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["grant_type", "subject_token", "subject_token_type"],
                "properties": {
                    "grant_type": {"const": GRANT},
                    "subject_token": {"type": "string", "description": "The ID token."},
                    "subject_token_type": {"const": ID_TOKEN},
                },
            }
        }
    },
}
