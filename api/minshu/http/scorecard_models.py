"""The shapes of scorecards, for the OpenAPI document."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.http.models import HELD
from minshu.scorecard.figure import Status, Unit


class InputModel(BaseModel):
    """What one subject - a format, a table, a field, an interval - adds to a figure."""

    subject: str
    numerator: int
    denominator: int | None = Field(None, description="Left out where the figure is a count.")
    note: str | None = Field(None, description="The words or numbers that decided.")


class FigureModel(BaseModel):
    """One measure. `value` is `numerator / denominator`, or the count where there is no denominator."""

    measure: str
    unit: Unit
    value: float | None = Field(description="A share from 0 to 1, or a count; null where it is not known.")
    numerator: int | None
    denominator: int | None
    status: Status = Field(description="`known`, or why there is no value.")
    note: str | None = Field(None, description="The word that the figure hangs on, as the declared frequency.")


class ApartModel(BaseModel):
    """What is in the figure and in none of its datasets: requests that are about no dataset."""

    numerator: int
    denominator: int


class PooledFigureModel(FigureModel):
    """The same of a catalogue: sums over its datasets."""

    method_url: str = Field(description="Where it says how it is computed.")
    left_out: dict[str, int] | None = Field(None, description="How many datasets are not in it, by their status.")
    apart: ApartModel | None = None


class FigureWithInputsModel(FigureModel):
    """The same with what went into it: the sums of these are its numerator and denominator."""

    method_url: str = Field(description="Where it says how it is computed.")
    inputs: list[InputModel]


class _WhoseModel(BaseModel):
    name: str
    title: str
    version: str = Field(description="The newest version, which is what is measured.")
    sha256: str
    url: str = Field(description="The dataset's scorecard.")
    release_url: str


class DatasetFiguresModel(_WhoseModel):
    """A dataset's figures."""

    figures: list[FigureModel]


class ScorecardModel(_WhoseModel):
    """How ready a dataset is to be opened, as it can be measured."""

    day: date = Field(description="The day on which it was measured.")
    figures: list[FigureWithInputsModel]


class MeasureModel(BaseModel):
    """What a measure is, and how anybody computes it."""

    name: str
    unit: Unit
    title: str
    title_zh: str
    how: str
    how_zh: str
    sources: list[str] = Field(description="The public files of a release out of which it is counted.")
    method_url: str


class CatalogueScorecardModel(BaseModel):
    """How ready a catalogue is to be opened, as it can be measured. There is no total."""

    day: date
    count: int = Field(description="How many datasets were measured.")
    figures: list[PooledFigureModel]
    datasets: list[DatasetFiguresModel]
    damaged: list[str] = Field(description="Datasets whose newest release cannot be read.")
    measures: list[MeasureModel]


SCORECARD_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A line for each figure.", "content": {"text/csv": {"schema": {"type": "string"}}}},
    **HELD,
}
