"""The shapes of feedback, as it is sent and answered, for the OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from minshu.feedback import Kind, State
from minshu.http.models import answers
from minshu.remarks import ANSWER_MAX, KEY_MAX, KEYS_MAX, REASON_MAX, TEXT_MAX

# What `remarks` refuses. It is told here and judged there, for it counts once line breaks are one.
_CONTROLS: Final = r"\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F"
_BREAKS: Final = r"\t\n\r\x85\u2028\u2029"
_UNSEEN: Final = r"\xAD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB"


def _told(most: int, breaks: str = "") -> dict[str, Any]:
    """A text with something to be seen in it, and without control characters."""
    refused = f"{_CONTROLS}{breaks}"
    return {"minLength": 1, "maxLength": most, "pattern": rf"^[^{refused}]*[^\s{refused}{_UNSEEN}][^{refused}]*$"}


KeyText = Annotated[str, Field(json_schema_extra=_told(KEY_MAX, _BREAKS))]


class ReplyModel(BaseModel):
    """An answer to a message."""

    text: str | None = Field(description="Null where it was erased.")
    time: datetime
    by: str = Field(description="Who gave it, by role.")


class MessageModel(BaseModel):
    """A message about the data. What not everybody may read, or what was erased, is null."""

    id: str
    kind: Kind
    state: State
    dataset: str | None
    version: str | None
    table: str | None
    key: list[str] | None = Field(description="The key of the row that it is about.")
    row: str | None = Field(description="The address of that row.")
    text: str | None
    received: datetime
    due: date = Field(description="The last day of the term within which it is to be answered.")
    due_is_exact: bool = Field(description="Whether the holidays of the term are known; else Monday to Friday count.")
    published: datetime | None
    answered: datetime | None = Field(description="When it was first answered.")
    working_days: int | None = Field(description="How many that took; null until then.")
    answers: list[ReplyModel]
    ended: datetime | None = Field(description="When it was closed or rejected.")
    reason: str | None = Field(description="Why.")
    erased: datetime | None = Field(description="When its text was erased, as the law may ask.")
    url: str


class MessagesModel(BaseModel):
    """Messages, newest first."""

    messages: list[MessageModel]
    count: int = Field(description="How many there are on all pages.")
    states: dict[State, int] = Field(description="How many of the kind and dataset are in each state, shown or not.")
    next: str | None


_NONE: Final = {"type": "null"}
_EMPTY: Final = {"type": "string", "maxLength": 0}
# Either it is about a dataset, or it is a request and about none. What is checked by `about_of` is told here.
_SHAPES: Final[list[Any]] = [
    {"required": ["dataset"], "properties": {"dataset": {"type": "string"}}},
    {
        "properties": {
            "kind": {"const": Kind.request.value},
            **dict.fromkeys(("dataset", "version", "table"), _NONE),
            "key": {"type": "array", "maxItems": 0},
        }
    },
]


class SentModel(BaseModel):
    """A message as it is sent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"anyOf": _SHAPES})

    kind: Kind = Field(description="`request` is for data that is not there; the others are about a dataset.")
    text: str = Field(description="Plain text, which becomes public.", json_schema_extra=_told(TEXT_MAX))
    dataset: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="What it is about; it may be left out of a request."
    )
    version: str | None = Field(None, description="The newest if left out.")
    table: str | None = None
    key: list[KeyText] = Field(
        default=[], max_length=KEYS_MAX, description="The values of the key of a row of the table."
    )


class ActModel(BaseModel):
    """What is done about a message."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["published", "answered", "closed", "rejected"]
    text: str | None = Field(None, description="The answer, where it is answered.", json_schema_extra=_told(ANSWER_MAX))
    reason: str | None = Field(None, description="Why it is closed or rejected.", json_schema_extra=_told(REASON_MAX))


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def _without_null(schema: Any) -> Any:
    """A schema for a form, which has no null: what is missing is left out, or is empty."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema if item != _NONE]
    if isinstance(schema, dict):
        return {name: _EMPTY if item == _NONE else _without_null(item) for name, item in schema.items()}
    return schema


def _body(**schemas: dict[str, Any]) -> dict[str, Any]:
    media = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
    content = {media[name]: {"schema": schema} for name, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}


SENT: Final = _body(json=_schema(SentModel), form=_without_null(_schema(SentModel)))
ACT: Final = _body(json=_schema(ActModel))
RECEIVED: Final[dict[int | str, dict[str, Any]]] = {
    201: answers(MessageModel, held=False)[200],
    303: {"description": "Received from a form: the page of the message."},
}
MESSAGES_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The messages, one line each.", "content": {"text/csv": {}}},
    304: {"description": "The client holds this very answer."},
}
