"""Every table of the first dataset says the same in every format, and that is what its publisher wrote."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import httpx
import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "datasets/work-points-2019/data"
TABLES = sorted(path.stem for path in DATA.glob("*.csv"))

Cells = list[tuple[str | None, ...]]


def lexical(value: object) -> str | None:
    """A value as Table Schema writes it. No number of this dataset has a fraction."""
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def from_csv(content: bytes) -> Cells:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    return [tuple(cell or None for cell in row) for row in rows[1:]]


def from_json(content: httpx.Response) -> Cells:
    return [tuple(map(lexical, row.values())) for row in content.json()]


@pytest.mark.parametrize("table", TABLES)
def test_csv_json_and_parquet_hold_what_the_publisher_wrote(service: str, table: str) -> None:
    release = f"{service}/datasets/work-points-2019/versions/1.0.1"
    written = from_csv((DATA / f"{table}.csv").read_bytes())
    frame = pl.read_parquet(httpx.get(f"{release}/{table}.parquet").content)
    assert len(written) > 0
    assert from_csv(httpx.get(f"{release}/{table}.csv").content) == written
    assert from_json(httpx.get(f"{release}/{table}.json")) == written
    assert [tuple(map(lexical, row)) for row in frame.iter_rows()] == written
