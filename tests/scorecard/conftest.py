"""Facts of a dataset, by hand."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT

from minshu.manifest import Manifest, ReleasedColumn, ReleasedFile, ReleasedTable
from minshu.opening import openings
from minshu.scorecard.facts import Facts, Known

TODAY = date(2026, 11, 30)


def table(name: str, rows: int, columns: Iterable[str], key: str | None = None, **told: Any) -> ReleasedTable:
    """A table whose columns are texts; what is told is told of each of them."""
    return ReleasedTable(
        name=name,
        path=f"tables/{name}.parquet",
        rows=rows,
        columns=tuple(
            ReleasedColumn(name=one, type="VARCHAR", field_type="string", json_type="string", **told) for one in columns
        ),
        primary_key=(key,) if key else (),
    )


def make_facts(
    files: dict[str, int] | None = None,
    tables: Iterable[ReleasedTable] = (),
    name: str = "demo",
    **descriptor: Any,
) -> Facts:
    """Facts of a release with files of these sizes; each is a resource of its own unless others are given."""
    given = files if files is not None else {"data/items.csv": 10}
    described = {
        "name": name,
        "resources": [{"name": path.rpartition("/")[2].partition(".")[0], "path": path} for path in given],
        **descriptor,
    }
    manifest = Manifest(
        name=name,
        version="1.0.0",
        published=datetime(2026, 11, 1, tzinfo=UTC),
        generator="test",
        schema_sha256="0" * 64,
        tables=tuple(tables),
        files=tuple(
            ReleasedFile(path=f"package/{path}", sha256=f"{index:064x}", bytes=size)
            for index, (path, size) in enumerate({**given, "datapackage.json": 99}.items())
        ),
    )
    return Facts(manifest, described, openings(described), found=(0, 0), released=(date(2026, 11, 1),))


@pytest.fixture
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Make facts."""
    return make_facts


@pytest.fixture
def known() -> Known:
    """A day on which nothing else is known, and nothing has to be counted."""
    return Known(TODAY, duplicates={})
