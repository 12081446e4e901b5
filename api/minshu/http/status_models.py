"""The shape of the state of the service, for the OpenAPI document."""

from datetime import datetime

from pydantic import BaseModel, Field


class LoadModel(BaseModel):
    """What is being done now, by all server processes together."""

    queries_running: int
    queries_waiting: int
    queries_at_once: int = Field(description="How many are answered at the same time; quick ones have workers besides.")


class StoreModel(BaseModel):
    """What the store holds. Tables, rows and bytes are those of the newest release of each dataset."""

    datasets: int
    releases: int
    tables: int
    rows: int
    bytes: int = Field(description="Of the packages as they are downloaded, zipped.")


class NewestModel(BaseModel):
    """The newest release."""

    name: str
    version: str
    title: str
    published: datetime
    url: str


class OfferedModel(BaseModel):
    """What this service does beside being read from."""

    validating: bool
    writing: bool
    budgets: bool = Field(description="Whether clients have budgets.")


class StatusModel(BaseModel):
    """How the service is."""

    status: str
    version: str = Field(description="That of Minshu.")
    began: datetime = Field(description="When the process began that answers; others may have begun at another time.")
    seconds: int = Field(description="How long ago that was.")
    processes: int
    load: LoadModel
    store: StoreModel
    newest: NewestModel | None
    offered: OfferedModel
    limits: dict[str, dict[str, float]] = Field(description="As `/limits` tells them.")
