"""The shapes of the asset register, for the OpenAPI document."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, Field

from minshu.http.models import HELD, StatusModel


class AssetItemsModel(BaseModel):
    """What a package says of itself as an asset. What nobody said is null."""

    owner: str | None
    custodian: str | None
    registration_number: str | None
    registrar: str | None
    registration_date: str | None
    legal_basis: str | None
    use_rights: str | None


class AssetLicenceModel(BaseModel):
    """A licence of the package, which is told beside the use rights and never as them."""

    name: str | None = None
    title: str | None = None
    path: str | None = None


class FormatReadsModel(BaseModel):
    """The readings of one format; of none, those of what is not open to all."""

    format: str | None
    reads: int


class ReuseModel(BaseModel):
    """How often it was read in the last 30 days."""

    since: date
    until: date
    reads: int
    formats: list[FormatReadsModel]
    by_day: str = Field(description="Where the readings are told by day, version and format.")


class OperationModel(BaseModel):
    """A record of authorised operation (公共数据授权运营). It is no open data, and opens none."""

    grantor: str | None
    operator: str | None
    operator_code: str | None = Field(description="A unified social credit code.")
    scope: str | None
    resources: list[str] | None = Field(description="The resources of the package that it is about, where not all.")
    start: str | None
    end: str | None
    ended: str | None = Field(description="When it ended, whatever its term was to be.")
    purpose: str | None
    price_basis: str | None


class ValuationModel(BaseModel):
    """A record of valuation. It is no open data, and nothing is sold by it."""

    value: str | None = Field(description="A decimal number as text.")
    currency: str | None = Field(description="A code of ISO 4217.")
    date: str | None
    method: str | None
    source: str | None


class ApartModel(BaseModel):
    """What stands apart, since it is no open data. Where nothing is recorded the lists are empty."""

    character: str = Field(description="`不属于开放数据`.")
    authorised_operations: list[OperationModel]
    valuations: list[ValuationModel]


class AssetLineModel(BaseModel):
    """A dataset as an asset, as its newest version says it."""

    name: str
    version: str
    title: str | None
    url: str
    told: int = Field(description="How many of the items somebody said something of.")
    status: StatusModel | None = Field(None, description="Left out where the version stands as it was published.")
    items: AssetItemsModel
    licenses: list[AssetLicenceModel] | None
    reuse: ReuseModel | None = Field(description="Null where the counts cannot be read.")
    apart: ApartModel


class AssetsModel(AssetLineModel):
    """A dataset as an asset."""

    terms: dict[str, str] = Field(description="What each item and each part of a record is called in Chinese.")


class AssetRegisterModel(BaseModel):
    """The asset register, page by page, by name."""

    datasets: list[AssetLineModel]
    count: int
    next: str | None
    terms: dict[str, str] = Field(description="What each item and each part of a record is called in Chinese.")


_CSV: Final = {"text/csv": {"schema": {"type": "string"}}}
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The register: JSON, or CSV for spreadsheets, which is UTF-8 with a byte order mark.",
        "content": {"application/json": {}, **_CSV},
    },
    **HELD,
}
RECORDS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A line for each record. CSV for spreadsheets.", "content": _CSV},
    **HELD,
}
