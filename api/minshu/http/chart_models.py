"""The shape of a chart, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel, Field

from minshu.http.models import IdentityModel


class ChartChoicesModel(BaseModel):
    """All that a chart shows, whatever of it was left open."""

    mark: str
    x: str
    group: str = Field(description="How the values of `x` are grouped: `value`, a unit of time, or a number of bins.")
    y: str | None
    aggregate: str | None
    series: str | None
    order: str
    limit: int


class ChartModel(BaseModel):
    """The points of a chart, how many there are besides, and the addresses of its picture and its data."""

    chart: ChartChoicesModel
    points: list[list[Any]] = Field(description="x, the series where there is one, and y.")
    left_out: dict[str, int] = Field(description="How many values of x, series, points and rows are not drawn.")
    links: dict[str, str]
    release: IdentityModel
