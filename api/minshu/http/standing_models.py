"""The shapes of what is said of releases, and of the log, for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from minshu.http.models import StatusModel


class ReasonModel(BaseModel):
    """Why it is done."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="One line, for everybody to read.")


class WithdrawalModel(ReasonModel):
    """Why a release is withdrawn, and which version to take instead."""

    successor: str | None = None


class StoodModel(BaseModel):
    """How a release stands now."""

    name: str
    version: str
    status: StatusModel | None = Field(None, description="Left out where it stands as it was published.")
    drop: list[str] = Field(description="The addresses that caches must drop, whatever follows them.")


class EntryModel(BaseModel):
    """An entry of the log: one act."""

    layout: int
    sequence: int
    time: str
    act: str
    actor: str = Field(description="Who did it, by role.")
    dataset: str | None
    version: str | None
    details: dict[str, Any]
    previous: str | None = Field(description="The SHA-256 of the entry before, as `/audit.ndjson` has it.")
    private_sha256: str | None
    sha256: str = Field(description="The SHA-256 of the line before this member.")


class LogModel(BaseModel):
    """Entries of the log, oldest first."""

    entries: list[EntryModel]
    next: str | None


def body(model: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI is told of a body that the route reads itself."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The entries, one line of JSON each.", "content": {"application/x-ndjson": {}}}
}
